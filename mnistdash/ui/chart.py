"""The one door for plotly charts, which have a name for a person who can't see them."""

import plotly.graph_objects as go
import streamlit as st

from mnistdash import figures


def show(figure: go.Figure, *, key: str) -> None:
    """Show a figure of `figures` under the sentence that it carries.

    Args:
        figure: with that sentence in `layout.meta`.
        key: Streamlit key.
    """
    st.plotly_chart(figure, key=key, config=figures.CONFIG, alt=figure.layout.meta)
