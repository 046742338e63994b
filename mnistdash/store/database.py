"""One database behind one address: connections, transactions, and errors in words."""

import contextlib
import functools
import os
import pathlib
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

import sqlalchemy as sa

from mnistdash import moment, settings
from mnistdash.store import errors, reaching, schema, sealing

T = TypeVar("T")

_MAX_ARTIFACT = 256 * 2**20  # bytes; a checkpoint holds five million parameters four times


def default_url() -> str:
    """Return the address of the database that was chosen, else on this machine, making its folder.

    Raises:
        StoreError: the folder can't be made, or a file of secrets can't be read.
    """
    if chosen := _chosen_url():
        return chosen
    try:
        settings.home().mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise errors.StoreError(
            f"The folder for runs can't be written ({error.strerror}). Set MNISTDASH_HOME to a"
            " folder that can."
        ) from None
    return home_url()


def home_url() -> str:
    """Return the address of the database in the home folder."""
    return f"sqlite:///{_home_file()}"


def read_only_because() -> str | None:
    """Say in a sentence why the home folder's database can't be written; `None` where it can.

    It can as well where another database was chosen.

    Raises:
        StoreError: a file of secrets can't be read.
    """
    if _chosen_url():
        return None
    reason = ""
    try:
        settings.home().mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = f" ({error.strerror})"
    file = _home_file()
    places = [settings.home(), *([file] if os.path.lexists(file) else [])]
    if not reason and all(os.access(place, os.W_OK) for place in places):
        return None
    return (
        f"The folder for runs can't be written{reason}: you can look at what is here, but nothing"
        " is trained or kept. Set MNISTDASH_HOME to another folder, and start the dashboard anew."
    )


def urls_to_look_at() -> list[str]:
    """Return how the home folder's database is opened where it can't be written: one will do.

    Where there is none, that is one in memory. SQLite reads a file in whose folder it can't write
    if somebody else has it open, or if it is told that nobody has.
    """
    file = _home_file()
    if not file.is_file():
        return [reaching.IN_MEMORY]
    read_only = f"sqlite:///{file.absolute().as_uri()}?mode=ro"
    return [f"{read_only}{more}&uri=true" for more in ("", "&immutable=1")]


def _home_file() -> pathlib.Path:
    return settings.home() / "mnistdash.sqlite3"


def _chosen_url() -> str | None:
    try:
        return settings.database_url()
    except ValueError as error:
        raise errors.StoreError(str(error)) from None


class Database:
    """One SQLAlchemy address; safe to share between threads.

    Raises:
        StoreError: the database can't be opened, is none, or was made by a newer version.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.read_only_because: str | None = None  # in a sentence, why nothing is written
        if url.startswith("sqlite:///"):
            _refuse_empty_file(pathlib.Path(url.removeprefix("sqlite:///")))
        try:
            self._file = reaching.file_of(url)
            self._engine = reaching.writer(url, self._file)
            self._reader = reaching.reader(self._engine, self._file)
            alone = isinstance(self._reader.pool, sa.StaticPool)  # one connection reads and writes
            self._tells_of_writes = self._reader.dialect.name == "sqlite" and not alone
            with self._write() as connection:
                schema.prepare(connection)
            if self._file:
                self._file.keep()
            reaching.write_ahead(self._engine)
        except (sa.exc.ArgumentError, ValueError):  # the address may hold a password
            raise errors.StoreError(
                "MNISTDASH_DATABASE_URL is no address of a database. Expected one such as"
                " postgresql+psycopg://user:password@host/name."
            ) from None
        except ImportError as error:
            raise errors.StoreError(
                f"The driver of this kind of database is missing ({error.name}). Install it:"
                ' pip install "psycopg[binary]".'
            ) from None
        except sa.exc.SQLAlchemyError as error:
            raise errors.told(error) from error

    def close(self) -> None:
        """Give up every connection; the next question opens new ones."""
        self._engine.dispose()
        self._reader.dispose()

    @contextlib.contextmanager
    def _read(self) -> Iterator[sa.Connection]:
        with self._translated(), self._reader.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def _write(self) -> Iterator[sa.Connection]:
        if self.read_only_because:
            raise errors.StoreError(self.read_only_because)
        with self._translated(), self._engine.begin() as connection:
            reaching.wait_longer(connection)
            yield connection
        moment.is_over()

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        if self._file:
            self._file.check()
        try:
            yield
        except (sa.exc.DBAPIError, sa.exc.TimeoutError) as error:
            raise errors.told(error) from error

    def _version(self, connection: sa.Connection) -> int | None:
        """Return a number that stays while nobody writes, `None` where there is none.

        SQLite gives a connection another once any other one, of whichever process, has committed;
        one that only reads thus learns of every change.

        Source: https://sqlite.org/pragma.html#pragma_data_version
        """
        if not self._tells_of_writes:
            return None
        driver = connection.connection.dbapi_connection  # a hundredth of the time of SQLAlchemy's
        try:
            return driver.execute("PRAGMA data_version").fetchone()[0]
        except self._reader.dialect.dbapi.Error:
            return None  # what is wrong is said when the rows are read

    def _at_hand(self, what: str) -> bool:
        """Tell whether `_kept` has it already, or will have it for the next one who asks."""
        return self._tells_of_writes or moment.known((self, what)) is not None

    def _kept(self, what: str, read: Callable[[sa.Connection], T]) -> T:
        """Return what was read before, read again if anybody has written since.

        Args:
            what: names what is read.
            read: reads it.
        """
        return moment.once((self, what), functools.partial(self._kept_by_connection, what, read))

    def _kept_by_connection(self, what: str, read: Callable[[sa.Connection], T]) -> T:
        if (asked := moment.known(self)) is not None:  # whether anybody has written
            version, kept = asked
            seen, found = kept.get(what, (None, None))
            if seen == version:
                return found
        with self._read() as connection:
            # Asked before reading: what is committed in between is then read once too often.
            version = self._version(connection)
            seen, found = connection.info.get(what, (None, None))
            if version is None or seen != version:
                found = read(connection)
                connection.info[what] = version, found
            if version is not None:
                moment.note(self, (version, connection.info))
            return found


def _refuse_empty_file(path: pathlib.Path) -> None:
    deadline = time.monotonic() + 1.0  # another process may be about to write its first page
    while path.is_file() and not path.stat().st_size:
        if time.monotonic() > deadline:
            raise errors.StoreError(
                f"The database of runs, {path.name}, is empty. Restore it from a copy, or remove"
                " it to begin a new one."
            )
        time.sleep(0.05)


def insert_artifacts(
    connection: sa.Connection, run_id: str, artifacts: Mapping[str, bytes]
) -> None:
    """Write artifacts of a run, in place of those that have their names.

    Raises:
        StoreError: one is too large.
    """
    table = schema.artifacts
    for name, data in artifacts.items():
        if len(data) > _MAX_ARTIFACT:
            raise errors.StoreError(f"{name} is larger than {_MAX_ARTIFACT // 2**20} MB.")
        connection.execute(sa.delete(table).where(table.c.run_id == run_id, table.c.name == name))
        connection.execute(
            sa.insert(table).values(
                run_id=run_id,
                name=name,
                sha256=sealing.artifact_seal(run_id, name, data),
                data=data,
            )
        )
