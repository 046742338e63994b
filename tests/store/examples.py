"""Runs to put into a store, and a hand that damages them behind its back."""

import io
import pathlib
import sqlite3

import numpy as np

from mnistdash import recipes, store
from mnistdash.store import schema, sealing

PROBS = np.eye(10, dtype=np.float32)[[4, 9, 9]]
RESULTS = {
    "status": "finished",
    "test_accuracy": 0.9813,
    "test_errors": 187,
    "test_loss": 0.06,
    "seconds": 12.5,
    "history": [{"loss": 0.5, "accuracy": 0.9, "val_loss": None}],
    "versions": {"tensorflow": "2.21.0"},
}
NINES = "9" * 400  # a number too long for any float


def npy(array: np.ndarray) -> bytes:
    """Write one array as `.npy`."""
    target = io.BytesIO()
    np.save(target, array)
    return target.getvalue()


ARTIFACTS = {"probs.npy": npy(PROBS), "model.tflite": b"model" * 100, "weights.npz": b"weights"}


def enqueue(db: store.Store, seed: int = 0, **options: object) -> store.Run:
    """Ask for a training that differs by its seed."""
    return db.enqueue(recipes.Recipe(seed=seed), "mnist", name=f"run {seed}", **options)


def finished(db: store.Store, seed: int = 0) -> str:
    """Put a finished run with all its artifacts into the store and return its id."""
    run_id = enqueue(db, seed).id
    assert db.start(run_id)
    db.finish(run_id, artifacts=ARTIFACTS, **RESULTS)
    return run_id


def sealed(path: pathlib.Path, statement: str, *values: object) -> None:
    """Change the SQLite file as the store itself would have written it."""
    edit(path, statement, *values)
    db = store.Store(f"sqlite:///{path}")
    with db._write() as connection:
        sealing.reseal(connection, schema.runs)
    db.close()


def edit(path: pathlib.Path, statement: str, *values: object) -> None:
    """Change the SQLite file behind the store's back."""
    with sqlite3.connect(path) as connection:
        assert connection.execute(statement, values).rowcount
    connection.close()
