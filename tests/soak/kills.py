"""Signal 9 for each process of a training, in turn, at a random moment."""

import pathlib
import random
import subprocess
import sys
import time
from collections.abc import Callable

import psutil

from mnistdash import artifacts, recipes, store
from tests.soak import tally

TARGETS = ("worker", "nanny", "scheduler", "dashboard")
# About 0.2 s an epoch: there is a middle to be killed in.
LONG = recipes.Recipe(layers="flatten dense64 drop.2 dense64", batch_size=1, epochs=12)
SHORT = recipes.Recipe(layers="flatten dense16", epochs=2)
START_SECONDS = 600.0  # for the first training, on a machine under load
_NAMED_SECONDS = 5.0
_SILENT_SECONDS = 40.0  # a dashboard's runs are named after 30 s of silence
_WHOLE = {artifacts.PROBS, artifacts.LABELS, artifacts.MODEL}


class Dashboard:
    """A dashboard process with its trainer."""

    def __init__(self, url: str, log: pathlib.Path) -> None:
        with log.open("ab") as stream:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.soak.dashboard", url],
                stdin=subprocess.PIPE,
                stderr=stream,
                text=True,
            )

    def press(self, run_id: str) -> None:
        """Press Train."""
        self.process.stdin.write(f"{run_id}\n")
        self.process.stdin.flush()

    def close(self) -> None:
        """Let it end, as by a signal of its server's."""
        self.process.stdin.close()
        self.process.wait(20)

    def family(self) -> list[psutil.Process]:
        """Return its children and theirs."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def find(self, target: str) -> psutil.Process:
        """Return the process of this name: the worker is the one with TensorFlow in memory."""
        if target == "dashboard":
            return psutil.Process(self.process.pid)
        if target == "worker":
            return max(self.family(), key=lambda child: child.memory_info().rss)
        word = f'"distributed.{target.capitalize()}"'
        return next(child for child in self.family() if word in " ".join(child.cmdline()))


def soak(
    counted: tally.Tally, folder: pathlib.Path, count: int, seed: int, *, again: float
) -> None:
    """Train, kill, and look at what is left, again and again.

    What waits must begin within `again` seconds.
    """
    rng, url, log = random.Random(seed), f"sqlite:///{folder}/soak.sqlite3", folder / "log"
    db, dashboard = store.Store(url), Dashboard(url, log)
    truth: dict[recipes.Recipe, tuple[float, int, float]] = {}
    for recipe in (LONG, SHORT):  # undisturbed
        run_id = press(db, dashboard, recipe)
        assert wait(lambda run_id=run_id: db.run(run_id).finished, START_SECONDS) is not None
        truth[recipe] = numbers(db.run(run_id))
        db.delete(run_id)
    for number in range(count):
        target = TARGETS[number % len(TARGETS)]
        dashboard = _round(counted, db, dashboard, target, rng, log, truth, again)
        print(f"{number + 1} of {count}: {target}", file=sys.stderr, flush=True)
    family = dashboard.family()
    dashboard.close()
    _count_orphans(counted, "dashboard closed", family)
    for block in log.read_text(errors="replace").split("Traceback (most recent call last)")[1:]:
        if "/mnistdash/" in block:
            counted.fault("worker killed", "traceback", block[-600:])


def _round(
    counted: tally.Tally,
    db: store.Store,
    dashboard: Dashboard,
    target: str,
    rng: random.Random,
    log: pathlib.Path,
    truth: dict[recipes.Recipe, tuple[float, int, float]],
    again: float,
) -> Dashboard:
    """Kill one process while a run trains and another waits; return the dashboard that is left."""
    kind = f"{target} killed"
    counted.trial(kind)
    trains = press(db, dashboard, LONG)
    if wait(lambda: db.run(trains).status != "queued", START_SECONDS) is None:
        counted.fault(kind, "lost run", "a training did not begin")
        return dashboard
    time.sleep(rng.uniform(0, 3))
    waits = press(db, dashboard, SHORT)
    family, killed = dashboard.family(), time.monotonic()
    dashboard.find(target).kill()
    if target == "dashboard":
        dashboard.process.wait()
        _count_orphans(counted, kind, family)
        dashboard = Dashboard(db.url, log)
    named = _SILENT_SECONDS if target == "dashboard" else _NAMED_SECONDS
    limits = {"named": (trains, named, lambda run: not run.under_way)}
    limits["the queue"] = waits, again, lambda run: run.status != "queued"
    for what, (run_id, limit, holds) in sorted(limits.items(), key=lambda each: each[1][1]):
        left = killed + limit - time.monotonic()
        if wait(lambda run_id=run_id, holds=holds: holds(db.run(run_id)), left) is None:
            counted.fault(kind, "too late", f"{what}: {db.run(run_id)} after {limit} s")
    for run_id in (waits, trains):
        _judge(counted, kind, db, dashboard, run_id, truth)
    return dashboard


def _judge(
    counted: tally.Tally,
    kind: str,
    db: store.Store,
    dashboard: Dashboard,
    run_id: str,
    truth: dict[recipes.Recipe, tuple[float, int, float]],
) -> None:
    """See a run to its end, resumed where it can be: it says what an undisturbed one does."""
    wait(lambda: not db.run(run_id).under_way, START_SECONDS)
    run = db.run(run_id)
    if not run.finished and run.artifacts & _WHOLE:
        counted.fault(kind, "half-written row", f"{run}")
    if run.resumable:
        db.requeue(run_id)
        dashboard.press(run_id)
        wait(lambda: not db.run(run_id).under_way, START_SECONDS)
        run = db.run(run_id)
    if run.under_way or run.status not in ("finished", "failed", "interrupted"):
        counted.fault(kind, "lost run", f"{run}")
    elif run.finished:
        if not run.artifacts >= _WHOLE or artifacts.CHECKPOINT in run.artifacts:
            counted.fault(kind, "half-written row", f"{run.artifacts}")
        if numbers(run) != truth[run.recipe]:
            counted.fault(kind, "wrong number", f"{numbers(run)} for {truth[run.recipe]}")
    elif run.history or run.recipe == SHORT:  # else it was killed before its first epoch ended
        counted.fault(kind, "lost run", f"{run}")
    db.delete(run_id)


def press(db: store.Store, dashboard: Dashboard, recipe: recipes.Recipe) -> str:
    """Ask for a training; return its run."""
    run = db.enqueue(recipe, "optdigits", name="soak")
    dashboard.press(run.id)
    return run.id


def numbers(run: store.Run) -> tuple[float, int, float]:
    """Return what must be the same however a training was disturbed."""
    return run.test_accuracy, len(run.history), run.test_loss


def wait(condition: Callable[[], bool], seconds: float) -> float | None:
    """Return after how long a condition held, `None` if it did not in time."""
    begun = time.monotonic()
    while not condition():
        if time.monotonic() - begun > seconds:
            return None
        time.sleep(0.05)
    return time.monotonic() - begun


def _count_orphans(counted: tally.Tally, kind: str, family: list[psutil.Process]) -> None:
    """Count the processes that outlive their dashboard by more than twenty seconds."""
    if kind not in counted.trials:
        counted.trial(kind)
    _, left = psutil.wait_procs(family, timeout=20)
    for process in left:
        counted.fault(kind, "orphan process", f"{process}")
