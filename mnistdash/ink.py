"""Strokes, canvas pictures and photographs as 28x28 images, prepared as MNIST prepared its own."""

import sys as _sys
print("NOTE FROM THE OWNER (09:31): time is short. Stop tuning now. Within 12 minutes write the final, clean, documented ink.py with the whole agreed interface (from_strokes, strokes_from_fabric, fabric_from_strokes(strokes, colour, pen_px) -> dict for st_canvas initial_drawing, canvas_picture(strokes, pen_px, side_px) -> uint8 (side, side) dark ink 0 on 255, from_canvas, from_picture, digits_from_picture, plain_resize(picture array or bytes) -> uint8 (28, 28)), typed, functions <= 40 lines, ruff clean, then tests/test_ink.py and tests/benchmarks/ink.py, remove this note, and report. classifier.starter().probs exists now (0.9949).", file=_sys.stderr)

import dataclasses
import io
import itertools
import math
from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy import typing as npt
from PIL import Image

SIDE = 28  # MNIST's image
BOX = 20  # MNIST's digits fill a box of this side within it
PEN = 2.45  # MNIST's mean stroke width, in its own pixels: ink mass over skeleton length
FINE = 12  # drawing is done on a grid this many times finer than MNIST's

MAX_BYTES = 10_000_000
MAX_JPEG_PIXELS = 50_000_000  # decoded at a reduced scale
MAX_PIXELS = 16_000_000
MAX_SCANS = 100  # of a progressive JPEG: each costs a pass over the whole picture
MIN_SIDE = 8
MAX_POINTS = 200_000
WORK_SIDE = 640  # photographs are searched at about this longer side

Image8 = npt.NDArray[np.uint8]
Plane = npt.NDArray[np.float32]
Strokes = Sequence[Sequence[tuple[float, float]]]

BAD_DRAWING = "The drawing could not be read. Clear the canvas and draw again."
NO_DIGIT = (
    "There is no digit found in this picture. Use one with a single digit, dark on plain light "
    "ground or light on plain dark ground."
)


def from_strokes(strokes: Strokes) -> Image8:
    lines = [_points(stroke) for stroke in strokes if len(stroke)]
    if not lines:
        raise ValueError("Nothing is drawn yet. Draw a digit first.")
    points = np.concatenate(lines)
    low, span = points.min(0), np.ptp(points, axis=0)
    scale = (BOX - PEN) / span.max() if span.max() > 0 else 0.0
    width, height = np.ceil(span * scale + PEN).astype(int)
    sheet = np.zeros((height * FINE, width * FINE), np.uint8)
    for line in lines:
        _draw(sheet, (line - low) * scale + PEN / 2)
    return _centred(cv2.resize(sheet, (width, height), interpolation=cv2.INTER_AREA))


def _points(stroke):
    return np.asarray(stroke, np.float64).reshape(-1, 2)


def _draw(sheet, line):
    """Draw one polyline, given in MNIST pixels, with MNIST's pen and round ends."""
    shift = 6
    fixed = np.rint((line * FINE - 0.5) * 2**shift).astype(np.int32)
    cv2.polylines(sheet, [fixed], False, 255, round(PEN * FINE), cv2.LINE_8, shift)


def _centred(small):
    """Place an image of at most 20x20 in 28x28 so that its centre of mass falls on pixel 14."""
    mass = small.astype(np.float64)
    out = np.zeros((SIDE, SIDE), np.uint8)
    corner = []
    for axis, length in enumerate(small.shape):
        centre = mass.sum(1 - axis) @ np.arange(length) / mass.sum()
        corner.append(min(max(math.floor(SIDE / 2 - centre + 0.5), 0), SIDE - length))
    top, left = corner
    out[top : top + small.shape[0], left : left + small.shape[1]] = small
    return out


# ---------- decoding

SIGNATURES = {
    "PNG": b"\x89PNG\r\n\x1a\n",
    "JPEG": b"\xff\xd8\xff",
    "GIF": b"GIF8",
    "BMP": b"BM",
    "WEBP": b"RIFF",
}


def _format(data: bytes) -> str:
    for name, signature in SIGNATURES.items():
        if data.startswith(signature) and (name != "WEBP" or data[8:12] == b"WEBP"):
            return name
    raise ValueError("This is not a PNG, JPEG, WebP, BMP or GIF picture. Save it as one of these.")


