"""Caches and what a session remembers: the one place where Streamlit keeps anything."""

import contextlib
import dataclasses
import functools
import threading
from concurrent import futures

import numpy as np
import streamlit as st

from mnistdash import (
    artifacts,
    classifier,
    confidence,
    datasets,
    engine,
    evaluation,
    features,
    labels,
    nearness,
    results,
    settings,
    store,
    suspects,
)
from mnistdash.datasets import uploads

NEIGHBOURS_AMONG = 1_500  # training images, about 0.3 ms each, where a run keeps no features
PAGE_FIRST_SECONDS = 0.5  # the page that asks is shown before it is read ahead
_AT_ONCE_SECONDS = 0.1  # a page waits so long for what is computed in the background


@st.cache_resource(show_spinner=False)
def open_store() -> store.Store:
    """Return the store, shared by all sessions, with the starter runs in it.

    Raises:
        StoreError: it can't be opened.
    """
    db = store.Store.to_show()
    store.share_images(db)
    return db


@st.cache_resource(show_spinner=False)
def open_uploads() -> uploads.Uploads:
    """Return the uploads of images, shared by all sessions."""
    return uploads.Uploads()


@st.cache_resource(show_spinner=False)
def open_engine() -> engine.Engine:
    """Return the engine, shared by all sessions; it starts at the first call."""
    return engine.Engine(open_store())


def look_after_runs() -> None:
    """Name trainings that went silent, and take over those whose dashboard is gone."""
    db = open_store()
    with contextlib.suppress(store.StoreError):  # the next look may find more
        db.interrupt_stale()
        for run_id in db.unattended():
            open_engine().submit(run_id)


@st.cache_resource(max_entries=16, show_spinner=False)
def load_evaluation(run_id: str, dataset: str) -> evaluation.Evaluation:
    """Return a finished run's answers to the images it was tested on.

    Their labels are those kept with the run, else its data set's.

    Raises:
        StoreError: the answers are missing, damaged, or to other images.
        DataError: the labels are the data set's, which can't be loaded.
    """
    del dataset  # a run whose images were renamed is read again
    return results.answers(open_store(), _there(run_id))


def _there(run_id: str) -> store.Run:
    run = open_store().run(run_id)
    if run is None:
        raise store.StoreError("This run is not there (any more).")
    return run


def images_of(run: store.Run) -> tuple[datasets.Dataset, str | None]:
    """Return the test images of a run, and what is wrong with them, as `results.images` does.

    Raises:
        StoreError: the labels kept with the run are damaged.
        DataError: the images can't be loaded, and the run keeps no labels.
    """
    return results.images(open_store(), run)


@st.cache_resource(max_entries=8, show_spinner=False)
def kept_drawings(ids: tuple[str, ...]) -> list[store.Drawing]:
    """Return the drawings that people kept, those of some ids that can be read, in this order.

    Args:
        ids: of the drawings; each stays as it was kept.
    """
    kept = {drawing.id: drawing for drawing in open_store().drawings()}
    return [kept[drawing_id] for drawing_id in ids if drawing_id in kept]


@st.cache_resource(max_entries=8, show_spinner=False)
def load_drawings(ids: tuple[str, ...]) -> datasets.Dataset | None:
    """Return the drawings that people kept as a data set of test images, oldest first.

    Args:
        ids: of the drawings kept now: another drawing makes another data set.
    """
    found = kept_drawings(ids)
    if not found:
        return None
    images = np.stack([drawing.image for drawing in found])
    labels = np.array([drawing.label for drawing in found], np.uint8)
    return datasets.Dataset(
        name="drawings",
        title="My digits",
        class_names=datasets.DIGITS,
        x_test=images,
        y_test=labels,
        sha256="",
        verified=True,
        read_train=lambda: (images[:0], labels[:0]),
    )


