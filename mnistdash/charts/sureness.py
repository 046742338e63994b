"""What the charts of confidence show, from plain values: axes, columns and their sentences."""

import math
from collections.abc import Sequence

import numpy as np

from mnistdash import confidence, evaluation, wording
from mnistdash.charts import described

HISTOGRAM_BINS = 20
HINT = "Point at a column to read it; choose it to see its images."
READ_ONLY = "Point at a column to read it."
_CURVE_POINTS = 200
_CURVE_COLUMNS = 50  # that say how far the curve is
_LEAST_COUNT = 0.5  # where a logarithmic axis begins: a bar of one image is seen
_CONFIDENCE = "confidence: the probability of the answer, 0 to 1"
_FIFTHS = tuple((k / 5, f"{k / 5:.1f}") for k in range(6))
_FIFTHS_IN_PERCENT = tuple((k / 5, f"{20 * k}") for k in range(6))


def histogram(bins: Sequence[confidence.Bin], *, logarithmic: bool) -> described.Chart:
    """Draw how many images are answered how confidently, correct and wrong ones.

    Args:
        bins: of equal width.
        logarithmic: the counts' scale.
    """
    most = max(max(each.right, each.images - each.right) for each in bins)
    place, ticks = (_log_scale if logarithmic else _scale)(most)
    return described.Chart(
        said=f"Histogram of the confidence of {wording.images(sum(it.images for it in bins))}",
        across=_CONFIDENCE,
        up="Images, on a logarithmic scale" if logarithmic else "Images",
        ticks_across=_FIFTHS,
        ticks_up=ticks,
        columns=tuple(
            described.Column(
                left=each.low,
                right=each.high,
                said=sentence(each),
                bars=(("right", place(each.right)), ("wrong", place(each.images - each.right))),
            )
            for each in bins
        ),
        legend=(("right", "correct"), ("wrong", "wrong")),
        hint=HINT,
    )


def reliability_by_width(bins: Sequence[confidence.Bin], *, hint: str = HINT) -> described.Chart:
    """Draw the accuracy of bins of equal width against their confidence.

    Args:
        bins: of equal width.
        hint: what to do with a column.
    """
    return described.Chart(
        said=f"Reliability: accuracy against confidence in {len(bins)} bins of equal width",
        across=_CONFIDENCE,
        up="Accuracy, %",
        ticks_across=_FIFTHS,
        ticks_up=_FIFTHS_IN_PERCENT,
        columns=tuple(
            described.Column(
                left=each.low,
                right=each.high,
                said=sentence(each),
                bars=(("accuracy", each.accuracy),),
                reach=evaluation.wilson(each.right, each.images),
                level=each.confidence,
                note=wording.count(each.images),
            )
            for each in bins
        ),
        lines=(described.Line(kind="ideal", points=((0, 0), (1, 1))),),
        legend=(("accuracy", "accuracy"), ("level", "mean confidence"), ("ideal", "ideal")),
        hint=hint,
    )


def reliability_by_mass(bins: Sequence[confidence.Bin]) -> described.Chart:
    """Draw the accuracy of bins of equal mass, each as wide as the share of images it holds.

    Args:
        bins: of equal mass, the least confident first.
    """
    total = sum(each.images for each in bins)
    ends = np.cumsum([each.images for each in bins]) / total
    reaches = [evaluation.wilson(each.right, each.images) for each in bins]
    place, ticks = _zoomed([low for low, _ in reaches] + [each.confidence for each in bins])
    return described.Chart(
        said=f"Reliability: accuracy against confidence in {len(bins)} bins of equal mass",
        across="images, from the least to the most confident, %",
        up="Accuracy, %",
        ticks_across=_FIFTHS_IN_PERCENT,
        ticks_up=ticks,
        columns=tuple(
            described.Column(
                left=float(end) - each.images / total,
                right=float(end),
                said=sentence(each),
                dot=place(each.accuracy),
                reach=(place(reach[0]), place(reach[1])),
                level=place(each.confidence),
                note=wording.count(each.images),
            )
            for each, end, reach in zip(bins, ends, reaches, strict=True)
        ),
        legend=(("accuracy", "accuracy"), ("level", "mean confidence")),
        hint=HINT,
    )


