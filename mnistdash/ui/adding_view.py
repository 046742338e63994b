"""Images of a person's own, added on the Data page: chosen, read in the background, told about."""

import contextlib
import io
from collections.abc import Sequence

import streamlit as st

from mnistdash import datasets, moment
from mnistdash.datasets import uploads
from mnistdash.ui import apart, link, session, state, words

_OPEN = "adding"  # session key: whether the form is shown
_ROUND = "adding_round"  # session key: another number makes an empty form
_MINE = "adding_mine"  # session key: uploads of this session, which goes on to them
_TROUBLE = "adding_trouble"  # session key: why what was asked for is not read
_SAID = "adding_said"  # session key: what there is to say when the page is shown next
_POLL_SECONDS = 0.4
_BY_NAME = "told by the names"


# --- asking -----------------------------------------------------------------------------------


def button() -> None:
    """Offer to add images, unless the form is there already."""
    closed = state.open_store().read_only_because
    st.button(
        "Add images",
        key="add-images",
        icon=":material/add_photo_alternate:",
        on_click=_open,
        disabled=closed is not None or session.get(_OPEN, False),
        help=closed and words.sentence(closed),
    )


def form() -> None:
    """Show the form for images to add, once it was asked for."""
    if not session.get(_OPEN):
        return
    with st.container(border=True, key="adding-form"):
        chosen = st.file_uploader(
            "NPZ, IDX or CSV files, or a ZIP of pictures in one folder a class",
            accept_multiple_files=True,
            max_upload_size=uploads.MAX_MB,
            key=_key("files"),
        )
        st.caption(
            f"The files of one set, at most {uploads.MAX_MB} MB together. Larger ones:"
            " `python -m mnistdash data add FILE`. Everybody who uses this dashboard sees them."
        )
        left, right = st.columns(2)
        left.text_input("Name", key=_key("name"), max_chars=40, placeholder="as the file")
        right.text_input("Class names, in order", key=_key("classes"), placeholder="as in the file")
        if len(chosen) == 2:
            options = (_BY_NAME, *(file.name for file in chosen))
            left.selectbox("Test images", options, key=_key("test"))
        st.toggle("Invert: the ink is dark, the ground bright", key=_key("invert"))
        st.toggle("Swap rows and columns: the images lie on their side", key=_key("transpose"))
        with st.container(horizontal=True):
            st.button("Add", type="primary", key="add-now", on_click=_start)
            st.button("Close", key="add-close", on_click=_close)
        trouble = session.take(_TROUBLE)
        if trouble:
            st.warning(words.sentence(trouble), icon=":material/warning:")


def _key(field: str) -> str:
    return f"adding-{field}-{session.get(_ROUND, 0)}"


def _open() -> None:
    session.put(_OPEN, True)


def _close() -> None:
    session.put(_OPEN, False)
    session.count(_ROUND)


def _start() -> None:
    """Have read what the form holds now; it is emptied once that is under way."""
    typed = {field: session.get(_key(field)) for field in _FIELDS}
    names = [name.strip() for name in (typed["classes"] or "").split(",")]
    wish = uploads.Wish(
        files=[uploads.File(file.name, file.getvalue()) for file in typed["files"] or ()],
        name=" ".join((typed["name"] or "").split()),
        test="" if typed["test"] in (None, _BY_NAME) else typed["test"],
        class_names=names if any(names) else None,
        invert=bool(typed["invert"]),
        transpose=bool(typed["transpose"]),
    )
    try:
        started = state.open_uploads().start(wish)
    except datasets.DataError as error:
        session.put(_TROUBLE, str(error))
        return
    session.put(_MINE, [*session.get(_MINE, []), started.id])
    _release(typed["files"])
    _close()


def _release(files: Sequence[io.BytesIO]) -> None:
    """Give back the memory of files that are written to the disk by now.

    Streamlit keeps them until the visit ends and has no public word to let go of them earlier.
    """
    with contextlib.suppress(ImportError, AttributeError, TypeError):
        from streamlit.runtime import scriptrunner

        context = scriptrunner.get_script_run_ctx()
        for file in files:
            context.uploaded_file_mgr.remove_file(context.session_id, file.file_id)


_FIELDS = ("files", "name", "classes", "test", "invert", "transpose")


# --- watching ---------------------------------------------------------------------------------


def follow() -> None:
    """Go on to the set that this session added last, if one has been added meanwhile."""
    for upload in state.open_uploads().all():
        if upload.id in session.get(_MINE, []) and upload.status == "added":
            moment.is_over()  # it may have been added since this run began
            link.show(images=upload.name)
            session.put(_SAID, upload.sentence or f"{upload.name} is added.")
            state.open_uploads().forget(upload.id)


def watch() -> None:
    """Show how far each upload is, of whatever session, and how it ended."""
    said = session.take(_SAID)
    if said:
        st.success(words.plain(said), icon=":material/check:")
    found = state.open_uploads().all()
    if any(upload.under_way for upload in found):
        apart.part(_under_way, every=_POLL_SECONDS)(_stages(found))
    for upload in found:
        mine = upload.id in session.get(_MINE, [])
        if not upload.under_way and (mine or not upload.told):
            _ended(upload)
            if mine:
                state.open_uploads().tell(upload.id)


def _stages(found: Sequence[uploads.Upload]) -> list[tuple[str, str]]:
    """Return what the whole page shows of the uploads: a change concerns all of it."""
    return [(upload.id, upload.status) for upload in found]


def _under_way(shown: list[tuple[str, str]]) -> None:
    found = state.open_uploads().all()
    if _stages(found) != shown:
        st.rerun()
    for upload in (upload for upload in found if upload.under_way):
        with st.container(horizontal=True, vertical_alignment="center", key=f"up-{upload.id}"):
            share = f", {upload.share:.0%}" if upload.share else ""
            doing = f"Reading {upload.name}{share}"
            if upload.status == "waiting":
                doing = f"{upload.name} waits to be read"
            st.progress(upload.share, text=words.plain(doing))
            st.button("Stop", key=f"up-stop-{upload.id}", on_click=_stop, args=(upload.id,))


def _ended(upload: uploads.Upload) -> None:
    with st.container(border=True, key=f"up-{upload.id}"):
        if upload.status == "added":
            st.markdown(f"**{words.plain(upload.name)}** is added. {words.plain(upload.sentence)}")
            st.button("Show", key=f"up-show-{upload.id}", on_click=_show, args=(upload.id,))
        else:
            st.warning(words.sentence(upload.sentence), icon=":material/warning:")
            st.button("Close", key=f"up-close-{upload.id}", on_click=_forget, args=(upload.id,))


def _stop(upload_id: str) -> None:
    state.open_uploads().stop(upload_id)


def _show(upload_id: str) -> None:
    upload = state.open_uploads().find(upload_id)
    if upload is not None:
        link.show(images=upload.name)
    _forget(upload_id)


def _forget(upload_id: str) -> None:
    state.open_uploads().forget(upload_id)
