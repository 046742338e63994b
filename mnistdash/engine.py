"""Where trainings run: one Dask client here, and the work itself in a worker process."""

import asyncio
import atexit
import contextlib
import dataclasses
import logging
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from mnistdash import artifacts, datasets, recipes, settings, store
from mnistdash.bringing import answers, checking

if TYPE_CHECKING:
    import distributed

    from mnistdash.training import progress as reports

_log = logging.getLogger(__name__)
REPORT_SECONDS = 0.4
_MAX_SAMPLES = 120
_PAGE_FIRST_SECONDS = 1.5  # the page that opened the engine is shown before it starts
_START_SECONDS = 30.0
_STUBBORN_SECONDS = 10.0  # a run that does not stop for this long is killed


# --- in the worker --------------------------------------------------------------------------


def perform(
    run_id: str, url: str, *, on_progress: "Callable[[reports.Progress], None] | None" = None
) -> None:
    """Train a waiting run and write what came of it into the store.

    Args:
        run_id: a run that waits; any other is left alone.
        url: the store's address.
        on_progress: called with each report of the trainer as well.
    """
    db = store.Store(url)
    store.share_images(db)
    if not db.start(run_id):
        return
    run = db.run(run_id)
    try:
        with _signs_of_life(db, run_id):
            _train(db, run, on_progress)
    except KeyboardInterrupt:
        db.finish(run_id, status="interrupted", reason="Stopped from the keyboard")
        raise
    except Exception as error:
        _log.exception("training %s failed", run_id)
        db.finish(run_id, status="failed", reason=_reason(error))


def _train(
    db: store.Store,
    run: store.Run,
    on_progress: "Callable[[reports.Progress], None] | None",
) -> None:
    from mnistdash.training import session  # TensorFlow: in the worker only

    dataset = datasets.load(run.dataset)
    recipes.check_fits(run.recipe, len(dataset.x_train))
    reporter = _Reporter(db, run, on_progress)
    outcome = session.train(
        run.recipe,
        dataset,
        on_progress=reporter.progress,
        on_epoch=reporter.epoch,
        should_stop=reporter.should_stop,
        checkpoint=_checkpoint(db, run),
        trace=run.trace,
    )
    db.finish(run.id, status=outcome.status, reason=outcome.reason, **_results(outcome, dataset))


def _results(outcome: "reports.Outcome", dataset: datasets.Dataset) -> dict[str, object]:
    """Return what a training came to, as the store takes it."""
    results: dict[str, object] = {
        "history": [dataclasses.asdict(epoch) for epoch in outcome.history],
        "seconds": outcome.seconds,
        "versions": outcome.versions,
        "dataset_sha256": dataset.sha256,
        "class_names": dataset.class_names,
        "best_epoch": outcome.best_epoch,
    }
    if outcome.status == "finished":
        results |= {
            "test_accuracy": outcome.test_accuracy,
            "test_errors": outcome.test_errors,
            "test_loss": outcome.test_loss,
            "artifacts": outcome.artifacts
            | {
                artifacts.PROBS: artifacts.write_probs(outcome.probs),
                artifacts.LABELS: artifacts.write_labels(dataset.y_test),
            },
        }
    return results


def _checkpoint(db: store.Store, run: store.Run) -> bytes | None:
    """Return what a run that was queued again goes on from."""
    return db.artifact(run.id, artifacts.CHECKPOINT) if run.history else None


