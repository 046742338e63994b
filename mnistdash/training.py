"""Training a recipe: our own loop over Keras's mathematics, evaluation and conversion."""

import collections.abc
import contextlib
import dataclasses
import functools
import gc
import importlib.metadata
import io
import json
import math
import os
import pathlib
import platform
import tempfile
import time
import typing

import keras
import numpy as np
import tensorflow as tf
from tensorflow.python.eager import context

from mnistdash import augmentation, classifier, datasets, network, recipes

CALL_SECONDS = 0.2  # one call into TensorFlow; between two a training reports and may be stopped
_EVALUATE_BATCH = 500
_MULTIPLICATIONS_TO_SHARE = 32_000_000  # in one step; fewer are done sooner by one thread
_HISTOGRAM_BINS = 40
_MAX_CHECKPOINT_BYTES = 512 * 2**20
# Keras's defaults, which the published models were trained with.
_BETA_1, _BETA_2, _EPSILON, _RHO, _WEIGHT_DECAY = 0.9, 0.999, 1e-7, 0.9, 0.004


@dataclasses.dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a training is; loss and accuracy are means over this epoch so far."""

    epoch: int
    epochs: int
    step: int
    steps: int  # in one epoch
    loss: float | None
    accuracy: float | None
    seconds: float  # since the training began, those before a resumption included


@dataclasses.dataclass(frozen=True, kw_only=True)
class Epoch:
    """One finished epoch; None stands for what is not a finite number or was not measured."""

    epoch: int
    loss: float | None
    accuracy: float | None
    val_loss: float | None = None
    val_accuracy: float | None = None
    learning_rate: float  # of the last step
    seconds: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class Predictions:
    """What the model says of every test image at the end of an epoch."""

    y_pred: np.ndarray  # uint8 (n,)
    confidence: np.ndarray  # float16 (n,)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a training ended; everything after `best_epoch` is None or empty unless it finished."""

    status: typing.Literal["finished", "cancelled", "diverged"]
    reason: str  # one sentence
    history: tuple[Epoch, ...]
    seconds: float
    threads: tuple[int, int]  # within one operation, between operations
    versions: dict[str, str]
    best_epoch: int | None  # whose weights were kept, or the best on validation
    test_loss: float | None = None
    test_accuracy: float | None = None
    test_errors: int | None = None
    probs: np.ndarray | None = None  # float32 (n, 10), from the LiteRT model
    artifacts: dict[str, bytes] = dataclasses.field(default_factory=dict)


OnProgress = collections.abc.Callable[[Progress], None]
OnEpoch = collections.abc.Callable[[Epoch, bytes, Predictions | None], None]


class _Cancelled(Exception):
    pass


class _Diverged(Exception):
    pass


# --- the one door -----------------------------------------------------------------------------


def train(
    recipe: recipes.Recipe,
    dataset: datasets.Dataset,
    *,
    on_progress: OnProgress | None = None,
    on_epoch: OnEpoch | None = None,
    should_stop: collections.abc.Callable[[], bool] | None = None,
    checkpoint: bytes | None = None,
    trace: bool = False,
) -> Outcome:
    """Train a recipe, evaluate it on the test images and convert it.

    The same recipe, data, machine and threads give the same weights bit for bit, also when
    resumed from a checkpoint. The process must hold no other TensorFlow objects: they are
    invalid once a training has changed the number of threads.

    Args:
        recipe: what to train.
        dataset: what to train on.
        on_progress: called at least twice a second while steps run.
        on_epoch: called after each epoch with its figures, a checkpoint to resume from, and with
            `trace` what the model now says of the test images.
        should_stop: asked as often as progress is reported; True cancels.
        checkpoint: from an earlier training of this recipe on this dataset; continues after it.
        trace: whether to predict the test images after each epoch.

    Returns:
        How it ended. A loss that is no longer a finite number is a status, not an error.

    Raises:
        ValueError: the recipe doesn't fit the dataset, or the checkpoint is not of this recipe.
    """
    recipes.check_fits(recipe, len(dataset.x_train))
    watch = _Watch(recipe, on_progress or _ignore, should_stop or _never)
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
    except _Cancelled:
        return session.outcome("cancelled", f"Cancelled in epoch {len(session.history) + 1}.")
    except _Diverged:
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
    with contextlib.suppress(AttributeError, RuntimeError):
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
    labels = np.arange(64, dtype=np.uint8) % recipes.NUM_CLASSES
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