@st.cache_resource(max_entries=16, show_spinner=False)
def evaluate_drawings(run_id: str, ids: tuple[str, ...]) -> evaluation.Evaluation:
    """Return a run's answers to the drawings that people kept.

    Raises:
        StoreError: the run's model is missing or damaged, or no drawing can be read.
    """
    drawings = load_drawings(ids)
    if drawings is None:
        raise store.StoreError(
            "None of the drawings kept can be read (any more). Choose the run's own test images."
        )
    model = load_classifier(run_id)
    if model.num_classes != len(drawings.class_names):
        raise store.StoreError("This run's model does not answer with the ten digits.")
    return evaluation.Evaluation(drawings.y_test, model.probs(drawings.x_test))


@st.cache_resource(max_entries=64, show_spinner=False)
def load_epoch(run_id: str, dataset: str, epoch: int) -> evaluation.Evaluation:
    """Return what a traced run answered after an epoch, counted from 0.

    Raises:
        StoreError: the answers are missing, damaged, or to other images.
        DataError: the data set can't be loaded.
    """
    del dataset
    return results.answers_after(open_store(), _there(run_id), epoch)


@st.cache_resource(max_entries=16, show_spinner=False)
def load_once_right(run_id: str, dataset: str, epochs: int) -> np.ndarray:
    """Return which test images were right after some epoch and wrong at the end, bool `(n,)`.

    Raises:
        StoreError: the answers of an epoch are missing or damaged.
        DataError: the data set can't be loaded.
    """
    final = load_evaluation(run_id, dataset)
    by_epoch = load_epochs(run_id, dataset, epochs)
    return evaluation.once_right(final.y_true, [*by_epoch, final.y_pred])


@st.cache_resource(max_entries=16, show_spinner=False)
def load_epochs(run_id: str, dataset: str, epochs: int) -> np.ndarray:
    """Return the classes that a traced run answered after each epoch, uint8 `(epochs, n)`.

    Raises:
        StoreError: the answers of an epoch are missing or damaged.
        DataError: the data set can't be loaded.
    """
    return np.stack([load_epoch(run_id, dataset, e).y_pred for e in range(epochs)]).astype(np.uint8)


@st.cache_resource(max_entries=512, show_spinner=False)
def load_answers(run_id: str, dataset: str) -> np.ndarray:
    """Return the classes that a finished run answered for its test images, uint8 `(n,)`.

    Far smaller than the probabilities, so that those of many runs can be kept at hand.

    Raises:
        StoreError: they are missing, damaged, or to other images.
        DataError: the data set can't be loaded.
    """
    return load_evaluation(run_id, dataset).y_pred.astype(np.uint8)


def load_features(
    run: store.Run, dataset: datasets.Dataset
) -> tuple[features.Features, np.ndarray]:
    """Return what a run's last layer receives of training images, and which images these are.

    All of them where that is kept with the run, else some that are spread over all.

    Returns:
        Features of n images, and their places among the training images, int64 `(n,)`.

    Raises:
        StoreError: the run's model is missing or damaged, or does not name its layers; or there are
            no training images.
        DataError: the training images are damaged.
    """
    name = artifacts.features(dataset.sha256)
    if name in run.artifacts:
        with contextlib.suppress(store.StoreError):
            found = _kept_features(run.id, name)
            return found, np.arange(len(found))
    found = _some_features(run.id, dataset.name, dataset.sha256)
    return found, np.arange(dataset.num_train)[:: _stride(dataset.num_train)]


@st.cache_resource(max_entries=16, show_spinner=False)
def read_ahead(run_id: str, dataset: str) -> None:
    """Have read in the background what it takes to say why a run's model answers as it does.

    LiteRT, the model, its features and the training images take half a second, once. Whoever looks
    at an answer may ask for its reasons next.
    """
    del dataset  # other images are read again
    reading = threading.Timer(PAGE_FIRST_SECONDS, _read_ahead, [run_id])
    reading.daemon = True
    reading.start()


