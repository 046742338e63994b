"""What can't be used, and the sentence for the person who sent it; and the kinds of array here."""

import contextlib
from collections.abc import Iterator, Sequence

import numpy as np
from numpy import typing as npt

MIN_SIDE = 8  # pixels, of a picture

NOTHING_DRAWN = "Nothing is drawn yet. Draw a digit first."
BAD_DRAWING = "The drawing could not be read. Clear the canvas and draw again."
BAD_ARRAY = "The picture must be uint8 of shape (h, w), (h, w, 3) or (h, w, 4)."
NOT_A_PICTURE = (
    "This is not a PNG, JPEG, WebP, BMP or GIF picture. Save the picture as one of these."
)
HEIC = (
    "This is a HEIC picture, the iPhone's own format, which can't be read here. On the iPhone "
    "choose Settings, Camera, Formats, Most Compatible and take it again, send it as JPEG, or "
    "take a screenshot of it."
)
INCOMPLETE = "The file is incomplete or damaged. Send or save the picture again."
TOO_MANY_BYTES = "The file is larger than 10 MB. Save the picture smaller."
TOO_LARGE = (
    "The picture is too large: at most 50 megapixels for a JPEG, 16 for other pictures and "
    "progressive JPEGs. Save it smaller, or as a JPEG."
)
TOO_SMALL = f"The picture is too small: its longer side must be at least {MIN_SIDE} pixels."
NO_DIGIT = "No digit was found in the picture. Take one digit on plain paper, close up and sharp."
HARDLY_A_DOT = (
    "There is too little ink in the picture: hardly more than a dot. Take one digit on plain "
    "paper, close up and sharp."
)

Image8 = npt.NDArray[np.uint8]
Plane = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Stroke = Sequence[tuple[float, float]]


class Refusal(ValueError):
    """A drawing or picture that can't be used, with one sentence for the person who sent it."""


@contextlib.contextmanager
def refusing(sentence: str) -> Iterator[None]:
    """Turn whatever hostile data makes a library raise into one sentence."""
    try:
        yield
    except Refusal:
        raise
    except Exception as error:
        raise Refusal(sentence) from error
