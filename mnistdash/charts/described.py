"""A chart as plain values: pages and files draw the same one.

All places are shares of the chart's width and height, 0-1 from its lower left corner: what they
mean is worked out by whoever describes it.
"""

import dataclasses
import math
from collections.abc import Sequence

MAX_TICKS = 6

Ticks = Sequence[tuple[float, str]]  # each with its place and its text


@dataclasses.dataclass(frozen=True, kw_only=True)
class Column:
    """A column: what it says, and what is drawn in it."""

    left: float
    right: float
    said: str  # a sentence, shown on hover and read out
    bars: tuple[tuple[str, float], ...] = ()  # side by side: each its kind and its height
    dot: float | None = None
    reach: tuple[float, float] | None = None  # an interval, as a thin line
    level: float | None = None  # a mark across
    note: str = ""  # a few characters above it


@dataclasses.dataclass(frozen=True, kw_only=True)
class Line:
    """A line through points."""

    kind: str  # of `columns.css`, as those of bars are
    points: tuple[tuple[float, float], ...]
    dots: bool = False  # whether each point is marked, in a file


@dataclasses.dataclass(frozen=True, kw_only=True)
class Chart:
    """A chart: axes with a title and ticks, columns, lines, and what the kinds are called."""

    said: str  # to a person who can't see it
    across: str  # titles of the axes, with their units
    up: str
    ticks_across: Ticks
    ticks_up: Ticks
    columns: tuple[Column, ...] = ()
    lines: tuple[Line, ...] = ()
    legend: tuple[tuple[str, str], ...] = ()  # kinds and their names
    hint: str = ""  # stands where a column's sentence will


def ticks(low: float, high: float, *, most: int = MAX_TICKS, whole: bool = False) -> list[float]:
    """Return round numbers within a range, the step being 1, 2 or 5 times a power of ten.

    Args:
        low: the lower end.
        high: the upper end, above it.
        most: how many at most.
        whole: whether only whole numbers will do.
    """
    step = 10.0 ** math.floor(math.log10((high - low) / most))
    step = max(1.0, step) if whole else step
    while math.floor(high / step) - math.ceil(low / step) + 1 > most:
        leading = round(step / 10.0 ** math.floor(math.log10(step) + 1e-9))
        step *= 2.5 if leading == 2 else 2
    first = math.ceil(low / step - 1e-9)
    return [n * step for n in range(first, math.floor(high / step + 1e-9) + 1)]


def decimals_of(values: Sequence[float]) -> int:
    """Return how many decimals tell neighbouring ticks apart."""
    if len(values) < 2:
        return 2
    return max(0, -math.floor(math.log10(values[1] - values[0]) + 1e-9))


def shortened(name: str, letters: int) -> str:
    """Cut a long name in its middle, as its beginning and its end tell it from others."""
    if len(name) <= letters:
        return name
    end = (letters - 1) // 2
    return f"{name[: letters - 1 - end].rstrip()}…{name[-end:].lstrip()}"
