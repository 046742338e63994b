"""The tables, and the named steps that bring an older database to them.

Another column is one line in its table and one in `MIGRATIONS`; another table is its definition
and one line. Which steps a database has taken is written in it.
"""

import json
from collections.abc import Callable

import sqlalchemy as sa

from mnistdash.store import errors, sealing, texts

metadata = sa.MetaData()
meta = sa.Table(
    "meta",
    metadata,
    sa.Column("key", sa.String(40), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
migrations = sa.Table(
    "migrations",
    metadata,
    sa.Column("name", sa.String(80), primary_key=True),
)
runs = sa.Table(
    "runs",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("name", texts.Text, nullable=False),
    sa.Column("dataset", sa.String(40), nullable=False),
    sa.Column("dataset_sha256", sa.String(64)),
    sa.Column("recipe", sa.Text, nullable=False),  # JSON; `null` where there is none
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("reason", texts.Text),
    sa.Column("note", texts.Text, nullable=False, default=""),
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
    sa.Column("origin", sa.String(20), nullable=False, server_default="trained"),
    sa.Column("class_names", sa.Text),  # JSON; none in a row of before
    sa.Column("seal", sa.String(64)),  # `sealing.seal` of the row
)
artifacts = sa.Table(
    "artifacts",
    metadata,
    sa.Column("run_id", sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("sha256", sa.String(64), nullable=False),  # `sealing.artifact_seal`
    sa.Column("data", sa.LargeBinary, nullable=False),
)
drawings = sa.Table(
    "drawings",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("created_at", sa.Float, nullable=False),  # seconds since 1970, UTC
    sa.Column("label", sa.Integer, nullable=False),
    sa.Column("image", sa.LargeBinary, nullable=False),  # 784 bytes, row by row
    sa.Column("strokes", sa.Text),  # JSON of polylines; none for a picture
    sa.Column("answer", sa.Integer, nullable=False),
    sa.Column("confidence", sa.Float, nullable=False),
    sa.Column("run_name", texts.Text, nullable=False),
    sa.Column("seal", sa.String(64)),
)

images = sa.Table(
    "images",
    metadata,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("created_at", sa.Float, nullable=False),  # seconds since 1970, UTC
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("data", sa.LargeBinary, nullable=False),  # a packed file of `datasets.kept`
)
studies = sa.Table(
    "studies",
    metadata,
    sa.Column("run_id", sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("kind", sa.String(20), primary_key=True),  # of `artifacts.EVIDENCE`
    sa.Column("share", sa.Float, nullable=False),  # done, 0-1
    sa.Column("alive_at", sa.Float, nullable=False),
    sa.Column("trouble", texts.Text),  # why it ended without a result
)
verdicts = sa.Table(
    "verdicts",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("dataset_sha256", sa.String(64), nullable=False),
    sa.Column("split", sa.String(10), nullable=False),
    sa.Column("index", sa.Integer, nullable=False),  # in the split
    sa.Column("image", sa.String(64), nullable=False),  # `verdicts.content` of its pixels
    sa.Column("person", texts.Text, nullable=False),
    sa.Column("fault", sa.String(10), nullable=False),
    sa.Column("label", sa.Integer),
    sa.Column("note", texts.Text, nullable=False, default=""),
    sa.Column("judged_at", sa.Float, nullable=False),  # seconds since 1970, UTC
    sa.Column("seal", sa.String(64)),
    sa.Index("verdicts_of_a_person", "dataset_sha256", "person", "split"),
)

_FIRST = "1"  # what `meta` says of a database without named migrations
_NAMED = "2"
_ONE_AT_A_TIME = 5_286_331  # any number of ours: Postgres knows a lock by one
# Names as the data sets had them when runs began to keep them: a step never changes afterwards.
_DIGITS = [str(digit) for digit in range(10)]
_CLOTHES = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker",
            "Bag", "Ankle boot"]  # fmt: skip


def _add(column: sa.Column) -> Callable[[sa.Connection], None]:
    """Return the step that adds a column to its table."""

    def step(connection: sa.Connection) -> None:
        dialect = connection.dialect
        said = dialect.ddl_compiler(dialect, None).get_column_specification(column)
        connection.exec_driver_sql(f"ALTER TABLE {column.table.name} ADD COLUMN {said}")

    return step


def _name_published_classes(connection: sa.Connection) -> None:
    published = {"mnist": _DIGITS, "optdigits": _DIGITS, "fashion_mnist": _CLOTHES}
    for dataset, names in published.items():
        connection.execute(
            sa.update(runs)
            .where(runs.c.dataset == dataset, runs.c.class_names.is_(None))
            .values(class_names=json.dumps(names))
        )


def _seal_artifacts(connection: sa.Connection) -> None:
    key = (artifacts.c.run_id, artifacts.c.name)
    for run_id, name, sha256 in connection.execute(sa.select(*key, artifacts.c.sha256)).all():
        sealed = sealing.sealed_hash(run_id, name, sha256)
        where = sa.and_(key[0] == run_id, key[1] == name)
        connection.execute(sa.update(artifacts).where(where).values(sha256=sealed))


def _begin_studies_anew(connection: sa.Connection) -> None:
    """Forget which studies were under way: they live for minutes, and are asked for again."""
    studies.drop(connection, checkfirst=True)
    studies.create(connection)


# In order; a name is written into the database and never changes.
MIGRATIONS: dict[str, Callable[[sa.Connection], None]] = {
    "runs have an origin": _add(runs.c.origin),
    "runs keep their class names": _add(runs.c.class_names),
    "published classes have names": _name_published_classes,
    "images can be kept": lambda connection: images.create(connection, checkfirst=True),
    "runs have a seal": _add(runs.c.seal),
    "drawings have a seal": _add(drawings.c.seal),
    "runs are sealed": lambda connection: sealing.reseal(connection, runs),
    "drawings are sealed": lambda connection: sealing.reseal(connection, drawings),
    "artifacts are sealed": _seal_artifacts,
    "runs can be studied": lambda connection: studies.create(connection, checkfirst=True),
    "people can judge images": lambda connection: verdicts.create(connection, checkfirst=True),
    "studies have a kind": _begin_studies_anew,
}


def prepare(connection: sa.Connection) -> None:
    """Make the tables in a new database, or bring an older one's to what they are now.

    Raises:
        StoreError: the database is another program's, or was made by a newer version.
    """
    one_at_a_time(connection)
    tables = set(sa.inspect(connection).get_table_names())
    query = sa.select(meta.c.value).where(meta.c.key == "schema")
    found = connection.scalar(query) if meta.name in tables else None
    if found is None and tables & set(metadata.tables):
        raise errors.StoreError(
            "This database holds tables of another program. Choose another one, or move it away."
        )
    if found not in (None, _FIRST, _NAMED):
        raise errors.StoreError(
            f"The database of runs has version {found!s:.10}, this program reads version {_NAMED}."
            " Install the program that made it, or move it away."
        )
    taken = set(connection.scalars(sa.select(migrations.c.name))) if found == _NAMED else set()
    _refuse_newer(taken)
    metadata.create_all(connection)
    steps = [name for name in MIGRATIONS if name not in taken]
    if found is not None:
        for name in steps:
            MIGRATIONS[name](connection)
    if steps:
        connection.execute(sa.insert(migrations), [{"name": name} for name in steps])
    if found != _NAMED:
        connection.execute(sa.delete(meta).where(meta.c.key == "schema"))
        connection.execute(sa.insert(meta).values(key="schema", value=_NAMED))


def one_at_a_time(connection: sa.Connection) -> None:
    """Wait until no other transaction is in such a part; SQLite's writers wait anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))


def _refuse_newer(taken: set[str]) -> None:
    unknown = sorted(map(str, taken - set(MIGRATIONS)))  # in a damaged file bytes, perhaps
    if unknown:
        raise errors.StoreError(
            f"The database of runs was made by a newer version of this program (it knows that"
            f" {unknown[0]:.60}). Install that version, or move the database away."
        )
