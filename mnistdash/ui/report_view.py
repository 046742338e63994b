"""The report of a run, to be taken along."""

import urllib.parse

import streamlit as st

from mnistdash import datasets, report, store
from mnistdash.ui import session, state, verdicts_view, words

_MADE = "report_made"  # session key: what the last report told of, and the report
_MAKING = "The report is being made"


def box(run: store.Run) -> None:
    """Offer the report as a file; it is made once the box is opened, with progress."""
    opened = st.popover(
        "Report", icon=":material/description:", type="tertiary", key="report", on_change="rerun"
    )
    if not opened.open:
        return
    with opened:
        st.caption("All of this run in one file: it opens without a network, and prints.")
        try:
            text = _made(run)
        except (store.StoreError, datasets.DataError) as error:
            st.warning(words.sentence(str(error)), icon=":material/warning:")
            return
        st.download_button(
            f"Save as HTML, {len(text) / 1e6:.2f} MB",
            text,
            file_name=f"{run.id}.html",
            mime="text/html",
            icon=":material/download:",
            key="take-report",
            on_click="ignore",
        )


def _made(run: store.Run) -> bytes:
    """Return the report, made again only where something that it tells of has changed.

    Raises:
        StoreError: the answers are missing or damaged.
        DataError: the images can't be loaded.
    """
    person, link = verdicts_view.person(), _link(run)
    dataset, _ = state.images_of(run)
    about = run, dataset.sha256, dict(verdicts_view.said(dataset)), person, link
    known, text = session.get(_MADE, (None, b""))
    if known == about:
        return text
    bar = st.progress(0.0, _MAKING)
    told = report.contents(state.open_store(), run, person=person, link=link)
    text = report.write(told, lambda share: bar.progress(share, _MAKING)).encode()
    bar.empty()
    session.put(_MADE, (about, text))
    return text


def _link(run: store.Run) -> str:
    """Return the address under which this dashboard shows the run."""
    address = (st.context.url or "").split("?")[0]
    return f"{address}?{urllib.parse.urlencode({'run': run.id})}"
