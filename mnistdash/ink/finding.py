"""Digits found in a picture: what stands out from its ground as a digit does."""

import dataclasses
import functools
import math
from collections.abc import Iterator

import cv2
import numpy as np
from numpy import typing as npt

from mnistdash.ink import decoding, finishing, refusals

SMALL_PIXELS = 160 * 160  # smaller pictures are enlarged to about this size
MIN_LIKENESS = 0.25  # blank paper stays below 0.2, a small pencilled digit above 0.4


@dataclasses.dataclass(frozen=True)
class _Scene:
    """A picture seen as dark ink on light ground, float32 (h, w) planes of 0-255.

    `contrast` is how far a pixel lies below its ground, `floor` what noise alone reaches.
    """

    tone: refusals.Plane
    contrast: refusals.Plane
    floor: float
    dark: bool  # False where the picture was inverted: light ink on dark ground
    trust: float = 1.0  # how likely what is found in it is ink

    @property
    def side(self) -> float:
        """The side of a square of the picture's area, pixels."""
        return math.sqrt(self.tone.size)

    def around(self, blob: "Blob", margin: float) -> refusals.Plane:
        """Cut the tones within `margin` pixels of a blob's box."""
        rows = slice(max(0, int(blob.y - margin)), int(blob.y + blob.height + margin))
        return self.tone[rows, max(0, int(blob.x - margin)) : int(blob.x + blob.width + margin)]


@dataclasses.dataclass(frozen=True)
class Blob:
    """Connected pixels above a level of contrast, in a box of the scene."""

    scene: _Scene
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
        for rule in (_place, _thickness, _border, _outline, _distinctness, _sharpness):
            product *= rule(self)
        return float(product)


def find(plane: refusals.Plane) -> list[Blob]:
    """Find what may be a digit, the likeliest first."""
    plane = _without_desk(_sized(plane))
    blobs = [blob for scene in _scenes(plane) for blob in _blobs(scene)]
    blobs = sorted(blobs, key=lambda blob: -blob.likeness)
    if not blobs or blobs[0].likeness < MIN_LIKENESS:
        raise refusals.Refusal(refusals.NO_DIGIT)
    return blobs


def _sized(plane: refusals.Plane) -> refusals.Plane:
    """Bring a picture to the size it is searched at."""
    scale = 1.0
    if plane.size > decoding.SEARCH_PIXELS:
        scale = math.sqrt(decoding.SEARCH_PIXELS / plane.size)
    elif plane.size < SMALL_PIXELS:
        scale = math.sqrt(SMALL_PIXELS / plane.size)
    size = (max(1, round(plane.shape[1] * scale)), max(1, round(plane.shape[0] * scale)))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    # Cubic enlarging overshoots at edges.
    return np.clip(cv2.resize(plane, size, interpolation=method), plane.min(), plane.max())


def _without_desk(plane: refusals.Plane) -> refusals.Plane:
    """Paint what surrounds a sheet of paper in the tone of the paper near it."""
    for tone in (plane, 255 - plane):
        sheet = _sheet(tone)
        if sheet is not None:
            usual = float(np.median(tone[sheet]))
            sigma, little = max(plane.shape) / 16, 1e-3
            paper = np.where(sheet, np.maximum(tone, usual), 0)  # without the ink
            weight = cv2.GaussianBlur(sheet.astype(np.float32), (0, 0), sigma)
            near = (cv2.GaussianBlur(paper, (0, 0), sigma) + little * usual) / (weight + little)
            painted = np.where(sheet, tone, near)
            return painted if tone is plane else 255 - painted
    return plane


