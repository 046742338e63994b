"""What a run of a page sends goes out together.

Streamlit 1.67 wakes the thread of its server for each element: two threads then take turns with
every line of a page, and browsers draw one that is half there.
"""

import asyncio
import contextlib
import functools
import threading
from collections.abc import Callable
from typing import Any

_GATHERED = "gathered"  # attribute of a visit
LONGEST_SECONDS = 0.02  # that an element waits for the next ones, where a run takes longer


def together() -> None:
    """Let what runs send go out together.

    No public option says so; where the private parts are gone or do nothing, runs of a page take a
    tenth more of the server's time.
    """
    with contextlib.suppress(ImportError, AttributeError):
        from streamlit.runtime import app_session, scriptrunner

        visit, events = app_session.AppSession, scriptrunner.ScriptRunnerEvent
        if hasattr(visit._call_soon_on_event_loop, "__wrapped__"):
            return  # twice gathered, nothing would go out
        more = {events.SCRIPT_STARTED, events.ENQUEUE_FORWARD_MSG}
        soon, hear = visit._call_soon_on_event_loop, visit._on_scriptrunner_event
        visit._call_soon_on_event_loop = _gathering(soon)
        visit._on_scriptrunner_event = _sending(hear, soon, more)


class _Gathered:
    """What a visit's runs have to tell the server's loop, in order; safe to share by threads."""

    def __init__(self) -> None:
        self._waiting: list[Callable[[], None]] = []
        self._lock = threading.Lock()

    def add(self, tell: Callable[[], None]) -> bool:
        """Let something wait, and say whether nothing else does."""
        with self._lock:
            self._waiting.append(tell)
            return len(self._waiting) == 1

    def tell_later(self) -> None:
        """Tell what waits, and what will by then, in a moment; called on the loop."""
        asyncio.get_running_loop().call_later(LONGEST_SECONDS, self.tell)

    def tell(self) -> None:
        """Tell all that waits; called on the loop."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
        for tell in waiting:
            asyncio.get_running_loop().call_soon(tell)  # if one fails, the others are told


def _gathering(soon: Callable[..., None]) -> Callable[..., None]:
    """Let what a visit's threads tell the loop wait for what follows."""

    @functools.wraps(soon)
    def gather(visit: Any, tell: Callable[[], None]) -> None:  # noqa: ANN401  # Streamlit's own
        # Nothing of it refers to the visit, which would then refer to itself: its files would stay
        # open until Python searches for such circles.
        gathered = vars(visit).get(_GATHERED) or vars(visit).setdefault(_GATHERED, _Gathered())
        if gathered.add(tell):
            soon(visit, gathered.tell_later)

    return gather


def _sending(
    hear: Callable[..., None], soon: Callable[..., None], more: set[Any]
) -> Callable[..., None]:
    """Let what was gathered go out with every event but those that others follow."""

    @functools.wraps(hear)
    def send(visit: Any, sender: Any, event: Any, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        hear(visit, sender, event, *args, **kwargs)
        if event not in more and _GATHERED in vars(visit):
            soon(visit, vars(visit)[_GATHERED].tell)

    return send
