"""Charts of plain HTML: what is in them, how it is read, and that no name is markup."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from mnistdash.ui import plain_charts


def pixel(value: int) -> bytes:
    """Build the bytes of an image with one inked pixel, in row 2 and column 7."""
    image = np.zeros((28, 28), np.uint8)
    image[2, 7] = value
    return image.tobytes()


def luminance(colour: tuple[float, ...]) -> float:
    """Return the relative luminance of a colour of three parts in 0-255, as WCAG 2 defines it."""
    parts = np.array(colour) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def test_class_counts_are_bars_on_one_scale() -> None:
    """The longest bar is the largest count's; each has its number and a sentence on hover."""
    written = plain_charts.class_counts({"training": [6000, 3000], "test": [1500, 0]}, ("a", "b"))
    assert re.findall(r"width:([\d.]+)%", written) == ["100.0", "25.0", "50.0", "0.0"]
    assert re.findall(r"<b>(.*?)</b>", written) == ["6\u2009000", "1\u2009500", "3\u2009000", "0"]
    assert 'title="a: 1\u2009500 test images"' in written


def test_class_counts_say_their_range() -> None:
    """Who can't see them hears the least and the most of each split."""
    written = plain_charts.class_counts({"training": [9, 3], "test": [1, 2]}, ("a", "b"))
    said = "Images in each class: training from 3 (b) to 9 (a); test from 1 (a) to 2 (b)"
    assert f'aria-label="{said}"' in written


def test_class_names_are_no_markup() -> None:
    """A name from a file is text, in the list, on hover and in what is heard."""
    name = '<img src=x onerror="alert()">'
    written = plain_charts.class_counts({"training": [9, 3], "test": [1, 2]}, (name, "R&D"))
    assert "<img" not in written
    assert 'onerror="' not in written
    assert "R&amp;D" in written


def map_of(falls: np.ndarray, image: np.ndarray, answer: str = "7") -> tuple[np.ndarray, str]:
    """Return the map's pixels, uint8 `(28, 28, 4)`, and all that is written."""
    written = plain_charts.covered(falls.astype(np.float32), image, answer)
    (png,) = re.findall(r"base64,([^\"]+)", written)
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(png)))), written


def test_covered_pixels_are_orange_where_the_answer_falls_most() -> None:
    """One pixel falls by 0.5 and another by nothing: orange over grey, grey, and an empty rest."""
    falls, image = np.zeros((28, 28)), np.zeros((28, 28), np.uint8)
    falls[2, 7], image[2, 7], image[20, 20] = 0.5, 255, 255
    pixels, written = map_of(falls, image)
    assert pixels[20, 20].tolist() == [*plain_charts.GREY, 255]
    assert pixels[0, 0, 3] == 0
    orange, grey = np.array(plain_charts.ORANGE), np.array(plain_charts.GREY)
    assert pixels[2, 7, :3] == pytest.approx(0.85 * orange + 0.15 * grey, abs=1)
    assert "makes 7 less probable, by up to 0.50" in written


def test_answer_that_no_covering_lowers_is_said_to_stay() -> None:
    """Covering helps everywhere: nothing is orange, and the sentence says so; names are text."""
    image = np.zeros((28, 28), np.uint8)
    pixels, written = map_of(np.full((28, 28), -0.2), image, "<b>")
    assert not pixels[..., 3].any()
    assert "&lt;b&gt; stays as probable" in written
    assert "<b>" not in written


def test_pixel_grid_writes_each_number_but_zero() -> None:
    """An image's only inked pixel is written in its place, one cell from the edge's numbers."""
    written = plain_charts.pixel_grid(pixel(200))
    assert re.findall(r'grid-area:(\d+/\d+)" title="(.*?)">(\d+)<', written) == [
        ("4/9", "Row 2, column 7: 200 of 255", "200")
    ]
    assert 'aria-label="28x28 pixels as numbers from 0 to 255: 1 are inked, 783 are 0"' in written


def test_pixel_grid_is_shaded_by_its_numbers() -> None:
    """The picture below the numbers is faint where there is no ink, and strong at 255."""
    png = re.search(r"base64,([^\"]+)", plain_charts.pixel_grid(pixel(255))).group(1)
    shades = np.asarray(Image.open(io.BytesIO(base64.b64decode(png))).convert("RGBA"))[..., 3]
    assert shades[2, 7] == int(255 * plain_charts.STRONG)
    assert np.unique(shades).tolist() == [int(255 * plain_charts.FAINT), shades[2, 7]]


@pytest.mark.parametrize(
    ("text", "ground"), [((28, 27, 34), (255, 255, 255)), ((236, 236, 241), (19, 19, 24))]
)
def test_numbers_of_pixels_can_be_read(text: tuple[int, ...], ground: tuple[int, ...]) -> None:
    """On the strongest and the palest grey, text and ground of both themes differ by 4.5."""
    for alpha in (plain_charts.FAINT, plain_charts.STRONG):
        grey = plain_charts.GREY
        mixed = [alpha * g + (1 - alpha) * w for g, w in zip(grey, ground, strict=True)]
        pale, dark = sorted((luminance(text), luminance(mixed)), reverse=True)
        assert (pale + 0.05) / (dark + 0.05) >= 4.5