def _read_ahead(run_id: str) -> None:
    # What is wrong is told where it is asked for.
    with contextlib.suppress(store.StoreError, datasets.DataError, ValueError):
        run = _there(run_id)
        dataset, model = datasets.load(run.dataset), load_classifier(run_id)
        known, _ = load_features(run, dataset)
        known.nearest(model.features(dataset.x_test[:1])[0], 1)
        _ = dataset.x_train


@st.cache_resource(max_entries=4, show_spinner=False)
def _kept_features(run_id: str, name: str) -> features.Features:
    try:
        return features.read(open_store().artifact(run_id, name))
    except ValueError as error:
        raise store.StoreError(str(error)) from None


def load_suspects(run: store.Run, dataset: datasets.Dataset) -> suspects.Suspects | None:
    """Return which labels are suspect to a run and its judges; `None` where nobody asked yet.

    Raises:
        StoreError: that is damaged, or was deleted meanwhile.
    """
    name = artifacts.suspects(dataset.sha256)
    return _kept_suspects(run.id, name) if name in run.artifacts else None


def training_suspects(dataset: datasets.Dataset) -> suspects.Judged | None:
    """Return which training labels are suspect; `None` where no judge was asked yet.

    That is the judges' word alone, the same whichever run keeps it; what is damaged is passed over,
    and can be asked for again.
    """
    for run in open_store().runs():
        with contextlib.suppress(store.StoreError):
            found = load_suspects(run, dataset)
            if found is not None:
                return found.train
    return None


@st.cache_resource(max_entries=8, show_spinner=False)
def _kept_suspects(run_id: str, name: str) -> suspects.Suspects:
    return results.suspect_labels(open_store(), run_id, name)


@st.cache_resource(max_entries=4, show_spinner=False)
def _some_features(run_id: str, dataset: str, sha256: str) -> features.Features:
    del sha256  # other images under the same name have other features
    images = datasets.load(dataset).x_train
    images = np.ascontiguousarray(images[:: _stride(len(images))])
    if not len(images):
        raise store.StoreError(f"{datasets.title(dataset)} has no training images.")
    try:
        return features.gather(load_classifier(run_id).features, images)
    except ValueError as error:
        raise store.StoreError(str(error)) from None


