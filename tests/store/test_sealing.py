"""Seals: what stands in a row is what was written there, or the row is not believed."""

import dataclasses
import pathlib
import sqlite3

import numpy as np
import pytest

from mnistdash import store
from mnistdash.store import schema, sealing
from tests.store import examples


def test_seal_covers_all_that_is_shown() -> None:
    """Every column of a run but its sign of life changes the seal, and what is empty does not."""
    row = dict.fromkeys(schema.runs.c.keys()) | {"id": "a", "test_accuracy": 0.9189}
    before = sealing.seal(row)
    changed = {key for key in row if sealing.seal(row | {key: "other"}) != before}
    assert set(row) - changed == {"alive_at", "seal"}
    assert sealing.seal(row | {"a column to come": None}) == before


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("test_accuracy", 0.7939),
        ("test_errors", 186),
        ("seconds", 12.25),
        ("name", "run 1"),
        ("dataset", "mnisu"),
        ("dataset", b"mnist"),
        ("request", b"\x80"),
        ("created_at", 1.0),
        ("seal", None),
    ],
)
def test_changed_row_is_not_believed(
    db: store.Store, path: pathlib.Path, column: str, value: object
) -> None:
    """A value that may well be, but was not written, makes the run unreadable, for good."""
    run_id = examples.finished(db)
    examples.edit(path, f"UPDATE runs SET {column} = ?", value)
    for touched in (lambda: None, lambda: db.pin(run_id, True), lambda: db.annotate(run_id, "?")):
        touched()
        run = db.run(run_id)
        assert (run.status, run.test_accuracy, run.test_errors) == ("unreadable", None, None)


def test_signs_of_life_need_no_seal(db: store.Store) -> None:
    """A run that waits stays whole however often it says that it does."""
    run_id = examples.enqueue(db).id
    db.keep_alive([run_id])
    assert db.run(run_id).status == "queued"


def test_model_of_another_run_is_refused(db: store.Store, path: pathlib.Path) -> None:
    """It comes with its own seal, which names the run and the artifact that it is."""
    first, second = examples.finished(db, 0), examples.finished(db, 1)
    db.finish(second, status="finished")
    theirs = "FROM artifacts WHERE run_id = ? AND name = ?"
    mine = "WHERE run_id = ? AND name = 'model.tflite'"
    for run_id, name in ((first, "model.tflite"), (second, "weights.npz")):
        examples.edit(
            path,
            f"UPDATE artifacts SET (data, sha256) = (SELECT data, sha256 {theirs}) {mine}",
            run_id,
            name,
            second,
        )
        with pytest.raises(store.StoreError, match=r"model\.tflite of this run is damaged"):
            db.artifact(second, "model.tflite")
    assert db.artifact(first, "model.tflite") == examples.ARTIFACTS["model.tflite"]


def test_changed_drawing_is_left_out(db: store.Store, path: pathlib.Path) -> None:
    """A four that became a five by one bit is not shown as a five."""
    image = np.zeros((28, 28), np.uint8)
    db.keep_drawing(image, 4, strokes=[], answer=4, confidence=0.5, run_name="run")
    assert [drawing.label for drawing in db.drawings()] == [4]
    examples.edit(path, "UPDATE drawings SET label = 5")
    assert db.drawings() == []


def test_no_flipped_bit_shows_another_number(
    db: store.Store, path: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    """Of 100 files with one bit flipped each run is as it was, unreadable, missing, or refused."""
    whole = {examples.finished(db, seed): seed for seed in range(3)}
    facts = {run.id: dataclasses.replace(run, artifacts=frozenset()) for run in db.runs()}
    db.close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    data, rng = path.read_bytes(), np.random.default_rng(0)
    other = tmp_path / "flipped.sqlite3"
    seen = {"as it was": 0, "unreadable": 0, "refused": 0}
    for place in rng.integers(0, 8 * len(data), 100):
        flipped = bytearray(data)
        flipped[place // 8] ^= 1 << place % 8
        for leftover in tmp_path.glob("flipped.sqlite3*"):
            leftover.unlink()
        other.write_bytes(flipped)
        try:
            opened = store.Store(f"sqlite:///{other}")
            runs = opened.runs()
            opened.close()
        except store.StoreError:
            seen["refused"] += 1
            continue
        for run in runs:
            same = dataclasses.replace(run, artifacts=frozenset()) == facts.get(run.id)
            kind = "as it was" if same else "unreadable"
            seen[kind] += 1
            assert same or run.status == "unreadable", place
    assert whole.keys() == facts.keys()
    assert seen["as it was"] > 150
    assert seen["unreadable"] > 0
