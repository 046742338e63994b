"""Runs: as people see them, and a training's way through the store."""

import dataclasses
import re
import secrets
import threading
import time
from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from mnistdash import artifacts as kept_as
from mnistdash import recipes
from mnistdash.store import database, errors, rows, schema, sealing

MAX_WAITING = 8
STALE_SECONDS = 30.0  # a run under way that gave no sign of life for this long is lost
UNATTENDED_SECONDS = 10.0  # a dashboard speaks every second for the runs that wait for it
_MAX_PAUSE_SECONDS = 3.0  # between two looks at signs of life
_LAST_WORD_SECONDS = 2.5  # for a worker that could not write: it tries every two
ID_PATTERN = re.compile(r"[a-z0-9-]{1,40}")
_MAX_NOTE = 500
_EVERY = "runs"  # names all of them where they are kept at hand
_runs, _artifacts = schema.runs, schema.artifacts

# What every run of a page asks, written once: putting a query together takes as long as asking it.
_KEPT = sa.select(_artifacts.c.run_id, _artifacts.c.name)
_EVERY_RUN = sa.select(_runs).order_by(_runs.c.pinned.desc(), _runs.c.created_at.desc(), _runs.c.id)
_ONE_RUN = sa.select(_runs).where(_runs.c.id == sa.bindparam("run_id"))
_KEPT_OF_ONE = _KEPT.where(_artifacts.c.run_id == sa.bindparam("run_id"))


