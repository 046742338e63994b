"""The table of classes as a component: sorted in the browser, a row is a door to its errors."""

import functools
import pathlib
from collections.abc import Callable, Sequence

import streamlit as st

from mnistdash import class_rates
from mnistdash.ui import session, sorting, words

_COLUMNS = {  # name: title, and what the head says on hover
    "class": ("class", "In the order of the classes"),
    "images": ("images", "Test images of the class"),
    "right": ("correct", "Images of the class that were read as it"),
    "precision": ("precision", "Of the images read as the class, the share that is of it"),
    "recall": ("recall", "Of the images of the class, the share that was read as it"),
    "f1": ("F1", "The harmonic mean of precision and recall"),
    "taken_for": ("mostly read as", "The most frequent wrong answer, and how often it was given"),
}
_LARGEST_FIRST = ("images", "right", "taken_for")  # of a rate the lowest is looked for

_HERE = pathlib.Path(__file__).parent

_component = st.components.v2.component(
    "mnistdash.class_table",
    html='<div class="classes table"></div>',
    css=sorting.CSS + (_HERE / "class_table.css").read_text(encoding="utf-8"),
    js=sorting.JS + (_HERE / "class_table.js").read_text(encoding="utf-8"),
)


def class_table(
    rates: Sequence[class_rates.ClassRates],
    class_names: Sequence[str],
    *,
    on_choose: Callable[[int], None],
    key: str,
) -> None:
    """Show the figures of each class, one a row.

    Args:
        rates: of K classes.
        class_names: K names.
        on_choose: called with the class of a chosen row before the page runs again; a class
            without errors can't be chosen.
        key: Streamlit key; keep it stable and the order stays.
    """
    st.caption(
        "Recall: of the images of a class, how many were read as it. Precision: of those read as"
        " it, how many are of it. F1: the two in one. Small: 95 % intervals (Wilson, 1927). A head"
        " sorts, a row opens its errors."
    )
    columns = [
        {
            "name": name,
            "title": title,
            "help": said,
            "number": name not in ("class", "taken_for"),
            "largest_first": name in _LARGEST_FIRST,
        }
        for name, (title, said) in _COLUMNS.items()
    ]
    data = {
        "caption": "Classes: images, precision, recall, F1",
        "columns": columns,
        "rows": [row(each, class_names) for each in rates],
        "key": key,
    }
    forward = functools.partial(_forward_choice, key, len(rates), on_choose)
    # A list of one: in a dict, Streamlit looks for data frames and imports pandas to do so.
    _component(data=[data], key=key, on_choose_change=forward)


def row(rates: class_rates.ClassRates, class_names: Sequence[str]) -> dict[str, object]:
    """Write the line of a class: what its cells show, small remarks, and what they sort by."""
    name, found = class_names[rates.label], rates.taken_for
    shown = {each: getattr(rates, each) for each in ("precision", "recall", "f1")}
    wrong = rates.images - rates.right
    return {
        "label": rates.label,
        "said": f"{name}: {words.errors(wrong)}" if wrong else "",
        "texts": {
            "class": name,
            "images": words.count(rates.images),
            "right": words.count(rates.right),
            "taken_for": class_names[found.pred_class] if found else "",
        }
        | {each: words.percent(rate.value) if rate else "" for each, rate in shown.items()},
        "remarks": {"taken_for": words.images(found.count) if found else ""}
        | {each: words.interval(it.low, it.high) if it else "" for each, it in shown.items()},
        "values": {
            "class": rates.label,
            "images": rates.images,
            "right": rates.right,
            "taken_for": found.count if found else None,
        }
        | {each: rate.value if rate else None for each, rate in shown.items()},
    }


def _forward_choice(key: str, count: int, on_choose: Callable[[int], None]) -> None:
    label = session.chosen_among(key, range(count))
    if label is not None:
        on_choose(label)
