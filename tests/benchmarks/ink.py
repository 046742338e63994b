"""Accuracy on drawn digits of three ways to make a 28x28 image of them.

`MNISTDASH_DATA=../shared/data python tests/benchmarks/ink.py` draws 500 pen digits of six
writers, every third of theirs, at random size, place and pen width, as pictures, as strokes and as
photographs, and asks the starter model what they are. Nothing was learnt or chosen of these hands.
"""

import dataclasses
import io
import time
from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy import typing as npt
from PIL import Image

from mnistdash import classifier, hands, ink

CANVAS = 280  # pixels
Image8 = npt.NDArray[np.uint8]
Probs = Callable[[Image8], npt.NDArray[np.float32]]
Strokes = list[npt.NDArray[np.float64]]


@dataclasses.dataclass(frozen=True)
class Photograph:
    """How a simulated photograph is taken."""

    light: float = 0.0  # how much darker one side is, as a share
    paper: float = 235.0
    noise: float = 3.0  # standard deviation
    tilt: float = 0.0  # greatest, degrees
    lines: float | None = None  # brightness of ruled lines, if any
    shadow: float = 0.0  # how much darker it is on one side of an edge through the middle
    desk: float | None = None  # brightness of a desk on which the sheet lies, if any


PHOTOGRAPHS = {
    "photographs, even light": Photograph(),
    "photographs, uneven light": Photograph(light=0.6, tilt=8),
    "photographs, grey paper, noise": Photograph(light=0.4, paper=140, noise=14, tilt=8),
    "photographs, faint ruled lines": Photograph(light=0.4, tilt=8, lines=180),
    "photographs, dark ruled lines": Photograph(light=0.4, tilt=8, lines=100),
    "photographs, sheet on a dark desk": Photograph(light=0.2, tilt=8, desk=70),
    "photographs, edge of a shadow": Photograph(light=0.2, tilt=8, shadow=0.5),
}


def placed(
    strokes: Sequence, rng: np.random.Generator, side: int, tilt: float = 0
) -> tuple[Strokes, float]:
    """Put strokes at random size and place on a square, and choose a pen width, pixels."""
    turn = np.deg2rad(rng.uniform(-tilt, tilt))
    spin = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    lines = [np.array(stroke, float) @ spin for stroke in strokes]
    points = np.concatenate(lines)
    low, span = points.min(0), np.ptp(points, axis=0)
    size = rng.uniform(0.3, 0.85) * side
    pen = rng.uniform(0.03, 0.13) * size
    scale = (size - pen) / span.max()
    corner = rng.uniform(0, 1, 2) * (side - span * scale - pen) + pen / 2
    return [(line - low) * scale + corner for line in lines], pen


def drawn(lines: Strokes, pen: float, side: int) -> Image8:
    """Draw strokes as dark ink (0) on light ground (255)."""
    sheet = np.full((side, side), 255, np.uint8)
    for line in lines:
        points = np.rint(line * 16).astype(np.int32)
        cv2.polylines(sheet, [points], False, 0, max(1, round(pen)), cv2.LINE_AA, 4)
    return sheet


def photographed(strokes: Sequence, rng: np.random.Generator, how: Photograph) -> Image8:
    """Simulate a photograph of 480 x 480 pixels."""
    side = 480
    lines, pen = placed(strokes, rng, side, how.tilt)
    share = drawn(lines, pen, side).astype(float) / 255
    ground = np.full((side, side), how.paper)
    if how.lines is not None:
        gap, first = rng.integers(50, 110), rng.integers(0, 50)
        for y in range(first, side, gap):
            cv2.line(ground, (0, y), (side, y + int(rng.integers(-3, 4))), how.lines, 2)
    picture = ground * share + rng.uniform(20, 70) * (1 - share)
    direction = rng.uniform(0, 2 * np.pi)
    down, right = np.mgrid[:side, :side] / side - 0.5
    picture *= 1 - how.light * (0.5 + down * np.sin(direction) + right * np.cos(direction))
    if how.desk is not None:
        turn = cv2.getRotationMatrix2D((side / 2, side / 2), rng.uniform(-15, 15), 0.65)
        picture = cv2.warpAffine(picture, turn, (side, side), borderValue=how.desk)
    if how.shadow:
        across = down * np.cos(direction) - right * np.sin(direction) + rng.uniform(-0.15, 0.15)
        picture *= 1 - how.shadow / (1 + np.exp(-60 * across))
    return np.clip(picture + rng.normal(0, how.noise, picture.shape), 0, 255).astype(np.uint8)


