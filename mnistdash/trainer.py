"""What a worker does: it trains a waiting run, and writes all that comes of it into the store."""

import asyncio
import contextlib
import dataclasses
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

from mnistdash import artifacts, datasets, settings, store, version
from mnistdash.bringing import checking

if TYPE_CHECKING:
    from mnistdash.training import progress as reports

T = TypeVar("T")

_log = logging.getLogger(__name__)
REPORT_SECONDS = 0.4
_MAX_SAMPLES = 120
_PATIENCE_SECONDS = 600.0  # so long a training waits for its database
_AGAIN_SECONDS = 1.0
one_training = threading.Lock()  # TensorFlow ends with signal 11 when two set its threads


def perform(
    run_id: str,
    url: str,
    *,
    on_progress: "Callable[[reports.Progress], None] | None" = None,
    dataset: datasets.Dataset | None = None,
) -> None:
    """Train a waiting run and write what came of it into the store.

    Args:
        run_id: a run that waits; any other is left alone.
        url: the store's address.
        on_progress: called with each report of the trainer as well.
        dataset: the run's, with more to learn from than is at hand under its name.
    """
    db = _patiently(lambda: store.Store(url))
    store.share_images(db)
    with one_training:
        _perform(db, run_id, on_progress, dataset)


def _perform(
    db: store.Store,
    run_id: str,
    on_progress: "Callable[[reports.Progress], None] | None",
    dataset: datasets.Dataset | None,
) -> None:
    if not _patiently(lambda: db.start(run_id)):
        return
    run = _patiently(lambda: db.run(run_id))
    try:
        with _signs_of_life(db, run_id):
            _train(db, run, dataset or datasets.load(run.dataset), on_progress)
    except KeyboardInterrupt:
        db.finish(run_id, status="interrupted", reason="Stopped from the keyboard")
        raise
    except Exception as error:
        _log.exception("training %s failed", run_id)
        reason = _reason(error)
        _patiently(lambda: db.finish(run_id, status="failed", reason=reason))


def _patiently(ask: Callable[[], T]) -> T:
    """Ask a database until it answers: what was trained is not lost with a minute of its absence.

    Raises:
        Unreachable: it has not answered for ten minutes.
        StoreError: it has answered, with something else.
    """
    given_up = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            return ask()
        except store.Unreachable as error:
            if time.monotonic() > given_up:
                raise
            _log.warning("waiting for the database: %s", error)
            time.sleep(_AGAIN_SECONDS)


def _train(
    db: store.Store,
    run: store.Run,
    dataset: datasets.Dataset,
    on_progress: "Callable[[reports.Progress], None] | None",
) -> None:
    from mnistdash.training import session  # TensorFlow: in the worker only

    drawings = _patiently(db.drawings) if run.recipe.drawings else []
    reporter = _Reporter(db, run, on_progress)
    outcome = session.train(
        run.recipe,
        dataset,
        drawings=[drawing.image for drawing in drawings],
        on_progress=reporter.progress,
        on_epoch=reporter.epoch,
        should_stop=reporter.should_stop,
        checkpoint=_checkpoint(db, run),
        trace=run.trace,
    )
    results = _results(outcome, dataset)
    _patiently(lambda: db.finish(run.id, status=outcome.status, reason=outcome.reason, **results))


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
    if not run.history:
        return None
    return _patiently(lambda: db.artifact(run.id, artifacts.CHECKPOINT))


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
        live = store.Live(
            epoch=progress.epoch,
            epochs=progress.epochs,
            step=progress.step,
            steps=progress.steps,
            seconds=progress.seconds,
            samples=self._samples,
        )
        with contextlib.suppress(store.Unreachable):  # the next report says as much
            self._db.report(self._run_id, live)

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
        _patiently(lambda: self._db.record(self._run_id, self._history, kept))

    def should_stop(self) -> bool:
        if not self._stop and time.monotonic() - self._asked > REPORT_SECONDS:
            self._asked = time.monotonic()
            with contextlib.suppress(store.Unreachable):
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

    A dashboard killed with signal 9 would leave them behind for ever otherwise. Its pages, which
    Dask opens without encryption whether asked for or not, are closed.
    """
    import psutil

    pages = getattr(server, "http_server", None)
    if pages is not None and settings.parent_pid() is not None:
        pages.stop()

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


def release() -> str:
    """Return which mnistdash this worker has: another one's runs would not be the dashboard's."""
    return version.number()


async def asked(about: bytes) -> bytes:
    """Look at a model beside whatever the worker does."""
    return await asyncio.to_thread(checking.asked, about)
