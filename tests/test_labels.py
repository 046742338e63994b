"""Raters' votes on MNIST's labels: which images carry them, and what follows from them."""

import pathlib

import numpy as np
import pytest

from mnistdash import datasets, labels

# Place in the test set: given label, suggested one, votes; as the source has them.
VOTES = {
    947: (8, 9, (0, 5, 0)), 1621: (0, 6, (2, 3, 0)), 1901: (9, 4, (2, 3, 0)),
    2130: (4, 9, (2, 2, 1)), 2462: (2, 0, (0, 4, 1)), 2597: (5, 3, (0, 4, 1)),
    2654: (6, None, (0, 2, 3)), 3520: (6, None, (2, 0, 3)), 3558: (5, 0, (1, 4, 0)),
    5937: (5, 3, (1, 3, 1)), 6651: (0, 6, (0, 5, 0)), 6783: (1, 6, (2, 3, 0)),
    8527: (4, 9, (2, 2, 1)), 9679: (6, None, (2, 0, 3)), 9729: (5, 6, (2, 3, 0)),
}  # fmt: skip
NOT_AGREED = {2130, 2654, 3520, 8527, 9679}


@pytest.fixture
def mnist(shared_data: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> datasets.Dataset:
    """The test set that the raters saw."""
    monkeypatch.setenv("MNISTDASH_DATA", str(shared_data))
    return datasets.load("mnist")


def test_fifteen_images_of_mnist_carry_votes(mnist: datasets.Dataset) -> None:
    """Each at its place with its label, its suggestion and its five votes."""
    found = labels.raters(mnist.x_test, mnist.y_test, mnist.class_names)
    assert {
        i: (v.label, v.suggested, (v.for_label, v.for_suggested, v.for_neither))
        for i, v in found.items()
    } == VOTES
    assert {i for i, v in found.items() if v.agreed is None} == NOT_AGREED


def test_votes_follow_the_image_and_its_label(mnist: datasets.Dataset) -> None:
    """In another order they stand elsewhere; other pixels, labels or classes carry none."""
    turned, truth = mnist.x_test[::-1], mnist.y_test[::-1]
    assert set(labels.raters(turned, truth, mnist.class_names)) == {9_999 - i for i in VOTES}
    assert 947 in labels.raters(mnist.x_test, mnist.y_test, [*mnist.class_names, "a"])
    assert labels.raters(mnist.x_test, mnist.y_test, [f"no {c}" for c in range(10)]) == {}
    mended, changed = mnist.y_test[[947, 1621]].copy(), mnist.x_test[[947, 1621]].copy()
    mended[0], changed[1, 14, 0] = 9, 1
    assert labels.raters(changed, mended, mnist.class_names) == {}


def test_agreed_labels_are_corrected_and_others_left_out() -> None:
    """Three of five make a label; with two and two, or most for neither, nobody knows."""
    rated = {
        1: labels.Votes(label=8, suggested=9, for_label=2, for_suggested=3, for_neither=0),
        3: labels.Votes(label=4, suggested=9, for_label=2, for_suggested=2, for_neither=1),
        4: labels.Votes(label=6, suggested=None, for_label=0, for_suggested=2, for_neither=3),
    }
    given = np.array([0, 8, 2, 4, 6, 5], np.uint8)
    changed, counted = labels.corrected(given, rated)
    assert changed.tolist() == [0, 9, 2, 5]
    assert counted.tolist() == [0, 1, 2, 5]
    assert given.tolist() == [0, 8, 2, 4, 6, 5]
