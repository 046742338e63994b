"""Headline figures in a row."""

import html

import streamlit as st


def facts(pairs: dict[str, tuple[str, str]]) -> None:
    """Show headline figures in a row: a label, a value, and a small remark each."""
    items = "".join(
        f'<div><div class="quiet">{html.escape(label)}</div>{html.escape(value)}'
        f' <span class="quiet">{html.escape(remark)}</span></div>'
        for label, (value, remark) in pairs.items()
    )
    with st.container(key="facts"):
        st.html(f'<div class="facts">{items}</div>')
