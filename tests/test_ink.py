"""Strokes, canvases, photographs and hostile files become 28x28 images or one plain sentence."""

import io
import itertools
import pathlib
import struct
import subprocess
import sys
import time
import tracemalloc
import zlib
from collections.abc import Callable, Sequence

import cv2
import numpy as np
import pytest
from PIL import Image

from mnistdash import ink
from mnistdash.ink import decoding, finishing

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


def fabric(path: object, **changes: object) -> dict:
    """What the canvas reports for one free-hand stroke."""
    item = {"type": "Path", "path": path, "strokeWidth": 20, "originX": "center"}
    return {"objects": [item | {"originY": "center"} | changes]}


# --- strokes ---------------------------------------------------------------------------------


def test_vertical_stroke_fills_the_box_and_is_centred() -> None:
    """A vertical line is 20 pixels tall, MNIST's pen wide, with its centre of mass at 14."""
    image = ink.from_strokes([[(5, 0), (5, 300)]])
    assert (image.shape, image.dtype) == ((28, 28), np.uint8)
    assert len(np.flatnonzero(image.any(axis=1))) in (20, 21)
    assert image[14].sum() / 255 == pytest.approx(finishing.PEN, abs=0.2)
    for axis in (0, 1):
        amounts = image.sum(axis=axis)
        assert amounts @ np.arange(28) / amounts.sum() == pytest.approx(14, abs=0.02)


def test_size_and_place_of_strokes_do_not_matter() -> None:
    """The same strokes ten times larger and elsewhere give the same image."""
    moved = [[(x * 10 + 3000, y * 10 - 500) for x, y in stroke] for stroke in SEVEN]
    assert np.array_equal(ink.from_strokes(SEVEN), ink.from_strokes(moved))


def test_strokes_may_be_numpy_integers() -> None:
    """Arrays of integers are drawn like lists of floats."""
    arrays = [np.array(stroke, np.int16) for stroke in SEVEN]
    assert np.array_equal(ink.from_strokes(SEVEN), ink.from_strokes(arrays))


def test_one_dot_is_a_dot() -> None:
    """A single tap becomes a dot of the pen's width in the middle, not a disc of 20 pixels."""
    image = ink.from_strokes([[(7, 7)]])
    assert image.sum() / 255 == pytest.approx(np.pi * (finishing.PEN / 2) ** 2, abs=1)
    assert image[12:17, 12:17].sum() == image.sum()


def test_slip_of_the_pen_is_left_out() -> None:
    """A dot far from the digit doesn't shrink the digit."""
    assert np.array_equal(ink.from_strokes([*SEVEN, [(-200, 90)]]), ink.from_strokes(SEVEN))


@pytest.mark.parametrize(
    ("strokes", "sentence"),
    [
        ([], "Nothing is drawn"),
        ([[]], "Nothing is drawn"),
        ([[(0, float("nan"))]], "could not be read"),
        ([[(0, float("inf"))]], "could not be read"),
        ([[(0, 1e300)]], "could not be read"),
        ([[(0, 10**400)]], "could not be read"),
        ([[(1, 2, 3)]], "could not be read"),
        ([["ab", "cd"]], "could not be read"),
        (None, "could not be read"),
        ([None], "could not be read"),
        ([np.zeros((200_001, 2))], "more than 200,000 points"),
    ],
)
def test_strokes_that_are_no_drawing_are_refused(strokes: object, sentence: str) -> None:
    """Empty, endless, huge and malformed strokes are refused in one sentence."""
    with pytest.raises(ValueError, match=sentence):
        ink.from_strokes(strokes)


def test_fabric_curves_become_points() -> None:
    """A quadratic curve from (0, 0) over (10, 20) to (20, 0) passes through (10, 10)."""
    path = [["M", 0, 0], ["Q", 10, 20, 20, 0], ["L", 30, 0]]
    (stroke,) = ink.strokes_from_fabric(fabric(path))
    assert stroke[0] == (0, 0)
    assert stroke[2] == pytest.approx((10, 10))
    assert stroke[-1] == (30, 0)
    assert len(stroke) == 6


def test_fabric_strokes_lie_where_they_were_moved() -> None:
    """A stroke dragged to (100, 50), doubled and turned by 90 degrees is read there."""
    path = [["M", 0, 0], ["L", 10, 0]]
    moved = fabric(path, left=100, top=50, scaleX=2, scaleY=2, angle=90)
    assert np.allclose(ink.strokes_from_fabric(moved), [[(100, 40), (100, 60)]])


