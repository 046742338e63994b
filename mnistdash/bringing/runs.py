"""Runs from elsewhere: what any model answered, written into the store as a run."""

import dataclasses
import html
import importlib.metadata
import pathlib
import platform
import sys
import urllib.parse
from collections.abc import Mapping, Sequence

import numpy as np

from mnistdash import artifacts, datasets, evaluation, settings, store, version
from mnistdash.bringing import answers, checking, histories

_LIBRARIES = ("keras", "tensorflow", "torch", "jax", "sklearn", "xgboost", "lightgbm", "numpy")
_MAX_SAID = 1_000  # characters


@dataclasses.dataclass(frozen=True, kw_only=True)
class Logged:
    """A run that was logged: what it came to, and where to look at it.

    `accuracy` is a fraction; `notes` say what was converted, a sentence each; `link` opens the
    run in a dashboard that runs on this machine, or at `MNISTDASH_ADDRESS`.
    """

    id: str
    name: str
    accuracy: float
    errors: int
    images: int
    link: str
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        found = f"{self.name}: {self.accuracy:.2%} of {self.images:,} test images, "
        found += f"{self.errors:,} wrong. {self.link}"
        return "\n".join([found, *self.notes])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """Show the link in a notebook as one to click."""
        *lines, last = str(self).splitlines()[0].rsplit(" ", 1)
        link = html.escape(self.link, quote=True)
        shown = [f'{html.escape(lines[0])} <a href="{link}">{html.escape(last)}</a>']
        return "<br>".join(shown + [html.escape(note) for note in self.notes])


def log(
    name: str,
    probs: object,
    *,
    dataset: object,
    class_names: Sequence[str] | None = None,
    confidences: object = None,
    history: object = None,
    model: bytes | str | pathlib.Path | None = None,
    note: str = "",
    seconds: float | None = None,
) -> Logged:
    """Log what a model answered to test images: the run is in the dashboard from then on.

    ```python
    mnistdash.log("forest", forest.predict_proba(x_test), dataset="mnist")
    ```

    Args:
        name: what people call the run, 1 to 60 characters.
        probs: in test order: probabilities, logits or votes `(n, K)`, or the answers alone `(n,)`
            as classes counted from 0 or class names.
        dataset: the name of a data set; or arrays `(x_test, y_test)` or
            `(x_train, y_train, x_test, y_test)`, which are kept as a data set, once.
        class_names: of such arrays, K names in order.
        confidences: the probability of each answer, `(n,)`, where `probs` are the answers alone.
        history: what each epoch ended with: Keras's `History`, columns such as `loss` and
            `val_accuracy` by name, or a mapping for each epoch.
        model: a LiteRT model, its bytes or its file, for the pages that ask it: it is opened in a
            process of its own and has to answer as `probs` do.
        note: shown with the run, at most 500 characters.
        seconds: that the training took.

    Raises:
        LogError: something does not fit, in one sentence; nothing was logged.
    """
    try:
        images, said = images_of(dataset, class_names, name)
        found = answers.read(
            probs,
            num_images=len(images.y_test),
            class_names=images.class_names,
            confidences=confidences,
        )
        epochs = histories.read(history)
        kept, said_of_model = _model(model, images, found)
        return write(
            name,
            images,
            found,
            history=epochs,
            kept=kept,
            notes=(*said, *said_of_model),
            note=note,
            seconds=seconds,
        )
    except (datasets.DataError, store.StoreError, ValueError) as error:
        raise answers.LogError(str(error)) from None


def images_of(
    dataset: object, class_names: Sequence[str] | None, name: str
) -> tuple[datasets.Dataset, tuple[str, ...]]:
    """Return the images that a run answers, and what was said when they were kept.

    Args:
        dataset: as of `log`.
        class_names: as of `log`.
        name: of the run; arrays that are kept for the first time are called after it.

    Raises:
        DataError: there are no such images, or the arrays can't be used.
        LogError: `dataset` is neither a name nor arrays.
    """
    if settings.database_url():  # other machines may have added images to it
        store.share_images(store.Store(store.default_url()))
    if isinstance(dataset, str | datasets.Dataset):
        images = datasets.load(dataset) if isinstance(dataset, str) else dataset
        if class_names is not None and tuple(map(str, class_names)) != images.class_names:
            raise answers.LogError(
                f"{images.title} has class names of its own. Leave out `class_names`."
            )
        return images, ()
    if not isinstance(dataset, tuple | list) or len(dataset) not in (2, 4):
        raise answers.LogError(
            f"`dataset` is {type(dataset).__name__}. Expected a name, one of"
            f" {', '.join(datasets.names())}, or arrays (x_test, y_test) or"
            " (x_train, y_train, x_test, y_test)."
        )
    kept_as = datasets.keep_arrays(dataset, name=name, class_names=class_names)
    images = datasets.load(kept_as)
    return images, (f"The images are kept as the data set {images.title}.", *images.notes)


