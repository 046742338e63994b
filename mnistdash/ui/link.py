"""What a page shows, its view, stands in its link: read when a run begins, written when it ends.

Everybody else asks `current()` and changes it with `show()`.
"""

import contextlib
import contextvars
import dataclasses
import functools
import re
import time
import urllib.parse
from collections.abc import Callable, Iterator
from typing import Any, Self

import streamlit as st

from mnistdash import evaluation, recipes, store
from mnistdash.datasets import naming
from mnistdash.ui import session

_STALE_SECONDS = 3.0  # how long a browser may take to learn of a new link
_REPLACED = "links_replaced"  # the links shown before, each with the time it was replaced
_NO_RUN = "no-run"  # no run has this id: whoever followed the link is told that it isn't there
BY_MENU = "by_menu"  # what the menu adds to the link that it follows, for `read` to see
LABELS = {"raters": "raters disagreed", "suspect": "suspect"}  # what is doubted, and who says so
RUN_NOTE = "run_note"  # session key: why the run that a link names is not shown, said once
_STAND_INS = "stand_ins"  # session key: fields shown as something else, with what was asked for
_PAGE = "page_shown"  # session key: the last one, as its address ends
_LAST = "link_written"  # what this session wrote last, so that a new link is told from its own
_VIEW = "the view"  # beside its fields
# In a run of a page: what the view's fields are known to be, and the view, until they may have
# changed.
_fields: contextvars.ContextVar[dict[str, object] | None] = contextvars.ContextVar(
    "fields", default=None
)

VERDICTS = {  # that a person can filter by
    "judged": "any verdict",
    "unjudged": "none yet",
    "model": "model",
    "label": "label",
    "picture": "picture",
}


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


def _labels(text: str) -> str:
    if text not in LABELS:
        raise ValueError
    return text


def _verdict(text: str) -> str:
    if text not in VERDICTS:
        raise ValueError
    return text


def _data_set(text: str) -> str:
    if not naming.is_name(text):
        raise ValueError
    return text


def _drawings(text: str) -> str:
    if text != "drawings":
        raise ValueError
    return text


def _probability(text: str) -> float:
    if not re.fullmatch(r"[01]\.[0-9]{2,9}", text) or float(text) > 1:
        raise ValueError
    return float(text)


def _confidence(text: str) -> tuple[float, float]:
    low, high = (_probability(part) for part in text.split("-"))
    if low > high:
        raise ValueError
    return low, high


