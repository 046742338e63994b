"""Doors to the gallery: what is chosen on another page is looked at there."""

import dataclasses
import pathlib
import urllib.parse

import streamlit as st

from mnistdash.ui import link, session

_GOING = "going_to_gallery"  # session key: fields of the view that the gallery is to show
_GALLERY = "gallery"  # as the page's address ends
_KEPT = {"run", "set", "other", "sort", "above"}  # of the view, through every door
_UNFILTERED = {
    field.name: field.default for field in dataclasses.fields(link.View) if field.name not in _KEPT
}

_component = st.components.v2.component(
    "mnistdash.doors",
    html="<div></div>",
    js=pathlib.Path(__file__).with_name("doors.js").read_text(encoding="utf-8"),
)


def open_image(index: int) -> None:
    """Note that an image was chosen: the page goes on to its card in the gallery."""
    # On which page its tile is, the gallery finds.
    session.put(_GOING, {"index": index, "page": None})


def open_pair(true_class: int, pred_class: int) -> None:
    """Note that a pair of classes was chosen: the page goes on to its errors in the gallery."""
    open_images(true=true_class, pred=pred_class)


def open_class(true_class: int) -> None:
    """Note that a class was chosen: the page goes on to its errors in the gallery."""
    open_images(true=true_class)


def open_images(**filters: object) -> None:
    """Note that images were chosen: the page goes on to these, and no others, in the gallery.

    Args:
        filters: fields of the view; other filters that were set would hide some of the images.
    """
    session.put(_GOING, _UNFILTERED | filters)


def open_labels(kind: str) -> None:
    """Note that labels in doubt were chosen, by their key in `link.LABELS`: all such images."""
    open_images(labels=kind, all=True)


def params(**filters: object) -> dict[str, str]:
    """Return the parameters of a link to these images, and no others, in the gallery.

    Args:
        filters: fields of the view.
    """
    return link.params(**_UNFILTERED | filters)


def follow() -> None:
    """Go on to the gallery if an image, or a pair of classes, was chosen on this page."""
    changes = session.take(_GOING)
    if changes is not None:
        query = urllib.parse.urlencode(link.params(**changes))
        _component(data=[_GALLERY, query], key="door")
