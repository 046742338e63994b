"""A training's way through the store, signs of life, and many at once."""

import concurrent.futures
import contextlib
import json
import pathlib
import sqlite3
import subprocess
import sys
import threading
import time
import types
from collections.abc import Sequence

import numpy as np
import pytest
import sqlalchemy as sa

from mnistdash import artifacts as kept_as
from mnistdash import moment, recipes, store
from mnistdash.store import runs, schema, sealing
from tests.store import examples

# --- a training's way -----------------------------------------------------------------------


def test_new_store_is_empty(db: store.Store) -> None:
    """Nothing is there that nobody put there."""
    assert db.runs() == []
    assert db.run("0123abcd") is None


def test_way_of_a_training(db: store.Store) -> None:
    """Queued, running, reported, finished: each step shows what is known by then."""
    run = examples.enqueue(db)
    assert (run.status, run.under_way, run.finished) == ("queued", True, False)
    assert (run.name, run.dataset, run.recipe) == ("run 0", "mnist", recipes.Recipe())
    assert store.ID_PATTERN.fullmatch(run.id)

    assert db.start(run.id)
    assert db.run(run.id).status == "running"
    db.report(run.id, store.Live(epoch=1, epochs=4, step=5, steps=10, seconds=30.0))
    live = db.run(run.id).live
    assert live.fraction == pytest.approx(1.5 / 4)
    assert live.seconds_left == pytest.approx(50)
    db.record(run.id, examples.RESULTS["history"], {"checkpoint.npz": b"weights so far"})
    assert db.artifact(run.id, "checkpoint.npz") == b"weights so far"

    db.finish(run.id, artifacts=examples.ARTIFACTS, **examples.RESULTS)
    done = db.run(run.id)
    assert (done.status, done.under_way, done.finished) == ("finished", False, True)
    assert (done.test_accuracy, done.test_errors, done.seconds) == (0.9813, 187, 12.5)
    assert done.history == ({"epoch": 0, "loss": 0.5, "accuracy": 0.9, "val_loss": None},)
    assert done.versions == {"tensorflow": "2.21.0"}
    assert sorted(db.run(run.id).artifacts) == sorted(examples.ARTIFACTS)  # no checkpoint any more
    np.testing.assert_array_equal(db.probs(run.id), examples.PROBS)


def test_run_starts_once(db: store.Store) -> None:
    """Of two workers that were given the same run one trains it."""
    run_id = examples.enqueue(db).id
    assert [db.start(run_id), db.start(run_id), db.start("unknown")] == [True, False, False]


def test_double_click_starts_one_training(db: store.Store) -> None:
    """An equal request is answered with the run under way, another one is not."""
    first = examples.enqueue(db)
    assert examples.enqueue(db).id == first.id
    db.start(first.id)
    assert examples.enqueue(db).id == first.id
    assert db.enqueue(recipes.Recipe(), "fashion_mnist", name="other").id != first.id
    assert examples.enqueue(db, seed=1).id != first.id
    db.finish(first.id, **examples.RESULTS)
    assert examples.enqueue(db).id != first.id


def test_run_being_cancelled_is_no_answer(db: store.Store) -> None:
    """Who cancels and trains again gets a new run."""
    first = examples.enqueue(db)
    db.start(first.id)
    db.request_cancel(first.id)
    assert examples.enqueue(db).id != first.id


def test_eight_may_wait(db: store.Store) -> None:
    """One runs, eight wait and know how many are ahead, the tenth is refused with a reason."""
    ids = [examples.enqueue(db, 0).id]
    db.start(ids[0])
    for seed in range(1, 9):
        run = examples.enqueue(db, seed)
        ids.append(run.id)
        assert db.ahead(run) == seed
    with pytest.raises(store.StoreError, match="8 trainings wait already"):
        examples.enqueue(db, 9)
    db.start(ids[1])
    assert examples.enqueue(db, 9).status == "queued"


def test_newest_run_stands_first(db: store.Store) -> None:
    """The list begins with what was asked for last, and pinned runs before all."""
    ids = [examples.finished(db, seed) for seed in range(3)]
    assert [run.id for run in db.runs()] == ids[::-1]
    db.pin(ids[0], True)
    assert [run.id for run in db.runs()] == [ids[0], ids[2], ids[1]]
    db.pin(ids[0], False)
    assert [run.id for run in db.runs()] == ids[::-1]


