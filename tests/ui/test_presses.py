"""Messages of a browser that follow each other closely."""

import pytest
from streamlit.proto import WidgetStates_pb2
from streamlit.runtime.scriptrunner_utils import script_requests
from streamlit.runtime.state import safe_session_state

from mnistdash.ui import presses


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every press be heard in one test."""
    memory = safe_session_state.SafeSessionState
    merge = script_requests._coalesce_widget_states
    monkeypatch.setattr(memory, "on_script_will_rerun", memory.on_script_will_rerun)
    monkeypatch.setattr(script_requests, "_coalesce_widget_states", merge)
    presses.hear_all()


class Listener:
    """What Streamlit remembers of a visit, whose callback touches it."""

    def on_script_will_rerun(self, *_: object, **__: object) -> None:
        """Run the callbacks."""
        self.memory["true"] = 4

    def __setitem__(self, key: str, value: object) -> None:
        """Keep a value."""
        setattr(self, key, value)


def test_callbacks_are_through_before_the_next_message(heard: None) -> None:
    """The memory ends a run at every touch, but not while it takes a message in."""
    listener = Listener()

    def interrupt() -> None:
        raise InterruptedError

    memory = safe_session_state.SafeSessionState(listener, interrupt)
    listener.memory = memory
    memory.on_script_will_rerun(None)
    assert listener.true == 4
    with pytest.raises(InterruptedError):
        memory["pred"] = 9


def states(**values: bool) -> WidgetStates_pb2.WidgetStates:
    """Say what a browser says of its widgets."""
    said = WidgetStates_pb2.WidgetStates()
    for name, value in values.items():
        said.widgets.add(id=name, bool_value=value)
    return said


def test_what_two_waiting_messages_say_is_kept(heard: None) -> None:
    """The newer one counts where both speak; where it is silent, the older one does."""
    merged = script_requests._coalesce_widget_states(
        states(lamp=True, fan=True), states(fan=False, run=True)
    )
    said = {widget.id: widget.bool_value for widget in merged.widgets}
    assert said == {"lamp": True, "fan": False, "run": True}


def test_one_waiting_message_is_itself(heard: None) -> None:
    """With nothing older, or nothing newer, there is nothing to merge."""
    merge = script_requests._coalesce_widget_states
    assert merge(states(lamp=True), None) == states(lamp=True)
    assert merge(None, states(lamp=True)) == states(lamp=True)
    assert merge(None, None) is None
