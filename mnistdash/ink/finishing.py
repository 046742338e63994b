"""A digit cut out of a picture gets MNIST's pen, box and centre."""

import cv2
import numpy as np

from mnistdash.ink import refusals

SIDE = 28  # MNIST's image
BOX = 20  # the box that each of MNIST's digits fills, aspect kept
PEN = 2.2  # pixels, chosen on the pen digits; MNIST's own strokes are about as wide
FINE = 12  # digits are drawn and thinned on a grid this many times finer than MNIST's


def finish(ink: refusals.Plane) -> refusals.Image8:
    """Give a soft digit, float32 (h, w) of 0-1, MNIST's pen, box and centre."""
    ink = _enlarged(_tight(ink), BOX * FINE)
    ink = _tight(_with_mnist_pen(ink))
    ink = _to_whole_pixels(_enlarged(ink, BOX * FINE))
    size = (ink.shape[1] // FINE, ink.shape[0] // FINE)
    small = cv2.resize(ink, size, interpolation=cv2.INTER_AREA)
    return centre(np.rint(small * 255).astype(np.uint8))


def centre(digit: refusals.Image8) -> refusals.Image8:
    """Place a digit of at most 20x20 so that its centre of mass is at pixel 14.

    MNIST's images have theirs between 13.5 and 14.5, by shifts of whole pixels. Ours are shifted
    by parts of one too: the softer edges are those of images moved while a model is trained.
    """
    shift = []
    for axis, length in enumerate(digit.shape):
        mass = digit.sum(axis=1 - axis, dtype=np.float64)
        centre = mass @ np.arange(length) / max(mass.sum(), 1.0)
        shift.append(min(max(SIDE / 2 - centre, 0.0), SIDE - length))
    down, right = shift
    return cv2.warpAffine(digit, np.array([[1.0, 0.0, right], [0.0, 1.0, down]]), (SIDE, SIDE))


def _to_whole_pixels(ink: refusals.Plane) -> refusals.Plane:
    """Pad evenly to whole MNIST pixels: a thin 1 mustn't be squeezed into two."""
    (top, bottom), (left, right) = ((-n % FINE // 2, -n % FINE - -n % FINE // 2) for n in ink.shape)
    return np.pad(ink, ((top, bottom), (left, right)))


def _tight(ink: refusals.Plane) -> refusals.Plane:
    """Crop to the ink."""
    marked = ink > 0.25
    rows, columns = np.flatnonzero(marked.any(axis=1)), np.flatnonzero(marked.any(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _enlarged(ink: refusals.Plane, side: int) -> refusals.Plane:
    """Bring the longer side to a length, pixels."""
    scale = side / max(ink.shape)
    size = (max(1, round(ink.shape[1] * scale)), max(1, round(ink.shape[0] * scale)))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.clip(cv2.resize(ink, size, interpolation=method), 0, 1)


def _with_mnist_pen(ink: refusals.Plane) -> refusals.Plane:
    """Thicken or thin strokes until they have MNIST's width once the digit fills its box."""
    mask = ink > 0.5
    side = max(mask.shape)
    width = stroke_width(mask)
    if side - width < 0.3 * side:  # a blot has no centre line to keep
        return ink
    wanted = (side - width) * PEN / (BOX - PEN)
    grow = round((wanted - width) / 2)
    if grow > 0:
        return cv2.dilate(np.pad(ink, grow), _disc(grow))
    if grow < 0:
        # Where the stroke is thinner than what is taken off, its centre line is drawn again.
        depth, ridge = _ridge(mask)
        lost = (ridge & (depth <= wanted / 2 - grow)).astype(np.float32)
        thinned = cv2.erode(np.pad(ink, 1), _disc(-grow))[1:-1, 1:-1]
        return np.maximum(thinned, cv2.dilate(lost, _disc(max(0, round(wanted / 2) - 1))))
    return ink


def _disc(radius: int) -> refusals.Image8:
    """A disc to dilate and erode with."""
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))


def stroke_width(mask: refusals.Mask) -> float:
    """Measure the median stroke width, pixels: twice the depth along the centre lines."""
    depth, ridge = _ridge(mask)
    return float(2 * np.median(depth[ridge])) - 0.5


def _ridge(mask: refusals.Mask) -> tuple[refusals.Plane, refusals.Mask]:
    """Measure each pixel's distance to the ground, and where it is greatest."""
    padded = np.pad(mask.astype(np.uint8), 1)
    depth = cv2.distanceTransform(padded, cv2.DIST_L2, 5)[1:-1, 1:-1]
    return depth, mask & (depth >= cv2.dilate(depth, np.ones((3, 3), np.uint8)) - 1e-3)
