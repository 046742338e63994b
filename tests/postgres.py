"""A Postgres of the tests' own: a cluster in a temporary folder that ends with them."""

import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator

import sqlalchemy as sa

NOBODY = "nobody"  # the server refuses to run as root


class Cluster:
    """A server on a port of this machine, with one database that each test finds empty."""

    def __init__(
        self, folder: pathlib.Path, programs: pathlib.Path, *, host: str = "127.0.0.1"
    ) -> None:
        self.folder, self._programs, self._host = folder, programs, host
        self._user = NOBODY if os.geteuid() == 0 else None
        self._process: subprocess.Popen | None = None
        with socket.socket() as free:
            free.bind((host, 0))
            self.port = free.getsockname()[1]
        if self._user:
            shutil.chown(folder, self._user)
        self._run("initdb", "-D", str(folder / "data"), "-U", "tests", "-A", "trust", "--no-sync")
        with (folder / "data" / "pg_hba.conf").open("a") as rules:
            rules.write(f"host all all {host}/24 trust\n")

    @property
    def url(self) -> str:
        """The address of its database."""
        return f"postgresql+psycopg://tests@{self._host}:{self.port}/postgres"

    @property
    def is_stopped(self) -> bool:
        """Whether it was stopped and not started again."""
        return self._process is None

    def start(self) -> None:
        """Start the server and wait until it answers."""
        options = ["-c", "fsync=off", "-c", "max_connections=200", "-k", str(self.folder)]
        self._process = subprocess.Popen(
            [self._programs / "postgres", "-D", self.folder / "data", "-p", str(self.port),
             "-h", self._host, *options],
            user=self._user, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        given_up = time.monotonic() + 30
        while True:
            with contextlib.suppress(sa.exc.OperationalError):
                self._ask("SELECT 1")
                return
            if time.monotonic() > given_up:
                raise TimeoutError("Postgres did not start")
            time.sleep(0.05)

    def stop(self) -> None:
        """End the server, and every connection with it."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)  # a fast shutdown
            self._process.wait(timeout=30)
            self._process = None

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Let none of the server's processes go on for a while; its connections stay open."""
        children = pathlib.Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        processes = [self._process.pid, *map(int, children.read_text().split())]
        for process in processes:
            os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            for process in processes:
                os.kill(process, signal.SIGCONT)

    def empty(self) -> None:
        """Remove everything from its database."""
        self._ask("DROP SCHEMA public CASCADE; CREATE SCHEMA public")

    def _ask(self, statement: str) -> None:
        engine = sa.create_engine(self.url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)

    def _run(self, program: str, *arguments: str) -> None:
        command = [self._programs / program, *arguments]
        subprocess.run(command, user=self._user, cwd="/", check=True, capture_output=True)


def programs() -> pathlib.Path | None:
    """Find the server's programs: Debian keeps them away from the path."""
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    other = shutil.which("initdb")
    return found[-1].parent if found else pathlib.Path(other).parent if other else None


@contextlib.contextmanager
def cluster(folder: pathlib.Path, *, host: str = "127.0.0.1") -> Iterator[Cluster]:
    """Run a server, which this host's neighbours may ask too, while something is tested."""
    server = Cluster(folder, programs(), host=host)
    server.start()
    try:
        yield server
    finally:
        server.stop()
