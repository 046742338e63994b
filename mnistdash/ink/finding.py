"""Ink found in a picture: what stands out from its ground as a digit does."""

import dataclasses
import functools
import itertools
import math
from collections.abc import Iterator

import cv2
import numpy as np

from mnistdash.ink import decoding, finishing, refusals, scenes

COARSE_PIXELS = 640 * 480  # a picture is searched at about this size,
FINE_PIXELS = decoding.KEPT_PIXELS  # and where its digits are small at this one:
SMALL = 0.12  # shorter than this share of the picture's side
MOST = 120  # blobs looked at, of each level of a scene
NEGLIGIBLE = 0.018  # of likeness: such a blob is never chosen
MIN_LIKENESS = 0.25  # blank paper stays below 0.2, a small pencilled digit above 0.4


@dataclasses.dataclass(frozen=True)
class Blob:
    """Connected pixels above a level of contrast, in a box of the scene."""

    scene: scenes.Scene
    level: float
    x: int
    y: int
    mask: refusals.Mask  # (height, width)

    @property
    def height(self) -> int:
        """Rows of its box, pixels."""
        return self.mask.shape[0]

    @property
    def width(self) -> int:
        """Columns of its box, pixels."""
        return self.mask.shape[1]

    @property
    def side(self) -> int:
        """The longer side of its box, pixels."""
        return max(self.mask.shape)

    @property
    def inside(self) -> tuple[slice, slice]:
        """The box, as an index into the scene's planes."""
        return slice(self.y, self.y + self.height), slice(self.x, self.x + self.width)

    def around(self, margin: float) -> refusals.Plane:
        """Cut the tones within `margin` pixels of its box."""
        rows = slice(max(0, int(self.y - margin)), int(self.y + self.height + margin))
        columns = slice(max(0, int(self.x - margin)), int(self.x + self.width + margin))
        return self.scene.tone[rows, columns]

    @functools.cached_property
    def peak(self) -> float:
        """The contrast of its darkest tenth."""
        return float(np.percentile(self.scene.contrast[self.inside][self.mask], 90))

    @functools.cached_property
    def stroke(self) -> float:
        """Stroke width as a share of the longer side."""
        smooth = cv2.medianBlur(np.pad(self.mask.astype(np.uint8), 2), 5) > 0
        return finishing.stroke_width(smooth) / self.side if smooth.any() else 0.0

    @functools.cached_property
    def likeness(self) -> float:
        """How much it looks like a digit: large, strong, thin-stroked, sharp, on its own."""
        strength = math.sqrt(self.peak) * min(1.0, self.peak / (4 * self.scene.floor)) ** 1.5
        product = self.scene.trust * strength * self.side / self.scene.side
        for rule in (_place, _outline, _border, _thickness, _sharpness, _distinctness):
            if product < NEGLIGIBLE:  # and no rule adds: noise has thousands of blobs
                return 0.0
            product *= rule(self)
        return float(product)


def find(plane: refusals.Plane) -> list[Blob]:
    """Find what may be a digit, the likeliest first; where it is small, on a finer picture."""
    blobs = _search(plane, COARSE_PIXELS, 0.04)
    found = bool(blobs) and blobs[0].likeness >= MIN_LIKENESS
    if plane.size > COARSE_PIXELS and not (found and blobs[0].side > SMALL * blobs[0].scene.side):
        finer = _search(plane, FINE_PIXELS, 0.014)
        if finer and finer[0].likeness >= MIN_LIKENESS / 2:
            return finer
    if not found:
        dot = any(_is_dot(blob) for blob in blobs)
        raise refusals.Refusal(refusals.HARDLY_A_DOT if dot else refusals.NO_DIGIT)
    return blobs


def _is_dot(blob: Blob) -> bool:
    """Tell a full, round, sharp spot of ink that stands on its own."""
    round_ = max(blob.mask.shape) < 1.6 * min(blob.mask.shape) and blob.mask.mean() > 0.7
    if not round_ or scenes.is_quadrilateral(blob.mask) or _border(blob) < 1:
        return False
    return blob.peak > 4 * blob.scene.floor and min(_sharpness(blob), _distinctness(blob)) > 0.5


def _search(plane: refusals.Plane, pixels: int, least: float) -> list[Blob]:
    """Find blobs at least `least` of the picture's side long, the likeliest first."""
    plane = scenes.without_desk(scenes.sized(plane, pixels))
    blobs = [blob for scene in scenes.scenes(plane) for blob in _blobs(scene, least)]
    return sorted(blobs, key=lambda blob: -blob.likeness)


def _blobs(scene: scenes.Scene, least: float) -> Iterator[Blob]:
    """Find connected ink, each at a level of about half its own contrast."""
    level, top = scene.floor, float(scene.contrast.max())
    while level < 0.6 * top or level == scene.floor:
        for blob in itertools.islice(components(scene, level, least * scene.side), MOST):
            if level >= 0.36 * blob.peak:
                yield blob
        level *= 1.5


