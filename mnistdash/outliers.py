"""Drawings that are no digits: what the detector learns to tell from digits, and from each other.

Source: D. Hendrycks, M. Mazeika, T. Dietterich, "Deep anomaly detection with outlier exposure"
(2019).
"""

import dataclasses

import cv2
import numpy as np

from mnistdash import classifier, datasets, hands, ink
from mnistdash.ink import finishing

TWINS = frozenset("BDIOSZbgijloqsz")  # letters that people write as they write a digit
SAME = frozenset("olsz")  # those that are a digit as they stand: 0, 1, 5 and 2
# Strokes as in `hands.FORMS`: the capitals, which `letters` has not, and some small ones.
LETTERS = {
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
}
SIGNS = {
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
    "door": "08 00 80 88",
    "cup": "00 08 88 80",
    "pi": "01 81|21 18|61 68",
    "note": "~38 16 06 08 28 38|38 30 62",
    "wave": "~04 11 24 37 44 51 64 77 84",
}
_NOISE = 0.45  # cells, of every corner

WRITTEN = 10_000  # letters from the forms above
PAIRS = 10_000  # two of MNIST's digits in one
PENNED_PAIRS = 14_000  # two pen digits
SCRIBBLES = 34_000  # and signs


def training_set(
    digits: datasets.Dataset, letters: datasets.Dataset, seed: int
) -> datasets.Dataset:
    """Put letters, pairs of digits, signs and scribbles beside the digits that the starter learns.

    Args:
        digits: MNIST.
        letters: real ones, of whose training writers it learns; no twin of a digit is a letter.
        seed: the same seed draws the same.

    Returns:
        Images labelled with their place in `classifier.KINDS`; the test images are `digits`' own.

    Raises:
        DataError: the pen digits are not in the data folder.
    """
    rng = np.random.default_rng(seed)
    known = hands.training_set(digits, seed)
    names = np.array(letters.class_names)[letters.y_train]
    real = letters.x_train[~np.isin(names, list(TWINS))]
    kinds = (
        # The pen of the letters must not give them away: some are digits to the eye.
        (known.x_train, letters.x_train[np.isin(names, list(SAME))]),
        (
            real,
            np.stack([hands.redrawn(image, rng) for image in real]),
            np.stack([ink.from_strokes(_glyph(LETTERS, rng)) for _ in range(WRITTEN)]),
        ),
        (
            pairs(PAIRS, digits.x_train, digits.y_train, rng),
            penned_pairs(PENNED_PAIRS, hands.pen_digits(hands.LEARNING)[0], rng),
        ),
        (scribbles(SCRIBBLES, rng),),
    )
    images = np.concatenate([part for parts in kinds for part in parts])
    counts = [sum(map(len, parts)) for parts in kinds]
    labels = np.repeat(np.arange(len(kinds), dtype=np.uint8), counts)
    return dataclasses.replace(
        digits,
        class_names=classifier.KINDS,
        y_test=np.zeros_like(digits.y_test),
        read_train=lambda: (images, labels),
        count_train=lambda: len(images),
    )


def scribbles(count: int, rng: np.random.Generator) -> np.ndarray:
    """Draw signs (a third of all), scribbles, crosses and shapes.

    Args:
        count: how many.
        rng: where everything about them comes from.

    Returns:
        uint8 `(count, 28, 28)`, ink bright, prepared as drawings on the canvas are.
    """
    kinds = (_sign, _sign, _scribble, _scribble, _cross, _shape)
    drawn = [ink.from_strokes(kinds[index % len(kinds)](rng)) for index in range(count)]
    return np.stack(drawn)


def _sign(rng: np.random.Generator) -> hands.Strokes:
    return _glyph(SIGNS, rng)


def _glyph(forms: dict[str, str], rng: np.random.Generator) -> hands.Strokes:
    """Write a letter or sign as a hand might: uneven, rounded, slanted, turned, squeezed."""
    form = forms[rng.choice(list(forms))]
    strokes = hands.written(form, rng, noise=_NOISE, cuts=int(rng.integers(0, hands.CURVE)))
    return hands.varied(strokes, rng)


