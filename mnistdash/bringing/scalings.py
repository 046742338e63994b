"""What models expect of pixels: the usual scalings, and which of them a model was trained with."""

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

_AS_GOOD = 0.02  # accuracies on a few hundred images that differ by less say nothing
_HALF_AS_GOOD = 0.5
_LEAST_PROB = 1e-7
_LOOKED_AT = 1_000  # images that were trained on
_NEAR = 0.05  # of the range of their pixels


@dataclasses.dataclass(frozen=True)
class Scaling:
    """What a model expects in place of a pixel of 0-255: `scale * pixel + offset`."""

    name: str
    scale: float
    offset: float

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Scale uint8 images, to float32 of the same shape."""
        return images.astype(np.float32) * np.float32(self.scale) + np.float32(self.offset)

    def __str__(self) -> str:
        ends = sorted((self.offset, 255 * self.scale + self.offset))
        return f"{self.name}, pixels from {ends[0]:.4g} to {ends[1]:.4g}"


def usual(mean: float, deviation: float) -> tuple[Scaling, ...]:
    """Return the usual scalings, each also of inverted images.

    Args:
        mean: of all training pixels, 0-255.
        deviation: likewise; 0 for images of one grey.
    """
    deviation = deviation or 1.0
    plain = (
        Scaling("unit", 1 / 255, 0.0),
        Scaling("raw", 1.0, 0.0),
        Scaling("centred", 1 / 127.5, -1.0),
        Scaling("half", 1 / 255, -0.5),
        Scaling("standardised", 1 / deviation, -mean / deviation),
    )
    inverted = (
        Scaling(f"inverted {each.name}", -each.scale, 255 * each.scale + each.offset)
        for each in plain
    )
    return (*plain, *inverted)


def named(name: str, mean: float, deviation: float) -> Scaling:
    """Return a usual scaling by its name.

    Raises:
        ValueError: there is none of this name.
    """
    found = {each.name: each for each in usual(mean, deviation)}
    if name not in found:
        raise ValueError(f"`scaling` must be one of {', '.join(found)}. Received: {name!r}.")
    return found[name]


def seen(given: object, images: np.ndarray, candidates: Sequence[Scaling]) -> tuple[Scaling, ...]:
    """Return the scaling by which images became the ones that a model is trained on.

    Args:
        given: what is trained on, in any shape; nothing is found of what is no array.
        images: raw ones of the same kind, uint8 `(n, 28, 28)`.
        candidates: the usual scalings; one of them is returned where it fits.

    Returns:
        One scaling, or none where that can't be told.
    """
    dtype = str(getattr(given, "dtype", ""))
    if not hasattr(given, "shape") or not any(kind in dtype for kind in ("float", "int")):
        return ()
    some = np.unique(np.linspace(0, len(given) - 1, _LOOKED_AT).astype(int))
    try:
        pixels = np.asarray(given[some[0] : some[-1] + 1 : max(len(given) // _LOOKED_AT, 1)])
    except (TypeError, ValueError, RuntimeError):
        return ()
    facts = _facts(pixels.astype(np.float64))
    if not np.isfinite(facts).all() or facts[0] == facts[2]:
        return ()
    raw = _facts(images[:: max(len(images) // _LOOKED_AT, 1)].astype(np.float64))
    best = min(candidates, key=lambda each: _distance(each, raw, facts))
    if _distance(best, raw, facts) < _NEAR:
        return (best,)
    scale = (facts[2] - facts[0]) / (raw[2] - raw[0])
    plain = Scaling("measured", scale, facts[0] - scale * raw[0])
    turned = Scaling("inverted measured", -scale, facts[2] + scale * raw[0])
    found = min(plain, turned, key=lambda each: _distance(each, raw, facts))
    return (found,) if _distance(found, raw, facts) < _NEAR else ()


def _facts(pixels: np.ndarray) -> np.ndarray:
    return np.array([pixels.min(), pixels.mean(), pixels.max()])


def _distance(scaling: Scaling, raw: np.ndarray, facts: np.ndarray) -> float:
    """Measure how far what a scaling makes of raw pixels is from what was seen."""
    made = np.sort(raw * scaling.scale + scaling.offset)
    return float(np.abs(made - facts).max() / (facts[2] - facts[0]))


def best(
    candidates: Sequence[Scaling],
    probs: Callable[[Scaling], np.ndarray],
    labels: np.ndarray,
    *,
    preferred: Sequence[Scaling] = (),
    loss: float | None = None,
) -> Scaling:
    """Choose the scaling that a model was trained with, by what it answers.

    The best accuracy decides. Many are about as good: a network of `relu` alone answers the same
    whatever its input is multiplied by, though not with the same probabilities. Among those the
    one whose loss is nearest to what the training ended with wins, else the lowest. One that is
    preferred for other reasons wins before all, unless it is far worse.

    Args:
        candidates: the first wins among equals.
        probs: what the model answers to some images in a scaling, float `(m, K)`; rows that are
            no numbers count as wrong.
        labels: of these images, whole numbers `(m,)`.
        preferred: if at least half as good as the best.
        loss: of the training at its end.
    """
    judged = []
    for candidate in (*preferred, *candidates):
        found = np.nan_to_num(probs(candidate), nan=0.0, posinf=0.0, neginf=0.0)
        of_label = np.clip(found[np.arange(len(labels)), labels], _LEAST_PROB, 1.0)
        accuracy = float((found.argmax(axis=1) == labels).mean())
        judged.append((candidate, accuracy, float(-np.log(of_label).mean())))
    top = max(accuracy for _, accuracy, _ in judged)
    good = [(each, its_loss) for each, accuracy, its_loss in judged if accuracy >= top - _AS_GOOD]
    for each, accuracy, _ in judged[: len(preferred)]:
        if accuracy >= _HALF_AS_GOOD * top:
            return each
    if loss is None:
        return min(good, key=lambda one: one[1])[0]
    return min(good, key=lambda one: abs(np.log(max(one[1], 1e-9) / max(loss, 1e-9))))[0]
