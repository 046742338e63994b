"""The store: a training's way through it, many at once, and every kind of damage."""

import concurrent.futures
import contextlib
import dataclasses
import io
import json
import pathlib
import re
import sqlite3
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator

import numpy as np
import pytest
import sqlalchemy as sa

from mnistdash import artifacts as kept_as
from mnistdash import recipes, store
from mnistdash.store import archive, database, drawings, schema

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


def npy(array: np.ndarray) -> bytes:
    """Write one array as `.npy`."""
    target = io.BytesIO()
    np.save(target, array)
    return target.getvalue()


ARTIFACTS = {"probs.npy": npy(PROBS), "model.tflite": b"model" * 100, "weights.npz": b"weights"}


@pytest.fixture
def path(tmp_path: pathlib.Path) -> pathlib.Path:
    """Where the SQLite file of a test lies."""
    return tmp_path / "runs.sqlite3"


@pytest.fixture
def runs(path: pathlib.Path) -> Iterator[store.Store]:
    """An empty store in a real file."""
    opened = store.Store(f"sqlite:///{path}")
    yield opened
    opened.close()


def enqueue(runs: store.Store, seed: int = 0, **options: object) -> store.Run:
    """Ask for a training that differs by its seed."""
    return runs.enqueue(recipes.Recipe(seed=seed), "mnist", name=f"run {seed}", **options)


def finished(runs: store.Store, seed: int = 0) -> str:
    """Put a finished run with all its artifacts into the store and return its id."""
    run_id = enqueue(runs, seed).id
    assert runs.start(run_id)
    runs.finish(run_id, artifacts=ARTIFACTS, **RESULTS)
    return run_id


def edit(path: pathlib.Path, statement: str, *values: object) -> None:
    """Change the SQLite file behind the store's back."""
    with sqlite3.connect(path) as connection:
        assert connection.execute(statement, values).rowcount
    connection.close()


# --- a training's way -----------------------------------------------------------------------


def test_new_store_is_empty(runs: store.Store) -> None:
    """Nothing is there that nobody put there."""
    assert runs.runs() == []
    assert runs.run("0123abcd") is None


def test_way_of_a_training(runs: store.Store) -> None:
    """Queued, running, reported, finished: each step shows what is known by then."""
    run = enqueue(runs)
    assert (run.status, run.under_way, run.finished) == ("queued", True, False)
    assert (run.name, run.dataset, run.recipe) == ("run 0", "mnist", recipes.Recipe())
    assert store.ID_PATTERN.fullmatch(run.id)

    assert runs.start(run.id)
    assert runs.run(run.id).status == "running"
    runs.report(run.id, store.Live(epoch=1, epochs=4, step=5, steps=10, seconds=30.0))
    live = runs.run(run.id).live
    assert live.fraction == pytest.approx(1.5 / 4)
    assert live.seconds_left == pytest.approx(50)
    runs.record(run.id, RESULTS["history"], {"checkpoint.npz": b"weights so far"})
    assert runs.artifact(run.id, "checkpoint.npz") == b"weights so far"

    runs.finish(run.id, artifacts=ARTIFACTS, **RESULTS)
    done = runs.run(run.id)
    assert (done.status, done.under_way, done.finished) == ("finished", False, True)
    assert (done.test_accuracy, done.test_errors, done.seconds) == (0.9813, 187, 12.5)
    assert done.history == ({"epoch": 0, "loss": 0.5, "accuracy": 0.9, "val_loss": None},)
    assert done.versions == {"tensorflow": "2.21.0"}
    assert sorted(runs.run(run.id).artifacts) == sorted(ARTIFACTS)  # no checkpoint any more
    np.testing.assert_array_equal(runs.probs(run.id), PROBS)


def test_known_run_is_read_again_when_it_changed(runs: store.Store, path: pathlib.Path) -> None:
    """What is kept of a row is given back only while the row is the same, whoever changed it."""
    run_id = finished(runs)
    before = runs.runs()[0]
    assert runs.runs()[0] is before
    assert runs.run(run_id) is before
    edit(path, "UPDATE runs SET history = ?, test_errors = 12", '[{"loss": 0.25}]')
    assert runs.run(run_id).history == ({"loss": 0.25, "epoch": 0},)
    assert (runs.runs()[0].history[0]["loss"], runs.runs()[0].test_errors) == (0.25, 12)
    edit(path, "DELETE FROM runs")
    assert (runs.run(run_id), runs.runs(), runs._known) == (None, [], {})


def test_reading_connections_hold_to_the_rules(runs: store.Store) -> None:
    """Those that only read keep foreign keys, wait for a writer, and leave no transaction open."""
    runs.runs()
    with runs._read() as connection:
        found = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("foreign_keys", "busy_timeout", "journal_mode")
        ]
        assert found == [1, 30_000, "wal"]
        assert not connection.connection.dbapi_connection.in_transaction


def test_many_readers_open_few_files(runs: store.Store) -> None:
    """A hundred threads that read at once share what fifteen connections open."""
    files = pathlib.Path("/proc/self/fd")
    if not files.is_dir():
        pytest.skip("There is no /proc here to count open files in.")
    before = len(list(files.iterdir()))
    with concurrent.futures.ThreadPoolExecutor(100) as pool:
        assert list(pool.map(lambda _: runs.runs(), range(1000))) == [[]] * 1000
    assert len(list(files.iterdir())) - before <= 15 * 3  # database, log and its index


def test_run_starts_once(runs: store.Store) -> None:
    """Of two workers that were given the same run one trains it."""
    run_id = enqueue(runs).id
    assert [runs.start(run_id), runs.start(run_id), runs.start("unknown")] == [True, False, False]


