"""Strokes, canvas pictures and photographs as 28x28 images, prepared as MNIST prepared its own."""

import contextlib
import dataclasses
import functools
import io
import itertools
import math
from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy import typing as npt
from PIL import Image

SIDE = 28  # MNIST's image
BOX = 20  # the box that each of MNIST's digits fills, aspect kept
PEN = 2.2  # pixels, chosen on the pen digits; MNIST's own strokes are about as wide
FINE = 12  # digits are drawn and thinned on a grid this many times finer than MNIST's
STRAY = 0.06  # a stroke this much smaller than the whole drawing is a slip of the pen

MAX_POINTS = 200_000
CURVE_STEPS = 4  # points taken from each quadratic curve of a canvas stroke

MAX_BYTES = 10 * 2**20  # as `server.maxUploadSize`
MAX_PIXELS = 16_000_000
MAX_JPEG_PIXELS = 50_000_000  # a JPEG that isn't progressive is decoded at a reduced scale
MAX_SCANS = 100  # of a progressive JPEG: each costs a pass over the whole picture
MIN_SIDE = 8
MIN_WIDTH = 3  # a tightly cropped 1 is narrow
STRIP_PIXELS = 1_000_000  # of a large picture are in floating point at a time

SEARCH_PIXELS = 640 * 480  # larger pictures are searched at about this size
SMALL_PIXELS = 160 * 160  # smaller pictures are enlarged to about this size
MIN_LIKENESS = 0.25  # blank paper stays below 0.2, a small pencilled digit above 0.4

SIGNATURES = {
    "PNG": b"\x89PNG\r\n\x1a\n",
    "JPEG": b"\xff\xd8\xff",
    "GIF": b"GIF8",
    "BMP": b"BM",
    "WEBP": b"RIFF",
}
SIXTEEN_BITS = ("I", "I;16", "I;16B", "I;16L", "I;16N")
ORIGINS = {"left": 0.0, "top": 0.0, "center": 0.5, "right": 1.0, "bottom": 1.0}

NOTHING_DRAWN = "Nothing is drawn yet. Draw a digit first."
BAD_DRAWING = "The drawing could not be read. Clear the canvas and draw again."
BAD_ARRAY = "The picture must be uint8 of shape (h, w), (h, w, 3) or (h, w, 4)."
NOT_A_PICTURE = (
    "This is not a PNG, JPEG, WebP, BMP or GIF picture. Save the picture as one of these."
)
INCOMPLETE = "The file is incomplete or damaged. Send or save the picture again."
TOO_MANY_BYTES = "The file is larger than 10 MB. Save the picture smaller."
TOO_LARGE = (
    "The picture is too large: at most 50 megapixels for a JPEG, 16 for other pictures and "
    "progressive JPEGs. Save it smaller."
)
TOO_SMALL = f"The picture is too small: its longer side must be at least {MIN_SIDE} pixels."
NO_DIGIT = "No digit was found in the picture. Take one digit on plain paper, close up and sharp."

Image8 = npt.NDArray[np.uint8]
Plane = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Stroke = Sequence[tuple[float, float]]


class Refusal(ValueError):
    """A drawing or picture that can't be used, with one sentence for the person who sent it."""


@contextlib.contextmanager
def _refusing(sentence: str) -> Iterator[None]:
    """Turn whatever hostile data makes a library raise into one sentence."""
    try:
        yield
    except Refusal:
        raise
    except Exception as error:
        raise Refusal(sentence) from error


# --- strokes ---------------------------------------------------------------------------------


def from_strokes(strokes: Sequence[Stroke]) -> Image8:
    """Draw pen strokes in MNIST's box with MNIST's pen, centred by mass.

    Args:
        strokes: polylines of (x, y) points in any unit, y pointing down.

    Returns:
        uint8 (28, 28), ink 255 on ground 0.

    Raises:
        ValueError: nothing is drawn, a point isn't finite, or there are too many.

    Source: Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of handwritten digits".
    """
    lines = _without_slips(_checked(strokes))
    low = np.min([line.min(0) for line in lines], axis=0)
    span = np.max([line.max(0) for line in lines], axis=0) - low
    scale = (BOX - PEN) / span.max() if span.max() > 0 else 0.0
    extent = span * scale + PEN
    width, height = np.ceil(extent - 1e-6).astype(int)
    corner = (np.array([width, height]) - extent + PEN) / 2
    sheet = np.zeros((height * FINE, width * FINE), np.uint8)
    for line in lines:
        _draw(sheet, (line - low) * scale + corner)
    return _centred(cv2.resize(sheet, (width, height), interpolation=cv2.INTER_AREA))


