"""What a training learns otherwise than its data set says: corrections, and drawings."""

from typing import Any

import streamlit as st

from mnistdash import corrections, datasets, recipes, store
from mnistdash.ui import session, state, verdicts_view, words

_WITH = {"corrections": "with_corrections", "drawings": "with_drawings"}  # keys of the switches
_LOADED = "recipe_lists"  # session key: those of the run whose settings are in the form


def switches(dataset_name: str) -> None:
    """Offer what there is for a data set: a line each, nothing where there is nothing."""
    try:
        offered = _offered(dataset_name)
    except (datasets.DataError, store.StoreError):
        return  # what is wrong with the images is said beside the button
    for name, label, text in (
        ("corrections", "With {}", "Training images that you judged on the Data page: relabelled"
         " where the label is wrong, left out where nobody could tell. The recipe keeps which."),
        ("drawings", "And my {}", "The digits that were kept on Draw are learnt besides."),
    ):  # fmt: skip
        if offered[name]:
            what = words.number_of(len(offered[name]), name.removesuffix("s"))
            of_run = " of the run whose settings these are" if name in _loaded() else ""
            st.toggle(
                label.format(what) + of_run,
                key=_WITH[name],
                help=text,
                persist_state="session",
                on_change=_forget,
                args=(name,),
            )


def chosen(dataset_name: str) -> dict[str, Any]:
    """Return what the switches add to a recipe's settings."""
    if not any(session.get(key) is True for key in _WITH.values()):
        return {}
    offered = _offered(dataset_name)
    return {name: offered[name] for name, key in _WITH.items() if session.get(key) is True}


def load(chosen_recipe: recipes.Recipe) -> None:
    """Put what a run learnt otherwise into the form."""
    lists = {name: getattr(chosen_recipe, name) for name in _WITH}
    session.put(_LOADED, {name: found for name, found in lists.items() if found})
    for name, found in lists.items():
        session.put(_WITH[name], bool(found))


def hold_to_what_can_be_chosen() -> None:
    """Leave out what a browser sent that the switches do not offer."""
    for key in _WITH.values():
        session.hold_to(key, lambda it: isinstance(it, bool), False)


def _loaded() -> dict[str, tuple]:
    return session.get(_LOADED, {})


def _forget(name: str) -> None:
    """What is switched off and on again is a person's own."""
    if not session.get(_WITH[name]):
        session.put(_LOADED, {k: it for k, it in _loaded().items() if k != name})


def _offered(dataset_name: str) -> dict[str, tuple]:
    """Return the corrections and the drawings that there are for a data set."""
    dataset = datasets.load(dataset_name)
    said = verdicts_view.said(dataset, "train")
    offered = {"corrections": corrections.of_verdicts(said.values()), "drawings": ()}
    if dataset.class_names == datasets.DIGITS:
        kept = reversed(state.open_store().drawings())  # of one picture twice, the newest counts
        named = {corrections.name(drawing.image): int(drawing.label) for drawing in kept}
        offered["drawings"] = tuple(sorted(named.items()))
    most = {name: found[: corrections.MAX_IMAGES] for name, found in offered.items()}
    return most | _loaded()