def test_double_click_starts_one_training(runs: store.Store) -> None:
    """An equal request is answered with the run under way, another one is not."""
    first = enqueue(runs)
    assert enqueue(runs).id == first.id
    runs.start(first.id)
    assert enqueue(runs).id == first.id
    assert runs.enqueue(recipes.Recipe(), "fashion_mnist", name="other").id != first.id
    assert enqueue(runs, seed=1).id != first.id
    runs.finish(first.id, **RESULTS)
    assert enqueue(runs).id != first.id


def test_run_being_cancelled_is_no_answer(runs: store.Store) -> None:
    """Who cancels and trains again gets a new run."""
    first = enqueue(runs)
    runs.start(first.id)
    runs.request_cancel(first.id)
    assert enqueue(runs).id != first.id


def test_eight_may_wait(runs: store.Store) -> None:
    """One runs, eight wait and know how many are ahead, the tenth is refused with a reason."""
    ids = [enqueue(runs, 0).id]
    runs.start(ids[0])
    for seed in range(1, 9):
        run = enqueue(runs, seed)
        ids.append(run.id)
        assert runs.ahead(run) == seed
    with pytest.raises(store.StoreError, match="8 trainings wait already"):
        enqueue(runs, 9)
    runs.start(ids[1])
    assert enqueue(runs, 9).status == "queued"


def test_newest_run_stands_first(runs: store.Store) -> None:
    """The list begins with what was asked for last, and pinned runs before all."""
    ids = [finished(runs, seed) for seed in range(3)]
    assert [run.id for run in runs.runs()] == ids[::-1]
    runs.pin(ids[0], True)
    assert [run.id for run in runs.runs()] == [ids[0], ids[2], ids[1]]
    runs.pin(ids[0], False)
    assert [run.id for run in runs.runs()] == ids[::-1]


def test_waiting_run_is_cancelled_at_once(runs: store.Store) -> None:
    """It never starts, also if the worker asks for it later."""
    run_id = enqueue(runs).id
    runs.request_cancel(run_id)
    assert runs.run(run_id).status == "cancelled"
    assert not runs.start(run_id)


def test_running_run_is_asked_to_stop(runs: store.Store) -> None:
    """The trainer learns of it, and says itself how it ended."""
    run_id = enqueue(runs).id
    runs.start(run_id)
    assert not runs.cancel_requested(run_id)
    runs.request_cancel(run_id)
    assert runs.cancel_requested(run_id)
    assert runs.run(run_id).status == "running"
    runs.finish(run_id, status="cancelled", reason="Cancelled in epoch 1.")
    assert runs.run(run_id).reason == "Cancelled in epoch 1."


def test_deleted_run_is_gone_with_its_artifacts(runs: store.Store, path: pathlib.Path) -> None:
    """Its trainer should stop, and nothing that it writes later brings it back."""
    run_id = finished(runs)
    runs.delete(run_id)
    assert runs.run(run_id) is None
    assert runs.cancel_requested(run_id)
    runs.report(run_id, store.Live())
    runs.record(run_id, [], {"checkpoint.npz": b"late"})
    runs.finish(run_id, artifacts=ARTIFACTS, **RESULTS)
    assert runs.runs() == []
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM artifacts").fetchone() == (0,)
    with pytest.raises(store.StoreError, match=r"no probs\.npy \(any more\)"):
        runs.probs(run_id)


def test_ended_run_stays_as_it_ended(runs: store.Store) -> None:
    """A trainer that was given up and comes back late changes nothing."""
    run_id = enqueue(runs).id
    runs.finish(run_id, status="failed", reason="killed")
    runs.finish(run_id, artifacts=ARTIFACTS, **RESULTS)
    runs.request_cancel(run_id)
    assert (runs.run(run_id).status, runs.run(run_id).reason) == ("failed", "killed")
    assert sorted(runs.run(run_id).artifacts) == []


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("  a  b ", "a b"),
        ("a\nb\tc", "a b c"),
        ("x" * 100, "x" * 60),
        ("x" * 59 + " y", "x" * 59),
        ("a\0\u202eb", "a b"),
        ("<b>=cmd|'x'", "<b>=cmd|'x'"),
        ("fünf 5️⃣", "fünf 5️⃣"),
    ],
)
def test_names_are_one_printable_line(runs: store.Store, name: str, kept: str) -> None:
    """Spaces are single, what can't be printed is a space, 60 characters are enough."""
    run_id = enqueue(runs).id
    runs.rename(run_id, name)
    assert runs.run(run_id).name == kept


@pytest.mark.parametrize("name", ["", "  ", "\0", "\u200b\u202e", "\ud800"])
def test_empty_name_is_refused(runs: store.Store, name: str) -> None:
    """What leaves nothing to read is no name, here and in a new request."""
    run_id = enqueue(runs).id
    with pytest.raises(ValueError, match="1 to 60 characters"):
        runs.rename(run_id, name)
    with pytest.raises(ValueError, match="1 to 60 characters"):
        runs.enqueue(recipes.Recipe(seed=1), "mnist", name=name)
    assert [run.name for run in runs.runs()] == ["run 0"]


def test_note_is_kept_and_cut(runs: store.Store) -> None:
    """A note has at most 500 characters; an empty one removes it."""
    run_id = enqueue(runs).id
    assert runs.run(run_id).note == ""
    runs.annotate(run_id, " first\nsecond " + "x" * 600)
    assert runs.run(run_id).note.startswith("first\nsecond")
    assert len(runs.run(run_id).note) == 500
    runs.annotate(run_id, "  ")
    assert runs.run(run_id).note == ""