def _checked(strokes: Sequence[Stroke]) -> list[npt.NDArray[np.float64]]:
    """Read strokes as float64 (n, 2) arrays of finite points."""
    with _refusing(BAD_DRAWING):
        if sum(len(stroke) for stroke in strokes) > MAX_POINTS:
            raise Refusal(f"The drawing has more than {MAX_POINTS:,} points. Draw it simpler.")
        lines = [np.asarray(stroke, np.float64) for stroke in strokes if len(stroke)]
        if not lines:
            raise Refusal(NOTHING_DRAWN)
        if any(line.ndim != 2 or line.shape[1] != 2 for line in lines):
            raise Refusal(BAD_DRAWING)
        if not all((np.abs(line) < 1e9).all() for line in lines):
            raise Refusal(BAD_DRAWING)
    return lines


def _without_slips(lines: list[npt.NDArray[np.float64]]) -> list[npt.NDArray[np.float64]]:
    """Drop dots beside larger strokes: no digit has one, and it would shift the box."""
    spans = [float(np.ptp(line, axis=0).max()) for line in lines]
    return [line for line, span in zip(lines, spans, strict=True) if span >= STRAY * max(spans)]


def _draw(sheet: Image8, line: npt.NDArray[np.float64]) -> None:
    """Draw a polyline, given in MNIST's pixels, with MNIST's pen and round ends."""
    bits = 6  # of a pixel's fraction, in OpenCV's fixed-point coordinates
    line = np.concatenate([line, line[-1:]])  # OpenCV doesn't draw a line of one point
    points = np.rint((line * FINE - 0.5) * 2**bits).astype(np.int32)
    cv2.polylines(sheet, [points], False, 255, round(PEN * FINE), cv2.LINE_8, bits)


def _centred(digit: Image8) -> Image8:
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


def strokes_from_fabric(json_data: object) -> list[list[tuple[float, float]]]:
    """Read the free-hand strokes of streamlit-drawable-canvas, where they are on the canvas.

    Args:
        json_data: what the canvas reports as `json_data`; `None` before anything is drawn.

    Returns:
        Polylines of (x, y) canvas pixels, one for each stroke; none for an empty canvas.

    Raises:
        ValueError: this isn't a drawing made with the free-hand pen.

    Source: Fabric.js 7, `Path.toObject` and `PencilBrush.convertPointsToSVGPath`.
    """
    with _refusing(BAD_DRAWING):
        objects = [] if json_data is None else json_data["objects"]
        if not isinstance(objects, list):
            raise Refusal(BAD_DRAWING)
        if sum(len(item["path"]) for item in objects) * CURVE_STEPS > MAX_POINTS:
            raise Refusal(f"The drawing has more than {MAX_POINTS:,} points. Draw it simpler.")
        return [stroke for item in objects for stroke in _path(item)]


def _path(item: dict) -> list[list[tuple[float, float]]]:
    """Read one path object as polylines on the canvas."""
    if str(item["type"]).lower() != "path":
        raise Refusal(BAD_DRAWING)
    strokes: list[list[tuple[float, float]]] = []
    for name, *numbers in item["path"]:
        end = tuple(float(number) for number in numbers)
        if not all(math.isfinite(number) for number in end) or len(end) != {"Q": 4}.get(name, 2):
            raise Refusal(BAD_DRAWING)
        if name == "M":
            strokes.append([end])
        elif name == "Q":
            strokes[-1].extend(_curve(strokes[-1][-1], end[:2], end[2:]))
        elif name == "L":
            strokes[-1].append(end)
        else:
            raise Refusal(BAD_DRAWING)
    return _on_canvas(strokes, item) if strokes else []


