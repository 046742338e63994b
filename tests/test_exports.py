"""What is taken along of a run's answers, read again by the programs it is for."""

import io
import pathlib

import numpy as np
import pandas as pd

from mnistdash import datasets, evaluation, exports
from mnistdash.datasets import adding

NAMES = ("=one", "two", "thr,ee")
PROBS = np.array([[0.5, 0.25, 0.25], [0.75, 0.125, 0.125], [0, 0, 1]], np.float32)


def answers() -> evaluation.Evaluation:
    """A two read as one; all else is correct."""
    return evaluation.Evaluation(np.array([0, 1, 2], np.uint8), PROBS)


def test_answers_are_a_table_of_what_was_chosen() -> None:
    """In the order given; no name is a formula, and pandas reads what was written."""
    text = exports.answers_csv(answers(), NAMES, np.array([2, 1]))
    assert '"\'=one"' in text
    table = pd.read_csv(io.StringIO(text))
    assert table["index"].tolist() == [2, 1]
    assert table["true class"].tolist() == ["thr,ee", "two"]
    assert table["confidence"].tolist() == [1, 0.75]
    assert len(pd.read_csv(io.StringIO(exports.answers_csv(answers(), NAMES)))) == 3


def test_answers_alone_have_no_column_of_confidence() -> None:
    """Nothing is invented."""
    alone = evaluation.Evaluation.from_predictions(np.array([0]), np.array([1]), None, 2)
    assert exports.answers_csv(alone, ("a", "b")).splitlines() == [
        '"index","true class","predicted class"',
        '0,"a","b"',
    ]


def test_matrix_is_a_table_of_counts() -> None:
    """A row a true class, a column a predicted one; the sum is the number of images."""
    table = pd.read_csv(io.StringIO(exports.matrix_csv(answers().matrix, NAMES)), index_col=0)
    assert table.loc["two", "read as =one"] == 1
    assert table.to_numpy().sum() == 3


def test_arrays_hold_the_images_chosen(tmp_path: pathlib.Path) -> None:
    """Numpy reads them without pickles, and they can be added as images of one's own."""
    digits = datasets.load("optdigits")
    probs = np.eye(10, dtype=np.float32)[(digits.y_test + (np.arange(500) % 2)) % 10]
    told = evaluation.Evaluation(digits.y_test, probs)
    data = exports.images_npz(digits, told, told.errors[::-1])
    with np.load(io.BytesIO(data), allow_pickle=False) as kept:
        assert kept["index"].tolist() == list(range(499, 0, -2))
        np.testing.assert_array_equal(kept["x"], digits.x_test[499:0:-2])
        np.testing.assert_array_equal((kept["y"] + 1) % 10, kept["y_pred"])
        assert kept["class_names"].tolist() == list(digits.class_names)
        np.testing.assert_array_equal(kept["probs"].argmax(axis=1), kept["y_pred"])
    path = tmp_path / "errors.npz"
    path.write_bytes(data)
    added = adding.converted([path])
    assert len(added.x_train) + len(added.x_test) == 250
