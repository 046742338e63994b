"""A picture read whole: its digits in reading order, another way to read it, and what is left."""

import collections
import dataclasses
import math
from collections.abc import Callable

import numpy as np
from numpy import typing as npt

from mnistdash.ink import finding, joining, refusals

Probs = Callable[[refusals.Image8], npt.NDArray[np.float32]]
FOR_ONE = 2.0  # log-odds of a picture that is said to hold one digit
CLOSE = 2.5  # log-odds: what turns on less is offered both ways
MOST_PARTS = 4  # of one digit
SURE = 0.5  # mean probability, under which the picture is seen in other ways too
LOW = 0.55  # of the usual height: what is lower is no digit among digits
LINE_OF_WRITING = "line of writing", "lines of writing"
WRITING_MARKS = 1.8  # that are no digits, at least, in a line of writing,
WRITING_SHARE = 0.4  # and their share of all its marks


@dataclasses.dataclass(frozen=True, eq=False)
class Digit:
    """A digit of a picture.

    `image` is uint8 (28, 28), ink 255 on ground 0; `box` is x, y, width and height in the upright
    picture, as shares of its width and height.
    """

    image: refusals.Image8
    box: tuple[float, float, float, float]


@dataclasses.dataclass(frozen=True)
class LeftOut:
    """Ink that is not read: how much of it, and what it looks like (`lines`, `small mark`)."""

    count: int
    what: str


@dataclasses.dataclass(frozen=True, eq=False)
class Reading:
    """What is read in a picture.

    `digits` are in reading order, at least one; `other` is another way to read the picture, as one
    digit or as several, where there is one, and `close` tells that little speaks against it.
    """

    digits: tuple[Digit, ...]
    other: tuple[Digit, ...] = ()
    close: bool = False
    left_out: tuple[LeftOut, ...] = ()

    @property
    def images(self) -> refusals.Image8:
        """The digits' images, uint8 (k, 28, 28)."""
        return np.stack([digit.image for digit in self.digits])

    @property
    def note(self) -> str:
        """What was left out, in sentences; nothing where all was read."""
        if not self.left_out:
            return ""
        things = ", ".join(f"{some.count} {some.what}" for some in self.left_out)
        return f"Left out: {things}. If digits are missing, crop the picture to them."

    def swapped(self) -> "Reading":
        """Read the other way."""
        return dataclasses.replace(self, digits=self.other, other=self.digits)


def one_digit(plane: refusals.Plane) -> refusals.Image8:
    """Read the likeliest digit, uint8 (28, 28), from a picture that is said to hold one."""
    sheet = joining.Sheet(finding.find(plane))
    return sheet.image(next(group for group in sheet.joined(FOR_ONE) if 1 in group))


def read(plane: refusals.Plane, probs: Probs | None, digit_probs: Probs | None) -> Reading:
    """Read all digits of a picture."""
    sheet = _surest_sheet(finding.find(plane), _sureness(probs, digit_probs))
    groups = _of_a_height(sheet, sheet.joined())
    digits, writing = _without_writing(sheet, _in_rows(sheet, groups), digit_probs)
    other, close = _other_way(sheet, digits)
    return Reading(
        tuple(_digit(sheet, group) for group in digits),
        tuple(_digit(sheet, group) for group in other),
        close,
        _left_out(sheet, groups, writing),
    )


def _surest_sheet(blobs: list[finding.Blob], sureness: joining.Sureness | None) -> joining.Sheet:
    """Choose how the picture is seen: as what is likeliest ink or, where no digit is, otherwise."""
    sheet = joining.Sheet(blobs, sureness)
    if sureness is None or _mean_sureness(sheet, sureness) > SURE:
        return sheet
    others = {}
    for blob in blobs:
        if blob.likeness > 0.3 * blobs[0].likeness and blob.side > 0.7 * blobs[0].side:
            others.setdefault(id(blob.scene), blob)
    sheets = [
        joining.Sheet([blob, *(other for other in blobs if other is not blob)], sureness)
        for blob in others.values()
    ]
    return max([sheet, *sheets], key=lambda sheet: _mean_sureness(sheet, sureness))


def _mean_sureness(sheet: joining.Sheet, sureness: joining.Sureness) -> float:
    """Say how surely what is read on a sheet is digits, on average."""
    return float(sureness(np.stack([sheet.image(group) for group in sheet.joined()])).mean())


