"""Whether a model's confidence can be trusted: reliability, temperature, and answering less often.

An answer's confidence is the probability of the class answered. Where it is 0.9, nine of ten such
answers should be correct.
"""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

BINS = 15  # as in Guo et al. 2017
FEWEST = 100  # images: a temperature of fewer says nothing
SEED = 0  # of the halves
_COOLEST, _HOTTEST = 1e-2, 1e3  # temperatures tried
_CLOSE = 1e-5  # a temperature is found so closely, as a share of it
_GOLDEN = (math.sqrt(5) - 1) / 2


@dataclasses.dataclass(frozen=True, kw_only=True)
class Bin:
    """Images whose confidence lies close together."""

    low: float  # where the bin begins and ends
    high: float
    least: float  # confidence of its images: all in this closed range are in the bin, no others
    most: float
    images: int
    right: int
    confidence: float  # the mean

    @property
    def accuracy(self) -> float:
        """The share of its images whose answer is correct."""
        return self.right / self.images


@dataclasses.dataclass(frozen=True, kw_only=True)
class Quality:
    """How good probabilities are, measured on some images."""

    loss: float  # nats: the mean of -log of the label's probability
    bins: tuple[Bin, ...]  # equally wide
    error_by_width: float  # expected calibration error, 0-1
    error_by_mass: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class Scaling:
    """What dividing all logits by one temperature does."""

    temperature: float  # above 1: the model is too sure
    fitted_on: int  # images
    measured_on: int  # other images
    on_validation: bool  # fitted on validation images, else on half of the test images
    before: Quality
    after: Quality


@dataclasses.dataclass(frozen=True, kw_only=True)
class Coverage:
    """What answering only above a confidence leaves, the most confident answers first."""

    above: np.ndarray  # float32 (m,), falling: with what is as confident as this and more ...
    share: np.ndarray  # float64 (m,): ... so many of the images are answered ...
    accuracy: np.ndarray  # float64 (m,): ... and so many of these correctly


def equal_width(confidence: np.ndarray, right: np.ndarray, count: int = BINS) -> list[Bin]:
    """Sort images into bins of equal width; those without images are left out.

    A bin holds what is above its low end, up to and with its high end.

    Args:
        confidence: float32 `(n,)` in 0-1.
        right: bool `(n,)`.
        count: of bins.

    Source: C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, On Calibration of Modern Neural Networks,
    ICML 2017.
    """
    edges = np.linspace(0, 1, count + 1)
    place = np.searchsorted(edges[1:-1].astype(confidence.dtype), confidence)
    return [
        _bin(confidence[inside], right[inside], float(edges[k]), float(edges[k + 1]))
        for k in range(count)
        if (inside := place == k).any()
    ]


def equal_mass(confidence: np.ndarray, right: np.ndarray, count: int = BINS) -> list[Bin]:
    """Sort images into bins of as many each, from the least confident to the most.

    Images of the very same confidence stay together, so that bins may differ, and there may be
    fewer: what a bin holds does not depend on the order of the images.

    Args:
        confidence: float32 `(n,)` in 0-1.
        right: bool `(n,)`.
        count: of bins.

    Source: K. Nguyen, B. O'Connor, Posterior Calibration and Exploratory Analysis for Natural
    Language Processing Models, EMNLP 2015.
    """
    order = np.argsort(confidence, kind="stable")
    sure, correct = confidence[order], right[order]
    ends = np.rint(np.arange(1, count + 1) * len(sure) / count).astype(int)
    ends = np.searchsorted(sure, sure[np.maximum(ends, 1) - 1], side="right")
    ends = np.unique(ends)
    starts = np.concatenate([[0], ends[:-1]])
    return [
        _bin(sure[a:b], correct[a:b], float(sure[a]), float(sure[b - 1]))
        for a, b in zip(starts, ends, strict=True)
    ]


def calibration_error(bins: Sequence[Bin]) -> float:
    """Return the mean distance between confidence and accuracy, over all images of some bins.

    Source: expected calibration error: M. P. Naeini, G. F. Cooper, M. Hauskrecht, Obtaining Well
    Calibrated Probabilities Using Bayesian Binning, AAAI 2015.
    """
    total = sum(each.images for each in bins)
    return sum(each.images * abs(each.accuracy - each.confidence) for each in bins) / total


