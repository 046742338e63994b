"""Runs as files to take away, and the starter runs that are shipped."""

import dataclasses
import io
import json
import pathlib
import zipfile

import numpy as np
import pytest

from mnistdash import recipes, store
from mnistdash.store import archive
from tests.store import examples


def test_exported_run_can_be_shipped(
    db: store.Store, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    """A run goes out as a file, comes into another store under its shipped id, and is the same."""
    run_id = examples.finished(db)
    db.rename(run_id, "starter")
    (tmp_path / "mnist.zip").write_bytes(db.export(run_id, shipped_as="starter-mnist"))
    monkeypatch.setattr(archive, "_starter_files", lambda: [tmp_path / "mnist.zip"])
    other = store.Store(f"sqlite:///{tmp_path}/other.sqlite3")
    other.add_starters()
    there = other.run("starter-mnist")
    assert dataclasses.replace(there, id=run_id) == db.run(run_id)
    for name, data in examples.ARTIFACTS.items():
        assert other.artifact("starter-mnist", name) == data


def test_run_without_results_can_not_be_exported(db: store.Store) -> None:
    """A sentence says what it lacks, an unknown run is no longer there."""
    with pytest.raises(store.StoreError, match=r"no model\.tflite"):
        db.export(examples.enqueue(db).id)
    with pytest.raises(store.StoreError, match="no longer there"):
        db.export("unknown")


def test_export_holds_no_code_and_no_path(db: store.Store) -> None:
    """Four plain files, of which one is JSON."""
    with zipfile.ZipFile(io.BytesIO(db.export(examples.finished(db)))) as archive:
        assert archive.namelist() == ["run.json", "model.tflite", "probs.npy", "weights.npz"]
        facts = json.loads(archive.read("run.json"))
    assert facts["test_errors"] == 187
    assert recipes.Recipe.from_json(facts["recipe"]) == recipes.Recipe()


@pytest.mark.parametrize(("dataset", "images"), [("mnist", 10_000), ("optdigits", 500)])
def test_shipped_starters_are_whole(db: store.Store, dataset: str, images: int) -> None:
    """Each starter run is finished, of the recipe in the repository, with answers to all images."""
    db.add_starters()
    run = db.run(f"starter-{dataset}")
    assert (run.finished, run.dataset) == (True, dataset)
    assert run.recipe == recipes.STARTERS[dataset]
    assert db.probs(run.id).shape == (images, 10)
    assert run.test_errors == round((1 - run.test_accuracy) * images)
    assert len(db.artifact(run.id, "model.tflite")) < 700_000
    with np.load(io.BytesIO(db.artifact(run.id, "weights.npz"))) as weights:
        assert sum(weights[key].size for key in weights) == run.recipe.parameters


def test_starters_are_added_once(db: store.Store, path: pathlib.Path) -> None:
    """A starter that someone renamed or deleted stays so, also at the next start."""
    db.add_starters()
    db.rename("starter-mnist", "mine")
    db.delete("starter-optdigits")
    db.add_starters()
    again = store.Store(f"sqlite:///{path}")
    again.add_starters()
    assert {run.id: run.name for run in again.runs()} == {"starter-mnist": "mine"}


def test_new_starters_replace_the_old(
    db: store.Store, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    """A later program that ships a better run brings it in; name, pin and note stay as given."""
    db.add_starters()
    db.rename("starter-mnist", "mine")
    db.pin("starter-mnist", True)
    db.annotate("starter-mnist", "the one we used in May")
    (tmp_path / "mnist.zip").write_bytes(
        db.export(examples.finished(db), shipped_as="starter-mnist")
    )
    monkeypatch.setattr(archive, "_starter_files", lambda: [tmp_path / "mnist.zip"])
    db.add_starters()
    run = db.run("starter-mnist")
    assert (run.test_errors, run.name, run.pinned) == (187, "mine", True)
    assert run.note == "the one we used in May"
    assert db.artifact("starter-mnist", "probs.npy") == examples.ARTIFACTS["probs.npy"]
