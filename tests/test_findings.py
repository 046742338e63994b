"""What a run's answers come to, in figures and sentences."""

import pathlib

import numpy as np
import pytest

from mnistdash import datasets, evaluation, findings, labels


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
    rated = labels.raters(five.x_test, five.y_test, five.class_names)
    assert answers.accuracy == pytest.approx(0.4)
    (said,) = findings.with_raters(answers, rated).values()
    assert said == ("75.00\N{THIN SPACE}%", "30.06-95.44\N{THIN SPACE}%")
    assert "Of 4 labels that raters did not confirm, 3 count" in findings.how_corrected(rated)
    assert findings.with_raters(answers, {}) == {}
