"""One training of a recipe: our own loop over Keras's mathematics, evaluation and conversion."""

import collections.abc
import contextlib
import dataclasses
import functools
import gc
import importlib.metadata
import json
import math
import os
import platform
import time
import typing

import keras
import numpy as np
import tensorflow as tf

from mnistdash import artifacts as kept_as
from mnistdash import classifier, corrections, datasets, recipes, version
from mnistdash.training import keeping, network, progress, steps

CALL_SECONDS = 0.2  # one call into TensorFlow; between two a training reports and may be stopped
_EVALUATE_BATCH = 500
_VALIDATION_KEPT = 5_000  # images: a temperature needs no more, and each run keeps them
_MULTIPLICATIONS_TO_SHARE = 32_000_000  # in one step; fewer are done sooner by one thread


def train(
    recipe: recipes.Recipe,
    dataset: datasets.Dataset,
    *,
    drawings: collections.abc.Iterable[np.ndarray] = (),
    on_progress: progress.OnProgress | None = None,
    on_epoch: progress.OnEpoch | None = None,
    should_stop: collections.abc.Callable[[], bool] | None = None,
    checkpoint: bytes | None = None,
    trace: bool = False,
) -> progress.Outcome:
    """Train a recipe, evaluate it on the test images and convert it.

    The same recipe, data, machine and threads give the same weights bit for bit, also when
    resumed from a checkpoint. The process must hold no other TensorFlow objects: they are
    invalid once a training has changed the number of threads.

    Args:
        recipe: what to train.
        dataset: what to train on.
        drawings: uint8 `(28, 28)` each, for a recipe that learns some of them.
        on_progress: called at least twice a second while steps run.
        on_epoch: called after each epoch with its figures, a checkpoint to resume from, and with
            `trace` what the model now says of the test images.
        should_stop: asked as often as progress is reported; True cancels.
        checkpoint: from an earlier training of this recipe on this dataset; continues after it.
        trace: whether to predict the test images after each epoch.

    Returns:
        How it ended. A loss that is no longer a finite number is a status, not an error.

    Raises:
        ValueError: the recipe doesn't fit the dataset or names images that are not there, or the
            checkpoint is not of this recipe.
    """
    learnt = corrections.applied(recipe, dataset.x_train, dataset.y_train, drawings)
    dataset = _Arrays(*learnt, dataset.x_test, dataset.y_test)
    recipes.check_fits(recipe, len(dataset.x_train))
    if dataset.y_train.max() >= recipe.classes:
        raise ValueError(
            f"`classes` must be above every label. Received: classes={recipe.classes}, labels up"
            f" to {dataset.y_train.max()}. Use the number of the data set's class names."
        )
    watch = progress.Watch(recipe, on_progress or _ignore, should_stop or _never)
    watch.begin()
    _use_threads(threads_for(recipe))
    session = _Session(recipe, dataset, watch)
    if checkpoint is not None:
        session.restore(checkpoint)
    try:
        while not session.is_over():
            epoch = session.run_epoch()
            predictions = session.predictions() if trace else None
            if on_epoch is not None:
                on_epoch(epoch, session.checkpoint(), predictions)
        return session.finish()
    except progress.Cancelled:
        return session.outcome("cancelled", f"Cancelled in epoch {len(session.history) + 1}.")
    except progress.Diverged:
        return session.outcome(
            "diverged", f"Diverged at epoch {len(session.history)}: the loss is no longer a number."
        )


def threads_for(recipe: recipes.Recipe) -> tuple[int, int]:
    """Choose how many threads work within one operation, and how many operations run at once.

    Sharing a small step between two threads costs more than it saves: 128 units at batch 32 take
    1.6 times as long. Two operations at once never paid.
    """
    multiplications = sum(layer.multiplications for layer in recipe.table) * recipe.batch_size
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (cores or 1) if multiplications >= _MULTIPLICATIONS_TO_SHARE else 1, 1