BAD_IDS = ["", "A", "../../etc/passwd", "a" * 41, "a" * 100_000, "a b", "a\0", "a\n", "٣", "%00"]


@pytest.mark.parametrize("run_id", BAD_IDS, ids=range(len(BAD_IDS)))
def test_id_is_checked_before_it_is_looked_up(runs: store.Store, run_id: str) -> None:
    """What can't be an id is no run."""
    assert runs.run(run_id) is None


def test_numbers_that_are_none_become_null(runs: store.Store) -> None:
    """NaN and infinity of a diverged run are kept as nothing, in the history and in reports."""
    run_id = enqueue(runs).id
    runs.start(run_id)
    runs.report(run_id, store.Live(samples=[(0.5, float("nan"), float("inf"))]))
    assert runs.run(run_id).live.samples == ((0.5, None, None),)
    history = [{"loss": float("nan"), "accuracy": 0.1}]
    runs.finish(run_id, status="diverged", reason="Diverged.", history=history)
    run = runs.run(run_id)
    assert (run.status, run.history[0]["loss"]) == ("diverged", None)


# --- signs of life, and going on ------------------------------------------------------------


@pytest.mark.parametrize("started", [False, True])
def test_run_without_a_sign_of_life_is_interrupted(
    runs: store.Store, path: pathlib.Path, started: bool
) -> None:
    """After 31 silent seconds a run is lost, after 29 it is not; ended ones are left alone."""
    silent, alive, ended = enqueue(runs, 0).id, enqueue(runs, 1).id, finished(runs, 2)
    if started:
        runs.start(silent)
    for run_id, seconds in ((silent, 31), (alive, 29), (ended, 3600)):
        edit(path, "UPDATE runs SET alive_at = ? WHERE id = ?", time.time() - seconds, run_id)
    runs.interrupt_stale()
    assert runs.run(silent).status == "interrupted"
    assert "30 seconds" in runs.run(silent).reason
    assert runs.run(alive).status == "queued"
    assert runs.run(ended).status == "finished"


def test_sign_of_life_keeps_a_run(runs: store.Store, path: pathlib.Path) -> None:
    """Every word from the trainer, and the engine's own, counts as life."""
    run_id = enqueue(runs).id
    for sign in (
        lambda: runs.keep_alive([run_id]),
        lambda: runs.report(run_id, store.Live()),
        lambda: runs.record(run_id, [], {}),
        lambda: runs.start(run_id),
    ):
        edit(path, "UPDATE runs SET alive_at = ?", time.time() - 31)
        sign()
        runs.interrupt_stale()
        assert runs.run(run_id).under_way


def test_ended_run_with_a_checkpoint_can_wait_again(runs: store.Store) -> None:
    """An interrupted run goes on with its history; one without a checkpoint is refused."""
    run_id, without = enqueue(runs, 0).id, enqueue(runs, 1).id
    runs.start(run_id)
    runs.record(run_id, [{"loss": 0.5}], {kept_as.CHECKPOINT: b"weights so far"})
    runs.finish(run_id, status="interrupted")
    runs.finish(without, status="failed")
    runs.requeue(run_id)
    run = runs.run(run_id)
    assert (run.status, len(run.history), run.cancel) == ("queued", 1, False)
    assert runs.artifact(run_id, kept_as.CHECKPOINT) == b"weights so far"
    with pytest.raises(store.StoreError, match="before its first epoch"):
        runs.requeue(without)


def test_predictions_of_an_epoch_come_back(runs: store.Store) -> None:
    """Classes and confidences of a traced run's epoch, and a sentence for what is not there."""
    target = io.BytesIO()
    sure = np.array([0.5, 0.25], np.float16)
    np.savez(target, y_pred=np.array([4, 9], np.uint8), confidence=sure)
    run_id = enqueue(runs, trace=True).id
    runs.record(run_id, [{"loss": 1.0}], {kept_as.epoch(0): target.getvalue()})
    y_pred, confidence = runs.predictions(run_id, 0)
    assert (y_pred.tolist(), confidence.tolist()) == ([4, 9], [0.5, 0.25])
    with pytest.raises(store.StoreError, match=r"no epoch-001\.npz"):
        runs.predictions(run_id, 1)


# --- one transaction ------------------------------------------------------------------------


