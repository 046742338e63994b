"""Every press is heard whole, however soon the browser's next message follows it.

Wherever a run touches what Streamlit 1.67 remembers of a visit, it looks for the next message:
before it has heard what the one at hand changed, and in the midst of the callbacks. It then goes on
with the next one alone, and of two that wait it keeps the newer. That one says all there is on its
own page, but after a press on a link of the menu nothing of the page before.
"""

import contextlib
import functools
from collections.abc import Callable
from typing import Any


def hear_all() -> None:
    """Let a run hear its message before it looks for the next, and two that wait be heard as one.

    No public option says so; where the private parts are gone or do nothing, a press is lost if the
    next message follows within the milliseconds before its run begins.
    """
    with contextlib.suppress(ImportError, AttributeError):
        from streamlit.runtime.state import safe_session_state

        memory = safe_session_state.SafeSessionState
        memory.on_script_will_rerun = _uninterrupted(memory.on_script_will_rerun)
    with contextlib.suppress(ImportError, AttributeError):
        from streamlit.runtime.scriptrunner_utils import script_requests

        script_requests._coalesce_widget_states = _of_both(script_requests._coalesce_widget_states)


def _uninterrupted(hear: Callable[..., None]) -> Callable[..., None]:
    """Let nothing end what takes a message in and runs its callbacks."""

    @functools.wraps(hear)
    def whole(memory: Any, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  # Streamlit's own
        look = vars(memory).get("_yield_callback")
        object.__setattr__(memory, "_yield_callback", lambda: None)
        try:
            hear(memory, *args, **kwargs)
        finally:
            object.__setattr__(memory, "_yield_callback", look)

    return whole


def _of_both(merge: Callable[..., Any]) -> Callable[..., Any]:
    """Let what only the older of two messages says stay in the one made of both."""

    @functools.wraps(merge)
    def merged(older: Any, newer: Any) -> Any:  # noqa: ANN401  # Streamlit's own
        both = merge(older, newer)
        if older and newer:
            said = {widget.id for widget in both.widgets}
            both.widgets.extend(widget for widget in older.widgets if widget.id not in said)
        return both

    return merged
