"""Strokes, of a pen or as the canvas reports them, become 28x28 images or one sentence."""

import itertools
import time

import numpy as np
import pytest

from mnistdash import ink
from tests.ink import pictures


def fabric(path: object, **changes: object) -> dict:
    """What the canvas reports for one free-hand stroke."""
    item = {"type": "Path", "path": path, "strokeWidth": 20, "originX": "center"}
    return {"objects": [item | {"originY": "center"} | changes]}


def test_size_and_place_of_strokes_do_not_matter() -> None:
    """The same strokes ten times larger and elsewhere give the same image."""
    moved = [[(x * 10 + 3000, y * 10 - 500) for x, y in stroke] for stroke in pictures.SEVEN]
    assert np.array_equal(ink.from_strokes(pictures.SEVEN), ink.from_strokes(moved))


def test_strokes_may_be_numpy_integers() -> None:
    """Arrays of integers are drawn like lists of floats."""
    arrays = [np.array(stroke, np.int16) for stroke in pictures.SEVEN]
    assert np.array_equal(ink.from_strokes(pictures.SEVEN), ink.from_strokes(arrays))


def test_slip_of_the_pen_is_left_out() -> None:
    """A dot far from the digit doesn't shrink the digit."""
    assert np.array_equal(
        ink.from_strokes([*pictures.SEVEN, [(-200, 90)]]), ink.from_strokes(pictures.SEVEN)
    )


@pytest.mark.parametrize(
    ("strokes", "sentence"),
    [
        ([], "Nothing is drawn"),
        ([[]], "Nothing is drawn"),
        ([[(0, float("nan"))]], "could not be read"),
        ([[(0, float("inf"))]], "could not be read"),
        ([[(0, 1e300)]], "could not be read"),
        ([[(0, 10**400)]], "could not be read"),
        ([[(1, 2, 3)]], "could not be read"),
        ([["ab", "cd"]], "could not be read"),
        (None, "could not be read"),
        ([None], "could not be read"),
        ([np.zeros((200_001, 2))], "more than 200,000 points"),
    ],
)
def test_strokes_that_are_no_drawing_are_refused(strokes: object, sentence: str) -> None:
    """Empty, endless, huge and malformed strokes are refused in one sentence."""
    with pytest.raises(ValueError, match=sentence):
        ink.from_strokes(strokes)


def test_fabric_curves_become_points() -> None:
    """A quadratic curve from (0, 0) over (10, 20) to (20, 0) passes through (10, 10)."""
    path = [["M", 0, 0], ["Q", 10, 20, 20, 0], ["L", 30, 0]]
    (stroke,) = ink.strokes_from_fabric(fabric(path))
    assert stroke[0] == (0, 0)
    assert stroke[2] == pytest.approx((10, 10))
    assert stroke[-1] == (30, 0)
    assert len(stroke) == 6


def test_fabric_strokes_lie_where_they_were_moved() -> None:
    """A stroke dragged to (100, 50), doubled and turned by 90 degrees is read there."""
    path = [["M", 0, 0], ["L", 10, 0]]
    moved = fabric(path, left=100, top=50, scaleX=2, scaleY=2, angle=90)
    assert np.allclose(ink.strokes_from_fabric(moved), [[(100, 40), (100, 60)]])


def test_fabric_corner_origin_counts_the_pen() -> None:
    """With its origin at the left and top, a path's box includes the pen's width."""
    placed = fabric(
        [["M", 10, 10], ["L", 30, 10]], originX="left", originY="top", left=0, top=0, strokeWidth=20
    )
    assert np.allclose(ink.strokes_from_fabric(placed), [[(10, 10), (30, 10)]])


@pytest.mark.parametrize("json_data", [None, {"objects": []}])
def test_empty_canvas_has_no_strokes(json_data: object) -> None:
    """Before anything is drawn, and after clearing, there are no strokes."""
    assert ink.strokes_from_fabric(json_data) == []


@pytest.mark.parametrize(
    "json_data",
    [
        7,
        "drawing",
        [],
        {},
        {"objects": "abc"},
        {"objects": [None]},
        {"objects": [{"type": "Rect", "path": []}]},
        fabric("M 0 0"),
        fabric([["Z"]]),
        fabric([["L", 1, 1]]),
        fabric([["M", 1]]),
        fabric([["M", "a", 1]]),
        fabric([["M", float("nan"), 1]]),
        fabric([["M", 10**400, 1]]),
        fabric([[["M"], 1, 1]]),
        fabric([["M", 0, 0]], originX="nowhere"),
        fabric([["M", 0, 0]], scaleX="wide"),
        fabric([["M", 0, 0]] * 60_000),
    ],
)
def test_forged_fabric_is_refused(json_data: object) -> None:
    """Whatever else arrives in place of strokes raises ValueError and nothing else."""
    with pytest.raises(ValueError, match=r"could not be read|more than 200,000 points"):
        ink.strokes_from_fabric(json_data)


def test_five_hundred_strokes_are_drawn_at_once() -> None:
    """A canvas scribbled over with 500 strokes of 20 points is half a second of work at most."""
    drawn = np.random.default_rng(0).uniform(0, 280, (500, 20, 2))
    paths = [[["M", *s[0]], *(["Q", *a, *b] for a, b in itertools.pairwise(s))] for s in drawn]
    begun = time.process_time()
    strokes = ink.strokes_from_fabric({"objects": [{"type": "path", "path": p} for p in paths]})
    assert ink.from_strokes(strokes).mean() > 50
    assert time.process_time() - begun < 0.5