def _scribble(rng: np.random.Generator) -> hands.Strokes:
    """Draw curves through random places, a coil, or a hatching."""
    kind = rng.random()
    if kind < 0.5:
        counts = rng.integers(5, 13, int(rng.integers(1, 4)))
        return [hands.rounded(rng.random((count, 2)), hands.CURVE) for count in counts]
    if kind < 0.7:
        angle = np.linspace(0, rng.uniform(3, 8) * 2 * np.pi, 120)
        radius = np.linspace(rng.uniform(0, 0.5), 1, 120)
        way = np.linspace(0, rng.uniform(0, 4), 120)
        return [np.stack([radius * np.cos(angle) + way, radius * np.sin(angle)], axis=1)]
    count = int(rng.integers(5, 18))
    across = np.linspace(0, rng.uniform(0.4, 2), count)
    down = np.arange(count) % 2 + rng.normal(0, 0.08, count)
    turned = hands.rotation(rng.uniform(0, np.pi))
    return [hands.rounded(np.stack([across, down], axis=1) @ turned, int(rng.integers(0, 3)))]


def _cross(rng: np.random.Generator) -> hands.Strokes:
    """Draw two lines that cross, at any angle."""
    first = rng.uniform(0, np.pi)
    angles = first, first + rng.uniform(0.25, 0.75) * np.pi
    lines = [rng.uniform(0.6, 1) * np.array([[-1.0, 0.0], [1.0, 0.0]]) for _ in angles]
    return [
        line @ hands.rotation(angle) + rng.normal(0, 0.12, (2, 2))
        for line, angle in zip(lines, angles, strict=True)
    ]


def _shape(rng: np.random.Generator) -> hands.Strokes:
    """Draw a polygon with lines in it, or a few lines anywhere."""
    if rng.random() < 0.5:
        return [rng.random((int(rng.integers(2, 4)), 2)) for _ in range(int(rng.integers(3, 7)))]
    angle = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(3, 9))))
    outline = np.stack([np.cos(angle), np.sin(angle)], axis=1) * rng.uniform(0.5, 1, 2)
    inside = [rng.uniform(-0.7, 0.7, (2, 2)) for _ in range(int(rng.integers(1, 4)))]
    return [np.concatenate([outline, outline[:1]]), *inside]


def pairs(
    count: int, digits: np.ndarray, labels: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Put two digits side by side, or one over the other, in the box of one.

    Args:
        count: how many pairs.
        digits: uint8 `(n, 28, 28)`, ink bright.
        labels: uint8 `(n,)`; a one or a seven is never laid over another digit, as it would be a
            zero's slash or a stroke that a hand adds.
        rng: where everything about them comes from.

    Returns:
        uint8 `(count, 28, 28)`.
    """
    return np.stack([_pair(digits, labels, rng) for _ in range(count)])


def _pair(digits: np.ndarray, labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    chosen = rng.integers(len(digits), size=2)
    one, other = digits[chosen]
    if rng.random() < 0.75 or np.isin(labels[chosen], (1, 7)).any():
        gap = np.zeros((28, int(rng.integers(0, 9))), np.uint8)
        both = np.hstack([_with_ink(one), gap, _with_ink(other)])
    else:
        both = np.zeros((38, 38), np.uint8)
        for digit in (one, other):
            top, left = rng.integers(0, 11, 2)
            part = both[top : top + 28, left : left + 28]
            np.maximum(part, digit, out=part)
    large = cv2.resize(both, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)
    return finishing.finish(large.astype(np.float32) / 255)


def penned_pairs(count: int, digits: list[hands.Strokes], rng: np.random.Generator) -> np.ndarray:
    """Write two digits side by side, about as high as each other, in the box of one.

    Args:
        count: how many pairs.
        digits: the strokes of each.
        rng: where everything about them comes from.

    Returns:
        uint8 `(count, 28, 28)`.
    """
    images = []
    for _ in range(count):
        pair, right = [], 0.0
        for chosen in rng.integers(len(digits), size=2):
            strokes = hands.varied(digits[chosen], rng)
            points = np.concatenate(strokes)
            low, height = points.min(0), max(np.ptp(points[:, 1]), 0.3)
            scale = rng.uniform(0.8, 1.2) / height
            corner = np.array([right + rng.uniform(0.05, 0.5), rng.normal(0, 0.1)])
            pair += [(stroke - low) * scale + corner for stroke in strokes]
            right = max(stroke[:, 0].max() for stroke in pair)
        images.append(ink.from_strokes(pair))
    return np.stack(images)


def _with_ink(image: np.ndarray) -> np.ndarray:
    """Cut the empty columns off on both sides."""
    columns = image.any(axis=0).nonzero()[0]
    return image[:, columns[0] : columns[-1] + 1]
