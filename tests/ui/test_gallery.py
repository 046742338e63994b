"""The sprite, what the component is told, and what is believed of its answers."""

import io
import json
import pathlib
import re

import numpy as np
import pytest
from PIL import Image
from streamlit.testing import v1 as streamlit_testing

from mnistdash.ui import gallery

pytestmark = pytest.mark.usefixtures("scanned_once")

UI = pathlib.Path(gallery.__file__).parent


@pytest.fixture
def images() -> np.ndarray:
    """Twenty-three images that differ in every pixel, uint8 (23, 28, 28)."""
    return np.random.default_rng(0).integers(0, 256, (23, 28, 28)).astype(np.uint8)


def alpha(png: bytes) -> np.ndarray:
    """Decode the transparency of a PNG."""
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))[..., 3]


def test_every_image_is_in_the_alpha_channel(images: np.ndarray) -> None:
    """Image k stands in row k // 20, column k % 20 of the sprite, pixel for pixel."""
    sheet = alpha(gallery.sprite(images))
    assert sheet.shape == (2 * 29, 20 * 29)
    for k, image in enumerate(images):
        top, left = 29 * (k // 20), 29 * (k % 20)
        np.testing.assert_array_equal(sheet[top : top + 28, left : left + 28], image)


def test_between_images_the_sprite_is_empty(images: np.ndarray) -> None:
    """The gaps and the cells after the last image hold no ink, so nothing bleeds into a tile."""
    sheet = alpha(gallery.sprite(images))
    assert not sheet[28::29].any()
    assert not sheet[:, 28::29].any()
    assert not sheet[29:, 3 * 29 :].any()


def test_sprite_is_no_larger_than_its_images(images: np.ndarray) -> None:
    """One image makes a sprite of one cell, not of a whole row."""
    assert alpha(gallery.sprite(images[:1])).shape == (29, 29)


def test_sprite_of_two_hundred_digits_is_small() -> None:
    """200 sparse images cost less than the raw pixels, 156,800 bytes, by far."""
    strokes = np.zeros((200, 28, 28), np.uint8)
    strokes[:, 4:24, 12:16] = np.random.default_rng(0).integers(0, 256, (200, 20, 4))
    assert len(gallery.sprite(strokes)) < 40_000


def test_sprite_of_a_page_is_drawn_once(
    images: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same images again, in another array, cost no second sprite; other images do."""
    drawn = []
    draw = gallery.sprite
    monkeypatch.setattr(gallery, "sprite", lambda part: drawn.append(len(part)) or draw(part))
    gallery._encoded.cache_clear()
    first, again = gallery.sheet(images), gallery.sheet(images.copy())
    assert first == again
    assert drawn == [23]
    gallery.sheet(images[:22])
    assert drawn == [23, 22]
    assert gallery._encoded.cache_info().maxsize == 64


def test_missing_entry_is_refused(images: np.ndarray) -> None:
    """A sequence shorter than the images is named together with both lengths."""
    with pytest.raises(ValueError, match=r"`alts` must have one entry per image\. Received: 2 "):
        gallery.tiles(images, indices=range(23), alts=["a", "b"], key="tiles")


def page_with_numpy_values() -> None:
    """A page whose tiles come straight from arrays."""
    import numpy as np

    from mnistdash.ui import gallery

    gallery.tiles(
        np.zeros((2, 28, 28), np.uint8),
        indices=np.array([4, 9634]),
        true_names=np.array(["9", "Sandal"]),
        pred_names=np.array(["9", "Ankle boot"]),
        probabilities=np.array([0.625, 0.999], np.float32),
        right=np.array([True, False]),
        alts=["Image 4", "Image 9634"],
        chosen=np.int64(4),
        on_choose=print,
        key="tiles",
    )


def test_component_is_told_plain_values() -> None:
    """Arrays reach the browser as numbers and words: probabilities with two decimals."""
    app = streamlit_testing.AppTest.from_function(page_with_numpy_values, default_timeout=30).run()
    assert not app.exception
    (data,) = json.loads(app.main[0].proto.json)
    assert data["captions"] == {
        "indices": [4, 9634],
        "true_names": ["9", "Sandal"],
        "pred_names": ["9", "Ankle boot"],
        "probabilities": ["0.62", "1.00"],
        "right": [True, False],
        "marks": None,
        "chosen": 4,
        "name_length": 0,
        "clickable": True,
    }
    assert data["alts"] == ["Image 4", "Image 9634"]
    assert data["ink"] is True


def page_without_images() -> None:
    """A page whose filter found nothing."""
    import numpy as np

    from mnistdash.ui import gallery

    gallery.tiles(np.zeros((0, 28, 28), np.uint8), indices=[], alts=[], key="tiles")


def test_no_images_is_an_empty_grid() -> None:
    """Nothing to show is no failure."""
    app = streamlit_testing.AppTest.from_function(page_without_images, default_timeout=30)
    assert not app.run().exception


@pytest.mark.parametrize("name", ["gallery.js", "card_steps.js"])
def test_script_never_builds_html(name: str) -> None:
    """Data reaches the page as text and attributes only."""
    script = (UI / name).read_text(encoding="utf-8")
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write", script)


def page_that_turns() -> None:
    """Two tiles a page, of three pages."""
    import numpy as np
    import streamlit as st

    from mnistdash.ui import gallery, session

    first = 2 * session.get("turned", 0)
    gallery.tiles(
        np.zeros((2, 28, 28), np.uint8),
        indices=[first, first + 1],
        alts=["one", "two"],
        on_choose=lambda index: session.put("chosen", index),
        key="tiles",
    )
    st.button("Turn", on_click=lambda: session.count("turned"))


@pytest.mark.parametrize(("clicked", "chosen"), [(4, 4), (3, 3), (1, None), (6, None)])
def test_click_that_comes_after_the_page_was_turned(clicked: int, chosen: int | None) -> None:
    """Of pages of two the third shows 4 and 5: these count and those of the second, no others."""
    app = streamlit_testing.AppTest.from_function(page_that_turns, default_timeout=30).run()
    for _ in range(2):
        app.button[0].click().run()
    sent = app._tree.get_widget_states()
    tiles = sent.widgets.add(id=app.get_by_key("tiles").proto.id)
    tiles.json_value = json.dumps({"choose": [0.5, clicked]})
    app._run(sent)
    assert not app.exception
    assert ("chosen" in app.session_state) == (chosen is not None)
    assert chosen is None or app.session_state["chosen"] == chosen