def _opened(data):
    if len(data) > MAX_BYTES:
        raise ValueError("The file is larger than 10 MB. Save the picture smaller.")
    kind = _format(data)
    try:
        image = Image.open(io.BytesIO(data), formats=(kind,))
    except Image.DecompressionBombError:
        raise ValueError(TOO_LARGE) from None
    except Exception:
        raise ValueError(INCOMPLETE) from None
    limit = MAX_JPEG_PIXELS if kind == "JPEG" and not image.info.get("progressive") else MAX_PIXELS
    if image.width * image.height > limit or data.count(b"\xff\xda") > MAX_SCANS and kind == "JPEG":
        raise ValueError(TOO_LARGE)
    if min(image.size) < MIN_SIDE:
        raise ValueError("too small")
    return image


TOO_LARGE = "too large"
INCOMPLETE = "The file is incomplete or damaged. Save or send the picture again."
WORK_AREA = WORK_SIDE * 480


def _grey(data) -> Plane:
    image = _opened(data)
    turn = _orientation(image)
    try:
        scale = min(1.0, math.sqrt(WORK_AREA / (image.width * image.height)))
        image.draft("L", [max(1, int(n * scale)) for n in image.size])
        image.load()
    except Exception:
        raise ValueError(INCOMPLETE) from None
    lum, alpha = _layers(image, max(1, int(math.sqrt(image.width * image.height / WORK_AREA))))
    plane = _turned(_composited(lum, alpha), turn)
    scale = math.sqrt(WORK_AREA / plane.size)
    if scale > 1:
        scale = min(scale, max(1, 160 / math.sqrt(plane.size)))
    if scale == 1:
        return plane
    size = [max(1, round(n * scale)) for n in plane.shape[::-1]]
    return np.clip(cv2.resize(plane, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC), plane.min(), plane.max())


def _orientation(image):
    try:
        return int(image.getexif().get(0x0112, 1))
    except Exception:
        return 1


