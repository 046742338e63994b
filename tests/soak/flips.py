"""One bit of the database file flipped at a time: every run is as it was, or said to be damaged."""

import dataclasses
import pathlib
import random
import sqlite3

from mnistdash import store
from tests.soak import tally
from tests.store import examples

_RUNS = 12
_KIND = "bit of the database flipped"


def soak(counted: tally.Tally, folder: pathlib.Path, count: int, seed: int) -> None:
    """Flip bits all over a file of runs, one in each copy of it."""
    rng = random.Random(seed)
    path = folder / "whole.sqlite3"
    truth = _filled(path)
    whole = path.read_bytes()
    damaged = folder / "damaged.sqlite3"
    for _ in range(count):
        at, bit = rng.randrange(len(whole)), rng.randrange(8)
        data = bytearray(whole)
        data[at] ^= 1 << bit
        for rest in folder.glob("damaged.sqlite3*"):
            rest.unlink()
        damaged.write_bytes(data)
        where = f"byte {at}, bit {bit}"
        with counted.trying(_KIND, where, store.StoreError):
            _compare(counted, damaged, truth, where)


def _filled(path: pathlib.Path) -> dict[str, tuple[store.Run, dict[str, bytes]]]:
    """Write runs; return each with the bytes kept beside it."""
    db = store.Store(f"sqlite:///{path}")
    for seed in range(_RUNS):
        run_id = examples.finished(db, seed)
        db.annotate(run_id, f"note {seed} " * 9)
    truth = {
        run.id: (run, {name: db.artifact(run.id, name) for name in run.artifacts})
        for run in db.runs()
    }
    db.close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return truth


def _compare(
    counted: tally.Tally,
    path: pathlib.Path,
    truth: dict[str, tuple[store.Run, dict[str, bytes]]],
    where: str,
) -> None:
    db = store.Store(f"sqlite:///{path}")
    try:
        found = db.runs()
        if len(found) < len(truth):
            counted.fault(_KIND, "lost run", f"{len(truth) - len(found)} runs, {where}")
        for run in found:
            if run.status == "unreadable":
                if not run.reason:
                    counted.fault(_KIND, "lost run", f"no reason, {where}")
                continue
            _compare_run(counted, db, run, truth.get(run.id), where)
    finally:
        db.close()


def _compare_run(
    counted: tally.Tally,
    db: store.Store,
    run: store.Run,
    written: tuple[store.Run, dict[str, bytes]] | None,
    where: str,
) -> None:
    if written is None:
        counted.fault(_KIND, "wrong number", f"a run that was never there, {where}")
        return
    before, kept = written
    # What is kept beside a row is checked by itself: a missing piece is not offered.
    if dataclasses.replace(run, artifacts=before.artifacts) != before:
        counted.fault(_KIND, "wrong number", f"{run} for {before}, {where}")
    for name in run.artifacts:  # one of another name than before must be refused as well
        try:
            same = db.artifact(run.id, name) == kept.get(name)
        except store.StoreError:
            continue
        if not same:
            counted.fault(_KIND, "wrong number", f"{name} of {run.id}, {where}")