def test_waiting_run_is_cancelled_at_once(db: store.Store) -> None:
    """It never starts, also if the worker asks for it later."""
    run_id = examples.enqueue(db).id
    db.request_cancel(run_id)
    assert db.run(run_id).status == "cancelled"
    assert not db.start(run_id)


def test_running_run_is_asked_to_stop(db: store.Store) -> None:
    """The trainer learns of it, and says itself how it ended."""
    run_id = examples.enqueue(db).id
    db.start(run_id)
    assert not db.cancel_requested(run_id)
    db.request_cancel(run_id)
    assert db.cancel_requested(run_id)
    assert db.run(run_id).status == "running"
    db.finish(run_id, status="cancelled", reason="Cancelled in epoch 1.")
    assert db.run(run_id).reason == "Cancelled in epoch 1."


def test_deleted_run_is_gone_with_its_artifacts(db: store.Store, path: pathlib.Path) -> None:
    """Its trainer should stop, and nothing that it writes later brings it back."""
    run_id = examples.finished(db)
    db.delete(run_id)
    assert db.run(run_id) is None
    assert db.cancel_requested(run_id)
    db.report(run_id, store.Live())
    db.record(run_id, [], {"checkpoint.npz": b"late"})
    db.finish(run_id, artifacts=examples.ARTIFACTS, **examples.RESULTS)
    assert db.runs() == []
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM artifacts").fetchone() == (0,)
    with pytest.raises(store.StoreError, match=r"no probs\.npy \(any more\)"):
        db.probs(run_id)


def test_ended_run_stays_as_it_ended(db: store.Store) -> None:
    """A trainer that was given up and comes back late changes nothing."""
    run_id = examples.enqueue(db).id
    db.finish(run_id, status="failed", reason="killed")
    db.finish(run_id, artifacts=examples.ARTIFACTS, **examples.RESULTS)
    db.request_cancel(run_id)
    assert (db.run(run_id).status, db.run(run_id).reason) == ("failed", "killed")
    assert sorted(db.run(run_id).artifacts) == []


def test_note_is_kept_and_cut(db: store.Store) -> None:
    """A note has at most 500 characters; an empty one removes it."""
    run_id = examples.enqueue(db).id
    assert db.run(run_id).note == ""
    db.annotate(run_id, " first\nsecond " + "x" * 600)
    assert db.run(run_id).note.startswith("first\nsecond")
    assert len(db.run(run_id).note) == 500
    db.annotate(run_id, "  ")
    assert db.run(run_id).note == ""


BAD_IDS = ["", "A", "../../etc/passwd", "a" * 41, "a" * 100_000, "a b", "a\0", "a\n", "٣", "%00"]


@pytest.mark.parametrize("run_id", BAD_IDS, ids=range(len(BAD_IDS)))
def test_id_is_checked_before_it_is_looked_up(db: store.Store, run_id: str) -> None:
    """What can't be an id is no run."""
    assert db.run(run_id) is None


# --- signs of life, and going on ------------------------------------------------------------


