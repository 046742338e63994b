"""Studies: what is computed about a run in the background, while it is wanted or under way."""

import time
from collections.abc import Iterable

import sqlalchemy as sa

from mnistdash import artifacts as kept_as
from mnistdash.store import database, rows, runs, schema

_studies, _artifacts = schema.studies, schema.artifacts


class Studies(database.Database):
    """What a store knows of studies: at most one of a kind a run, gone once its result is kept.

    The kinds are those of `artifacts.EVIDENCE`.
    """

    def request_study(self, run_id: str, kind: str = kept_as.FEATURES) -> bool:
        """Ask for a run to be studied.

        Returns:
            Whether somebody has to see to it: not where it is wanted or under way already, or the
            run is not there (any more).
        """
        with self._write() as connection:
            schema.one_at_a_time(connection)
            known = connection.scalar(sa.select(schema.runs.c.id).where(schema.runs.c.id == run_id))
            if known is None or _is_alive(_row(connection, run_id, kind)):
                return False
            connection.execute(sa.delete(_studies).where(_is(run_id, kind)))
            connection.execute(
                sa.insert(_studies).values(
                    run_id=run_id, kind=kind, share=0.0, alive_at=time.time()
                )
            )
        return True

    def study(self, run_id: str, kind: str = kept_as.FEATURES) -> rows.Study | None:
        """Return how far a run's study is, or why it ended; `None` where there is none."""
        row = self._kept(f"study {run_id} {kind}", lambda it: _row(it, run_id, kind))
        return rows.Study(share=row.share, trouble=row.trouble) if _is_told(row) else None

    def report_study(self, run_id: str, share: float, kind: str = kept_as.FEATURES) -> bool:
        """Write how much of a study is done, 0-1.

        Returns:
            Whether it is still wanted.
        """
        return self._update_studies([(run_id, kind)], share=share, alive_at=time.time()) > 0

    def keep_studies_alive(self, asked: Iterable[tuple[str, str]]) -> None:
        """Give a sign of life for studies that wait, each a run's id and a kind."""
        self._update_studies(asked, alive_at=time.time())

    def abandon_study(self, run_id: str, trouble: str, kind: str = kept_as.FEATURES) -> None:
        """End a study without a result, and say why in a sentence."""
        self._update_studies([(run_id, kind)], trouble=trouble)

    def withdraw_study(self, run_id: str, kind: str = kept_as.FEATURES) -> None:
        """Want a study no more: who computes it learns that from its next report."""
        with self._write() as connection:
            connection.execute(sa.delete(_studies).where(_is(run_id, kind)))

    def finish_study(self, run_id: str, name: str, data: bytes) -> None:
        """Keep what a study came to in place of an earlier result, in one transaction.

        Args:
            run_id: the run; nothing is kept where it was deleted or the study withdrawn meanwhile.
            name: `artifacts.evidence` of the images it was studied on.
            data: its bytes.
        """
        kind = name.split("-")[0]
        earlier = _artifacts.c.name.startswith(f"{kind}-", autoescape=True)
        with self._write() as connection:
            ended = connection.execute(sa.delete(_studies).where(_is(run_id, kind)))
            if ended.rowcount:
                connection.execute(
                    sa.delete(_artifacts).where(_artifacts.c.run_id == run_id, earlier)
                )
                database.insert_artifacts(connection, run_id, {name: data})

    def _update_studies(self, asked: Iterable[tuple[str, str]], **values: object) -> int:
        """Return how many there are."""
        these = sa.or_(sa.false(), *(_is(*each) for each in asked))
        with self._write() as connection:
            return connection.execute(sa.update(_studies).where(these).values(**values)).rowcount


def _is(run_id: str, kind: str) -> sa.ColumnElement[bool]:
    return sa.and_(_studies.c.run_id == run_id, _studies.c.kind == kind)


def _row(connection: sa.Connection, run_id: str, kind: str) -> sa.Row | None:
    return connection.execute(sa.select(_studies).where(_is(run_id, kind))).first()


def _is_alive(row: sa.Row | None) -> bool:
    """Whether a study is wanted or under way; one without a sign of life for long is lost."""
    return (
        row is not None and row.trouble is None and row.alive_at > time.time() - runs.STALE_SECONDS
    )


def _is_told(row: sa.Row | None) -> bool:
    return row is not None and (row.trouble is not None or _is_alive(row))
