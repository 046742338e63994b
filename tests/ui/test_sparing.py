"""What a run of a page no longer does for nothing."""

import pytest
from streamlit.proto import NewSession_pb2
from streamlit.runtime import app_session
from streamlit.runtime.state import safe_session_state, session_state

from mnistdash.ui import sparing


@pytest.fixture
def spared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave it out in one test."""
    memory = safe_session_state.SafeSessionState
    monkeypatch.setattr(memory, "filtered_state", memory.filtered_state)
    for name in ("_populate_config_msg", "_populate_theme_msg"):
        monkeypatch.setattr(app_session, name, getattr(app_session, name))
    sparing.spare()


def test_each_section_of_the_theme_is_written_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two messages have the same theme, light and dark their own; it was written for one."""
    written = []

    def write(message: NewSession_pb2.CustomThemeConfig, section: str = "theme") -> None:
        written.append(section)
        if section != "theme.sidebar":
            message.primary_color = f"of {section}"

    monkeypatch.setattr(app_session, "_populate_theme_msg", write)
    monkeypatch.setattr(app_session, "_populate_config_msg", app_session._populate_config_msg)
    sparing.spare()
    for _ in range(2):
        told = NewSession_pb2.NewSession()
        app_session._populate_theme_msg(told.custom_theme)
        app_session._populate_theme_msg(told.custom_theme.dark, "theme.dark")
        app_session._populate_theme_msg(told.custom_theme.sidebar, "theme.sidebar")
        assert told.custom_theme.primary_color == "of theme"
        assert told.custom_theme.dark.primary_color == "of theme.dark"
        assert not told.custom_theme.HasField("sidebar")
    assert written == ["theme", "theme.dark", "theme.sidebar"]


def test_configuration_is_the_one_that_was_set(spared: None) -> None:
    """A copy says what the first message said."""
    first, second = NewSession_pb2.Config(), NewSession_pb2.Config()
    app_session._populate_config_msg(first)
    app_session._populate_config_msg(second)
    assert first == second
    assert first.max_cached_message_age


class Counted(session_state.SessionState):
    """A visit's memory that counts how often all of it is listed."""

    listed = 0

    @property
    def filtered_state(self) -> dict[str, object]:
        """List it."""
        self.listed += 1
        return super().filtered_state


def test_memory_is_looked_up_and_not_listed(spared: None) -> None:
    """A field asks for one key; only who wants all of them has them listed."""
    kept = Counted()
    kept["true"], kept["pred"] = 4, None
    memory = safe_session_state.SafeSessionState(kept, lambda: None)
    found = memory.filtered_state
    assert found["true"] == 4
    assert "pred" in found
    assert found["pred"] is None
    assert "sort" not in found
    assert kept.listed == 0
    assert dict(found) == {"true": 4, "pred": None}
    assert len(found) == 2
    assert kept.listed > 0