class _Reporter:
    """Turns the trainer's reports into rows, no more than two or three a second."""

    def __init__(
        self,
        db: store.Store,
        run: store.Run,
        on_progress: "Callable[[reports.Progress], None] | None",
    ) -> None:
        self._db = db
        self._run_id = run.id
        self._on_progress = on_progress
        self._history = list(run.history)
        # A resumed run goes on after its last whole epoch.
        self._samples = [sample for sample in run.live.samples if sample[0] <= len(run.history)]
        self._reported = self._asked = 0.0
        self._stop = False

    def progress(self, progress: "reports.Progress") -> None:
        if self._on_progress:
            self._on_progress(progress)
        now = time.monotonic()
        if now - self._reported < REPORT_SECONDS:
            return
        self._reported = now
        at = progress.epoch + progress.step / progress.steps
        self._samples.append((at, progress.loss, progress.accuracy))
        if len(self._samples) > _MAX_SAMPLES:
            self._samples = self._samples[::2]
        self._db.report(
            self._run_id,
            store.Live(
                epoch=progress.epoch,
                epochs=progress.epochs,
                step=progress.step,
                steps=progress.steps,
                seconds=progress.seconds,
                samples=self._samples,
            ),
        )

    def epoch(
        self,
        epoch: "reports.Epoch",
        checkpoint: bytes,
        predictions: "reports.Predictions | None",
    ) -> None:
        self._history.append(dataclasses.asdict(epoch))
        kept = {artifacts.CHECKPOINT: checkpoint}
        if predictions is not None:
            kept[artifacts.epoch(epoch.epoch)] = artifacts.write_answers(
                predictions.y_pred, predictions.confidence
            )
        self._db.record(self._run_id, self._history, kept)

    def should_stop(self) -> bool:
        if not self._stop and time.monotonic() - self._asked > REPORT_SECONDS:
            self._asked = time.monotonic()
            self._stop = self._db.cancel_requested(self._run_id)
        return self._stop


@contextlib.contextmanager
def _signs_of_life(db: store.Store, run_id: str) -> Iterator[None]:
    """Keep a run's sign of life fresh while TensorFlow is imported, compiles or converts."""
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(2.0):
            with contextlib.suppress(store.StoreError):
                db.keep_alive([run_id])

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _reason(error: Exception) -> str:
    if isinstance(error, datasets.DataError | store.StoreError | ValueError):
        return str(error)[:300]
    if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":
        return "The training ran out of memory. Use a smaller batch or fewer filters."
    if isinstance(error, OSError) and error.errno == 28:
        return "The disk is full. Make room and train again."
    return f"The trainer met something unforeseen ({type(error).__name__}); the log says more."


def dask_setup(server: object) -> None:
    """Prepare a scheduler, nanny or worker as Dask's `preload`: it ends with the dashboard.

    A dashboard killed with signal 9 would leave them behind for ever otherwise.
    """
    import psutil

    dashboard = settings.parent_pid()

    def watch() -> None:
        while dashboard is None or psutil.pid_exists(dashboard):
            time.sleep(1.0)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def warm() -> None:
    """Import TensorFlow in this worker, so that the first training need not wait for it."""
    from mnistdash.training import session

    session.warm()


async def _asked(about: bytes) -> bytes:
    """Look at a model beside whatever the worker does."""
    return await asyncio.to_thread(checking.asked, about)


# --- in the dashboard -----------------------------------------------------------------------


