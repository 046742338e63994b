"""The engine with a real Dask worker that really trains."""

import os
import pathlib
import signal
import socket
import ssl
import subprocess
import sys
import time
import types
from collections.abc import Callable, Iterator

import psutil
import pytest

from mnistdash import artifacts, cluster, datasets, engine, recipes, store

SHORT = recipes.Recipe(layers="flatten dense16", epochs=2)
# About 0.2 s an epoch, so that there is a middle to be disturbed in.
LONG = recipes.Recipe(layers="flatten dense64 drop.2 dense64", batch_size=1, epochs=40)
PATIENCE = 90.0  # seconds, for a machine under load


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> store.Store:
    """A store of its own."""
    return store.Store(f"sqlite:///{tmp_path_factory.mktemp('engine')}/runs.sqlite3")


@pytest.fixture(scope="module")
def trainer(db: store.Store) -> Iterator[engine.Engine]:
    """An engine with its worker."""
    started = engine.Engine(db)
    yield started
    started.close()


def _wait(condition: Callable[[], bool], seconds: float = PATIENCE) -> float:
    """Wait for a condition and return how long it took."""
    begun = time.monotonic()
    while not condition():
        assert time.monotonic() - begun < seconds, "waited too long"
        time.sleep(0.05)
    return time.monotonic() - begun


def _ask(db: store.Store, trainer: engine.Engine, recipe: recipes.Recipe) -> str:
    run = db.enqueue(recipe, "optdigits", name="test")
    trainer.submit(run.id)
    return run.id


def _trained_epochs(db: store.Store, run_id: str) -> int:
    return len(db.run(run_id).history)


def _worker() -> psutil.Process:
    """Return the process that trains: the deepest of our children with TensorFlow in memory."""
    children = psutil.Process().children(recursive=True)
    return max(children, key=lambda child: child.memory_info().rss)


def _processes(trainer: engine.Engine) -> list[psutil.Process]:
    """Return the scheduler, the nanny, and the worker and its helper."""
    own = trainer._cluster._own.values()
    return [*own, *(child for each in own for child in each.children(recursive=True))]


def test_a_run_is_trained_to_its_end(db: store.Store, trainer: engine.Engine) -> None:
    """A queued run ends as finished, with all its artifacts and figures, and no checkpoint."""
    run_id = _ask(db, trainer, SHORT)
    _wait(lambda: not db.run(run_id).under_way)
    run = db.run(run_id)
    assert (run.status, len(run.history)) == ("finished", 2)
    assert run.test_errors == round((1 - run.test_accuracy) * 500)
    features = artifacts.features(datasets.load("optdigits").sha256)
    _wait(lambda: features in db.run(run_id).artifacts)  # once nothing waits to be trained
    assert sorted(db.run(run_id).artifacts) == [
        features,
        "histograms.json",
        "labels.npy",
        "model.keras",
        "model.tflite",
        "probs.npy",
        "weights.npz",
    ]


class Lost:
    """A cluster whose workers are killed whatever they are given."""

    refused, is_own = None, True

    def __init__(self) -> None:
        ended = types.SimpleNamespace(
            done=lambda: True, status="error", add_done_callback=lambda call: None
        )
        self.client = types.SimpleNamespace(submit=lambda *given, **options: ended)

    def workers(self) -> list[str]:
        """Name the one that is there."""
        return ["worker"]

    def lost(self) -> None:
        """Miss nobody."""

    def close(self) -> None:
        """End nothing."""


def not_started() -> None:
    """Fail as a cluster does that finds no port."""
    raise OSError


@pytest.mark.parametrize(
    ("made", "said"),
    [(not_started, "did not start (OSError)"), (Lost, "The worker stopped unexpectedly")],
)
def test_study_that_nobody_ends_is_named(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, made: Callable, said: str
) -> None:
    """Where no worker comes, or it is killed, the reason stands where the progress would."""
    monkeypatch.setattr(cluster, "Cluster", made)
    db = store.Store(f"sqlite:///{tmp_path}/runs.sqlite3")
    db.add_starters()
    started = engine.Engine(db)
    started.study("starter-optdigits")
    _wait(lambda: db.study("starter-optdigits").trouble is not None)
    assert said in db.study("starter-optdigits").trouble
    started.close()


def test_a_cancel_ends_a_training_within_two_seconds(
    db: store.Store, trainer: engine.Engine
) -> None:
    """Stop takes effect inside an epoch, and the epochs so far are kept."""
    run_id = _ask(db, trainer, LONG)
    _wait(lambda: _trained_epochs(db, run_id) >= 1)
    db.request_cancel(run_id)
    assert _wait(lambda: not db.run(run_id).under_way) < 2.0
    assert db.run(run_id).status == "cancelled"
    assert _trained_epochs(db, run_id) >= 1


def test_a_killed_run_is_named_and_resumes_to_the_same_weights(
    db: store.Store, trainer: engine.Engine
) -> None:
    """Signal 9 in mid-epoch is noticed in 5 s; resumed, the weights are bit for bit the same."""
    recipe = recipes.Recipe(layers=LONG.layers, batch_size=1, epochs=8, seed=7)
    undisturbed = _ask(db, trainer, recipe)
    _wait(lambda: not db.run(undisturbed).under_way)
    weights = db.artifact(undisturbed, "weights.npz")
    db.delete(undisturbed)

    run_id = _ask(db, trainer, recipe)
    _wait(lambda: _trained_epochs(db, run_id) >= 2 and db.run(run_id).live.step > 0)
    _worker().send_signal(signal.SIGKILL)
    assert _wait(lambda: not db.run(run_id).under_way) < 5.0
    killed = db.run(run_id)
    assert killed.status == "failed"
    assert "stopped unexpectedly" in killed.reason
    assert 2 <= len(killed.history) < 8

    db.requeue(run_id)
    trainer.submit(run_id)
    _wait(lambda: not db.run(run_id).under_way)
    assert db.run(run_id).status == "finished"
    assert len(db.run(run_id).history) == 8
    assert db.artifact(run_id, "weights.npz") == weights


