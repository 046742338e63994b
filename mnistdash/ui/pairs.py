"""The largest confusions as a list of buttons, each with some of its images."""

import functools
import pathlib
from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st

from mnistdash import datasets, evaluation
from mnistdash.ui import gallery, session, words

PICTURES = 3  # beside each pair

_HERE = pathlib.Path(__file__).parent

_component = st.components.v2.component(
    "mnistdash.pairs",
    html='<div class="pairs" role="list"></div>',
    css=(_HERE / "pairs.css").read_text(encoding="utf-8"),
    js=(_HERE / "pairs.js").read_text(encoding="utf-8"),
)


def pairs(
    dataset: datasets.Dataset,
    answers: evaluation.Evaluation,
    shown: Sequence[evaluation.Pair],
    *,
    chosen: tuple[int | None, int | None],
    on_choose: Callable[[int, int], None],
    picture_px: int = 28,
    key: str,
) -> None:
    """Show pairs of classes with their counts and their most confident errors.

    Args:
        dataset: whose test images.
        answers: of one run.
        shown: the pairs, in order.
        chosen: the true and the predicted class whose pair is marked.
        on_choose: called with the classes of a clicked pair before the page runs again.
        picture_px: side of a picture in CSS pixels; multiples of 28 are the crispest.
        key: Streamlit key.
    """
    names = dataset.class_names
    found = [
        answers.select(true_class=pair.true_class, pred_class=pair.pred_class)[:PICTURES]
        for pair in shown
    ]
    images = dataset.x_test[np.concatenate([np.array([], int), *found])]
    # All pictures in one sprite: of a component each, the page would wait for seven.
    data = gallery.sheet(images) | {
        "ink": dataset.ink,
        "picture_px": picture_px,
        "pairs": [
            {
                "classes": [pair.true_class, pair.pred_class],
                "said": words.read_as(pair.true_class, pair.pred_class, names),
                "images": words.images(pair.count),
                "count": words.count(pair.count),
                "pictures": len(indices),
            }
            for pair, indices in zip(shown, found, strict=True)
        ],
        "chosen": [None if side is None else int(side) for side in chosen],
    }
    forward = functools.partial(_forward_click, key, len(names), on_choose)
    # As a list of one: in a dict, Streamlit looks for data frames and imports pandas to do so.
    _component(data=[data], key=key, on_choose_change=forward)


def clicked_pair(value: object, count: int) -> tuple[int, int] | None:
    """Return the pair that a browser says was clicked, or None if there is no such pair.

    It need not be on the page any more: what the list showed when the hand came down counts.

    Args:
        value: Whatever the browser sent: a page can't trust it.
        count: How many classes there are.
    """
    if not isinstance(value, list) or not all(type(side) is int for side in value):
        return None
    there = len(set(value)) == len(value) == 2 and all(0 <= side < count for side in value)
    return tuple(value) if there else None


def _forward_click(key: str, count: int, on_choose: Callable[[int, int], None]) -> None:
    """Tell `on_choose` which pair was clicked."""
    pair = clicked_pair(session.chosen(key, "choose"), count)
    if pair is not None:
        on_choose(*pair)
