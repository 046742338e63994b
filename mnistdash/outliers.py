"""Drawings that are no digits, at random: what the digit detector learns to tell from digits.

Source: D. Hendrycks, M. Mazeika, T. Dietterich, "Deep anomaly detection with outlier exposure"
(2019).
"""

import dataclasses

import cv2
import numpy as np

from mnistdash import classifier, datasets, ink
from mnistdash.ink import finishing

# Strokes on a grid of 9x9 cells, x before y, y pointing down; a stroke after ~ is a curve. Letters
# that are a digit's twin are missing: B, D, I, O, S, Z, b, g, i, j, l, o, q, s, z.
GLYPHS = {
    "A": "08 40 88|15 65",
    "A round": "~08 02 30 60 82 88|05 85",
    "C": "~72 60 20 03 05 28 68 76",
    "E": "70 10 18 78|14 64",
    "E round": "~71 50 10 03 44 44 05 08 58 77",
    "F": "70 10 18|14 54",
    "G": "~72 60 20 02 06 28 68 86 84|54 84 88",
    "H": "10 18|70 78|14 74",
    "J": "~60 66 68 28 06|30 80",
    "K": "10 18|70 14 78",
    "L": "20 28 78",
    "M": "08 10 45 70 88",
    "N": "08 00 88 80",
    "P": "18 10|~10 60 82 64 14",
    "Q": "~40 10 02 06 18 58 86 82 70 40|55 88",
    "R": "18 10|~10 60 82 64 14|44 78",
    "T": "00 80|40 48",
    "U": "~10 14 18 48 78 74 70",
    "V": "00 48 80",
    "W": "00 28 43 68 80",
    "W round": "~00 06 28 46 42 46 68 86 80",
    "X": "00 88|80 08",
    "Y": "00 44 80|44 48",
    "a": "~73 42 13 07 38 66 73|~72 75 77 88",
    "c": "~63 42 13 16 48 67",
    "d": "~73 42 13 07 38 66 73|~70 74 77 88",
    "e": "~15 65 63 32 04 17 48 77",
    "f": "~70 40 32 35 38|13 63",
    "h": "10 18|~15 32 62 65 68",
    "k": "10 18|63 15 68",
    "m": "03 08|~05 13 43 44 48|~45 53 83 84 88",
    "n": "13 18|~15 32 62 65 68",
    "p": "11 18|~12 41 72 65 35 14",
    "r": "23 28|~25 32 52 63",
    "t": "~40 44 47 58 78|12 72",
    "u": "~13 16 18 48 67 63|63 68",
    "v": "13 48 73",
    "w": "03 28 44 68 83",
    "x": "13 68|63 18",
    "y": "03 46|83 46 18",
    "y round": "~02 06 46 72|~72 76 68 38",
    "+": "40 48|04 84",
    "*": "40 48|12 76|72 16",
    "#": "20 18|60 58|03 83|06 86",
    "?": "~12 20 60 83 55 46|47 48",
    "&": "~88 52 30 13 44 87 48 06 34 62 40",
    "@": "~64 43 36 57 64 66 87 84 60 20 03 06 28 78",
    "$": "~71 40 11 34 64 77 48 17|40 48",
    "%": "80 08|~10 01 12 21 10|~76 67 78 87 76",
    "=": "03 83|06 86",
    "-": "04 84",
    "<": "80 04 88",
    ">": "00 84 08",
    "^": "06 42 86",
    "~": "~05 22 36 67 83",
    "check": "04 38 80",
    "arrow": "04 84|51 84 57",
    "arrow up": "48 40|14 40 74",
    "triangle": "08 40 88 08",
    "square": "00 80 88 08 00",
    "rhombus": "40 84 48 04 40",
    "house": "08 04 40 84 88 08",
    "star": "18 40 78 03 83 18",
    "heart": "~48 04 00 30 42|~42 50 80 84 48",
    "face": "~40 00 04 08 48 88 84 80 40|22 23|62 63|~25 37 57 65",
    "sun": "~42 22 24 26 46 66 64 62 42|40 41|47 48|04 14|74 84",
    "infinity": "~44 22 03 06 27 44 62 83 86 67 44",
    "crossed circle": "~40 00 04 08 48 88 84 80 40|11 77",
    "door": "08 00 80 88",
    "cup": "00 08 88 80",
    "pi": "01 81|21 18|61 68",
    "note": "~38 16 06 08 28 38|38 30 62",
    "wave": "~04 11 24 37 44 51 64 77 84",
}
_NOISE = 0.45  # cells, of every corner
_CURVE = 3  # times that corners are cut