def test_results_are_all_or_none(runs: store.Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """An artifact too large leaves the run as it was, without the artifacts before it."""
    monkeypatch.setattr(database, "_MAX_ARTIFACT", 1000)
    run_id = enqueue(runs).id
    runs.start(run_id)
    with pytest.raises(store.StoreError, match=r"weights\.npz is larger than"):
        runs.finish(run_id, artifacts=ARTIFACTS | {"weights.npz": bytes(1001)}, **RESULTS)
    run = runs.run(run_id)
    assert (run.status, run.test_accuracy, run.history) == ("running", None, ())
    assert sorted(runs.run(run_id).artifacts) == []
    runs.finish(run_id, status="failed", reason="too large")
    assert runs.run(run_id).status == "failed"


def test_full_disk_leaves_old_runs_intact(runs: store.Store) -> None:
    """When SQLite may grow no further the sentence says so, and nothing half is there."""
    old, new = finished(runs, 0), enqueue(runs, 1).id
    runs.start(new)
    with runs._write() as connection:  # the limit is one of a connection: of the writer's
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(store.StoreError, match="The disk is full: nothing was saved"):
        runs.finish(new, artifacts={"probs.npy": bytes(500_000)}, **RESULTS)
    assert runs.run(new).status == "running"
    assert runs.artifact(old, "weights.npz") == b"weights"


# --- many at once ---------------------------------------------------------------------------

ENQUEUE = """
import sys
from mnistdash import recipes, store
from mnistdash.store import archive, database, drawings, schema
print("ready", flush=True)
sys.stdin.readline()
runs = store.Store(sys.argv[1])
for seed in range(int(sys.argv[2]), int(sys.argv[3])):
    try:
        print(runs.enqueue(recipes.Recipe(seed=seed), "mnist", name="run").id)
    except store.StoreError as error:
        print("refused", error)
"""
WRITE = """
import sys
from mnistdash import store
runs = store.Store(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
for step in range(60):
    runs.report(sys.argv[2], store.Live(epoch=0, epochs=1, step=step, steps=60, seconds=1.0))
    runs.record(sys.argv[2], [{"loss": 1.0}], {"checkpoint.npz": bytes([step]) * 10_000})
print("done")
"""


def at_once(code: str, *arguments: list[object]) -> list[str]:
    """Run a script in several processes that wait for each other, and return their lines."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code, *map(str, given)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for given in arguments
    ]  # fmt: skip
    assert [process.stdout.readline() for process in processes] == ["ready\n"] * len(processes)
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    ends = [process.communicate(timeout=60) for process in processes]
    assert [error for _, error in ends] == [""] * len(ends)
    return [line for out, _ in ends for line in out.splitlines()]


def test_two_processes_ask_for_the_same(path: pathlib.Path) -> None:
    """A double click that reaches two servers, on a store that neither has seen, is one run."""
    lines = at_once(ENQUEUE, *[[f"sqlite:///{path}", 0, 1]] * 2)
    assert len(lines) == 2
    assert len(set(lines)) == 1
    assert len(store.Store(f"sqlite:///{path}").runs()) == 1


def test_two_processes_fill_the_queue(runs: store.Store, path: pathlib.Path) -> None:
    """Of twelve different requests from two processes exactly eight wait."""
    url = f"sqlite:///{path}"
    lines = at_once(ENQUEUE, [url, 0, 6], [url, 6, 12])
    assert sum(line.startswith("refused 8 trainings wait") for line in lines) == 4
    assert len(runs.runs()) == 8


def test_two_threads_fill_the_queue(runs: store.Store) -> None:
    """The same from threads that share one store."""

    def ask(seed: int) -> bool:
        try:
            enqueue(runs, seed)
        except store.StoreError:
            return False
        return True

    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(ask, range(16))) == 8
        assert sum(threads.map(runs.start, [run.id for run in runs.runs()] * 2)) == 8


def test_unchanged_store_is_not_read_again(runs: store.Store) -> None:
    """Five listings of what nobody changed are one reading; a pin makes the next read again."""
    asked = []
    sa.event.listen(runs._reader, "before_cursor_execute", lambda *a: asked.append(a[2][:6]))
    wanted = {enqueue(runs, seed).id for seed in range(3)}
    asked.clear()
    for _ in range(5):
        assert {run.id for run in runs.runs()} == wanted
    assert asked.count("SELECT") == 2  # rows, and the names of artifacts
    runs.pin(min(wanted), True)
    assert [run.pinned for run in runs.runs()] == [True, False, False]
    assert asked.count("SELECT") == 4


def test_listing_belongs_to_who_asked(runs: store.Store) -> None:
    """A list that somebody empties is whole for the next."""
    enqueue(runs)
    runs.runs().clear()
    assert len(runs.runs()) == 1


def test_every_writer_is_seen_at_once(runs: store.Store, path: pathlib.Path) -> None:
    """What this store, another one and another program wrote stands in the very next listing."""
    run_id = enqueue(runs).id
    other = store.Store(f"sqlite:///{path}")
    program = sqlite3.connect(path)
    for number in range(20):
        for write in (runs.annotate, other.annotate):
            write(run_id, f"{write.__self__ is runs} {number}")
            said = f"{write.__self__ is runs} {number}"
            assert [run.note for run in (*runs.runs(), *other.runs())] == [said, said]
        with program:
            program.execute("UPDATE runs SET note = ?", (f"program {number}",))
        assert runs.runs()[0].note == other.runs()[0].note == f"program {number}"
        with contextlib.suppress(RuntimeError), runs._write() as connection:
            connection.execute(sa.text("UPDATE runs SET note = 'taken back'"))
            raise RuntimeError
        assert runs.runs()[0].note == f"program {number}"
    program.close()
    other.close()


def test_listing_keeps_up_with_writers_in_other_threads(runs: store.Store) -> None:
    """Four threads list what they have just written, whichever connection each is lent."""
    own = [enqueue(runs, seed).id for seed in range(4)]

    def write_and_look(run_id: str) -> list[str]:
        seen = []
        for number in range(25):
            runs.annotate(run_id, str(number))
            seen += [run.note for run in runs.runs() if run.id == run_id]
        return seen

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        assert list(pool.map(write_and_look, own)) == [list(map(str, range(25)))] * 4


def test_two_writers_and_ten_readers(runs: store.Store, path: pathlib.Path) -> None:
    """Nobody is told that the database is locked, and no report is lost."""
    ids = [enqueue(runs, seed).id for seed in range(2)]
    url, over, trouble, seen = f"sqlite:///{path}", threading.Event(), [], []

    def read() -> None:
        own = store.Store(url)
        while not over.is_set():
            try:
                seen.append(len(own.runs()) + len(own.run(ids[0]).artifacts))
                if own.run(ids[0]).history:
                    own.artifact(ids[0], kept_as.CHECKPOINT)
            except Exception as error:
                trouble.append(error)
        own.close()

    readers = [threading.Thread(target=read) for _ in range(10)]
    for reader in readers:
        reader.start()
    lines = at_once(WRITE, *([url, run_id] for run_id in ids))
    over.set()
    for reader in readers:
        reader.join()
    assert lines == ["done", "done"]
    assert trouble == []
    assert len(seen) > 100
    for run_id in ids:
        assert runs.run(run_id).live.step == 59
        assert runs.artifact(run_id, kept_as.CHECKPOINT) == bytes([59]) * 10_000


def test_writer_waits_for_a_locked_database(runs: store.Store, path: pathlib.Path) -> None:
    """While another program holds the file pages read on; a writer waits, and succeeds."""
    run_id = finished(runs)
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    threading.Timer(0.7, lambda: other.execute("COMMIT")).start()
    began = time.monotonic()
    assert runs.run(run_id).name == "run 0"
    assert time.monotonic() - began < 0.5
    runs.rename(run_id, "patient")
    assert time.monotonic() - began > 0.5
    assert runs.run(run_id).name == "patient"
    other.close()


def test_five_hundred_runs_are_listed_within_a_second(
    runs: store.Store, path: pathlib.Path
) -> None:
    """Fifty of them are damaged, and listed as unreadable."""
    row = {"name": "run", "dataset": "mnist", "recipe": recipes.Recipe().to_json(),
           "status": "finished", "test_accuracy": 0.98, "created_at": 1.8e9, "cancel": False,
           "history": json.dumps([{"loss": 0.5, "accuracy": 0.5, "val_loss": 0.5}] * 50),
           "live": json.dumps({"samples": [[0.5, 0.5, 0.5]] * 120})}  # fmt: skip
    rows = [row | {"id": f"run-{n}"} | ({"recipe": "{"} if n % 10 == 0 else {}) for n in range(500)]
    with runs._write() as connection:
        connection.execute(sa.insert(schema.runs), rows)
    began = time.perf_counter()
    listed = runs.runs()
    assert time.perf_counter() - began < 1
    assert len(listed) == 500
    assert sum(run.status == "unreadable" for run in listed) == 50


# --- damage to a run ------------------------------------------------------------------------


def test_every_kind_of_damage_to_an_artifact_is_seen(runs: store.Store, path: pathlib.Path) -> None:
    """Cut at each 1/64, 300 single bits flipped, emptied, turned into text or a number."""
    damaged, whole = finished(runs, 0), finished(runs, 1)
    good = ARTIFACTS["probs.npy"]
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
                runs.probs(damaged)
    connection.close()
    np.testing.assert_array_equal(runs.probs(whole), PROBS)
    assert [run.status for run in runs.runs()] == ["finished", "finished"]


def test_missing_artifact_is_a_sentence(runs: store.Store, path: pathlib.Path) -> None:
    """A row that is gone is named, the others are there."""
    run_id = finished(runs)
    edit(path, "DELETE FROM artifacts WHERE name = 'model.tflite'")
    with pytest.raises(store.StoreError, match=r"no model\.tflite \(any more\)"):
        runs.artifact(run_id, "model.tflite")
    assert runs.artifact(run_id, "weights.npz") == b"weights"


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
        npy(np.zeros((3, 10), np.float64)),
        npy(np.zeros((3, 9), np.float32)),
        npy(np.zeros(30, np.float32)),
        npy(np.array(0.5, np.float32)),
    ],
    ids=["empty", "zip", "10-GB", "37-GB", "float64", "nine", "flat", "number"],
)
def test_wrong_probabilities_with_the_right_sum(runs: store.Store, data: bytes) -> None:
    """Who can write the sum as well gets no further than a sentence."""
    run_id = enqueue(runs).id
    runs.finish(run_id, artifacts={"probs.npy": data}, **RESULTS)
    with pytest.raises(store.StoreError, match=r"The probs\.npy of this run is damaged"):
        runs.probs(run_id)


def test_pickle_in_place_of_probabilities_does_not_run(
    runs: store.Store, tmp_path: pathlib.Path
) -> None:
    """Python objects are refused, and the code in them made no folder."""

    class Canary:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return pathlib.os.mkdir, (str(tmp_path / "canary"),)

    target = io.BytesIO()
    np.save(target, np.array([Canary()], object), allow_pickle=True)
    run_id = enqueue(runs).id
    name = kept_as.epoch(0)
    runs.finish(run_id, artifacts={"probs.npy": target.getvalue(), name: target.getvalue()},
                **RESULTS)  # fmt: skip
    with pytest.raises(store.StoreError, match="damaged"):
        runs.probs(run_id)
    with pytest.raises(store.StoreError, match="damaged"):
        runs.predictions(run_id, 0)
    assert not (tmp_path / "canary").exists()


NINES = "9" * 400
HOSTILE_ROWS = [
    ("recipe", ""),
    ("recipe", "{}nonsense"),
    ("recipe", "[" * 100_000),
    ("recipe", '{"epochs": NaN}'),
    ("recipe", f'{{"epochs": {NINES}}}'),
    ("recipe", '{"layers": "flatten lambda"}'),
    ("recipe", '{"layers": 5}'),
    ("recipe", '{"unknown": 5}'),
    ("recipe", b"\xff\xfe"),
    ("recipe", 5),
    ("history", "nonsense"),
    ("history", "5"),
    ("history", "[5]"),
    ("history", "[null]"),
    ("history", "[" * 100_000),
    ("history", '[{"loss": NaN}]'),
    ("history", '[{"loss": 1e999}]'),
    ("history", f'[{{"loss": {NINES}}}]'),
    ("history", '[{"loss": "0.5"}]'),
    ("history", '[{"val_accuracy": [1]}]'),
    ("history", '[{"seconds": true}]'),
    ("history", b"\xff"),
    ("live", "nonsense"),
    ("live", "[]5"),
    ("live", "5"),
    ("live", '{"unknown": 1}'),
    ("live", '{"epochs": 0}'),
    ("live", '{"epoch": -1}'),
    ("live", '{"epoch": "1"}'),
    ("live", '{"step": 0.5}'),
    ("live", f'{{"epochs": {NINES}}}'),
    ("live", '{"seconds": NaN}'),
    ("live", f'{{"seconds": {NINES}}}'),
    ("live", '{"seconds": null}'),
    ("live", '{"samples": 5}'),
    ("live", '{"samples": [5]}'),
    ("live", '{"samples": [[1, 2]]}'),
    ("live", '{"samples": [[null, 1, 1]]}'),
    ("live", '{"samples": [["0", 1, 1]]}'),
    ("versions", "[]"),
    ("versions", "[" * 100_000),
    ("status", "trained"),
    ("status", ""),
    ("test_accuracy", 1.5),
    ("test_accuracy", -0.1),
    ("test_accuracy", None),
    ("test_accuracy", "high"),
    ("test_errors", "few"),
    ("best_epoch", 1),
    ("best_epoch", -1),
    ("best_epoch", 0.5),
    ("best_epoch", "first"),
    ("test_loss", "low"),
    ("test_loss", float("inf")),
    ("seconds", "long"),
    ("created_at", "today"),
    ("created_at", float("inf")),
    ("created_at", -1),
]


@pytest.mark.parametrize(("column", "value"), HOSTILE_ROWS, ids=range(len(HOSTILE_ROWS)))
def test_damaged_row_is_listed_as_unreadable(
    runs: store.Store, path: pathlib.Path, column: str, value: object
) -> None:
    """It has a short reason and no wrong numbers, can be deleted, and hides no other run."""
    whole, damaged = finished(runs, 0), finished(runs, 1)
    edit(path, f"UPDATE runs SET {column} = ? WHERE id = ?", value, damaged)
    listed = {run.id: run for run in runs.runs()}
    assert listed[whole].status == "finished"
    run = listed[damaged]
    assert run.status == "unreadable"
    assert (run.finished, run.under_way, run.recipe) == (False, False, None)
    assert run.reason.startswith("Its entry is damaged: ")
    assert len(run.reason) < 250
    assert (run.test_accuracy, run.test_errors, run.seconds, run.history) == (None, None, None, ())
    assert isinstance(run.created_at, float)
    assert runs.run(damaged) == run
    with pytest.raises(store.StoreError, match="can't be read"):
        runs.export(damaged)
    runs.delete(damaged)
    assert [run.id for run in runs.runs()] == [whole]


def test_damaged_text_hides_no_run(runs: store.Store, path: pathlib.Path) -> None:
    """A name that is no UTF-8 any more is shown with a mark in it."""
    run_id = finished(runs)
    edit(path, "UPDATE runs SET name = CAST(x'61ff62' AS TEXT)")
    assert runs.run(run_id).name == "a\N{REPLACEMENT CHARACTER}b"


def test_own_numbers_of_epochs_are_not_believed(runs: store.Store, path: pathlib.Path) -> None:
    """Epochs are counted by their place."""
    run_id = finished(runs)
    edit(path, "UPDATE runs SET history = ?", '[{"epoch": "x", "loss": 1}, {"epoch": 7}]')
    assert [epoch["epoch"] for epoch in runs.run(run_id).history] == [0, 1]


# --- damage to the file ---------------------------------------------------------------------


def refusal(url: str) -> str:
    """Open what can't be opened, and return the sentence, which names no folder and no secret."""
    with pytest.raises(store.StoreError) as refused:
        store.Store(url).runs()
    sentence = str(refused.value)
    assert len(sentence) < 250
    assert "secret" not in sentence
    assert not re.search(r"(^|\s)/|/tmp|Traceback|sqlalche", sentence)
    return sentence


def test_missing_file_begins_a_new_store(path: pathlib.Path) -> None:
    """Only where nothing was a new store is made."""
    assert store.Store(f"sqlite:///{path}").runs() == []
    assert path.stat().st_size


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "is empty"), (b"hello" * 1000, "not a database"), (b"\0" * 4096, "not a database")],
    ids=["empty", "text", "zeros"],
)
def test_file_that_is_no_store_is_left_as_it_is(
    path: pathlib.Path, content: bytes, words: str
) -> None:
    """The sentence names the role and the remedy; not a byte is changed."""
    path.write_bytes(content)
    sentence = refusal(f"sqlite:///{path}")
    assert words in sentence
    assert "The database of runs" in sentence
    assert "Restore it from a copy" in sentence
    assert path.read_bytes() == content


