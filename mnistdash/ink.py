"""Strokes, canvas pictures and photographs as 28x28 images, prepared as MNIST prepared its own."""

import dataclasses
import io
import math
from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy import typing as npt
from PIL import Image

SIDE = 28  # MNIST's image
BOX = 20  # MNIST's digits fill a box of this side within it
PEN = 2.45  # MNIST's mean stroke width, in its own pixels: ink mass over skeleton length
FINE = 12  # drawing is done on a grid this many times finer than MNIST's

MAX_BYTES = 10_000_000
MAX_JPEG_PIXELS = 50_000_000  # decoded at a reduced scale
MAX_PIXELS = 16_000_000
MAX_SCANS = 100  # of a progressive JPEG: each costs a pass over the whole picture
MIN_SIDE = 8
MAX_POINTS = 200_000
WORK_SIDE = 640  # photographs are searched at about this longer side

Image8 = npt.NDArray[np.uint8]
Plane = npt.NDArray[np.float32]
Strokes = Sequence[Sequence[tuple[float, float]]]

UNREADABLE_DRAWING = "The drawing could not be read. Clear the canvas and draw again."
NO_DIGIT = (
    "No digit found in the picture. Use a picture of one digit, written with a dark pen on plain "
    "light ground (or light on dark), that fills much of the picture."
)


def from_strokes(strokes: Strokes) -> Image8:
    """Draw pen strokes as MNIST would have scanned them: its box, its pen, its centre.

    Args:
        strokes: polylines of (x, y) points in any unit, y pointing down.

    Returns:
        uint8 (28, 28), ink 255 on ground 0.

    Raises:
        ValueError: nothing is drawn, or the points are not finite numbers.

    Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits".
    """
    lines = [_points(stroke) for stroke in _bounded(strokes)]
    if not lines:
        raise ValueError("Nothing is drawn yet. Draw a digit first.")
    low, high = (
        np.min([line.min(0) for line in lines], 0),
        np.max([line.max(0) for line in lines], 0),
    )
    span = float((high - low).max())
    scale = (BOX - PEN) / span if span > 0 else 0.0
    sheet = np.zeros((BOX * FINE, BOX * FINE), np.uint8)
    for line in lines:
        _draw(sheet, (line - low) * scale + PEN / 2)
    extent = np.ceil((high - low) * scale + PEN).astype(int)
    return _placed(sheet[: extent[1] * FINE, : extent[0] * FINE], extent)