_PARSERS: dict[str, Callable[[str], object]] = {
    "run": _run_id_or_none_such,
    "set": _drawings,
    "true": _number(0, recipes.MAX_CLASSES - 1),
    "pred": _number(0, recipes.MAX_CLASSES - 1),
    "sort": _order,
    "conf": _confidence,
    "labels": _labels,
    "all": lambda text: bool(_number(1, 1)(text)),
    "page": _number(1, 9_999),
    "index": _number(0, 199_999),
    "epoch": _number(1, 200),
    "other": _run_id,
    "verdict": _verdict,
    "images": _data_set,
    "above": _probability,
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class View:
    """What a page shows. A field is called as the link calls it, and so is the widget bound to it.

    What stands at its default is not in the link.
    """

    run: str | None = None  # id of the run shown; `None` before the first one has finished
    set: str | None = None  # "drawings": tested on the drawings kept, not on its own test images
    true: int | None = None  # the true class filtered by, `None` for any
    pred: int | None = None  # the predicted class
    sort: str = "confident"  # a key of `evaluation.ORDERS`
    conf: tuple[float, float] = (0.0, 1.0)  # the confidence filtered by
    labels: str | None = None  # a key of `LABELS`: images whose label is in doubt, `None` for any
    all: bool = False  # correct images too
    page: int | None = None  # of the images chosen; `None` for that of the image, or the first
    index: int | None = None  # of the image whose card is open
    epoch: int | None = None  # the answers after this epoch, from 1; `None` for the last
    other: str | None = None  # id of the run compared with; `None` for the newest that fits
    verdict: str | None = None  # a key of `VERDICTS` filtered by
    images: str | None = None  # of the Data page: a data set's name, `None` for the run's
    above: float = 0.9  # the confidence that an answer must exceed to be given

    @classmethod
    def parse(cls, params: dict[str, str]) -> Self:
        """Return the view that a link says; whatever can't be read is left at its default.

        Args:
            params: the link's parameters, as untrusted text.
        """
        said = {}
        for name, parser in _PARSERS.items():
            try:
                said[name] = parser(params[name])
            except (KeyError, ValueError):
                continue
        return cls(**said)

    def params(self) -> dict[str, str]:
        """Return the link's parameters."""
        return {
            field.name: _text(value)
            for field in dataclasses.fields(self)
            if (value := getattr(self, field.name)) not in (None, field.default)
        }

    @property
    def pair(self) -> tuple[int | None, int | None]:
        """The true and the predicted class filtered by."""
        return self.true, self.pred

    @property
    def only_right(self) -> bool:
        """Whether the classes filtered by can only be met by correct images."""
        return self.true is not None and self.true == self.pred

    @property
    def includes_right(self) -> bool:
        """Whether correct images are among those shown."""
        return self.all or self.only_right

    @property
    def on_drawings(self) -> bool:
        """Whether the run is tested on the drawings that were kept."""
        return self.set == "drawings"


def current() -> View:
    """Return what the page shows now: what its widgets say, and what stands in for the rest."""
    known = _fields.get()
    fields = {} if known is None else known
    if _VIEW not in fields:
        for field in dataclasses.fields(View):
            if field.name not in fields:
                fields[field.name] = session.get(field.name, field.default)
        fields[_VIEW] = View(**fields)
    return fields[_VIEW]


@contextlib.contextmanager
def read_once() -> Iterator[None]:
    """Read each field of the view once in a run of a page, and anew where it may have changed."""
    token = _fields.set({})
    try:
        yield
    finally:
        _fields.reset(token)


def _forget(*names: str) -> None:
    """Have fields of the view read anew when it is asked for."""
    for name in (*names, _VIEW):
        (_fields.get() or {}).pop(name, None)


def show(**changes: object) -> None:
    """Show something else: `show(true=4, pred=9)` changes these fields of the view alone."""
    View(**changes)  # refuses what is no field
    stand_ins = session.get(_STAND_INS, {})
    if not stand_ins.keys().isdisjoint(changes):
        session.put(_STAND_INS, {name: it for name, it in stand_ins.items() if name not in changes})
    for name, value in changes.items():
        session.put(name, value)
    _forget(*changes)


def stand_in(**fields: object) -> None:
    """Show something in place of what was not asked for, or can't be had here; the link stays.

    A page that rewrote its own link would add a step to the browser's history that nobody made,
    and Back would lead to where it is made again. Once a widget changes such a field, it counts.
    """
    asked, known = vars(asked_for()), session.get(_STAND_INS, {})
    wanted = known | {name: (asked[name], it) for name, it in fields.items()}
    if wanted != known or any(getattr(current(), name) != it for name, it in fields.items()):
        show(**fields)
        session.put(_STAND_INS, wanted)


def asked_for() -> View:
    """Return what a person asked for, by a link or by hand: what the link says."""
    stand_ins = session.get(_STAND_INS, {})
    view = current()
    return dataclasses.replace(view, **{
        name: asked for name, (asked, shown) in stand_ins.items() if getattr(view, name) == shown
    })  # fmt: skip


def params(**changes: object) -> dict[str, str]:
    """Return the parameters of a link to a page that shows the same, but for some changes."""
    return dataclasses.replace(asked_for(), **changes).params()


def bound(name: str) -> dict[str, Any]:
    """Return the arguments that bind a widget to a field of the view: each changes the other."""
    _forget(name)  # a widget puts its default in the place of what it can't show
    return {"key": View.__dataclass_fields__[name].name, "persist_state": "session"}


def known() -> bool:
    """Tell whether the link has been read in this session: the frame does so before any page."""
    return session.has("run")


def read(page: str) -> None:
    """Take what a new link says into the session: one followed, or one gone Back or Forward to.

    Args:
        page: the one shown, as its address ends. On another one than before, a field is another
            widget, to which Streamlit does not hand on what a message said of the one before.
    """
    for field in dataclasses.fields(View):
        kept = session.hold_to(field.name, functools.partial(_can_be, field.name), field.default)
        if (known := _fields.get()) is not None:
            known[field.name] = kept
    if session.get(_PAGE) != page:
        session.put(_PAGE, page)
        for name, value in vars(current()).items():
            session.put(name, value)
    found = st.query_params.to_dict()
    by_menu = found.pop(BY_MENU, None) is not None  # else Streamlit takes its press for Back
    if (_went_back_or_forward() and not by_menu) or (found and not _is_own(found)):
        view = View.parse(found)
        show(**vars(view) | {"run": view.run or current().run})
        _remember(found)


def _can_be(name: str, value: object) -> bool:
    """Tell whether a field of the view can have a value, whatever link or widget it came from."""
    if value == View.__dataclass_fields__[name].default:
        return True
    return isinstance(value, type(_PARSERS[name](_text(value))))


def write() -> None:
    """Write what was asked for into the link: one step of the browser's history.

    Where Back or Forward led here, Streamlit replaces the step instead.
    """
    wanted = params()
    last = session.get(_LAST)
    if last != wanted:
        session.put(_LAST, wanted)
        _remember(last)
    if st.query_params.to_dict() != wanted:
        st.query_params.from_dict(wanted)


def address() -> str:
    """Return the address of the page as it is shown now."""
    return f"{(st.context.url or '').split('?')[0]}?{urllib.parse.urlencode(current().params())}"


def _remember(replaced: dict[str, str] | None) -> None:
    earlier = session.get(_REPLACED, [])
    session.put(_REPLACED, [*earlier[-20:], (replaced, time.monotonic())])


def _is_own(found: dict[str, str]) -> bool:
    """Tell a new link from one that this session wrote.

    A click made before the browser has taken over the link just written comes with the one
    before: that is not a wish to go back.
    """
    since = time.monotonic() - _STALE_SECONDS
    replaced = [link for link, at in session.get(_REPLACED, []) if at > since]
    return found == session.get(_LAST) or found in replaced


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
        return "-".join(map(_text, value))
    if isinstance(value, float):  # with the nine decimals that tell all of float32 apart, or fewer
        whole, _, decimals = f"{value:.9f}".partition(".")
        return f"{whole}.{decimals.rstrip('0'):0<2}"
    return str(int(value)) if isinstance(value, bool | int) else str(value)
