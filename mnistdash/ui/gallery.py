"""Image tiles that can be chosen by mouse and keyboard, all painted from one PNG."""

import base64
import functools
import io
import pathlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import streamlit as st
from PIL import Image

from mnistdash.ui import judging, session

SHEET_COLUMNS = 20  # images in a row of the sprite
SHEET_PITCH = 29  # an image and one empty pixel, so that no tile shows its neighbour's edge
KEPT_SHEETS = 64  # sprites kept: with the pixels of a page of 120 tiles 0.12 MB each

_HERE = pathlib.Path(__file__).parent

_component = st.components.v2.component(
    "mnistdash.gallery",
    html='<div class="tiles"></div>',
    css=(_HERE / "gallery.css").read_text(encoding="utf-8"),
    js=judging.JAVASCRIPT + (_HERE / "gallery.js").read_text(encoding="utf-8"),
)


def tiles(
    images: np.ndarray,
    *,
    indices: Sequence[int],
    true_names: Sequence[str] | None = None,
    pred_names: Sequence[str] | None = None,
    probabilities: Sequence[float] | None = None,
    right: Sequence[bool] | None = None,
    marks: Sequence[str] | None = None,
    alts: Sequence[str],
    chosen: int | None = None,
    tile_px: int = 56,
    across: int | None = None,
    name_length: int = 0,
    ink: bool = True,
    on_choose: Callable[[int], None] | None = None,
    judged: Sequence[list] | None = None,
    class_names: Sequence[str] = (),
    on_judge: judging.Judge | None = None,
    key: str,
) -> None:
    """Show images as a grid of captioned tiles.

    Args:
        images: uint8 `(n, 28, 28)`, ink bright; a page shows at most a few hundred.
        indices: Index of each image in the test set, shown as `#9634`.
        true_names: True class name of each image: a wrong answer is written `4 → 9`. None leaves
            them out.
        pred_names: Predicted class name of each image; None leaves the line out.
        probabilities: Probability of each answer, shown with two decimals.
        right: Whether each answer is right; None shows the answers without judging them.
        marks: The signs on each picture, a character each, or none; what they mean stands above
            the tiles.
        alts: What each tile says to a person who can't see it, and on hover.
        chosen: Index whose tile is marked.
        tile_px: Side of a picture in CSS pixels; multiples of 28 are the crispest.
        across: Tiles in a row, on any screen; None puts as many as fit.
        name_length: Characters of the longest name that may occur, here or in another grid: the
            tiles of both are equally wide.
        ink: Whether the images are strokes, shown as ink on paper; photographs are shown as they
            are, bright on black in both themes.
        on_choose: Called with the index of a clicked tile before the page runs again; None makes
            the tiles plain pictures.
        judged: Each image as `judging` tells it, with the verdict on it; None where a person can't
            judge them by key.
        class_names: Of the data set, where images can be judged.
        on_judge: Called with new verdicts.
        key: Streamlit key; keep it stable and the tiles keep their place and focus.

    Raises:
        ValueError: If a sequence doesn't have one entry per image.
    """
    # json.dumps refuses numpy's scalars, and Streamlit then sends the text of the whole dict.
    captions = {
        "indices": _each(indices, int),
        "true_names": _each(true_names, str),
        "pred_names": _each(pred_names, str),
        "probabilities": _each(probabilities, "{:.2f}".format),
        "right": _each(right, bool),
        "marks": _each(marks, str),
    }
    _check_lengths(len(images), alts=alts, **captions)
    captions["chosen"] = None if chosen is None else int(chosen)
    captions |= {"name_length": name_length, "clickable": on_choose is not None}
    # A list of one: in a dict, Streamlit looks for data frames and imports pandas to do so, a
    # second of the first page.
    said = {"alts": list(alts), "size_px": tile_px, "across": across, "ink": ink}
    said |= {"captions": captions, "judged": judging.told(judged, class_names, key)}
    callbacks = _callbacks(key, captions["indices"], on_choose, on_judge)
    _component(data=[sheet(images) | said], key=key, **callbacks)


def picture(
    image: np.ndarray,
    *,
    label: str,
    size_px: int = 280,
    ink: bool = True,
    key: str,
) -> None:
    """Show one image large.

    Args:
        image: uint8 `(28, 28)`, ink bright.
        label: What the picture says to a person who can't see it, and on hover.
        size_px: Its side in CSS pixels; it shrinks where the column is narrower.
        ink: Whether it is made of strokes, shown as ink on paper, or a photograph.
        key: Streamlit key.
    """
    said = {"alts": [label], "size_px": size_px, "ink": ink, "captions": None}
    _component(data=[sheet(image[np.newaxis]) | said], key=key)


