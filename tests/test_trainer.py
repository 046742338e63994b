"""What the trainer makes of reports and failures, without a worker; `test_engine` has one."""

import concurrent.futures
import errno
import pathlib
import time
import types

import pytest

from mnistdash import datasets, recipes, store, trainer
from mnistdash.training import progress
from tests import postgres


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (datasets.DataError("mnist.npz is missing."), "mnist.npz is missing."),
        (store.StoreError("The disk is full."), "The disk is full."),
        (ValueError("`epochs` must be…"), "`epochs` must be…"),
        (ValueError("x" * 1000), "x" * 300),
        (MemoryError(), "The training ran out of memory."),
        (type("ResourceExhaustedError", (Exception,), {})(), "The training ran out of memory."),
        (OSError(errno.ENOSPC, "No space", "/tmp/x"), "The disk is full."),
        (OSError(errno.EIO, "broken", "/tmp/x"), "something unforeseen (OSError)"),
        (KeyError("/home/user/secret"), "something unforeseen (KeyError)"),
        (RuntimeError("at /usr/lib/x.py"), "something unforeseen (RuntimeError)"),
    ],
)
def test_reason_is_a_sentence(error: Exception, sentence: str) -> None:
    """Our own words are kept, others become plain ones without a path."""
    reason = trainer._reason(error)
    assert sentence in reason
    assert "/" not in reason
    assert len(reason) <= 300


@pytest.fixture
def db(tmp_path: pathlib.Path) -> store.Store:
    """An empty store."""
    return store.Store(f"sqlite:///{tmp_path}/runs.sqlite3")


def reported(db: store.Store, reports: int, monkeypatch: pytest.MonkeyPatch) -> store.Run:
    """Report so many steps of one epoch as fast as they come."""
    monkeypatch.setattr(trainer, "REPORT_SECONDS", 0.0)
    run = db.enqueue(recipes.Recipe(epochs=1), "mnist", name="run")
    reporter = trainer._Reporter(db, run, None)
    for step in range(reports):
        reporter.progress(
            types.SimpleNamespace(
                epoch=0, epochs=1, step=step, steps=reports, loss=1.0, accuracy=0.5, seconds=1.0
            )
        )
    return db.run(run.id)


def test_samples_are_thinned(db: store.Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 400 reports at most 120 samples stay, in order, from the first to near the last."""
    run = reported(db, 400, monkeypatch)
    places = [at for at, _, _ in run.live.samples]
    assert 60 <= len(places) <= 120
    assert places == sorted(set(places))
    assert places[0] == 0.0
    assert places[-1] > 0.98
    assert run.live.step == 399


def test_few_samples_are_all_kept(db: store.Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """120 reports are 120 samples."""
    assert len(reported(db, 120, monkeypatch).live.samples) == 120


def test_reports_are_no_more_than_a_few_a_second(db: store.Store) -> None:
    """Of a burst of a thousand reports one reaches the store, and all reach the listener."""
    heard: list[object] = []
    run = db.enqueue(recipes.Recipe(), "mnist", name="run")
    reporter = trainer._Reporter(db, run, heard.append)
    for step in range(1000):
        reporter.progress(
            types.SimpleNamespace(
                epoch=0, epochs=1, step=step, steps=1000, loss=None, accuracy=None, seconds=0.0
            )
        )
    assert len(heard) == 1000
    assert len(db.run(run.id).live.samples) <= 2
    assert 2 <= 1 / trainer.REPORT_SECONDS <= 4


def test_only_waiting_runs_are_performed(db: store.Store) -> None:
    """A run that ended, or is not there, is left alone before TensorFlow is touched."""
    run = db.enqueue(recipes.Recipe(), "mnist", name="run")
    db.request_cancel(run.id)
    trainer.perform(run.id, db.url)
    trainer.perform("unknown", db.url)
    assert db.run(run.id).status == "cancelled"


def test_training_waits_for_its_database(
    cluster: postgres.Cluster, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While Postgres is away reports are let go; an epoch waits for it, and is not lost."""
    monkeypatch.setattr(trainer, "REPORT_SECONDS", 0.0)
    monkeypatch.setattr(trainer, "_AGAIN_SECONDS", 0.1)
    db = store.Store(postgres_url)
    run = db.enqueue(recipes.Recipe(epochs=1), "mnist", name="run")
    reporter = trainer._Reporter(db, run, None)
    cluster.stop()
    try:
        reporter.progress(
            types.SimpleNamespace(
                epoch=0, epochs=1, step=0, steps=1, loss=1.0, accuracy=0.5, seconds=1.0
            )
        )
        assert not reporter.should_stop()
        with concurrent.futures.ThreadPoolExecutor(1) as thread:
            epoch = progress.Epoch(
                epoch=0, loss=0.5, accuracy=0.9, val_loss=None, val_accuracy=None,
                learning_rate=0.001, seconds=1.0,
            )  # fmt: skip
            recorded = thread.submit(reporter.epoch, epoch, b"weights", None)
            time.sleep(0.5)
            assert not recorded.done()
            cluster.start()
            recorded.result(timeout=30)
    finally:
        if cluster.is_stopped:
            cluster.start()
    assert [each["loss"] for each in db.run(run.id).history] == [0.5]
    assert db.artifact(run.id, "checkpoint.npz") == b"weights"


def test_answer_of_a_database_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk is said at once; a database that is away for too long is said in the end."""
    asked = []

    def refuse(error: store.StoreError) -> None:
        asked.append(error)
        raise error

    with pytest.raises(store.StoreError, match="full"):
        trainer._patiently(lambda: refuse(store.StoreError("The disk is full.")))
    assert len(asked) == 1
    monkeypatch.setattr(trainer, "_PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(trainer, "_AGAIN_SECONDS", 0.01)
    with pytest.raises(store.Unreachable):
        trainer._patiently(lambda: refuse(store.Unreachable("It does not answer.")))
    assert len(asked) > 3
