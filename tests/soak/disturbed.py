"""Trainings that nobody kills, on a machine where much else goes wrong for a while.

    python -m tests.soak.disturbed

It needs root and Postgres, without which it is skipped with 77, takes about four minutes, ends with
1 unless all holds, and prints what it measured: a database server away for a minute, a locked
database file and a laptop's sleep for 40 s each, after which a training ends as an undisturbed one
does; and another user of the machine, who reaches nothing of the trainer's.
"""

import contextlib
import os
import pathlib
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator

import psutil

from mnistdash import store
from tests import postgres
from tests.soak import kills, needs, tally

AWAY_SECONDS = 60.0
LOCKED_SECONDS = 40.0  # more than the 30 s for which a writer waits
ASLEEP_SECONDS = 40.0  # more than the 30 s after which a silent run is lost
# Tries with certificates of its own, and without, what Dask's clients do.
STRANGER = """
import sys
import distributed
for address, security in (
    (sys.argv[1], distributed.Security.temporary()), (sys.argv[1].replace("tls", "tcp"), None)
):
    try:
        distributed.Client(address, timeout=5, security=security)
    except (OSError, TimeoutError):
        print("refused", end=" ")
    else:
        print("let in", end=" ")
"""


def main() -> int:
    """Measure all of it and print it."""
    needs.skip_without("setpriv:util-linux")
    held = []
    with tempfile.TemporaryDirectory(prefix="soak-") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        (folder / "home").mkdir(mode=0o700)
        (folder / "postgres").mkdir()
        os.environ |= {"MNISTDASH_HOME": str(folder / "home"), "MNISTDASH_DOWNLOAD": "0"}
        with postgres.cluster(folder / "postgres") as server, _serving(folder, server.url) as there:
            held.append(_ends("database server away", AWAY_SECONDS, *there, lambda: _away(server)))
        file = folder / "home" / "soak.sqlite3"
        with _serving(folder, f"sqlite:///{file}") as there:
            held.append(_ends("database locked", LOCKED_SECONDS, *there, lambda: _locked(file)))
            held.append(_ends("all asleep", ASLEEP_SECONDS, *there, lambda: _asleep(there[1])))
            held += _another_user(there[1])
    return 0 if all(held) else 1


@contextlib.contextmanager
def _serving(folder: pathlib.Path, url: str) -> Iterator[tuple[store.Store, kills.Dashboard]]:
    db, dashboard = store.Store(url), kills.Dashboard(url, folder / "home" / "log")
    try:
        yield db, dashboard
    finally:
        dashboard.close()


def _ends(
    what: str,
    seconds: float,
    db: store.Store,
    dashboard: kills.Dashboard,
    disturbed: Callable[[], contextlib.AbstractContextManager],
) -> bool:
    """Disturb one training for some seconds: it says what another, left alone, has said."""
    found = []
    for disturbs in (False, True):
        run_id = kills.press(db, dashboard, kills.LONG)
        begun = kills.wait(lambda run_id=run_id: db.run(run_id).history, kills.START_SECONDS)
        assert begun is not None, db.run(run_id)
        if disturbs:
            with disturbed():
                time.sleep(seconds)
        again = kills.wait(lambda run_id=run_id: not db.run(run_id).under_way, kills.START_SECONDS)
        found.append(db.run(run_id))
        db.delete(run_id)
    alone, run = found
    same = "the same" if kills.numbers(run) == kills.numbers(alone) else "other"
    said = f"{run.status} {again or -1:.1f} s later with {same} numbers {run.reason or ''}"
    return tally.told(f"{what} for {seconds:.0f} s", said.strip(), "with the same numbers")


@contextlib.contextmanager
def _away(server: postgres.Cluster) -> Iterator[None]:
    server.stop()
    yield
    server.start()


@contextlib.contextmanager
def _locked(file: pathlib.Path) -> Iterator[None]:
    connection = sqlite3.connect(file, isolation_level=None, timeout=kills.START_SECONDS)
    connection.execute("BEGIN IMMEDIATE")
    yield
    connection.execute("ROLLBACK")
    connection.close()


@contextlib.contextmanager
def _asleep(dashboard: kills.Dashboard) -> Iterator[None]:
    """Stop the dashboard and all it started, and let them go on: the last first."""
    processes = [dashboard.find("dashboard"), *dashboard.family()]
    for process in processes:
        process.send_signal(signal.SIGSTOP)
    yield
    for process in reversed(processes):
        process.send_signal(signal.SIGCONT)


def _another_user(dashboard: kills.Dashboard) -> list[bool]:
    """Try, as nobody, to reach each port of the trainer and to read its certificates."""
    held, ports = [], 0
    nobody = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
    for process in dashboard.family():
        for address in _listening(process):
            ports += 1
            tried = [*nobody, sys.executable, "-c", STRANGER, address]
            done = subprocess.run(tried, cwd="/", capture_output=True, text=True, check=False)
            said = done.stdout or done.stderr[-300:]
            held.append(tally.told(f"another user at {address}", said, "refused refused"))
        tried = [*nobody, "cat", f"/proc/{process.pid}/environ", f"/proc/{process.pid}/cmdline"]
        read = subprocess.run(tried, capture_output=True, check=False).stdout
        assert read, "a command line is open to everybody"
        said = "a private key" if b"PRIVATE KEY" in read else "no key"
        held.append(tally.told(f"another user reads of process {process.pid}", said, "no key"))
    return [*held, tally.told("ports of the trainer", ports, "3")]


def _listening(process: psutil.Process) -> list[str]:
    return [
        f"tls://{connection.laddr.ip}:{connection.laddr.port}"
        for connection in process.net_connections()
        if connection.status == psutil.CONN_LISTEN
    ]


if __name__ == "__main__":
    sys.exit(main())
