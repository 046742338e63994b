"""What a press changed comes into sight, wherever on the page it stands."""

import pathlib

import streamlit as st

from mnistdash.ui import session

_component = st.components.v2.component(
    "mnistdash.reveal",
    html="<div></div>",
    js=pathlib.Path(__file__).with_name("reveal.js").read_text(encoding="utf-8"),
)
_STAMP = "reveal_{}"  # session key: how often a part of the page was asked into sight


def ask(part: str) -> None:
    """Have a part of the page brought into sight when it is shown next.

    Args:
        part: the key of the container that holds it.
    """
    session.count(_STAMP.format(part))


def here(part: str) -> None:
    """Bring a part of the page into sight if that was asked for; call it inside the part."""
    stamp = session.get(_STAMP.format(part), 0)
    _component(data=[part, stamp], key=f"reveal-{part}")