def _ignore(progress: Progress) -> None:
    del progress


def _never() -> bool:
    return False


# --- reporting --------------------------------------------------------------------------------


class _Watch:
    """Reports progress, and stops a training that is to stop."""

    def __init__(
        self,
        recipe: recipes.Recipe,
        on_progress: OnProgress,
        should_stop: collections.abc.Callable[[], bool],
    ) -> None:
        self._recipe = recipe
        self._on_progress = on_progress
        self._should_stop = should_stop
        self._began = time.perf_counter()
        self.steps = 1  # in one epoch; known once the images are split
        self._last = (0, 0, None, None)

    def seconds(self) -> float:
        return time.perf_counter() - self._began

    def add_seconds(self, seconds: float) -> None:
        """Count the seconds that passed before a resumption."""
        self._began -= seconds

    def begin(self) -> None:
        """Report before anything is done; a stop is asked for as soon as it can be answered."""
        self._tell()

    def report(self, epoch: int, step: int, sums: "_Sums | None") -> None:
        loss = None if sums is None else sums.loss()
        accuracy = None if sums is None else sums.accuracy()
        self._last = (epoch, step, loss, accuracy)
        self.still_here()

    def still_here(self) -> None:
        """Report the same figures again, while something other than steps takes its time."""
        if self._should_stop():
            raise _Cancelled
        self._tell()

    def _tell(self) -> None:
        epoch, step, loss, accuracy = self._last
        self._on_progress(
            Progress(
                epoch=epoch,
                epochs=self._recipe.epochs,
                step=step,
                steps=self.steps,
                loss=loss,
                accuracy=accuracy,
                seconds=self.seconds(),
            )
        )


class _Sums:
    """Loss and hits; the loss is summed exactly, so that grouping the steps doesn't change it."""

    def __init__(self) -> None:
        self.images = 0
        self._losses: list[float] = []
        self._hits = 0

    def add(self, losses: np.ndarray, hits: np.ndarray, images: int) -> None:
        self._losses.extend(losses.tolist())
        self._hits += int(hits.sum())
        self.images += images

    def loss(self) -> float | None:
        return _finite(math.fsum(self._losses) / self.images)

    def accuracy(self) -> float:
        return self._hits / self.images


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


# --- one training -----------------------------------------------------------------------------


