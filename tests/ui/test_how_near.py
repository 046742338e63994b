"""What a browser may ask of the sliders, and how the least change is said."""

import dataclasses

import pytest

from mnistdash import nearness
from mnistdash.ui import how_near

NONE = dataclasses.asdict(nearness.Change())


def test_a_change_is_read() -> None:
    """Seven numbers in their ranges, of the image that is shown."""
    asked = NONE | {"turn": 4.5, "noise": 3}
    assert how_near.wanted_change([7, asked], 7) == nearness.Change(turn=4.5, noise=3)


@pytest.mark.parametrize(
    "value",
    [
        None,
        "7",
        [8, NONE],
        [7, None],
        [7, {"turn": 4}],
        [7, NONE | {"turn": 90}],
        [7, NONE | {"turn": float("nan")}],
        [7, NONE | {"turn": [4]}],
        [7, NONE | {"tilt": 4}],
    ],
)
def test_what_nobody_can_have_chosen_is_dropped(value: object) -> None:
    """Another image, kinds that miss or are unknown, numbers beyond the range, no numbers."""
    assert how_near.wanted_change(value, 7) is None


@pytest.mark.parametrize(
    ("name", "value", "answer", "sentence"),
    [
        ("turn", 4.0, 9, "Turned by 4° clockwise it is read as 9"),
        ("turn", -4.5, 4, "Turned by 4.5° counterclockwise it is read as 4 ✓"),
        ("size", 84.0, 9, "Shrunk by 16 % it is read as 9"),
        ("turn", None, None, "Not within ±45°"),
        ("noise", None, None, "Not from 0 to 120"),
    ],
)
def test_the_least_change_in_words(
    name: str, value: float | None, answer: int | None, sentence: str
) -> None:
    """Which way and by how much, and what it is read as then, the label marked."""
    kind = next(kind for kind in nearness.KINDS if kind.name == name)
    flip = None if value is None else nearness.Flip(kind=kind, value=value, answer=answer)
    said = how_near.said(kind, flip, tuple("0123456789"), 4)
    assert said.replace("\N{NO-BREAK SPACE}", " ") == sentence
