"""The report of a run, to be taken along."""

import urllib.parse

import streamlit as st

from mnistdash import report, store
from mnistdash.ui import state, verdicts_view


def button(run: store.Run) -> None:
    """Offer the report as a file; it is made when it is asked for."""
    person = verdicts_view.person()
    address = (st.context.url or "").split("?")[0]
    link = f"{address}?{urllib.parse.urlencode({'run': run.id})}"
    st.download_button(
        "Report as HTML",
        lambda: report.write(report.contents(state.open_store(), run, person=person, link=link)),
        file_name=f"{run.id}.html",
        mime="text/html",
        icon=":material/download:",
        type="tertiary",
        key="take-report",
        on_click="ignore",
        help="All of this run in one file: it opens without a network, and prints.",
    )
