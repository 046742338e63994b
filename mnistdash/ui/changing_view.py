"""Added images, changed on the Data page: renamed, mended, deleted."""

from collections.abc import Sequence

import streamlit as st

from mnistdash import datasets, store
from mnistdash.ui import link, session, state, words

_SAID = "changing_said"  # session key: why a change was not made
# What is likely a mistake in a set, and what the button that mends it says.
_MENDS = {
    "invert": ("invert", "The ground is bright: invert"),
    "classes": ("fewer", "Leave out the classes without images"),
}


def hold_to(names: Sequence[str]) -> None:
    """Show the images of the run that is looked at, until others among these are chosen."""
    if link.asked_for().images in names:
        return
    run = state.open_store().run(link.current().run or "")
    link.stand_in(images=run.dataset if run is not None and run.dataset in names else names[0])


def menu(name: str) -> None:
    """Offer what can be done with images that were added; nothing for others.

    Args:
        name: of the data set shown.
    """
    if not datasets.is_added(name):
        return
    with st.popover("Change", icon=":material/edit:", key=f"change-{name}"):
        with st.form(f"rename-{name}", border=False):
            st.text_input("Name", name, max_chars=40, key=f"new-name-{name}")
            st.form_submit_button("Rename", on_click=_rename, args=(name,))
        _press("Invert: bright becomes dark", name, "invert", place="menu")
        _press("Swap rows and columns", name, "transpose", place="menu")
    with st.popover("Delete", icon=":material/delete:", key=f"delete-{name}"):
        st.text(_question(name))
        st.button("Delete", type="primary", key=f"do-delete-{name}", on_click=_delete, args=(name,))


def trouble() -> None:
    """Say why the change that was asked for was not made."""
    said = session.take(_SAID)
    if said:
        st.warning(words.sentence(said), icon=":material/warning:")


def questions(dataset: datasets.Dataset) -> None:
    """Say what is doubtful in a person's own images, with a button for what can be mended."""
    for at, (question, offer) in enumerate(zip(dataset.questions, dataset.offers, strict=True)):
        st.warning(words.sentence(question), icon=":material/help:")
        if offer in _MENDS and offer not in dataset.offers[at + 1 :]:
            option, label = _MENDS[offer]
            _press(label, dataset.name, option, place="question")


def _press(label: str, name: str, option: str, *, place: str) -> None:
    """Show a button that changes images; where others stand on them, a copy is changed."""
    copied = not datasets.is_added(name) or _runs_on(name)
    st.button(
        f"{label}, in a copy" if copied else label,
        key=f"{place}-{option}-{name}",
        on_click=_change,
        args=(name, option),
    )


def _question(name: str) -> str:
    """Ask whether to delete images, naming them and what stands on them."""
    try:
        images = datasets.load(name)
        count = images.num_train + len(images.x_test)
        classes = words.number_of(len(images.class_names), "class")
        asked = f"Delete {name}, {classes}, {words.images(count)}?"
    except datasets.DataError:
        asked = f"Delete {name}, which can't be read?"
    runs = len(_runs_on(name))
    if not runs:
        return asked
    stand, their = ("stands", "its") if runs == 1 else ("stand", "their")
    return (
        f"{asked} {words.number_of(runs, 'run')} {stand} on them: {their} answers stay, without the"
        " pictures."
    )


def _runs_on(name: str) -> list[store.Run]:
    return [run for run in state.open_store().runs() if run.dataset == name]


def _change(name: str, option: str) -> None:
    try:
        copy = bool(_runs_on(name))
        link.show(images=datasets.change(name, copy=copy, **{option: True}))
    except (datasets.DataError, store.StoreError) as error:
        session.put(_SAID, str(error))


def _rename(name: str) -> None:
    """Give a set the name that stands in the form now, and let its runs follow."""
    new = " ".join((session.get(f"new-name-{name}") or "").split())
    if new == name:
        return
    try:
        datasets.rename(name, new)
        state.open_store().rename_dataset(name, new)
    except (datasets.DataError, store.StoreError) as error:
        session.put(_SAID, str(error))
        return
    link.show(images=new)


def _delete(name: str) -> None:
    try:
        datasets.remove(name)
        link.show(images=None)
    except datasets.DataError as error:
        session.put(_SAID, str(error))
