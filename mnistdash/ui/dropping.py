"""A picture that is pasted, or dropped anywhere on the page, goes the way of a chosen file."""

import pathlib

import streamlit as st

from mnistdash.ui import session

SOURCE = "draw_source"  # key of the choice between canvas, file and camera
_KEY = "dropping"

_component = st.components.v2.component(
    "mnistdash.dropping",
    html="<div></div>",
    js=pathlib.Path(__file__).with_name("dropping.js").read_text(encoding="utf-8"),
)


def listen() -> None:
    """Hear what is pasted and dropped while this page is open, and show Upload when it comes."""
    _component(key=_KEY, on_came_change=_show_upload)


def _show_upload() -> None:
    if session.chosen(_KEY, "came") is True:
        session.put(SOURCE, "Upload")