def _curve(
    start: tuple[float, float], control: tuple[float, float], end: tuple[float, float]
) -> list[tuple[float, float]]:
    """Sample a quadratic Bezier curve after its start; plain numbers are quicker than arrays."""
    shares = [step / CURVE_STEPS for step in range(1, CURVE_STEPS + 1)]
    weights = [((1 - t) ** 2, 2 * t * (1 - t), t**2) for t in shares]
    x, y = zip(start, control, end, strict=True)
    return [(a * x[0] + b * x[1] + c * x[2], a * y[0] + b * y[1] + c * y[2]) for a, b, c in weights]


def _on_canvas(
    strokes: list[list[tuple[float, float]]], item: dict
) -> list[list[tuple[float, float]]]:
    """Move points from a path's own coordinates to where the canvas shows it."""
    points = np.concatenate([np.array(stroke) for stroke in strokes])
    low, high = points.min(0), points.max(0)
    middle = (low + high) / 2  # Fabric's pathOffset, which isn't in the JSON
    scale = np.array([float(item.get("scaleX", 1)), float(item.get("scaleY", 1))])
    origin = np.array([ORIGINS[item.get("originX", "left")], ORIGINS[item.get("originY", "top")]])
    turn = math.radians(float(item.get("angle", 0)))
    spin = np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])
    extent = (high - low + float(item.get("strokeWidth", 0))) * scale
    anchor = middle - (0.5 - origin) * extent
    anchor = np.array([float(item.get("left", anchor[0])), float(item.get("top", anchor[1]))])
    centre = anchor + (0.5 - origin) * extent @ spin
    flip = np.where([item.get("flipX", False), item.get("flipY", False)], -1.0, 1.0)
    moved = [(np.array(stroke) - middle) * scale * flip @ spin + centre for stroke in strokes]
    return [[(float(x), float(y)) for x, y in stroke] for stroke in moved]


# --- pictures --------------------------------------------------------------------------------


def from_canvas(data: bytes, size: tuple[int, int]) -> Image8:
    """Prepare a drawing from a canvas's picture.

    Args:
        data: a PNG, ink on transparent or on opaque ground, dark or light.
        size: width and height of the canvas, pixels.

    Returns:
        uint8 (28, 28), ink 255 on ground 0.

    Raises:
        ValueError: the bytes aren't a PNG of this size, or nothing is drawn.
    """
    try:
        plane, found = _decoded(data, ("PNG",))
    except Refusal as error:
        raise Refusal(BAD_DRAWING) from error
    if found != tuple(size):
        raise Refusal(BAD_DRAWING)
    ink = np.abs(plane - np.median(plane))
    if ink.max() < 32:
        raise Refusal(NOTHING_DRAWN)
    return _finished(ink / ink.max())


def from_picture(data: bytes) -> Image8:
    """Find the digit in a photograph or scan and prepare it.

    Args:
        data: a PNG, JPEG, WebP, BMP or GIF file; of an animation, its first picture.

    Returns:
        uint8 (28, 28), ink 255 on ground 0.

    Raises:
        ValueError: the file can't be used, or there is no digit in it.
    """
    plane, _ = _decoded(data)
    with _refusing(NO_DIGIT):
        blobs = _found(plane)
        return _finished(_cut_out(blobs[0], alone=True))


def digits_from_picture(data: bytes) -> Image8:
    """Find several digits, written apart from each other, in reading order.

    Args:
        data: a PNG, JPEG, WebP, BMP or GIF file; of an animation, its first picture.

    Returns:
        uint8 (k, 28, 28), ink 255 on ground 0, k at least 1.

    Raises:
        ValueError: the file can't be used, or there is no digit in it.
    """
    plane, _ = _decoded(data)
    with _refusing(NO_DIGIT):
        blobs = _in_reading_order(_apart(_found(plane)))
        return np.stack([_finished(_cut_out(blob, alone=False)) for blob in blobs])


def is_animation(data: bytes) -> bool:
    """Tell whether a file holds more than one picture, of which only the first is read.

    Raises:
        ValueError: the file can't be used.
    """
    return bool(getattr(_opened(data, tuple(SIGNATURES)), "is_animated", False))


