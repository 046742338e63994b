"""Charts of columns that can be chosen, and of lines over them, drawn as SVG by our own component.

All places are shares of the chart's width and height, 0-1 from its lower left corner: what they
mean is worked out by whoever draws.
"""

import dataclasses
import functools
import pathlib
from collections.abc import Callable, Sequence

import streamlit as st

from mnistdash.ui import session

Ticks = Sequence[tuple[float, str]]  # each with its place and its text

_HERE = pathlib.Path(__file__).parent

_component = st.components.v2.component(
    "mnistdash.columns",
    html='<div class="columns"></div>',
    css=(_HERE / "columns.css").read_text(encoding="utf-8"),
    js=(_HERE / "columns.js").read_text(encoding="utf-8"),
)


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


def columns(
    chart: Chart, *, on_choose: Callable[[int], None] | None = None, key: str, height_px: int = 260
) -> None:
    """Show a chart.

    Args:
        chart: what to draw.
        on_choose: called with the place of a chosen column among all, before the page runs again;
            `None` makes the columns speak only.
        key: Streamlit key; keep it stable and the chart changes in place.
        height_px: of the chart with its axes.
    """
    # A list of one: in a dict, Streamlit looks for data frames and imports pandas to do so.
    data = dataclasses.asdict(chart) | {"doors": on_choose is not None, "height_px": height_px}
    if on_choose is None:
        _component(data=[data], key=key)
        return
    forward = functools.partial(_forward_choice, key, len(chart.columns), on_choose)
    _component(data=[data], key=key, on_choose_change=forward)


def _forward_choice(key: str, count: int, on_choose: Callable[[int], None]) -> None:
    place = session.chosen_among(key, range(count))
    if place is not None:
        on_choose(place)
