"""The store: runs and their artifacts, as rows of one database."""

import contextlib
import dataclasses
import hashlib
import importlib.resources
import io
import json
import math
import pathlib
import re
import secrets
import time
import zipfile
from collections.abc import Iterator, Sequence

import numpy as np
import sqlalchemy as sa

from mnistdash import recipes, settings

SCHEMA_VERSION = 1
MAX_WAITING = 8
STALE_SECONDS = 30.0  # a run under way that gave no sign of life for this long is lost
ID_PATTERN = re.compile(r"[a-z0-9-]{1,40}")
UNDER_WAY = ("queued", "running")
STATUSES = (*UNDER_WAY, "finished", "cancelled", "diverged", "failed", "interrupted", "unreadable")
RESUMABLE = ("cancelled", "failed", "interrupted")
CHECKPOINT = "checkpoint.npz"
MAX_DRAWINGS = 2_000
_MAX_NAME = 60  # characters
_MAX_NOTE = 500
_MAX_ARTIFACT = 256 * 2**20  # bytes; a checkpoint holds five million parameters four times
_STEADY_SECONDS = 2.0  # of training, until its pace tells how long it will take
_IN_MEMORY = "sqlite://"
_SHIPPED = ("model.tflite", "probs.npy", "weights.npz")  # what a starter file holds of a run