@pytest.mark.parametrize("share", [0.1, 0.5, 0.8])
def test_truncated_file_is_left_as_it_is(
    runs: store.Store, path: pathlib.Path, share: float
) -> None:
    """A file cut short is refused with the remedy, and can still be given to a rescuer."""
    finished(runs)
    runs.close()
    cut = path.read_bytes()[: int(share * path.stat().st_size)]
    path.write_bytes(cut)
    sentence = refusal(f"sqlite:///{path}")
    assert "damaged" in sentence
    assert "Restore it from a copy" in sentence
    assert path.read_bytes() == cut


def test_newer_store_is_left_as_it_is(runs: store.Store, path: pathlib.Path) -> None:
    """A store of a later program is named with both versions."""
    finished(runs)
    edit(path, "UPDATE meta SET value = '99' WHERE key = 'schema'")
    runs.close()
    before = path.read_bytes()
    sentence = refusal(f"sqlite:///{path}")
    assert "has version 99, this program reads version 2" in sentence
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "table",
    ["runs (a)", "artifacts (a)", "meta (a)", "meta (key TEXT PRIMARY KEY, value TEXT)"],
)
def test_database_of_another_program_is_left_as_it_is(path: pathlib.Path, table: str) -> None:
    """Tables that are called like ours and are not ours are neither used nor joined by ours."""
    with sqlite3.connect(path) as connection:
        connection.execute(f"CREATE TABLE {table}")
    connection.close()
    before = path.read_bytes()
    assert "of another program" in refusal(f"sqlite:///{path}") or "not of this program" in refusal(
        f"sqlite:///{path}"
    )
    assert path.read_bytes() == before