def components(scene: scenes.Scene, level: float, side: float) -> Iterator[Blob]:
    """Find what is connected above a level and at least `side` pixels long, the longest first."""
    mask = (scene.contrast > level).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    sides = stats[1:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1)
    for label in np.argsort(-sides, kind="stable") + 1:
        if sides[label - 1] < side:
            return
        x, y, width, height = (int(value) for value in stats[label, :4])
        yield Blob(scene, level, x, y, labels[y : y + height, x : x + width] == label)


def _place(blob: Blob) -> float:
    """Prefer the middle of the picture, a little."""
    height, width = blob.scene.tone.shape
    right = (blob.x + blob.width / 2) / width - 0.5
    down = (blob.y + blob.height / 2) / height - 0.5
    return math.exp(-3 * (right**2 + down**2))


def _thickness(blob: Blob) -> float:
    """Prefer pen strokes, from 1 to 20 % of the longer side, to patches and hairlines."""
    fat = max(0.0, blob.stroke - 0.2) / 0.1
    return math.exp(-(fat**2)) * (0.2 if blob.stroke < 0.012 else 1.0)


def is_cropped(blob: Blob) -> bool:
    """Tell whether a picture is cropped to the box of a digit, parts and all."""
    height, width = blob.scene.tone.shape
    share = min(blob.width / width, blob.height / height)
    rim = np.concatenate([blob.mask[0], blob.mask[-1], blob.mask[:, 0], blob.mask[:, -1]])
    open_ = rim.mean() < 0.5 and blob.mask.mean() < 0.65
    return bool(share > 0.85 and blob.stroke > 0.05 and open_)


def _border(blob: Blob) -> float:
    """Distrust what touches the border, unless it is a digit cropped to its own box."""
    if is_cropped(blob):
        return 1.0
    height, width = blob.scene.tone.shape
    share = min(blob.width / width, blob.height / height)
    low = blob.x == 0 or blob.y == 0
    high = blob.x + blob.width == width or blob.y + blob.height == height
    return 0.15 if low or high or share > 0.9 else 1.0


def _outline(blob: Blob) -> float:
    """Distrust lines across the picture, level bars, frames and sheets of paper."""
    height, width = blob.scene.tone.shape
    shorter = min(blob.mask.shape)
    trust = 1.0
    if shorter < 0.06 * blob.side and (blob.width > 0.7 * width or blob.height > 0.7 * height):
        trust *= 0.1
    if blob.width > 3 * blob.height:
        trust *= 0.1
    if shorter > 0.3 * blob.side and scenes.is_quadrilateral(blob.mask):
        trust *= 0.02
    return trust


def _distinctness(blob: Blob) -> float:
    """Ask that a blob is darker than most of what surrounds it, and that little else is.

    The hole in an 8 or the paper within a frame, seen as light ink, has its like all around.
    """
    tone = float(blob.scene.tone[blob.inside][blob.mask].mean())
    near = np.sort(blob.around(max(3.0, 0.35 * blob.side)), axis=None)
    outside = float(np.median(near[int(blob.mask.sum()) :])) if near.size > blob.mask.sum() else 0.0
    step = (outside - tone) / blob.peak
    far = blob.around(1.5 * blob.side)
    like = np.count_nonzero(far < tone + 0.5 * blob.peak) - np.count_nonzero(blob.mask)
    share = like / max(far.size - np.count_nonzero(blob.mask), 1)
    trust = min(max(step, 0.0) / 0.7, 1.0) ** 2 * min(max((0.7 - share) / 0.3, 0.02), 1.0)
    return trust * (0.3 if step > 1.4 else 1.0)  # a step above its contrast is a slope of light


def _sharpness(blob: Blob) -> float:
    """Prefer edges a few pixels wide to those of shadows and of uneven light."""
    height, width = blob.scene.tone.shape
    padded = np.pad(blob.mask.astype(np.uint8), 1)
    edge = (padded - cv2.erode(padded, np.ones((3, 3), np.uint8)))[1:-1, 1:-1] > 0
    edge[0] &= blob.y > 0
    edge[-1] &= blob.y + blob.height < height
    edge[:, 0] &= blob.x > 0
    edge[:, -1] &= blob.x + blob.width < width
    if not edge.any():
        return 0.0
    # One pixel more on each side: a straight 1 has all of its edge on that of its box.
    rows = np.clip(np.arange(blob.y - 1, blob.y + blob.height + 1), 0, height - 1)
    columns = np.clip(np.arange(blob.x - 1, blob.x + blob.width + 1), 0, width - 1)
    tone = blob.scene.tone[np.ix_(rows, columns)]
    across = cv2.Sobel(tone, cv2.CV_32F, 1, 0, scale=1 / 8)[1:-1, 1:-1]
    down = cv2.Sobel(tone, cv2.CV_32F, 0, 1, scale=1 / 8)[1:-1, 1:-1]
    slope = float(np.median(np.hypot(across, down)[edge])) / blob.peak
    return min(slope / 0.07, 1.0) ** 2
