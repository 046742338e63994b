"""What the package itself offers: a canvas's picture read, and pictures plainly shrunk."""

import numpy as np
import pytest

from mnistdash import ink
from tests.ink import pictures

# --- canvas ---------------------------------------------------------------------------------


@pytest.mark.parametrize("light_ink", [False, True])
@pytest.mark.parametrize("transparent", [False, True])
def test_canvas_ground_and_polarity_do_not_matter(light_ink: bool, transparent: bool) -> None:
    """Dark or light ink, on transparent or opaque ground, gives what its strokes give."""
    share = pictures.page(ink_tone=255, ground=0)
    tone = np.full_like(share, 255 if light_ink else 0)
    if transparent:
        picture = np.dstack([tone, tone, tone, share])
    else:
        picture = share if light_ink else 255 - share
    image = ink.from_canvas(pictures.saved(picture), (240, 240))
    assert pictures.likeness(image, ink.from_strokes(pictures.SEVEN)) > 0.95


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x89PNG\r\n\x1a\n",
        pictures.saved(pictures.page(), "JPEG"),
        pictures.saved(pictures.page(side=239)),
        pictures.saved(pictures.page())[:300],
        pictures.png(240, 240),
        b"%!PS-Adobe-3.0 EPSF-3.0\n",
    ],
)
def test_forged_canvas_is_refused(data: bytes) -> None:
    """Another format, another size or a broken file is a drawing that can't be read."""
    with pytest.raises(ValueError, match=r"^The drawing could not be read\."):
        ink.from_canvas(data, (240, 240))


@pytest.mark.parametrize("picture", [np.zeros((240, 240, 4), np.uint8), pictures.page([])])
def test_blank_canvas_has_nothing_on_it(picture: np.ndarray) -> None:
    """A transparent and a plain canvas are both empty."""
    with pytest.raises(ValueError, match="Nothing is drawn"):
        ink.from_canvas(pictures.saved(picture), (240, 240))


# --- plain resizing -------------------------------------------------------------------------


def test_plain_resize_only_shrinks() -> None:
    """A dark bar in the left half of light paper stays there, light on dark."""
    sheet = np.full((280, 280), 255, np.uint8)
    sheet[:, 20:50] = 0
    for picture in (sheet, pictures.saved(sheet), np.dstack([sheet] * 3)):
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
