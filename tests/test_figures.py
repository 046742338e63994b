"""Figures as data: bars, numbers, and what each says without being seen."""

import numpy as np
import plotly.graph_objects as go
import pytest

from mnistdash import figures

DIGITS = tuple("0123456789")


# --- the other figures ----------------------------------------------------------------------


def test_class_counts_are_bars_by_name() -> None:
    """Each split is a row of bars over the class names, digits being names too."""
    counts = {"training": range(10), "test": [5] * 10}
    figure = figures.class_counts(counts, DIGITS)
    assert [bar.name for bar in figure.data] == ["training", "test"]
    assert tuple(figure.data[0].x) == DIGITS
    assert tuple(figure.data[0].y) == tuple(range(10))
    assert figure.layout.xaxis.type == "category"


def test_class_names_are_no_markup_in_a_chart() -> None:
    """Plotly would write `<b>` in bold: the name goes to it with the signs spelled out."""
    figure = figures.class_counts({"training": [9, 3], "test": [1, 2]}, ("<b>A</b>", "R&D"))
    assert tuple(figure.data[0].x) == ("&lt;b&gt;A&lt;/b&gt;", "R&amp;D")


def test_pixel_grid_writes_each_number_but_zero() -> None:
    """An image's only inked pixel is written in its place, first row on top."""
    image = np.zeros((28, 28), np.uint8)
    image[2, 7] = 200
    figure = figures.pixel_grid(image)
    numbers = figure.data[1]
    assert (list(numbers.x), list(numbers.y), list(numbers.text)) == ([7], [2], ["200"])
    assert (figure.data[0].zmin, figure.data[0].zmax) == (0, 255)
    assert figure.layout.yaxis.range == (27.5, -0.5)


def test_weights_are_drawn_by_layer() -> None:
    """Counts of two bins stand over their middles, at the start and at the end."""
    layers = [
        {"layer": name, "edges": [-1.0, 0.0, 1.0], "start": [3, 1], "end": [2, 2]}
        for name in ("1_dense8", "2_dense10")
    ]
    figure = figures.weight_histograms(layers)
    assert len(figure.data) == 4
    assert [tuple(curve.x) for curve in figure.data] == [(-0.5, 0.5)] * 4
    assert [tuple(curve.y) for curve in figure.data] == [(3, 1), (2, 2)] * 2
    assert [title.text for title in figure.layout.annotations] == ["1_dense8", "2_dense10"]


# --- what holds of every figure -------------------------------------------------------------


def pixel(value: int) -> np.ndarray:
    """Build an image with one inked pixel, in row 2 and column 7."""
    image = np.zeros((28, 28), np.uint8)
    image[2, 7] = value
    return image


LAYERS = [{"layer": "1_dense8", "edges": [-1.0, 0.0, 1.0], "start": [3, 1], "end": [2, 2]}]
FIGURES = {
    "Images in each class: training from 3 (b) to 9 (a); test from 1 (a) to 2 (b)": (
        figures.class_counts({"training": [9, 3], "test": [1, 2]}, ("a", "b"))
    ),
    "The image, orange where covering it makes the answer less probable: most at row 2, column 7,"
    " by 0.50": figures.occlusion(pixel(1) * np.float32(0.5), pixel(200)),
    "28x28 pixels as numbers from 0 to 255: 1 are inked, 783 are 0": figures.pixel_grid(pixel(200)),
    "Histograms of the weights at the start and at the end of the training: 1_dense8": (
        figures.weight_histograms(LAYERS)
    ),
}
every_figure = pytest.mark.parametrize(("said", "figure"), FIGURES.items(), ids=range(len(FIGURES)))


@every_figure
def test_figure_says_what_it_shows(said: str, figure: go.Figure) -> None:
    """A sentence for a person who can't see it goes with the figure."""
    assert figure.layout.meta == said


@every_figure
def test_a_swipe_on_a_figure_moves_nothing(said: str, figure: go.Figure) -> None:
    """No axis can be dragged and no drag selects, so that a finger scrolls the page."""
    assert figure.layout.dragmode is False
    axes = [*figure.select_xaxes(), *figure.select_yaxes()]
    assert axes
    assert all(axis.fixedrange is True for axis in axes)


def luminance(colour: tuple[float, ...]) -> float:
    """Return the relative luminance of a colour of three parts in 0-255, as WCAG 2 defines it."""
    parts = np.array(colour) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


@pytest.mark.parametrize(
    ("text", "ground"), [((28, 27, 34), (255, 255, 255)), ((236, 236, 241), (19, 19, 24))]
)
def test_numbers_of_pixels_can_be_read(text: tuple[int, ...], ground: tuple[int, ...]) -> None:
    """On the strongest and the palest grey, text and ground of both themes differ by 4.5."""
    for _, colour in figures.pixel_grid(pixel(200)).data[0].colorscale:
        *grey, alpha = (float(part) for part in colour[5:-1].split(","))
        mixed = [alpha * g + (1 - alpha) * w for g, w in zip(grey, ground, strict=True)]
        pale, dark = sorted((luminance(text), luminance(mixed)), reverse=True)
        assert (pale + 0.05) / (dark + 0.05) >= 4.5
