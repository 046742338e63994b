"""The frame around every page: its head and style, the run picker, what trains, which images."""

import base64
import copy
import functools
import math
import pathlib

import streamlit as st

from mnistdash import datasets, store
from mnistdash.ui import apart, document, filters, link, session, state, words

_HERE = pathlib.Path(__file__).parent
_POLL_SECONDS = 1.0
# A picture of ours: Streamlit fetches symbols for the tab from the network. Written out, it need
# not be read and looked at twice in every run.
_ICON = f"data:image/png;base64,{base64.b64encode((_HERE / 'icon.png').read_bytes()).decode()}"
_SIDEBAR_PX = 304


def style() -> None:
    """Apply what the theme can't say, where the document did not bring it."""
    if not document.Styled.served:
        st.html(document.STYLE)


def page(path: str, title: str) -> st.Page:
    """Return a page for `st.navigation`: a fresh copy, since Streamlit notes on it that it ran."""
    return copy.copy(_page(path, title))


@functools.cache
def _page(path: str, title: str) -> st.Page:
    """Make a page once: Streamlit looks for its file each time."""
    return st.Page(path, title=title)


def head(page_title: str, run: store.Run | None) -> None:
    """Name the page and the run in the browser's tab, and make the page wide."""
    name = f"{page_title} · {words.run_title(run)}" if run else page_title
    st.set_page_config(
        page_title=f"{name} · mnistdash",
        page_icon=_ICON,
        layout="wide",
        initial_sidebar_state=_SIDEBAR_PX,
    )


def run_picker(runs: list[store.Run]) -> None:
    """Let a person choose which finished run all pages show."""
    finished = {run.id: run for run in runs if run.finished}
    chosen = link.current().run
    if chosen is not None and chosen not in finished:
        session.put(link.RUN_NOTE, _why_not_shown(chosen, runs))
    if chosen not in finished:
        link.show(run=state.default_run(runs))
    st.selectbox(
        "Run",
        list(finished),
        format_func=lambda run_id: words.run_label(finished[run_id]),
        placeholder="No finished run yet",
        on_change=_forget_image,
        **link.bound("run"),
    )


def test_set_picker(run: store.Run | None) -> None:
    """Let a person choose between a run's own test images and the drawings that were kept."""
    reads = run is not None and run.has_model and state.reads_digits(run)
    if not reads or not state.open_store().drawing_ids():
        if link.current().set is not None:
            link.show(set=None)
        return
    st.segmented_control(
        "Test images",
        ("drawings",),
        format_func=lambda _: "My digits instead",
        label_visibility="collapsed",
        on_change=_forget_image,
        **link.bound("set"),
    )


def drop_foreign(run: store.Run | None, runs: list[store.Run]) -> None:
    """Drop what is not there, from a link or of other images: classes, an epoch, an image, a run.

    Before the menu, whose links carry the view, and before the link is written: that is one step of
    the browser's history.
    """
    view = link.current()
    known = run.classes if run else None
    if known is not None and view.true is not None and view.true >= known:
        link.show(true=None)
    if known is not None and view.pred is not None and view.pred >= known:
        link.show(pred=None)
    if run and view.epoch is not None and view.epoch > filters.epochs_kept(run):
        link.show(epoch=None)
    if run and view.index is not None and view.index >= _num_images(run):
        link.show(index=None)
    if view.other is not None and not any(it.id == view.other and it.finished for it in runs):
        link.show(other=None)


def _num_images(run: store.Run) -> float:
    """Count the images that are shown with a run's answers; endless where nobody can tell."""
    if link.current().on_drawings:
        return len(state.open_store().drawing_ids())
    try:
        return len(state.load_evaluation(run.id, run.dataset))
    except (datasets.DataError, store.StoreError):  # the page says so
        return math.inf


def training_line(runs: list[store.Run]) -> None:
    """Show a thin line while something trains, refreshed once a second."""
    if any(run.under_way for run in runs):
        apart.part(_training_line, every=_POLL_SECONDS)()


def _training_line() -> None:
    state.look_after_runs()
    running = [run for run in state.open_store().runs() if run.under_way]
    if not running:
        st.rerun()
    current = min(running, key=lambda run: run.created_at)
    st.progress(current.live.fraction, text=f"Training {words.plain(words.run_title(current))}")


def images_shown(run: store.Run | None) -> str:
    """Say which images are shown, nothing where none are."""
    if link.current().on_drawings:
        return f"My digits, {words.images(len(state.open_store().drawing_ids()))}"
    if run is None or not datasets.on_this_machine(run.dataset):
        return ""
    try:
        shown = datasets.load(run.dataset)
    except datasets.DataError:  # the page says what is wrong with it
        return f"{datasets.title(run.dataset)} can't be read"
    unverified = "" if shown.verified else ", unverified"
    return f"{shown.title}{unverified}, {words.images(len(shown.x_test), 'test')}"


def missing_images() -> None:
    """Say how to get MNIST where it is missing."""
    if not datasets.on_this_machine("mnist"):
        _missing_mnist()


def _downloading() -> None:
    download = state.download("mnist")
    if not download.running:
        if link.current().run == "starter-optdigits":
            link.show(run=None)
        st.rerun()
    share = download.done / download.total if download.total else 0.0
    st.progress(min(share, 1.0), text="Getting MNIST")


def _missing_mnist() -> None:
    download = state.download("mnist")
    if download.running:
        apart.part(_downloading, every=_POLL_SECONDS)()
        return
    st.caption("MNIST is not on this machine; optdigits, embedded, stands in.")
    st.button("Get MNIST", on_click=download.start, icon=":material/download:", type="tertiary")
    if download.trouble:
        st.caption(words.sentence(download.trouble))


def _why_not_shown(run_id: str, runs: list[store.Run]) -> str:
    run = next((run for run in runs if run.id == run_id), None)
    if run is None:
        return "This run does not exist (any more). Another one is shown."
    return (
        f"{words.run_title(run)} has no results to show: {words.ending(run)} Another run is shown."
    )


def _forget_image() -> None:
    link.show(index=None, page=None, epoch=None)
