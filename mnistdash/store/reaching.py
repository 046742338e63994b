"""How a database is reached: SQLite's file, which has to stay, or a server, which has to answer."""

import contextlib
import pathlib

import sqlalchemy as sa

from mnistdash.store import errors

IN_MEMORY = "sqlite://"
PAGE_SECONDS = 3  # a page waits so long for a server: to be let in, and for an answer
WRITE_SECONDS = 30  # another one's transaction may come first


class File:
    """SQLite's file: once opened, it has to stay where it is, or nothing is read or written.

    SQLite would make a new one in place of one that is gone, and go on with one that has no name
    any more.
    """

    def __init__(self, path: pathlib.Path) -> None:
        """Take the path; the file need not be there yet."""
        self._path = path.absolute()
        self._known: tuple[int, int] | None = None

    def keep(self) -> None:
        """Hold to the file that is there now."""
        self._known = self._found()

    def check(self) -> None:
        """Refuse to go on without the file, or with another one.

        Raises:
            StoreError: it was removed or replaced.
        """
        found = self._found()
        if self._known is None or found == self._known:
            return
        if found is None:
            raise errors.StoreError(
                f"The database of runs, {self._path.name}, was removed while it was in use. Put it"
                " back, or start the dashboard anew to begin a new one."
            )
        raise errors.StoreError(
            f"The database of runs, {self._path.name}, is another file than the one in use. Put"
            " that one back, or start the dashboard anew."
        )

    @property
    def uri(self) -> str:
        """The file as SQLite opens it; a new one is made only where none was before."""
        return f"{self._path.as_uri()}?mode={'rw' if self._known else 'rwc'}"

    def _found(self) -> tuple[int, int] | None:
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_dev, status.st_ino


def file_of(url: str) -> File | None:
    """Return the file that an address names by its path; `None` for all other databases."""
    path = url.removeprefix("sqlite:///")
    named = path not in (url, "", ":memory:") and "?" not in path and not path.startswith("file:")
    return File(pathlib.Path(path)) if named else None


def writer(url: str, file: File | None) -> sa.Engine:
    """Return the engine to write with.

    Args:
        url: of the database.
        file: SQLite's, where the address names one.
    """
    if not url.startswith("sqlite"):
        return _server(url)
    engine = _sqlite(url, file, **({"poolclass": sa.StaticPool} if url == IN_MEMORY else {}))

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
            # A writer takes its place at once instead of failing when it upgrades a read.
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def reader(engine: sa.Engine, file: File | None) -> sa.Engine:
    """Return the engine to read with: each statement by itself, outside of transactions.

    On SQLite its connections are its own: they are made for this once, and taking and giving back
    one that has nothing to undo costs a third. The one given back last is taken next, since it
    remembers what was read by it.
    """
    if engine.dialect.name != "sqlite" or str(engine.url) == IN_MEMORY:
        return engine.execution_options(isolation_level="AUTOCOMMIT")
    return _sqlite(
        engine.url,
        file,
        isolation_level="AUTOCOMMIT",
        skip_autocommit_rollback=True,
        pool_reset_on_return=None,
        **({"pool_use_lifo": True} if file else {}),
    )


def write_ahead(engine: sa.Engine) -> None:
    """Let readers go on while SQLite writes; the file remembers it, so one switch will do.

    Only after the schema was checked: a database of another program is left as it is.
    """
    if engine.dialect.name == "sqlite":
        with contextlib.suppress(sa.exc.OperationalError), engine.connect() as connection:
            autocommit = connection.execution_options(isolation_level="AUTOCOMMIT")
            autocommit.exec_driver_sql("PRAGMA journal_mode = WAL")


def wait_longer(connection: sa.Connection) -> None:
    """Give a server time to let this transaction go on behind another one."""
    driver = connection.connection.dbapi_connection
    if hasattr(driver, "patience"):
        driver.patience = WRITE_SECONDS


def _sqlite(url: str | sa.URL, file: File | None, **options: object) -> sa.Engine:
    engine = sa.create_engine(
        url, connect_args={"timeout": 30, "check_same_thread": False}, **options
    )

    @sa.event.listens_for(engine, "do_connect")
    def connect(dialect, _record, _cargs, cparams) -> object | None:  # noqa: ANN001 - SQLAlchemy's own signature
        return file and dialect.loaded_dbapi.connect(file.uri, uri=True, **cparams)

    @sa.event.listens_for(engine, "connect")
    def prepare(connection, _record) -> None:  # noqa: ANN001 - SQLAlchemy's own signature
        # SQLAlchemy's way to take transactions over from the driver: sqlite#pysqlite-serializable.
        connection.isolation_level = None
        # A damaged text must not hide the other runs.
        connection.text_factory = lambda text: text.decode(errors="replace")
        for pragma in ("foreign_keys = ON", "busy_timeout = 30000"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def _server(url: str) -> sa.Engine:
    engine = sa.create_engine(url, pool_pre_ping=True, pool_timeout=PAGE_SECONDS)
    if engine.dialect.driver != "psycopg":
        return engine
    from mnistdash.store import patient  # its driver need not be installed

    @sa.event.listens_for(engine, "do_connect")
    def connect(_dialect, _record, cargs, cparams) -> object:  # noqa: ANN001 - SQLAlchemy's own signature
        made = patient.Connection.connect(*cargs, **{"connect_timeout": PAGE_SECONDS, **cparams})
        made.patience = PAGE_SECONDS
        return made

    @sa.event.listens_for(engine, "checkin")
    def calm(connection, _record) -> None:  # noqa: ANN001 - SQLAlchemy's own signature
        if connection is not None:  # it is none where it was given up
            connection.patience = PAGE_SECONDS

    return engine