class _Session:
    """A model in training with its data, its optimizer and its history."""

    def __init__(self, recipe: recipes.Recipe, dataset: _Arrays, watch: _Watch) -> None:
        keras.backend.clear_session()
        keras.utils.set_random_seed(recipe.seed)
        self._recipe = recipe
        self._dataset = dataset
        self._watch = watch
        pixels = dataset.x_train
        standardised = recipe.scaling == "standardised"
        mean, deviation = datasets.moments(pixels) if standardised else (0.0, 1.0)
        # Images of one grey have no deviation to divide by.
        self._model = network.build(recipe, mean=mean, deviation=deviation or 1.0)
        self._start = _values(self._model)
        self._slots = _slots(recipe, self._model)
        self._best = self._start
        self.history: list[Epoch] = []

        # As Keras's `validation_split` counts; the smallest share is one image.
        train_size = math.floor(len(pixels) * (1.0 - recipe.validation))
        self._train_size = min(train_size, len(pixels) - bool(recipe.validation))
        self._watch.steps = math.ceil(self._train_size / recipe.batch_size)
        # `tf.constant` would copy the images twice.
        images = tf.raw_ops.Identity(input=pixels[: self._train_size])
        labels = tf.constant(dataset.y_train[: self._train_size].astype(np.int32))
        steps = functools.partial(_step_function, recipe, self._model, self._slots, images, labels)
        self._steps_of = functools.cache(steps)
        self._evaluate = _evaluate_function(self._model)
        self._rates = _learning_rates(recipe, self._watch.steps)
        self._pace = 1  # steps in a call

    # -- running

    def is_over(self) -> bool:
        """Whether all epochs ran, or validation has not improved for long enough."""
        done = len(self.history)
        patience = self._recipe.patience
        waited = done - 1 - self._best_epoch() if patience and done else 0
        return done >= self._recipe.epochs or (patience > 0 and waited >= patience)

    def run_epoch(self) -> Epoch:
        began = self._watch.seconds()
        number = len(self.history)
        sums = self._run_steps(number)
        val_loss = val_accuracy = None
        if self._recipe.validation and sums.loss() is not None:
            held_out = slice(self._train_size, None)
            val_loss, val_accuracy = self._validate(
                self._dataset.x_train[held_out], self._dataset.y_train[held_out]
            )
        epoch = Epoch(
            epoch=number,
            loss=sums.loss(),
            accuracy=sums.accuracy(),
            val_loss=val_loss,
            val_accuracy=val_accuracy,
            learning_rate=float(self._rates[(number + 1) * self._watch.steps - 1]),
            seconds=self._watch.seconds() - began,
        )
        self.history.append(epoch)
        if epoch.loss is None or (self._recipe.validation and val_loss is None):
            raise _Diverged
        if self._best_epoch() == number:
            self._best = _values(self._model)
        return epoch

    def _run_steps(self, epoch: int) -> _Sums:
        size = self._recipe.batch_size
        order = np.random.default_rng([self._recipe.seed, epoch]).permutation(self._train_size)
        order = order.astype(np.int32)
        sums = _Sums()
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

    def _call_steps(self, epoch: int, step: int, batches: np.ndarray, sums: _Sums) -> None:
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
        sums = _Sums()
        for part, answers in self._answers(images):
            rows = np.arange(len(answers))
            truth = labels[part]
            logs = answers[rows, truth]
            sums.add(-logs.astype(np.float64), answers.argmax(axis=1) == truth, len(answers))
        return sums.loss(), sums.accuracy()

    def _answers(self, images: np.ndarray) -> collections.abc.Iterator[tuple[slice, np.ndarray]]:
        """Compute the logarithm of every probability, part by part, float32 (part, 10)."""
        for start in range(0, len(images), _EVALUATE_BATCH):
            part = slice(start, start + _EVALUATE_BATCH)
            yield part, self._evaluate(images[part]).numpy()
            self._watch.still_here()

    def predictions(self) -> Predictions:
        logs = np.concatenate([answers for _, answers in self._answers(self._dataset.x_test)])
        return Predictions(
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
        arrays |= {f"now/{name}": value for name, value in _values(self._model).items()}
        if self._recipe.keep == "best":
            arrays |= {f"best/{name}": value for name, value in self._best.items()}
        arrays |= {f"slot/{name}": slot.numpy() for name, slot in self._slots.items()}
        return _npz(arrays)

    def restore(self, checkpoint: bytes) -> None:
        """Continue after a checkpoint.

        Raises:
            ValueError: it is not a checkpoint of this recipe.
        """
        arrays = _read_checkpoint(checkpoint)
        if recipes.Recipe.from_json(str(arrays["recipe"])) != self._recipe:
            raise ValueError(
                "This checkpoint belongs to another recipe. Resume with the recipe of its run."
            )
        try:
            _assign(self._model, _under("now", arrays))
            self._best = _under("best", arrays)
            for name, slot in self._slots.items():
                slot.assign(arrays[f"slot/{name}"])
            self.history = [Epoch(**entry) for entry in json.loads(str(arrays["history"]))]
        except (KeyError, TypeError, ValueError):
            raise ValueError("This checkpoint is damaged. Start the training anew.") from None
        self._watch.add_seconds(sum(epoch.seconds for epoch in self.history))

    # -- ending

    def finish(self) -> Outcome:
        """Evaluate and convert what was kept."""
        if self._recipe.keep == "best":
            _assign(self._model, self._best)
        model = _litert_model(self._model)
        self._watch.still_here()
        probs = classifier.Classifier(model, threads=2).probs(self._dataset.x_test)
        truth = self._dataset.y_test
        errors = int((probs.argmax(axis=1) != truth).sum())
        end = _values(self._model)
        artifacts = {
            "weights.npz": _npz(end),
            "model.tflite": model,
            "model.keras": _keras_file(self._model),
            "histograms.json": _histograms(self._start, end),
        }
        return dataclasses.replace(
            self.outcome("finished", self._why_finished()),
            test_loss=_log_loss(probs, truth),
            test_accuracy=1 - errors / len(truth),
            test_errors=errors,
            probs=probs,
            artifacts=artifacts,
        )

    def outcome(self, status: str, reason: str) -> Outcome:
        return Outcome(
            status=status,
            reason=reason,
            history=tuple(self.history),
            seconds=self._watch.seconds(),
            threads=_threads_in_use(),
            versions=versions(),
            best_epoch=self._best_epoch() if self.history else None,
        )

    def _why_finished(self) -> str:
        if len(self.history) < self._recipe.epochs:
            return (
                f"Stopped early after epoch {len(self.history)}: the validation loss was lowest"
                f" at epoch {self._best_epoch() + 1}."
            )
        return f"All {self._recipe.epochs} epochs ran."

    def _best_epoch(self) -> int:
        """The epoch of the lowest validation loss, Keras's own measure; else the last."""
        losses = [epoch.val_loss for epoch in self.history]
        known = [loss for loss in losses if loss is not None]
        return losses.index(min(known)) if known else len(losses) - 1


def versions() -> dict[str, str]:
    """List the versions that a run's weights depend on."""
    names = ("tensorflow", "keras", "numpy", "ai-edge-litert")
    return {"python": platform.python_version()} | {
        name: importlib.metadata.version(name) for name in names
    }


# --- the traced functions ---------------------------------------------------------------------


def _step_function(
    recipe: recipes.Recipe,
    model: keras.Model,
    slots: dict[str, tf.Variable],
    images: tf.Tensor,
    labels: tf.Tensor,
    size: int,
) -> tf.types.experimental.PolymorphicFunction:
    """Trace a function that takes any number of training steps, of `size` images, in one call."""
    variables = [variable.value for variable in model.trainable_variables]
    seed = tf.constant(recipe.seed, tf.int64)

    def take_step(batch: tf.Tensor, rate: tf.Tensor, step: tf.Tensor) -> tuple:
        pixels, truth = tf.gather(images, batch), tf.gather(labels, batch)
        if recipe.augments:
            pixels = augmentation.augment(pixels, truth, recipe, (seed, step))
        with tf.GradientTape() as tape:
            answers = network.logits(model, pixels, key=(seed, step))
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(truth, answers)
        # Of the mean loss, without the operations that a mean's own gradient takes.
        gradients = tape.gradient(losses, variables, tf.fill([size], 1 / size))
        _apply(recipe, model, slots, gradients, rate, step)
        hits = tf.cast(tf.argmax(answers, 1, tf.int32) == truth, tf.float32)
        return tf.reduce_mean([losses, hits], axis=1)

    return _many_steps(take_step, size)


def _many_steps(
    take_step: collections.abc.Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tuple],
    size: int,
) -> tf.types.experimental.PolymorphicFunction:
    """Trace a loop over a step's batches and learning rates."""
    spec = tf.TensorSpec
    signature = [spec([None, size], tf.int32), spec([None], tf.float32), spec([], tf.int64)]

    @tf.function(input_signature=signature, autograph=False)
    def take_steps(batches: tf.Tensor, rates: tf.Tensor, first: tf.Tensor) -> tuple:
        count = tf.shape(batches)[0]

        def body(i: tf.Tensor, figures: tf.TensorArray) -> tuple:
            step = first + tf.cast(i, tf.int64)
            figure = take_step(tf.gather(batches, i), tf.gather(rates, i), step)
            return i + 1, figures.write(i, figure)

        _, figures = tf.while_loop(
            lambda i, _: i < count,
            body,
            (0, tf.TensorArray(tf.float32, count, element_shape=[2])),
            parallel_iterations=1,
        )
        return figures.stack()

    return take_steps