_metadata = sa.MetaData()
_meta = sa.Table(
    "meta",
    _metadata,
    sa.Column("key", sa.String(40), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
_runs = sa.Table(
    "runs",
    _metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("dataset", sa.String(40), nullable=False),
    sa.Column("dataset_sha256", sa.String(64)),
    sa.Column("recipe", sa.Text, nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("note", sa.Text, nullable=False, default=""),
    sa.Column("pinned", sa.Boolean, nullable=False, default=False),
    sa.Column("request", sa.String(40)),  # shared by the seeds that were asked for together
    sa.Column("trace", sa.Boolean, nullable=False, default=False),
    sa.Column("created_at", sa.Float, nullable=False),  # seconds since 1970, UTC
    sa.Column("queued_at", sa.Float),
    sa.Column("started_at", sa.Float),
    sa.Column("alive_at", sa.Float),
    sa.Column("cancel", sa.Boolean, nullable=False, default=False),
    sa.Column("live", sa.Text),
    sa.Column("history", sa.Text),
    sa.Column("seconds", sa.Float),
    sa.Column("best_epoch", sa.Integer),
    sa.Column("test_accuracy", sa.Float),
    sa.Column("test_errors", sa.Integer),
    sa.Column("test_loss", sa.Float),
    sa.Column("versions", sa.Text),
)
_artifacts = sa.Table(
    "artifacts",
    _metadata,
    sa.Column("run_id", sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
)


_drawings = sa.Table(
    "drawings",
    _metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("created_at", sa.Float, nullable=False),  # seconds since 1970, UTC
    sa.Column("label", sa.Integer, nullable=False),
    sa.Column("image", sa.LargeBinary, nullable=False),  # 784 bytes, row by row
    sa.Column("strokes", sa.Text),  # JSON of polylines; none for a picture
    sa.Column("answer", sa.Integer, nullable=False),
    sa.Column("confidence", sa.Float, nullable=False),
    sa.Column("run_name", sa.Text, nullable=False),
)
# What every run of a page asks, written once: putting a query together takes as long as asking it.
_EVERY_RUN = sa.select(_runs).order_by(_runs.c.pinned.desc(), _runs.c.created_at.desc(), _runs.c.id)
_ONE_RUN = sa.select(_runs).where(_runs.c.id == sa.bindparam("run_id"))
_DRAWING_IDS = sa.select(_drawings.c.id).order_by(_drawings.c.created_at, _drawings.c.id)


class StoreError(Exception):
    """A store, or a part of it, that can't be used, in one sentence with the remedy."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Live:
    """How far a training is: counted from 0, with samples `(epoch, loss, accuracy)` on the way.

    An epoch of a sample is fractional: 1.5 stands for the middle of the second.
    """

    epoch: int = 0
    epochs: int = 1
    step: int = 0
    steps: int = 1
    seconds: float = 0.0
    samples: Sequence[tuple[float, float | None, float | None]] = ()

    @property
    def fraction(self) -> float:
        """The share of all steps that is done."""
        return min(1.0, (self.epoch + self.step / self.steps) / self.epochs)

    @property
    def seconds_left(self) -> float | None:
        """The time left at the pace so far; `None` while that is mostly the start's."""
        if self.seconds < _STEADY_SECONDS or not self.fraction:
            return None
        return self.seconds / self.fraction * (1 - self.fraction)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Run:
    """One training of a recipe on a data set, as the store knows it now.

    `recipe` is `None` only for a run that can't be read; `history` has one dict an epoch with
    `loss`, `accuracy`, `val_loss`, `val_accuracy`, `learning_rate`, `seconds`. Runs of one
    `request` differ in their seed alone; `trace` says that every epoch's predictions are kept.
    """

    id: str
    name: str
    dataset: str
    dataset_sha256: str | None
    recipe: recipes.Recipe | None
    status: str
    reason: str | None
    note: str
    pinned: bool
    request: str | None
    trace: bool
    created_at: float
    queued_at: float | None
    started_at: float | None
    cancel: bool
    live: Live
    history: tuple[dict, ...]
    seconds: float | None
    best_epoch: int | None
    test_accuracy: float | None
    test_errors: int | None
    test_loss: float | None
    versions: dict[str, str]

    @property
    def finished(self) -> bool:
        """Whether there is an answer to every test image."""
        return self.status == "finished"

    @property
    def under_way(self) -> bool:
        """Whether the run waits or trains."""
        return self.status in UNDER_WAY


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Drawing:
    """A drawing that a person kept, with its true label and what a run said of it then.

    `image` is uint8 `(28, 28)`, ink bright, as the model saw it; `strokes` are the pen's polylines
    of `(x, y)` points, empty for a picture.
    """

    id: str
    created_at: float
    label: int
    image: np.ndarray
    strokes: list[list[tuple[float, float]]]
    answer: int
    confidence: float
    run_name: str


def epoch_artifact(epoch: int) -> str:
    """Return the name under which an epoch's test predictions are kept."""
    return f"epoch-{epoch:03d}.npz"


def default_url() -> str:
    """Return the address of the database on this machine, making its folder.

    Raises:
        StoreError: the folder can't be written.
    """
    chosen = settings.database_url()
    if chosen:
        return chosen
    path = settings.home() / "mnistdash.sqlite3"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"The folder for runs can't be written ({error.strerror}). Set MNISTDASH_HOME to a"
            " folder that can."
        ) from None
    return f"sqlite:///{path}"


class Store:
    """Runs and artifacts behind one SQLAlchemy address; safe to share between threads.

    Raises:
        StoreError: the database can't be opened, is none, or was made by a newer version.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        if url.startswith("sqlite:///"):
            _refuse_empty_file(pathlib.Path(url.removeprefix("sqlite:///")))
        try:
            self._engine = _connect(url)
            self._reader = _reader(self._engine)
            self._known: dict[str, tuple[sa.Row, Run]] = {}
            with self._write() as connection:
                _prepare_schema(connection)
            _write_ahead(self._engine)
        except (sa.exc.ArgumentError, ValueError):  # the address may hold a password
            raise StoreError(
                "MNISTDASH_DATABASE_URL is no address of a database. Expected one such as"
                " postgresql+psycopg://user:password@host/name."
            ) from None
        except ImportError as error:
            raise StoreError(
                f"The driver of this kind of database is missing ({error.name}). Install it:"
                ' pip install "psycopg[binary]".'
            ) from None
        except sa.exc.SQLAlchemyError as error:
            raise StoreError(_trouble(error)) from error

    # --- runs, as people see them ---

    def runs(self) -> list[Run]:
        """Return every run, the pinned ones first, then the newest; what they hold is shared."""
        with self._read() as connection:
            # Asked before reading: what is committed in between is then read once too often.
            version = self._version(connection)
            seen, found = connection.info.get("runs", (None, []))
            if version is None or seen != version:
                rows = connection.execute(_EVERY_RUN).all()
                # Afresh from this reading: what was deleted is forgotten.
                known = {row.id: (row, self._parsed(row)) for row in rows}
                self._known, found = known, [run for _, run in known.values()]
                connection.info["runs"] = version, found
        return list(found)

    def run(self, run_id: str) -> Run | None:
        """Return one run, or `None` when it is not there (any more)."""
        if not ID_PATTERN.fullmatch(run_id):
            return None
        with self._read() as connection:
            row = connection.execute(_ONE_RUN, {"run_id": run_id}).first()
        return self._parsed(row) if row else None

    def ahead(self, run: Run) -> int:
        """Count the trainings that come before a waiting one."""
        earlier = _runs.c.status.in_(UNDER_WAY) & (_runs.c.queued_at < run.queued_at)
        with self._read() as connection:
            return connection.scalar(sa.select(sa.func.count()).where(earlier)) or 0

    def rename(self, run_id: str, name: str) -> None:
        """Give a run another name, at most 60 characters.

        Raises:
            ValueError: the name is empty.
        """
        self._update(run_id, name=_clean_name(name))

    def annotate(self, run_id: str, note: str) -> None:
        """Give a run a note, at most 500 characters; an empty one removes it."""
        self._update(run_id, note=note.strip()[:_MAX_NOTE])

    def pin(self, run_id: str, pinned: bool) -> None:
        """Keep a run at the top of the list, or let it go."""
        self._update(run_id, pinned=pinned)

    def rename_dataset(self, old: str, new: str) -> None:
        """Let all runs on a data set follow it to another name."""
        with self._write() as connection:
            connection.execute(sa.update(_runs).where(_runs.c.dataset == old).values(dataset=new))

    def delete(self, run_id: str) -> None:
        """Remove a run with all its artifacts."""
        with self._write() as connection:
            connection.execute(sa.delete(_artifacts).where(_artifacts.c.run_id == run_id))
            connection.execute(sa.delete(_runs).where(_runs.c.id == run_id))

    # --- a training's way through the store ---

    def enqueue(
        self,
        recipe: recipes.Recipe,
        dataset: str,
        *,
        name: str,
        trace: bool = False,
        request: str | None = None,
    ) -> Run:
        """Ask for a training.

        The same recipe on the same data set gives the same weights, so a second request while
        the first is under way (a double click, say) is answered with the first.

        Args:
            recipe: what to train.
            dataset: the name of the data set to train on.
            name: what people call the run.
            trace: whether to keep what the model says of the test images after each epoch.
            request: shared by runs that were asked for together.

        Returns:
            The run that waits, or the equal one that is under way.

        Raises:
            StoreError: eight trainings wait already.
        """
        self.interrupt_stale()
        with self._write() as connection:
            query = sa.select(_runs).where(_runs.c.status.in_(UNDER_WAY))
            under_way = [_run(row) for row in connection.execute(query).mappings()]
            for run in under_way:
                if run.recipe == recipe and run.dataset == dataset and not run.cancel:
                    return run
            _refuse_crowd(under_way)
            run_id, now = secrets.token_hex(4), time.time()
            connection.execute(
                sa.insert(_runs).values(
                    id=run_id,
                    name=_clean_name(name),
                    dataset=dataset,
                    recipe=recipe.to_json(),
                    status="queued",
                    created_at=now,
                    queued_at=now,
                    alive_at=now,
                    trace=trace,
                    request=request,
                )
            )
        return self.run(run_id)

    def requeue(self, run_id: str) -> None:
        """Let an ended run with a checkpoint wait again, to go on from its last epoch.

        Raises:
            StoreError: it has no checkpoint, is under way, or eight trainings wait already.
        """
        if CHECKPOINT not in self.artifact_names(run_id):
            raise StoreError("This run can't be resumed: it ended before its first epoch did.")
        with self._write() as connection:
            query = sa.select(_runs).where(_runs.c.status.in_(UNDER_WAY))
            _refuse_crowd([_run(row) for row in connection.execute(query).mappings()])
            now = time.time()
            connection.execute(
                sa.update(_runs)
                .where(_runs.c.id == run_id, _runs.c.status.in_(RESUMABLE))
                .values(status="queued", reason=None, cancel=False, queued_at=now, alive_at=now)
            )

    def start(self, run_id: str) -> bool:
        """Turn a waiting run into a running one; tell whether it was still waiting."""
        with self._write() as connection:
            changed = connection.execute(
                sa.update(_runs)
                .where(_runs.c.id == run_id, _runs.c.status == "queued", ~_runs.c.cancel)
                .values(status="running", started_at=time.time(), alive_at=time.time())
            )
        return changed.rowcount == 1

    def keep_alive(self, run_ids: Sequence[str]) -> None:
        """Note that these runs are still waiting or running."""
        with self._write() as connection:
            connection.execute(
                sa.update(_runs).where(_runs.c.id.in_(run_ids)).values(alive_at=time.time())
            )

    def report(self, run_id: str, live: Live) -> None:
        """Write how far a training is."""
        self._update(run_id, live=_json(dataclasses.asdict(live)), alive_at=time.time())

    def record(self, run_id: str, history: Sequence[dict], artifacts: dict[str, bytes]) -> None:
        """Write the epochs so far and what to keep of the last one, in one transaction."""
        with self._write() as connection:
            changed = connection.execute(
                sa.update(_runs)
                .where(_runs.c.id == run_id)
                .values(history=_json(list(history)), alive_at=time.time())
            )
            if changed.rowcount == 1:
                _insert_artifacts(connection, run_id, artifacts)

    def request_cancel(self, run_id: str) -> None:
        """Ask a run to stop; one that still waits is cancelled at once."""
        with self._write() as connection:
            waiting = sa.update(_runs).where(_runs.c.id == run_id, _runs.c.status == "queued")
            connection.execute(waiting.values(status="cancelled", reason="Stopped before it began"))
            connection.execute(sa.update(_runs).where(_runs.c.id == run_id).values(cancel=True))

    def cancel_requested(self, run_id: str) -> bool:
        """Tell whether a run should stop; a deleted one should."""
        run = self.run(run_id)
        return run is None or run.cancel

    def finish(
        self,
        run_id: str,
        *,
        status: str,
        reason: str | None = None,
        artifacts: dict[str, bytes] | None = None,
        **results: object,
    ) -> None:
        """Write all that a run ended with, in one transaction.

        Args:
            run_id: the run.
            status: how it ended.
            reason: why, in words, if it did not finish.
            artifacts: name to bytes.
            **results: columns such as `test_accuracy`; `history` and `versions` as values.
        """
        for key in {"history", "versions"} & set(results):
            results[key] = _json(results[key])
        with self._write() as connection:
            changed = connection.execute(
                sa.update(_runs)
                .where(_runs.c.id == run_id, _runs.c.status.in_(UNDER_WAY))
                .values(status=status, reason=reason, alive_at=time.time(), **results)
            )
            if changed.rowcount == 1:
                _insert_artifacts(connection, run_id, artifacts or {})
                if status == "finished":
                    connection.execute(
                        sa.delete(_artifacts).where(
                            _artifacts.c.run_id == run_id, _artifacts.c.name == CHECKPOINT
                        )
                    )

    def interrupt_stale(self) -> None:
        """Mark runs under way that gave no sign of life for 30 seconds."""
        stale = _runs.c.status.in_(UNDER_WAY) & (_runs.c.alive_at < time.time() - STALE_SECONDS)
        with self._read() as connection:
            if not connection.scalar(sa.select(sa.func.count()).where(stale)):
                return
        with self._write() as connection:
            connection.execute(
                sa.update(_runs)
                .where(stale)
                .values(status="interrupted", reason="No sign of life for 30 seconds")
            )

    # --- artifacts ---

    def artifact(self, run_id: str, name: str) -> bytes:
        """Return an artifact's bytes.

        Raises:
            StoreError: it is not there, or its bytes are not those that were written.
        """
        with self._read() as connection:
            row = connection.execute(
                sa.select(_artifacts.c.data, _artifacts.c.sha256).where(
                    _artifacts.c.run_id == run_id, _artifacts.c.name == name
                )
            ).first()
        if row is None:
            raise StoreError(f"This run has no {name} (any more).")
        # SQLite keeps what it is given: in a damaged file bytes may have become text.
        whole = isinstance(row.data, bytes) and hashlib.sha256(row.data).hexdigest() == row.sha256
        if not whole:
            raise StoreError(f"The {name} of this run is damaged. Train it again.")
        return row.data

    def artifact_names(self, run_id: str) -> list[str]:
        """Return the names of a run's artifacts, in alphabetical order."""
        query = sa.select(_artifacts.c.name).where(_artifacts.c.run_id == run_id)
        with self._read() as connection:
            return sorted(connection.scalars(query))

    def predictions(self, run_id: str, epoch: int) -> tuple[np.ndarray, np.ndarray]:
        """Return what a traced run said of the test images after an epoch, counted from 0.

        Returns:
            The predicted classes, uint8 `(n,)`, and their probabilities, float16 `(n,)`.

        Raises:
            StoreError: they are missing or damaged.
        """
        name = epoch_artifact(epoch)
        data = self.artifact(run_id, name)
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
                y_pred, confidence = arrays["y_pred"], arrays["confidence"]
            if (y_pred.dtype, confidence.dtype) != (np.uint8, np.float16):
                raise ValueError
        except Exception:  # numpy and zipfile answer damage with a dozen kinds of exception
            raise StoreError(f"The {name} of this run is damaged. Train it again.") from None
        return y_pred, confidence

    def probs(self, run_id: str) -> np.ndarray:
        """Return a finished run's test probabilities, float32 `(n, K)`.

        Raises:
            StoreError: they are missing or damaged.
        """
        data = self.artifact(run_id, "probs.npy")
        try:
            probs = np.load(io.BytesIO(data), allow_pickle=False)
            run = self.run(run_id)
            classes = run.recipe.classes if run and run.recipe else probs.shape[-1]
            if (probs.dtype, probs.shape[1:]) != (np.float32, (classes,)):
                raise ValueError
        except Exception:  # numpy and zipfile answer damage with a dozen kinds of exception
            raise StoreError("The probs.npy of this run is damaged. Train it again.") from None
        return probs

    # --- drawings ---

    def keep_drawing(
        self,
        image: np.ndarray,
        label: int,
        *,
        strokes: Sequence[Sequence[tuple[float, float]]],
        answer: int,
        confidence: float,
        run_name: str,
    ) -> None:
        """Keep a drawing.

        Args:
            image: uint8 `(28, 28)`, ink bright.
            label: what it is, 0-9.
            strokes: the pen's polylines; empty for a picture.
            answer: what the run said, 0-9.
            confidence: the probability of that answer.
            run_name: the run that said it.

        Raises:
            StoreError: 2,000 drawings are kept already.
            ValueError: the image or the label is none.
        """
        if image.shape != (28, 28) or image.dtype != np.uint8 or not 0 <= label <= 9:
            raise ValueError("A drawing is uint8 (28, 28) with a label of 0-9.")
        with self._write() as connection:
            kept = connection.scalar(sa.select(sa.func.count()).select_from(_drawings))
            if kept >= MAX_DRAWINGS:
                raise StoreError(f"{MAX_DRAWINGS:,} drawings are kept already. Delete some first.")
            connection.execute(
                sa.insert(_drawings).values(
                    id=secrets.token_hex(4),
                    created_at=time.time(),
                    label=int(label),
                    image=image.tobytes(),
                    strokes=_json([list(map(list, stroke)) for stroke in strokes]),
                    answer=int(answer),
                    confidence=float(confidence),
                    run_name=run_name,
                )
            )

    def drawings(self) -> list[Drawing]:
        """Return every drawing that can be read, newest first."""
        query = sa.select(_drawings).order_by(_drawings.c.created_at.desc(), _drawings.c.id)
        with self._read() as connection:
            rows = connection.execute(query).mappings().all()
        return [drawing for drawing in map(_drawing, rows) if drawing is not None]

    def drawing_ids(self) -> tuple[str, ...]:
        """Return the drawings' ids, oldest first."""
        with self._read() as connection:
            return tuple(connection.scalars(_DRAWING_IDS))

    def delete_drawing(self, drawing_id: str) -> None:
        """Remove a drawing."""
        with self._write() as connection:
            connection.execute(sa.delete(_drawings).where(_drawings.c.id == drawing_id))

    # --- runs as files ---

    def export(self, run_id: str, *, shipped_as: str | None = None) -> bytes:
        """Return a finished run as a ZIP of `run.json`, model, weights and probabilities.

        Args:
            run_id: the run.
            shipped_as: another id for it in the file, as starter runs have.

        Raises:
            StoreError: the run or one of these is not there, or damaged.
        """
        run = self.run(run_id)
        if run is None or run.recipe is None:
            raise StoreError("This run is no longer there, or can't be read.")
        facts = dataclasses.asdict(run) | {
            "id": shipped_as or run.id,
            "recipe": run.recipe.to_json(),
        }
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("run.json", _json(facts))
            for name in _SHIPPED:
                archive.writestr(name, self.artifact(run_id, name))
        return target.getvalue()

    def add_starters(self) -> None:
        """Read the finished runs that the package ships into the store, once."""
        with self._read() as connection:
            key = sa.select(_meta.c.value).where(_meta.c.key == "starters")
            if connection.scalar(key) == _starters_version():
                return
        with self._write() as connection:
            for file in _starter_files():
                _insert_starter(connection, file.read_bytes())
            connection.execute(sa.delete(_meta).where(_meta.c.key == "starters"))
            connection.execute(sa.insert(_meta).values(key="starters", value=_starters_version()))

    # --- connections ---

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
        with self._translated(), self._engine.begin() as connection:
            yield connection

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sa.exc.DBAPIError as error:
            raise StoreError(_trouble(error)) from error

    def _version(self, connection: sa.Connection) -> int | None:
        """Return a number that stays while nobody writes, `None` where there is none.

        SQLite gives a connection another once any other one, of whichever process, has committed;
        one that only reads thus learns of every change.

        Source: https://sqlite.org/pragma.html#pragma_data_version
        """
        if isinstance(self._reader.pool, sa.StaticPool) or self._reader.dialect.name != "sqlite":
            return None
        return connection.exec_driver_sql("PRAGMA data_version").scalar()

    def _parsed(self, row: sa.Row) -> Run:
        """Read a run's row; its JSON again only if the row is another than last time."""
        seen, run = self._known.get(row.id, (None, None))
        return run if seen == row else _run(row._mapping)

    def _update(self, run_id: str, **values: object) -> None:
        with self._write() as connection:
            connection.execute(sa.update(_runs).where(_runs.c.id == run_id).values(**values))


def _connect(url: str) -> sa.Engine:
    if not url.startswith("sqlite"):
        return sa.create_engine(url, pool_pre_ping=True)
    engine = _sqlite(url, **({"poolclass": sa.StaticPool} if url == _IN_MEMORY else {}))

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
            # A writer takes its place at once instead of failing when it upgrades a read.
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _reader(engine: sa.Engine) -> sa.Engine:
    """Return the engine to read with: each statement by itself, outside of transactions.

    On SQLite its connections are its own: they are made for this once, and taking and giving back
    one that has nothing to undo costs a third.
    """
    if engine.dialect.name != "sqlite" or str(engine.url) == _IN_MEMORY:
        return engine.execution_options(isolation_level="AUTOCOMMIT")
    return _sqlite(
        engine.url,
        isolation_level="AUTOCOMMIT",
        skip_autocommit_rollback=True,
        pool_reset_on_return=None,
    )


def _sqlite(url: str | sa.URL, **options: object) -> sa.Engine:
    engine = sa.create_engine(
        url, connect_args={"timeout": 30, "check_same_thread": False}, **options
    )

    @sa.event.listens_for(engine, "connect")
    def prepare(connection, _record) -> None:  # noqa: ANN001 - SQLAlchemy's own signature
        # SQLAlchemy's way to take transactions over from the driver: sqlite#pysqlite-serializable.
        connection.isolation_level = None
        # A damaged text must not hide the other runs.
        connection.text_factory = lambda text: text.decode(errors="replace")
        for pragma in ("foreign_keys = ON", "busy_timeout = 30000"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def _refuse_crowd(under_way: Sequence[Run]) -> None:
    if sum(run.status == "queued" for run in under_way) >= MAX_WAITING:
        raise StoreError(f"{MAX_WAITING} trainings wait already. Try again when one has ended.")


def _write_ahead(engine: sa.Engine) -> None:
    """Let readers go on while SQLite writes; the file remembers it, so one switch will do.

    Only after the schema was checked: a database of another program is left as it is.
    """
    if engine.dialect.name == "sqlite":
        with contextlib.suppress(sa.exc.OperationalError), engine.connect() as connection:
            autocommit = connection.execution_options(isolation_level="AUTOCOMMIT")
            autocommit.exec_driver_sql("PRAGMA journal_mode = WAL")


def _refuse_empty_file(path: pathlib.Path) -> None:
    deadline = time.monotonic() + 1.0  # another process may be about to write its first page
    while path.is_file() and not path.stat().st_size:
        if time.monotonic() > deadline:
            raise StoreError(
                f"The database of runs, {path.name}, is empty. Restore it from a copy, or remove"
                " it to begin a new one."
            )
        time.sleep(0.05)


def _prepare_schema(connection: sa.Connection) -> None:
    tables = set(sa.inspect(connection).get_table_names())
    query = sa.select(_meta.c.value).where(_meta.c.key == "schema")
    found = connection.scalar(query) if _meta.name in tables else None
    if found is None and tables & set(_metadata.tables):
        raise StoreError(
            "This database holds tables of another program. Choose another one, or move it away."
        )
    if found in (None, str(SCHEMA_VERSION)):
        _metadata.create_all(connection)
    if found is None:
        connection.execute(sa.insert(_meta).values(key="schema", value=str(SCHEMA_VERSION)))
    elif found != str(SCHEMA_VERSION):
        raise StoreError(
            f"The database of runs has version {found:.10}, this program reads version"
            f" {SCHEMA_VERSION}. Install the program that made it, or move it away."
        )


def _trouble(error: sa.exc.SQLAlchemyError) -> str:
    text = str(getattr(error, "orig", error)).lower()
    if "disk is full" in text or "no space" in text:
        return "The disk is full: nothing was saved. Make room and try again."
    if "readonly" in text or "read-only" in text:
        return "The database of runs can't be written here: you can look, but not train."
    if "locked" in text:
        return "The database of runs is busy. Try again in a moment."
    if any(sign in text for sign in ("not a database", "malformed", "no such")):
        return (
            f"The database of runs is damaged, or not of this program ({_short(error)}). Restore"
            " it from a copy, or move it away to begin a new one."
        )
    if "unable to open" in text:
        return "The database of runs can't be opened: its folder is missing, or not open to us."
    return f"The database of runs does not answer ({_short(error)}). Try again in a moment."


def _short(error: Exception) -> str:
    return str(getattr(error, "orig", error)).splitlines()[0][:80]


def _clean_name(name: str) -> str:
    printable = "".join(c if c.isprintable() else " " for c in name)
    cleaned = " ".join(printable.split())[:_MAX_NAME].rstrip()
    if not cleaned:
        raise ValueError("A run needs a name of 1 to 60 characters.")
    return cleaned


def _json(value: object) -> str:
    """Write JSON in which NaN and infinity, which JSON does not know, are null."""
    return json.dumps(_finite(value), allow_nan=False)


def _finite(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value


def _run(row: sa.RowMapping) -> Run:
    facts = {field.name: row.get(field.name) for field in dataclasses.fields(Run)}
    try:
        _check_texts(row)
        facts |= {
            "recipe": recipes.Recipe.from_json(row["recipe"]),
            "live": _live(row["live"]),
            "history": _history(row["history"]),
            "versions": {str(k): str(v) for k, v in json.loads(row["versions"] or "{}").items()},
        }
        _check_numbers(row, facts["history"])
    except (ValueError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
        what = str(error)[:200] if isinstance(error, ValueError) else "a value has the wrong type"
        facts |= {"recipe": None, "live": Live(), "history": (), "versions": {}}
        facts |= {key: str(facts[key]) for key in _TEXTS}
        facts |= dict.fromkeys(_NUMBERS) | {"created_at": _time(row["created_at"])}
        facts |= {"status": "unreadable", "reason": f"Its entry is damaged: {what}"}
    return Run(**facts)


def _drawing(row: sa.RowMapping) -> Drawing | None:
    """Read a drawing's row; `None` for a damaged one, which must not hide the others."""
    try:
        image = np.frombuffer(row["image"], np.uint8).reshape(28, 28)
        strokes = [[(float(x), float(y)) for x, y in s] for s in json.loads(row["strokes"] or "[]")]
        classes = row["label"] in range(10) and row["answer"] in range(10)
        points = np.array([point for stroke in strokes for point in stroke])
        if not (classes and np.isfinite(points).all() and 0 <= row["confidence"] <= 1):
            return None
        if _time(row["created_at"]) != row["created_at"]:
            return None
        return Drawing(**{**row, "image": image, "strokes": strokes})
    except (ValueError, TypeError, AttributeError, ArithmeticError, RecursionError):
        return None


def _live(text: str | None) -> Live:
    live = Live(**json.loads(text or "{}"))
    whole = [live.epoch, live.step, live.epochs - 1, live.steps - 1]
    if not all(type(number) is int and 0 <= number < 10**9 for number in whole):
        raise ValueError("its progress is out of range")
    if not 0 <= live.seconds < 1e9:
        raise ValueError("its progress is out of range")
    for at, loss, accuracy in live.samples:
        if at is None or not all(_is_number_or_none(value) for value in (at, loss, accuracy)):
            raise ValueError("its progress holds what is no number")
    return dataclasses.replace(live, samples=tuple(tuple(sample) for sample in live.samples))


def _history(text: str | None) -> tuple[dict, ...]:
    history = json.loads(text or "[]")
    keys = ("loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds")
    for epoch in history:
        for key in keys:
            if not _is_number_or_none(epoch.get(key)):
                raise ValueError(f"`{key}` of an epoch is no number")
    return tuple(epoch | {"epoch": number} for number, epoch in enumerate(history))


_NUMBERS = (
    "queued_at",
    "started_at",
    "seconds",
    "best_epoch",
    "test_accuracy",
    "test_errors",
    "test_loss",
)


_TEXTS = ("id", "name", "dataset", "note")


def _check_texts(row: sa.RowMapping) -> None:
    for key in _TEXTS:  # SQLite keeps what it is given: in a damaged file a text may be bytes
        if not isinstance(row[key], str):
            raise ValueError(f"its `{key}` is no text")


def _check_numbers(row: sa.RowMapping, history: Sequence[dict]) -> None:
    for key in _NUMBERS:
        if not _is_number_or_none(row[key]):
            raise ValueError(f"its `{key}` is no number")
    if _time(row["created_at"]) != row["created_at"]:
        raise ValueError("its `created_at` is no time")
    best = row["best_epoch"]
    if best is not None and best not in range(len(history)):
        raise ValueError("its best epoch is none of its epochs")
    accuracy = row["test_accuracy"]
    if accuracy is not None and not 0 <= accuracy <= 1:
        raise ValueError("its accuracy lies outside 0-1")
    if row["status"] not in STATUSES or (row["status"] == "finished" and accuracy is None):
        raise ValueError("its status does not fit its results")


def _is_number_or_none(value: object) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return value is None or (number and math.isfinite(value))


def _time(value: object) -> float:
    """Return a time that can be written as a date, 0 for what is none."""
    return value if isinstance(value, int | float) and 0 <= value < 1e11 else 0.0


def _insert_artifacts(connection: sa.Connection, run_id: str, artifacts: dict[str, bytes]) -> None:
    for name, data in artifacts.items():
        if len(data) > _MAX_ARTIFACT:
            raise StoreError(f"{name} is larger than {_MAX_ARTIFACT // 2**20} MB.")
        connection.execute(
            sa.delete(_artifacts).where(_artifacts.c.run_id == run_id, _artifacts.c.name == name)
        )
        connection.execute(
            sa.insert(_artifacts).values(
                run_id=run_id, name=name, sha256=hashlib.sha256(data).hexdigest(), data=data
            )
        )


def _starter_files() -> list[pathlib.Path]:
    folder = pathlib.Path(str(importlib.resources.files("mnistdash"))) / "starter"
    return sorted(folder.glob("*.zip"))


def _starters_version() -> str:
    return " ".join(f"{file.name}:{file.stat().st_size}" for file in _starter_files())


def _insert_starter(connection: sa.Connection, data: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        facts = json.loads(archive.read("run.json"))
        artifacts = {name: archive.read(name) for name in _SHIPPED}
    row = {key: facts[key] for key in facts if key in _runs.c}
    row |= {key: _json(facts[key]) for key in ("live", "history", "versions")}
    connection.execute(sa.delete(_artifacts).where(_artifacts.c.run_id == row["id"]))
    connection.execute(sa.delete(_runs).where(_runs.c.id == row["id"]))
    connection.execute(sa.insert(_runs).values(**row))
    _insert_artifacts(connection, row["id"], artifacts)
