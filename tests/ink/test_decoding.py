"""Files of every kind, way up and size become one grey plane, in little time and memory."""

import pathlib
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from mnistdash import ink
from tests.ink import pictures


def modes() -> dict[str, bytes]:
    """The same dark 7 in every kind of pixel that the formats know."""
    grey = Image.fromarray(pictures.page())
    clear = Image.fromarray(255 - pictures.page(ink_tone=0, ground=255))  # opaque where the ink is
    black, white = (Image.new("L", grey.size, tone) for tone in (0, 255))
    sixteen = Image.fromarray(pictures.page().astype(np.uint16) * 257)
    palette = Image.merge("RGBA", (black, black, black, clear)).quantize(8)
    return {
        "grey": pictures.saved(grey),
        "inverted": pictures.saved(Image.fromarray(255 - pictures.page())),
        "one bit": pictures.saved(grey.convert("1", dither=Image.Dither.NONE)),
        "sixteen bits": pictures.saved(sixteen),
        "colour": pictures.saved(grey.convert("RGB")),
        "black on transparent": pictures.saved(Image.merge("RGBA", (black, black, black, clear))),
        "white on transparent": pictures.saved(Image.merge("RGBA", (white, white, white, clear))),
        "grey and opacity": pictures.saved(Image.merge("LA", (black, clear))),
        "palette": pictures.saved(grey.convert("P")),
        "palette on transparent": pictures.saved(palette),
        "CMYK": pictures.saved(grey.convert("CMYK"), "JPEG"),
        "progressive": pictures.saved(grey, "JPEG", progressive=True),
        "WebP": pictures.saved(grey.convert("RGB"), "WEBP"),
        "BMP": pictures.saved(grey, "BMP"),
        "GIF": pictures.saved(grey, "GIF"),
    }


@pytest.mark.parametrize(("kind", "data"), modes().items())
def test_every_kind_of_pixel_gives_the_same_digit(kind: str, data: bytes) -> None:
    """Depth, palette, transparency, polarity and format don't change the digit."""
    assert pictures.likeness(ink.from_picture(data), ink.from_strokes(pictures.SEVEN)) > 0.9, kind


@pytest.mark.parametrize("orientation", range(1, 9))
def test_camera_orientation_is_undone(orientation: int) -> None:
    """A photograph stored in any of the eight orientations gives the upright digit."""
    stored = {
        1: [],
        2: [Image.Transpose.FLIP_LEFT_RIGHT],
        3: [Image.Transpose.ROTATE_180],
        4: [Image.Transpose.FLIP_TOP_BOTTOM],
        5: [Image.Transpose.TRANSPOSE],
        6: [Image.Transpose.ROTATE_90],
        7: [Image.Transpose.TRANSVERSE],
        8: [Image.Transpose.ROTATE_270],
    }[orientation]
    image = Image.fromarray(pictures.page())
    for step in stored:
        image = image.transpose(step)
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = pictures.saved(image, "JPEG", exif=exif, quality=95)
    assert pictures.likeness(ink.from_picture(data), ink.from_strokes(pictures.SEVEN)) > 0.95


def test_first_frame_of_an_animation_is_used() -> None:
    """Of three pictures in a GIF, the first counts."""
    later = [Image.fromarray(pictures.page([[(0, 0), (0, 100)]])) for _ in range(2)]
    data = pictures.saved(pictures.page(), "GIF", save_all=True, append_images=later)
    assert pictures.likeness(ink.from_picture(data), ink.from_strokes(pictures.SEVEN)) > 0.9
    assert ink.is_animation(data)
    assert not ink.is_animation(pictures.saved(pictures.page(), "GIF"))


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_thousands_of_pictures_cost_as_much_as_one(kind: str) -> None:
    """An animation of 5000 pictures is read within 0.3 s of the processor."""
    sheets = [Image.fromarray(pictures.page(ground=tone)).resize((48, 48)) for tone in (240, 160)]
    options = {"quality": 50, "method": 0} if kind == "WEBP" else {}
    data = pictures.saved(
        sheets[0], kind, save_all=True, append_images=sheets[::-1] * 2500, **options
    )
    begun = time.process_time()
    assert ink.is_animation(data)
    assert ink.from_picture(data).shape == (28, 28)
    assert time.process_time() - begun < 0.3


MEASURE = """
import resource, sys
from mnistdash import ink
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
ink.from_picture(open(sys.argv[1], "rb").read())
before = peak()
ink.from_picture(open(sys.argv[2], "rb").read())
print(peak() - before)
"""


@pytest.mark.parametrize(
    ("kind", "size", "frames"),
    [
        ("JPEG", (8000, 6250), 1),
        ("PNG", (4600, 3400), 1),
        ("GIF", (4600, 3400), 2),
        ("WEBP", (4600, 3400), 1),
        ("WEBP", (4600, 3400), 2),
    ],
)
def test_largest_pictures_take_150_mb_at_most(
    tmp_path: pathlib.Path, kind: str, size: tuple[int, int], frames: int
) -> None:
    """A JPEG of 50 megapixels and others of 16 are read, in a process of their own."""
    large = Image.fromarray(pictures.page()).resize(size).convert("L" if kind == "GIF" else "RGB")
    options = {"method": 0} if kind == "WEBP" else {"compress_level": 1} if kind == "PNG" else {}
    if frames > 1:
        options |= {"save_all": True, "append_images": [large.rotate(180)]}
    (tmp_path / "small").write_bytes(pictures.saved(pictures.page(), kind))
    (tmp_path / "large").write_bytes(pictures.saved(large, kind, **options))
    command = [sys.executable, "-c", MEASURE, str(tmp_path / "small"), str(tmp_path / "large")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(done.stdout) <= 150
