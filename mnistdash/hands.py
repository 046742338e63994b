"""Digits as hands write them of which MNIST has few, for the starter to learn besides MNIST."""

import dataclasses
import json
from collections.abc import Sequence

import cv2
import numpy as np

from mnistdash import datasets, ink, settings
from mnistdash.ink import finishing

Strokes = list[np.ndarray]

# The writers of the UCI pen digits, by number: to learn from, to choose thresholds and amounts on,
# and to report on. No figure is reported of a hand that anything was learnt or chosen on.
LEARNING, CHOOSING, REPORTING = range(1, 21), range(21, 25), range(25, 31)
PEN_FILES = "pen_digits_train.json", "pen_digits_dev.json"

# Strokes on a grid of 9x9 cells, x before y, y pointing down; a stroke after ~ is a curve.
FORMS: dict[int, tuple[str, ...]] = {
    0: ("~40 10 02 06 18 58 86 82 70 40", "~60 20 01 05 18 48 77 83 80 50 20"),
    1: (
        "03 40 48",
        "22 40 38",
        "05 40 48",
        "~05 23 40|40 48",
        "21 40 48|18 78",
        "04 40 48|18 78",
        "40 48|18 78",
        "40 38",
    ),
    2: (
        "~02 20 60 73 46 08|08 88",
        "~02 10 50 72 36 08 16 47 78",
        "~03 20 60 63 27 08 06 27 58 87",
    ),
    3: (
        "00 70 33|~33 64 77 48 08",
        "~01 30 70 63 34|~34 73 77 38 07",
        "~11 40 61 43 33 53 66 47 18",
        "~00 50 51 33 44 55 57 38 18",
    ),
    4: (
        "30 05 75|63 48",
        "30 05 65|80 58",
        "20 05 15 55|62 58",
        "~30 14 06 16 46 65|64 58",
        "~30 15 06 36 56|62 68",
        "~10 14 16 46 55|43 48",
        "48 40 05 75",
        "~50 05 05 75|53 58",
        "~10 03 25 54 60|60 58",
        "20 05 55 62 58",
        "~30 14 05 35 52 62 64 58",
        "~20 06 36 33 48",
    ),
    5: (
        "10 04|~04 53 76 48 07|20 80",
        "12 05|05 43 75 57 08|31 80",
        "10 03 43 65 57 08|20 60",
        "~70 20 04 43 76 48 08",
        "~10 04 44 76 48 07|40 80",
    ),
    6: (
        "~60 24 06 38 66 54 15",
        "~50 22 06 28 47 45 16",
        "~30 12 06 18 48 46 35 17",
        "30 06|~06 18 58 66 44 06",
        "~70 13 07 58 65 26",
    ),
    7: (
        "00 70 28",
        "02 00 70 28",
        "~02 10 31 70|70 43 28|14 74",
        "03 10 80 38|14 74",
        "00 70 38|24 64",
        "~02 00 60 72 44 38|14 64",
        "~02 10 50 62 54 36 28",
    ),
    8: (
        "~40 11 22 43 64 61 40|~44 15 07 38 68 76 64 44",
        "~70 30 11 33 66 67 38 07 15 44 71 60 50",
        "~71 40 12 33 65 67 38 16 44 71",
        "~30 10 12 44 67 48 16 44 62 60 40",
    ),
    9: (
        "~60 30 02 24 53 61|60 58",
        "~51 20 02 24 51 62 56 28",
        "~62 30 11 24 62 60 57 38 08",
        "~50 20 12 34 62 65 57 28 07",
        "~60 31 22 43 61 64 56 28",
        "~40 10 03 25 53 50|51 48",
        "~50 10 03 34 60|60 64 38",
    ),
}
# What the starter run says of itself.
NOTE = (
    "Trained on MNIST, on pen digits of 20 writers (UCI Pen-Based Recognition of Handwritten"
    " Digits, E. Alpaydin and F. Alimoglu, CC BY 4.0) and on forms that MNIST has few of."
)
_NOISE = 0.4  # cells, of every corner of a form
CURVE = 3  # times that a curve's corners are cut

TIMES = 3  # that each pen digit is drawn, no time like the others
FORMED = 8_000  # digits from the forms above
ALTERED = 9_000  # of MNIST's own, with a stroke more
REDRAWN = 6_000  # of MNIST's own, with another pen, as photographs bring them
_SCALE = 8  # an MNIST cell's pixels while it is drawn on