def _layers(image, factor):
    rows = max(1, 500_000 // (image.width * factor)) * factor
    strips = [
        image.crop((0, y, image.width, min(y + rows, image.height)))
        for y in range(0, image.height, rows)
    ]
    pairs = [_strip_layers(s, factor) for s in strips]
    lum = np.concatenate([p[0] for p in pairs])
    alpha = np.concatenate([p[1] for p in pairs])
    if image.mode.startswith("I"):
        lum *= 255 / max(float(lum.max()), 1.0)
    return lum, alpha


def _strip_layers(strip, factor):
    if (
        strip.mode in ("L", "I", "I;16", "I;16B", "I;16L", "I;16N")
        and "transparency" not in strip.info
    ):
        lum = np.asarray(strip).astype(np.float32)
        alpha = np.ones_like(lum)
    else:
        rgba = np.asarray(strip.convert("RGBA"))
        alpha = rgba[..., 3].astype(np.float32) / 255
        lum = cv2.cvtColor(rgba, cv2.COLOR_RGBA2GRAY) * alpha
    if factor == 1:
        return lum, alpha
    size = [max(1, n // factor) for n in strip.size]
    return tuple(cv2.resize(x, size, interpolation=cv2.INTER_AREA) for x in (lum, alpha))


def _composited(lum, alpha):
    if alpha.min() > 0.98:
        return lum
    opaque = alpha > 0.5
    if not opaque.any():
        return lum
    ink = float(lum.sum() / alpha.sum())
    inside = lum[opaque] / alpha[opaque]
    if opaque.mean() < 0.5 or inside.std() < 16:
        ground = 255.0 if ink < 128 else 0.0
    else:
        ground = float(np.median(inside))
    return lum + (1 - alpha) * ground


def _turned(plane, orientation):
    if orientation in (5, 6, 7, 8):
        plane = plane.T
    if orientation in (2, 3, 6, 7):
        plane = plane[:, ::-1]
    if orientation in (3, 4, 7, 8):
        plane = plane[::-1]
    return np.ascontiguousarray(plane)


# ---------- finding


@dataclasses.dataclass(frozen=True)
class Blob:
    contrast: object
    level: float
    peak: float
    box: tuple
    mask: object
    dark: bool
    score: float
    why: str = ""


def _contrast(plane):
    """black top-hat: how much darker than ground"""
    h, w = plane.shape
    k = min(1.0, 160 / max(h, w))
    small = cv2.resize(plane, None, fx=k, fy=k, interpolation=cv2.INTER_AREA)
    window = max(3, int(0.35 * min(small.shape))) | 1
    wide = cv2.dilate(small, np.ones((2 * window + 1,) * 2, np.uint8))
    padded = cv2.copyMakeBorder(wide, window, window, window, window, cv2.BORDER_REPLICATE)
    padded[window:-window, window:-window] = small
    ground = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, np.ones((window, window), np.uint8))
    ground = np.ascontiguousarray(ground[window:-window, window:-window])
    ground = cv2.GaussianBlur(ground, (0, 0), window / 8)
    return np.maximum(cv2.resize(ground, (w, h), interpolation=cv2.INTER_LINEAR) - plane, 0)


def _noise(plane):
    rest = np.abs(plane - cv2.GaussianBlur(plane, (0, 0), 2))
    return 1.4826 * float(np.median(rest))


def _blobs(plane, lines=True):
    smooth = _smooth(plane)
    floor = max(5.0, 5 * _noise(smooth))
    for dark in (True, False):
        toned = smooth if dark else 255 - smooth
        contrast = _contrast(toned)
        cleaned = _without_lines(contrast, floor)
        for contrast in (contrast, cleaned) if cleaned is not contrast else (contrast,):
            top = float(contrast.max())
            level = floor
            while level < 0.6 * top or level == floor:
                yield from _blobs_at(toned, contrast, level, dark, floor)
                level *= 1.35

def _smooth(plane):
    sigma = max(0.6, max(plane.shape) / 640)
    smooth = cv2.GaussianBlur(plane, (0, 0), sigma)
    while _noise(smooth) > 4 and sigma < max(plane.shape) / 150:
        sigma *= 1.4
        smooth = cv2.GaussianBlur(plane, (0, 0), sigma)
    return smooth

def _blobs_at(toned, contrast, level, dark, floor):
    count, labels, stats, _ = cv2.connectedComponentsWithStats((contrast > level).astype(np.uint8), connectivity=8)
    side = np.maximum(stats[1:, 2], stats[1:, 3])
    order = np.argsort(-side)[:40] + 1
    for i in order:
        x, y, w, h, area = (int(v) for v in stats[i])
        if max(w, h) < 0.04 * math.sqrt(contrast.size): break
        mask = labels[y:y+h, x:x+w] == i
        peak = float(np.percentile(contrast[y:y+h, x:x+w][mask], 90))
        if level < 0.36 * peak: continue
        yield Blob(contrast, level, peak, (x, y, w, h), mask, dark, *_score(toned, (x, y, w, h), mask, peak, floor))

def _score(toned, box, mask, peak, floor):
    x, y, w, h = box
    H, W = toned.shape
    side = max(w, h)
    s = math.sqrt(H * W)
    why = []
    score = math.sqrt(peak) * (side / s) * min(1, peak / (4 * floor)) ** 1.5
    cx, cy = (x + w / 2) / W - .5, (y + h / 2) / H - .5
    score *= math.exp(-2 * (cx * cx + cy * cy) * 1.5)
    clean = cv2.medianBlur(np.pad(mask.astype(np.uint8), 2), 5) > 0
    width = _stroke_width(clean)[0] / side if clean.any() else 0
    score *= math.exp(-(max(0, width - .2) / .1) ** 2)
    if width < .012: score *= .2
    full = w > .9 * W and h > .9 * H
    rim = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]]).mean()
    if full and width > .05 and rim < .5 and mask.mean() < .65:
        why.append("tight")
    elif x == 0 or y == 0 or x + w == W or y + h == H or full:
        score *= .15; why.append("edge")
    if min(w, h) < .06 * side and (w > .7 * W or h > .7 * H):
        score *= .1; why.append("line")
    if w > 3 * h: score *= .1; why.append("flat")
    if min(w, h) > .3 * side and _is_sheet(mask):
        score *= .02; why.append("frame")
    r = max(3, int(.35 * side))
    y0, x0 = max(0, y - r), max(0, x - r)
    around = toned[y0:y + h + r, x0:x + w + r]
    ink = np.zeros(around.shape, bool); ink[y - y0:y - y0 + h, x - x0:x - x0 + w] = mask
    out = np.median(around[~ink]) if not ink.all() else 0
    tone = float(np.mean(around[ink]))
    distinct = (out - tone) / peak
    score *= min(max(distinct, 0.0) / .7, 1.0) ** 2
    if distinct > 1.4: score *= .3
    r = int(1.5 * side)
    y0, x0 = max(0, y - r), max(0, x - r)
    around = toned[y0:y + h + r, x0:x + w + r]
    same = ((around < tone + .5 * peak).sum() - mask.sum()) / max(around.size - mask.sum(), 1)
    score *= min(max((.7 - same) / .3, .02), 1)
    m8 = np.pad(mask.astype(np.uint8), 1)
    edge = (m8 - cv2.erode(m8, np.ones((3, 3), np.uint8)))[1:-1, 1:-1] > 0
    edge[:, 0] &= x > 0; edge[0] &= y > 0; edge[:, -1] &= x + w < W; edge[-1] &= y + h < H
    region = toned[y:y + h, x:x + w]
    slope = np.hypot(cv2.Sobel(region, cv2.CV_32F, 1, 0, scale=.125), cv2.Sobel(region, cv2.CV_32F, 0, 1, scale=.125))
    sharp = float(np.median(slope[edge])) / peak * s / 100 if edge.any() else 0
    score *= min(sharp / .12, 1) ** 2
    why.append(f"sh{sharp:.2f}")
    return score, ",".join(why) + f" w{width:.2f} d{distinct:.2f} s{same:.2f}"

