"""What a training reports, and how it is told to stop; nothing here needs TensorFlow."""

import collections.abc
import dataclasses
import math
import time
import typing

import numpy as np

from mnistdash import recipes


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
    probs: np.ndarray | None = None  # float32 (n, K), from the LiteRT model
    artifacts: dict[str, bytes] = dataclasses.field(default_factory=dict)


OnProgress = collections.abc.Callable[[Progress], None]
OnEpoch = collections.abc.Callable[[Epoch, bytes, Predictions | None], None]


class Cancelled(Exception):
    """The training was told to stop."""


class Diverged(Exception):
    """The loss is no longer a finite number."""


class Watch:
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
        """Return how long the training took so far, interruptions left out."""
        return time.perf_counter() - self._began

    def add_seconds(self, seconds: float) -> None:
        """Count the seconds that passed before a resumption."""
        self._began -= seconds

    def begin(self) -> None:
        """Report before anything is done; a stop is asked for as soon as it can be answered."""
        self._tell()

    def report(self, epoch: int, step: int, sums: "Sums | None") -> None:
        """Report new figures.

        Raises:
            Cancelled: the training is to stop.
        """
        loss = None if sums is None else sums.loss()
        accuracy = None if sums is None else sums.accuracy()
        self._last = (epoch, step, loss, accuracy)
        self.still_here()

    def still_here(self) -> None:
        """Report the same figures again, while something other than steps takes its time."""
        if self._should_stop():
            raise Cancelled
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


class Sums:
    """Loss and hits; the loss is summed exactly, so that grouping the steps doesn't change it."""

    def __init__(self) -> None:
        self.images = 0
        self._losses: list[float] = []
        self._hits = 0

    def add(self, losses: np.ndarray, hits: np.ndarray, images: int) -> None:
        """Add the summed losses and the hits of some batches."""
        self._losses.extend(losses.tolist())
        self._hits += int(hits.sum())
        self.images += images

    def loss(self) -> float | None:
        """Return the mean loss so far, `None` for what is no finite number."""
        return finite(math.fsum(self._losses) / self.images)

    def accuracy(self) -> float:
        """Return the share of hits so far."""
        return self._hits / self.images


def finite(value: float) -> float | None:
    """Return a number, or `None` for what is no finite one."""
    return float(value) if math.isfinite(value) else None