class Clock:
    """A clock that goes on when it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.ahead = 1000.0, 0.0
        seen = types.SimpleNamespace(
            monotonic=lambda: self.now, time=lambda: time.time() + self.ahead
        )
        monkeypatch.setattr(runs, "time", seen)

    def watch(self, db: store.Store, seconds: int, *, alive: Sequence[str] = ()) -> None:
        """Look once a second, while some runs give a sign of life."""
        for _ in range(seconds):
            self.now += 1
            if alive:
                db.keep_alive(alive)
            db.interrupt_stale()


@pytest.mark.parametrize("started", [False, True])
def test_silent_run_is_interrupted(
    db: store.Store, monkeypatch: pytest.MonkeyPatch, started: bool
) -> None:
    """After 34 silent seconds a run is lost, after 29 it is not; ended ones are left alone."""
    clock = Clock(monkeypatch)
    silent, alive, ended = (
        examples.enqueue(db, 0).id,
        examples.enqueue(db, 1).id,
        examples.finished(db, 2),
    )
    if started:
        db.start(silent)
    clock.watch(db, 29, alive=[alive])
    assert db.run(silent).under_way
    clock.watch(db, 5, alive=[alive])
    assert db.run(silent).status == "interrupted"
    assert "30 seconds" in db.run(silent).reason
    assert db.run(alive).status == "queued"
    assert db.run(ended).status == "finished"


def test_who_slept_does_not_judge(db: store.Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """After an hour without a look, and a clock set a day ahead, the worker speaks first."""
    clock = Clock(monkeypatch)
    run_id = examples.enqueue(db).id
    db.start(run_id)
    clock.watch(db, 10)
    clock.now += 3600
    clock.ahead = 86_400
    clock.watch(db, 15)
    assert db.run(run_id).under_way
    clock.watch(db, 60, alive=[run_id])
    assert db.run(run_id).under_way


def test_locked_database_is_no_silence(
    db: store.Store, path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who could not write speaks before it is judged; who then stays silent is lost."""
    clock = Clock(monkeypatch)
    runs_there = [examples.enqueue(db, seed).id for seed in (0, 1)]
    clock.watch(db, 29)
    holder = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.3, holder.execute, ("ROLLBACK",))
    release.start()
    clock.watch(db, 2)  # waits until it can write
    release.join()
    db.keep_alive(runs_there[:1])
    clock.watch(db, 4)
    assert [db.run(run_id).status for run_id in runs_there] == ["queued", "interrupted"]
    holder.close()


