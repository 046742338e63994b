"""What raters said of labels, as pages show it."""

import pathlib

import numpy as np
import pytest

from mnistdash import datasets, evaluation
from mnistdash.ui import labels_view


@pytest.fixture
def five(shared_data: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> datasets.Dataset:
    """Four of MNIST's rated test images, #947, #1621, #1901 and #2130, and one that is not."""
    monkeypatch.setenv("MNISTDASH_DATA", str(shared_data))
    mnist = datasets.load("mnist")
    chosen = [947, 1621, 1901, 2130, 0]
    return datasets.Dataset(
        name="five",
        title="Five",
        class_names=mnist.class_names,
        x_test=mnist.x_test[chosen],
        y_test=mnist.y_test[chosen],
        sha256="",
        verified=False,
        read_train=lambda: (mnist.x_test[:0], mnist.y_test[:0]),
    )


def test_accuracy_is_given_with_the_raters_labels(five: datasets.Dataset) -> None:
    """Read as 9, 0, 4, 9, 7: as labelled 2 of 5 are right, as rated 3 of the 4 agreed ones."""
    answers = evaluation.Evaluation(five.y_test, np.eye(10, dtype=np.float32)[[9, 0, 4, 9, 7]])
    assert answers.accuracy == pytest.approx(0.4)
    (said,) = labels_view.corrected_accuracy(five, answers).values()
    assert said == ("75.00\N{THIN SPACE}%", "30.06-95.44\N{THIN SPACE}%")


def test_labels_that_nobody_rated_have_no_second_accuracy() -> None:
    """Other images have the one accuracy."""
    digits = datasets.load("optdigits")
    answers = evaluation.Evaluation(digits.y_test, np.full((500, 10), 0.1, np.float32))
    assert labels_view.corrected_accuracy(digits, answers) == {}
