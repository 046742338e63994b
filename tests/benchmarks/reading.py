"""How often one digit is read as one, and n digits as n, in pictures of many kinds.

`MNISTDASH_DATA=../shared/data python tests/benchmarks/reading.py` draws pen digits of the six
writers on whom no weight of `ink.joining` was fitted, by themselves and in lines, and reads them
with the starter model. For each kind of picture it prints how often the number of digits is right,
how often it or the other way is, how often every digit is read correctly, and, where there is one
digit, how often `ink.from_picture` is right. The starter knows some of these hands: trust the
numbers of digits, not what they are read as.
"""

import dataclasses
import json
import os
import pathlib
import sys
from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy import typing as npt

from mnistdash import classifier, ink
from tests.benchmarks import ink as pens

Image8 = npt.NDArray[np.uint8]
Rng = np.random.Generator
JUDGED = slice(None, None, 5)  # of the thirty writers, by name


@dataclasses.dataclass(frozen=True)
class Kind:
    """How pictures of one kind are drawn.

    `rows` and `columns` count digits, `gap` is between them as a share of their height, the pen
    is a share of it, too; `spoil` draws what is no digit.
    """

    columns: tuple[int, int] = (1, 1)
    rows: tuple[int, int] = (1, 1)
    gap: tuple[float, float] = (0.15, 0.5)
    pen: tuple[float, float] = (0.04, 0.12)
    height: tuple[int, int] = (60, 200)
    strokes: int = 1  # at least, of each digit
    labels: str = "0123456789"
    spoil: Callable[[Image8, Rng], Image8] | None = None


def boxed(picture: Image8, rng: Rng) -> Image8:
    """The border of a form's cell."""
    height, width = picture.shape
    inset = int(rng.integers(2, 10))
    corner = (width - inset, height - inset)
    return cv2.rectangle(picture, (inset, inset), corner, 90, int(rng.integers(1, 4)))


def ruled(picture: Image8, rng: Rng) -> Image8:
    """Lined paper."""
    gap = int(rng.integers(40, 90))
    for y in range(int(rng.integers(gap)), len(picture), gap):
        picture[y : y + 2] = np.minimum(picture[y : y + 2], 150)
    return picture


def squared(picture: Image8, rng: Rng) -> Image8:
    """Squared paper."""
    gap = int(rng.integers(25, 60))
    for x in range(int(rng.integers(gap)), picture.shape[1], gap):
        picture[:, x : x + 1] = np.minimum(picture[:, x : x + 1], 175)
    for y in range(int(rng.integers(gap)), len(picture), gap):
        picture[y : y + 1] = np.minimum(picture[y : y + 1], 175)
    return picture


