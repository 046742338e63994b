"""One moment: what a run of a page asks of a disk or a database several times is found once.

Each question has one answer for all parts of a page, whatever others change meanwhile; two of them
may be answered at two times.
"""

import contextlib
import contextvars
from collections.abc import Callable, Hashable, Iterator
from typing import TypeVar

T = TypeVar("T")

_found: contextvars.ContextVar[dict[Hashable, object] | None] = contextvars.ContextVar(
    "found", default=None
)


@contextlib.contextmanager
def one() -> Iterator[None]:
    """Hold one moment for what this thread asks; threads that it starts live in their own time."""
    token = _found.set({})
    try:
        yield
    finally:
        _found.reset(token)


def once(what: Hashable, find: Callable[[], T]) -> T:
    """Return what was found before in this moment, else find it; outside of one, find it anew.

    Args:
        what: names it, and whose it is.
        find: finds it; what it raises is raised, and it is asked again the next time.
    """
    found = _found.get()
    if found is None:
        return find()
    if what not in found:
        found[what] = find()
    return found[what]


def known(what: Hashable) -> object:
    """Return what was found or noted in this moment; `None` for nothing."""
    return (_found.get() or {}).get(what)


def note(what: Hashable, found: object) -> None:
    """Note something for the rest of this moment."""
    moment = _found.get()
    if moment is not None:
        moment[what] = found


def is_over() -> None:
    """Have everything found anew: this thread has changed something."""
    (_found.get() or {}).clear()
