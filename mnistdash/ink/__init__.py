"""Strokes, canvas pictures and photographs as 28x28 images, prepared as MNIST prepared its own."""

import cv2
import numpy as np
from PIL import Image

from mnistdash.ink import decoding, finishing, reading, refusals
from mnistdash.ink.reading import Digit, LeftOut, Reading
from mnistdash.ink.strokes import from_strokes, strokes_from_fabric

__all__ = [
    "Digit",
    "LeftOut",
    "Reading",
    "from_canvas",
    "from_picture",
    "from_strokes",
    "is_animation",
    "plain_resize",
    "read_picture",
    "strokes_from_fabric",
]


def from_canvas(data: bytes, size: tuple[int, int]) -> refusals.Image8:
    """Prepare a drawing from a canvas's picture.

    Args:
        data: a PNG, ink on transparent or on opaque ground, dark or light.
        size: width and height of the canvas, pixels.

    Returns:
        uint8 (28, 28), ink 255 on ground 0.

    Raises:
        ValueError: the bytes aren't a PNG of this size, or nothing is drawn.
    """
    try:
        plane, found = decoding.decode(data, ("PNG",))
    except refusals.Refusal as error:
        raise refusals.Refusal(refusals.BAD_DRAWING) from error
    if found != tuple(size):
        raise refusals.Refusal(refusals.BAD_DRAWING)
    ink = np.abs(plane - np.median(plane))
    if ink.max() < 32:
        raise refusals.Refusal(refusals.NOTHING_DRAWN)
    return finishing.finish(ink / ink.max())


def from_picture(data: bytes) -> refusals.Image8:
    """Find the digit in a photograph or scan and prepare it.

    Args:
        data: a PNG, JPEG, WebP, BMP or GIF file; of an animation, its first picture.

    Returns:
        uint8 (28, 28), ink 255 on ground 0.

    Raises:
        ValueError: the file can't be used, or there is no digit in it.
    """
    plane, _ = decoding.decode(data)
    with refusals.refusing(refusals.NO_DIGIT):
        return reading.one_digit(plane)


def read_picture(
    data: bytes,
    *,
    probs: reading.Probs | None = None,
    digit_probs: reading.Probs | None = None,
) -> reading.Reading:
    """Find all digits in a picture, one or several, in reading order.

    Args:
        data: a PNG, JPEG, WebP, BMP or GIF file; of an animation, its first picture.
        probs: a classifier's, uint8 (n, 28, 28) to float32 (n, 10), to ask what makes one digit;
            `None` decides on shapes alone.
        digit_probs: `classifier.digit_probs`, uint8 (n, 28, 28) to float32 (n,), to tell digits
            from writing; `None` takes writing for digits.

    Raises:
        ValueError: the file can't be used, or there is no digit in it.
    """
    plane, _ = decoding.decode(data)
    with refusals.refusing(refusals.NO_DIGIT):
        return reading.read(plane, probs, digit_probs)


def is_animation(data: bytes) -> bool:
    """Tell whether a file holds more than one picture, of which only the first is read.

    Raises:
        ValueError: the file can't be used.
    """
    return bool(getattr(decoding.opened(data, tuple(decoding.SIGNATURES)), "is_animated", False))


def plain_resize(picture: bytes | refusals.Image8) -> refusals.Image8:
    """Shrink a whole picture to 28x28, as demonstrations do, to show beside ours.

    Args:
        picture: an image file, or uint8 (h, w) grey, (h, w, 3) RGB or (h, w, 4) RGBA.

    Returns:
        uint8 (28, 28), turned so that most of it is dark.

    Raises:
        ValueError: the picture can't be used.
    """
    if isinstance(picture, np.ndarray):
        with refusals.refusing(refusals.BAD_ARRAY):
            if picture.dtype != np.uint8 or picture.ndim not in (2, 3) or not picture.size:
                raise refusals.Refusal(refusals.BAD_ARRAY)
            grey = picture.ndim == 2
            plane = (
                picture
                if grey
                else decoding.composited(*decoding.reduced(Image.fromarray(picture), 1))
            )
    else:
        plane, _ = decoding.decode(picture)
    small = cv2.resize(plane, (finishing.SIDE, finishing.SIDE), interpolation=cv2.INTER_AREA)
    small = np.rint(np.clip(small, 0, 255)).astype(np.uint8)
    return 255 - small if np.median(small) > 127 else small