REDRAWN = 20_000  # digits drawn again as the canvas's are: the pen must not give a drawing away
ONES = 6_000  # MNIST's are never as straight, and hardly ever have an upstroke or a foot
OUTLIERS = 60_000
_CANVAS_PX = 280


def training_set(digits: datasets.Dataset, seed: int) -> datasets.Dataset:
    """Put drawings that are no digits beside all digits.

    Args:
        digits: MNIST.
        seed: the same seed draws the same.

    Returns:
        Labels 0 for a digit, 1 for a one (which the recipe may give an upstroke) and
        `classifier.NO_DIGIT`; the training images as given, some once more, redrawn with the
        canvas's pen, ones drawn anew, and outliers; the test images are `digits`' own.
    """
    rng = np.random.default_rng(seed)
    x_train, y_train = digits.x_train, digits.y_train
    again = rng.permutation(len(x_train))[:REDRAWN]
    parts = (
        (x_train, y_train == 1),
        (np.stack([_redrawn(image) for image in x_train[again]]), y_train[again] == 1),
        (np.stack([ink.from_strokes(_one(rng)) for _ in range(ONES)]), np.ones(ONES)),
        (draw(OUTLIERS, x_train, seed), np.full(OUTLIERS, classifier.NO_DIGIT)),
    )
    images, labels = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    labels = labels.astype(np.uint8)
    return dataclasses.replace(
        digits, y_test=(digits.y_test == 1).astype(np.uint8), read_train=lambda: (images, labels)
    )


def _redrawn(image: np.ndarray) -> np.ndarray:
    """Prepare a digit as if it had been drawn on the canvas."""
    sheet = cv2.resize(255 - image, (_CANVAS_PX, _CANVAS_PX), interpolation=cv2.INTER_CUBIC)
    return ink.from_canvas(cv2.imencode(".png", sheet)[1].tobytes(), (_CANVAS_PX, _CANVAS_PX))


def _one(rng: np.random.Generator) -> list[np.ndarray]:
    """Draw a one: a stroke, leaning and bent a little, at times with an upstroke or a foot."""
    lean, bend = rng.normal(0.15, 0.15), rng.normal(0, 0.04)
    stem = [(lean, 0.0), (lean / 2 + bend, 0.5), (0.0, 1.0)]
    kind = rng.random()
    if kind < 0.3:
        stem.insert(0, (lean - rng.uniform(0.15, 0.4), rng.uniform(0.15, 0.4)))
    reach = rng.uniform(0.15, 0.35)
    foot = [np.array([(-reach, 1.0), (reach, 1.0)])] if kind < 0.1 else []
    return [_rounded(np.array(stem), int(rng.integers(0, _CURVE))), *foot]


def draw(count: int, digits: np.ndarray, seed: int) -> np.ndarray:
    """Draw letters and signs (half of all), scribbles, crosses, shapes, and two digits in one.

    Args:
        count: how many.
        digits: uint8 `(n, 28, 28)`, to put side by side or over each other.
        seed: the same seed draws the same.

    Returns:
        uint8 `(count, 28, 28)`, ink bright, prepared as drawings on the canvas are.
    """
    rng = np.random.default_rng(seed)
    kinds = (_glyph, _glyph, _glyph, _glyph, _scribble, _cross, _shape)
    images = []
    for index in range(count):
        kind = index % (len(kinds) + 1)
        images.append(
            _two_digits(digits, rng) if kind == len(kinds) else ink.from_strokes(kinds[kind](rng))
        )
    return np.stack(images)


def _glyph(rng: np.random.Generator) -> list[np.ndarray]:
    """Write a letter or sign as a hand might: uneven, rounded, slanted, turned, squeezed."""
    squeezed = np.array([[rng.uniform(0.55, 1.2), 0.0], [rng.normal(0, 0.2), 1.0]])
    turned = _rotation(np.deg2rad(rng.normal(0, 8)))
    cuts = int(rng.integers(0, _CURVE))
    strokes = []
    for stroke in GLYPHS[rng.choice(list(GLYPHS))].split("|"):
        places = stroke.removeprefix("~").split()
        closed = places[0] == places[-1]  # rounded, it would be a 0
        times = _CURVE if stroke.startswith("~") else 0 if closed else cuts
        corners = np.array([(int(x), int(y)) for x, y in places], float)
        corners += rng.normal(0, _NOISE, corners.shape)
        strokes.append(_rounded(corners, times) @ squeezed @ turned)
    return strokes


