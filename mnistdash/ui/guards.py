"""What keeps a page from being shown: each guard says why in a sentence, and stops the page."""

import contextlib

import streamlit as st

from mnistdash import datasets, evaluation, store
from mnistdash.ui import link, session, state, words

_ENTERED = "entered"  # session key: this visit asked for app.py around its page once


def begin(title: str) -> None:
    """Begin a page: its title, that nothing can be kept, and once why a link's run is not shown."""
    if not link.known():
        _enter_by_app()
    st.title(title)
    if because := state.open_store().read_only_because:
        st.info(words.sentence(because), icon=":material/lock:")
    note = session.take(link.RUN_NOTE)
    if note:
        st.info(note, icon=":material/info:")


def told(error: Exception) -> bool:
    """Say what a page, a press or a part of a page could not get over.

    Returns:
        Whether it was said; what nobody foresaw is Streamlit's to show, without its details.
    """
    foreseen = isinstance(error, store.StoreError | datasets.DataError)
    if foreseen:  # the database has gone away since the page began, say
        st.error(words.sentence(str(error)), icon=":material/error:")
    return foreseen


def _enter_by_app() -> None:
    """Have app.py run around this page.

    Until Streamlit meets `st.navigation`, it runs a page of pages/ without app.py around it: a
    server's very first visit, by a link to a page. No public option says otherwise; where the
    private one is gone, or does nothing, that visit lands on the first page.
    """
    if session.has(_ENTERED):
        st.switch_page("app.py", query_params=st.query_params.to_dict())
    session.put(_ENTERED, True)
    with contextlib.suppress(ImportError, AttributeError):
        from streamlit.runtime import pages_manager

        pages_manager.PagesManager.uses_pages_directory = False
    st.rerun()


def require_run() -> store.Run:
    """Return the chosen run, or show the way to the first one and stop."""
    run_id = link.current().run
    run = state.open_store().run(run_id) if run_id else None
    if run is None or not run.finished:
        st.markdown("There is no finished run yet.")
        st.page_link(
            "pages/train.py",
            label="Train the first one",
            icon=":material/arrow_forward:",
            query_params=link.params(),
        )
        st.stop()
    return run


def require_results(run: store.Run) -> tuple[datasets.Dataset, evaluation.Evaluation]:
    """Return a run's images and answers, or say why they can't be shown and stop."""
    try:
        if link.current().on_drawings:
            ids = state.open_store().drawing_ids()
            answers = state.evaluate_drawings(run.id, ids)
            return state.load_drawings(ids), answers
        dataset, trouble = state.images_of(run)
        answers = state.load_evaluation(run.id, run.dataset)
    except (datasets.DataError, store.StoreError) as error:
        st.warning(words.sentence(str(error)), icon=":material/warning:")
        st.stop()
    if trouble:
        st.warning(words.sentence(trouble), icon=":material/warning:")
    return dataset, answers
