"""Suspect labels: those that go badly with what models answer that did not learn from them.

Source: confident learning: C. Northcutt, L. Jiang, I. Chuang, "Confident Learning: Estimating
Uncertainty in Dataset Labels", J. Artif. Intell. Res. 70 (2021), as cleanlab computes it.
"""

import dataclasses
import math
import warnings

import numpy as np

from mnistdash import artifacts, recipes

FOLDS = 5
# What judges learn. It is plain and the same for every run: it takes a minute, runs from elsewhere
# have no recipe, and a network unlike the run's is a second opinion.
_LAYERS = "conv32x5 pool2 conv64x5 pool2 flatten dense128"
_BATCH_SIZE = 256
_LOOKS = 96_000  # at images, in all epochs together: two epochs of four fifths of MNIST
_MAX_EPOCHS = 40
_WRONG_LABELS = 0.033  # share, of a data set in use


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Judged:
    """What is thought of the labels of n images."""

    quality: np.ndarray  # float32 (n,) in 0-1: an order, the most suspect label lowest
    likely: np.ndarray  # uint8 (n,), the most probable class other than the label
    contradicted: np.ndarray  # bool (n,), another class is more probable than the label
    confident: np.ndarray  # bool (n,), wrong by confident learning, which asks for more

    @property
    def suspect(self) -> np.ndarray:
        """Whether each label is suspect either way, bool `(n,)`."""
        return self.contradicted | self.confident

    @property
    def agreement(self) -> float:
        """The share of the images that are read as labelled, 0-1: what the judges are worth."""
        return 1 - float(np.mean(self.contradicted))

    @property
    def mostly_own_errors(self) -> bool:
        """Whether more labels are contradicted than can be wrong: most are the judges' own errors.

        Of the labels of ten test sets in use 3.3 % were wrong on average; it counts twice that.

        Source: C. Northcutt, A. Athalye, J. Mueller, "Pervasive Label Errors in Test Sets
        Destabilize Machine Learning Benchmarks" (2021).
        """
        return 1 - self.agreement > 2 * _WRONG_LABELS

    def ranked(self) -> np.ndarray:
        """Return the indices of all images, the most suspect first, int64 `(n,)`."""
        return np.argsort(self.quality, kind="stable")


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Suspects:
    """The labels of a data set as judges see them, and of its test images a run as well."""

    test: Judged
    train: Judged | None  # `None` where there are no training images
    judges: np.ndarray | None  # float16 (n, K), their mean probabilities of the test images


def judge_recipe(images: int, classes: int, seed: int) -> recipes.Recipe:
    """Return what a judge learns by.

    Args:
        images: how many it learns from.
        classes: K.
        seed: each judge has its own.
    """
    epochs = min(max(2, math.ceil(_LOOKS / images)), _MAX_EPOCHS)
    return recipes.Recipe(
        layers=_LAYERS, batch_size=_BATCH_SIZE, epochs=epochs, classes=classes, seed=seed
    )


def folds(images: int) -> np.ndarray:
    """Return which judge does not learn from each image, and judges it: int64 `(images,)`."""
    return np.random.default_rng(0).permutation(images) % FOLDS


def judge(labels: np.ndarray, *opinions: np.ndarray | None) -> Judged:
    """Judge labels by probabilities from models that did not learn from these images.

    The order is by the mean of the opinions, in two ways that are told apart by how good the judges
    are: where they are, the margin between the label's probability and the largest other one finds
    wrong labels first; where they err often, the label's probability alone, since a judge that is
    sure of another class may be sure for no reason. A label's quality is the geometric mean of its
    places in both; `tests/benchmarks` measure it. Confident learning looks at each opinion by
    itself: a mean is less sure than its parts, and where few labels are wrong it would find none.

    Args:
        labels: uint8 `(n,)`.
        opinions: floats `(n, K)`, rows sum to 1; those that are `None` are left out.

    Raises:
        ValueError: there is no opinion.
    """
    given = [_whole(opinion) for opinion in opinions if opinion is not None]
    if not given:
        raise ValueError(
            "Nothing says how probable these labels are: there are no training images, and this run"
            " keeps no probabilities."
        )
    from cleanlab import filter as confident_learning  # imports scikit-learn: 2 s, in the worker
    from cleanlab import rank

    probs, truth = np.mean(given, axis=0), labels.astype(np.int64)
    scores = (
        rank.get_label_quality_scores(truth, probs, method=method)
        for method in ("normalized_margin", "self_confidence")
    )
    with warnings.catch_warnings(action="ignore"):  # that classes of few images are let alone
        found = [confident_learning.find_label_issues(truth, each, n_jobs=1) for each in given]
    others = probs.copy()
    others[np.arange(len(truth)), truth] = -1
    return Judged(
        quality=np.sqrt(np.prod([_places(score) for score in scores], axis=0)).astype(np.float32),
        likely=others.argmax(axis=1).astype(np.uint8),
        contradicted=probs.argmax(axis=1) != truth,
        confident=np.logical_or.reduce(found),
    )


def _places(scores: np.ndarray) -> np.ndarray:
    """Return the share of the scores that are no higher than each, float64 `(n,)` in 0-1."""
    return np.searchsorted(np.sort(scores), scores, side="right") / len(scores)


def _whole(opinion: np.ndarray) -> np.ndarray:
    """Let the rows sum to 1 again, after they were kept in 16 bits."""
    exact = np.asarray(opinion, np.float64)
    return exact / exact.sum(axis=1, keepdims=True)


def write(found: Suspects) -> bytes:
    """Write suspects as they are kept with a run."""
    arrays = {f"test-{name}": array for name, array in vars(found.test).items()}
    if found.train is not None:
        arrays |= {f"train-{name}": array for name, array in vars(found.train).items()}
    if found.judges is not None:
        arrays["judges"] = found.judges
    return artifacts.write_arrays(arrays, compressed=True)


def read(data: bytes) -> Suspects:
    """Read what `write` wrote.

    Raises:
        ValueError: it is damaged.
    """
    arrays = artifacts.read_arrays(data)
    judges = arrays.get("judges")
    if judges is not None and (judges.dtype, judges.ndim) != (np.float16, 2):
        raise ValueError(f"Expected float16 (n, K). Received: {judges.dtype} {judges.shape}.")
    has_train = any(name.startswith("train-") for name in arrays)
    return Suspects(
        test=_read_judged(arrays, "test"),
        train=_read_judged(arrays, "train") if has_train else None,
        judges=judges,
    )


def _read_judged(arrays: dict[str, np.ndarray], of: str) -> Judged:
    expected = {
        "quality": np.float32,
        "likely": np.uint8,
        "contradicted": np.bool_,
        "confident": np.bool_,
    }
    found = {name: arrays.get(f"{of}-{name}") for name in expected}
    for name, dtype in expected.items():
        array = found[name]
        if array is None or array.dtype != dtype or array.shape != found["quality"].shape:
            raise ValueError(f"Expected `{of}-{name}`, {dtype.__name__} (n,).")
    return Judged(**found)