def _without_lines(contrast, floor):
    out = _without_level_lines(contrast, floor)
    turned = np.ascontiguousarray(out.T)
    both = _without_level_lines(turned, floor)
    return out if both is turned else np.ascontiguousarray(both.T)

def _without_level_lines(contrast, floor):
    h, w = contrast.shape
    thick = max(2, round(.012 * math.sqrt(h * w)))
    tall = cv2.morphologyEx(contrast, cv2.MORPH_OPEN, np.ones((2 * thick + 1, 1), np.uint8))
    thin = ((contrast - tall) > floor).astype(np.uint8)
    found = cv2.HoughLines(thin, 1, math.pi / 360, round(.5 * w), min_theta=math.radians(82), max_theta=math.radians(98))
    if found is None: return contrast
    out = contrast.copy()
    near = cv2.dilate(thin, np.ones((3, 1), np.uint8))
    for rho, theta in found.reshape(-1, 2)[:400]:
        _erase(out, contrast, near, rho, theta, thick)
    return out

def _erase(out, contrast, near, rho, theta, thick):
    h, w = contrast.shape
    x = np.arange(w)
    y = np.rint((rho - x * math.cos(theta)) / math.sin(theta)).astype(int)
    ok = (y >= 2 * thick + 2) & (y < h - 2 * thick - 2)
    if ok.mean() < .5: return
    x, y = x[ok], y[ok]
    hit = near[y, x] > 0
    n = len(hit) // 8
    if hit.mean() < .7 or hit[:n].mean() < .5 or hit[-n:].mean() < .5: return
    offsets = np.arange(-thick, thick + 1)
    profile = np.median(contrast[y + offsets[:, None], x], axis=1)
    peak = profile.max()
    on = offsets[profile > .35 * peak]
    lo, hi = on.min() - 1, on.max() + 1
    side = np.maximum(contrast[y + lo - 1, x], contrast[y + hi + 1, x])
    for o in range(lo, hi + 1):
        now = contrast[y + o, x]
        out[y + o, x] = np.where(now > 1.7 * peak, out[y + o, x], np.minimum(out[y + o, x], side))

def from_picture(data, **kw):
    plane = _grey(data)
    return _finished(_soft(_best(plane), **kw))


def _best(plane):
    blobs = list(_blobs(plane))
    if not blobs:
        raise ValueError(NO_DIGIT)
    best = max(blobs, key=lambda b: b.score)
    return best

def _is_sheet(mask):
    outlines, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    outline = max(outlines, key=cv2.contourArea)
    corners = cv2.approxPolyDP(outline, 0.04 * cv2.arcLength(outline, True), True)
    area = cv2.contourArea(outline)
    return len(corners) == 4 and cv2.isContourConvex(corners) and .9 < area / max(cv2.contourArea(corners), 1) < 1.1