def _sheet(tone: refusals.Plane) -> refusals.Mask | None:
    """Find a light sheet with four sides and something darker on it, a little inside its edge."""
    smooth = cv2.GaussianBlur(tone, (0, 0), max(1.0, max(tone.shape) / 300)).astype(np.uint8)
    _, light = cv2.threshold(smooth, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(light, connectivity=4)
    if len(stats) == 1:
        return None
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    part = labels == largest
    outlines, _ = cv2.findContours(
        part.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE
    )
    hull = cv2.convexHull(max(outlines, key=cv2.contourArea))
    whole = cv2.fillConvexPoly(np.zeros(tone.shape, np.uint8), hull, 1)
    share, paper = whole.mean(), part.sum() / whole.sum()
    cut = sum(bool(rim.any()) for rim in (whole[0], whole[-1], whole[:, 0], whole[:, -1]))
    # What touches more than one side of the picture may as well be lit by a window.
    if cut > 1 or share < 0.1 or not 0.6 < paper < 0.998 or not _is_quadrilateral(part):
        return None
    margin = 2 * max(2, round(max(tone.shape) / 160)) + 1
    return cv2.erode(whole, np.ones((margin, margin), np.uint8)) > 0


def _scenes(plane: refusals.Plane) -> Iterator[_Scene]:
    """See a picture as dark ink and as light: as it is, under shadows, without ruled lines."""
    smooth = _smoothed(plane)
    floor = max(5.0, 5 * _noise(smooth))
    for dark in (True, False):
        tone = smooth if dark else 255 - smooth
        contrast = _below_ground(tone, reach=0.35)
        yield _Scene(tone, contrast, floor, dark)
        yield _Scene(tone, _below_ground(tone, reach=0.15), floor, dark, trust=0.6)
        unruled = _without_level_lines(contrast, floor)
        unruled = _without_level_lines(np.ascontiguousarray(unruled.T), floor).T
        if (unruled != contrast).any():
            yield _Scene(tone, np.ascontiguousarray(unruled), floor, dark)


def _smoothed(plane: refusals.Plane) -> refusals.Plane:
    """Blur a picture no more than its noise asks for."""
    side = max(plane.shape)
    sigma = max(0.6, side / 640)
    smooth = cv2.GaussianBlur(plane, (0, 0), sigma)
    while _noise(smooth) > 4 and sigma < side / 150:
        sigma *= 1.4
        smooth = cv2.GaussianBlur(plane, (0, 0), sigma)
    return smooth


def _noise(plane: refusals.Plane) -> float:
    """Estimate the standard deviation of fine noise, from the median so that ink won't count."""
    return 1.4826 * float(np.median(np.abs(plane - cv2.GaussianBlur(plane, (0, 0), 2))))


def _below_ground(tone: refusals.Plane, *, reach: float) -> refusals.Plane:
    """Measure how far each pixel lies below the ground around it.

    A closing wider than the pen fills the ink and keeps the edges of shadows (black top-hat). Its
    window is `reach` of the shorter side: the smaller, the more shadows and the fewer pens.
    Outside the picture it sees the ground that is nearest, so that ink may touch the border.

    Source: P. Soille, "Morphological Image Analysis", section 4.5.
    """
    height, width = tone.shape
    scale = min(1.0, 160 / max(tone.shape))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(tone, size, interpolation=cv2.INTER_AREA)
    window = max(3, int(reach * min(small.shape))) | 1
    nearest = cv2.dilate(small, np.ones((2 * window + 1, 2 * window + 1), np.uint8))
    padded = cv2.copyMakeBorder(nearest, *[window] * 4, cv2.BORDER_REPLICATE)
    padded[window:-window, window:-window] = small
    ground = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, np.ones((window, window), np.uint8))
    ground = cv2.GaussianBlur(ground[window:-window, window:-window], (0, 0), window / 8)
    ground = cv2.resize(ground, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.maximum(ground - tone, 0)


def _without_level_lines(contrast: refusals.Plane, floor: float) -> refusals.Plane:
    """Erase thin lines that run across the whole picture, within 8 degrees of level."""
    height, width = contrast.shape
    thick = max(2, round(0.012 * math.sqrt(contrast.size)))
    wide = cv2.morphologyEx(contrast, cv2.MORPH_OPEN, np.ones((2 * thick + 1, 1), np.uint8))
    thin = ((contrast - wide) > floor).astype(np.uint8)
    lowest, highest = math.radians(82), math.radians(98)
    found = cv2.HoughLines(
        thin, 1, math.pi / 360, max(1, width // 2), min_theta=lowest, max_theta=highest
    )
    if found is None:
        return contrast
    erased = contrast.copy()
    near = cv2.dilate(thin, np.ones((3, 1), np.uint8)) > 0
    x = np.arange(width)
    for rho, theta in found.reshape(-1, 2)[:400]:
        y = np.rint((rho - x * math.cos(theta)) / math.sin(theta)).astype(int)
        inner = (y > 2 * thick + 1) & (y < height - 2 * thick - 2)
        if inner.mean() > 0.5 and _runs_across(near[y[inner], x[inner]]):
            _erase_line(erased, contrast, x[inner], y[inner], thick)
    return erased


def _runs_across(hits: refusals.Mask) -> bool:
    """Tell a ruled line, seen from one side to the other, from a stroke of the pen."""
    end = max(1, len(hits) // 8)
    return bool(hits.mean() > 0.7 and hits[:end].mean() > 0.5 and hits[-end:].mean() > 0.5)


def _erase_line(
    erased: refusals.Plane,
    contrast: refusals.Plane,
    x: npt.NDArray[np.int_],
    y: npt.NDArray[np.int_],
    thick: int,
) -> None:
    """Lower a line to what lies above or below it, and leave ink that is darker or crosses."""
    offsets = np.arange(-thick, thick + 1)
    profile = np.median(contrast[y + offsets[:, None], x], axis=1)
    within = offsets[profile > 0.35 * profile.max()]
    top, bottom = within.min() - 1, within.max() + 1
    beside = np.maximum(contrast[y + top - 1, x], contrast[y + bottom + 1, x])
    for offset in range(top, bottom + 1):
        now = erased[y + offset, x]
        is_line = contrast[y + offset, x] <= 1.7 * profile.max()
        erased[y + offset, x] = np.where(is_line, np.minimum(now, beside), now)


def _blobs(scene: _Scene) -> Iterator[Blob]:
    """Find connected ink, each at a level of about half its own contrast."""
    level, top = scene.floor, float(scene.contrast.max())
    while level < 0.6 * top or level == scene.floor:
        mask = (scene.contrast > level).astype(np.uint8)
        _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
        sides = stats[1:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1)
        for label in np.argsort(-sides)[:40] + 1:
            x, y, width, height = (int(value) for value in stats[label, :4])
            if max(width, height) < 0.04 * scene.side:
                break
            inside = labels[y : y + height, x : x + width] == label
            blob = Blob(scene, level, x, y, inside)
            if level >= 0.36 * blob.peak:
                yield blob
        level *= 1.5


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


def _border(blob: Blob) -> float:
    """Distrust what touches the border, unless it is a digit cropped to its own box."""
    height, width = blob.scene.tone.shape
    share = min(blob.width / width, blob.height / height)
    rim = np.concatenate([blob.mask[0], blob.mask[-1], blob.mask[:, 0], blob.mask[:, -1]])
    if share > 0.85 and blob.stroke > 0.05 and rim.mean() < 0.5 and blob.mask.mean() < 0.65:
        return 1.0
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
    if shorter > 0.3 * blob.side and _is_quadrilateral(blob.mask):
        trust *= 0.02
    return trust


def _is_quadrilateral(mask: refusals.Mask) -> bool:
    """Tell whether the outer outline of a blob has four straight sides."""
    outlines, _ = cv2.findContours(
        mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE
    )
    outline = max(outlines, key=cv2.contourArea)
    _, sides, _ = cv2.minAreaRect(outline)
    if min(sides) < 0.4 * max(sides):  # a 1
        return False
    hull = cv2.convexHull(outline)
    corners = cv2.approxPolyDP(hull, 0.02 * cv2.arcLength(hull, True), True)
    return len(corners) == 4 and cv2.contourArea(outline) > 0.92 * cv2.contourArea(corners)


def _distinctness(blob: Blob) -> float:
    """Ask that a blob is darker than most of what surrounds it, and that little else is.

    The hole in an 8 or the paper within a frame, seen as light ink, has its like all around.
    """
    tone = float(blob.scene.tone[blob.inside][blob.mask].mean())
    near = np.sort(blob.scene.around(blob, max(3.0, 0.35 * blob.side)), axis=None)
    outside = float(np.median(near[int(blob.mask.sum()) :])) if near.size > blob.mask.sum() else 0.0
    step = (outside - tone) / blob.peak
    far = blob.scene.around(blob, 1.5 * blob.side)
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


def apart(blobs: list[Blob]) -> list[Blob]:
    """Choose the digits of a row or page: like the best one, and not over each other."""
    best, *rest = blobs
    chosen = [best]
    for blob in rest:
        alike = blob.scene.dark == best.scene.dark and 0.4 < blob.side / best.side < 1.6
        likely = blob.likeness > 0.15 * best.likeness
        if alike and likely and not any(_overlap(blob, other) for other in chosen):
            chosen.append(blob)
    return chosen


def _overlap(one: Blob, other: Blob) -> bool:
    """Tell whether two boxes share a quarter of the smaller one."""
    width = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    height = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    smaller = min(one.mask.size, other.mask.size)
    return width > 0 and height > 0 and width * height > smaller / 4


def in_reading_order(blobs: list[Blob]) -> list[Blob]:
    """Sort into rows from the top, and each row from the left."""
    rows: list[list[Blob]] = []
    for blob in sorted(blobs, key=lambda blob: blob.y + blob.height / 2):
        last = rows[-1][-1] if rows else None
        if last and blob.y + blob.height / 2 < last.y + last.height:
            rows[-1].append(blob)
        else:
            rows.append([blob])
    return [blob for row in rows for blob in sorted(row, key=lambda blob: blob.x)]


def cut_out(blob: Blob, *, alone: bool) -> refusals.Plane:
    """Cut a digit with its detached parts from the picture, as soft ink of 0-1."""
    contrast = blob.scene.contrast
    mask = (contrast > blob.level).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    kept = _parts(blob, stats, largest=1.2 if alone else 0.4)
    kept[labels[blob.inside][blob.mask][0]] = True
    kept[0] = False
    reach = 2 * max(2, round(0.02 * blob.side)) + 1
    region = cv2.dilate(kept[labels].astype(np.uint8), np.ones((reach, reach), np.uint8)) > 0
    region &= (labels == 0) | kept[labels]
    rows, columns = np.flatnonzero(region.any(axis=1)), np.flatnonzero(region.any(axis=0))
    box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    return (np.clip((contrast / blob.peak - 0.2) / 0.6, 0, 1) * region)[box]


def _parts(blob: Blob, stats: npt.NDArray[np.int32], *, largest: float) -> refusals.Mask:
    """Choose the other components that belong to a digit, as the bar of a 5 does."""
    x, y, width, height, area = stats.T
    bottom, right = blob.scene.tone.shape
    gap_x = np.maximum(x - (blob.x + blob.width), blob.x - (x + width))
    gap_y = np.maximum(y - (blob.y + blob.height), blob.y - (y + height))
    side = np.maximum(width, height)
    near = np.maximum(gap_x, gap_y) <= 0.2 * blob.side
    sized = (side >= 0.1 * blob.side) & (side <= largest * blob.side)
    free = (x > 0) & (y > 0) & (x + width < right) & (y + height < bottom)
    free |= _border(blob) < 1  # a digit cropped too closely, parts and all
    return near & sized & free & (area >= 0.03 * np.count_nonzero(blob.mask))