def _stride(total: int) -> int:
    """Tell from one to the next of so many images as neighbours are looked for among at once."""
    return max(1, -(-total // NEIGHBOURS_AMONG))


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainingFacts:
    """What only all training images tell: their pixels' mean and deviation, images in each class.

    The pixels are in 0-255, and there is a count for each class.
    """

    mean: float
    deviation: float
    counts: list[int]


def training_facts(dataset: datasets.Dataset) -> TrainingFacts | None:
    """Return the facts of a data set's training images; `None` while they are computed.

    That takes two seconds for MNIST, once a process, and no page waits for it.

    Raises:
        DataError: the training images are damaged.
    """
    asked = _training_facts(dataset.name, dataset.sha256)
    try:
        return asked.result(timeout=_AT_ONCE_SECONDS)
    except TimeoutError:
        return None
    except datasets.DataError:
        _training_facts.clear(dataset.name, dataset.sha256)  # the file may be replaced
        raise


def training_facts_known(dataset: datasets.Dataset) -> bool:
    """Tell whether `training_facts` has an answer now, be it what is wrong with the images."""
    return _training_facts(dataset.name, dataset.sha256).done()


@st.cache_resource(max_entries=8, show_spinner=False)
def _training_facts(name: str, sha256: str) -> "futures.Future[TrainingFacts]":
    return _background.submit(_compute_training_facts, name)


def _compute_training_facts(name: str) -> TrainingFacts:
    mean, deviation = datasets.pixel_moments(name)
    dataset = datasets.load(name)
    counts = np.bincount(dataset.y_train, minlength=len(dataset.class_names)).tolist()
    return TrainingFacts(mean=mean, deviation=deviation, counts=counts)


_background = futures.ThreadPoolExecutor(1, thread_name_prefix="facts")


@functools.lru_cache(maxsize=16)
def raters(dataset: datasets.Dataset, answers: evaluation.Evaluation) -> dict[int, labels.Votes]:
    """Return the votes on test images whose label raters did not confirm, by index, ascending."""
    return labels.raters(dataset.x_test, answers.y_true, dataset.class_names)


@functools.lru_cache(maxsize=16)
def judged(answers: evaluation.Evaluation, found: suspects.Suspects) -> evaluation.Evaluation:
    """Return answers with what judges think of the labels: the same object again and again."""
    return answers.with_label_quality(found.test.quality)


@functools.lru_cache(maxsize=16)
def temperature_scaling(run_id: str, answers: evaluation.Evaluation) -> confidence.Scaling:
    """Return what a temperature does to a run's answers, as `results.temperature` does.

    It takes 0.05 s for MNIST, 0.2 s for 20,000 images of 62 classes.

    Raises:
        StoreError: it can't be fitted; the sentence says why.
    """
    return results.temperature(open_store(), run_id, answers)


@st.cache_resource(max_entries=16, show_spinner=False)
def load_classifier(run_id: str) -> classifier.Classifier:
    """Return a finished run's model.

    Raises:
        StoreError: the model is missing or damaged.
    """
    try:
        return classifier.Classifier(open_store().artifact(run_id, artifacts.MODEL))
    except ValueError as error:
        raise store.StoreError(str(error)) from None


@st.cache_resource(max_entries=256, show_spinner=False)
def load_flips(run_id: str, pixels: bytes) -> list[nearness.Flip]:
    """Return the smallest changes of an image that turn a run's answer.

    Args:
        run_id: of a run with a model.
        pixels: of the image, uint8 `(28, 28)`, row by row.

    Raises:
        StoreError: the model is missing or damaged.
    """
    image = np.frombuffer(pixels, np.uint8).reshape(28, 28)
    return nearness.flips(load_classifier(run_id).probs, image)


def class_names(run: store.Run) -> tuple[str, ...]:
    """Return the names of a run's classes: its own, else its data set's.

    Numbers where neither has any: an older run, on images that are not here any more.
    """
    if run.class_names:
        return run.class_names
    try:
        names = datasets.class_names(run.dataset)
    except datasets.DataError:
        names = datasets.DIGITS
    count = run.recipe.classes if run.recipe else len(names)
    return names if len(names) == count else tuple(str(c) for c in range(count))


def reads_digits(run: store.Run) -> bool:
    """Tell whether a run's classes are the ten digits."""
    return class_names(run) == datasets.DIGITS


def default_run(runs: list[store.Run]) -> str | None:
    """Return the run to open on: a starter whose images are here, else any whose images are."""
    finished = [run for run in runs if run.finished]
    here = [run for run in finished if datasets.on_this_machine(run.dataset)]
    rank = {"starter-mnist": 0, "starter-optdigits": 1}
    best = min(here or finished, key=lambda run: rank.get(run.id, 2), default=None)
    return best.id if best else None


@dataclasses.dataclass
class Download:
    """A download that goes on in the background, shared by all sessions."""

    name: str
    done: int = 0
    total: int = 0
    running: bool = False
    trouble: str | None = None

    def start(self) -> None:
        """Begin, unless it is under way."""
        if not self.running:
            self.running, self.trouble, self.done = True, None, 0
            threading.Thread(target=self._work, daemon=True).start()

    def _work(self) -> None:
        try:
            datasets.fetch(self.name, on_progress=self._progress)
        except datasets.DataError as error:
            self.trouble = str(error)
        finally:
            self.running = False

    def _progress(self, done: int, total: int) -> None:
        self.done, self.total = done, total


@st.cache_resource(show_spinner=False)
def download(name: str) -> Download:
    """Return the download of a data set; it begins at once where that is allowed."""
    found = Download(name)
    if settings.may_download() and not datasets.on_this_machine(name):
        found.start()
    return found
