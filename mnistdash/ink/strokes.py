"""Pen strokes, those of the canvas among them, drawn as MNIST draws its digits."""

import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy import typing as npt

from mnistdash.ink import finishing, refusals

STRAY = 0.06  # a stroke this much smaller than the whole drawing is a slip of the pen
MAX_POINTS = 200_000
TOO_MANY_POINTS = f"The drawing has more than {MAX_POINTS:,} points. Draw it simpler."
CURVE_STEPS = 4  # points taken from each quadratic curve of a canvas stroke
ORIGINS = {"left": 0.0, "top": 0.0, "center": 0.5, "right": 1.0, "bottom": 1.0}


def from_strokes(strokes: Sequence[refusals.Stroke]) -> refusals.Image8:
    """Draw pen strokes in MNIST's box with MNIST's pen, centred by mass.

    Args:
        strokes: polylines of (x, y) points in any unit, y pointing down.

    Returns:
        uint8 (28, 28), ink 255 on ground 0.

    Raises:
        ValueError: nothing is drawn, a point isn't finite, or there are too many.

    Source: Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of handwritten digits".
    """
    lines = _without_slips(_checked(strokes))
    low = np.min([line.min(0) for line in lines], axis=0)
    span = np.max([line.max(0) for line in lines], axis=0) - low
    scale = (finishing.BOX - finishing.PEN) / span.max() if span.max() > 0 else 0.0
    extent = span * scale + finishing.PEN
    width, height = np.ceil(extent - 1e-6).astype(int)
    corner = (np.array([width, height]) - extent + finishing.PEN) / 2
    sheet = np.zeros((height * finishing.FINE, width * finishing.FINE), np.uint8)
    for line in lines:
        _draw(sheet, (line - low) * scale + corner)
    return finishing.centre(cv2.resize(sheet, (width, height), interpolation=cv2.INTER_AREA))


def _checked(strokes: Sequence[refusals.Stroke]) -> list[npt.NDArray[np.float64]]:
    """Read strokes as float64 (n, 2) arrays of finite points."""
    with refusals.refusing(refusals.BAD_DRAWING):
        if sum(len(stroke) for stroke in strokes) > MAX_POINTS:
            raise refusals.Refusal(TOO_MANY_POINTS)
        lines = [np.asarray(stroke, np.float64) for stroke in strokes if len(stroke)]
        if not lines:
            raise refusals.Refusal(refusals.NOTHING_DRAWN)
        if any(line.ndim != 2 or line.shape[1] != 2 for line in lines):
            raise refusals.Refusal(refusals.BAD_DRAWING)
        if not all((np.abs(line) < 1e9).all() for line in lines):
            raise refusals.Refusal(refusals.BAD_DRAWING)
    return lines


def _without_slips(lines: list[npt.NDArray[np.float64]]) -> list[npt.NDArray[np.float64]]:
    """Drop dots beside larger strokes: no digit has one, and it would shift the box."""
    spans = [float(np.ptp(line, axis=0).max()) for line in lines]
    return [line for line, span in zip(lines, spans, strict=True) if span >= STRAY * max(spans)]


def _draw(sheet: refusals.Image8, line: npt.NDArray[np.float64]) -> None:
    """Draw a polyline, given in MNIST's pixels, with MNIST's pen and round ends."""
    bits = 6  # of a pixel's fraction, in OpenCV's fixed-point coordinates
    line = np.concatenate([line, line[-1:]])  # OpenCV doesn't draw a line of one point
    points = np.rint((line * finishing.FINE - 0.5) * 2**bits).astype(np.int32)
    cv2.polylines(
        sheet, [points], False, 255, round(finishing.PEN * finishing.FINE), cv2.LINE_8, bits
    )


def strokes_from_fabric(json_data: object) -> list[list[tuple[float, float]]]:
    """Read the free-hand strokes of streamlit-drawable-canvas, where they are on the canvas.

    Args:
        json_data: what the canvas reports as `json_data`; `None` before anything is drawn.

    Returns:
        Polylines of (x, y) canvas pixels, one for each stroke; none for an empty canvas.

    Raises:
        ValueError: this isn't a drawing made with the free-hand pen.

    Source: Fabric.js 7, `Path.toObject` and `PencilBrush.convertPointsToSVGPath`.
    """
    with refusals.refusing(refusals.BAD_DRAWING):
        objects = [] if json_data is None else json_data["objects"]
        if not isinstance(objects, list):
            raise refusals.Refusal(refusals.BAD_DRAWING)
        if sum(len(item["path"]) for item in objects) * CURVE_STEPS > MAX_POINTS:
            raise refusals.Refusal(TOO_MANY_POINTS)
        return [stroke for item in objects for stroke in _path(item)]


def _path(item: dict) -> list[list[tuple[float, float]]]:
    """Read one path object as polylines on the canvas."""
    if str(item["type"]).lower() != "path":
        raise refusals.Refusal(refusals.BAD_DRAWING)
    strokes: list[list[tuple[float, float]]] = []
    for name, *numbers in item["path"]:
        end = tuple(float(number) for number in numbers)
        if not all(math.isfinite(number) for number in end) or len(end) != {"Q": 4}.get(name, 2):
            raise refusals.Refusal(refusals.BAD_DRAWING)
        if name == "M":
            strokes.append([end])
        elif name == "Q":
            strokes[-1].extend(_curve(strokes[-1][-1], end[:2], end[2:]))
        elif name == "L":
            strokes[-1].append(end)
        else:
            raise refusals.Refusal(refusals.BAD_DRAWING)
    return _on_canvas(strokes, item) if strokes else []


def _curve(
    start: tuple[float, float], control: tuple[float, float], end: tuple[float, float]
) -> list[tuple[float, float]]:
    """Sample a quadratic Bezier curve after its start; plain numbers are quicker than arrays."""
    shares = [step / CURVE_STEPS for step in range(1, CURVE_STEPS + 1)]
    weights = [((1 - t) ** 2, 2 * t * (1 - t), t**2) for t in shares]
    x, y = zip(start, control, end, strict=True)
    return [(a * x[0] + b * x[1] + c * x[2], a * y[0] + b * y[1] + c * y[2]) for a, b, c in weights]


def _on_canvas(
    strokes: list[list[tuple[float, float]]], item: dict
) -> list[list[tuple[float, float]]]:
    """Move points from a path's own coordinates to where the canvas shows it."""
    points = np.concatenate([np.array(stroke) for stroke in strokes])
    low, high = points.min(0), points.max(0)
    middle = (low + high) / 2  # Fabric's pathOffset, which isn't in the JSON
    scale = np.array([float(item.get("scaleX", 1)), float(item.get("scaleY", 1))])
    origin = np.array([ORIGINS[item.get("originX", "left")], ORIGINS[item.get("originY", "top")]])
    turn = math.radians(float(item.get("angle", 0)))
    spin = np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])
    extent = (high - low + float(item.get("strokeWidth", 0))) * scale
    anchor = middle - (0.5 - origin) * extent
    anchor = np.array([float(item.get("left", anchor[0])), float(item.get("top", anchor[1]))])
    centre = anchor + (0.5 - origin) * extent @ spin
    flip = np.where([item.get("flipX", False), item.get("flipY", False)], -1.0, 1.0)
    moved = [(np.array(stroke) - middle) * scale * flip @ spin + centre for stroke in strokes]
    return [[(float(x), float(y)) for x, y in stroke] for stroke in moved]
