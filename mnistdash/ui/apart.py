"""Parts of a page that run without the rest of it, each in a place of its own."""

import functools
from collections.abc import Callable
from typing import ParamSpec

import streamlit as st

P = ParamSpec("P")


def part(
    draw: Callable[P, None], *, every: float | None = None, key: str | None = None
) -> Callable[P, None]:
    """Let a part of a page run by itself: at a press on what is in it, and every so often.

    Where such a run begins before the page has been sent, Streamlit leaves the part out of the
    page; the browser closes up the gap, and the part, when it comes, takes the place of whatever
    stood next. So each part stands alone in a box that belongs to the page.

    Args:
        draw: draws the part.
        every: seconds between two runs of its own; `None` for presses alone.
        key: of the box, for its style.
    """
    alone = st.fragment(draw, run_every=every)

    @functools.wraps(draw)
    def in_its_place(*args: P.args, **kwargs: P.kwargs) -> None:
        with st.container(key=key):
            alone(*args, **kwargs)

    return in_its_place
