"""Fields for numbers: what was typed stays in the box, and what can't be read is said below it.

A number input of Streamlit's shows its limit for what is out of range and reports the old value.
"""

import html

import streamlit as st

from mnistdash import recipes
from mnistdash.ui import session


def whole_number(label: str, *, key: str, low: int, high: int, width: int | str) -> int | None:
    """Show a field for a whole number.

    Args:
        label: above the field.
        key: Streamlit key; the session holds the text typed.
        low: the smallest number.
        high: the largest.
        width: as `st.text_input`.

    Returns:
        The number; `None` for what can't be read as one within the limits.
    """
    session.default(key, str(low))
    st.text_input(label, key=key, persist_state="session", width=width)
    try:
        return recipes.read_number(label, session.get(key), limits=(low, high))
    except ValueError as error:
        trouble(str(error))
        return None


def trouble(sentence: str) -> None:
    """Say below a field why it can't be read; code marks are left out."""
    plain = html.escape(sentence.replace("`", ""))
    st.html(f'<p class="field-trouble" role="alert">{plain}</p>')