def test_other_tables_may_stand_beside_ours(path: pathlib.Path) -> None:
    """A team's database can hold more than runs."""
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE people (name TEXT)")
    connection.close()
    assert store.Store(f"sqlite:///{path}").runs() == []


def test_store_of_missing_columns_is_a_sentence(runs: store.Store, path: pathlib.Path) -> None:
    """A store made by a program that kept less is refused, not answered with nonsense."""
    edit(path, "UPDATE meta SET value = value")
    with sqlite3.connect(path) as connection:
        connection.execute("ALTER TABLE runs DROP COLUMN test_loss")
    connection.close()
    assert "not of this program" in refusal(f"sqlite:///{path}")


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "postgresql//user:secret@host/db",
        "postgresql://user:secret@host:port/db",
        "postgresql+psycopg://user:secret@127.0.0.1:1/db",
        "oracle9://user:secret@host/db",
        "sqlite:",
    ],
)
def test_wrong_address_is_a_sentence_without_the_password(url: str) -> None:
    """Whatever is wrong with the address, its password is not repeated."""
    assert refusal(url)


def test_missing_folder_is_a_sentence(tmp_path: pathlib.Path) -> None:
    """A chosen file in a folder that is not there, and a folder in place of the file."""
    for url in (f"sqlite:///{tmp_path}/none/runs.sqlite3", f"sqlite:///{tmp_path}"):
        assert "can't be opened" in refusal(url)
    assert not (tmp_path / "none").exists()