class Runs(database.Database):
    """What a store knows of runs."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._known: dict[str, tuple[sa.Row, frozenset[str], rows.Run]] = {}
        self._heard: dict[str, tuple[float, float]] = {}  # last sign of life, silence since
        self._doubted: dict[str, float] = {}  # silent ones, and since when they could have spoken
        self._looked = time.monotonic()
        self._watch = threading.Lock()

    # --- runs, as people see them ---

    def runs(self) -> list[rows.Run]:
        """Return every run, the pinned ones first, then the newest; what they hold is shared."""
        return list(self._kept(_EVERY, self._all))

    def _all(self, connection: sa.Connection) -> list[rows.Run]:
        kept: dict[str, set[str]] = {}
        for run_id, name in connection.execute(_KEPT):
            kept.setdefault(run_id, set()).add(name)
        # Afresh from this reading: what was deleted is forgotten.
        self._known = {
            row.id: self._parsed(row, frozenset(kept.get(row.id, ())))
            for row in connection.execute(_EVERY_RUN)
        }
        return [run for _, _, run in self._known.values()]

    def run(self, run_id: str) -> rows.Run | None:
        """Return one run, or `None` when it is not there (any more)."""
        if not ID_PATTERN.fullmatch(run_id):
            return None
        if self._at_hand(_EVERY):
            return next((run for run in self._kept(_EVERY, self._all) if run.id == run_id), None)
        with self._read() as connection:
            row = connection.execute(_ONE_RUN, {"run_id": run_id}).first()
            kept = connection.execute(_KEPT_OF_ONE, {"run_id": run_id}).scalars(1)
            return self._parsed(row, frozenset(kept))[-1] if row else None

    def ahead(self, run: rows.Run) -> int:
        """Count the trainings that come before a waiting one."""
        earlier = _runs.c.status.in_(rows.UNDER_WAY) & (_runs.c.queued_at < run.queued_at)
        with self._read() as connection:
            return connection.scalar(sa.select(sa.func.count()).where(earlier)) or 0

    def rename(self, run_id: str, name: str) -> None:
        """Give a run another name, at most 60 characters.

        Raises:
            ValueError: the name is empty.
        """
        self._update(run_id, name=rows.clean_name(name))

    def annotate(self, run_id: str, note: str) -> None:
        """Give a run a note, at most 500 characters; an empty one removes it."""
        self._update(run_id, note=note.strip()[:_MAX_NOTE])

    def pin(self, run_id: str, pinned: bool) -> None:
        """Keep a run at the top of the list, or let it go."""
        self._update(run_id, pinned=pinned)

    def rename_dataset(self, old: str, new: str) -> None:
        """Let all runs on a data set follow it to another name."""
        with self._write() as connection:
            sealing.change(connection, _runs, _runs.c.dataset == old, dataset=new)

    def delete(self, run_id: str) -> None:
        """Remove a run with all its artifacts."""
        with self._write() as connection:
            connection.execute(sa.delete(_artifacts).where(_artifacts.c.run_id == run_id))
            connection.execute(sa.delete(schema.studies).where(schema.studies.c.run_id == run_id))
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
    ) -> rows.Run:
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
        with self._write() as connection:
            under_way = _under_way(connection)
            for run in under_way:
                if run.recipe == recipe and run.dataset == dataset and not run.cancel:
                    return run
            _refuse_crowd(under_way)
            run_id, now = secrets.token_hex(4), time.time()
            sealing.insert(
                connection,
                _runs,
                id=run_id,
                name=rows.clean_name(name),
                dataset=dataset,
                recipe=recipe.to_json(),
                status="queued",
                created_at=now,
                queued_at=now,
                alive_at=now,
                trace=trace,
                request=request,
            )
        return self.run(run_id)

    def bring(
        self,
        *,
        name: str,
        dataset: str,
        dataset_sha256: str | None,
        class_names: Sequence[str],
        epochs: int = 1,
        trace: bool = False,
        versions: Mapping[str, str] | None = None,
    ) -> rows.Run:
        """Begin a run whose model is trained elsewhere: it is running from now on.

        From here it goes a training's way: `report`, `record`, `keep_alive`, `finish`.

        Args:
            name: what people call the run.
            dataset: the name of the data set whose test images it answers.
            dataset_sha256: of these images.
            class_names: K names.
            epochs: how many are planned.
            trace: whether the answers after each epoch are kept.
            versions: of the libraries that train it.

        Raises:
            ValueError: the name is empty.
        """
        run_id, now = secrets.token_hex(4), time.time()
        with self._write() as connection:
            sealing.insert(
                connection,
                _runs,
                id=run_id,
                origin=rows.BROUGHT,
                name=rows.clean_name(name),
                dataset=dataset,
                dataset_sha256=dataset_sha256,
                class_names=rows.to_json(list(class_names)),
                recipe=rows.NO_RECIPE,
                status="running",
                created_at=now,
                started_at=now,
                alive_at=now,
                trace=trace,
                live=rows.to_json(dataclasses.asdict(rows.Live(epochs=epochs))),
                versions=rows.to_json(dict(versions or {})),
            )
        return self.run(run_id)

    def requeue(self, run_id: str) -> None:
        """Let an ended run with a checkpoint wait again, to go on from its last epoch.

        Raises:
            StoreError: it has no checkpoint, is under way, or eight trainings wait already.
        """
        run = self.run(run_id)
        if run is None or kept_as.CHECKPOINT not in run.artifacts:
            raise errors.StoreError(
                "This run can't be resumed: it ended before its first epoch did."
            )
        with self._write() as connection:
            _refuse_crowd(_under_way(connection))
            now = time.time()
            ended = (_runs.c.id == run_id) & _runs.c.status.in_(rows.RESUMABLE)
            again = {"status": "queued", "reason": None, "cancel": False}
            sealing.change(connection, _runs, ended, **again, queued_at=now, alive_at=now)

    def start(self, run_id: str) -> bool:
        """Turn a waiting run into a running one; tell whether it was still waiting."""
        waiting = (_runs.c.id == run_id) & (_runs.c.status == "queued") & ~_runs.c.cancel
        now = time.time()
        with self._write() as connection:
            began = {"status": "running", "started_at": now, "alive_at": now}
            return sealing.change(connection, _runs, waiting, **began) == 1

    def keep_alive(self, run_ids: Sequence[str]) -> None:
        """Note that these runs are still waiting or running."""
        with self._write() as connection:
            connection.execute(
                sa.update(_runs).where(_runs.c.id.in_(run_ids)).values(alive_at=time.time())
            )

    def report(self, run_id: str, live: rows.Live) -> None:
        """Write how far a training is."""
        self._update(run_id, live=rows.to_json(dataclasses.asdict(live)), alive_at=time.time())

    def record(self, run_id: str, history: Sequence[dict], artifacts: dict[str, bytes]) -> None:
        """Write the epochs so far and what to keep of the last one, in one transaction."""
        with self._write() as connection:
            said = {"history": rows.to_json(list(history)), "alive_at": time.time()}
            if sealing.change(connection, _runs, _runs.c.id == run_id, **said):
                database.insert_artifacts(connection, run_id, artifacts)

    def request_cancel(self, run_id: str) -> None:
        """Ask a run to stop; one that still waits is cancelled at once."""
        with self._write() as connection:
            waiting = (_runs.c.id == run_id) & (_runs.c.status == "queued")
            stopped = {"status": "cancelled", "reason": "Stopped before it began"}
            sealing.change(connection, _runs, waiting, **stopped)
            sealing.change(connection, _runs, _runs.c.id == run_id, cancel=True)

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
        **columns: object,
    ) -> None:
        """Write all that a run ended with, in one transaction.

        Args:
            run_id: the run.
            status: how it ended.
            reason: why, in words, if it did not finish.
            artifacts: name to bytes.
            **columns: such as `test_accuracy`; `history`, `versions`, `class_names` as values.
        """
        for key in {"history", "versions", "class_names"} & set(columns):
            columns[key] = rows.to_json(columns[key])
        with self._write() as connection:
            under_way = (_runs.c.id == run_id) & _runs.c.status.in_(rows.UNDER_WAY)
            columns |= {"status": status, "reason": reason, "alive_at": time.time()}
            if sealing.change(connection, _runs, under_way, **columns):
                database.insert_artifacts(connection, run_id, artifacts or {})
                if status == "finished":
                    connection.execute(
                        sa.delete(_artifacts).where(
                            _artifacts.c.run_id == run_id, _artifacts.c.name == kept_as.CHECKPOINT
                        )
                    )

    def interrupt_stale(self) -> None:
        """Mark runs under way that gave no sign of life for 30 seconds of our own watching.

        To be called every second or so. A process that itself stood still, as a laptop's does
        that sleeps, has not watched, whatever the clock says: the worker stood still with it, and
        speaks first. So it does after somebody else has locked the database: we write before
        we judge, and then wait for its last word.
        """
        silent = self._silent(STALE_SECONDS)
        if not silent:
            self._doubted = {}
            return
        with self._write() as connection:
            now = time.monotonic()
            self._doubted = {run_id: self._doubted.get(run_id, now) for run_id in silent}
            mute = [
                run_id
                for run_id, since in self._doubted.items()
                if now - since >= _LAST_WORD_SECONDS
            ]
            lost = _runs.c.id.in_(mute) & _runs.c.status.in_(rows.UNDER_WAY)
            said = {"status": "interrupted", "reason": "No sign of life for 30 seconds"}
            sealing.change(connection, _runs, lost, **said)

    def unattended(self) -> list[str]:
        """Return the trainings that wait, and whose dashboard has not spoken for ten seconds.

        It is gone, and another one may send them to its worker.
        """
        silent = self._silent(UNATTENDED_SECONDS)
        return [
            run.id
            for run in self.runs()
            if run.id in silent and run.status == "queued" and run.origin == rows.TRAINED
        ]

    def _silent(self, seconds: float) -> list[str]:
        """Return the runs under way whose sign of life stayed the same for so long under our eyes.

        Each look adds the time since the one before, but no more than a pause between two looks
        can be: a database that was away and a machine that slept are nobody's silence.
        """
        under_way = sa.select(_runs.c.id, _runs.c.alive_at).where(
            _runs.c.status.in_(rows.UNDER_WAY)
        )
        with self._watch:
            now = time.monotonic()
            passed, self._looked = min(now - self._looked, _MAX_PAUSE_SECONDS), now
            with self._read() as connection:
                found = connection.execute(under_way).all()
            heard = {}
            for run_id, alive_at in found:
                last, silence = self._heard.get(run_id, (None, 0.0))
                heard[run_id] = (alive_at, silence + passed if alive_at == last else 0.0)
            self._heard = heard
        return [run_id for run_id, (_, silence) in heard.items() if silence >= seconds]

    def _parsed(self, row: sa.Row, kept: frozenset[str]) -> tuple[sa.Row, frozenset[str], rows.Run]:
        """Read a run's row; its JSON again only if the row is another than last time."""
        known = self._known.get(row.id)
        if known is not None and known[:2] == (row, kept):
            return known
        return row, kept, rows.run(row._mapping, kept)

    def _update(self, run_id: str, **values: object) -> None:
        with self._write() as connection:
            sealing.change(connection, _runs, _runs.c.id == run_id, **values)


def _under_way(connection: sa.Connection) -> list[rows.Run]:
    """Return what waits or trains; nobody else begins anything until this transaction ends."""
    schema.one_at_a_time(connection)
    query = sa.select(_runs).where(_runs.c.status.in_(rows.UNDER_WAY))
    return [rows.run(row) for row in connection.execute(query).mappings()]


def _refuse_crowd(under_way: Sequence[rows.Run]) -> None:
    if sum(run.status == "queued" for run in under_way) >= MAX_WAITING:
        raise errors.StoreError(
            f"{MAX_WAITING} trainings wait already. Try again when one has ended."
        )
