"""The processes that train: a scheduler, a nanny and its worker on this machine, or a cluster's.

Whoever reaches a Dask scheduler runs code as its user. The one on this machine speaks TLS alone, to
those who hold a certificate that is made anew at each start and never written to a file.
"""

import contextlib
import math
import os
import time
from typing import TYPE_CHECKING

import psutil

from mnistdash import settings, trainer, version

if TYPE_CHECKING:
    import distributed

_CONNECT_SECONDS = 10
_START_SECONDS = 60
_ANSWER_SECONDS = 2.0  # of a scheduler; Dask would wait for half a minute
_ASK_AGAIN_SECONDS = 30.0  # a worker that was refused may be another by now
# Where Dask's processes look for their certificates: https://distributed.dask.org, "TLS/SSL".
_DASK = "DASK_DISTRIBUTED__"
_TLS = f"{_DASK}COMM__TLS__"


class Cluster:
    """What trains, seen from the dashboard.

    `client` is Dask's; `refused` says which workers of a cluster train nothing, and why, or `None`.

    Raises:
        Exception: it can't be started or reached; Dask has many kinds.
    """

    def __init__(self) -> None:
        import distributed

        self.refused: str | None = None
        self._own: dict[str, psutil.Process] = {}
        # Workers of a cluster: why each is refused, `None` for none, and when it was asked.
        self._known: dict[str, tuple[str | None, float]] = {}
        if settings.scheduler():
            self.client = distributed.Client(
                settings.scheduler(), timeout=_CONNECT_SECONDS, set_as_default=False
            )
            return
        self.client = _start()
        (worker,) = self.client.cluster.workers.values()
        for name, started in ("scheduler", self.client.cluster.scheduler), ("nanny", worker):
            self._own[name] = psutil.Process(started.process.pid)

    @property
    def is_own(self) -> bool:
        """Whether its processes are this machine's, started here."""
        return bool(self._own)

    def lost(self) -> str | None:
        """Return which of its processes is gone, `None` while all are there."""
        for name, process in self._own.items():
            if not _runs(process):
                return name
        return None if self.client.status in ("running", "connecting") else "connection"

    def workers(self) -> list[str]:
        """Return the addresses of those that train: one training each, whatever their threads.

        On a cluster a worker is asked first who it is; `refused` says who may not.
        """
        present = self._present()
        if self._own:
            return list(present)
        now = time.monotonic()
        for address in present:
            reason, asked = self._known.get(address, ("", -math.inf))
            if reason is not None and now - asked > _ASK_AGAIN_SECONDS:
                self._known[address] = (self._introduced(address), now)
        self._known = {address: self._known[address] for address in present}
        reasons = {address: self._known[address][0] for address in present}
        self.refused = " ".join(filter(None, reasons.values())) or None
        return [address for address, reason in reasons.items() if reason is None]

    def _present(self) -> dict[str, int]:
        """Ask the scheduler for its workers; one that was just killed is not waited for."""
        ask = self.client.scheduler.ncores
        return self.client.sync(ask, callback_timeout=_ANSWER_SECONDS)

    def _introduced(self, address: str) -> str | None:
        """Ask a worker for its version; return why it is refused."""
        workers = self.client.scheduler_info(n_workers=-1)["workers"]
        name = workers.get(address, {}).get("name", address)
        found = self.client.run(trainer.release, workers=[address], on_error="return")[address]
        if found == version.number():
            return None
        if isinstance(found, str):
            return f"Worker {name} has mnistdash {found}, this is {version.number()}."
        return f"Worker {name} has no mnistdash ({type(found).__name__})."

    def end_worker_of(self, run_id: str) -> None:
        """Kill the worker that a run keeps busy; its nanny starts another."""
        busy = [
            address
            for address, keys in self.client.processing().items()
            if any(str(key).startswith(run_id) for key in keys)
        ]
        if busy and self._own:
            # A stopped process hears nothing but this, and Dask waits for it before.
            for worker in self._own["nanny"].children(recursive=True):
                with contextlib.suppress(psutil.NoSuchProcess):
                    worker.kill()
        elif busy:
            self.client.restart_workers(busy, raise_for_error=False)

    def close(self) -> None:
        """End its processes on this machine, or the connection to a cluster's."""
        with contextlib.suppress(Exception):
            if self.client.cluster is not None and not self.lost():
                self.client.close(timeout=2)
                self.client.cluster.close(timeout=2)
        for process in self._own.values():
            with contextlib.suppress(psutil.NoSuchProcess):
                for each in (*process.children(recursive=True), process):
                    each.kill()
        with contextlib.suppress(Exception):
            self.client.close(timeout=1)


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _start() -> "distributed.Client":
    """Start a scheduler and one worker on this machine."""
    import distributed

    security = distributed.security.Security.temporary()
    preload = trainer.__name__
    with settings.told_to_children(_variables(security)):
        # LocalCluster uses multiprocessing, which fails inside Streamlit: it replaces __main__.
        cluster = distributed.SubprocessCluster(
            host="tls://127.0.0.1",
            n_workers=1,
            threads_per_worker=1,
            dashboard_address=None,
            security=security,
            scheduler_kwargs={"preload": preload, "allowed_failures": 0},
            worker_kwargs={"preload": preload, "preload_nanny": preload, "memory_limit": 0},
        )
    client = distributed.Client(cluster, set_as_default=False)
    client.wait_for_workers(1, timeout=_START_SECONDS)
    return client


def _variables(security: "distributed.security.Security") -> dict[str, str]:
    """Return what its processes find in their environment: certificates, and who their parent is.

    The environment of a process is open to its own user alone, as its memory is.
    """
    told = {settings.PARENT: str(os.getpid()), f"{_DASK}COMM__REQUIRE_ENCRYPTION": "True"}
    # Their pages tell anybody on the machine what is going on.
    told |= dict.fromkeys((f"{_DASK}{who}__HTTP__ROUTES" for who in ("SCHEDULER", "WORKER")), "[]")
    told[f"{_TLS}CA_FILE"] = security.tls_ca_file
    for role in ("scheduler", "worker", "client"):
        told[f"{_TLS}{role.upper()}__CERT"] = getattr(security, f"tls_{role}_cert")
        told[f"{_TLS}{role.upper()}__KEY"] = getattr(security, f"tls_{role}_key")
    return told
