"""Pieces of ink joined into digits: on their gaps, heights and shapes, and on what a model says."""

import dataclasses
import functools
import itertools
import math
from collections.abc import Callable, Iterable

import cv2
import numpy as np
from numpy import typing as npt

from mnistdash.ink import finding, finishing, refusals

Group = frozenset[int]  # numbers of the pieces that make one digit
Sureness = Callable[[refusals.Image8], npt.NDArray[np.float32]]  # (n, 28, 28) -> (n,), 0-1
MOST_PARTS = 4  # of one digit
NEAR = 0.3  # a gap wider than this share of both together parts two pieces
LEAST = 0.01  # what a model calls less likely says no more
# Weights of what speaks for one digit, and of a model's word (a logarithm) beside it. A logistic
# regression on 2,150 pairs of pieces of 24 writers' pen digits, alone and in lines, then rounded;
# tests/benchmarks/reading.py judges them by six others.
DIGITS = {"gap": -6, "beside": 3, "level": -1, "size": 1.5, "wide": -9, "tall": -6.5, "one": 14}
PARTS = {"gap": -3, "beside": 3, "level": 0, "size": 1.5, "wide": -4.5, "tall": 2, "one": 4}
MODEL = 0.5
UNDERLINE = -6.0  # for a level bar below


@dataclasses.dataclass(frozen=True)
class Box:
    """A box of whole pixels."""

    x: int
    y: int
    width: int
    height: int

    @property
    def side(self) -> int:
        """The longer side, pixels."""
        return max(self.width, self.height)

    @property
    def right(self) -> int:
        """The first column after it."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """The first row after it."""
        return self.y + self.height

    def with_margin(self, margin: int) -> tuple[slice, slice]:
        """Index an array by the box and a margin around it, as far as the array reaches."""
        return (
            slice(max(0, self.y - margin), self.bottom + margin),
            slice(max(0, self.x - margin), self.right + margin),
        )


def around(boxes: Iterable[Box]) -> Box:
    """Find the smallest box around several."""
    boxes = list(boxes)
    x, y = min(box.x for box in boxes), min(box.y for box in boxes)
    right, bottom = max(box.right for box in boxes), max(box.bottom for box in boxes)
    return Box(x, y, right - x, bottom - y)


def _apart(one: Box, other: Box) -> tuple[int, int]:
    """Measure the gaps between two boxes to the right and down, negative where they overlap."""
    return (
        max(one.x, other.x) - min(one.right, other.right),
        max(one.y, other.y) - min(one.bottom, other.bottom),
    )


class Sheet:
    """The ink of the likeliest digit's scene in pieces, each pixel owned by one at most.

    A piece is a *digit* of its own, where it looks like one, or a *part*: a flag, a dot, a line.

    Args:
        blobs: what `finding.find` found.
        sureness: tells how surely an image is one digit; `None` decides on shapes alone.
    """

    def __init__(self, blobs: list[finding.Blob], sureness: Sureness | None = None) -> None:
        self.best = best = blobs[0]
        self.blobs: list[finding.Blob] = []  # of piece 1, 2, …
        self._owner = np.zeros(best.scene.tone.shape, np.int32)
        self._sureness = sureness
        self._sure: dict[Group, float] = {}
        self._images: dict[Group, refusals.Image8] = {}
        for blob in blobs:
            alike = blob.scene is best.scene and 0.4 < blob.side / best.side < 1.6
            if alike and blob.likeness > 0.15 * best.likeness:
                self._own(blob)
        self.digits = frozenset(range(1, len(self.blobs) + 1))
        for blob in finding.components(best.scene, best.level, 0.1 * best.side):
            self._own(blob)
        self.parts = frozenset(range(1, len(self.blobs) + 1)) - self.digits

    def _own(self, blob: finding.Blob) -> None:
        here = self._owner[blob.inside]
        if not here[blob.mask].any():
            self.blobs.append(blob)
            here[blob.mask] = len(self.blobs)

    def box(self, group: Iterable[int]) -> Box:
        """Find the box around pieces."""
        blobs = [self.blobs[number - 1] for number in group]
        return around(Box(blob.x, blob.y, blob.width, blob.height) for blob in blobs)

    @functools.cached_property
    def _highest(self) -> float:
        """The height, pixels, over which two of many digits stand one below the other."""
        heights = [self.blobs[number - 1].height for number in self.digits]
        return 1.5 * float(np.median(heights)) if len(heights) > MOST_PARTS else math.inf

    def cut_out(self, group: Group) -> refusals.Plane:
        """Cut pieces from the picture, as soft ink of 0-1."""
        box = self.box(group)
        reach = max(2, round(0.02 * box.side))
        inside = box.with_margin(reach)
        owner = self._owner[inside]
        mine = np.isin(owner, list(group))
        brush = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
        region = (cv2.dilate(mine.astype(np.uint8), brush) > 0) & ((owner == 0) | mine)
        peak = max(self.blobs[number - 1].peak for number in group)
        return np.clip((self.best.scene.contrast[inside] / peak - 0.2) / 0.6, 0, 1) * region

    def image(self, group: Group) -> refusals.Image8:
        """Prepare pieces as one digit, uint8 (28, 28)."""
        # A cache on the method would keep every sheet, of every picture, for ever.
        if group not in self._images:
            self._images[group] = finishing.finish(self.cut_out(group))
        return self._images[group]

    def joined(self, towards_one: float = 0.0) -> list[Group]:
        """Join pieces into digits, the clearest pair first.

        Args:
            towards_one: added to what speaks for one digit; -inf leaves all digits as they stand.
        """
        groups = [frozenset([number]) for number in range(1, len(self.blobs) + 1)]
        scores = self._scores(itertools.combinations(groups, 2), towards_one)
        while scores:
            pair = max(scores, key=scores.__getitem__)
            if scores[pair] <= 0:
                break
            union = pair[0] | pair[1]
            groups = [group for group in groups if group not in pair]
            scores = {two: score for two, score in scores.items() if not {*two} & {*pair}}
            scores |= self._scores([(union, group) for group in groups], towards_one)
            groups.append(union)
        return [group for group in groups if group & self.digits]

    def _scores(
        self, pairs: Iterable[tuple[Group, Group]], towards_one: float
    ) -> dict[tuple[Group, Group], float]:
        """Score the pairs that may be one digit, by how much speaks for it."""
        shapes = {pair: self._shape(*pair) for pair in pairs if self._may_join(*pair)}
        if self._sureness:
            self._ask({group for one, other in shapes for group in (one, other, one | other)})
        scores = {}
        for (one, other), score in shapes.items():
            both = bool(one & self.digits and other & self.digits)
            alone = [group for group in (one, other) if group & self.digits]
            said = self._word(one | other) - sum(self._word(group) for group in alone)
            scores[one, other] = score + MODEL * said + (towards_one if both else 0)
        return scores

    def _may_join(self, one: Group, other: Group) -> bool:
        if not (one | other) & self.digits:
            return False
        boxes = self.box(one), self.box(other)
        whole = around(boxes)
        sized = whole.side <= 1.9 * self.best.side and whole.height <= self._highest
        sized &= bool(one & self.digits and other & self.digits) or self._is_a_part(one, other)
        return bool(sized and max(_apart(*boxes)) <= NEAR * whole.side)

    def _is_a_part(self, one: Group, other: Group) -> bool:
        """Tell whether the one that is no digit of its own may be part of the other."""
        part, digit = (one, other) if other & self.digits else (other, one)
        box, side = self.box(part), self.box(digit).side
        height, width = self._owner.shape
        free = box.x > 0 and box.y > 0 and box.right < width and box.bottom < height
        free |= finding.is_cropped(self.blobs[next(iter(digit)) - 1])
        area, whole = self._area(part), self._area(digit)
        return free and box.side <= 1.2 * side and area >= 0.03 * whole

    def _area(self, group: Group) -> int:
        return sum(int(np.count_nonzero(self.blobs[number - 1].mask)) for number in group)

    def _shape(self, one: Group, other: Group) -> float:
        """Say how much the shapes of two pieces speak for one digit, as log-odds."""
        boxes = self.box(one), self.box(other)
        whole = around(boxes)
        across, down = _apart(*boxes)
        both = one & self.digits and other & self.digits
        marks = {
            "gap": self._gap(one, other, whole) / whole.side,
            "beside": max(-1.5, -across / min(box.width for box in boxes)),
            "level": max(-1.5, -down / min(box.height for box in boxes)),
            "size": min(box.side for box in boxes) / max(box.side for box in boxes),
            "wide": whole.width / whole.height,
            "tall": min(box.height for box in boxes) / whole.height,
            "one": 1.0,
        }
        weights = DIGITS if both else PARTS
        score = sum(weights[name] * value for name, value in marks.items())
        upper, lower = sorted(boxes, key=lambda box: box.y + box.height / 2)
        bar = lower.width > 4 * lower.height and lower.y > upper.bottom - 0.1 * upper.height
        return score + (UNDERLINE if bar else 0)

    def _gap(self, one: Group, other: Group, whole: Box) -> float:
        """Measure the shortest way between two groups, pixels."""
        owner = self._owner[whole.with_margin(0)]
        ground = (~np.isin(owner, list(one))).astype(np.uint8)
        far = cv2.distanceTransform(ground, cv2.DIST_L2, 5)
        return float(far[np.isin(owner, list(other))].min())

    def _ask(self, groups: set[Group]) -> None:
        unknown = [group for group in groups if group not in self._sure]
        if unknown:
            images = np.stack([self.image(group) for group in unknown])
            self._sure |= dict(zip(unknown, self._sureness(images).tolist(), strict=True))

    def _word(self, group: Group) -> float:
        """Say how surely a group is one digit, as a logarithm; 0 where no model is asked."""
        return math.log(max(self._sure.get(group, 1.0), LEAST))