class Engine:
    """Sends waiting runs to a worker and sees to it that each of them ends.

    It starts in the background; runs submitted meanwhile are sent when it is up. A run is sent
    only when a worker is free: Dask counts a killed worker against every task it was given.
    """

    def __init__(self, db: store.Store) -> None:
        self._db = db
        self._waiting: list[str] = []
        self._futures: dict[str, distributed.Future] = {}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._client: distributed.Client | None = None
        self._warm: distributed.Future | None = None
        self._trouble: str | None = None
        self._stubborn: dict[str, float] = {}  # run id -> since when it should have stopped
        threading.Thread(target=self._work, daemon=True).start()

    @property
    def trouble(self) -> str | None:
        """Why no training can start here, in a sentence; `None` when all is well."""
        return self._trouble

    @property
    def ready(self) -> bool:
        """Whether a worker has TensorFlow loaded."""
        return self._warm is not None and self._warm.status == "finished"

    def submit(self, run_id: str) -> None:
        """Send a waiting run to the worker; a run already sent is left alone."""
        with self._lock:
            if run_id not in self._waiting:
                self._waiting.append(run_id)
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
        given_up = time.monotonic() + _START_SECONDS
        while self._client is None and self._trouble is None and time.monotonic() < given_up:
            self._wake.set()
            time.sleep(0.1)
        try:
            worker = next(iter(self._client.nthreads()))
            return self._client.run(_asked, about, workers=[worker])[worker]
        except Exception as error:  # the connection and the worker fail in many ways
            _log.warning("no worker looked at a model: %s", error)
            raise answers.LogError(
                self._trouble or "No worker answers to look at the model. Try again in a moment."
            ) from None

    def close(self) -> None:
        """Stop the worker and the scheduler."""
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(Exception):
                client.close(timeout=2)
                if client.cluster is not None:
                    client.cluster.close(timeout=2)

    def _work(self) -> None:
        self._wake.wait(_PAGE_FIRST_SECONDS)
        try:
            self._client = _start_client()
            self._warm = self._client.submit(warm, pure=False)
        except Exception as error:
            _log.exception("the trainer did not start")
            self._trouble = f"The trainer did not start ({type(error).__name__}); see the log."
            return
        atexit.register(self.close)
        while self._client is not None:
            try:
                self._look_after()
                self._send_next()
            except (store.StoreError, OSError) as error:
                _log.warning("the trainer will be looked after again: %s", error)
            self._wake.wait(1.0)
            self._wake.clear()

    def _send_next(self) -> None:
        """Give each free worker the run that waited longest.

        One that was sent before waits until that sending has ended.
        """
        while len(self._futures) < sum(self._client.nthreads().values()):
            with self._lock:
                run_id = next((each for each in self._waiting if each not in self._futures), None)
                if run_id is None:
                    return
                self._waiting.remove(run_id)
            future = self._client.submit(
                perform, run_id, self._db.url, key=f"{run_id}-{uuid.uuid4().hex}", pure=False
            )
            future.add_done_callback(lambda _: self._wake.set())
            self._futures[run_id] = future

    def _look_after(self) -> None:
        """Keep waiting runs alive, name the end of lost ones, and end those that won't stop."""
        for run_id, future in list(self._futures.items()):
            run = self._db.run(run_id)
            if future.done():
                self._close_lost(run, future)
                del self._futures[run_id]
                self._stubborn.pop(run_id, None)
            elif run is None or run.cancel or not run.under_way:
                self._insist(run_id)
            elif run.status == "queued":  # its worker still loads TensorFlow
                self._db.keep_alive([run_id])
        self._keep_waiting_alive()
        self._db.interrupt_stale()

    def _keep_waiting_alive(self) -> None:
        """Give a sign of life for runs that wait here, and forget those that wait no more.

        A run that trains gives its own: a second press on Train, answered with the run that is
        under way, must not speak for a worker that hangs.
        """
        if not self._waiting:
            return
        queued = {run.id for run in self._db.runs() if run.status == "queued"}
        with self._lock:
            self._waiting = [run_id for run_id in self._waiting if run_id in queued]
        if self._waiting:
            self._db.keep_alive(self._waiting)

    def _close_lost(self, run: store.Run | None, future: "distributed.Future") -> None:
        if run is None or not run.under_way or future.status == "finished":
            return
        if run.status == "queued":  # lost before it began, or queued anew to be resumed
            self.submit(run.id)
        elif run.cancel:
            self._db.finish(run.id, status="cancelled", reason="Stopped")
        else:
            self._db.finish(
                run.id,
                status="failed",
                reason="The training process stopped unexpectedly: it was killed, perhaps because"
                " it ran out of memory. Use a smaller batch or fewer filters.",
            )

    def _insist(self, run_id: str) -> None:
        since = self._stubborn.setdefault(run_id, time.monotonic())
        if time.monotonic() - since > _STUBBORN_SECONDS:
            self._stubborn.pop(run_id)
            workers = self._client.processing()
            busy = [
                address
                for address, keys in workers.items()
                if any(str(key).startswith(run_id) for key in keys)
            ]
            if busy:
                self._client.restart_workers(busy, raise_for_error=False)


def _start_client() -> "distributed.Client":
    """Connect to the scheduler named by `MNISTDASH_SCHEDULER`, or start one worker here."""
    import distributed

    if settings.scheduler():
        return distributed.Client(settings.scheduler(), timeout=10, set_as_default=False)
    os.environ[settings.PARENT] = str(os.getpid())
    # LocalCluster uses multiprocessing, which fails inside Streamlit: it replaces __main__.
    cluster = distributed.SubprocessCluster(
        n_workers=1,
        threads_per_worker=1,
        dashboard_address=None,
        scheduler_kwargs={"preload": __name__, "allowed_failures": 0},
        worker_kwargs={"preload": __name__, "preload_nanny": __name__, "memory_limit": 0},
    )
    client = distributed.Client(cluster, set_as_default=False)
    client.wait_for_workers(1, timeout=60)
    return client
