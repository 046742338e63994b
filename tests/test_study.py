"""What a worker computes about a run, performed here: kept whole, given up, or named."""

import pathlib

import numpy as np
import pytest

from mnistdash import artifacts, classifier, datasets, features, recipes, store, study


@pytest.fixture
def db(tmp_path: pathlib.Path) -> store.Store:
    """A store with the starters, whose study is asked for."""
    opened = store.Store(f"sqlite:///{tmp_path}/runs.sqlite3")
    opened.add_starters()
    opened.request_study("starter-optdigits")
    return opened


def test_features_of_all_training_images_are_kept(db: store.Store) -> None:
    """A training image is the most alike to itself, whichever of the 1,297 it is."""
    assert study.perform("starter-optdigits", db.url)
    assert db.study("starter-optdigits") is None
    digits = datasets.load("optdigits")
    found = features.read(db.artifact("starter-optdigits", artifacts.features(digits.sha256)))
    assert len(found) == 1_297
    model = classifier.Classifier(db.artifact("starter-optdigits", artifacts.MODEL))
    asked = np.array([0, 600, 1_296])
    nearest = [found.nearest(row, 1)[0][0] for row in model.features(digits.x_train[asked])]
    assert nearest == asked.tolist()


def test_study_gives_way_to_a_training(db: store.Store) -> None:
    """While one waits nothing is kept, and the study is still wanted from its beginning."""
    waiting = db.enqueue(recipes.Recipe(), "optdigits", name="waits")
    assert not study.perform("starter-optdigits", db.url)
    assert db.study("starter-optdigits") == store.Study(share=0.0, trouble=None)
    db.request_cancel(waiting.id)
    assert study.perform("starter-optdigits", db.url)
    assert db.study("starter-optdigits") is None


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (datasets.DataError("No images."), "No images."),
        (RuntimeError("/home/x"), "Something unforeseen happened (RuntimeError)."),
    ],
)
def test_what_went_wrong_is_told(
    db: store.Store, monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    """Our own sentence as it is, any other error by its kind, and the worker goes on."""

    def load(name: str) -> datasets.Dataset:
        raise error

    monkeypatch.setattr(datasets, "load", load)
    assert study.perform("starter-optdigits", db.url)
    assert db.study("starter-optdigits").trouble == said


def test_deleted_run_is_left_alone(db: store.Store) -> None:
    """Nobody waits for it any more."""
    db.delete("starter-optdigits")
    assert study.perform("starter-optdigits", db.url)