def test_read_only_store_can_be_looked_at(runs: store.Store, path: pathlib.Path) -> None:
    """Where nothing can be written runs are shown, and a training is refused with a reason."""
    run_id = finished(runs)
    runs.close()
    seen = store.Store(f"sqlite:///file:{path}?mode=ro&uri=true")
    assert seen.run(run_id).finished
    np.testing.assert_array_equal(seen.probs(run_id), PROBS)
    with pytest.raises(store.StoreError, match="you can look, but not train"):
        enqueue(seen, 1)


def test_home_folder_is_made(home: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a chosen database it lies in the home folder; one that can't be made is named."""
    monkeypatch.setenv("MNISTDASH_HOME", str(home / "new" / "folder"))
    assert store.default_url() == f"sqlite:///{home}/new/folder/mnistdash.sqlite3"
    assert (home / "new" / "folder").is_dir()
    (home / "file").write_text("no folder")
    monkeypatch.setenv("MNISTDASH_HOME", str(home / "file"))
    with pytest.raises(store.StoreError, match="Set MNISTDASH_HOME to a folder that can"):
        store.default_url()


def test_chosen_database_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """`MNISTDASH_DATABASE_URL` is used as it is."""
    monkeypatch.setenv("MNISTDASH_DATABASE_URL", "postgresql://host/db")
    assert store.default_url() == "postgresql://host/db"


def test_store_in_memory(tmp_path: pathlib.Path) -> None:
    """`sqlite://` keeps everything in this process, for all its threads, and writes no file."""
    runs = store.Store("sqlite://")
    run_id = finished(runs)
    with concurrent.futures.ThreadPoolExecutor(1) as thread:
        assert thread.submit(runs.run, run_id).result().finished
    assert store.Store("sqlite://").runs() == []
    assert list(tmp_path.iterdir()) == []


# --- drawings -------------------------------------------------------------------------------


def keep(runs: store.Store, label: int = 4) -> None:
    """Keep a drawing of one bright pixel, answered as 9."""
    image = np.zeros((28, 28), np.uint8)
    image[label, 0] = 255
    strokes = [[(0.0, 1.5), (2.0, 3.0)], [(4.0, 4.0)]]
    runs.keep_drawing(image, label, strokes=strokes, answer=9, confidence=0.75, run_name="starter")


def test_drawing_comes_back(runs: store.Store) -> None:
    """Image, label, pen and answer are as they were, the newest first; deleted ones are gone."""
    keep(runs, 4)
    keep(runs, 7)
    newest, oldest = runs.drawings()
    assert (newest.label, oldest.label, newest.answer, newest.confidence) == (7, 4, 9, 0.75)
    assert newest.strokes == [[(0.0, 1.5), (2.0, 3.0)], [(4.0, 4.0)]]
    assert newest.image[7, 0] == 255
    assert newest.image.sum(dtype=int) == 255
    assert runs.drawing_ids() == (oldest.id, newest.id)
    runs.delete_drawing(newest.id)
    assert runs.drawing_ids() == (oldest.id,)


@pytest.mark.parametrize(
    ("image", "label"),
    [
        (np.zeros((28, 28), np.float32), 4),
        (np.zeros((27, 28), np.uint8), 4),
        (np.zeros((1, 28, 28), np.uint8), 4),
        (np.zeros((28, 28), np.uint8), 10),
        (np.zeros((28, 28), np.uint8), -1),
    ],
)
def test_what_is_no_drawing_is_refused(runs: store.Store, image: np.ndarray, label: int) -> None:
    """Only uint8 (28, 28) with a label of 0-9 is kept."""
    with pytest.raises(ValueError, match="A drawing is uint8"):
        runs.keep_drawing(image, label, strokes=[], answer=9, confidence=0.5, run_name="run")


def test_drawings_are_limited(runs: store.Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """One more than allowed is refused with the remedy."""
    monkeypatch.setattr(drawings, "MAX_DRAWINGS", 2)
    keep(runs)
    keep(runs)
    with pytest.raises(store.StoreError, match="2 drawings are kept already"):
        keep(runs)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("image", b""),
        ("image", bytes(783)),
        ("image", "text"),
        ("image", 784),
        ("label", 10),
        ("label", 4.5),
        ("label", "four"),
        ("answer", -1),
        ("confidence", "sure"),
        ("confidence", 1.5),
        ("created_at", "today"),
        ("strokes", "nonsense"),
        ("strokes", "[[[1]]]"),
        ("strokes", "[[[NaN, 1]]]"),
        ("strokes", f"[[[{NINES}, 1]]]"),
        ("strokes", "[" * 100_000),
    ],
)
def test_damaged_drawing_hides_no_other(
    runs: store.Store, path: pathlib.Path, column: str, value: object
) -> None:
    """It is left out, and the others are listed."""
    keep(runs, 4)
    edit(path, f"UPDATE drawings SET {column} = ?", value)
    keep(runs, 7)
    assert [drawing.label for drawing in runs.drawings()] == [7]