def test_fabric_corner_origin_counts_the_pen() -> None:
    """With its origin at the left and top, a path's box includes the pen's width."""
    placed = fabric(
        [["M", 10, 10], ["L", 30, 10]], originX="left", originY="top", left=0, top=0, strokeWidth=20
    )
    assert np.allclose(ink.strokes_from_fabric(placed), [[(10, 10), (30, 10)]])


@pytest.mark.parametrize("json_data", [None, {"objects": []}])
def test_empty_canvas_has_no_strokes(json_data: object) -> None:
    """Before anything is drawn, and after clearing, there are no strokes."""
    assert ink.strokes_from_fabric(json_data) == []


@pytest.mark.parametrize(
    "json_data",
    [
        7,
        "drawing",
        [],
        {},
        {"objects": "abc"},
        {"objects": [None]},
        {"objects": [{"type": "Rect", "path": []}]},
        fabric("M 0 0"),
        fabric([["Z"]]),
        fabric([["L", 1, 1]]),
        fabric([["M", 1]]),
        fabric([["M", "a", 1]]),
        fabric([["M", float("nan"), 1]]),
        fabric([["M", 10**400, 1]]),
        fabric([[["M"], 1, 1]]),
        fabric([["M", 0, 0]], originX="nowhere"),
        fabric([["M", 0, 0]], scaleX="wide"),
        fabric([["M", 0, 0]] * 60_000),
    ],
)
def test_forged_fabric_is_refused(json_data: object) -> None:
    """Whatever else arrives in place of strokes raises ValueError and nothing else."""
    with pytest.raises(ValueError, match=r"could not be read|more than 200,000 points"):
        ink.strokes_from_fabric(json_data)


# --- canvas ----------------------------------------------------------------------------------


@pytest.mark.parametrize("light_ink", [False, True])
@pytest.mark.parametrize("transparent", [False, True])
def test_canvas_ground_and_polarity_do_not_matter(light_ink: bool, transparent: bool) -> None:
    """Dark or light ink, on transparent or opaque ground, gives what its strokes give."""
    share = page(ink_tone=255, ground=0)
    tone = np.full_like(share, 255 if light_ink else 0)
    if transparent:
        picture = np.dstack([tone, tone, tone, share])
    else:
        picture = share if light_ink else 255 - share
    image = ink.from_canvas(saved(picture), (240, 240))
    assert likeness(image, ink.from_strokes(SEVEN)) > 0.95


@pytest.mark.parametrize("pen", [2, 6, 14, 24])
def test_pen_width_does_not_matter(pen: int) -> None:
    """Pens from 2 to 24 pixels give the same digit, stroke width included."""
    strokes = [[(x * 1.5, y * 1.5) for x, y in stroke] for stroke in SEVEN]
    image = ink.from_canvas(saved(page(strokes, pen=pen, at=(70, 40))), (240, 240))
    assert likeness(image, ink.from_strokes(SEVEN)) > 0.9


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x89PNG\r\n\x1a\n",
        saved(page(), "JPEG"),
        saved(page(side=239)),
        saved(page())[:300],
        png(240, 240),
        b"%!PS-Adobe-3.0 EPSF-3.0\n",
    ],
)
def test_forged_canvas_is_refused(data: bytes) -> None:
    """Another format, another size or a broken file is a drawing that can't be read."""
    with pytest.raises(ValueError, match=r"^The drawing could not be read\."):
        ink.from_canvas(data, (240, 240))


@pytest.mark.parametrize("picture", [np.zeros((240, 240, 4), np.uint8), page([])])
def test_blank_canvas_has_nothing_on_it(picture: np.ndarray) -> None:
    """A transparent and a plain canvas are both empty."""
    with pytest.raises(ValueError, match="Nothing is drawn"):
        ink.from_canvas(saved(picture), (240, 240))


# --- photographs -----------------------------------------------------------------------------


