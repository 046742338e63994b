"""A picture seen as ink on ground: without the desk, under shadows, without ruled lines."""

import dataclasses
import math
from collections.abc import Iterator

import cv2
import numpy as np
from numpy import typing as npt

from mnistdash.ink import refusals

SMALL_PIXELS = 160 * 160  # smaller pictures are enlarged to about this size


@dataclasses.dataclass(frozen=True)
class Scene:
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


def sized(plane: refusals.Plane, pixels: int) -> refusals.Plane:
    """Bring a picture to the size it is searched at, of at most so many pixels."""
    scale = 1.0
    if plane.size > pixels:
        scale = math.sqrt(pixels / plane.size)
    elif plane.size < SMALL_PIXELS:
        scale = math.sqrt(SMALL_PIXELS / plane.size)
    size = (max(1, round(plane.shape[1] * scale)), max(1, round(plane.shape[0] * scale)))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    # Cubic enlarging overshoots at edges.
    return np.clip(cv2.resize(plane, size, interpolation=method), plane.min(), plane.max())


def without_desk(plane: refusals.Plane) -> refusals.Plane:
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
    if cut > 1 or share < 0.1 or not 0.6 < paper < 0.998 or not is_quadrilateral(part):
        return None
    margin = 2 * max(2, round(max(tone.shape) / 160)) + 1
    return cv2.erode(whole, np.ones((margin, margin), np.uint8)) > 0


def scenes(plane: refusals.Plane) -> Iterator[Scene]:
    """See a picture as dark ink and as light: as it is, under shadows, without ruled lines."""
    smooth = _smoothed(plane)
    floor = max(5.0, 5 * _noise(smooth))
    for dark in (True, False):
        tone = smooth if dark else 255 - smooth
        contrast = _below_ground(tone, reach=0.35)
        yield Scene(tone, contrast, floor, dark)
        yield Scene(tone, _below_ground(tone, reach=0.15), floor, dark, trust=0.6)
        unruled = _without_level_lines(contrast, floor)
        unruled = _without_level_lines(np.ascontiguousarray(unruled.T), floor).T
        if (unruled != contrast).any():
            yield Scene(tone, np.ascontiguousarray(unruled), floor, dark)


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


def is_quadrilateral(mask: refusals.Mask) -> bool:
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
