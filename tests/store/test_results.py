"""What a run left behind: read back whole, or refused in a sentence."""

import io
import os
import pathlib
import sqlite3

import numpy as np
import pytest

from mnistdash import artifacts as kept_as
from mnistdash import store
from tests.store import examples


def test_predictions_of_an_epoch_come_back(db: store.Store) -> None:
    """Classes and confidences of a traced run's epoch, and a sentence for what is not there."""
    target = io.BytesIO()
    sure = np.array([0.5, 0.25], np.float16)
    np.savez(target, y_pred=np.array([4, 9], np.uint8), confidence=sure)
    run_id = examples.enqueue(db, trace=True).id
    db.record(run_id, [{"loss": 1.0}], {kept_as.epoch(0): target.getvalue()})
    y_pred, confidence = db.predictions(run_id, 0)
    assert (y_pred.tolist(), confidence.tolist()) == ([4, 9], [0.5, 0.25])
    with pytest.raises(store.StoreError, match=r"no epoch-001\.npz"):
        db.predictions(run_id, 1)


def test_every_kind_of_damage_to_an_artifact_is_seen(db: store.Store, path: pathlib.Path) -> None:
    """Cut at each 1/64, 300 single bits flipped, emptied, turned into text or a number."""
    damaged, whole = examples.finished(db, 0), examples.finished(db, 1)
    good = examples.ARTIFACTS["probs.npy"]
    random = np.random.default_rng(0)
    bad: list[object] = [good[: len(good) * part // 64] for part in range(64)]
    for _ in range(300):
        flipped = bytearray(good)
        flipped[random.integers(len(good))] ^= 1 << int(random.integers(8))
        bad.append(bytes(flipped))
    with sqlite3.connect(path, isolation_level=None) as connection:
        for data in [*bad, good + b"\0", b"", "", "text", 5, 1.5]:
            connection.execute(
                "UPDATE artifacts SET data = ? WHERE run_id = ? AND name = 'probs.npy'",
                (data, damaged),
            )
            with pytest.raises(store.StoreError, match=r"The probs\.npy of this run is damaged"):
                db.probs(damaged)
    connection.close()
    np.testing.assert_array_equal(db.probs(whole), examples.PROBS)
    assert [run.status for run in db.runs()] == ["finished", "finished"]


def test_missing_artifact_is_a_sentence(db: store.Store, path: pathlib.Path) -> None:
    """A row that is gone is named, the others are there."""
    run_id = examples.finished(db)
    examples.edit(path, "DELETE FROM artifacts WHERE name = 'model.tflite'")
    with pytest.raises(store.StoreError, match=r"no model\.tflite \(any more\)"):
        db.artifact(run_id, "model.tflite")
    assert db.artifact(run_id, "weights.npz") == b"weights"


def header_bomb() -> bytes:
    """Write a `.npy` header of 10 GB of probabilities without any."""
    text = b"{'descr': '<f4', 'fortran_order': False, 'shape': (268435456, 10), }".ljust(117)
    return b"\x93NUMPY\x01\x00" + (118).to_bytes(2, "little") + text + b"\n"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\x03\x04 no archive",
        header_bomb(),
        header_bomb().replace(b"268435456", b"9" * 9),
        examples.npy(np.zeros((3, 10), np.float64)),
        examples.npy(np.zeros((3, 9), np.float32)),
        examples.npy(np.zeros(30, np.float32)),
        examples.npy(np.array(0.5, np.float32)),
    ],
    ids=["empty", "zip", "10-GB", "37-GB", "float64", "nine", "flat", "number"],
)
def test_wrong_probabilities_with_the_right_sum(db: store.Store, data: bytes) -> None:
    """Who can write the sum as well gets no further than a sentence."""
    run_id = examples.enqueue(db).id
    db.finish(run_id, artifacts={"probs.npy": data}, **examples.RESULTS)
    with pytest.raises(store.StoreError, match=r"The probs\.npy of this run is damaged"):
        db.probs(run_id)


def test_answers_to_validation_images_are_there_or_not(db: store.Store) -> None:
    """A run that kept none is none the worse; damaged ones are said to be."""
    runs = [examples.enqueue(db, seed).id for seed in range(3)]
    probs = np.full((2, 10), 0.1, np.float32)
    whole = kept_as.write_validation(probs, np.array([4, 9]))
    kinds = ({}, {kept_as.VALIDATION: whole}, {kept_as.VALIDATION: b"?"})
    for run_id, kept in zip(runs, kinds, strict=True):
        db.finish(run_id, artifacts=kept, **examples.RESULTS)
    assert db.validation(runs[0]) is None
    assert [each.tolist() for each in db.validation(runs[1])] == [probs.tolist(), [4, 9]]
    with pytest.raises(store.StoreError, match=r"The validation\.npz of this run is damaged"):
        db.validation(runs[2])


def test_pickle_in_place_of_probabilities_does_not_run(
    db: store.Store, tmp_path: pathlib.Path
) -> None:
    """Python objects are refused, and the code in them made no folder."""

    class Canary:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.mkdir, (str(tmp_path / "canary"),)

    target = io.BytesIO()
    np.save(target, np.array([Canary()], object), allow_pickle=True)
    run_id = examples.enqueue(db).id
    name = kept_as.epoch(0)
    db.finish(run_id, artifacts={"probs.npy": target.getvalue(), name: target.getvalue()},
                **examples.RESULTS)  # fmt: skip
    with pytest.raises(store.StoreError, match="damaged"):
        db.probs(run_id)
    with pytest.raises(store.StoreError, match="damaged"):
        db.predictions(run_id, 0)
    assert not (tmp_path / "canary").exists()