def plain_resize(picture: bytes | Image8) -> Image8:
    """Shrink a whole picture to 28x28, as demonstrations do, to show beside ours.

    Args:
        picture: an image file, or uint8 (h, w) grey, (h, w, 3) RGB or (h, w, 4) RGBA.

    Returns:
        uint8 (28, 28), turned so that most of it is dark.

    Raises:
        ValueError: the picture can't be used.
    """
    if isinstance(picture, np.ndarray):
        with _refusing(BAD_ARRAY):
            if picture.dtype != np.uint8 or picture.ndim not in (2, 3) or not picture.size:
                raise Refusal(BAD_ARRAY)
            grey = picture.ndim == 2
            plane = picture if grey else _composited(*_reduced(Image.fromarray(picture), 1))
    else:
        plane, _ = _decoded(picture)
    small = cv2.resize(plane, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    small = np.rint(np.clip(small, 0, 255)).astype(np.uint8)
    return 255 - small if np.median(small) > 127 else small


# --- decoding --------------------------------------------------------------------------------


def _decoded(data: bytes, formats: Sequence[str] = tuple(SIGNATURES)) -> tuple[Plane, tuple]:
    """Decode a file to upright grey, at least at search size, and its size in the header."""
    image = _opened(data, formats)
    size = image.size
    upright = _orientation(image)
    with _refusing(INCOMPLETE):
        scale = min(1.0, math.sqrt(SEARCH_PIXELS / math.prod(size)))
        image.draft("L", (max(1, int(size[0] * scale)), max(1, int(size[1] * scale))))
        if image.format == "WEBP":
            image = _webp(data, image.has_transparency_data and not _is_heavy(image))
        image.load()
        shrink = math.isqrt(max(1, math.prod(image.size) // SEARCH_PIXELS))
        plane = _composited(*_reduced(image, min(shrink, *image.size)))
    return _turned(plane, upright), size


def _opened(data: bytes, formats: Sequence[str]) -> Image.Image:
    """Open a file of a few formats without decoding it, and refuse what is too large."""
    if len(data) > MAX_BYTES:
        raise Refusal(TOO_MANY_BYTES)
    kind = next((name for name in formats if data.startswith(SIGNATURES[name])), None)
    if kind is None or (kind == "WEBP" and data[8:12] != b"WEBP"):
        raise Refusal(NOT_A_PICTURE)
    with _refusing(INCOMPLETE):
        try:
            image = Image.open(io.BytesIO(data), formats=(kind,))
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise Refusal(TOO_LARGE) from error
    baseline = kind == "JPEG" and not image.info.get("progressive")
    if math.prod(image.size) > (MAX_JPEG_PIXELS if baseline else MAX_PIXELS):
        raise Refusal(TOO_LARGE)
    if kind == "JPEG" and data.count(b"\xff\xda") > MAX_SCANS:
        raise Refusal(INCOMPLETE)
    if max(image.size) < MIN_SIDE or min(image.size) < MIN_WIDTH:
        raise Refusal(TOO_SMALL)
    return image


def _is_heavy(image: Image.Image) -> bool:
    """Tell whether decoding with transparency, which doubles an animation, takes over 150 MB."""
    return image.is_animated and math.prod(image.size) > MAX_PIXELS / 2


def _webp(data: bytes, transparent: bool) -> Image.Image:
    """Decode a WebP by OpenCV: Pillow's reader holds the whole picture four times."""
    wanted = cv2.IMREAD_UNCHANGED if transparent else cv2.IMREAD_GRAYSCALE
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), wanted)
    if pixels is None:
        raise Refusal(INCOMPLETE)
    mode = "L"
    if transparent:
        mode = "RGBA"
        cv2.cvtColor(pixels, cv2.COLOR_BGRA2RGBA, dst=pixels)
    return Image.frombuffer(mode, pixels.shape[1::-1], pixels, "raw", mode, 0, 1)


def _orientation(image: Image.Image) -> int:
    """Read which way up the camera was held, 1 when it doesn't say."""
    try:
        return int(image.getexif().get(0x0112, 1))
    except Exception:  # a broken note about the picture is no reason to refuse it
        return 1


def _turned(plane: Plane, orientation: int) -> Plane:
    """Turn a picture upright.

    Source: Exif 2.32, tag Orientation.
    """
    if orientation in (5, 6, 7, 8):
        plane = plane.T
    if orientation in (2, 3, 6, 7):
        plane = plane[:, ::-1]
    if orientation in (3, 4, 7, 8):
        plane = plane[::-1]
    return np.ascontiguousarray(plane)


def _reduced(image: Image.Image, shrink: int) -> tuple[Plane, Plane]:
    """Average blocks of pixels, a strip at a time, as light times opacity and opacity."""
    rows = max(1, STRIP_PIXELS // (image.width * shrink)) * shrink
    edges = [*range(0, image.height, rows), image.height]
    if len(edges) > 2 and edges[-1] - edges[-2] < shrink:
        del edges[-2]  # a remainder thinner than a block goes with the strip above
    strips = [
        _layers(image.crop((0, top, image.width, bottom)), shrink)
        for top, bottom in itertools.pairwise(edges)
    ]
    light, opacity = (np.concatenate(parts) for parts in zip(*strips, strict=True))
    if image.mode in SIXTEEN_BITS:
        light = light * np.float32(255 / max(float(light.max()), 1.0))
    return light, opacity


def _layers(strip: Image.Image, shrink: int) -> tuple[Plane, Plane]:
    """Separate light, 0-255 times opacity, from opacity, 0-1, and shrink both."""
    if strip.has_transparency_data and strip.mode not in SIXTEEN_BITS:
        pixels = np.asarray(strip.convert("RGBA"))
        opacity = pixels[..., 3].astype(np.float32) / 255
        light = cv2.cvtColor(pixels, cv2.COLOR_RGBA2GRAY) * opacity
    else:
        # Pillow would clip sixteen bits to white.
        grey = strip if strip.mode in SIXTEEN_BITS else strip.convert("L")
        light = np.asarray(grey).astype(np.float32)
        opacity = np.ones_like(light)
    size = (max(1, strip.width // shrink), max(1, strip.height // shrink))
    return (
        cv2.resize(light, size, interpolation=cv2.INTER_AREA),
        cv2.resize(opacity, size, interpolation=cv2.INTER_AREA),
    )


def _composited(light: Plane, opacity: Plane) -> Plane:
    """Lay a picture with transparent parts on a ground that its ink stands out from."""
    opaque = opacity > 0.5
    if opacity.min() > 0.98 or not opaque.any():
        return light
    inside = light[opaque] / opacity[opaque]
    if opaque.mean() < 0.5 or inside.std() < 16:  # a drawing: nothing but ink
        ground = 255.0 if inside.mean() < 128 else 0.0
    else:  # a picture with corners cut out: they shouldn't stand out
        ground = float(np.median(inside))
    return light + (1 - opacity) * np.float32(ground)


# --- finding ink -----------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class _Scene:
    """A picture seen as dark ink on light ground, float32 (h, w) planes of 0-255.

    `contrast` is how far a pixel lies below its ground, `floor` what noise alone reaches.
    """

    tone: Plane
    contrast: Plane
    floor: float
    dark: bool  # False where the picture was inverted: light ink on dark ground
    trust: float = 1.0  # how likely what is found in it is ink

    @property
    def side(self) -> float:
        """The side of a square of the picture's area, pixels."""
        return math.sqrt(self.tone.size)

    def around(self, blob: "_Blob", margin: float) -> Plane:
        """Cut the tones within `margin` pixels of a blob's box."""
        rows = slice(max(0, int(blob.y - margin)), int(blob.y + blob.height + margin))
        return self.tone[rows, max(0, int(blob.x - margin)) : int(blob.x + blob.width + margin)]


@dataclasses.dataclass(frozen=True)
class _Blob:
    """Connected pixels above a level of contrast, in a box of the scene."""

    scene: _Scene
    level: float
    x: int
    y: int
    mask: Mask  # (height, width)

    @property
    def height(self) -> int:
        return self.mask.shape[0]

    @property
    def width(self) -> int:
        return self.mask.shape[1]

    @property
    def side(self) -> int:
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
        return _stroke_width(smooth) / self.side if smooth.any() else 0.0

    @functools.cached_property
    def likeness(self) -> float:
        """How much it looks like a digit: large, strong, thin-stroked, sharp, on its own."""
        strength = math.sqrt(self.peak) * min(1.0, self.peak / (4 * self.scene.floor)) ** 1.5
        product = self.scene.trust * strength * self.side / self.scene.side
        for rule in (_place, _thickness, _border, _outline, _distinctness, _sharpness):
            product *= rule(self)
        return float(product)


def _found(plane: Plane) -> list[_Blob]:
    """Find what may be a digit, the likeliest first."""
    plane = _without_desk(_sized(plane))
    blobs = [blob for scene in _scenes(plane) for blob in _blobs(scene)]
    blobs = sorted(blobs, key=lambda blob: -blob.likeness)
    if not blobs or blobs[0].likeness < MIN_LIKENESS:
        raise Refusal(NO_DIGIT)
    return blobs


def _sized(plane: Plane) -> Plane:
    """Bring a picture to the size it is searched at."""
    scale = 1.0
    if plane.size > SEARCH_PIXELS:
        scale = math.sqrt(SEARCH_PIXELS / plane.size)
    elif plane.size < SMALL_PIXELS:
        scale = math.sqrt(SMALL_PIXELS / plane.size)
    size = (max(1, round(plane.shape[1] * scale)), max(1, round(plane.shape[0] * scale)))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    # Cubic enlarging overshoots at edges.
    return np.clip(cv2.resize(plane, size, interpolation=method), plane.min(), plane.max())


def _without_desk(plane: Plane) -> Plane:
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


def _sheet(tone: Plane) -> Mask | None:
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


def _scenes(plane: Plane) -> Iterator[_Scene]:
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


def _smoothed(plane: Plane) -> Plane:
    """Blur a picture no more than its noise asks for."""
    side = max(plane.shape)
    sigma = max(0.6, side / 640)
    smooth = cv2.GaussianBlur(plane, (0, 0), sigma)
    while _noise(smooth) > 4 and sigma < side / 150:
        sigma *= 1.4
        smooth = cv2.GaussianBlur(plane, (0, 0), sigma)
    return smooth


def _noise(plane: Plane) -> float:
    """Estimate the standard deviation of fine noise, from the median so that ink won't count."""
    return 1.4826 * float(np.median(np.abs(plane - cv2.GaussianBlur(plane, (0, 0), 2))))


def _below_ground(tone: Plane, *, reach: float) -> Plane:
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


def _without_level_lines(contrast: Plane, floor: float) -> Plane:
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


def _runs_across(hits: Mask) -> bool:
    """Tell a ruled line, seen from one side to the other, from a stroke of the pen."""
    end = max(1, len(hits) // 8)
    return bool(hits.mean() > 0.7 and hits[:end].mean() > 0.5 and hits[-end:].mean() > 0.5)


def _erase_line(
    erased: Plane,
    contrast: Plane,
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


def _blobs(scene: _Scene) -> Iterator[_Blob]:
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
            blob = _Blob(scene, level, x, y, inside)
            if level >= 0.36 * blob.peak:
                yield blob
        level *= 1.5


def _place(blob: _Blob) -> float:
    """Prefer the middle of the picture, a little."""
    height, width = blob.scene.tone.shape
    right = (blob.x + blob.width / 2) / width - 0.5
    down = (blob.y + blob.height / 2) / height - 0.5
    return math.exp(-3 * (right**2 + down**2))


def _thickness(blob: _Blob) -> float:
    """Prefer pen strokes, from 1 to 20 % of the longer side, to patches and hairlines."""
    fat = max(0.0, blob.stroke - 0.2) / 0.1
    return math.exp(-(fat**2)) * (0.2 if blob.stroke < 0.012 else 1.0)


def _border(blob: _Blob) -> float:
    """Distrust what touches the border, unless it is a digit cropped to its own box."""
    height, width = blob.scene.tone.shape
    share = min(blob.width / width, blob.height / height)
    rim = np.concatenate([blob.mask[0], blob.mask[-1], blob.mask[:, 0], blob.mask[:, -1]])
    if share > 0.85 and blob.stroke > 0.05 and rim.mean() < 0.5 and blob.mask.mean() < 0.65:
        return 1.0
    low = blob.x == 0 or blob.y == 0
    high = blob.x + blob.width == width or blob.y + blob.height == height
    return 0.15 if low or high or share > 0.9 else 1.0


def _outline(blob: _Blob) -> float:
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


def _is_quadrilateral(mask: Mask) -> bool:
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


def _distinctness(blob: _Blob) -> float:
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


def _sharpness(blob: _Blob) -> float:
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


def _apart(blobs: list[_Blob]) -> list[_Blob]:
    """Choose the digits of a row or page: like the best one, and not over each other."""
    best, *rest = blobs
    chosen = [best]
    for blob in rest:
        alike = blob.scene.dark == best.scene.dark and 0.4 < blob.side / best.side < 1.6
        likely = blob.likeness > 0.15 * best.likeness
        if alike and likely and not any(_overlap(blob, other) for other in chosen):
            chosen.append(blob)
    return chosen


def _overlap(one: _Blob, other: _Blob) -> bool:
    """Tell whether two boxes share a quarter of the smaller one."""
    width = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    height = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    smaller = min(one.mask.size, other.mask.size)
    return width > 0 and height > 0 and width * height > smaller / 4


def _in_reading_order(blobs: list[_Blob]) -> list[_Blob]:
    """Sort into rows from the top, and each row from the left."""
    rows: list[list[_Blob]] = []
    for blob in sorted(blobs, key=lambda blob: blob.y + blob.height / 2):
        last = rows[-1][-1] if rows else None
        if last and blob.y + blob.height / 2 < last.y + last.height:
            rows[-1].append(blob)
        else:
            rows.append([blob])
    return [blob for row in rows for blob in sorted(row, key=lambda blob: blob.x)]


def _cut_out(blob: _Blob, *, alone: bool) -> Plane:
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


def _parts(blob: _Blob, stats: npt.NDArray[np.int32], *, largest: float) -> Mask:
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


# --- finishing -------------------------------------------------------------------------------


def _finished(ink: Plane) -> Image8:
    """Give a soft digit, float32 (h, w) of 0-1, MNIST's pen, box and centre."""
    ink = _enlarged(_tight(ink), BOX * FINE)
    ink = _tight(_with_mnist_pen(ink))
    ink = _to_whole_pixels(_enlarged(ink, BOX * FINE))
    size = (ink.shape[1] // FINE, ink.shape[0] // FINE)
    small = cv2.resize(ink, size, interpolation=cv2.INTER_AREA)
    return _centred(np.rint(small * 255).astype(np.uint8))


def _to_whole_pixels(ink: Plane) -> Plane:
    """Pad evenly to whole MNIST pixels: a thin 1 mustn't be squeezed into two."""
    (top, bottom), (left, right) = ((-n % FINE // 2, -n % FINE - -n % FINE // 2) for n in ink.shape)
    return np.pad(ink, ((top, bottom), (left, right)))


def _tight(ink: Plane) -> Plane:
    """Crop to the ink."""
    marked = ink > 0.25
    rows, columns = np.flatnonzero(marked.any(axis=1)), np.flatnonzero(marked.any(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _enlarged(ink: Plane, side: int) -> Plane:
    """Bring the longer side to a length, pixels."""
    scale = side / max(ink.shape)
    size = (max(1, round(ink.shape[1] * scale)), max(1, round(ink.shape[0] * scale)))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.clip(cv2.resize(ink, size, interpolation=method), 0, 1)


def _with_mnist_pen(ink: Plane) -> Plane:
    """Thicken or thin strokes until they have MNIST's width once the digit fills its box."""
    mask = ink > 0.5
    side = max(mask.shape)
    width = _stroke_width(mask)
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


def _disc(radius: int) -> Image8:
    """A disc to dilate and erode with."""
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))


def _stroke_width(mask: Mask) -> float:
    """Measure the median stroke width, pixels: twice the depth along the centre lines."""
    depth, ridge = _ridge(mask)
    return float(2 * np.median(depth[ridge])) - 0.5


def _ridge(mask: Mask) -> tuple[Plane, Mask]:
    """Measure each pixel's distance to the ground, and where it is greatest."""
    padded = np.pad(mask.astype(np.uint8), 1)
    depth = cv2.distanceTransform(padded, cv2.DIST_L2, 5)[1:-1, 1:-1]
    return depth, mask & (depth >= cv2.dilate(depth, np.ones((3, 3), np.uint8)) - 1e-3)
