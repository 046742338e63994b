"""What a worker computes about a run, performed here: kept whole, given up, or named."""

import collections
import pathlib
import sys
import types
from collections.abc import Callable

import numpy as np
import pytest

from mnistdash import (
    artifacts,
    classifier,
    datasets,
    features,
    recipes,
    store,
    study,
    suspects,
    training,
)


@pytest.fixture
def db(tmp_path: pathlib.Path) -> store.Store:
    """A store with the starters, whose study is asked for."""
    opened = store.Store(f"sqlite:///{tmp_path}/runs.sqlite3")
    opened.add_starters()
    opened.request_study("starter-optdigits")
    return opened


def test_features_of_all_training_images_are_kept(db: store.Store) -> None:
    """A training image is the most alike to itself, whichever of the 1,297 it is."""
    assert study.perform("starter-optdigits", artifacts.FEATURES, db.url)
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
    assert not study.perform("starter-optdigits", artifacts.FEATURES, db.url)
    assert db.study("starter-optdigits") == store.Study(share=0.0, trouble=None)
    db.request_cancel(waiting.id)
    assert study.perform("starter-optdigits", artifacts.FEATURES, db.url)
    assert db.study("starter-optdigits") is None


def test_withdrawn_study_ends_at_its_next_report(
    db: store.Store, trainings: list[types.SimpleNamespace], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped while the first of five judges learns, the other four don't; nothing is kept.

    One that was stopped while it waited is not begun.
    """
    monkeypatch.setattr(study, "_REPORT_SECONDS", 0.0)
    db.request_study("starter-optdigits", artifacts.SUSPECTS)
    report = db.report_study

    def stopped(run_id: str, share: float, kind: str) -> bool:
        if trainings:
            db.withdraw_study(run_id, kind)
        return report(run_id, share, kind)

    monkeypatch.setattr(store.Store, "report_study", lambda _, *about: stopped(*about))
    for _ in range(2):
        assert study.perform("starter-optdigits", artifacts.SUSPECTS, db.url)
        assert len(trainings) == 1
    assert not any(name.startswith("suspects") for name in db.run("starter-optdigits").artifacts)


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
    assert study.perform("starter-optdigits", artifacts.FEATURES, db.url)
    assert db.study("starter-optdigits").trouble == said


def test_deleted_run_is_left_alone(db: store.Store) -> None:
    """Nobody waits for it any more."""
    db.delete("starter-optdigits")
    assert study.perform("starter-optdigits", artifacts.FEATURES, db.url)


@pytest.fixture
def trainings(monkeypatch: pytest.MonkeyPatch) -> list[types.SimpleNamespace]:
    """The data of each training; none takes place, and every label is answered with 0.73."""
    asked = []

    def train(
        recipe: recipes.Recipe, data: types.SimpleNamespace, *, on_progress: Callable
    ) -> types.SimpleNamespace:
        asked.append(data)
        on_progress(types.SimpleNamespace(epoch=0, epochs=recipe.epochs, step=1, steps=1))
        probs = np.full((len(data.y_test), recipe.classes), 0.03, np.float32)
        probs[np.arange(len(probs)), data.y_test] = 0.73
        return types.SimpleNamespace(probs=probs)

    fake = types.SimpleNamespace(train=train)
    monkeypatch.setitem(sys.modules, "mnistdash.training.session", fake)
    monkeypatch.setattr(training, "session", fake, raising=False)
    return asked


def test_labels_are_judged_by_those_that_did_not_learn_from_them(
    db: store.Store, trainings: list[types.SimpleNamespace]
) -> None:
    """Each training image by one of five judges, test images by all of them and the run."""
    db.request_study("starter-optdigits", artifacts.SUSPECTS)
    assert study.perform("starter-optdigits", artifacts.SUSPECTS, db.url)
    assert db.study("starter-optdigits", artifacts.SUSPECTS) is None
    assert db.study("starter-optdigits") is not None, "the other kind is still wanted"
    digits = datasets.load("optdigits")
    held_out = collections.Counter()
    for data in trainings:
        judged = _contents(data.x_test[:-500])
        assert judged + _contents(data.x_train) == _contents(digits.x_train)
        held_out += judged
    assert len(trainings) == 5
    assert held_out == _contents(digits.x_train)
    name = artifacts.suspects(digits.sha256)
    found = suspects.read(db.artifact("starter-optdigits", name))
    assert found.train.quality.tolist() == [1.0] * 1_297, "none is more suspect than another"
    of_labels = found.judges[np.arange(500), digits.y_test]
    assert of_labels == pytest.approx(np.full(500, 0.73), abs=1e-3)
    both = suspects.judge(digits.y_test, db.probs("starter-optdigits"), found.judges)
    assert np.array_equal(found.test.quality, both.quality)
    assert len(np.unique(both.quality)) > 1


def _contents(images: np.ndarray) -> collections.Counter:
    return collections.Counter(image.tobytes() for image in images)


def test_judges_of_an_earlier_run_serve_again(
    db: store.Store, trainings: list[types.SimpleNamespace]
) -> None:
    """For a second run on these images nobody trains; without answers it has their word alone."""
    digits = datasets.load("optdigits")
    second = _brought(db, digits.sha256)
    for run_id in ("starter-optdigits", second):
        db.request_study(run_id, artifacts.SUSPECTS)
        assert study.perform(run_id, artifacts.SUSPECTS, db.url)
    assert len(trainings) == 5
    found = suspects.read(db.artifact(second, artifacts.suspects(digits.sha256)))
    assert found.test.quality.tolist() == [1.0] * 500, "the judges find every label as good"
    assert len(found.train.quality) == 1_297


def _brought(db: store.Store, sha256: str) -> str:
    """Bring a run to the digits that are embedded, of which no answers are kept."""
    run = db.bring(
        name="brought", dataset="optdigits", dataset_sha256=sha256, class_names=datasets.DIGITS
    )
    db.finish(run.id, status="finished", artifacts={}, test_accuracy=1.0, test_errors=0)
    return run.id


def test_labels_of_other_images_are_not_judged(db: store.Store) -> None:
    """A run that answered to images since replaced says so."""
    other = _brought(db, "0" * 64)
    db.request_study(other, artifacts.SUSPECTS)
    assert study.perform(other, artifacts.SUSPECTS, db.url)
    assert "other images" in db.study(other, artifacts.SUSPECTS).trouble
