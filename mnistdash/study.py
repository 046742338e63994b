"""What is computed about a run once and kept with it: in a worker, by the run's LiteRT model."""

import logging
import time

from mnistdash import artifacts, classifier, datasets, features, store

_log = logging.getLogger(__name__)
_REPORT_SECONDS = 0.4


class _GaveWay(Exception):
    """A training waits."""


def perform(run_id: str, url: str) -> bool:
    """Compute what a run's last layer receives of its training images, and keep it with the run.

    Args:
        run_id: a run whose study was asked for.
        url: the store's address.

    Returns:
        Whether it ended, well or not; otherwise it gave way to a training, and is still wanted.
    """
    db = store.Store(url)
    store.share_images(db)
    try:
        _study(db, run_id)
    except _GaveWay:
        return False
    except (datasets.DataError, store.StoreError, ValueError) as error:
        db.abandon_study(run_id, str(error)[:300])
    except Exception as error:
        _log.exception("the study of %s failed", run_id)
        db.abandon_study(run_id, f"Something unforeseen happened ({type(error).__name__}).")
    return True


def _study(db: store.Store, run_id: str) -> None:
    run = db.run(run_id)
    if run is None:
        return
    dataset = datasets.load(run.dataset)
    if not dataset.num_train:
        raise datasets.DataError(f"{dataset.title} has no training images.")
    model = classifier.Classifier(db.artifact(run_id, artifacts.MODEL))
    found = features.gather(
        model.features, dataset.x_train, on_progress=_Reporter(db, run_id).progress
    )
    db.finish_study(run_id, artifacts.features(dataset.sha256), features.write(found))


class _Reporter:
    """Writes how far a study is, a few times a second, and ends it when a training waits."""

    def __init__(self, db: store.Store, run_id: str) -> None:
        self._db = db
        self._run_id = run_id
        self._reported = 0.0

    def progress(self, share: float) -> None:
        if time.monotonic() - self._reported < _REPORT_SECONDS:
            return
        self._reported = time.monotonic()
        if any(run.status == "queued" for run in self._db.runs()):
            self._db.report_study(self._run_id, 0.0)
            raise _GaveWay
        self._db.report_study(self._run_id, share)