def modes() -> dict[str, bytes]:
    """The same dark 7 in every kind of pixel that the formats know."""
    grey = Image.fromarray(page())
    clear = Image.fromarray(255 - page(ink_tone=0, ground=255))  # opaque where the ink is
    black, white = (Image.new("L", grey.size, tone) for tone in (0, 255))
    sixteen = Image.fromarray(page().astype(np.uint16) * 257)
    palette = Image.merge("RGBA", (black, black, black, clear)).quantize(8)
    return {
        "grey": saved(grey),
        "inverted": saved(Image.fromarray(255 - page())),
        "one bit": saved(grey.convert("1", dither=Image.Dither.NONE)),
        "sixteen bits": saved(sixteen),
        "colour": saved(grey.convert("RGB")),
        "black on transparent": saved(Image.merge("RGBA", (black, black, black, clear))),
        "white on transparent": saved(Image.merge("RGBA", (white, white, white, clear))),
        "grey and opacity": saved(Image.merge("LA", (black, clear))),
        "palette": saved(grey.convert("P")),
        "palette on transparent": saved(palette),
        "CMYK": saved(grey.convert("CMYK"), "JPEG"),
        "progressive": saved(grey, "JPEG", progressive=True),
        "WebP": saved(grey.convert("RGB"), "WEBP"),
        "BMP": saved(grey, "BMP"),
        "GIF": saved(grey, "GIF"),
    }


@pytest.mark.parametrize(("kind", "data"), modes().items())
def test_every_kind_of_pixel_gives_the_same_digit(kind: str, data: bytes) -> None:
    """Depth, palette, transparency, polarity and format don't change the digit."""
    assert likeness(ink.from_picture(data), ink.from_strokes(SEVEN)) > 0.9, kind


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
    image = Image.fromarray(page())
    for step in stored:
        image = image.transpose(step)
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = saved(image, "JPEG", exif=exif, quality=95)
    assert likeness(ink.from_picture(data), ink.from_strokes(SEVEN)) > 0.95


def test_first_frame_of_an_animation_is_used() -> None:
    """Of three pictures in a GIF, the first counts."""
    later = [Image.fromarray(page([[(0, 0), (0, 100)]])) for _ in range(2)]
    data = saved(page(), "GIF", save_all=True, append_images=later)
    assert likeness(ink.from_picture(data), ink.from_strokes(SEVEN)) > 0.9
    assert ink.is_animation(data)
    assert not ink.is_animation(saved(page(), "GIF"))


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_thousands_of_pictures_cost_as_much_as_one(kind: str) -> None:
    """An animation of 5000 pictures is read within 0.3 s."""
    sheets = [Image.fromarray(page(ground=tone)).resize((48, 48)) for tone in (240, 160)]
    options = {"quality": 50, "method": 0} if kind == "WEBP" else {}
    data = saved(sheets[0], kind, save_all=True, append_images=sheets[::-1] * 2500, **options)
    begun = time.perf_counter()
    assert ink.is_animation(data)
    assert ink.from_picture(data).shape == (28, 28)
    assert time.perf_counter() - begun < 0.3


def test_five_hundred_strokes_are_drawn_at_once() -> None:
    """A canvas scribbled over with 500 strokes of 20 points takes less than half a second."""
    drawn = np.random.default_rng(0).uniform(0, 280, (500, 20, 2))
    paths = [[["M", *s[0]], *(["Q", *a, *b] for a, b in itertools.pairwise(s))] for s in drawn]
    begun = time.perf_counter()
    strokes = ink.strokes_from_fabric({"objects": [{"type": "path", "path": p} for p in paths]})
    assert ink.from_strokes(strokes).mean() > 50
    assert time.perf_counter() - begun < 0.5


def lit(picture: np.ndarray) -> np.ndarray:
    """The right side at a third of the left side's light."""
    return (picture * np.linspace(1, 0.33, picture.shape[1])).astype(np.uint8)


def ruled(picture: np.ndarray) -> np.ndarray:
    """Lines as dark as pencil every 50 pixels."""
    picture = picture.copy()
    for y in range(30, len(picture), 50):
        picture[y : y + 2] = np.minimum(picture[y : y + 2], 110)
    return picture


def boxed(picture: np.ndarray) -> np.ndarray:
    """A printed box around the digit."""
    return cv2.rectangle(picture.copy(), (50, 35), (175, 190), 40, 3)


def noisy(picture: np.ndarray) -> np.ndarray:
    """Noise of standard deviation 20."""
    rng = np.random.default_rng(0)
    return np.clip(picture + rng.normal(0, 20, picture.shape), 0, 255).astype(np.uint8)


