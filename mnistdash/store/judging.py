"""Verdicts of people on images: kept by image and person, whatever runs there are."""

import hashlib
import types
from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from mnistdash import verdicts
from mnistdash.store import database, errors, rows, schema, sealing

MAX_VERDICTS = 200_000
_verdicts = schema.verdicts


class Judging(database.Database):
    """What a store knows of verdicts: at most one of a person on an image."""

    def judge(self, said: Iterable[verdicts.Verdict]) -> None:
        """Keep verdicts in one transaction, each in place of what its person said of the image.

        Args:
            said: in order; a `verdicts.NONE` takes back what was said.

        Raises:
            StoreError: 200,000 are kept already.
        """
        last = {_id(verdict): verdict for verdict in said}
        with self._write() as connection:
            schema.one_at_a_time(connection)
            for row_id, verdict in last.items():
                connection.execute(sa.delete(_verdicts).where(_verdicts.c.id == row_id))
                if verdict.fault != verdicts.NONE:
                    sealing.insert(connection, _verdicts, id=row_id, **vars(verdict))
            kept = connection.scalar(sa.select(sa.func.count()).select_from(_verdicts))
            if kept > MAX_VERDICTS:
                raise errors.StoreError(f"{MAX_VERDICTS:,} verdicts are kept already.")

    def verdicts(
        self, dataset_sha256: str, split: str, person: str
    ) -> Mapping[int, verdicts.Verdict]:
        """Return what a person said of a data set's images, by index, ascending."""
        chosen = {"dataset_sha256": dataset_sha256, "split": split, "person": person}

        def read(connection: sa.Connection) -> Mapping[int, verdicts.Verdict]:
            query = sa.select(_verdicts).filter_by(**chosen).order_by(_verdicts.c.index)
            found = map(rows.verdict, connection.execute(query).mappings())
            return types.MappingProxyType({said.index: said for said in found if said is not None})

        return self._kept(f"verdicts {chosen}", read)


def _id(said: verdicts.Verdict) -> str:
    """Name the row of a person's verdict on an image."""
    of = f"{said.dataset_sha256}/{said.split}/{said.index}/{said.image}/{said.person}"
    return hashlib.sha256(of.encode()).hexdigest()[:40]