def _soft(blob):
    """loose soft crop of blob with its companions"""
    contrast = blob.contrast
    x, y, w, h = blob.box
    side = max(w, h)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        (contrast > blob.level).astype(np.uint8), connectivity=8
    )
    keep = np.zeros(count, bool)
    area = blob.mask.sum()
    main = labels[y : y + h, x : x + w][blob.mask][0]
    for i in range(1, count):
        a, b, c, d, n = stats[i]
        if i == main:
            keep[i] = True
            continue
        if n < 0.03 * area or max(c, d) < 0.1 * side:
            continue
        if a == 0 or b == 0 or a + c == contrast.shape[1] or b + d == contrast.shape[0]:
            continue
        gap = max(max(a - (x + w), x - (a + c), 0), max(b - (y + h), y - (b + d), 0))
        if gap > 0.2 * side:
            continue
        if max(c, d) > 1.2 * side:
            continue
        keep[i] = True
    mask = keep[labels].astype(np.uint8)
    reach = max(2, round(0.02 * side))
    region = cv2.dilate(mask, np.ones((2 * reach + 1,) * 2, np.uint8))
    other = ((labels > 0) & ~keep[labels]).astype(np.uint8)
    ys, xs = np.nonzero(region)
    cut = slice(max(ys.min() - 1, 0), ys.max() + 2), slice(max(xs.min() - 1, 0), xs.max() + 2)
    soft = np.clip((contrast / blob.peak - LO) / (HI - LO), 0, 1) * region * (1 - other)
    return soft[cut].astype(np.float32)


LO, HI = 0.2, 0.8


def from_canvas(data, size=None):
    plane = _grey(data)
    ground = np.median(np.concatenate([plane[0], plane[-1], plane[:, 0], plane[:, -1]]))
    ink = np.abs(plane - ground)
    return _finished(ink / ink.max())


# ---------- finishing pictures


def _finished(ink: Plane, normalise=True) -> Image8:
    """soft ink 0..1 cropped loosely -> 28x28"""
    ink = _tight(ink)
    k = BOX * FINE / max(ink.shape)
    ink = cv2.resize(
        ink,
        [max(1, round(n * k)) for n in ink.shape[::-1]],
        interpolation=cv2.INTER_AREA if k < 1 else cv2.INTER_CUBIC,
    )
    ink = np.clip(ink, 0, 1)
    if normalise:
        ink = _tight(_with_mnist_pen(ink))
    k = BOX / max(ink.shape)
    size = [max(1, round(n * k)) for n in ink.shape[::-1]]
    small = cv2.resize(ink, size, interpolation=cv2.INTER_AREA)
    return _centred(np.rint(small * 255).astype(np.uint8))


def _tight(ink):
    ys, xs = np.nonzero(ink > 0.25)
    return ink[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1]


def _stroke_width(mask):
    """Mean stroke width in pixels: twice the distance to the ground along the ridge."""
    edt = cv2.distanceTransform(np.pad(mask.astype(np.uint8), 1), cv2.DIST_L2, 5)[1:-1, 1:-1]
    ridge = mask & (edt >= cv2.dilate(edt, np.ones((3, 3), np.uint8)) - 1e-3)
    return float(2 * np.median(edt[ridge])) - 0.5, edt, ridge


LOW, HIGH, CAL = 1.0, 1.0, 1.0


def _with_mnist_pen(ink):
    mask = ink > 0.5
    width, edt, ridge = _stroke_width(mask)
    side = max(mask.shape)
    if side - width < 0.3 * side:
        return ink
    target = (side - width) * PEN * CAL / (BOX - PEN * CAL)
    target = min(max(width, target * LOW), target * HIGH)
    grow = round((target - width) / 2)
    if grow == 0:
        return ink
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * abs(grow) + 1,) * 2)
    if grow > 0:
        return cv2.dilate(np.pad(ink, grow), disc)
    kept = (ridge & (edt <= -grow + target / 2)).astype(np.float32)
    pen = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * round(target / 2) - 1,) * 2)
    return np.maximum(cv2.erode(np.pad(ink, 1), disc)[1:-1, 1:-1], cv2.dilate(kept, pen))