def coverage_curve(found: confidence.Coverage, images: int, answered: float) -> described.Chart:
    """Draw the accuracy of the surest answers over how many of the images they are.

    Args:
        found: what answering only above a confidence leaves.
        images: how many there are.
        answered: the share that is answered now, which is marked.
    """
    place, ticks = _zoomed(found.accuracy.tolist())
    wanted = np.linspace(found.share[0], 1, _CURVE_POINTS)
    along = np.unique(np.searchsorted(found.share, wanted - 1e-12))
    steps = np.arange(1, _CURVE_COLUMNS + 1) / _CURVE_COLUMNS
    nearest = np.searchsorted(found.share, steps + 1e-12) - 1  # no more than so many
    now = described.Line(kind="threshold", points=((answered, 0), (answered, 1)))
    curve = described.Line(
        kind="curve",
        points=tuple((float(found.share[at]), place(float(found.accuracy[at]))) for at in along),
    )
    return described.Chart(
        said="Coverage against accuracy: the more images are left out, the better the others",
        across="images answered, the surest first, %",
        up="Accuracy of those answered, %",
        ticks_across=_FIFTHS_IN_PERCENT,
        ticks_up=ticks,
        columns=tuple(
            described.Column(
                left=float(step) - 1 / _CURVE_COLUMNS,
                right=float(step),
                said=_covered(found, int(at), images),
            )
            for step, at in zip(steps, nearest, strict=True)
            if at >= 0
        ),
        lines=(curve, now),
        legend=(("curve", "accuracy"), ("threshold", "as chosen")),
        hint="Point at the line to read it.",
    )


def sentence(found: confidence.Bin) -> str:
    """Say what a bin holds: `Confidence 0.87-0.93, mean 0.90: 23 of 28 images correct, …`."""
    low, high = evaluation.wilson(found.right, found.images)
    return (
        f"Confidence {_range(found.least, found.most)}, mean {found.confidence:.3f}:"
        f" {wording.count(found.right)} of {wording.images(found.images)} correct,"
        f" {wording.percent(found.accuracy)} ({wording.interval(low, high)})."
    )


def _range(least: float, most: float) -> str:
    """Write a range of confidence with the decimals that tell its ends apart, at least two."""
    decimals = next((k for k in range(2, 7) if round(least, k) != round(most, k)), 2)
    return f"{least:.{decimals}f}-{most:.{decimals}f}"


def _covered(found: confidence.Coverage, at: int, images: int) -> str:
    answered = round(found.share[at] * images)
    wrong = round(answered * (1 - found.accuracy[at]))
    return (
        f"Confidence {found.above[at]:.2f} and more: {wording.percent(found.share[at])} of the"
        f" images answered, {wording.percent(found.accuracy[at])} of them correctly,"
        f" {wording.errors(wrong)} left."
    )


def _scale(most: int) -> tuple:
    """Return where a count stands on an even scale, and its ticks."""
    ticks = tuple(
        (at / most, wording.count(round(at))) for at in described.ticks(0, most, whole=True)
    )
    return (lambda count: count / most), ticks


def _log_scale(most: int) -> tuple:
    """Return where a count stands on a logarithmic scale, and its ticks."""
    span = math.log(max(most, 2) / _LEAST_COUNT)

    def place(count: int) -> float:
        return max(0.0, math.log(count / _LEAST_COUNT) / span) if count else 0.0

    powers = range(int(math.log10(most)) + 1)
    return place, tuple((place(10**power), wording.count(10**power)) for power in powers)


def _zoomed(rates: Sequence[float]) -> tuple:
    """Return where a rate stands on a scale from the lowest of some to 1, and its ticks in %."""
    low = min(*rates, 0.999)
    low = max(0.0, low - 0.08 * (1 - low))
    ticks = described.ticks(100 * low, 100, most=5)
    decimals = described.decimals_of(ticks)
    return (
        lambda rate: max(0.0, (rate - low) / (1 - low)),
        tuple(((at / 100 - low) / (1 - low), f"{at:.{decimals}f}") for at in ticks),
    )
