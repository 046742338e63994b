"""What is computed about a run once and kept with it, in a worker."""

import contextlib
import logging
import time
import types
from collections.abc import Callable

import numpy as np

from mnistdash import artifacts, classifier, datasets, features, store, suspects, trainer

_log = logging.getLogger(__name__)
_REPORT_SECONDS = 0.4

OnProgress = Callable[[float], None]  # called with the share that is done, 0-1


class _GaveWay(Exception):
    """A training waits."""


class _Withdrawn(Exception):
    """Nobody wants it any more."""


def perform(run_id: str, kind: str, url: str) -> bool:
    """Compute something about a run, and keep it with the run.

    Args:
        run_id: a run whose study was asked for.
        kind: one of `artifacts.EVIDENCE`.
        url: the store's address.

    Returns:
        Whether it ended, well or not, or is not wanted; otherwise it gave way to a training.
    """
    db = store.Store(url)
    store.share_images(db)
    try:
        reporter, run = _Reporter(db, run_id, kind), db.run(run_id)
        if run is not None:
            reporter.progress(0.0)
            dataset = datasets.load(run.dataset)
            found = _STUDIES[kind](db, run, dataset, reporter.progress)
            db.finish_study(run_id, artifacts.evidence(kind, dataset.sha256), found)
    except _GaveWay:
        return False
    except _Withdrawn:
        _log.info("the study of %s is not wanted any more", run_id)
    except (datasets.DataError, store.StoreError, ValueError) as error:
        db.abandon_study(run_id, str(error)[:300], kind)
    except Exception as error:
        _log.exception("the study of %s failed", run_id)
        trouble = f"Something unforeseen happened ({type(error).__name__})."
        db.abandon_study(run_id, trouble, kind)
    return True


def _features(
    db: store.Store, run: store.Run, dataset: datasets.Dataset, on_progress: OnProgress
) -> bytes:
    """Compute what the run's last layer receives of the training images."""
    if not dataset.num_train:
        raise datasets.DataError(f"{dataset.title} has no training images.")
    model = classifier.Classifier(db.artifact(run.id, artifacts.MODEL))
    return features.write(features.gather(model.features, dataset.x_train, on_progress=on_progress))


def _suspects(
    db: store.Store, run: store.Run, dataset: datasets.Dataset, on_progress: OnProgress
) -> bytes:
    """Judge the labels of all images; the judges of an earlier run on these images serve again."""
    if run.dataset_sha256 not in (None, dataset.sha256):
        raise datasets.DataError(f"{dataset.title} has other images now than this run answered to.")
    known = _known_suspects(db, dataset)
    if known is not None:
        train, judges = known.train, known.judges
    elif dataset.num_train:
        out_of_sample, judges = ask_judges(dataset, on_progress)
        train = suspects.judge(dataset.y_train, out_of_sample)
    else:
        train = judges = None
    own = db.probs(run.id) if run.has_probs else None
    found = suspects.Suspects(
        test=suspects.judge(dataset.y_test, own, judges), train=train, judges=judges
    )
    return suspects.write(found)


def _known_suspects(db: store.Store, dataset: datasets.Dataset) -> suspects.Suspects | None:
    name = artifacts.suspects(dataset.sha256)
    for run in db.runs():
        if name in run.artifacts:
            with contextlib.suppress(store.StoreError, ValueError):  # damaged: asked anew
                return suspects.read(db.artifact(run.id, name))
    return None


def ask_judges(dataset: datasets.Dataset, on_progress: OnProgress) -> tuple[np.ndarray, np.ndarray]:
    """Train judges, each on all training images but those of its fold, which it then judges.

    Returns:
        The probabilities of the training images, float32 `(n, K)`, and the judges' mean ones of the
        test images, float16 `(m, K)`.
    """
    from mnistdash.training import session  # TensorFlow: in the worker only

    classes, fold = len(dataset.class_names), suspects.folds(dataset.num_train)
    of_train = np.empty((len(fold), classes), np.float32)
    of_test = np.zeros((len(dataset.y_test), classes), np.float64)
    for number in range(suspects.FOLDS):
        held_out = np.flatnonzero(fold == number)
        learnt = np.flatnonzero(fold != number)
        asked = types.SimpleNamespace(
            x_train=dataset.x_train[learnt],
            y_train=dataset.y_train[learnt],
            x_test=np.concatenate([dataset.x_train[held_out], dataset.x_test]),
            y_test=np.concatenate([dataset.y_train[held_out], dataset.y_test]),
        )
        with trainer.one_training:
            outcome = session.train(
                suspects.judge_recipe(len(learnt), classes, number),
                asked,
                on_progress=_part_of(on_progress, number, suspects.FOLDS),
            )
        if outcome.probs is None:
            raise ValueError(f"A network that was to judge the labels failed: {outcome.reason}")
        of_train[held_out] = outcome.probs[: len(held_out)]
        of_test += outcome.probs[len(held_out) :] / suspects.FOLDS
    return of_train, of_test.astype(np.float16)


def _part_of(on_progress: OnProgress, part: int, parts: int) -> Callable[[object], None]:
    """Report a training's progress as that of one of several parts."""

    def tell(progress: object) -> None:
        share = (progress.epoch + progress.step / progress.steps) / progress.epochs
        on_progress((part + min(share, 1.0)) / parts)

    return tell


_STUDIES = {artifacts.FEATURES: _features, artifacts.SUSPECTS: _suspects}


class _Reporter:
    """Writes how far a study is, a few times a second.

    It ends it when a training waits, or when nobody wants it any more.
    """

    def __init__(self, db: store.Store, run_id: str, kind: str) -> None:
        self._db = db
        self._run_id = run_id
        self._kind = kind
        self._reported = 0.0

    def progress(self, share: float) -> None:
        if time.monotonic() - self._reported < _REPORT_SECONDS:
            return
        self._reported = time.monotonic()
        if any(run.status == "queued" for run in self._db.runs()):
            self._db.report_study(self._run_id, 0.0, self._kind)
            raise _GaveWay
        if not self._db.report_study(self._run_id, share, self._kind):
            raise _Withdrawn