def _use_threads(threads: tuple[int, int]) -> None:
    """Start TensorFlow with these threads, or start it anew when it runs with others.

    TensorFlow offers no public way to change its threads once it ran. With the environment
    variable below every new context has threads of its own (`LocalDevice` in TensorFlow's
    `common_runtime/local_device.cc`); the idle ones of an earlier context stay, two or three.
    """
    if threads == _threads_in_use():
        return
    os.environ["TF_OVERRIDE_GLOBAL_THREADPOOL"] = "1"
    keras.backend.clear_session()
    # A TensorFlow where this fails trains with the threads it has: slower, not wrong.
    with contextlib.suppress(ImportError, AttributeError, RuntimeError):
        from tensorflow.python.eager import context

        context._reset_context()
        tf.config.threading.set_intra_op_parallelism_threads(threads[0])
        tf.config.threading.set_inter_op_parallelism_threads(threads[1])


def _threads_in_use() -> tuple[int, int]:
    threading = tf.config.threading
    return (
        threading.get_intra_op_parallelism_threads(),
        threading.get_inter_op_parallelism_threads(),
    )


def warm() -> None:
    """Touch everything a first training needs, so that the click on Train is quick.

    It takes about 2 s on two cores, after an import of this module of 4 to 10 s.
    """
    images = np.zeros((64, 28, 28), np.uint8)
    labels = np.arange(64, dtype=np.uint8) % 10
    tiny = _Arrays(images, labels, images, labels)
    layers = "conv2x3 pool2 drop.2 flatten dense8"
    train(recipes.Recipe(layers=layers, epochs=1, validation=0.25), tiny)
    # TensorFlow's million objects stay; each later collection need not look at them (0.3 s).
    gc.freeze()


class _Arrays(typing.NamedTuple):
    """As much of a `datasets.Dataset` as a training reads."""

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


def _ignore(progress: progress.Progress) -> None:
    del progress


def _never() -> bool:
    return False