def sprite(images: np.ndarray) -> bytes:
    """Draw images side by side as ink on a transparent ground.

    The ink is in the alpha channel, so that CSS can use the sprite as a mask and paint it in any
    colour. A palette of 256 transparencies is half the size of grey with alpha and twice as quick.

    Args:
        images: uint8 `(n, 28, 28)` with n > 0, ink bright.

    Returns:
        A PNG: rows of `SHEET_COLUMNS` images, `SHEET_PITCH` pixels from one to the next.
    """
    columns = min(len(images), SHEET_COLUMNS)
    rows = -(-len(images) // columns)
    cells = np.zeros((rows * columns, SHEET_PITCH, SHEET_PITCH), np.uint8)
    cells[: len(images), :28, :28] = images
    sheet = (
        cells.reshape(rows, columns, SHEET_PITCH, SHEET_PITCH)
        .transpose(0, 2, 1, 3)
        .reshape(rows * SHEET_PITCH, columns * SHEET_PITCH)
    )
    picture = Image.fromarray(sheet).convert("P")
    picture.putpalette(bytes(3 * 256))
    png = io.BytesIO()
    picture.save(png, "PNG", transparency=bytes(range(256)))
    return png.getvalue()


def sheet(images: np.ndarray) -> dict[str, Any]:
    """Describe the sprite of some images to a component's JavaScript.

    Args:
        images: uint8 `(n, 28, 28)`, ink bright.

    Returns:
        The PNG in base 64, empty without images; the images in a row and in a column of it; the
        pixels from one to the next.
    """
    return {
        "png": _encoded(images.tobytes(), len(images)) if len(images) else "",
        "columns": min(len(images), SHEET_COLUMNS),
        "rows": -(-len(images) // SHEET_COLUMNS),
        "pitch": SHEET_PITCH,
    }


def _callbacks(
    key: str,
    indices: Sequence[int],
    on_choose: Callable[[int], None] | None,
    on_judge: judging.Judge | None,
) -> dict[str, Callable[[], None]]:
    """Return what is called when the browser tells of a click or of a verdict."""
    callbacks: dict[str, Callable[[], None]] = {}
    if on_choose is not None:
        known = frozenset(indices) | _shown_before(key, list(indices))
        callbacks["on_choose_change"] = functools.partial(_forward_click, key, known, on_choose)
    if on_judge is not None:
        callbacks["on_verdicts_change"] = functools.partial(_hear, key, on_judge)
    return callbacks


def _shown_before(key: str, indices: list[int]) -> frozenset[int]:
    """Remember what the tiles show, and return what they showed before that.

    A click can reach the server after a run that turned the page; the hand came down before.
    """
    before, now = session.get(f"{key}-shown", ([], []))
    if now != indices:
        before = now
        session.put(f"{key}-shown", (before, indices))
    return frozenset(before)


def _forward_click(key: str, indices: frozenset[int], on_choose: Callable[[int], None]) -> None:
    """Tell `on_choose` which tile was clicked."""
    index = session.chosen_among(key, indices)
    if index is not None:
        on_choose(index)


def _hear(key: str, on_judge: judging.Judge) -> None:
    """Tell `on_judge` what was said of tiles by key."""
    message = session.sent(key, "verdicts")
    if isinstance(message, dict):
        judging.hear(key, message.get("mount"), message.get("said"), on_judge)


# Every run of a page shows most of its images again. Finding them here takes a hundredth of the
# time to draw them.
@functools.lru_cache(maxsize=KEPT_SHEETS)
def _encoded(pixels: bytes, count: int) -> str:
    """Return the sprite of `count` images, given as their bytes, in base 64."""
    images = np.frombuffer(pixels, np.uint8).reshape(count, 28, 28)
    return base64.b64encode(sprite(images)).decode()


def _each(values: Sequence[Any] | None, convert: Callable[[Any], Any]) -> list[Any] | None:
    """Convert every value, or leave None as it is."""
    return None if values is None else [convert(value) for value in values]


def _check_lengths(count: int, **sequences: Sequence[Any] | None) -> None:
    """Refuse a sequence that doesn't have one entry per image."""
    for name, sequence in sequences.items():
        if sequence is not None and len(sequence) != count:
            raise ValueError(
                f"`{name}` must have one entry per image. "
                f"Received: {len(sequence)} entries for {count} images."
            )
