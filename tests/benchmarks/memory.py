"""Own memory of all processes while the starter's recipe trains, and files that stay open.

    MNISTDASH_DATA=../shared/data python -m tests.benchmarks.memory

Memory is what no file stands behind (`RssAnon`), its peak over a minute of `robust-cnn` on MNIST.
Files are those that the dashboard has open after each ten trainings and a hundred sessions.
Streamlit keeps a session that has left for two minutes, 128 of them at most, with the three files
of its event loop: what counts is what is left after that.
"""

import argparse
import collections
import dataclasses
import os
import pathlib
import re
import tempfile
import time

import psutil
from streamlit.proto import BackMsg_pb2, ForwardMsg_pb2
from websockets.sync import client

from mnistdash import recipes, store
from tests.benchmarks import server

PAGES = ("", "confusion", "gallery", "confidence", "compare", "draw", "train", "data")
SHORT = recipes.Recipe(layers="flatten dense16", epochs=1)
SECONDS = 60.0
PATIENCE = 600.0
KEPT_SECONDS = 125.0  # a little more than Streamlit keeps sessions that have left


def main() -> None:
    """Print megabytes by process, and open files by kind."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trainings", type=int, default=30)
    parser.add_argument("--sessions", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of robust-cnn")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MNISTDASH_HOME"] = folder
        with server.serving(server.streamlit(server.REPO / "app.py")) as (url, pid):
            server.wait(url)
            visit(url, "")
            db = store.Store(f"sqlite:///{folder}/mnistdash.sqlite3")
            files_of(pid, "after the first visit")
            for begun in range(0, asked.trainings, 10):
                _train(db, url, range(begun, min(begun + 10, asked.trainings)))
                files_of(pid, f"after {min(begun + 10, asked.trainings)} trainings")
            for number in range(asked.sessions):
                visit(url, PAGES[number % len(PAGES)])
            files_of(pid, f"after {asked.sessions} sessions")
            time.sleep(KEPT_SECONDS)
            visit(url, "")  # Streamlit looks for old sessions when there is a new one
            files_of(pid, "two minutes later")
            _memory(db, url, pid, asked.seconds)


def visit(url: str, page: str) -> None:
    """Open a page as a browser does, and leave once it is shown."""
    with client.connect(
        f"{url.replace('http', 'ws')}/_stcore/stream", subprotocols=["streamlit"], max_size=None
    ) as socket:
        wish = BackMsg_pb2.BackMsg()
        wish.rerun_script.page_name = page
        socket.send(wish.SerializeToString())
        while True:
            told = ForwardMsg_pb2.ForwardMsg()
            told.ParseFromString(socket.recv(timeout=60))
            if told.WhichOneof("type") == "script_finished":
                return


def _train(db: store.Store, url: str, seeds: range) -> None:
    """Ask for trainings, and visit pages until all have ended."""
    wanted, given_up = list(seeds), time.monotonic() + PATIENCE
    under_way = 0
    while wanted or under_way:
        assert time.monotonic() < given_up, "the trainings did not end"
        while wanted and under_way < store.MAX_WAITING:
            recipe = dataclasses.replace(SHORT, seed=wanted.pop(0))
            db.enqueue(recipe, "optdigits", name="short")
            under_way += 1
        visit(url, "train")
        time.sleep(1)
        under_way = sum(run.under_way for run in db.runs())


def files_of(pid: int, when: str) -> None:
    """Print how many files a process has open, of which kinds, and its threads."""
    kinds = open_files(pid)
    shown = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
    threads = psutil.Process(pid).num_threads()
    print(f"{when}: {kinds.total()} files, {threads} threads ({shown})", flush=True)


def open_files(pid: int) -> collections.Counter[str]:
    """Count the files that a process has open, by kind."""
    kinds: collections.Counter[str] = collections.Counter()
    for entry in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            kinds[re.sub(r":?\[.*|[0-9]+$", "", entry.readlink().name)] += 1
        except OSError:
            continue
    return kinds


def _memory(db: store.Store, url: str, pid: int, seconds: float) -> None:
    recipe = recipes.PRESETS["robust-cnn"].recipe
    run = db.enqueue(recipe, "mnist", name="robust-cnn")
    while db.run(run.id).status == "queued":
        visit(url, "train")
        time.sleep(1)
    peak: dict[str, float] = {}
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        now = own_memory(pid)
        if sum(now.values()) > sum(peak.values()):
            peak = now
        time.sleep(0.5)
    run = db.run(run.id)
    parts = ", ".join(f"{name} {megabytes:.0f}" for name, megabytes in peak.items())
    print(f"robust-cnn, {run.status}, epoch {run.live.epoch + 1}: {sum(peak.values()):.0f} MB")
    print(f"  ({parts})")


def own_memory(pid: int) -> dict[str, float]:
    """Return the anonymous memory of a process and its children in megabytes."""
    found: dict[str, float] = {}
    root = psutil.Process(pid)
    for process in (root, *root.children(recursive=True)):
        try:
            status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
            line = next(line for line in status.splitlines() if line.startswith("RssAnon"))
        except (OSError, StopIteration):
            continue
        words = " ".join(process.cmdline()) if process.is_running() else ""
        name = "dashboard" if process == root else _name(words)
        found[f"{name} {process.pid}"] = int(line.split()[1]) / 1024
    return found


def _name(command: str) -> str:
    """Tell Dask's processes by their commands; the worker is a child of the nanny's."""
    names = {"distributed.Scheduler": "scheduler", "distributed.Nanny": "nanny"}
    return next((name for sign, name in names.items() if sign in command), "worker")


if __name__ == "__main__":
    main()
