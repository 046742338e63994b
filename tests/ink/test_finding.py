"""The digit is found in photographs, however they are lit, ruled or cropped."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from mnistdash import ink
from tests.ink import pictures


def lit(picture: np.ndarray) -> np.ndarray:
    """The right side at a third of the left side's light."""
    return (picture * np.linspace(1, 0.33, picture.shape[1])).astype(np.uint8)


def ruled(picture: np.ndarray) -> np.ndarray:
    """Lines as dark as pencil every 50 pixels."""
    picture = picture.copy()
    for y in range(30, len(picture), 50):
        picture[y : y + 2] = np.minimum(picture[y : y + 2], 110)
    return picture


def boxed(picture: np.ndarray) -> np.ndarray:
    """A printed box around the digit."""
    return cv2.rectangle(picture.copy(), (50, 35), (175, 190), 40, 3)


def on_a_desk(picture: np.ndarray) -> np.ndarray:
    """The sheet lies on a dark desk."""
    return np.pad(picture, 30, constant_values=60)


def askew_on_a_desk(picture: np.ndarray) -> np.ndarray:
    """The sheet lies askew on a dark desk, its digit near an edge."""
    turn = cv2.getRotationMatrix2D((110, 110), 5, 0.6)
    return cv2.warpAffine(picture[40:, 40:], turn, (220, 220), borderValue=60)


def shaded(picture: np.ndarray) -> np.ndarray:
    """The edge of a shadow crosses the digit, aslant."""
    down, right = np.mgrid[: len(picture), : picture.shape[1]]
    return np.where(2 * right + down > 320, picture, picture * 0.5).astype(np.uint8)


def cropped(picture: np.ndarray) -> np.ndarray:
    """The digit touches all four sides."""
    return picture[53:168, 73:148]


@pytest.mark.parametrize(
    "spoil", [lit, ruled, boxed, pictures.noisy, on_a_desk, askew_on_a_desk, shaded, cropped]
)
@pytest.mark.parametrize("dark", [True, False])
def test_digit_is_found_in_spoilt_pictures(
    spoil: Callable[[np.ndarray], np.ndarray], dark: bool
) -> None:
    """Light, lines, a box, noise, desks, a shadow, a tight crop leave the digit, dark or light."""
    picture = spoil(pictures.page())
    data = pictures.saved(picture if dark else 255 - picture)
    assert pictures.likeness(ink.from_picture(data), ink.from_strokes(pictures.SEVEN)) > 0.85


@pytest.mark.parametrize("side", [10, 16, 28, 64, 900])
def test_size_of_the_picture_does_not_matter(side: int) -> None:
    """Pictures from 10 to 900 pixels give the same digit."""
    picture = cv2.resize(
        pictures.page()[30:200, 20:190], (side, side), interpolation=cv2.INTER_AREA
    )
    assert (
        pictures.likeness(
            ink.from_picture(pictures.saved(picture)), ink.from_strokes(pictures.SEVEN)
        )
        > 0.8
    )


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((200, 200), np.uint8),
        np.full((200, 200), 255, np.uint8),
        np.zeros((60, 60, 4), np.uint8),
        lit(pictures.page([])),
        ruled(pictures.page([])),
        np.random.default_rng(0).integers(0, 256, (200, 200), np.uint8),
        np.random.default_rng(0).integers(0, 256, (28, 28), np.uint8),
    ],
)
def test_pictures_without_a_digit_are_refused(picture: np.ndarray) -> None:
    """Plain, shaded and ruled paper and noise hold no digit."""
    for read in (ink.from_picture, ink.read_picture):
        with pytest.raises(ValueError, match="No digit was found"):
            read(pictures.saved(picture))
