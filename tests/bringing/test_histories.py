"""Histories of every usual form become figures of each epoch."""

import math
import types

import pandas as pd
import pytest

from mnistdash.bringing import histories

COLUMNS = {"loss": [2.0, 1.0], "accuracy": [0.5, 0.75], "val_loss": [1.5, math.nan]}


@pytest.mark.parametrize(
    "given",
    [
        COLUMNS,
        types.SimpleNamespace(history=COLUMNS),
        pd.DataFrame(COLUMNS),
        [{"loss": 2, "acc": 0.5, "val_loss": 1.5}, {"loss": 1, "acc": 0.75}],
        {"loss": [2, 1], "sparse_categorical_accuracy": [0.5, 0.75], "val_loss": [1.5, None]},
    ],
)
def test_every_form_is_read(given: object) -> None:
    """Keras's own, a mapping, a table, a list; what is no number is none."""
    first, second = histories.read(given)
    assert (first["loss"], first["accuracy"], first["val_loss"]) == (2, 0.5, 1.5)
    assert (second["loss"], second["accuracy"], second["val_loss"]) == (1, 0.75, None)
    assert first["learning_rate"] is None


def test_a_validation_metric_is_no_training_metric() -> None:
    """`val_top_accuracy` alone leaves the training accuracy unknown."""
    found = histories.epoch({"val_categorical_accuracy": 0.5})
    assert (found["accuracy"], found["val_accuracy"]) == (None, 0.5)


def test_no_history_is_empty() -> None:
    """A model without epochs has none."""
    assert histories.read(None) == []
    assert histories.read({}) == []


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"loss": [1, 2], "accuracy": [1]}, "columns of 1 to 2 epochs"),
        ({"loss": 1.0}, "one value of `loss`"),
        ([1, 2], "holds what is no mapping"),
        (7, "is int"),
        ({"cost": [1, 2]}, "none of loss, accuracy"),
        ([{}] * 10_001, "10,001 epochs"),
    ],
)
def test_what_is_no_history_is_refused(given: object, sentence: str) -> None:
    """One sentence says what is there."""
    with pytest.raises(ValueError, match=sentence):
        histories.read(given)