def _evaluate_function(model: keras.Model) -> tf.types.experimental.PolymorphicFunction:
    signature = [tf.TensorSpec([None, *recipes.IMAGE_SHAPE[:2]], tf.uint8)]

    @tf.function(input_signature=signature, autograph=False)
    def evaluate(images: tf.Tensor) -> tf.Tensor:
        return tf.nn.log_softmax(network.logits(model, images))

    return evaluate


def _slots(recipe: recipes.Recipe, model: keras.Model) -> dict[str, tf.Variable]:
    """Make the optimizer's memory: none, one or two numbers for each trainable weight."""
    kinds = {"adam": ("m", "v"), "adamw": ("m", "v"), "rmsprop": ("v", "m"), "sgd": ("m",)}
    wanted = kinds[recipe.optimizer] if recipe.optimizer != "sgd" or recipe.momentum else ()
    return {
        f"{kind}/{variable.path}": tf.Variable(tf.zeros(variable.shape), trainable=False)
        for kind in wanted
        for variable in model.trainable_variables
    }


def _apply(
    recipe: recipes.Recipe,
    model: keras.Model,
    slots: dict[str, tf.Variable],
    gradients: list[tf.Tensor],
    rate: tf.Tensor,
    step: tf.Tensor,
) -> None:
    """Move every trainable weight along its gradient, by one fused operation each."""
    done = tf.cast(step + 1, tf.float32)
    powers = {"beta1_power": tf.pow(_BETA_1, done), "beta2_power": tf.pow(_BETA_2, done)}
    for variable, gradient in zip(model.trainable_variables, gradients, strict=True):
        var = variable.value.handle
        m, v = (slots.get(f"{kind}/{variable.path}") for kind in "mv")
        if recipe.optimizer == "adamw":
            variable.value.assign_sub(variable.value * (_WEIGHT_DECAY * rate))
        if recipe.optimizer in ("adam", "adamw"):
            betas = {"beta1": _BETA_1, "beta2": _BETA_2, "epsilon": _EPSILON}
            tf.raw_ops.ResourceApplyAdam(
                var=var, m=m.handle, v=v.handle, lr=rate, grad=gradient, **powers, **betas
            )
        elif recipe.optimizer == "rmsprop":
            memory = {"ms": v.handle, "mom": m.handle, "rho": _RHO}
            tf.raw_ops.ResourceApplyRMSProp(
                var=var, lr=rate, momentum=0.0, epsilon=_EPSILON, grad=gradient, **memory
            )
        elif m is None:
            tf.raw_ops.ResourceApplyGradientDescent(var=var, alpha=rate, delta=gradient)
        else:
            tf.raw_ops.ResourceApplyKerasMomentum(
                var=var, accum=m.handle, lr=rate, grad=gradient, momentum=recipe.momentum
            )