def tempered(probs: np.ndarray, temperature: float) -> np.ndarray:
    """Return probabilities whose logits were divided by a temperature, float64 `(n, K)`.

    Args:
        probs: floats `(n, K)`; a probability of 0 is taken as the smallest that float32 knows.
        temperature: above 0; 1 changes nothing, a higher one makes all less sure.
    """
    scaled = np.exp(_log(probs) / temperature)  # the largest of a row is at most 1
    return scaled / scaled.sum(axis=1, keepdims=True)


def best_temperature(probs: np.ndarray, y_true: np.ndarray) -> float:
    """Find the temperature of the least loss on some images.

    The loss is convex in the temperature's inverse: a golden-section search finds it.

    Args:
        probs: floats `(n, K)`.
        y_true: whole numbers `(n,)`.

    Source: temperature scaling, Guo et al. 2017.
    """
    logits = _log(probs)
    margins = logits - logits[np.arange(len(logits)), y_true][:, np.newaxis]  # (n, K)

    def loss(log_temperature: float) -> float:
        scaled = margins / math.exp(log_temperature)
        most = scaled.max(axis=1)  # 0 or more: the label's own is 0
        return float((most + np.log(np.exp(scaled - most[:, np.newaxis]).sum(axis=1))).mean())

    low, high = math.log(_COOLEST), math.log(_HOTTEST)
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_left, at_right = loss(left), loss(right)
    while high - low > _CLOSE:
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - _GOLDEN * (high - low)
            at_left = loss(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + _GOLDEN * (high - low)
            at_right = loss(right)
    return math.exp((low + high) / 2)


def scaling(
    probs: np.ndarray,
    y_true: np.ndarray,
    *,
    validation: tuple[np.ndarray, np.ndarray] | None = None,
) -> Scaling | None:
    """Fit a temperature on images, and measure on others what it does.

    It is fitted on the validation images and measured on all test images, or fitted on one half of
    the test images and measured on the other.

    Args:
        probs: of the test images, float32 `(n, K)`.
        y_true: whole numbers `(n,)`.
        validation: the same two of validation images; too few count as none.

    Returns:
        `None` where there are too few images.
    """
    if len(y_true) < FEWEST:
        return None
    on_validation = validation is not None and len(validation[1]) >= FEWEST
    if on_validation:
        fitted, measured = validation, (probs, y_true)
    else:
        order = np.random.default_rng(SEED).permutation(len(y_true))
        halves = order[: len(order) // 2], order[len(order) // 2 :]
        fitted, measured = ((probs[half], y_true[half]) for half in halves)
    temperature = best_temperature(*fitted)
    return Scaling(
        temperature=temperature,
        fitted_on=len(fitted[1]),
        measured_on=len(measured[1]),
        on_validation=on_validation,
        before=_quality(*measured),
        after=_quality(tempered(measured[0], temperature), measured[1]),
    )


def coverage(confidence: np.ndarray, right: np.ndarray) -> Coverage:
    """Work out what answering only the more confident images leaves.

    Args:
        confidence: float32 `(n,)`.
        right: bool `(n,)`.

    Source: R. El-Yaniv, Y. Wiener, On the Foundations of Noise-free Selective Classification,
    Journal of Machine Learning Research 11 (2010), 1605-1641.
    """
    order = np.argsort(-confidence, kind="stable")
    sure = confidence[order]
    last = np.append(np.flatnonzero(np.diff(sure)), len(sure) - 1)  # images as confident go along
    answered = last + 1
    return Coverage(
        above=sure[last],
        share=answered / len(sure),
        accuracy=np.cumsum(right[order])[last] / answered,
    )


def _bin(confidence: np.ndarray, right: np.ndarray, low: float, high: float) -> Bin:
    return Bin(
        low=low,
        high=high,
        least=float(confidence.min()),
        most=float(confidence.max()),
        images=len(confidence),
        right=int(right.sum()),
        confidence=float(confidence.mean(dtype=np.float64)),
    )


def _quality(probs: np.ndarray, y_true: np.ndarray) -> Quality:
    confidence, right = probs.max(axis=1), probs.argmax(axis=1) == y_true
    wide = equal_width(confidence, right)
    return Quality(
        loss=float(-_log(probs)[np.arange(len(y_true)), y_true].mean()),
        bins=tuple(wide),
        error_by_width=calibration_error(wide),
        error_by_mass=calibration_error(equal_mass(confidence, right)),
    )


def _log(probs: np.ndarray) -> np.ndarray:
    return np.log(np.maximum(probs.astype(np.float64), np.finfo(np.float32).tiny))
