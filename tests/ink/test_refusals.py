"""Hostile files are refused in one sentence, and cost next to nothing."""

import tracemalloc
import zlib

import numpy as np
import pytest

from mnistdash import ink
from mnistdash.ink import decoding
from tests.ink import pictures


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
        pictures.saved(pictures.page(), "TIFF"),
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
    data = pictures.saved(pictures.noisy(pictures.page()), kind)
    with pytest.raises(ValueError, match=r"^The file is incomplete"):
        ink.from_picture(data[: len(data) * percent // 100])


@pytest.mark.parametrize(
    "size", [(9000, 9000), (13_000, 13_000), (50_000, 50_000), (1, 2**31 - 1), (4001, 4000)]
)
def test_huge_headers_are_refused_without_memory(size: tuple[int, int]) -> None:
    """A header's size is checked before anything of that size is made."""
    tracemalloc.start()
    with pytest.raises(ValueError, match=r"^The picture is too large"):
        ink.from_picture(pictures.png(*size))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000


@pytest.mark.parametrize("size", [(1, 1), (7, 7), (2, 50)])
def test_tiny_pictures_are_refused(size: tuple[int, int]) -> None:
    """Below 8 pixels there is nothing to see."""
    with pytest.raises(ValueError, match="too small"):
        ink.from_picture(pictures.saved(np.zeros(size, np.uint8)))


def test_large_files_are_refused() -> None:
    """One byte over 10 MB is too much, whatever the file holds."""
    with pytest.raises(ValueError, match="larger than 10 MB"):
        ink.from_picture(bytes(decoding.MAX_BYTES + 1))


@pytest.mark.parametrize("name", [b"zTXt", b"iCCP"])
def test_inflating_chunks_are_not_inflated(name: bytes) -> None:
    """A 60 kB chunk that would unpack to 60 MB costs a few megabytes at most."""
    bomb = pictures.chunk(name, b"a\0\0" + zlib.compress(bytes(60_000_000)))
    data = pictures.png(50, 50, bomb, body=bytes(51 * 50))
    tracemalloc.start()
    with pytest.raises(ValueError, match="incomplete or damaged"):
        ink.from_picture(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10_000_000


def test_jpeg_of_endless_scans_is_refused() -> None:
    """A progressive JPEG with more than 100 passes is not decoded."""
    data = pictures.saved(pictures.page(), "JPEG", progressive=True)
    with pytest.raises(ValueError, match="incomplete or damaged"):
        ink.from_picture(data[:-2] + b"\xff\xda" * 101 + data[-2:])


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "GIF"])
def test_flipped_bytes_raise_nothing_but_value_errors(kind: str) -> None:
    """Forty copies of each file with random bytes changed are read or refused in a sentence."""
    rng = np.random.default_rng(0)
    original = pictures.saved(pictures.page(side=96, at=(20, 10), pen=6), kind)
    for _ in range(40):
        data = np.frombuffer(original, np.uint8).copy()
        data[rng.integers(8, len(data), 4)] = rng.integers(0, 256, 4)
        try:
            assert ink.from_picture(data.tobytes()).shape == (28, 28)
        except ValueError as refusal:
            assert str(refusal).endswith(".")  # noqa: PT017 - either outcome is right