def underlined(picture: Image8, rng: Rng) -> Image8:
    """A rule below the digit, by hand."""
    height, width = picture.shape
    y = int(height * 0.93)
    return cv2.line(picture, (width // 4, y), (3 * width // 4, y + int(rng.integers(-4, 4))), 40, 4)


def labelled(picture: Image8, rng: Rng) -> Image8:
    """A printed word and a name above, as programs write them."""
    word = ("digit", "Draw a number", "Prediction: 7", "sample 12")[rng.integers(4)]
    size = len(picture) / 600
    return cv2.putText(
        np.pad(picture, ((len(picture) // 5, 0), (0, 0)), mode="edge"),
        word, (10, len(picture) // 8), cv2.FONT_HERSHEY_SIMPLEX, size, 30, 1, cv2.LINE_AA,
    )  # fmt: skip


def dotted(picture: Image8, rng: Rng) -> Image8:
    """Specks and dots around the digit."""
    for _ in range(int(rng.integers(3, 9))):
        at = (int(rng.integers(picture.shape[1])), int(rng.integers(len(picture) // 8)))
        cv2.circle(picture, at, int(rng.integers(1, 4)), 40, -1)
    return picture


def coloured(picture: Image8, rng: Rng) -> Image8:
    """A screenshot: light ink on a coloured ground in a window of another colour."""
    rim = int(rng.integers(10, 60))
    window = np.pad(255 - picture // 2, rim, constant_values=int(rng.integers(200, 256)))
    return cv2.rectangle(window, (0, 0), (window.shape[1], rim // 2), 70, -1)


ONE = {
    "one digit": Kind(),
    "one, in strokes apart": Kind(strokes=2),
    "one, thin pen": Kind(pen=(0.008, 0.03)),
    "one, in a box": Kind(spoil=boxed),
    "one, lined paper": Kind(spoil=ruled),
    "one, squared paper": Kind(spoil=squared),
    "one, underlined": Kind(spoil=underlined),
    "one, with a word": Kind(spoil=labelled),
    "one, with specks": Kind(spoil=dotted),
    "one, in a window": Kind(spoil=coloured),
}
SEVERAL = {
    "two to five in a row": Kind(columns=(2, 5), height=(50, 130)),
    "two to four, close": Kind(columns=(2, 4), gap=(0.04, 0.15), height=(50, 130)),
    "10, 11, 00, 01": Kind(columns=(2, 2), gap=(0.08, 0.35), labels="01", height=(60, 160)),
    "pages": Kind(columns=(3, 7), rows=(2, 6), gap=(0.3, 1.0), height=(35, 70)),
    "pages, lined paper": Kind((3, 7), (2, 5), (0.3, 1.0), height=(35, 70), spoil=ruled),
    "pages, with a word": Kind((3, 7), (2, 5), (0.3, 1.0), height=(35, 70), spoil=labelled),
}


def placed(
    digits: Sequence[dict], kind: Kind, rng: Rng
) -> tuple[list[npt.NDArray[np.float64]], list[int], float]:
    """Place digits in rows: their lines, labels in reading order and the pen's width, pixels."""
    height = rng.uniform(*kind.height)
    pen = rng.uniform(*kind.pen) * height
    fitting = [
        digit
        for digit in digits
        if str(digit["label"]) in kind.labels and len(digit["strokes"]) >= kind.strokes
    ]
    lines, labels, y = [], [], 0.0
    for _ in range(int(rng.integers(kind.rows[0], kind.rows[1] + 1))):
        x = 0.0
        for _ in range(int(rng.integers(kind.columns[0], kind.columns[1] + 1))):
            digit = fitting[rng.integers(len(fitting))]
            strokes = [np.array(stroke, float) for stroke in digit["strokes"]]
            points = np.concatenate(strokes)
            span = np.ptp(points, axis=0)
            scale = height * rng.uniform(0.85, 1.1) / max(span[1], span[0], 1)
            corner = np.array([x, y + rng.normal(0, 0.04 * height)])
            moved = [(stroke - points.min(0)) * scale + corner for stroke in strokes]
            if kind.strokes > 1:
                moved = [stroke + rng.normal(0, 0.04 * height, 2) for stroke in moved]
            lines += moved
            labels.append(digit["label"])
            x += span[0] * scale + pen + rng.uniform(*kind.gap) * height
        y += height * rng.uniform(1.4, 2.0)
    return lines, labels, pen


def drawn(digits: Sequence[dict], kind: Kind, rng: Rng) -> tuple[Image8, list[int]]:
    """Draw one picture of a kind, with what is to be read in it."""
    lines, labels, pen = placed(digits, kind, rng)
    points = np.concatenate(lines)
    margin = rng.uniform(0.25, 0.8) * np.ptp(points[:, 1])
    width, height = (np.ptp(points, axis=0) + 2 * margin).astype(int)
    soft = np.full((height, width), 255, np.uint8)
    for line in lines:
        bent = np.rint((line - points.min(0) + margin) * 16).astype(np.int32)
        cv2.polylines(soft, [bent], False, 0, max(1, round(pen)), cv2.LINE_AA, 4)
    picture = 40 + soft.astype(np.float64) * 180 / 255
    picture *= 1 - rng.uniform(0, 0.4) * np.linspace(0, 1, width)
    picture += rng.normal(0, rng.uniform(0, 4), picture.shape)
    picture = np.clip(picture, 0, 255).astype(np.uint8)
    return (kind.spoil(picture, rng) if kind.spoil else picture), labels


def report(digits: Sequence[dict], times: int) -> None:
    """Print a table, a row for each kind of picture."""
    probs = classifier.starter().probs
    print("| pictures | n | number right | or the other way | all read | one asked for |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, kind in (ONE | SEVERAL).items():
        rng = np.random.default_rng(0)
        counted, offered, correct, alone = [], [], [], []
        for _ in range(times):
            picture, labels = drawn(digits, kind, rng)
            data = pens.encoded(picture, "PNG")
            try:
                read = ink.read_picture(data, probs=probs, digit_probs=classifier.digit_probs)
                answers = probs(read.images).argmax(axis=1).tolist()
                ways = [len(answers), *([len(read.other)] if read.other else [])]
            except ValueError:
                answers, ways = [], [0]
            counted.append(ways[0] == len(labels))
            offered.append(len(labels) in ways)
            correct.append(answers == labels)
            if name in ONE:
                alone.append(probs(pens.found(data)[np.newaxis]).argmax() == labels[0])
        asked = f"{np.mean(alone):.3f}" if alone else ""
        shares = " | ".join(f"{np.mean(what):.3f}" for what in (counted, offered, correct))
        print(f"| {name} | {times} | {shares} | {asked} |", flush=True)


def of_the_judged(digits: Sequence[dict]) -> list[dict]:
    """Choose the digits of the writers on whom nothing was fitted."""
    judged = set(sorted({digit["writer"] for digit in digits})[JUDGED])
    return [digit for digit in digits if digit["writer"] in judged]


if __name__ == "__main__":
    folder = pathlib.Path(os.environ["MNISTDASH_DATA"])
    files = ("pen_digits_dev.json", "pen_digits_train.json")
    pen_digits = [digit for name in files for digit in json.loads((folder / name).read_text())]
    report(of_the_judged(pen_digits), int(sys.argv[1]) if len(sys.argv) > 1 else 200)
