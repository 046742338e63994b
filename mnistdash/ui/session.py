"""What is remembered of one visit, until its tab is closed: the only door to Streamlit's memory.

A key that two modules share is a constant of the lower one. A widget's key gives its value.
"""

from collections.abc import Callable, Collection, Mapping
from typing import TypeVar

import streamlit as st

T = TypeVar("T")

_NOTHING = object()  # is kept under a key


def get(key: str, default: T | None = None) -> T | None:
    """Return what is kept under a key, or the value of the widget that has it."""
    try:
        return st.session_state[key]
    except KeyError:
        return default


def has(key: str) -> bool:
    """Tell whether anything is kept under a key."""
    return key in st.session_state


def put(key: str, value: object) -> None:
    """Keep a value; a widget with this key shows it, unless it was shown in this run already."""
    st.session_state[key] = value


def default(key: str, value: T) -> T:
    """Keep a value unless there is one, and return what is kept."""
    kept = get(key, _NOTHING)
    if kept is _NOTHING:
        put(key, value)
        return value
    return kept


def hold_to(key: str, fits: Callable[[object], bool], default: T) -> T:
    """Put a default in place of what does not fit: a browser can send anything for a widget.

    Args:
        key: of a widget that is not shown in this run yet.
        fits: tells whether a value is one that a person can choose.
        default: to show instead, and where nothing is kept.

    Returns:
        What is kept then.
    """
    try:
        kept = get(key, _NOTHING)
        if kept is not _NOTHING and fits(kept):
            return kept
    except (TypeError, ValueError, LookupError, AttributeError, OverflowError):
        pass  # not even Streamlit can read it
    put(key, default)
    return default


def take(key: str, default: T | None = None) -> T | None:
    """Return what is kept under a key and forget it."""
    value = get(key, default)
    forget(key)
    return value


def forget(*keys: str) -> None:
    """Forget what is kept under some keys, where anything is."""
    for key in keys:
        if key in st.session_state:
            del st.session_state[key]


def count(key: str) -> int:
    """Count one more under a key and return the sum: 1 the first time."""
    put(key, get(key, 0) + 1)
    return get(key)


def sent(key: str, name: str) -> object:
    """Return what a component's browser sent last under a name: untrusted, `None` for nothing.

    Args:
        key: Streamlit key of the component.
        name: of one of its values.
    """
    values = get(key)
    return values.get(name) if isinstance(values, Mapping) else None


def chosen(key: str, name: str) -> object:
    """Return what was pressed last in a component whose browser sends a mark and the choice.

    Streamlit forgets a trigger where the next message follows so closely that its run never began;
    state it sends again. The mark, new with each press, tells a second press from the first.

    Args:
        key: Streamlit key of the component.
        name: of one of its values.

    Returns:
        The choice: untrusted, `None` for nothing.
    """
    value = sent(key, name)
    return value[1] if isinstance(value, list) and len(value) == 2 else None


def chosen_among(key: str, numbers: Collection[int]) -> int | None:
    """Return which of some numbers was pressed last in a component; `None` for anything else.

    Args:
        key: Streamlit key of the component, whose browser sends it as `choose`.
        numbers: those that can be chosen.
    """
    value = chosen(key, "choose")
    return value if type(value) is int and value in numbers else None