def pen_digits(writers: Sequence[int]) -> tuple[list[Strokes], np.ndarray]:
    """Read the UCI pen digits of some writers.

    Args:
        writers: their numbers, 1-30.

    Returns:
        Each digit's strokes, float64 `(n, 2)` in tablet units, and the labels, uint8 `(n,)`.

    Raises:
        DataError: a file is not in the data folder.

    Source: F. Alimoglu, E. Alpaydin, "Pen-Based Recognition of Handwritten Digits", UCI Machine
    Learning Repository, CC BY 4.0.
    """
    folder = settings.data_folder()
    missing = [name for name in PEN_FILES if folder is None or not (folder / name).is_file()]
    if missing:
        raise datasets.DataError(
            f"The starter learns from pen digits too, and {missing[0]} is not in the data folder."
            " Put it beside mnist.npz, and name the folder in MNISTDASH_DATA."
        )
    names = {f"pendigits-tra-{number}" for number in writers}
    every = [digit for name in PEN_FILES for digit in json.loads((folder / name).read_text())]
    chosen = [digit for digit in every if digit["writer"] in names]
    strokes = [[np.array(line, float) for line in digit["strokes"]] for digit in chosen]
    return strokes, np.array([digit["label"] for digit in chosen], np.uint8)


def training_set(digits: datasets.Dataset, seed: int) -> datasets.Dataset:
    """Put digits of other hands beside MNIST's.

    Args:
        digits: MNIST.
        seed: the same seed draws the same.

    Returns:
        MNIST's training images as they are, then the pen digits of the learning writers, the forms
        above, and some of MNIST's own altered or redrawn; the test images are MNIST's own.

    Raises:
        DataError: the pen digits are not in the data folder.
    """
    rng = np.random.default_rng(seed)
    x_train, y_train = digits.x_train, digits.y_train
    pens, of_pens = pen_digits(LEARNING)
    of_forms = rng.integers(0, 10, FORMED).astype(np.uint8)
    able = rng.permutation(np.flatnonzero(np.isin(y_train, list(_ALTERATIONS))))[:ALTERED]
    again = rng.permutation(len(x_train))[:REDRAWN]
    parts = (
        (x_train, y_train),
        *((_drawn(pens, of_pens, rng), of_pens) for _ in range(TIMES)),
        (_drawn([_formed(label, rng) for label in of_forms], of_forms, rng), of_forms),
        (np.stack([altered(x_train[k], y_train[k], rng) for k in able]), y_train[able]),
        (np.stack([redrawn(x_train[k], rng) for k in again]), y_train[again]),
    )
    images, labels = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    return dataclasses.replace(
        digits, read_train=lambda: (images, labels), count_train=lambda: len(images)
    )