def test_database_that_was_away_is_no_silence(
    db: store.Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A minute of looks that find no database counts as one pause."""
    clock = Clock(monkeypatch)
    run_id = examples.enqueue(db).id
    clock.watch(db, 20)
    with monkeypatch.context() as away:

        def refuse() -> None:
            raise store.Unreachable("The database of runs does not answer.")

        away.setattr(db, "_read", refuse)
        for _ in range(60):
            clock.now += 1
            with pytest.raises(store.Unreachable):
                db.interrupt_stale()
    clock.watch(db, 5)
    assert db.run(run_id).under_way
    clock.watch(db, 9)
    assert db.run(run_id).status == "interrupted"


def test_waiting_run_of_a_dashboard_that_is_gone(
    db: store.Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After ten silent seconds it may be taken over; one that trains, or is spoken for, may not."""
    clock = Clock(monkeypatch)
    waits, trains, spoken_for = (examples.enqueue(db, seed).id for seed in range(3))
    db.start(trains)
    clock.watch(db, 9, alive=[spoken_for])
    assert db.unattended() == []
    clock.watch(db, 2, alive=[spoken_for])
    assert db.unattended() == [waits]


def test_sign_of_life_keeps_a_run(db: store.Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every word from the trainer, and the engine's own, counts as life."""
    clock = Clock(monkeypatch)
    run_id = examples.enqueue(db).id
    for sign in (
        lambda: db.keep_alive([run_id]),
        lambda: db.report(run_id, store.Live()),
        lambda: db.record(run_id, [], {}),
        lambda: db.start(run_id),
    ):
        clock.watch(db, 20)
        sign()
        assert db.run(run_id).under_way


def test_ended_run_with_a_checkpoint_can_wait_again(db: store.Store) -> None:
    """An interrupted run goes on with its history; one without a checkpoint is refused."""
    run_id, without = examples.enqueue(db, 0).id, examples.enqueue(db, 1).id
    db.start(run_id)
    db.record(run_id, [{"loss": 0.5}], {kept_as.CHECKPOINT: b"weights so far"})
    db.finish(run_id, status="interrupted")
    db.finish(without, status="failed")
    db.requeue(run_id)
    run = db.run(run_id)
    assert (run.status, len(run.history), run.cancel) == ("queued", 1, False)
    assert db.artifact(run_id, kept_as.CHECKPOINT) == b"weights so far"
    with pytest.raises(store.StoreError, match="before its first epoch"):
        db.requeue(without)


# --- what is read again ---------------------------------------------------------------------


def test_known_run_is_read_again_when_it_changed(db: store.Store, path: pathlib.Path) -> None:
    """What is kept of a row is given back only while the row is the same, whoever changed it."""
    run_id = examples.finished(db)
    before = db.runs()[0]
    assert db.runs()[0] is before
    assert db.run(run_id) is before
    examples.sealed(path, "UPDATE runs SET history = ?, test_errors = 12", '[{"loss": 0.25}]')
    assert db.run(run_id).history == ({"loss": 0.25, "epoch": 0},)
    assert (db.runs()[0].history[0]["loss"], db.runs()[0].test_errors) == (0.25, 12)
    examples.edit(path, "DELETE FROM runs")
    assert (db.run(run_id), db.runs(), db._known) == (None, [], {})


def test_unchanged_store_is_not_read_again(db: store.Store, path: pathlib.Path) -> None:
    """Five listings of what nobody changed are at most one reading; a pin makes the next one."""
    asked = []
    sa.event.listen(db._reader, "before_cursor_execute", lambda *a: asked.append(a[2][:6]))
    wanted = {examples.enqueue(db, seed).id for seed in range(3)}
    asked.clear()
    for _ in range(5):
        assert {run.id for run in db.runs()} == wanted
        assert db.run(min(wanted)).id == min(wanted)
        assert db.drawing_ids() == ()
    before = asked.count("SELECT")
    assert before <= 3  # rows, the names of artifacts, the drawings
    db.pin(min(wanted), True)
    assert [run.pinned for run in db.runs()] == [True, False, False]
    assert db.run(min(wanted)).pinned
    assert asked.count("SELECT") == before + 2


def test_listing_belongs_to_who_asked(db: store.Store) -> None:
    """A list that somebody empties is whole for the next."""
    examples.enqueue(db)
    db.runs().clear()
    assert len(db.runs()) == 1


def test_one_moment_shows_one_state(db: store.Store, address: str) -> None:
    """What another process writes is seen in the next moment, what this one writes at once."""
    first = examples.enqueue(db).id
    other = store.Store(address)
    with moment.one():
        assert [run.id for run in db.runs()] == [first]
        with concurrent.futures.ThreadPoolExecutor(1) as somebody:
            somebody.submit(other.pin, first, True).result()
            second = somebody.submit(examples.enqueue, other, 1).result().id
        assert [run.pinned for run in db.runs()] == [False]
        assert db.run(second) is None
        db.rename(first, "another")
        assert [run.name for run in db.runs()] == ["another", "run 1"]
    other.close()


def test_one_moment_asks_a_database_once(db: store.Store) -> None:
    """Two lists and ten runs are two questions, or three where each list takes two."""
    examples.enqueue(db)
    with moment.one():
        run_id = db.runs()[0].id
        assert db.drawing_ids() == ()
    asked = []
    sa.event.listen(db._reader, "before_cursor_execute", lambda *a: asked.append(a[2]))
    with moment.one():
        for _ in range(10):
            assert db.runs()[0].id == db.run(run_id).id
            assert db.drawing_ids() == ()
    assert len(asked) <= 3


def test_every_writer_is_seen_at_once(db: store.Store, path: pathlib.Path) -> None:
    """What this store, another one and another program wrote stands in the very next listing."""
    run_id = examples.enqueue(db).id
    other = store.Store(f"sqlite:///{path}")
    program = sqlite3.connect(path)
    for number in range(20):
        for write in (db.annotate, other.annotate):
            write(run_id, f"{write.__self__ is db} {number}")
            said = f"{write.__self__ is db} {number}"
            assert [run.note for run in (*db.runs(), *other.runs())] == [said, said]
        with program:
            program.execute("UPDATE runs SET note = ?", (f"program {number}",))
        assert db.runs()[0].note == other.runs()[0].note == f"program {number}"
        with contextlib.suppress(RuntimeError), db._write() as connection:
            connection.execute(sa.text("UPDATE runs SET note = 'taken back'"))
            raise RuntimeError
        assert db.runs()[0].note == f"program {number}"
    program.close()
    other.close()


def test_listing_keeps_up_with_writers_in_other_threads(db: store.Store) -> None:
    """Four threads list what they have just written, whichever connection each is lent."""
    own = [examples.enqueue(db, seed).id for seed in range(4)]

    def write_and_look(run_id: str) -> list[str]:
        seen = []
        for number in range(25):
            db.annotate(run_id, str(number))
            seen += [run.note for run in db.runs() if run.id == run_id]
        return seen

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        assert list(pool.map(write_and_look, own)) == [list(map(str, range(25)))] * 4


def test_five_hundred_runs_are_listed_within_a_second(db: store.Store, path: pathlib.Path) -> None:
    """Fifty of them are damaged, and listed as unreadable."""
    row = {"name": "run", "dataset": "mnist", "recipe": recipes.Recipe().to_json(),
           "status": "finished", "test_accuracy": 0.98, "created_at": 1.8e9, "cancel": False,
           "history": json.dumps([{"loss": 0.5, "accuracy": 0.5, "val_loss": 0.5}] * 50),
           "live": json.dumps({"samples": [[0.5, 0.5, 0.5]] * 120})}  # fmt: skip
    rows = [row | {"id": f"run-{n}"} | ({"recipe": "{"} if n % 10 == 0 else {}) for n in range(500)]
    with db._write() as connection:
        connection.execute(sa.insert(schema.runs), rows)
        sealing.reseal(connection, schema.runs)
    began = time.perf_counter()
    listed = db.runs()
    assert time.perf_counter() - began < 1
    assert len(listed) == 500
    assert sum(run.status == "unreadable" for run in listed) == 50


# --- many at once ---------------------------------------------------------------------------

ENQUEUE = """
import sys
from mnistdash import recipes, store
from mnistdash.store import archive, database, drawings, schema
print("ready", flush=True)
sys.stdin.readline()
db = store.Store(sys.argv[1])
for seed in range(int(sys.argv[2]), int(sys.argv[3])):
    try:
        print(db.enqueue(recipes.Recipe(seed=seed), "mnist", name="run").id)
    except store.StoreError as error:
        print("refused", error)
"""

WRITE = """
import sys
from mnistdash import store
db = store.Store(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
for step in range(60):
    db.report(sys.argv[2], store.Live(epoch=0, epochs=1, step=step, steps=60, seconds=1.0))
    db.record(sys.argv[2], [{"loss": 1.0}], {"checkpoint.npz": bytes([step]) * 10_000})
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


def test_two_processes_ask_for_the_same(address: str) -> None:
    """A double click that reaches two servers, on a store that neither has seen, is one run."""
    lines = at_once(ENQUEUE, *[[address, 0, 1]] * 2)
    assert len(lines) == 2
    assert len(set(lines)) == 1
    assert len(store.Store(address).runs()) == 1


def test_two_processes_fill_the_queue(db: store.Store, address: str) -> None:
    """Of twelve different requests from two processes exactly eight wait."""
    lines = at_once(ENQUEUE, [address, 0, 6], [address, 6, 12])
    assert sum(line.startswith("refused 8 trainings wait") for line in lines) == 4
    assert len(db.runs()) == 8


def test_twelve_press_at_once(db: store.Store) -> None:
    """The same training asked for by twelve threads in the same moment is one run."""
    gate = threading.Barrier(12)

    def press(_: int) -> str:
        gate.wait()
        return examples.enqueue(db).id

    with concurrent.futures.ThreadPoolExecutor(12) as threads:
        assert len(set(threads.map(press, range(12)))) == 1
    assert len(db.runs()) == 1


def test_two_threads_fill_the_queue(db: store.Store) -> None:
    """The same from threads that share one store."""

    def ask(seed: int) -> bool:
        try:
            examples.enqueue(db, seed)
        except store.StoreError:
            return False
        return True

    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(ask, range(16))) == 8
        assert sum(threads.map(db.start, [run.id for run in db.runs()] * 2)) == 8


def test_two_writers_and_ten_readers(db: store.Store, path: pathlib.Path) -> None:
    """Nobody is told that the database is locked, and no report is lost."""
    ids = [examples.enqueue(db, seed).id for seed in range(2)]
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
        assert db.run(run_id).live.step == 59
        assert db.artifact(run_id, kept_as.CHECKPOINT) == bytes([59]) * 10_000
