"""Where trainings and studies run: each is sent to a worker, and comes to an end."""

import atexit
import contextlib
import logging
import threading
import time
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mnistdash import artifacts, cluster, store, study, trainer
from mnistdash.bringing import answers

if TYPE_CHECKING:
    import distributed

_log = logging.getLogger(__name__)
_PAGE_FIRST_SECONDS = 1.5  # the page that opened the engine is shown before it starts
_ANSWER_SECONDS = 30.0  # so long a model waits for a worker to look at it
_STUBBORN_SECONDS = 3.5  # a run that does not stop for this long is killed
_IDLE_SECONDS = 600.0  # without a training or a visit the worker goes home
_LOOK_SECONDS = 1.0
_AGAIN_SECONDS = 10.0  # after a start that came to nothing, and longer after the next
_MOVES = 2  # of a run whose machine was lost
ENDED = (
    "The training process stopped unexpectedly: it was killed, perhaps because it ran out of"
    " memory. Use a smaller batch or fewer filters."
)
LOST = "The trainer ended while this run trained. It starts anew: resume the run there."


class Engine:
    """Sends waiting runs to a worker and sees to it that each of them ends.

    It starts in the background; runs submitted meanwhile are sent when it is up. A run is sent
    only when a worker is free: Dask counts a killed worker against every task it was given. A
    scheduler or nanny that is killed is noticed within two seconds, and started anew.

    Runs are studied when none waits.
    """

    def __init__(self, db: store.Store) -> None:
        self._db = db
        self._waiting: list[str] = []
        self._futures: dict[str, distributed.Future] = {}
        self._to_study: list[tuple[str, str]] = []  # of a run, by its id, what kind
        self._studies: dict[tuple[str, str], distributed.Future] = {}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._cluster: cluster.Cluster | None = None
        self._warm: dict[str, distributed.Future] = {}  # by worker
        self._trouble: str | None = None
        self._again = False  # the last cluster was lost, the next one has not come up yet
        self._failed = 0  # starts in a row that came to nothing
        self._not_before = 0.0  # monotonic: of the next start
        self._closed = False
        self._visited = time.monotonic()
        self._moved: dict[str, int] = {}  # run id -> how often it went on elsewhere
        self._stubborn: dict[str, float] = {}  # run id -> since when it should have stopped
        threading.Thread(target=self._work, daemon=True).start()
        atexit.register(self.close)

    @property
    def trouble(self) -> str | None:
        """Why no training can start here, in a sentence; `None` when all is well."""
        return self._trouble

    @property
    def remark(self) -> str | None:
        """What a person who trains should know, in a sentence; `None` when all is well."""
        if self._again:
            return "The trainer ended unexpectedly. It starts anew, and what waits goes on."
        return self._cluster.refused if self._cluster else None

    @property
    def ready(self) -> bool:
        """Whether a worker has TensorFlow loaded."""
        return any(future.status == "finished" for future in self._warm.values())

    def visit(self) -> None:
        """Let the worker come, or stay: somebody is about to train."""
        self._visited = time.monotonic()
        if self._cluster is None:
            self._wake.set()

    def submit(self, run_id: str) -> None:
        """Send a waiting run to the worker; a run already sent is left alone."""
        with self._lock:
            if run_id not in self._waiting:
                self._waiting.append(run_id)
        self._wake.set()

    def study(self, run_id: str, kind: str = artifacts.FEATURES) -> None:
        """Have a run studied, unless it is wanted or under way already.

        Args:
            run_id: the run.
            kind: one of `artifacts.EVIDENCE`.
        """
        if self._db.request_study(run_id, kind):
            with self._lock:
                self._to_study.append((run_id, kind))
            self._wake.set()

    def check(self, about: bytes) -> bytes:
        """Let a worker's machine look at a model from elsewhere, in a process of its own.

        A training that goes on there is not waited for.

        Args:
            about: a `checking.question`.

        Returns:
            What `checking.verdict` reads.

        Raises:
            LogError: no worker answers.
        """
        given_up = time.monotonic() + _ANSWER_SECONDS
        while self._cluster is None and self._trouble is None and time.monotonic() < given_up:
            self.visit()
            time.sleep(0.1)
        try:
            worker = self._cluster.workers()[0]
            return self._cluster.client.run(trainer.asked, about, workers=[worker])[worker]
        except Exception as error:  # the connection and the worker fail in many ways
            _log.warning("no worker looked at a model: %s", error)
            raise answers.LogError(
                self._trouble or "No worker answers to look at the model. Try again in a moment."
            ) from None

    def close(self) -> None:
        """Stop the worker and the scheduler."""
        self._closed = True
        self._wake.set()
        self._go_home()

    # --- the thread that looks after all this ---

    def _work(self) -> None:
        self._wake.wait(_PAGE_FIRST_SECONDS)
        while not self._closed:
            self._wake.clear()
            try:
                self._look()
            except (store.StoreError, OSError, TimeoutError) as error:
                _log.warning("the trainer will be looked after again: %s", error)
            except Exception:  # this thread is the only one that looks
                if not self._closed:  # whoever closes takes the cluster away meanwhile
                    _log.exception("the trainer will be looked after again")
            self._wake.wait(_LOOK_SECONDS)

    def _look(self) -> None:
        """Do once what is to be done: start, send, name what ended, go home."""
        if self._cluster is not None and (gone := self._cluster.lost()):
            _log.warning("the trainer's %s is gone", gone)
            self._again = True
            self._give_up()
        if self._cluster is None and self._is_wanted():
            self._start()
        if self._cluster is not None:
            self._warm_up()
            self._look_after()
            self._look_after_studies()
            self._send_next()
            self._send_study()
            if not self._is_wanted():
                self._go_home()
        self._keep_waiting_alive()
        self._db.interrupt_stale()

    def _is_wanted(self) -> bool:
        if self._closed or time.monotonic() < self._not_before:
            return False
        visited = time.monotonic() - self._visited < _IDLE_SECONDS
        work = self._waiting or self._futures or self._to_study or self._studies
        return bool(work or visited or self._again)

    def _start(self) -> None:
        try:
            found = cluster.Cluster()
        except Exception as error:
            _log.exception("the trainer did not start")
            self._failed += 1
            self._not_before = time.monotonic() + _AGAIN_SECONDS * self._failed
            self._trouble = f"The trainer did not start ({type(error).__name__}); see the log."
            self._abandon_studies()
            return
        self._cluster, self._trouble, self._again, self._failed = found, None, False, 0
        if self._closed:
            self._go_home()

    def _warm_up(self) -> None:
        """Have TensorFlow loaded by each worker that may train, and asked of nobody else.

        One that comes after a worker that was killed has an address of its own; where it came to
        nothing, it is asked again.
        """
        submit = self._cluster.client.submit
        known = {
            address: future
            for address, future in self._warm.items()
            if future.status in ("pending", "finished")
        }
        self._warm = {
            address: known.get(address) or submit(trainer.warm, pure=False, workers=[address])
            for address in self._cluster.workers()
        }

    def _go_home(self) -> None:
        found, self._cluster, self._warm = self._cluster, None, {}
        if found is not None:
            found.close()

    def _give_up(self) -> None:
        """End what is left of a cluster; what trained on it is named, what waited waits.

        Where only the connection to other machines was lost, their runs speak for themselves.
        """
        futures, self._futures = self._futures, {}
        studies, self._studies = self._studies, {}
        self._to_study += studies
        self._stubborn.clear()
        is_own = self._cluster.is_own
        self._go_home()
        for run_id in futures:
            run = self._db.run(run_id)
            if is_own or (run is not None and run.status == "queued"):
                self._close_lost(run, LOST)

    def _send_next(self) -> None:
        """Give each free worker the run that waited longest.

        One that was sent before waits until that sending has ended.
        """
        workers = self._cluster.workers()
        while self._has_room(workers):
            with self._lock:
                run_id = next((each for each in self._waiting if each not in self._futures), None)
                if run_id is None:
                    return
                self._waiting.remove(run_id)
            future = self._cluster.client.submit(
                trainer.perform,
                run_id,
                self._db.url,
                key=f"{run_id}-{uuid.uuid4().hex}",
                pure=False,
                workers=workers,
            )
            future.add_done_callback(lambda _: self._wake.set())
            self._futures[run_id] = future

    def _has_room(self, workers: Sequence[str]) -> bool:
        return len(self._futures) + len(self._studies) < len(workers)

    def _send_study(self) -> None:
        """Give a worker that has nothing to train the run that is to be studied first."""
        workers = self._cluster.workers()
        with self._lock:
            asked = self._to_study[0] if self._to_study and self._has_room(workers) else None
        if asked is None:
            return
        future = self._cluster.client.submit(
            study.perform, *asked, self._db.url, pure=False, workers=workers
        )
        future.add_done_callback(lambda _: self._wake.set())
        self._studies[asked] = future
        self._to_study.remove(asked)

    def _look_after_studies(self) -> None:
        """Send again what gave way to a training, and name the end of what was lost."""
        for asked, future in list(self._studies.items()):
            if future.done():
                del self._studies[asked]
                if future.status != "finished":
                    self._end_study(asked, "The worker stopped unexpectedly; see the log.")
                elif not future.result():
                    self._to_study.append(asked)
        told = {asked: self._db.study(*asked) for asked in self._studies}
        waiting = [asked for asked, found in told.items() if found and not found.share]
        if waiting:  # a worker gives its own signs of life once it has begun
            self._db.keep_studies_alive(waiting)

    def _abandon_studies(self) -> None:
        """Say of the runs that wait to be studied why nobody does; a press asks for it anew."""
        with self._lock:
            waiting, self._to_study = self._to_study, []
        for asked in waiting:
            self._end_study(asked, self._trouble)

    def _end_study(self, asked: tuple[str, str], trouble: str) -> None:
        run_id, kind = asked
        self._db.abandon_study(run_id, trouble, kind)

    def _look_after(self) -> None:
        """Keep what was sent alive until it begins, name its end, and end what won't stop."""
        for run_id, future in list(self._futures.items()):
            done = future.done()
            run = self._db.run(run_id)  # after that: what a worker ended is written by then
            if done:
                # Also where Dask itself sent it to another worker, which left it alone.
                self._close_lost(run, ENDED)
                if run is not None and run.finished:
                    self.study(run_id)
                del self._futures[run_id]
                self._stubborn.pop(run_id, None)
            elif run is None or run.cancel or not run.under_way:
                self._insist(run_id)
            elif run.status == "queued":  # its worker still loads TensorFlow
                self._db.keep_alive([run_id])

    def _keep_waiting_alive(self) -> None:
        """Give a sign of life for what waits here, and forget the runs that wait no more.

        A run that trains gives its own: a second press on Train, answered with the run that is
        under way, must not speak for a worker that hangs.
        """
        if self._to_study:
            self._db.keep_studies_alive(self._to_study)
        if not self._waiting:
            return
        queued = {run.id for run in self._db.runs() if run.status == "queued"}
        with self._lock:
            self._waiting = [run_id for run_id in self._waiting if run_id in queued]
        if self._waiting:
            self._db.keep_alive(self._waiting)

    def _close_lost(self, run: store.Run | None, reason: str) -> None:
        if run is None or not run.under_way:
            return
        if run.status == "queued":  # lost before it began, or queued anew to be resumed
            self.submit(run.id)
        elif run.cancel:
            self._db.finish(run.id, status="cancelled", reason="Stopped")
        else:
            self._db.finish(run.id, status="failed", reason=reason)
            self._move(run)

    def _move(self, run: store.Run) -> None:
        """Let a run whose machine of a cluster was lost go on elsewhere, after its last epoch.

        Twice at most: what ends every worker by its memory does not go round for ever. On this
        machine a person decides.
        """
        moved = self._moved.get(run.id, 0)
        elsewhere = self._cluster is not None and not self._cluster.is_own and moved < _MOVES
        if elsewhere and artifacts.CHECKPOINT in run.artifacts:
            with contextlib.suppress(store.StoreError):  # eight wait: a person resumes it
                self._db.requeue(run.id)
                self._moved[run.id] = moved + 1
                self.submit(run.id)

    def _insist(self, run_id: str) -> None:
        since = self._stubborn.setdefault(run_id, time.monotonic())
        if time.monotonic() - since > _STUBBORN_SECONDS:
            self._stubborn.pop(run_id)
            self._cluster.end_worker_of(run_id)
