"""Seals: a row is shown only as it was written, whatever happened to the file since."""

import hashlib
import json
from collections.abc import Mapping, Sequence

import sqlalchemy as sa

SEAL = "seal"
_UNSEALED = frozenset({SEAL, "alive_at"})  # a sign of life is written every second, and never shown


def seal(row: Mapping[str, object]) -> str:
    """Return the SHA-256 of all that a row says; what is empty says nothing.

    A column that is added later thus leaves the seals of rows from before as they are.
    """
    said = {key: row[key] for key in row if key not in _UNSEALED and row[key] is not None}
    # SQLite stores 1.0 as 1, and gives back the one or the other.
    said |= {key: float(value) for key, value in said.items() if isinstance(value, int)}
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=repr).encode()).hexdigest()


def is_whole(row: Mapping[str, object]) -> bool:
    """Tell whether a row says what was written into it."""
    return row[SEAL] == seal(row)


def insert(connection: sa.Connection, table: sa.Table, **values: object) -> None:
    """Write a row with its seal."""
    statement = sa.insert(table).values(**values).returning(*table.c)
    _put_seals(connection, table, connection.execute(statement).mappings().all())


def change(
    connection: sa.Connection, table: sa.Table, where: sa.ColumnElement[bool], **values: object
) -> int:
    """Change rows, and the seals of those that were whole; return how many there were.

    A damaged row stays damaged: a new name doesn't make its numbers true.
    """
    before = connection.execute(sa.select(table).where(where).with_for_update()).mappings().all()
    whole = {row["id"] for row in before if is_whole(row)}
    statement = sa.update(table).where(table.c.id.in_([row["id"] for row in before]))
    changed = connection.execute(statement.values(**values).returning(*table.c)).mappings().all()
    _put_seals(connection, table, [row for row in changed if row["id"] in whole])
    return len(changed)


def reseal(connection: sa.Connection, table: sa.Table) -> None:
    """Seal every row as it is: what a database from before seals says is believed once."""
    # A column that a later step adds is not there yet.
    there = {column["name"] for column in sa.inspect(connection).get_columns(table.name)}
    rows = connection.execute(sa.select(*(column for column in table.c if column.name in there)))
    _put_seals(connection, table, rows.mappings().all())


def artifact_seal(run_id: str, name: str, data: bytes) -> str:
    """Return what seals an artifact's bytes to its run and name: no other run's passes for it."""
    return sealed_hash(run_id, name, hashlib.sha256(data).hexdigest())


def sealed_hash(run_id: str, name: str, sha256: str) -> str:
    """Seal an artifact of which only its bytes' SHA-256, hexadecimal, is known."""
    return hashlib.sha256(f"{run_id}/{name}/{sha256}".encode()).hexdigest()


def _put_seals(
    connection: sa.Connection, table: sa.Table, written: Sequence[Mapping[str, object]]
) -> None:
    """Write the seals of rows as they were read back: a database converts what it is given."""
    for row in written:
        where = table.c.id == row["id"]
        connection.execute(sa.update(table).where(where).values({SEAL: seal(row)}))
