"""Files as upright grey planes of a size that can be searched, whatever they claim to be."""

import io
import itertools
import math
from collections.abc import Sequence

import cv2
import numpy as np
from PIL import Image

from mnistdash.ink import refusals

MAX_MB = 10
MAX_BYTES = MAX_MB * 2**20
MAX_PIXELS = 16_000_000
MAX_JPEG_PIXELS = 50_000_000  # a JPEG that isn't progressive is decoded at a reduced scale
MAX_SCANS = 100  # of a progressive JPEG: each costs a pass over the whole picture
MIN_WIDTH = 3  # a tightly cropped 1 is narrow
STRIP_PIXELS = 1_000_000  # of a large picture are in floating point at a time
KEPT_PIXELS = 1280 * 960  # of larger pictures about as many are kept

SIGNATURES = {
    "PNG": b"\x89PNG\r\n\x1a\n",
    "JPEG": b"\xff\xd8\xff",
    "GIF": b"GIF8",
    "BMP": b"BM",
    "WEBP": b"RIFF",
}
HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
SIXTEEN_BITS = ("I", "I;16", "I;16B", "I;16L", "I;16N")


def decode(data: bytes, formats: Sequence[str] = tuple(SIGNATURES)) -> tuple[refusals.Plane, tuple]:
    """Decode a file to upright grey, a large one reduced, and its size in the header."""
    image = opened(data, formats)
    size = image.size
    upright = _orientation(image)
    with refusals.refusing(refusals.INCOMPLETE):
        scale = min(1.0, math.sqrt(KEPT_PIXELS / math.prod(size)))
        image.draft("L", (max(1, int(size[0] * scale)), max(1, int(size[1] * scale))))
        if image.format == "WEBP":
            image = _webp(data, image.has_transparency_data and not _is_heavy(image))
        image.load()
        shrink = math.isqrt(max(1, math.prod(image.size) // KEPT_PIXELS))
        plane = composited(*reduced(image, min(shrink, *image.size)))
    return _turned(plane, upright), size


def opened(data: bytes, formats: Sequence[str]) -> Image.Image:
    """Open a file of a few formats without decoding it, and refuse what is too large."""
    if len(data) > MAX_BYTES:
        raise refusals.Refusal(refusals.TOO_MANY_BYTES)
    kind = next((name for name in formats if data.startswith(SIGNATURES[name])), None)
    if data[4:8] == b"ftyp" and data[8:12] in HEIC_BRANDS:
        raise refusals.Refusal(refusals.HEIC)
    if kind is None or (kind == "WEBP" and data[8:12] != b"WEBP"):
        raise refusals.Refusal(refusals.NOT_A_PICTURE)
    with refusals.refusing(refusals.INCOMPLETE):
        try:
            image = Image.open(io.BytesIO(data), formats=(kind,))
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise refusals.Refusal(refusals.TOO_LARGE) from error
    baseline = kind == "JPEG" and not image.info.get("progressive")
    if math.prod(image.size) > (MAX_JPEG_PIXELS if baseline else MAX_PIXELS):
        raise refusals.Refusal(refusals.TOO_LARGE)
    if kind == "JPEG" and data.count(b"\xff\xda") > MAX_SCANS:
        raise refusals.Refusal(refusals.INCOMPLETE)
    if max(image.size) < refusals.MIN_SIDE or min(image.size) < MIN_WIDTH:
        raise refusals.Refusal(refusals.TOO_SMALL)
    return image


def _is_heavy(image: Image.Image) -> bool:
    """Tell whether decoding with transparency, which doubles an animation, takes over 150 MB."""
    return image.is_animated and math.prod(image.size) > MAX_PIXELS / 2


def _webp(data: bytes, transparent: bool) -> Image.Image:
    """Decode a WebP by OpenCV: Pillow's reader holds the whole picture four times."""
    wanted = cv2.IMREAD_UNCHANGED if transparent else cv2.IMREAD_GRAYSCALE
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), wanted)
    if pixels is None:
        raise refusals.Refusal(refusals.INCOMPLETE)
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


def _turned(plane: refusals.Plane, orientation: int) -> refusals.Plane:
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


def reduced(image: Image.Image, shrink: int) -> tuple[refusals.Plane, refusals.Plane]:
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


def _layers(strip: Image.Image, shrink: int) -> tuple[refusals.Plane, refusals.Plane]:
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


def composited(light: refusals.Plane, opacity: refusals.Plane) -> refusals.Plane:
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