def _drawn(written: list[Strokes], labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw strokes, each as another hand might, one in four by way of a picture."""
    images = []
    for strokes, label in zip(written, labels, strict=True):
        strokes = varied(_with_habits(strokes, int(label), rng), rng)
        images.append(pictured(strokes, rng) if rng.random() < 0.25 else ink.from_strokes(strokes))
    return np.stack(images)


# --- strokes --------------------------------------------------------------------------------


def written(form: str, rng: np.random.Generator, *, noise: float, cuts: int) -> Strokes:
    """Write a form on the grid: its corners moved, its curves rounded.

    Args:
        form: strokes on a grid of 9x9 cells, parted by `|`; one after ~ is a curve.
        rng: where the moves come from.
        noise: standard deviation of a corner's move, cells.
        cuts: how often the corners of strokes that are no curves are cut.
    """
    strokes = []
    for stroke in form.split("|"):
        places = stroke.removeprefix("~").split()
        closed = places[0] == places[-1]  # rounded, it would be a 0
        times = CURVE if stroke.startswith("~") else 0 if closed else cuts
        corners = np.array([(int(x), int(y)) for x, y in places], float)
        strokes.append(rounded(corners + rng.normal(0, noise, corners.shape), times))
    return strokes


def rounded(corners: np.ndarray, times: int) -> np.ndarray:
    """Cut the corners of a polyline, its ends kept.

    Source: G. Chaikin, "An algorithm for high-speed curve generation" (1974).
    """
    for _ in range(times):
        early, late = corners[:-1], corners[1:]
        cut = np.stack([0.75 * early + 0.25 * late, 0.25 * early + 0.75 * late], axis=1)
        corners = np.concatenate([corners[:1], cut.reshape(-1, 2), corners[-1:]])
    return corners


def rotation(angle: float) -> np.ndarray:
    """Return the matrix that turns rows of points by an angle, radians."""
    return np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])


def varied(strokes: Strokes, rng: np.random.Generator) -> Strokes:
    """Squeeze, slant, turn and bend a drawing, and move its strokes against each other."""
    points = np.concatenate(strokes)
    low, side = points.min(0), max(float(np.ptp(points, axis=0).max()), 1e-9)
    squeezed = np.array([[np.exp(rng.normal(0, 0.15)), 0.0], [rng.normal(0, 0.15), 1.0]])
    change = squeezed @ rotation(np.deg2rad(rng.normal(0, 6)))
    waves = rng.normal(0, 0.35, (2, 2)), rng.uniform(0, 2 * np.pi, 2), rng.normal(0, 0.03, (2, 2))
    apart = 0.07 if rng.random() < 0.15 else 0.02
    results = []
    for stroke in strokes:
        line = (stroke - low) / side
        bent = np.sin(2 * np.pi * line @ waves[0] + waves[1]) @ waves[2]
        results.append((line + bent + rng.normal(0, apart, 2)) @ change)
    return results


def pictured(strokes: Strokes, rng: np.random.Generator) -> np.ndarray:
    """Draw strokes with any pen as a picture, and prepare that, uint8 `(28, 28)`."""
    points = np.concatenate(strokes)
    low, side = points.min(0), max(float(np.ptp(points, axis=0).max()), 1e-9)
    pen = rng.integers(3, 18)
    sheet = np.zeros((160, 160), np.uint8)
    for line in strokes:
        places = np.rint(((line - low) / side * 120 + 20) * 16).astype(np.int32)
        cv2.polylines(sheet, [places], False, 255, int(pen), cv2.LINE_AA, 4)
    return finishing.finish(cv2.GaussianBlur(sheet, (3, 3), 0).astype(np.float32) / 255)


def _formed(label: int, rng: np.random.Generator) -> Strokes:
    form = FORMS[int(label)][rng.integers(len(FORMS[int(label)]))]
    return written(form, rng, noise=_NOISE, cuts=int(rng.integers(0, CURVE)))


def _with_habits(strokes: Strokes, label: int, rng: np.random.Generator) -> Strokes:
    """Add at times what some hands add: a zero's slash, a seven's bar and hook, a one's foot."""
    points = np.concatenate(strokes)
    low, span = points.min(0), np.maximum(np.ptp(points, axis=0), 1e-9)
    side = span.max()
    if label == 0 and rng.random() < 0.4:
        return [*strokes, _slash(low + span / 2, span, rng)]
    if label == 1 and len(strokes) == 1:
        return _with_foot(strokes, side, rng)
    if label == 7:
        return _as_seven(strokes, side, rng)
    return strokes


def _slash(middle: np.ndarray, span: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw a line through a zero, from the lower left to the upper right."""
    turn = np.deg2rad(rng.uniform(30, 70))
    way = np.array([np.cos(turn), -np.sin(turn)])
    reach = np.min(span / np.maximum(np.abs(way), 1e-9)) / 2  # to the box around it
    ends = -reach * rng.uniform(0.6, 1.4), reach * rng.uniform(0.6, 1.4)
    return middle + rng.normal(0, 0.04, 2) * span + np.outer(ends, way)


def _with_foot(strokes: Strokes, side: float, rng: np.random.Generator) -> Strokes:
    (stem,) = strokes
    if rng.random() < 0.3:
        top = stem[stem[:, 1].argmin()]
        down = side * rng.uniform(0.15, 0.5)
        start = top + np.array([-down * np.tan(np.deg2rad(rng.uniform(20, 60))), down])
        strokes = [*strokes, np.stack([start, top])]
    if rng.random() < 0.25:
        foot = stem[stem[:, 1].argmax()]
        reach = side * rng.uniform(0.12, 0.35, 2)
        strokes = [*strokes, foot + np.array([[-reach[0], 0.0], [reach[1], 0.0]])]
    return strokes


def _as_seven(strokes: Strokes, side: float, rng: np.random.Generator) -> Strokes:
    line = max(strokes, key=len)
    low = np.concatenate(strokes)[:, 1].min()
    if len(strokes) == 1 and rng.random() < 0.4:
        height = low + side * rng.uniform(0.4, 0.65)
        cross = line[np.abs(line[:, 1] - height).argmin()]
        reach = side * rng.uniform(0.15, 0.4, 2)
        tilt = side * rng.normal(0, 0.05)
        strokes = [*strokes, cross + np.array([[-reach[0], tilt], [reach[1], -tilt]])]
    if rng.random() < 0.3:
        start = strokes[0][0]
        hook = start + side * np.array([rng.uniform(-0.15, 0.05), rng.uniform(0.1, 0.3)])
        strokes = [np.concatenate([hook[None], strokes[0]]), *strokes[1:]]
    return strokes


# --- MNIST's own ----------------------------------------------------------------------------


def altered(image: np.ndarray, label: int, rng: np.random.Generator) -> np.ndarray:
    """Draw onto a digit of MNIST what some hands add, and prepare it anew.

    Args:
        image: uint8 `(28, 28)`, ink bright, of a class in 0, 1 and 7.
        label: its class.
        rng: where the stroke's place, length and width come from.

    Returns:
        uint8 `(28, 28)`.
    """
    sheet = _enlarged(image)
    rows, columns = np.nonzero(image > 128)
    if not len(rows):
        return image
    places = np.stack([columns, rows], axis=1) + 0.5
    for stroke in _ALTERATIONS[int(label)](places, rng):
        pen = int(rng.uniform(1.6, 3.0) * _SCALE)
        ends = np.rint(stroke * _SCALE).astype(np.int32)
        cv2.polylines(sheet, [ends], False, 1.0, pen)
    return finishing.finish(sheet)


def redrawn(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Prepare a digit of MNIST as if it had been photographed, its pen wider or thinner."""
    sheet = _enlarged(image)
    grow = int(rng.integers(-2, 8))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * abs(grow) + 1,) * 2)
    changed = cv2.dilate(sheet, disc) if grow > 0 else cv2.erode(sheet, disc)
    return finishing.finish(changed if changed.max() > 0.9 else sheet)


