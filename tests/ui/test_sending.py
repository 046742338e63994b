"""What a run sends goes out together."""

import asyncio
import threading
import time
from collections.abc import Callable

import pytest
from streamlit.runtime import app_session, scriptrunner

from mnistdash.ui import sending

MESSAGE = scriptrunner.ScriptRunnerEvent.ENQUEUE_FORWARD_MSG
END = scriptrunner.ScriptRunnerEvent.SCRIPT_STOPPED_WITH_SUCCESS


class Visit:
    """A visit whose server hears numbers, and counts how often its thread was woken."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.woken = 0
        self.heard: list[tuple[int, float]] = []

    def _call_soon_on_event_loop(self, tell: Callable[[], None]) -> None:
        self.woken += 1
        self.loop.call_soon_threadsafe(tell)

    def _on_scriptrunner_event(self, _sender: object, event: object, number: int) -> None:
        self._call_soon_on_event_loop(lambda: self._hear(number))

    def _hear(self, number: int) -> None:
        if number < 0:
            raise ValueError(number)
        self.heard.append((number, time.monotonic()))


@pytest.fixture
def visit(monkeypatch: pytest.MonkeyPatch) -> type[Visit]:
    """A kind of visit that is told things together."""
    told = type(
        "Told", (Visit,), {name: vars(Visit)[name] for name in vars(Visit) if "_on_" in name}
    )
    monkeypatch.setattr(app_session, "AppSession", told)
    sending.together()
    return told


def heard_by(kind: type[Visit], run: Callable[[Visit], None], count: int) -> Visit:
    """Let a run tell a visit things from a thread of its own, and wait until they are heard."""

    async def serve() -> Visit:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda *_: None)
        visit = kind(loop)
        thread = threading.Thread(target=run, args=(visit,))
        thread.start()
        given_up = time.monotonic() + 10
        while len(visit.heard) < count and time.monotonic() < given_up:
            await asyncio.sleep(0.005)
        thread.join()
        return visit

    return asyncio.run(serve())


def test_what_a_run_sends_wakes_the_server_twice(visit: type[Visit]) -> None:
    """Thirty messages and the end: once for the first, once for the end, all in their order."""

    def run(to: Visit) -> None:
        for number in range(30):
            to._on_scriptrunner_event(None, MESSAGE, number)
        to._on_scriptrunner_event(None, END, 30)

    told = heard_by(visit, run, 31)
    assert [number for number, _ in told.heard] == list(range(31))
    assert told.woken == 2


def test_twice_together_is_as_once(visit: type[Visit]) -> None:
    """Where the application is imported a second time, everything is heard still."""
    sending.together()

    def run(to: Visit) -> None:
        to._on_scriptrunner_event(None, MESSAGE, 0)
        to._on_scriptrunner_event(None, END, 1)

    assert [number for number, _ in heard_by(visit, run, 2).heard] == [0, 1]


def test_a_message_waits_no_longer_than_said(visit: type[Visit]) -> None:
    """Where a run goes on for half a second, its first message is heard long before the end."""
    began = []

    def run(to: Visit) -> None:
        began.append(time.monotonic())
        to._on_scriptrunner_event(None, MESSAGE, 0)
        time.sleep(0.5)
        to._on_scriptrunner_event(None, END, 1)

    (_, first), (_, last) = heard_by(visit, run, 2).heard
    assert first - began[0] < 0.25 < last - began[0]


def test_one_that_fails_takes_no_other_with_it(visit: type[Visit]) -> None:
    """The second of three messages can't be heard; the first and the third are."""

    def run(to: Visit) -> None:
        for number in (0, -1, 2):
            to._on_scriptrunner_event(None, MESSAGE, number)
        to._on_scriptrunner_event(None, END, 3)

    assert [number for number, _ in heard_by(visit, run, 3).heard] == [0, 2, 3]