def _sureness(probs: Probs | None, digit_probs: Probs | None) -> joining.Sureness | None:
    """Combine what models say: that it is a digit, and which."""
    if probs is None:
        return None

    def sureness(images: refusals.Image8) -> npt.NDArray[np.float32]:
        which = probs(images).max(axis=1)
        return which if digit_probs is None else which * digit_probs(images)

    return sureness


def _digit(sheet: joining.Sheet, group: joining.Group) -> Digit:
    height, width = sheet.best.scene.tone.shape
    box = sheet.box(group)
    shares = box.x / width, box.y / height, box.width / width, box.height / height
    return Digit(sheet.image(group), shares)


def _of_a_height(sheet: joining.Sheet, groups: list[joining.Group]) -> list[joining.Group]:
    """Leave out what is much lower than half of the others are."""
    heights = {group: sheet.box(group).height for group in groups}
    usual = float(np.median([*heights.values()]))
    return [group for group, height in heights.items() if height >= LOW * usual]


def _in_rows(sheet: joining.Sheet, groups: list[joining.Group]) -> list[list[joining.Group]]:
    """Sort into rows from the top, and each row from the left."""
    rows: list[list[joining.Group]] = []
    boxes = {group: sheet.box(group) for group in groups}
    middle = {group: box.y + box.height / 2 for group, box in boxes.items()}
    for group in sorted(groups, key=middle.__getitem__):
        if rows and middle[group] < boxes[rows[-1][-1]].bottom:
            rows[-1].append(group)
        else:
            rows.append([group])
    return [sorted(row, key=lambda group: boxes[group].x) for row in rows]


def _without_writing(
    sheet: joining.Sheet, rows: list[list[joining.Group]], digit_probs: Probs | None
) -> tuple[list[joining.Group], int]:
    """Leave out lines in which most marks look like no digits, and count them."""
    if digit_probs is None or len(rows) < 2:
        return [group for row in rows for group in row], 0
    doubts = [_doubts(sheet, row, digit_probs) for row in rows]
    kept = [
        row
        for row, doubt in zip(rows, doubts, strict=True)
        if doubt.sum() < WRITING_MARKS or doubt.mean() < WRITING_SHARE
    ]
    kept = kept or rows
    return [group for row in kept for group in row], len(rows) - len(kept)


def _doubts(
    sheet: joining.Sheet, row: list[joining.Group], digit_probs: Probs
) -> npt.NDArray[np.float64]:
    """Say of each mark of a row how likely it is no digit; those of letters' size are none."""
    boxes = [sheet.box(group) for group in row]
    line, usual = joining.around(boxes), float(np.median([box.height for box in boxes]))
    others = [sheet.box([number]) for number in sheet.parts if not any(number in g for g in row)]
    letters = sum(
        line.y <= box.y + box.height / 2 < line.bottom and 0.35 < box.height / usual < 1.5
        for box in others
    )
    probs = digit_probs(np.stack([sheet.image(group) for group in row]))
    return np.concatenate([1 - probs, np.ones(letters)])


def _other_way(
    sheet: joining.Sheet, digits: list[joining.Group]
) -> tuple[list[joining.Group], bool]:
    """Read as one what is several, or as several what is one, and tell whether it is close."""
    one = len(digits) == 1
    if len(digits) > joining.MOST_PARTS:
        return [], False
    for shift in (CLOSE, math.inf):
        rows = _in_rows(sheet, sheet.joined(-shift if one else shift))
        groups = [group for row in rows for group in row]
        if (len(groups) == 1) != one:
            return groups, shift == CLOSE
    return [], False


def _left_out(
    sheet: joining.Sheet, groups: list[joining.Group], writing: int
) -> tuple[LeftOut, ...]:
    """Name and count what is in no digit."""
    read = frozenset().union(*groups)
    rest = [number for number in range(1, len(sheet.blobs) + 1) if number not in read]
    kinds = collections.Counter(_kind(sheet, number) for number in rest)
    kinds[LINE_OF_WRITING] = writing
    return tuple(
        LeftOut(count, one if count == 1 else many) for (one, many), count in kinds.items() if count
    )


def _kind(sheet: joining.Sheet, number: int) -> tuple[str, str]:
    """Name what a piece looks like that is no digit, one and several of them."""
    box, side = sheet.box([number]), sheet.best.side
    height, width = sheet.best.scene.tone.shape
    if min(box.width, box.height) < 0.2 * box.side and box.side > 0.6 * side:
        return "line", "lines"
    if not (box.x > 0 and box.y > 0 and box.right < width and box.bottom < height):
        return "mark at the edge", "marks at the edge"
    if box.side > 1.6 * side:
        return "frame or picture", "frames or pictures"
    return "small mark", "small marks"