def test_a_stopped_worker_is_given_up_and_replaced(
    db: store.Store, trainer: engine.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that hangs is named after the time without a sign of life; the next run trains.

    Pressing Train again and again is no sign of life.
    """
    monkeypatch.setattr(engine, "_STUBBORN_SECONDS", 1.0)
    run_id = _ask(db, trainer, LONG)
    _wait(lambda: _trained_epochs(db, run_id) >= 1)
    _worker().send_signal(signal.SIGSTOP)
    monkeypatch.setattr(store.runs, "STALE_SECONDS", 3.0)
    pressed = [run_id]

    def press_train_again() -> bool:
        time.sleep(0.5)
        pressed.append(_ask(db, trainer, LONG))
        return pressed[-1] != run_id

    _wait(press_train_again, seconds=15)
    assert pressed[-2] == run_id  # the presses before were answered with the run that hung
    assert db.run(run_id).status == "interrupted"
    assert "sign of life" in db.run(run_id).reason
    db.request_cancel(pressed[-1])
    monkeypatch.setattr(store.runs, "STALE_SECONDS", 30.0)
    next_id = _ask(db, trainer, recipes.Recipe(layers="flatten dense8", epochs=1))
    _wait(lambda: not db.run(next_id).under_way)
    assert db.run(next_id).status == "finished"


def test_stop_ends_a_worker_that_hangs(db: store.Store, trainer: engine.Engine) -> None:
    """A stopped process hears nothing; Stop ends its run within six seconds all the same."""
    run_id = _ask(db, trainer, LONG)
    _wait(lambda: _trained_epochs(db, run_id) >= 1)
    _worker().send_signal(signal.SIGSTOP)
    db.request_cancel(run_id)
    assert _wait(lambda: not db.run(run_id).under_way) < 6.0
    assert db.run(run_id).status == "cancelled"


@pytest.mark.parametrize("name", ["nanny", "scheduler"])
def test_killed_process_of_dask_comes_again(
    db: store.Store, trainer: engine.Engine, name: str
) -> None:
    """It is missed within five seconds, its run can be resumed, and what waits is trained."""
    _wait(lambda: trainer.ready)
    run_id = _ask(db, trainer, LONG)
    _wait(lambda: _trained_epochs(db, run_id) >= 1)
    waits = _ask(db, trainer, SHORT)
    left = _processes(trainer)
    trainer._cluster._own[name].kill()
    assert _wait(lambda: trainer.remark is not None) < 5.0
    assert _wait(lambda: not db.run(run_id).under_way) < 5.0
    assert db.run(run_id).resumable
    _wait(lambda: db.run(waits).finished)
    assert trainer.remark is None
    assert not any(map(_alive, left))


def test_nobody_else_reaches_the_trainer(trainer: engine.Engine) -> None:
    """Whoever has no certificate is refused by every port that its processes listen on."""
    _wait(lambda: trainer.ready)
    ports = {
        connection.laddr.port
        for process in _processes(trainer)
        for connection in process.net_connections()
        if connection.status == psutil.CONN_LISTEN
    }
    assert len(ports) == 3  # the scheduler's, the nanny's and the worker's
    stranger = ssl.create_default_context()
    stranger.check_hostname, stranger.verify_mode = False, ssl.CERT_NONE
    for port in ports:
        with pytest.raises((ssl.SSLError, ConnectionError)):  # noqa: PT012 - late in TLS 1.3
            told = stranger.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=10))
            told.recv(1)


def test_worker_goes_home_and_is_back_at_the_next_visit(
    trainer: engine.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a training or a visit its processes end and stay away; a visit brings others."""
    _wait(lambda: trainer.ready)
    left = _processes(trainer)
    monkeypatch.setattr(engine, "_IDLE_SECONDS", 0.5)
    _wait(lambda: not any(map(_alive, left)))
    time.sleep(1.2)  # it has looked once more
    assert trainer._cluster is None
    assert not trainer.ready
    trainer.visit()
    monkeypatch.undo()
    _wait(lambda: trainer._cluster is not None and trainer._cluster.workers())
    assert not set(_processes(trainer)) & set(left)


def test_nothing_outlives_a_killed_dashboard(tmp_path: pathlib.Path) -> None:
    """Scheduler, nanny and worker end themselves when the process that started them is killed."""
    script = (
        "import sys, time\n"
        "from mnistdash import engine, store\n"
        "started = engine.Engine(store.Store(sys.argv[1]))\n"
        "started.submit('no-run')\n"  # it wakes
        "while not (started._cluster and started._cluster.workers()): time.sleep(0.1)\n"
        "print('ready', flush=True)\n"
        "time.sleep(600)\n"
    )
    url = f"sqlite:///{tmp_path}/runs.sqlite3"
    with subprocess.Popen(
        [sys.executable, "-c", script, url], stdout=subprocess.PIPE, text=True
    ) as dashboard:
        assert dashboard.stdout.readline() == "ready\n"
        children = psutil.Process(dashboard.pid).children(recursive=True)
        assert len(children) >= 3
        os.kill(dashboard.pid, signal.SIGKILL)
    _wait(lambda: not any(_alive(child) for child in children), seconds=20)


def _alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
