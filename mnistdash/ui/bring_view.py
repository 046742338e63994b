"""A run brought from files on the Train page: chosen, read and checked, told about."""

import streamlit as st

from mnistdash import artifacts, datasets, store
from mnistdash.bringing import answers, checking, command, files, runs
from mnistdash.ui import session, state, words

MAX_MB = 32  # of one file, as the server allows
_OPEN = "bringing"  # session key: whether the form is shown
_ROUND = "bringing_round"  # session key: another number makes an empty form
_WISH = "bringing_wish"  # session key: what was asked for and is not read yet
_TROUBLE = "bringing_trouble"  # session key: why what was asked for was not taken
_ADDED = "bringing_added"  # session key: the run that was added last, told about once
_WHAT = "Of a model that was trained elsewhere: what it answered to the test images."
_FIELDS = ("name", "dataset", "predictions", "history", "model")


def button() -> None:
    """Offer to add a run, unless the form is there already."""
    closed = state.open_store().read_only_because
    st.button(
        "Add a run",
        key="bring-run",
        icon=":material/upload_file:",
        type="tertiary",
        help=words.sentence(closed or _WHAT),
        on_click=_open,
        disabled=closed is not None or session.get(_OPEN, False),
    )


def form() -> None:
    """Show the form for a run to add, once it was asked for, and what came of it."""
    if wish := session.take(_WISH):
        with st.spinner("Reading the files"):
            _bring(wish)
    added = session.take(_ADDED)
    if added is not None:
        _tell(added)
    if not session.get(_OPEN):
        return
    with st.container(border=True, key="bringing-form"):
        _fields()
        with st.container(horizontal=True):
            st.button("Add", type="primary", key="bring-now", on_click=_ask)
            st.button("Close", key="bring-close", on_click=_close)
        trouble = session.take(_TROUBLE)
        if trouble:
            st.warning(words.sentence(trouble), icon=":material/warning:")


def _fields() -> None:
    left, right = st.columns(2)
    left.text_input("Name", key=_key("name"), max_chars=60, placeholder="my model")
    right.selectbox(
        "Answers to the test images of",
        datasets.names(),
        format_func=datasets.title,
        key=_key("dataset"),
    )
    predictions = st.container()
    left, right = st.columns(2)
    for place, field, label, kinds in (
        (predictions, "predictions", "Predictions, a row a test image", ["npy", "npz", "csv"]),
        (left, "history", "History, if there is one", ["csv", "json"]),
        (right, "model", "LiteRT model, if there is one", ["tflite"]),
    ):
        place.file_uploader(label, type=kinds, max_upload_size=MAX_MB, key=_key(field))
    st.caption(
        "Predictions are probabilities, logits or the answers alone; with the model it can be drawn"
        " for, too. From a notebook: `mnistdash.log(…)`, and `mnistdash.Logger(…)` while Keras"
        " trains. By command: `python -m mnistdash add`."
    )


def _key(field: str) -> str:
    return f"bringing-{field}-{session.get(_ROUND, 0)}"


def _open() -> None:
    session.put(_OPEN, True)


def _close() -> None:
    session.put(_OPEN, False)
    session.count(_ROUND)


def _ask() -> None:
    """Note what the form holds now; the page reads it where it can say that it does."""
    wish = {field: session.get(_key(field)) for field in _FIELDS}
    if not (wish["name"] or "").strip():
        session.put(_TROUBLE, "The run needs a name.")
    elif wish["predictions"] is None:
        session.put(_TROUBLE, "Choose a file of predictions first.")
    else:
        session.put(_WISH, wish)


def _bring(wish: dict) -> None:
    """Read and check the files, and add the run; or note why not."""
    try:
        images = datasets.load(wish["dataset"])
        sent = wish["predictions"]
        found, notes = command.read(images, sent.name, sent.getvalue())
        sent = wish["history"]
        history = files.history(sent.name, sent.getvalue()) if sent else []
        kept = {}
        if wish["model"]:
            checked = _checked(wish["model"].getvalue(), images, found)
            kept, notes = {artifacts.MODEL: checked.model}, (*notes, *checked.notes)
        logged = runs.write(
            wish["name"],
            images,
            found,
            history=history,
            kept=kept,
            notes=notes,
            db=state.open_store(),
        )
    except (datasets.DataError, store.StoreError, ValueError) as error:
        session.put(_TROUBLE, str(error))
        return
    session.put(_ADDED, logged)
    _close()


def _checked(model: bytes, images: datasets.Dataset, found: answers.Answers) -> checking.Checked:
    """Let a worker look at a model: none is opened here before that."""
    about = checking.question(model, images.x_test, images.y_test, found)
    return checking.verdict(state.open_engine().check(about))


def _tell(added: runs.Logged) -> None:
    with st.container(key="brought"):
        said = f"**{words.plain(added.name)}** is added: {words.percent(added.accuracy)} of the"
        said += f" test images, {words.errors(added.errors)}."
        st.success(" ".join([said, *map(words.plain, added.notes)]), icon=":material/check:")
        st.page_link(
            "pages/overview.py",
            label="See where it fails",
            icon=":material/arrow_forward:",
            query_params={"run": added.id},
        )