def _model(
    model: bytes | str | pathlib.Path | None, images: datasets.Dataset, found: answers.Answers
) -> tuple[dict[str, bytes], tuple[str, ...]]:
    if model is None:
        return {}, ()
    data = model if isinstance(model, bytes) else checking.read_file(pathlib.Path(model))
    checked = checking.check(data, images.x_test, images.y_test, found)
    return {artifacts.MODEL: checked.model}, checked.notes


def write(
    name: str,
    images: datasets.Dataset,
    found: answers.Answers,
    *,
    history: Sequence[Mapping[str, object]] = (),
    kept: Mapping[str, bytes] | None = None,
    notes: Sequence[str] = (),
    note: str = "",
    seconds: float | None = None,
    db: store.Store | None = None,
) -> Logged:
    """Write a finished run that was brought into the store.

    Args:
        name: what people call it.
        images: that it answers.
        found: its answers.
        history: figures of each epoch, as of `histories.read`.
        kept: more artifacts by name.
        notes: what was converted, a sentence each.
        note: a person's own.
        seconds: that its training took.
        db: where to; the store of this machine by default.

    Raises:
        StoreError: it can't be written.
        ValueError: the name is empty.
    """
    db = db or store.Store(store.default_url())
    run = begin(db, name, images, epochs=max(len(history), 1))
    if note.strip():
        db.annotate(run.id, note)
    columns = results(found, images)
    columns["artifacts"] |= kept or {}
    notes = (*found.notes, *notes)
    db.finish(
        run.id,
        status="finished",
        reason=" ".join(notes)[:_MAX_SAID] or None,
        history=[dict(figures) for figures in history],
        seconds=seconds if seconds is not None else _sum_of_seconds(history),
        best_epoch=len(history) - 1 if history else None,
        **columns,
    )
    return logged(db.run(run.id), images, notes)


def begin(
    db: store.Store,
    name: str,
    images: datasets.Dataset,
    *,
    epochs: int,
    trace: bool = False,
) -> store.Run:
    """Make a run that is under way, whose model is elsewhere.

    Raises:
        StoreError: it can't be written.
        ValueError: the name is empty.
    """
    return db.bring(
        name=name,
        dataset=images.name,
        dataset_sha256=images.sha256,
        class_names=images.class_names,
        epochs=epochs,
        trace=trace,
        versions=versions(),
    )


def results(found: answers.Answers, images: datasets.Dataset) -> dict[str, object]:
    """Return what the store keeps of answers: figures as columns, and `artifacts`."""
    wrong = int((found.y_pred != images.y_test).sum())
    kept = {artifacts.LABELS: artifacts.write_labels(images.y_test)}
    loss = None
    if found.probs is not None:
        kept[artifacts.PROBS] = artifacts.write_probs(found.probs)
        loss = evaluation.Evaluation(images.y_test, found.probs).loss
    else:
        kept[artifacts.ANSWERS] = artifacts.write_answers(found.y_pred, found.confidence)
    return {
        "test_accuracy": (len(images.y_test) - wrong) / len(images.y_test),
        "test_errors": wrong,
        "test_loss": loss,
        "artifacts": kept,
    }


def logged(run: store.Run, images: datasets.Dataset, notes: Sequence[str]) -> Logged:
    """Return what a person is told of a finished run."""
    return Logged(
        id=run.id,
        name=run.name,
        accuracy=run.test_accuracy,
        errors=run.test_errors,
        images=len(images.y_test),
        link=link(run.id),
        notes=tuple(notes),
    )


def link(run_id: str) -> str:
    """Return the address at which a dashboard shows a run."""
    return f"{settings.address().rstrip('/')}/?{urllib.parse.urlencode({'run': run_id})}"


def versions() -> dict[str, str]:
    """List the versions of what this process uses: only what is loaded already."""
    found = {"mnistdash": version.text(), "python": platform.python_version()}
    for name in _LIBRARIES:
        if name in sys.modules:
            shown = "scikit-learn" if name == "sklearn" else name
            found[shown] = str(getattr(sys.modules[name], "__version__", "")) or _installed(shown)
    return found


def _installed(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def _sum_of_seconds(history: Sequence[Mapping[str, object]]) -> float | None:
    known = [figures.get("seconds") for figures in history]
    return float(np.sum(known)) if known and None not in known else None
