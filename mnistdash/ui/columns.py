"""Charts of columns that can be chosen, drawn as SVG by our own component."""

import functools
import pathlib
from collections.abc import Callable
from typing import Any

import streamlit as st

from mnistdash.charts import described
from mnistdash.ui import session

_HERE = pathlib.Path(__file__).parent

_component = st.components.v2.component(
    "mnistdash.columns",
    html='<div class="columns"></div>',
    css=(_HERE / "columns.css").read_text(encoding="utf-8"),
    js=(_HERE / "columns.js").read_text(encoding="utf-8"),
)


def columns(
    chart: described.Chart,
    *,
    on_choose: Callable[[int], None] | None = None,
    key: str,
    height_px: int = 260,
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
    data = _told(chart) | {"doors": on_choose is not None, "height_px": height_px}
    if on_choose is None:
        _component(data=[data], key=key)
        return
    forward = functools.partial(_forward_choice, key, len(chart.columns), on_choose)
    _component(data=[data], key=key, on_choose_change=forward)


def _told(chart: described.Chart) -> dict[str, Any]:
    """Write a chart as JSON can, without copies of all its parts as of `dataclasses.asdict`."""
    parts = {"columns": [*map(vars, chart.columns)], "lines": [*map(vars, chart.lines)]}
    return vars(chart) | parts


def _forward_choice(key: str, count: int, on_choose: Callable[[int], None]) -> None:
    place = session.chosen_among(key, range(count))
    if place is not None:
        on_choose(place)
