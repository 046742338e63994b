"""Drawings that are no digits: as many as asked, repeatable, in their place, rightly labelled."""

import dataclasses

import numpy as np
import pytest

from mnistdash import classifier, datasets, outliers

TWINS = set("BDIOSZbgijloqsz")


def test_same_seed_draws_the_same() -> None:
    """Sixteen drawings are prepared images, all different; another seed draws others."""
    digits = datasets.load("optdigits").x_train
    drawn = outliers.draw(16, digits, 3)
    assert (drawn.shape, drawn.dtype) == ((16, 28, 28), np.uint8)
    assert len({image.tobytes() for image in drawn}) == 16
    assert (drawn == outliers.draw(16, digits, 3)).all()
    assert (drawn != outliers.draw(16, digits, 4)).any(axis=(1, 2)).all()


def test_two_digits_fill_the_box_of_one() -> None:
    """Every eighth drawing is of two digits: its longer side is 20 cells, in the middle."""
    for image in outliers.draw(64, datasets.load("optdigits").x_train, 0)[7::8]:
        assert max(np.ptp(axis) + 1 for axis in image.nonzero()) == 20
        assert not image[:4].any()
        assert not image[:, :4].any()


def test_corners_are_cut() -> None:
    """A right angle with sides of 4 loses a quarter of each side at its corner; the ends stay."""
    cut = outliers._rounded(np.array([[0, 0], [4, 0], [4, 4]]), 1)
    assert cut.tolist() == [[0, 0], [1, 0], [3, 0], [4, 1], [4, 3], [4, 4]]


def test_no_glyph_is_a_twin_of_a_digit() -> None:
    """Letters that people write as they write a digit are not called wrong."""
    assert not TWINS & set(outliers.GLYPHS)


def test_training_set_is_labelled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Six digits, two of them ones, all redrawn, 3 drawn ones, 16 outliers: labels 0, 1 and 2."""
    monkeypatch.setattr(outliers, "OUTLIERS", 16)
    monkeypatch.setattr(outliers, "ONES", 3)
    real = datasets.load("optdigits")
    some = np.concatenate([np.flatnonzero(real.y_train == label)[:2] for label in (1, 4, 7)])
    digits = dataclasses.replace(real, read_train=lambda: (real.x_train[some], real.y_train[some]))
    drawings = outliers.training_set(digits, 0)
    counts = np.bincount(drawings.y_train, minlength=3)
    assert counts.tolist() == [8, 7, 16]
    assert counts[classifier.NO_DIGIT] == 16
    assert (drawings.x_train[:6] == real.x_train[some]).all()
    # Each was redrawn: the copy is much like the original, and not the same.
    redrawn, labels = drawings.x_train[6:12].astype(float), drawings.y_train[6:12]
    for image, label in zip(redrawn, labels, strict=True):
        alike = [np.corrcoef(image.ravel(), own.ravel())[0, 1] for own in real.x_train[some]]
        assert 0.6 < max(alike) < 1
        assert label == (real.y_train[some][np.argmax(alike)] == 1)
    assert set(drawings.y_test.tolist()) == {0, 1}