def on_a_desk(picture: np.ndarray) -> np.ndarray:
    """The sheet lies on a dark desk."""
    return np.pad(picture, 30, constant_values=60)


def askew_on_a_desk(picture: np.ndarray) -> np.ndarray:
    """The sheet lies askew on a dark desk, its digit near an edge."""
    turn = cv2.getRotationMatrix2D((110, 110), 5, 0.6)
    return cv2.warpAffine(picture[40:, 40:], turn, (220, 220), borderValue=60)


def shaded(picture: np.ndarray) -> np.ndarray:
    """The edge of a shadow crosses the digit, aslant."""
    down, right = np.mgrid[: len(picture), : picture.shape[1]]
    return np.where(2 * right + down > 320, picture, picture * 0.5).astype(np.uint8)


def cropped(picture: np.ndarray) -> np.ndarray:
    """The digit touches all four sides."""
    return picture[53:168, 73:148]


@pytest.mark.parametrize(
    "spoil", [lit, ruled, boxed, noisy, on_a_desk, askew_on_a_desk, shaded, cropped]
)
@pytest.mark.parametrize("dark", [True, False])
def test_digit_is_found_in_spoilt_pictures(
    spoil: Callable[[np.ndarray], np.ndarray], dark: bool
) -> None:
    """Light, lines, a box, noise, desks, a shadow, a tight crop leave the digit, dark or light."""
    picture = spoil(page())
    data = saved(picture if dark else 255 - picture)
    assert likeness(ink.from_picture(data), ink.from_strokes(SEVEN)) > 0.85


@pytest.mark.parametrize("side", [10, 16, 28, 64, 900])
def test_size_of_the_picture_does_not_matter(side: int) -> None:
    """Pictures from 10 to 900 pixels give the same digit."""
    picture = cv2.resize(page()[30:200, 20:190], (side, side), interpolation=cv2.INTER_AREA)
    assert likeness(ink.from_picture(saved(picture)), ink.from_strokes(SEVEN)) > 0.8


def test_digits_are_read_in_rows() -> None:
    """Four digits in two rows come back from the left and from the top."""
    one = [[(0, 0), (0, 90)]]
    sheet = page(SEVEN, side=400, at=(60, 50))
    sheet = np.minimum(sheet, page(one, side=400, at=(260, 60)))
    sheet = np.minimum(sheet, page(one, side=400, at=(90, 250)))
    sheet = np.minimum(sheet, page(SEVEN, side=400, at=(240, 240)))
    images = ink.digits_from_picture(saved(sheet))
    expected = [ink.from_strokes(strokes) for strokes in (SEVEN, one, one, SEVEN)]
    assert images.shape == (4, 28, 28)
    assert images.dtype == np.uint8
    assert all(likeness(*pair) > 0.9 for pair in zip(images, expected, strict=True))


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((200, 200), np.uint8),
        np.full((200, 200), 255, np.uint8),
        np.zeros((60, 60, 4), np.uint8),
        lit(page([])),
        ruled(page([])),
        np.random.default_rng(0).integers(0, 256, (200, 200), np.uint8),
        np.random.default_rng(0).integers(0, 256, (28, 28), np.uint8),
    ],
)
def test_pictures_without_a_digit_are_refused(picture: np.ndarray) -> None:
    """Plain, shaded and ruled paper and noise hold no digit."""
    for read in (ink.from_picture, ink.digits_from_picture):
        with pytest.raises(ValueError, match="No digit was found"):
            read(saved(picture))


# --- hostile files ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"PK\x03\x04" + bytes(99),
        b"<!doctype html><html></html>",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"II*\0" + bytes(99),
        b"8BPS" + bytes(99),
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        b"SIMPLE  =                    T" + bytes(99),
        b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(99),
        b"RIFF\0\0\0\0WAVE" + bytes(99),
        saved(page(), "TIFF"),
    ],
)
def test_other_files_are_not_pictures(data: bytes) -> None:
    """Other formats are told apart by their first bytes and never given to a decoder."""
    with pytest.raises(ValueError, match="not a PNG, JPEG, WebP, BMP or GIF picture"):
        ink.from_picture(data)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("percent", [10, 50, 90])