def _learning_rates(recipe: recipes.Recipe, steps: int) -> np.ndarray:
    """Compute the rate of every step of a training, float32 (epochs * steps,)."""
    total = recipe.epochs * steps
    share = np.arange(total) / total
    match recipe.schedule:
        case "cosine":
            factor = 0.5 * (1 + np.cos(np.pi * share))
        case "step":
            epochs = np.arange(total) // steps / recipe.epochs
            factor = np.where(epochs < 0.5, 1.0, np.where(epochs < 0.75, 0.1, 0.01))
        case _:
            factor = np.ones(total)
    return (recipe.learning_rate * factor).astype(np.float32)


# --- bytes ------------------------------------------------------------------------------------


def _values(model: keras.Model) -> dict[str, np.ndarray]:
    return {variable.path: variable.value.numpy() for variable in model.weights}


def _assign(model: keras.Model, values: dict[str, np.ndarray]) -> None:
    for variable in model.weights:
        variable.assign(values[variable.path])


def _under(prefix: str, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    start = prefix + "/"
    return {name[len(start) :]: a for name, a in arrays.items() if name.startswith(start)}


def _npz(arrays: dict[str, np.ndarray]) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def _read_checkpoint(checkpoint: bytes) -> dict[str, np.ndarray]:
    try:
        with np.load(io.BytesIO(checkpoint), allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except Exception:
        raise ValueError("This checkpoint can't be read. Start the training anew.") from None


def _litert_model(model: keras.Model) -> bytes:
    # `from_keras_model` gives the same answers five times slower, by way of files.
    spec = tf.TensorSpec([None, *recipes.IMAGE_SHAPE[:2]], tf.uint8, name="image")
    answer = tf.function(lambda images: model(images, training=False), autograph=False)
    converter = tf.lite.TFLiteConverter.from_concrete_functions(
        [answer.get_concrete_function(spec)]
    )
    return converter.convert()


def _keras_file(model: keras.Model) -> bytes:
    """Write the file that people may download; nothing here ever reads one."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "model.keras"
        model.save(path)
        return path.read_bytes()


def _histograms(start: dict[str, np.ndarray], end: dict[str, np.ndarray]) -> bytes:
    """Count each layer's weights in bins that the start and the end share."""
    layers = []
    for name in (name for name in start if name.endswith("/kernel")):
        both = np.concatenate([start[name].ravel(), end[name].ravel()])
        edges = np.histogram_bin_edges(both, _HISTOGRAM_BINS)
        counts = {
            when: np.histogram(values[name], edges)[0].tolist()
            for when, values in (("start", start), ("end", end))
        }
        layers.append({"layer": name.split("/")[0], "edges": edges.tolist(), **counts})
    return json.dumps(layers).encode()


def _log_loss(probs: np.ndarray, truth: np.ndarray) -> float:
    """Compute the mean cross-entropy; a probability counts as 1e-7 at least, as in Keras."""
    right = probs[np.arange(len(truth)), truth].astype(np.float64)
    return float(-np.log(np.clip(right, _EPSILON, 1.0)).mean())