# --- runs as files --------------------------------------------------------------------------


def test_exported_run_can_be_shipped(
    runs: store.Store, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    """A run goes out as a file, comes into another store under its shipped id, and is the same."""
    run_id = finished(runs)
    runs.rename(run_id, "starter")
    (tmp_path / "mnist.zip").write_bytes(runs.export(run_id, shipped_as="starter-mnist"))
    monkeypatch.setattr(archive, "_starter_files", lambda: [tmp_path / "mnist.zip"])
    other = store.Store(f"sqlite:///{tmp_path}/other.sqlite3")
    other.add_starters()
    there = other.run("starter-mnist")
    assert dataclasses.replace(there, id=run_id) == runs.run(run_id)
    for name, data in ARTIFACTS.items():
        assert other.artifact("starter-mnist", name) == data


def test_run_without_results_can_not_be_exported(runs: store.Store) -> None:
    """A sentence says what it lacks, an unknown run is no longer there."""
    with pytest.raises(store.StoreError, match=r"no model\.tflite"):
        runs.export(enqueue(runs).id)
    with pytest.raises(store.StoreError, match="no longer there"):
        runs.export("unknown")


def test_export_holds_no_code_and_no_path(runs: store.Store) -> None:
    """Four plain files, of which one is JSON."""
    with zipfile.ZipFile(io.BytesIO(runs.export(finished(runs)))) as archive:
        assert archive.namelist() == ["run.json", "model.tflite", "probs.npy", "weights.npz"]
        facts = json.loads(archive.read("run.json"))
    assert facts["test_errors"] == 187
    assert recipes.Recipe.from_json(facts["recipe"]) == recipes.Recipe()


@pytest.mark.parametrize(("dataset", "images"), [("mnist", 10_000), ("optdigits", 500)])
def test_shipped_starters_are_whole(runs: store.Store, dataset: str, images: int) -> None:
    """Each starter run is finished, of the recipe in the repository, with answers to all images."""
    runs.add_starters()
    run = runs.run(f"starter-{dataset}")
    assert (run.finished, run.dataset) == (True, dataset)
    assert run.recipe == recipes.STARTERS[dataset]
    assert runs.probs(run.id).shape == (images, 10)
    assert run.test_errors == round((1 - run.test_accuracy) * images)
    assert len(runs.artifact(run.id, "model.tflite")) < 700_000
    with np.load(io.BytesIO(runs.artifact(run.id, "weights.npz"))) as weights:
        assert sum(weights[key].size for key in weights) == run.recipe.parameters


def test_starters_are_added_once(runs: store.Store, path: pathlib.Path) -> None:
    """A starter that someone renamed or deleted stays so, also at the next start."""
    runs.add_starters()
    runs.rename("starter-mnist", "mine")
    runs.delete("starter-optdigits")
    runs.add_starters()
    again = store.Store(f"sqlite:///{path}")
    again.add_starters()
    assert {run.id: run.name for run in again.runs()} == {"starter-mnist": "mine"}


def test_new_starters_replace_the_old(
    runs: store.Store, monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    """A later program that ships a better run brings it in."""
    runs.add_starters()
    (tmp_path / "mnist.zip").write_bytes(runs.export(finished(runs), shipped_as="starter-mnist"))
    monkeypatch.setattr(archive, "_starter_files", lambda: [tmp_path / "mnist.zip"])
    runs.add_starters()
    assert runs.run("starter-mnist").test_errors == 187
    assert runs.artifact("starter-mnist", "probs.npy") == ARTIFACTS["probs.npy"]


# --- progress -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("live", "fraction", "left"),
    [
        (store.Live(), 0.0, None),
        (store.Live(epoch=0, epochs=2, step=5, steps=10, seconds=10.0), 0.25, 30.0),
        (store.Live(epoch=0, epochs=2, step=5, steps=10, seconds=1.0), 0.25, None),
        (store.Live(epoch=1, epochs=2, step=10, steps=10, seconds=10.0), 1.0, 0.0),
        (store.Live(epoch=2, epochs=2, step=5, steps=10, seconds=10.0), 1.0, 0.0),
    ],
)
def test_progress_by_hand(live: store.Live, fraction: float, left: float | None) -> None:
    """A quarter in ten seconds leaves thirty; the first second tells nothing yet."""
    assert live.fraction == fraction
    assert live.seconds_left == left
