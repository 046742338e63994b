"""What the page shows stands in its link: read at the start of each run, written at its end."""

import re
import time
from collections.abc import Callable

import streamlit as st

from mnistdash import evaluation, recipes, store

_STALE_SECONDS = 3.0  # how long a browser may take to learn of a new link
_REPLACED = "links_replaced"  # the links shown before, each with the time it was replaced
_NO_RUN = "no-run"  # no run has this id: whoever followed the link is told that it isn't there
_LAST = "link_written"  # what this session wrote last, so that a new link is told from its own


def _run_id(text: str) -> str:
    if not store.ID_PATTERN.fullmatch(text):
        raise ValueError
    return text


def _run_id_or_none_such(text: str) -> str:
    return text if store.ID_PATTERN.fullmatch(text) else _NO_RUN


def _number(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not re.fullmatch("[0-9]{1,6}", text) or not low <= int(text) <= high:
            raise ValueError
        return int(text)

    return parse


def _order(text: str) -> str:
    if text not in evaluation.ORDERS:
        raise ValueError
    return text


def _drawings(text: str) -> str:
    if text != "drawings":
        raise ValueError
    return text


def _confidence(text: str) -> tuple[float, float]:
    if not re.fullmatch(r"[01]\.[0-9]{2}-[01]\.[0-9]{2}", text):
        raise ValueError
    low, high = (float(part) for part in text.split("-"))
    if not 0 <= low <= high <= 1:
        raise ValueError
    return low, high


_PARSERS: dict[str, Callable[[str], object]] = {
    "run": _run_id_or_none_such,
    "other": _run_id,
    "true": _number(0, recipes.MAX_CLASSES - 1),
    "pred": _number(0, recipes.MAX_CLASSES - 1),
    "index": _number(0, 199_999),
    "sort": _order,
    "conf": _confidence,
    "all": lambda text: bool(_number(1, 1)(text)),
    "page": _number(1, 9_999),
    "epoch": _number(1, 200),
    "set": _drawings,
}
# A view that is not in the link is the default one.
DEFAULTS: dict[str, object] = {
    "run": None,
    "other": None,
    "true": None,
    "pred": None,
    "index": None,
    "sort": "confident",
    "conf": (0.0, 1.0),
    "all": False,
    "page": 1,
    "epoch": None,
    "set": None,
}


def parse(params: dict[str, str]) -> dict[str, object]:
    """Return what a link says, leaving out whatever can't be read.

    Args:
        params: the link's parameters, as untrusted text.
    """
    view = {}
    for key, parser in _PARSERS.items():
        try:
            view[key] = parser(params[key])
        except (KeyError, ValueError):
            continue
    return view


def params(view: dict[str, object]) -> dict[str, str]:
    """Return the link's parameters for a view; defaults are left out."""
    chosen = {k: v for k, v in view.items() if v is not None and v != DEFAULTS[k]}
    return {key: _text(value) for key, value in chosen.items()}


def read() -> None:
    """Take what a new link says into the session: one followed, or one gone Back or Forward to."""
    found = st.query_params.to_dict()
    if _went_back_or_forward() or (found and not _is_own(found)):
        st.session_state.update({**DEFAULTS, "run": st.session_state.get("run"), **parse(found)})
        _remember(found)
    for key, default in DEFAULTS.items():
        st.session_state.setdefault(key, default)


def write() -> None:
    """Write what the session shows into the link."""
    wanted = params({key: st.session_state.get(key) for key in DEFAULTS})
    last = st.session_state.get(_LAST)
    if last != wanted:
        st.session_state[_LAST] = wanted
        _remember(last)
    if st.query_params.to_dict() != wanted:
        st.query_params.from_dict(wanted)


def _remember(replaced: dict[str, str] | None) -> None:
    earlier = st.session_state.get(_REPLACED, [])
    st.session_state[_REPLACED] = [*earlier[-20:], (replaced, time.monotonic())]


def _is_own(found: dict[str, str]) -> bool:
    """Tell a new link from one that this session wrote.

    A click made before the browser has taken over the link just written comes with the one
    before: that is not a wish to go back.
    """
    since = time.monotonic() - _STALE_SECONDS
    replaced = [link for link, at in st.session_state.get(_REPLACED, []) if at > since]
    return found == st.session_state.get(_LAST) or found in replaced


def _went_back_or_forward() -> bool:
    """Tell whether the browser's Back or Forward brought this run of the page.

    Streamlit knows and has no public word for it; without it, Back works three seconds later.
    """
    try:
        from streamlit.runtime import scriptrunner

        return bool(scriptrunner.get_script_run_ctx().is_history_navigation)
    except (ImportError, AttributeError):
        return False


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return f"{value[0]:.2f}-{value[1]:.2f}"
    return str(int(value)) if isinstance(value, bool | int) else str(value)