def test_truncated_files_are_incomplete(kind: str, percent: int) -> None:
    """A file cut at 10, 50 or 90 % is incomplete."""
    data = saved(noisy(page()), kind)
    with pytest.raises(ValueError, match=r"^The file is incomplete"):
        ink.from_picture(data[: len(data) * percent // 100])


@pytest.mark.parametrize(
    "size", [(9000, 9000), (13_000, 13_000), (50_000, 50_000), (1, 2**31 - 1), (4001, 4000)]
)
def test_huge_headers_are_refused_without_memory(size: tuple[int, int]) -> None:
    """A header's size is checked before anything of that size is made."""
    tracemalloc.start()
    with pytest.raises(ValueError, match=r"^The picture is too large"):
        ink.from_picture(png(*size))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000


@pytest.mark.parametrize("size", [(1, 1), (7, 7), (2, 50)])
def test_tiny_pictures_are_refused(size: tuple[int, int]) -> None:
    """Below 8 pixels there is nothing to see."""
    with pytest.raises(ValueError, match="too small"):
        ink.from_picture(saved(np.zeros(size, np.uint8)))


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
    large = Image.fromarray(page()).resize(size).convert("L" if kind == "GIF" else "RGB")
    options = {"method": 0} if kind == "WEBP" else {"compress_level": 1} if kind == "PNG" else {}
    if frames > 1:
        options |= {"save_all": True, "append_images": [large.rotate(180)]}
    (tmp_path / "small").write_bytes(saved(page(), kind))
    (tmp_path / "large").write_bytes(saved(large, kind, **options))
    command = [sys.executable, "-c", MEASURE, str(tmp_path / "small"), str(tmp_path / "large")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(done.stdout) <= 150


def test_large_files_are_refused() -> None:
    """One byte over 10 MB is too much, whatever the file holds."""
    with pytest.raises(ValueError, match="larger than 10 MB"):
        ink.from_picture(bytes(decoding.MAX_BYTES + 1))


@pytest.mark.parametrize("name", [b"zTXt", b"iCCP"])
def test_inflating_chunks_are_not_inflated(name: bytes) -> None:
    """A 60 kB chunk that would unpack to 60 MB costs a few megabytes at most."""
    bomb = chunk(name, b"a\0\0" + zlib.compress(bytes(60_000_000)))
    data = png(50, 50, bomb, body=bytes(51 * 50))
    tracemalloc.start()
    with pytest.raises(ValueError, match="incomplete or damaged"):
        ink.from_picture(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10_000_000


def test_jpeg_of_endless_scans_is_refused() -> None:
    """A progressive JPEG with more than 100 passes is not decoded."""
    data = saved(page(), "JPEG", progressive=True)
    with pytest.raises(ValueError, match="incomplete or damaged"):
        ink.from_picture(data[:-2] + b"\xff\xda" * 101 + data[-2:])


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "GIF"])
def test_flipped_bytes_raise_nothing_but_value_errors(kind: str) -> None:
    """Forty copies of each file with random bytes changed are read or refused in a sentence."""
    rng = np.random.default_rng(0)
    original = saved(page(side=96, at=(20, 10), pen=6), kind)
    for _ in range(40):
        data = np.frombuffer(original, np.uint8).copy()
        data[rng.integers(8, len(data), 4)] = rng.integers(0, 256, 4)
        try:
            assert ink.from_picture(data.tobytes()).shape == (28, 28)
        except ValueError as refusal:
            assert str(refusal).endswith(".")  # noqa: PT017 - either outcome is right


# --- plain resizing --------------------------------------------------------------------------


def test_plain_resize_only_shrinks() -> None:
    """A dark bar in the left half of light paper stays there, light on dark."""
    sheet = np.full((280, 280), 255, np.uint8)
    sheet[:, 20:50] = 0
    for picture in (sheet, saved(sheet), np.dstack([sheet] * 3)):
        image = ink.plain_resize(picture)
        assert (image.shape, image.dtype) == ((28, 28), np.uint8)
        assert (image[:, 2:5] == 255).all()
        assert image.sum() == 255 * 28 * 3


@pytest.mark.parametrize(
    "array", [np.zeros((0, 5), np.uint8), np.zeros((9, 9, 7), np.uint8), np.zeros(9)]
)
def test_plain_resize_refuses_other_arrays(array: np.ndarray) -> None:
    """Arrays that aren't pictures are refused."""
    with pytest.raises(ValueError, match="must be uint8"):
        ink.plain_resize(array)
