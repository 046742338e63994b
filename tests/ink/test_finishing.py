"""Ink is scaled, centred and drawn with MNIST's pen."""

import numpy as np
import pytest

from mnistdash import ink
from mnistdash.ink import finishing
from tests.ink import pictures


def test_vertical_stroke_fills_the_box_and_is_centred() -> None:
    """A vertical line is 20 pixels tall, MNIST's pen wide, with its centre of mass at 14."""
    image = ink.from_strokes([[(5, 0), (5, 300)]])
    assert (image.shape, image.dtype) == ((28, 28), np.uint8)
    assert len(np.flatnonzero(image.any(axis=1))) in (20, 21)
    assert image[14].sum() / 255 == pytest.approx(finishing.PEN, abs=0.2)
    for axis in (0, 1):
        amounts = image.sum(axis=axis)
        assert amounts @ np.arange(28) / amounts.sum() == pytest.approx(14, abs=0.02)


def test_one_dot_is_a_dot() -> None:
    """A single tap becomes a dot of the pen's width in the middle, not a disc of 20 pixels."""
    image = ink.from_strokes([[(7, 7)]])
    assert image.sum() / 255 == pytest.approx(np.pi * (finishing.PEN / 2) ** 2, abs=1)
    assert image[12:17, 12:17].sum() == image.sum()


@pytest.mark.parametrize("pen", [2, 6, 14, 24])
def test_pen_width_does_not_matter(pen: int) -> None:
    """Pens from 2 to 24 pixels give the same digit, stroke width included."""
    strokes = [[(x * 1.5, y * 1.5) for x, y in stroke] for stroke in pictures.SEVEN]
    image = ink.from_canvas(
        pictures.saved(pictures.page(strokes, pen=pen, at=(70, 40))), (240, 240)
    )
    assert pictures.likeness(image, ink.from_strokes(pictures.SEVEN)) > 0.9
