"""Charts written as plain HTML, for `st.html`: a browser has nothing to load for them."""

import base64
import functools
import html
import io
from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image

from mnistdash.ui import words

GREY = (138, 138, 153)
ORANGE = (234, 88, 12)
FAINT, STRONG = 0.06, 0.7  # light and dark numbers alike stay readable on it
_STRONGEST = 0.85  # how opaque the orange may become: the ink shows through
_LEAST_FALL = 0.05  # the fall that is shown strongest, where none is larger
_EDGES = "".join(
    f'<span class="edge" style="grid-area:1/{at + 2}">{at}</span>'
    f'<span class="edge" style="grid-area:{at + 2}/1">{at}</span>'
    for at in range(0, 28, 4)
)


def class_counts(counts: Mapping[str, Sequence[int]], class_names: Sequence[str]) -> str:
    """Write how many images each class has as a bar for each split.

    Args:
        counts: K counts for each split, by its name.
        class_names: K names.
    """
    most = max(1, *(max(values) for values in counts.values()))
    items = "".join(
        f"<li><span>{html.escape(name)}</span>"
        f"{_bars(name, {split: values[label] for split, values in counts.items()}, most)}</li>"
        for label, name in enumerate(class_names)
    )
    legend = "".join(f'<span class="{split}"><i></i> {split} images</span>' for split in counts)
    said = "; ".join(_range_in_words(split, counts[split], class_names) for split in counts)
    return (
        f'<p class="marks counts-legend">{legend}</p>'
        f'<ul class="counts" aria-label="Images in each class: {html.escape(said)}">{items}</ul>'
    )


@functools.lru_cache(maxsize=128)
def pixel_grid(pixels: bytes) -> str:
    """Write one image as the numbers it is made of.

    Args:
        pixels: of the image, uint8 `(28, 28)`, row by row.
    """
    image = np.frombuffer(pixels, np.uint8).reshape(28, 28)
    rows, columns = np.nonzero(image)
    numbers = "".join(
        f'<span style="grid-area:{row + 2}/{column + 2}"'
        f' title="Row {row}, column {column}: {image[row, column]} of 255">'
        f"{image[row, column]}</span>"
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
    )
    said = f"28x28 pixels as numbers from 0 to 255: {len(rows)} are inked, {784 - len(rows)} are 0"
    return (
        f'<div class="pixels" role="img" aria-label="{said}"><div>'
        f'<img src="data:image/png;base64,{_shades(image)}" alt="">{_EDGES}{numbers}</div></div>'
    )


def covered(falls: np.ndarray, image: np.ndarray, answer: str) -> str:
    """Write which pixels of an image carry its answer, as a map beside what it says.

    Args:
        falls: float32 `(28, 28)`, by how much the answer's probability falls when covered.
        image: uint8 `(28, 28)`.
        answer: the name of its class.
    """
    name, most = html.escape(answer), float(falls.max())
    said = f"Orange: covering these pixels makes {name} less probable, by up to {most:.2f}"
    if round(most, 2) <= 0:
        said = f"Whichever pixels are covered, {name} stays as probable"
    return (
        f'<div class="covered"><img src="data:image/png;base64,{_heat(falls, image)}"'
        f' alt="{said}"><p>{said}. Each pixel was covered with those around it, 5 by 5'
        " (Zeiler and Fergus, 2014).</p></div>"
    )


def _heat(falls: np.ndarray, image: np.ndarray) -> str:
    """Draw falls in orange over an image in grey, on a transparent ground: a PNG in base 64."""
    heat = _STRONGEST * np.clip(falls / max(float(falls.max()), _LEAST_FALL), 0, 1)
    ink = image / 255 * (1 - heat)  # what shows through
    opacity = heat + ink
    shares = np.stack([heat, ink]) / np.maximum(opacity, 1e-9)  # of the two colours
    colours = np.tensordot(shares, np.array([ORANGE, GREY]), axes=(0, 0))  # (28, 28, 3)
    pixels = np.dstack([colours, 255 * opacity])
    return _png(Image.fromarray(np.rint(pixels).astype(np.uint8), "RGBA"))


def _bars(class_name: str, of_class: Mapping[str, int], most: int) -> str:
    name = html.escape(class_name)
    return "".join(
        f'<div class="{split}" title="{name}: {words.images(count, split)}">'
        f'<i style="width:{100 * count / most:.1f}%"></i><b>{words.count(count)}</b></div>'
        for split, count in of_class.items()
    )


def _range_in_words(split: str, counts: Sequence[int], class_names: Sequence[str]) -> str:
    low, high = int(np.argmin(counts)), int(np.argmax(counts))
    return (
        f"{split} from {words.count(counts[low])} ({class_names[low]})"
        f" to {words.count(counts[high])} ({class_names[high]})"
    )


def _shades(image: np.ndarray) -> str:
    """Draw an image in grey on a transparent ground: a PNG in base 64."""
    picture = Image.fromarray(image).convert("P")
    picture.putpalette(bytes(256 * GREY))
    opacities = np.linspace(255 * FAINT, 255 * STRONG, 256).astype(np.uint8)
    return _png(picture, transparency=opacities.tobytes())


def _png(picture: Image.Image, **options: object) -> str:
    png = io.BytesIO()
    picture.save(png, "PNG", **options)
    return base64.b64encode(png.getvalue()).decode()