def _enlarged(image: np.ndarray) -> np.ndarray:
    """Enlarge a digit, with room for strokes that leave its box, to float32 of 0-1."""
    side = finishing.SIDE * _SCALE
    large = cv2.resize(image, (side, side), interpolation=cv2.INTER_CUBIC)
    return large.astype(np.float32) / 255


def _slashes(places: np.ndarray, rng: np.random.Generator) -> Strokes:
    low, span = places.min(0), np.ptp(places, axis=0) + 1
    return [_slash(low + span / 2, span, rng)]


def _feet(places: np.ndarray, rng: np.random.Generator) -> Strokes:
    foot = places[places[:, 1].argmax()]
    reach = rng.uniform(2.5, 6, 2)
    return [foot + np.array([[-reach[0], 0.0], [reach[1], 0.0]])]


def _bars(places: np.ndarray, rng: np.random.Generator) -> Strokes:
    """Draw a bar across a seven's stem, a hook down from the start of its top, or both."""
    kind = rng.random()
    low, height = places[:, 1].min(), np.ptp(places[:, 1])
    strokes = []
    if kind < 0.7:
        at = low + height * rng.uniform(0.42, 0.65)
        near = places[np.abs(places[:, 1] - at) < 1]
        cross = np.array([near[:, 0].mean() if len(near) else 14.0, at])
        reach, tilt = rng.uniform(3, 7, 2), rng.normal(0, 0.7)
        strokes.append(cross + np.array([[-reach[0], tilt], [reach[1], -tilt]]))
    if kind > 0.5:
        upper = places[places[:, 1] < low + height * 0.3]
        start = upper[upper[:, 0].argmin()]
        hook = np.array([rng.uniform(-1.5, 1), rng.uniform(2.5, 6)])
        strokes.append(np.stack([start, start + hook]))
    return strokes


_ALTERATIONS = {0: _slashes, 1: _feet, 7: _bars}