def _scribble(rng: np.random.Generator) -> list[np.ndarray]:
    """Draw curves through random places, a coil, or a hatching."""
    kind = rng.random()
    if kind < 0.5:
        count = int(rng.integers(1, 4))
        return [_rounded(rng.random((int(rng.integers(5, 13)), 2)), _CURVE) for _ in range(count)]
    if kind < 0.7:
        angle = np.linspace(0, rng.uniform(3, 8) * 2 * np.pi, 120)
        radius = np.linspace(rng.uniform(0, 0.5), 1, 120)
        way = np.linspace(0, rng.uniform(0, 4), 120)
        return [np.stack([radius * np.cos(angle) + way, radius * np.sin(angle)], axis=1)]
    count = int(rng.integers(5, 18))
    across = np.linspace(0, rng.uniform(0.4, 2), count)
    down = np.arange(count) % 2 + rng.normal(0, 0.08, count)
    turned = _rotation(rng.uniform(0, np.pi))
    return [_rounded(np.stack([across, down], axis=1) @ turned, int(rng.integers(0, 3)))]


def _cross(rng: np.random.Generator) -> list[np.ndarray]:
    """Draw two lines that cross, at any angle."""
    first = rng.uniform(0, np.pi)
    angles = first, first + rng.uniform(0.25, 0.75) * np.pi
    lines = [rng.uniform(0.6, 1) * np.array([[-1.0, 0.0], [1.0, 0.0]]) for _ in angles]
    return [
        line @ _rotation(angle) + rng.normal(0, 0.12, (2, 2))
        for line, angle in zip(lines, angles, strict=True)
    ]


def _shape(rng: np.random.Generator) -> list[np.ndarray]:
    """Draw a polygon with lines in it, or a few lines anywhere."""
    if rng.random() < 0.5:
        return [rng.random((int(rng.integers(2, 4)), 2)) for _ in range(int(rng.integers(3, 7)))]
    angle = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(3, 9))))
    outline = np.stack([np.cos(angle), np.sin(angle)], axis=1) * rng.uniform(0.5, 1, 2)
    inside = [rng.uniform(-0.7, 0.7, (2, 2)) for _ in range(int(rng.integers(1, 4)))]
    return [np.concatenate([outline, outline[:1]]), *inside]


def _rotation(angle: float) -> np.ndarray:
    return np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])


def _rounded(corners: np.ndarray, times: int) -> np.ndarray:
    """Cut the corners of a polyline, its ends kept.

    Source: G. Chaikin, "An algorithm for high-speed curve generation" (1974).
    """
    for _ in range(times):
        early, late = corners[:-1], corners[1:]
        cut = np.stack([0.75 * early + 0.25 * late, 0.25 * early + 0.75 * late], axis=1)
        corners = np.concatenate([corners[:1], cut.reshape(-1, 2), corners[-1:]])
    return corners


def _two_digits(digits: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Put two digits side by side, or one over the other, in the box of one."""
    one, other = digits[rng.integers(len(digits), size=2)]
    if rng.random() < 0.6:
        both = np.hstack([_with_ink(one), _with_ink(other)])
    else:
        both = np.zeros((38, 38), np.uint8)
        for digit in (one, other):
            top, left = rng.integers(0, 11, 2)
            part = both[top : top + 28, left : left + 28]
            np.maximum(part, digit, out=part)
    both = _with_ink(_with_ink(both).T).T
    height, width = both.shape
    scale = finishing.BOX / max(height, width)
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    box = cv2.resize(both, size, interpolation=cv2.INTER_AREA)
    above, before = (finishing.SIDE - size[1]) // 2, (finishing.SIDE - size[0]) // 2
    around = (
        (above, finishing.SIDE - size[1] - above),
        (before, finishing.SIDE - size[0] - before),
    )
    return np.pad(box, around)


def _with_ink(image: np.ndarray) -> np.ndarray:
    """Cut the empty columns off on both sides."""
    columns = image.any(axis=0).nonzero()[0]
    return image[:, columns[0] : columns[-1] + 1]
