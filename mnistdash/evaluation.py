"""An evaluation: true classes, probabilities, and all that follows from them."""

import copy
import dataclasses
import functools
import math
from collections.abc import Mapping, Sequence

import numpy as np

ORDERS = {
    "confident": "most confident error",
    "doubtful": "least confident",
    "suspect": "suspect labels first",
    "pair": "true, then predicted class",
    "index": "index",
    "even": "evenly over the pairs",
    "random": "random sample",
}
_Z = 1.959963984540054  # of a 95 % interval


@dataclasses.dataclass(frozen=True, kw_only=True)
class Pair:
    """Images of one true class that were read as one other class."""

    true_class: int
    pred_class: int
    count: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Changes:
    """Where two evaluations of the same images differ: ascending indices, int64."""

    fixed: np.ndarray  # wrong in the other, right here
    broken: np.ndarray  # right in the other, wrong here
    both_wrong: np.ndarray
    p_value: float  # that a difference as large comes by chance


class Evaluation:
    """What a model answered on labelled images, of K classes.

    `probs` is float32 `(n, K)`, or `None` where only the answers are known, with or without their
    probabilities: `confidence` is NaN where those aren't.

    Args:
        y_true: whole numbers `(n,)` in 0 to K-1.
        probs: float32 `(n, K)` in 0-1, rows sum to 1.

    Raises:
        ValueError: the arrays don't fit each other, or hold what is no class or no probability.
    """

    def __init__(self, y_true: np.ndarray, probs: np.ndarray) -> None:
        y_true, probs = np.asarray(y_true), np.asarray(probs)
        _check_labels("y_true", y_true)
        _check_probs(len(y_true), probs)
        _check_classes("y_true", y_true, probs.shape[1])
        # Rounding leaves a sure answer a hair above 1, where no range of confidence finds it.
        self.probs: np.ndarray | None = _read_only(np.minimum(probs.astype(np.float32), 1))
        self._take(y_true, self.probs.argmax(axis=1), self.probs.max(axis=1), probs.shape[1])

    @classmethod
    def from_predictions(
        cls, y_true: np.ndarray, y_pred: np.ndarray, confidence: np.ndarray | None, num_classes: int
    ) -> "Evaluation":
        """Build an evaluation of which only the answers are known: its `probs` is `None`.

        Args:
            y_true: whole numbers `(n,)` in 0 to K-1.
            y_pred: likewise.
            confidence: floats `(n,)` in 0-1, the probability of each answer; `None` if unknown.
            num_classes: K.

        Raises:
            ValueError: the arrays don't fit each other, or hold what is no class or no
                probability.
        """
        y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
        known = confidence is not None
        sure = np.asarray(confidence if known else np.full(y_pred.shape, np.nan), np.float32)
        for name, labels in (("y_true", y_true), ("y_pred", y_pred)):
            _check_labels(name, labels)
            _check_classes(name, labels, num_classes)
        if not y_true.shape == y_pred.shape == sure.shape:
            raise ValueError(
                "`y_true`, `y_pred` and `confidence` must have one entry an image."
                f" Received: {y_true.shape}, {y_pred.shape}, {sure.shape}."
            )
        if known and not (np.isfinite(sure).all() and sure.min() >= 0 and sure.max() <= 1):
            raise ValueError("`confidence` must lie in 0-1.")
        made = cls.__new__(cls)
        made.probs = None
        made._take(y_true, y_pred, sure, num_classes)
        return made

    def _take(
        self, y_true: np.ndarray, y_pred: np.ndarray, confidence: np.ndarray, num_classes: int
    ) -> None:
        self.num_classes = num_classes
        self.y_true = _read_only(y_true.astype(np.uint8))  # (n,)
        self.y_pred = _read_only(y_pred.astype(np.uint8))  # (n,), the most probable class
        self.confidence = _read_only(confidence.astype(np.float32))  # (n,), its probability

    def __len__(self) -> int:
        return len(self.y_true)

    @property
    def has_confidence(self) -> bool:
        """Whether the probability of each answer is known."""
        return not np.isnan(self.confidence[0])

    @functools.cached_property
    def right(self) -> np.ndarray:
        """Whether each image was read as its label, bool `(n,)`."""
        return _read_only(self.y_pred == self.y_true)

    @functools.cached_property
    def label_quality(self) -> np.ndarray:
        """How well each label goes with the answers, 0-1, the most suspect lowest, float32 `(n,)`.

        The probability of the label; where only the answer's is known, at most what that leaves.
        NaN where no probability is known.

        Source: self-confidence: C. Northcutt, L. Jiang, I. Chuang, "Confident Learning: Estimating
        Uncertainty in Dataset Labels", J. Artif. Intell. Res. 70 (2021).
        """
        if self.probs is not None:
            return _read_only(self.probs[np.arange(len(self)), self.y_true])
        return _read_only(np.where(self.right, self.confidence, 1 - self.confidence))

    def with_label_quality(self, quality: np.ndarray) -> "Evaluation":
        """Return the same answers with what is known better of their labels.

        Args:
            quality: floats `(n,)` in 0-1, the most suspect label lowest.
        """
        made = copy.copy(self)
        made.label_quality = _read_only(np.array(quality, np.float32))
        return made

    @functools.cached_property
    def matrix(self) -> np.ndarray:
        """The confusion matrix, int64 `(K, K)`: row true, column predicted."""
        cells = self.y_true.astype(np.int64) * self.num_classes + self.y_pred
        counts = np.bincount(cells, minlength=self.num_classes**2)
        return _read_only(counts.reshape(self.num_classes, self.num_classes))

    @functools.cached_property
    def errors(self) -> np.ndarray:
        """The indices of the images whose answer is wrong, ascending, int64 `(n_errors,)`."""
        return _read_only(np.flatnonzero(~self.right))

    @property
    def accuracy(self) -> float:
        """The fraction of images whose answer is correct."""
        return 1 - len(self.errors) / len(self)

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the accuracy."""
        return wilson(len(self) - len(self.errors), len(self))

    @property
    def loss(self) -> float | None:
        """The mean cross-entropy in nats, probabilities below 1e-7 taken as 1e-7 as Keras does.

        `None` where only the answers are known.
        """
        if self.probs is None:
            return None
        of_label = self.probs[np.arange(len(self)), self.y_true]
        return float(-np.log(np.clip(of_label, 1e-7, 1.0)).mean())

    @functools.cached_property
    def recall(self) -> np.ndarray:
        """The share of each true class that is correct, float64 `(K,)`; NaN for none."""
        totals = self.matrix.sum(axis=1)
        shares = np.full(self.num_classes, np.nan)
        return _read_only(np.divide(self.matrix.diagonal(), totals, out=shares, where=totals > 0))

    @property
    def best_and_worst(self) -> tuple[int, int]:
        """The classes with the highest and the lowest recall, of those that have images."""
        return int(np.nanargmax(self.recall)), int(np.nanargmin(self.recall))

    def pairs(self) -> list[Pair]:
        """Return the kinds of error with their counts, largest first."""
        off = self.matrix - np.diag(self.matrix.diagonal())
        found = [Pair(true_class=int(i), pred_class=int(j), count=int(off[i, j]))
                 for i, j in np.argwhere(off)]  # fmt: skip
        return sorted(found, key=lambda pair: (-pair.count, pair.true_class, pair.pred_class))

    def select(
        self,
        *,
        true_class: int | None = None,
        pred_class: int | None = None,
        confidence: tuple[float, float] = (0.0, 1.0),
        include_right: bool = False,
        order: str = "confident",
        seed: int = 0,
    ) -> np.ndarray:
        """Return the indices of chosen images in a chosen order.

        Args:
            true_class: keep this label only; `None` keeps any.
            pred_class: keep this answer only; `None` keeps any.
            confidence: keep answers whose probability lies in this closed range; all where the
                probabilities are not known.
            include_right: correct images too, not errors only.
            order: a key of `ORDERS`; ties stand by index.
            seed: of the order `random`; the same seed gives the same order.

        Returns:
            int64 `(k,)`.

        Raises:
            ValueError: `order` is unknown.
        """
        low, high = np.float32(confidence[0]), np.float32(confidence[1])
        keep = np.ones(len(self), bool)
        if self.has_confidence:
            keep = (self.confidence >= low) & (self.confidence <= high)
        if not include_right:
            keep &= ~self.right
        if true_class is not None:
            keep &= self.y_true == true_class
        if pred_class is not None:
            keep &= self.y_pred == pred_class
        return self.ordered(np.flatnonzero(keep), order, seed=seed)

    def ordered(self, indices: np.ndarray, order: str, *, seed: int = 0) -> np.ndarray:
        """Return images in a chosen order.

        Args:
            indices: ascending, int64 `(k,)`.
            order: a key of `ORDERS`; ties stand by index.
            seed: of the order `random`; the same seed gives the same order.

        Returns:
            int64 `(k,)`.

        Raises:
            ValueError: `order` is unknown.
        """
        if order not in ORDERS:
            raise ValueError(f"`order` must be one of {', '.join(ORDERS)}. Received: {order!r}.")
        sure = self.confidence[indices]
        true, pred = self.y_true[indices], self.y_pred[indices]
        match order:
            case "confident":
                return indices[np.lexsort((indices, -sure, true == pred))]
            case "doubtful":
                return indices[np.lexsort((indices, sure))]
            case "suspect":
                return indices[np.lexsort((indices, self.label_quality[indices]))]
            case "pair":
                return indices[np.lexsort((indices, -sure, pred, true))]
            case "even":
                turn = _turns(true.astype(np.int64) * self.num_classes + pred, -sure)
                return indices[np.lexsort((indices, -sure, turn))]
            case "random":
                return np.random.default_rng(seed).permutation(indices)
        return indices

    def compared_with(self, other: "Evaluation") -> Changes:
        """Find what changed from another evaluation of the same images to this one.

        Raises:
            ValueError: the other is of other images.

        Source: McNemar's exact test: Q. McNemar (1947), Psychometrika 12, 153-157.
        """
        if not np.array_equal(self.y_true, other.y_true):
            raise ValueError("Only evaluations of the same images can be compared.")
        fixed = np.flatnonzero(self.right & ~other.right)
        broken = np.flatnonzero(~self.right & other.right)
        return Changes(
            fixed=fixed,
            broken=broken,
            both_wrong=np.flatnonzero(~self.right & ~other.right),
            p_value=sign_test(len(fixed), len(broken)),
        )


def wilson(successes: int, n: int) -> tuple[float, float]:
    """Return the 95 % interval of a rate estimated from n images.

    Raises:
        ValueError: n is 0 or smaller than `successes`.

    Source: E. B. Wilson, Probable Inference (1927), J. Am. Stat. Assoc. 22, 209-212.
    """
    if not 0 <= successes <= n or n < 1:
        raise ValueError(f"A rate needs 0 <= successes <= n, n >= 1. Received: {successes}, {n}.")
    rate, z2 = successes / n, _Z**2
    centre = (rate + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z / (1 + z2 / n) * math.sqrt(rate * (1 - rate) / n + z2 / (4 * n * n))
    return max(0.0, centre - half), min(1.0, centre + half)


def once_right(y_true: np.ndarray, y_pred_by_epoch: Sequence[np.ndarray]) -> np.ndarray:
    """Find the images that were correct after some epoch and wrong after the last.

    Args:
        y_true: whole numbers `(n,)`.
        y_pred_by_epoch: the answers after each epoch, whole numbers `(n,)`.

    Returns:
        bool `(n,)`.

    Source: forgetting events: M. Toneva et al., An Empirical Study of Example Forgetting during
    Deep Neural Network Learning, ICLR 2019.
    """
    right = np.stack([y_pred == y_true for y_pred in y_pred_by_epoch])
    return right.any(axis=0) & ~right[-1]


def overfitting_since(history: Sequence[Mapping]) -> int | None:
    """Return the epoch, from 0, after which training went on to fit but validation got worse.

    That is the epoch of the lowest validation loss, if three or more followed it, the last
    validation loss is at least 2 % higher, and the training loss has fallen since.
    """
    losses = [epoch.get("val_loss") for epoch in history]
    known = [loss for loss in losses if loss is not None]
    if not known or losses[-1] is None:
        return None
    best = losses.index(min(known))
    worse = losses[-1] >= 1.02 * losses[best] and len(losses) - 1 - best >= 3
    before, now = history[best].get("loss"), history[-1].get("loss")
    return best if worse and before is not None and now is not None and now < before else None


def sign_test(first: int, second: int) -> float:
    """Return the two-sided p-value that two counts come from a fair coin."""
    n, low = first + second, min(first, second)
    tail, ways = 0, 1  # ways to draw k of n, each from the one before
    for k in range(low + 1):
        tail += ways
        ways = ways * (n - k) // (k + 1)
    return min(1.0, 2 * tail / 2**n)


def _turns(groups: np.ndarray, rank: np.ndarray) -> np.ndarray:
    """Number the members of each group 0, 1, 2, … by rank, so that groups can take turns."""
    order = np.lexsort((rank, groups))
    _, starts = np.unique(groups[order], return_index=True)
    position = np.arange(len(groups))
    turns = np.empty(len(groups), np.int64)
    sizes = np.diff([*starts, len(groups)])
    turns[order] = position - np.repeat(starts, sizes)
    return turns


def _check_labels(name: str, labels: np.ndarray) -> None:
    if labels.ndim != 1 or labels.dtype.kind not in "iu" or not len(labels):
        raise ValueError(
            f"`{name}` must be whole numbers (n,), n >= 1. Received: {labels.dtype} {labels.shape}."
        )


def _check_classes(name: str, labels: np.ndarray, num_classes: int) -> None:
    if labels.min() < 0 or labels.max() >= num_classes:
        raise ValueError(
            f"`{name}` must lie in 0-{num_classes - 1}. Received: {labels.min()}-{labels.max()}."
        )


def _check_probs(images: int, probs: np.ndarray) -> None:
    if probs.ndim != 2 or len(probs) != images or probs.shape[1] < 2 or probs.dtype.kind != "f":
        raise ValueError(
            f"`probs` must be floats ({images}, K), K >= 2. Received: {probs.dtype} {probs.shape}."
        )
    if not (np.isfinite(probs).all() and probs.min() >= 0):
        raise ValueError("`probs` must be finite and not negative.")
    if np.abs(probs.sum(axis=1) - 1).max() > 1e-3:
        raise ValueError("`probs` must sum to 1 in each row.")


def _read_only(array: np.ndarray) -> np.ndarray:
    array.flags.writeable = False
    return array