def encoded(picture: Image8, kind: str) -> bytes:
    """Write a picture as a file."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, kind)
    return file.getvalue()


def box_and_centre(picture: Image8) -> Image8:
    """Threshold a picture (Otsu), fit the ink to 20x20 and centre it by mass, and no more."""
    _, mask = cv2.threshold(picture, 0, 255, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
    x, y, width, height = cv2.boundingRect(mask)
    scale = 20 / max(width, height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    digit = cv2.resize(mask[y : y + height, x : x + width], size, interpolation=cv2.INTER_AREA)
    moments = cv2.moments(digit)
    shift = [14 - moments["m10"] / moments["m00"], 14 - moments["m01"] / moments["m00"]]
    return cv2.warpAffine(digit, np.array([[1, 0, shift[0]], [0, 1, shift[1]]]), (28, 28))


def found(data: bytes) -> Image8:
    """Find the digit in a file, or answer with an empty image."""
    try:
        return ink.from_picture(data)
    except ValueError:
        return np.zeros((28, 28), np.uint8)


def report(digits: list[dict], probs: Probs, seed: int = 0) -> None:
    """Print a table of accuracies, a row for each kind of picture."""
    labels = np.array([digit["label"] for digit in digits])

    def accuracy(images: list[Image8]) -> str:
        return f"{np.mean(probs(np.stack(images)).argmax(axis=1) == labels):.3f}"

    print("| pictures | plain resizing | box and centre | ours |\n| --- | --- | --- | --- |")
    rng = np.random.default_rng(seed)
    drawings = [placed(digit["strokes"], rng, CANVAS) for digit in digits]
    sheets = [drawn(lines, pen, CANVAS) for lines, pen in drawings]
    plain, boxed = (
        accuracy([*map(ink.plain_resize, sheets)]),
        accuracy([*map(box_and_centre, sheets)]),
    )
    files = [encoded(sheet, "PNG") for sheet in sheets]
    print(
        f"| canvas strokes | | | {accuracy([ink.from_strokes(lines) for lines, _ in drawings])} |"
    )
    ours = accuracy([ink.from_canvas(file, (CANVAS, CANVAS)) for file in files])
    print(f"| canvas pictures | {plain} | {boxed} | {ours} |")
    print(f"| canvas pictures, as uploads | | | {accuracy([*map(found, files)])} |")
    for name, how in PHOTOGRAPHS.items():
        rng = np.random.default_rng(seed)
        photographs = [photographed(digit["strokes"], rng, how) for digit in digits]
        others = [accuracy([*map(way, photographs)]) for way in (ink.plain_resize, box_and_centre)]
        ours = accuracy([found(encoded(photograph, "JPEG")) for photograph in photographs])
        print(f"| {name} | {others[0]} | {others[1]} | {ours} |")


def milliseconds(call: Callable[[], object], times: int) -> float:
    """Measure the median time of a call."""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return float(np.median(seconds) * 1000)


def timings(digit: dict) -> None:
    """Print what each way in costs."""
    rng = np.random.default_rng(0)
    lines, pen = placed(digit["strokes"], rng, CANVAS)
    canvas = encoded(drawn(lines, pen, CANVAS), "PNG")
    photograph = photographed(digit["strokes"], rng, Photograph(light=0.5))
    large = encoded(cv2.resize(photograph, (4000, 3000)), "JPEG")
    for name, call, times in (
        ("from_strokes", lambda: ink.from_strokes(lines), 20),
        ("from_canvas", lambda: ink.from_canvas(canvas, (CANVAS, CANVAS)), 20),
        ("from_picture, 12-megapixel JPEG", lambda: ink.from_picture(large), 5),
    ):
        print(f"{name}: {milliseconds(call, times):.1f} ms")


if __name__ == "__main__":
    written = zip(*hands.pen_digits(hands.REPORTING), strict=True)
    pen_digits = [{"label": int(label), "strokes": strokes} for strokes, label in written]
    report(pen_digits[::3], classifier.starter().probs)
    timings(pen_digits[250])