class _Session:
    """A model in training with its data, its optimizer and its history."""

    def __init__(self, recipe: recipes.Recipe, dataset: _Arrays, watch: progress.Watch) -> None:
        keras.backend.clear_session()
        keras.utils.set_random_seed(recipe.seed)
        self._recipe = recipe
        self._dataset = dataset
        self._watch = watch
        self._versions = versions()
        pixels = dataset.x_train
        standardised = recipe.scaling == "standardised"
        mean, deviation = datasets.moments(pixels) if standardised else (0.0, 1.0)
        # Images of one grey have no deviation to divide by.
        self._model = network.build(recipe, mean=mean, deviation=deviation or 1.0)
        self._start = keeping.values(self._model)
        self._slots = steps.slots(recipe, self._model)
        self._best = self._start
        self.history: list[progress.Epoch] = []

        # As Keras's `validation_split` counts; the smallest share is one image.
        train_size = math.floor(len(pixels) * (1.0 - recipe.validation))
        self._train_size = min(train_size, len(pixels) - bool(recipe.validation))
        self._watch.steps = math.ceil(self._train_size / recipe.batch_size)
        # `tf.constant` would copy the images twice.
        images = tf.raw_ops.Identity(input=pixels[: self._train_size])
        labels = tf.constant(dataset.y_train[: self._train_size].astype(np.int32))
        of_size = functools.partial(
            steps.step_function, recipe, self._model, self._slots, images, labels
        )
        self._steps_of = functools.cache(of_size)
        self._evaluate = steps.evaluate_function(self._model)
        self._rates = steps.learning_rates(recipe, self._watch.steps)
        self._pace = 1  # steps in a call

    # -- running

    def is_over(self) -> bool:
        """Whether all epochs ran, or validation has not improved for long enough."""
        done = len(self.history)
        patience = self._recipe.patience
        waited = done - 1 - self._best_epoch() if patience and done else 0
        return done >= self._recipe.epochs or (patience > 0 and waited >= patience)

    def run_epoch(self) -> progress.Epoch:
        began = self._watch.seconds()
        number = len(self.history)
        sums = self._run_steps(number)
        val_loss = val_accuracy = None
        if self._recipe.validation and sums.loss() is not None:
            held_out = slice(self._train_size, None)
            val_loss, val_accuracy = self._validate(
                self._dataset.x_train[held_out], self._dataset.y_train[held_out]
            )
        epoch = progress.Epoch(
            epoch=number,
            loss=sums.loss(),
            accuracy=sums.accuracy(),
            val_loss=val_loss,
            val_accuracy=val_accuracy,
            learning_rate=float(self._rates[(number + 1) * self._watch.steps - 1]),
            seconds=self._watch.seconds() - began,
        )
        self.history.append(epoch)
        lost = epoch.loss is None or (self._recipe.validation and val_loss is None)
        # The last step's loss is that of before it: what it made of the weights shows in them.
        if lost or not keeping.all_finite(self._model):
            raise progress.Diverged
        if self._best_epoch() == number:
            self._best = keeping.values(self._model)
        return epoch

    def _run_steps(self, epoch: int) -> progress.Sums:
        size = self._recipe.batch_size
        order = np.random.default_rng([self._recipe.seed, epoch]).permutation(self._train_size)
        order = order.astype(np.int32)
        sums = progress.Sums()
        full = self._train_size // size
        step = 0
        while step < full and (sums.images == 0 or sums.loss() is not None):
            count = min(self._pace, full - step)
            batches = order[step * size : (step + count) * size].reshape(count, size)
            self._call_steps(epoch, step, batches, sums)
            step += count
        if full * size < self._train_size and (full == 0 or sums.loss() is not None):
            self._call_steps(epoch, full, order[None, full * size :], sums)
        return sums

    def _call_steps(self, epoch: int, step: int, batches: np.ndarray, sums: progress.Sums) -> None:
        """Take some steps in one call, and choose how many the next call takes."""
        began = time.perf_counter()
        first = epoch * self._watch.steps + step
        rates = self._rates[first : first + len(batches)]
        take_steps = self._steps_of(batches.shape[1])
        losses, hits = take_steps(batches, rates, np.int64(first)).numpy().T
        sums.add(losses * batches.shape[1], np.rint(hits * batches.shape[1]), batches.size)
        self._watch.report(epoch, step + len(batches), sums)
        fitting = len(batches) * CALL_SECONDS / (time.perf_counter() - began)
        self._pace = max(1, min(int(fitting), 4 * self._pace))

    def _validate(self, images: np.ndarray, labels: np.ndarray) -> tuple[float | None, float]:
        sums = progress.Sums()
        for part, logs in self._logs(images):
            rows = np.arange(len(logs))
            truth = labels[part]
            of_label = logs[rows, truth]
            sums.add(-of_label.astype(np.float64), logs.argmax(axis=1) == truth, len(logs))
        return sums.loss(), sums.accuracy()

    def _logs(self, images: np.ndarray) -> collections.abc.Iterator[tuple[slice, np.ndarray]]:
        """Compute the logarithm of every probability, part by part, float32 (part, 10)."""
        for start in range(0, len(images), _EVALUATE_BATCH):
            part = slice(start, start + _EVALUATE_BATCH)
            yield part, self._evaluate(images[part]).numpy()
            self._watch.still_here()

    def predictions(self) -> progress.Predictions:
        logs = np.concatenate([logs for _, logs in self._logs(self._dataset.x_test)])
        return progress.Predictions(
            y_pred=logs.argmax(axis=1).astype(np.uint8),
            confidence=np.exp(logs.max(axis=1)).astype(np.float16),
        )

    # -- resuming

    def checkpoint(self) -> bytes:
        """Write everything that the next epoch depends on."""
        arrays = {
            "recipe": np.array(self._recipe.to_json()),
            "history": np.array(json.dumps([dataclasses.asdict(e) for e in self.history])),
        }
        arrays |= {f"now/{name}": value for name, value in keeping.values(self._model).items()}
        if self._recipe.keep == "best":
            arrays |= {f"best/{name}": value for name, value in self._best.items()}
        arrays |= {f"slot/{name}": slot.numpy() for name, slot in self._slots.items()}
        return kept_as.write_arrays(arrays)

    def restore(self, checkpoint: bytes) -> None:
        """Continue after a checkpoint.

        Raises:
            ValueError: it is not a checkpoint of this recipe.
        """
        try:
            arrays = kept_as.read_arrays(checkpoint)
        except ValueError:
            raise ValueError("This checkpoint can't be read. Start the training anew.") from None
        if recipes.Recipe.from_json(str(arrays["recipe"])) != self._recipe:
            raise ValueError(
                "This checkpoint belongs to another recipe. Resume with the recipe of its run."
            )
        try:
            keeping.assign(self._model, keeping.under("now", arrays))
            self._best = keeping.under("best", arrays)
            for name, slot in self._slots.items():
                slot.assign(arrays[f"slot/{name}"])
            self.history = [progress.Epoch(**entry) for entry in json.loads(str(arrays["history"]))]
        except (KeyError, TypeError, ValueError):
            raise ValueError("This checkpoint is damaged. Start the training anew.") from None
        self._watch.add_seconds(sum(epoch.seconds for epoch in self.history))

    # -- ending

    def finish(self) -> progress.Outcome:
        """Evaluate and convert what was kept."""
        if self._recipe.keep == "best":
            keeping.assign(self._model, self._best)
        model = keeping.litert_model(self._model)
        self._watch.still_here()
        probs = classifier.Classifier(model, threads=2).probs(self._dataset.x_test)
        if not np.isfinite(probs).all():  # finite weights so large that their sums are not
            raise progress.Diverged
        truth = self._dataset.y_test
        errors = int((probs.argmax(axis=1) != truth).sum())
        end = keeping.values(self._model)
        artifacts = {
            kept_as.WEIGHTS: kept_as.write_arrays(end),
            kept_as.MODEL: model,
            kept_as.KERAS: keeping.keras_file(self._model),
            kept_as.HISTOGRAMS: keeping.histograms(self._start, end),
        }
        if self._recipe.validation:
            artifacts[kept_as.VALIDATION] = self._validation_answers()
        return dataclasses.replace(
            self.outcome("finished", self._why_finished()),
            test_loss=keeping.log_loss(probs, truth),
            test_accuracy=1 - errors / len(truth),
            test_errors=errors,
            probs=probs,
            artifacts=artifacts,
        )

    def _validation_answers(self) -> bytes:
        held_out = slice(self._train_size, self._train_size + _VALIDATION_KEPT)
        logs = [logs for _, logs in self._logs(self._dataset.x_train[held_out])]
        probs = np.exp(np.concatenate(logs))
        return kept_as.write_validation(probs, self._dataset.y_train[held_out])

    def outcome(self, status: str, reason: str) -> progress.Outcome:
        return progress.Outcome(
            status=status,
            reason=reason,
            history=tuple(self.history),
            seconds=self._watch.seconds(),
            threads=_threads_in_use(),
            versions=self._versions,
            best_epoch=self._best_epoch() if self.history else None,
        )

    def _why_finished(self) -> str:
        if len(self.history) < self._recipe.epochs:
            return (
                f"Stopped early after epoch {len(self.history)}: the validation loss was lowest"
                f" at epoch {self._best_epoch() + 1}."
            )
        epochs = self._recipe.epochs
        return f"All {epochs} epochs ran." if epochs > 1 else "The one epoch ran."

    def _best_epoch(self) -> int:
        """The epoch of the lowest validation loss, Keras's own measure; else the last."""
        losses = [epoch.val_loss for epoch in self.history]
        known = [loss for loss in losses if loss is not None]
        return losses.index(min(known)) if known else len(losses) - 1


def versions() -> dict[str, str]:
    """List the versions that a run's weights depend on: our own, and those of what we use."""
    names = ("tensorflow", "keras", "numpy", "ai-edge-litert")
    ours = {"mnistdash": version.text(), "python": platform.python_version()}
    return ours | {name: importlib.metadata.version(name) for name in names}
