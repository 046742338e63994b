"""What a finished run answered, and to which images: from the store and the data sets together."""

from typing import TYPE_CHECKING

import numpy as np

from mnistdash import artifacts, confidence, datasets, evaluation, store, suspects

if TYPE_CHECKING:
    import pandas

_OTHER_IMAGES = "The answers of {} do not fit the data set's test images."


def answers(db: store.Store, run: store.Run) -> evaluation.Evaluation:
    """Return a finished run's answers to the images it was tested on.

    Their labels are those kept with the run, else its data set's.

    Raises:
        StoreError: the answers are missing, damaged, or to other images.
        DataError: the labels are the data set's, which can't be loaded.
    """
    try:
        labels, classes = _labels(db, run)
        if not run.has_probs and artifacts.ANSWERS in run.artifacts:
            y_pred, confidence = db.predictions(run.id)
            return evaluation.Evaluation.from_predictions(labels, y_pred, confidence, classes)
        found = evaluation.Evaluation(labels, db.probs(run.id))
        if found.num_classes != classes:
            raise ValueError("The run knows another number of classes.")
        return found
    except ValueError:
        said = _OTHER_IMAGES.format("this run")
        raise store.StoreError(f"{said} Train it again.") from None


def answers_after(db: store.Store, run: store.Run, epoch: int) -> evaluation.Evaluation:
    """Return what a traced run answered after an epoch, counted from 0.

    Raises:
        StoreError: the answers are missing, damaged, or to other images.
        DataError: the data set can't be loaded.
    """
    y_pred, confidence = db.predictions(run.id, epoch)
    try:
        labels, classes = _labels(db, run)
        return evaluation.Evaluation.from_predictions(labels, y_pred, confidence, classes)
    except ValueError:
        raise store.StoreError(_OTHER_IMAGES.format("this epoch")) from None


def temperature(db: store.Store, run_id: str, told: evaluation.Evaluation) -> confidence.Scaling:
    """Return what a temperature does to a run's answers, fitted on its validation images or not.

    Raises:
        StoreError: it can't be fitted; the sentence says why.
    """
    if told.probs is None:
        raise store.StoreError(
            "All probabilities of an image are needed for it: of this run one is known."
        )
    found = confidence.scaling(told.probs, told.y_true, validation=db.validation(run_id))
    if found is None:
        raise store.StoreError(f"It takes at least {confidence.FEWEST} images to fit one.")
    return found


def suspect_labels(db: store.Store, run_id: str, name: str) -> suspects.Suspects:
    """Return which labels are suspect to a run and its judges.

    Args:
        db: where that is kept.
        run_id: of the run.
        name: under which it is kept, of `artifacts.suspects`.

    Raises:
        StoreError: it is damaged, or was deleted meanwhile.
    """
    try:
        return suspects.read(db.artifact(run_id, name))
    except ValueError as error:
        raise store.StoreError(str(error)) from None


def _labels(db: store.Store, run: store.Run) -> tuple[np.ndarray, int]:
    """Return the labels of the images that a run was tested on, and how many classes there are."""
    kept = db.labels(run.id)
    if run.class_names and kept is not None:
        return kept, len(run.class_names)
    images = datasets.load(run.dataset)
    return images.y_test, len(images.class_names)


def images(db: store.Store, run: store.Run) -> tuple[datasets.Dataset, str | None]:
    """Return the test images of a run, and what is wrong with them in a sentence.

    Where they are gone, or others have their name by now, a run that keeps its labels is shown
    with empty pictures.

    Raises:
        StoreError: the labels kept with the run are damaged.
        DataError: the images can't be loaded, and the run keeps no labels.
    """
    try:
        found = datasets.load(run.dataset)
    except datasets.DataError as error:
        if (empty := _without_pictures(db, run)) is None:
            raise
        return empty, f"{error} The answers are shown without the pictures."
    if run.dataset_sha256 in (None, found.sha256):
        return found, None
    told = f"{found.title} here differs from the images this run was tested on:"
    if (empty := _without_pictures(db, run)) is None:
        return found, f"{told} the figures may not hold."
    return empty, f"{told} the answers are shown without the pictures."


def _without_pictures(db: store.Store, run: store.Run) -> datasets.Dataset | None:
    labels = db.labels(run.id)
    if labels is None or not run.class_names:
        return None
    nothing = np.broadcast_to(np.zeros((28, 28), np.uint8), (len(labels), 28, 28))
    return datasets.Dataset(
        name=run.dataset,
        title=datasets.title(run.dataset),
        class_names=run.class_names,
        x_test=nothing,
        y_test=labels,
        sha256=run.dataset_sha256 or "",
        verified=True,
        read_train=lambda: (nothing[:0], labels[:0]),
    )


# --- for a notebook -------------------------------------------------------------------------


def errors(run: object) -> "pandas.DataFrame":
    """Return the images that a run got wrong, the most confident error first.

    ```python
    wrong = mnistdash.errors("my net")
    pictures = datasets.load("mnist").x_test[wrong.index]
    ```

    Args:
        run: what `log` returned, or the name or id of a finished run; of several with one name
            the newest counts.

    Returns:
        A row an image: its place in the test set is the `index`; `true_class` and `pred_class`
        are names, `confidence` is the probability of the answer and `of_true_class` that of the
        label, each NaN where nobody knows it.

    Raises:
        ValueError: there is no such run, or its answers can't be read.
    """
    import pandas

    try:
        db = opened()
        found = find(db, run)
        told, names = answers(db, found), np.array(images(db, found)[0].class_names)
    except (store.StoreError, datasets.DataError) as error:
        raise ValueError(str(error)) from None
    wrong = told.select(order="confident")
    unknown = np.full(len(wrong), np.nan, np.float32)
    columns = {
        "true_class": names[told.y_true[wrong]],
        "pred_class": names[told.y_pred[wrong]],
        "confidence": told.confidence[wrong],
        "of_true_class": unknown if told.probs is None else told.probs[wrong, told.y_true[wrong]],
    }
    return pandas.DataFrame(columns, index=pandas.Index(wrong, name="index"))


def opened() -> store.Store:
    """Return this machine's store, with the starters, and images that its database holds.

    Raises:
        StoreError: it can't be opened.
    """
    db = store.Store.to_show()
    store.share_images(db)
    return db


def find(db: store.Store, run: object) -> store.Run:
    """Return the finished run that a person means: by its id, else the newest of that name.

    Raises:
        ValueError: there is none.
    """
    asked = str(getattr(run, "id", run))
    finished = [each for each in db.runs() if each.finished]
    by_name = sorted((r for r in finished if r.name == asked), key=lambda r: -r.created_at)
    found = [each for each in finished if each.id == asked] or by_name
    if not found:
        there = ", ".join(sorted({each.name for each in finished})[:20]) or "none yet"
        raise ValueError(f"No finished run is called {asked!r}. There are: {there}.")
    return found[0]
