"""A run's errors as a notebook gets them."""

import pathlib
from collections.abc import Iterator

import numpy as np
import pytest

import mnistdash
from mnistdash import datasets, results, store


@pytest.fixture
def db(home: pathlib.Path) -> Iterator[store.Store]:
    """This machine's store."""
    opened = results.opened()
    yield opened
    opened.close()


def test_errors_of_a_starter(db: store.Store) -> None:
    """As many as the run says, the surest first, each wrong, and found again in the images."""
    run = db.run("starter-optdigits")
    wrong = mnistdash.errors(run.id)
    assert len(wrong) == run.test_errors > 0
    assert (wrong.true_class != wrong.pred_class).all()
    assert wrong.confidence.is_monotonic_decreasing
    assert (wrong.of_true_class < wrong.confidence).all()
    digits = datasets.load(run.dataset)
    names = np.array(digits.class_names)
    assert (names[digits.y_test[wrong.index]] == wrong.true_class).all()


def test_errors_of_answers_alone(db: store.Store) -> None:
    """By name or by what `log` returned; no confidence is invented; the newest of a name counts."""
    labels = datasets.load("optdigits").y_test
    mnistdash.log("mine", labels, dataset="optdigits")
    logged = mnistdash.log("mine", np.where(labels == 4, 9, labels), dataset="optdigits")
    for asked in ("mine", logged, logged.id):
        wrong = mnistdash.errors(asked)
        assert len(wrong) == (labels == 4).sum()
        assert set(wrong.true_class) == {"4"}
        assert set(wrong.pred_class) == {"9"}
        assert wrong.confidence.isna().all()
        assert wrong.of_true_class.isna().all()


def test_unknown_run_is_a_sentence(db: store.Store) -> None:
    """It names what was asked for and what there is."""
    with pytest.raises(ValueError, match=r"'your net'\. There are: starter\."):
        mnistdash.errors("your net")
