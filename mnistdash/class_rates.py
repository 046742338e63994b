"""How each class fares: precision, recall and F1 with their intervals, and what it is taken for."""

import dataclasses

import numpy as np

from mnistdash import evaluation


@dataclasses.dataclass(frozen=True, kw_only=True)
class Rate:
    """A rate in 0-1 with its 95 % interval, estimated from some images."""

    value: float
    low: float
    high: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClassRates:
    """The figures of one class.

    A rate is `None` where no image tells: precision where nothing was read as the class, recall
    where nothing is of it, F1 where neither is.
    """

    label: int
    images: int  # truly of the class
    right: int  # of these, read as it
    read_as: int  # of all images
    precision: Rate | None
    recall: Rate | None
    f1: Rate | None
    taken_for: evaluation.Pair | None  # its most frequent error, the first class where two are


def class_rates(matrix: np.ndarray) -> list[ClassRates]:
    """Work out the figures of each class.

    Args:
        matrix: int `(K, K)`, row true, column predicted.

    Source: precision, recall and F1 as scikit-learn's `classification_report` has them. Intervals
    by Wilson (1927). F1 is 2J / (1 + J) of the Jaccard index J, which is a rate of images: the
    correct ones among all that are of the class or were read as it; its interval is J's.
    """
    return [_of_class(matrix, label) for label in range(len(matrix))]


def _of_class(matrix: np.ndarray, label: int) -> ClassRates:
    right = int(matrix[label, label])
    images, read_as = int(matrix[label].sum()), int(matrix[:, label].sum())
    jaccard = _rate(right, images + read_as - right)
    return ClassRates(
        label=label,
        images=images,
        right=right,
        read_as=read_as,
        precision=_rate(right, read_as),
        recall=_rate(right, images),
        f1=jaccard and Rate(**{name: 2 * it / (1 + it) for name, it in vars(jaccard).items()}),
        taken_for=_taken_for(matrix[label], label),
    )


def _rate(successes: int, images: int) -> Rate | None:
    if not images:
        return None
    low, high = evaluation.wilson(successes, images)
    return Rate(value=successes / images, low=low, high=high)


def _taken_for(row: np.ndarray, label: int) -> evaluation.Pair | None:
    others = row.copy()
    others[label] = 0
    most = int(others.argmax())
    if not others[most]:
        return None
    return evaluation.Pair(true_class=label, pred_class=most, count=int(others[most]))
