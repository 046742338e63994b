"""The table of runs as a component: runs are chosen by their id, whatever moves their rows."""

import pathlib
from collections.abc import Collection, Sequence

import streamlit as st

from mnistdash.ui import run_rows, session, sorting

COLUMNS = ("run", "accuracy", "status", "errors", "images", "layers", "seconds", "made")
_TITLES = {"made": "made (UTC)"}
_NUMBERS = ("accuracy", "errors", "seconds")
_LARGEST_FIRST = ("accuracy", "made")  # what the first click on these heads asks for

_HERE = pathlib.Path(__file__).parent

_component = st.components.v2.component(
    "mnistdash.runs_grid",
    html='<div class="runs table"></div>',
    css=sorting.CSS + (_HERE / "runs_grid.css").read_text(encoding="utf-8"),
    js=sorting.JS + (_HERE / "runs_grid.js").read_text(encoding="utf-8"),
)


def runs_grid(rows: Sequence[run_rows.Row], *, caption: str, key: str) -> list[str]:
    """Show the table and return the ids of the runs that are chosen in it, in its order.

    Args:
        rows: in the order shown until a person sorts.
        caption: what the table says to a person who can't see it.
        key: Streamlit key; keep it stable and choice, order and focus stay.
    """
    ids = run_ids(rows)
    columns = [
        {
            "name": name,
            "title": _TITLES.get(name, name),
            "number": name in _NUMBERS,
            "largest_first": name in _LARGEST_FIRST,
        }
        for name in COLUMNS
    ]
    data = {
        "caption": caption,
        "columns": columns,
        "rows": [vars(row) | {"seeds": [vars(seed) for seed in row.seeds]} for row in rows],
        "chosen": chosen(key, ids),
        "key": key,
    }
    # A list of one: in a dict, Streamlit looks for data frames and imports pandas to do so.
    _component(data=[data], key=key, on_chosen_change=_nothing_else)
    return chosen(key, ids)


def chosen(key: str, ids: Sequence[str]) -> list[str]:
    """Return which of these runs are chosen in a table now, as the browser says."""
    return chosen_ids(session.sent(key, "chosen"), ids)


def chosen_ids(value: object, ids: Collection[str]) -> list[str]:
    """Return those ids that a browser says are chosen, in the order of `ids`.

    Args:
        value: whatever the browser sent: a page can't trust it.
        ids: of the runs that there are.
    """
    if not isinstance(value, list):
        return []
    said = {each for each in value if isinstance(each, str)}
    return [run_id for run_id in ids if run_id in said]


def run_ids(rows: Sequence[run_rows.Row]) -> list[str]:
    """Return the ids of all runs, those of groups too, in the order of the rows."""
    return [run.id for row in rows for run in (row.seeds or (row,))]


def _nothing_else() -> None:
    """Name `chosen` to Streamlit as a part of the table's state; the page reads it."""
