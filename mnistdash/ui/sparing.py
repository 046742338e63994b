"""What Streamlit 1.67 does for nothing in each run of a page is left out.

It writes the theme and the configuration anew, and for each field that can be empty it lists all
that it remembers of the visit: the more pages somebody has seen, the slower all of them become.
What is changed in config.toml while the server runs therefore counts from its next start.
"""

import collections.abc
import contextlib
import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any


def spare() -> None:
    """Leave out what a run does for nothing.

    No public option says so; where the private parts are gone or do nothing, runs of a page take
    more of the server's time.
    """
    with contextlib.suppress(ImportError, AttributeError):
        from streamlit.runtime import app_session

        app_session._populate_config_msg, app_session._populate_theme_msg = (
            _written_once(app_session._populate_config_msg),
            _written_once(app_session._populate_theme_msg),
        )
    with contextlib.suppress(ImportError, AttributeError):
        from streamlit.runtime.state import safe_session_state

        memory = safe_session_state.SafeSessionState
        memory.filtered_state = property(_not_listed(memory.filtered_state.fget))


def _written_once(write: Callable[..., None]) -> Callable[..., None]:
    """Keep what fills a message, and fill others with a copy; of each section its own."""
    kept: dict[tuple[object, ...], Any] = {}

    @functools.wraps(write)
    def fill(message: Any, *section: object) -> None:  # noqa: ANN401  # Streamlit's own
        if section not in kept:
            first = type(message)()
            write(first, *section)
            kept[section] = first
        if kept[section].ByteSize():  # an empty one is not there
            message.CopyFrom(kept[section])

    return fill


def _not_listed(listed: Callable[[Any], dict[str, Any]]) -> Callable[[Any], Mapping[str, Any]]:
    """Look up what is asked for in a visit's memory, and list all of it only if that is asked."""

    @functools.wraps(listed)
    def found(memory: Any) -> Mapping[str, Any]:  # noqa: ANN401  # Streamlit's own
        return _Memory(memory, functools.partial(listed, memory))

    return found


class _Memory(collections.abc.Mapping):
    """What is remembered of a visit, by the keys of this application."""

    def __init__(self, memory: Any, listed: Callable[[], dict[str, Any]]) -> None:  # noqa: ANN401
        self._memory, self._listed = memory, listed

    def __getitem__(self, key: str) -> object:
        with self._memory._lock:
            return self._memory._state[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._listed())

    def __len__(self) -> int:
        return len(self._listed())

    def __repr__(self) -> str:
        return repr(self._listed())
