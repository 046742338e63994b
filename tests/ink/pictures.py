"""Pictures and picture files to read a digit from, and to refuse."""

import io
import struct
import zlib
from collections.abc import Sequence

import cv2
import numpy as np
from PIL import Image

SEVEN = [[(0, 0), (60, 0), (20, 100)]]


def page(
    strokes: Sequence = SEVEN,
    *,
    side: int = 240,
    pen: int = 14,
    ink_tone: int = 40,
    ground: int = 220,
    at: tuple[int, int] = (80, 60),
) -> np.ndarray:
    """A uint8 (side, side) page with strokes drawn on it."""
    sheet = np.full((side, side), ground, np.uint8)
    for stroke in strokes:
        points = np.array(stroke, np.int32) + at
        cv2.polylines(sheet, [points], False, ink_tone, pen, cv2.LINE_AA)
    return sheet


def noisy(picture: np.ndarray) -> np.ndarray:
    """Noise of standard deviation 20."""
    rng = np.random.default_rng(0)
    return np.clip(picture + rng.normal(0, 20, picture.shape), 0, 255).astype(np.uint8)


def saved(picture: np.ndarray | Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """The bytes of a picture file."""
    image = Image.fromarray(picture) if isinstance(picture, np.ndarray) else picture
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def likeness(one: np.ndarray, other: np.ndarray) -> float:
    """The correlation of two images: 1 for the same digit, well below 0.7 for another."""
    return np.corrcoef(one.ravel(), other.ravel())[0, 1]


def chunk(name: bytes, body: bytes) -> bytes:
    """One chunk of a PNG file."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width: int, height: int, *extra: bytes, body: bytes = b"\0") -> bytes:
    """A grey PNG whose header may promise more than its body holds."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = [chunk(b"IHDR", header), *extra, chunk(b"IDAT", zlib.compress(body))]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks) + chunk(b"IEND", b"")
