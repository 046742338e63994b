"""A run whose model trains in this process, followed from a thread of its own.

The thread alone writes figures while the training goes on, at most twice a second; it gives the
signs of life, looks for a press on Stop, and notices when `fit` was left by an exception, of which
no library tells its callbacks.
"""

import atexit
import contextlib
import dataclasses
import re
import sys
import threading
import time
import types
import warnings
from collections.abc import Callable, Mapping

from mnistdash import store
from mnistdash.bringing import histories

SECONDS = 1.0  # between two looks: each costs the training a hundredth of a second
_ALIVE_SECONDS = 5.0  # a sign of life is given so often, though there is nothing to report
_MAX_SAMPLES = 120
_MAX_REASON = 250  # characters
_SAYS_NOTHING = (
    " ",
    "Graph execution error",
    "Detected at node",
    "<stack traces",
    "Exception encountered",
    "Arguments received",
    "Traceback",
    "\t",
)


@dataclasses.dataclass
class Place:
    """Where a training stands, as the thread that trains writes it: no lock is needed for that.

    What its figures are called is looked up by the thread that follows.
    """

    epoch: int = 0
    step: int = 0
    logs: Mapping[str, float] | None = None


class Follower:
    """Follows one run until it ends.

    Args:
        db: the store.
        run_id: a run that is under way.
        epochs: how many are planned.
        steps: in an epoch; `None` while nobody knows.
        on_stop: called, from the thread, once the run is to stop.
        on_left: called, from the thread, when the training was left without an end.
        is_running: whether the training goes on.
    """

    def __init__(
        self,
        db: store.Store,
        run_id: str,
        *,
        epochs: int,
        steps: int | None,
        on_stop: Callable[[], None],
        on_left: Callable[[], None],
        is_running: Callable[[], bool],
    ) -> None:
        self.place = Place()
        self.steps = steps
        self.stopped = False  # from the dashboard, or because the run was deleted there
        self._db, self._run_id, self._epochs = db, run_id, epochs
        self._on_stop, self._on_left, self._is_running = on_stop, on_left, is_running
        self._began = time.monotonic()
        self._samples: list[tuple[float, float | None, float | None]] = []
        self._reported: Place | None = None
        self._alive = 0.0
        self._warned = False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work, name="mnistdash", daemon=True)
        # Python ends: what was left before the thread looked again is said now.
        atexit.register(self._leave)
        self._thread.start()

    @property
    def seconds(self) -> float:
        """How long the training took so far."""
        return time.monotonic() - self._began

    def end(self) -> None:
        """Follow no longer, and wait until the thread has written its last."""
        self._ended.set()
        atexit.unregister(self._leave)
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def tolerantly(self, write: Callable[[], object]) -> None:
        """Write to the store; where that fails the training goes on, and it is said once."""
        try:
            write()
        except store.StoreError as error:
            if not self._warned:
                self._warned = True
                warnings.warn(f"mnistdash: {error} The training goes on.", stacklevel=2)

    def report(self) -> None:
        """Write how far the training is, if that has changed."""
        place = dataclasses.replace(self.place)
        if place == self._reported:
            if time.monotonic() - self._alive > _ALIVE_SECONDS:
                self._alive = time.monotonic()
                self._db.keep_alive([self._run_id])
            return
        steps = max(self.steps or place.step, place.step, 1)
        figures = histories.epoch(place.logs or {})
        if figures["loss"] is not None or figures["accuracy"] is not None:
            at = place.epoch + place.step / steps
            self._samples.append((at, figures["loss"], figures["accuracy"]))
            if len(self._samples) > _MAX_SAMPLES:
                self._samples = self._samples[::2]
        self._db.report(
            self._run_id,
            store.Live(
                epoch=place.epoch,
                epochs=max(self._epochs, 1),
                # Of unknown length an epoch is half done until it ends.
                step=place.step if self.steps else min(place.step, 1),
                steps=steps if self.steps else 2,
                seconds=self.seconds,
                samples=self._samples,
            ),
        )
        self._reported, self._alive = place, time.monotonic()

    def _work(self) -> None:
        while not self._ended.wait(SECONDS):
            if not self._is_running():
                self._leave()
                return
            self.tolerantly(self._look)

    def _look(self) -> None:
        self.report()
        if not self.stopped and self._db.cancel_requested(self._run_id):
            self.stopped = True
            self._on_stop()

    def _leave(self) -> None:
        if not self._ended.is_set():
            self._ended.set()
            with contextlib.suppress(store.StoreError):
                self._on_left()


class Caller:
    """The call of a method further up in this thread, and whether it still goes on.

    Args:
        method: its name.
        owner: its `self`.
    """

    def __init__(self, method: str, owner: object) -> None:
        self._thread = threading.get_ident()
        self._before = _last_exception()
        self._frame: types.FrameType | None = sys._getframe(1)
        while self._frame is not None and not (
            self._frame.f_code.co_name == method and self._frame.f_locals.get("self") is owner
        ):
            self._frame = self._frame.f_back
        self.raised: BaseException | None = None

    def is_running(self) -> bool:
        """Tell whether the method has not returned; of one that was not found nobody knows."""
        if self._frame is None:
            return True
        frame = sys._current_frames().get(self._thread)
        while frame is not None and frame is not self._frame:
            frame = frame.f_back
        return frame is self._frame

    def argument(self, name: str) -> object:
        """Return what the method was given under a name; `None` if it is not known."""
        return None if self._frame is None else self._frame.f_locals.get(name)

    def let_go(self) -> None:
        """Forget the frame, with the arrays that it holds."""
        self._frame = None

    def exception(self) -> BaseException | None:
        """Return what left the method, where that is known: else the last that nobody caught."""
        if self.raised is not None:
            return self.raised
        last = _last_exception()
        return None if last is self._before else last


class Guarded:
    """A function that remembers for a caller what it raised."""

    def __init__(self, function: Callable, caller: Caller) -> None:
        self.function = function.function if isinstance(function, Guarded) else function
        self._caller = caller

    def __call__(self, *args: object, **kwargs: object) -> object:
        """Call the function."""
        try:
            return self.function(*args, **kwargs)
        except BaseException as error:
            self._caller.raised = error  # also the end of an epoch, which is no matter then
            raise


def _last_exception() -> BaseException | None:
    """Return what Python, or a notebook, showed the traceback of last."""
    return getattr(sys, "last_exc", None) or getattr(sys, "last_value", None)


def ending(error: BaseException | None) -> tuple[str, str]:
    """Return the status and the reason of a run whose training was left."""
    if isinstance(error, KeyboardInterrupt):
        return "cancelled", "Stopped from the keyboard."
    if error is None:
        return "failed", "The training was left by an exception."
    said, kind = _told(error), type(error).__name__
    return "failed", f"{kind}: {said}." if said else f"{kind}."


def _told(error: BaseException) -> str:
    """Return the line of a message that tells something: Keras and TensorFlow put it far down."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
    lines = [line for line in plain.splitlines() if line.strip()]
    telling = [line for line in lines if not line.startswith(_SAYS_NOTHING)]
    return (telling or lines or [""])[0].strip()[:_MAX_REASON].rstrip(".")
