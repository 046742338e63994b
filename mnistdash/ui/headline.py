"""Headline figures in a row."""

import streamlit as st

from mnistdash import findings
from mnistdash.ui import words


def facts(pairs: findings.Facts) -> None:
    """Show headline figures in a row: a label, a value, and a small remark each.

    As Markdown, which Streamlit has at hand when a page comes; for HTML it loads another script, a
    fifth of a second of the first page.
    """
    lines = (
        f"- {_inside(label)}  \n  **{_inside(value)}** *{_inside(remark)}*"
        for label, (value, remark) in pairs.items()
    )
    with st.container(key="facts"):
        st.markdown("\n".join(lines))


def _inside(text: str) -> str:
    """Write text as it is, inside a line: none of what it begins with begins a list there."""
    return words.plain(f"x{text}")[1:]
