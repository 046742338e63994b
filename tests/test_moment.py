"""What is found once in a moment."""

import threading

import pytest

from mnistdash import moment


class Clock:
    """Counts how often it was looked at."""

    looked = 0

    def look(self) -> int:
        """Look once more."""
        self.looked += 1
        return self.looked


def test_found_once_in_a_moment_and_anew_in_the_next() -> None:
    """Two questions in one moment have one answer; a third, after it, has another."""
    clock = Clock()
    with moment.one():
        assert [moment.once("time", clock.look) for _ in range(2)] == [1, 1]
        assert moment.once("place", clock.look) == 2
    with moment.one():
        assert moment.once("time", clock.look) == 3


def test_found_each_time_outside_of_a_moment() -> None:
    """Nothing is held on to where nobody said for how long."""
    clock = Clock()
    assert [moment.once("time", clock.look) for _ in range(2)] == [1, 2]
    moment.note("time", 9)
    moment.is_over()
    assert moment.known("time") is None


def test_found_anew_once_something_was_changed() -> None:
    """Who changes something sees the change."""
    clock = Clock()
    with moment.one():
        moment.once("time", clock.look)
        moment.is_over()
        assert moment.known("time") is None
        assert moment.once("time", clock.look) == 2
        assert moment.known("time") == 2


def test_what_was_not_found_is_asked_again() -> None:
    """An error is nobody's answer."""

    def lost() -> int:
        raise LookupError

    with moment.one():
        with pytest.raises(LookupError):
            moment.once("time", lost)
        assert moment.once("time", Clock().look) == 1


def test_other_threads_live_in_their_own_time() -> None:
    """A thread that was started in a moment finds what is there when it asks."""
    clock, seen = Clock(), []
    with moment.one():
        moment.once("time", clock.look)
        other = threading.Thread(target=lambda: seen.append(moment.once("time", clock.look)))
        other.start()
        other.join()
    assert seen == [2]
