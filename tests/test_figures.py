"""Figures as data: what stands in each cell, what a click says, and curves with gaps."""

import json

import numpy as np
import plotly.graph_objects as go
import pytest

from mnistdash import figures

DIGITS = tuple("0123456789")


@pytest.fixture
def matrix() -> np.ndarray:
    """Ten of each class, all right but two fours read as 9 and one nine read as 4."""
    counts = np.diag(np.full(10, 10))
    counts[4, 4], counts[4, 9] = 8, 2
    counts[9, 9], counts[9, 4] = 9, 1
    return counts


def cells(figure: go.Figure) -> dict[tuple[int, int], str]:
    """Return the text written over each cell, by row and column."""
    return {(int(a.y), int(a.x)): a.text for a in figure.layout.annotations}


# --- the heatmap ----------------------------------------------------------------------------


def test_only_errors_are_shown_at_first(matrix: np.ndarray) -> None:
    """Two cells hold errors; zeros and the diagonal stay empty."""
    figure = figures.confusion_heatmap(matrix, DIGITS)
    assert cells(figure) == {(4, 9): "2", (9, 4): "1"}
    heat = np.array(figure.data[0].z, float)
    assert (heat[4, 9], heat[9, 4]) == (2, 1)
    assert np.isnan(heat).sum() == 98


def test_diagonal_can_be_shown(matrix: np.ndarray) -> None:
    """With the diagonal there are ten cells more."""
    shown = cells(figures.confusion_heatmap(matrix, DIGITS, diagonal=True))
    assert len(shown) == 12
    assert (shown[0, 0], shown[4, 4], shown[9, 9]) == ("10", "8", "9")


def test_shares_are_of_the_true_class(matrix: np.ndarray) -> None:
    """Two of ten fours are 20.0 %, one of ten nines 10.0 %; the strongest colour is the 20."""
    figure = figures.confusion_heatmap(matrix, DIGITS, shares=True)
    assert cells(figure) == {(4, 9): "20.0", (9, 4): "10.0"}
    assert figure.data[0].zmax == 20


@pytest.mark.parametrize("diagonal", [False, True])
@pytest.mark.parametrize("shares", [False, True])
def test_each_shown_cell_has_one_marker(matrix: np.ndarray, shares: bool, diagonal: bool) -> None:
    """The marker over a cell says which it is, row true and column predicted."""
    figure = figures.confusion_heatmap(matrix, DIGITS, shares=shares, diagonal=diagonal)
    markers = figure.data[1]
    places = [(int(y), int(x)) for x, y in zip(markers.x, markers.y, strict=True)]
    assert [tuple(cell) for cell in markers.customdata] == places
    assert set(places) == set(cells(figure))
    assert len(places) == len(set(places))


def test_marker_says_in_words_what_it_is(matrix: np.ndarray) -> None:
    """The hover names both classes, the count and its share of the true class."""
    names = tuple("ABCDEFGHIJ")
    hover = figures.confusion_heatmap(matrix, names).data[1].hovertext
    assert hover == (
        "E read as J: 2 images, 20.0 % of all true E",
        "J read as E: 1 image, 10.0 % of all true J",
    )


def test_heatmap_is_drawn_as_the_field_does(matrix: np.ndarray) -> None:
    """Titles on both axes, predicted on top, true classes from the top down, cells square."""
    layout = figures.confusion_heatmap(matrix, DIGITS).layout
    assert (layout.xaxis.title.text, layout.yaxis.title.text) == ("predicted class", "true class")
    assert layout.xaxis.side == "top"
    assert tuple(layout.xaxis.range) == (-0.5, 9.5)
    assert tuple(layout.yaxis.range) == (9.5, -0.5)
    assert layout.yaxis.scaleanchor == "x"


def test_clicks_reach_the_markers(matrix: np.ndarray) -> None:
    """The heatmap takes no pointer; of the frames above it only the chosen one can be seen."""
    heat, markers = figures.confusion_heatmap(matrix, DIGITS).data
    assert heat.hoverinfo == "skip"
    assert markers.mode == "markers"
    assert markers.marker.opacity == markers.unselected.marker.opacity == 0
    assert markers.selected.marker.opacity == 1
    assert markers.selectedpoints is None


@pytest.mark.parametrize(
    ("classes", "framed"),
    [
        ((2, 7), [[2, 7]]),
        ((2, None), [[2, 3], [2, 7]]),
        ((None, 7), [[2, 7], [9, 7]]),
        ((None, None), []),
        ((0, 1), []),
    ],
)
def test_chosen_cells_are_framed(
    classes: tuple[int | None, int | None], framed: list[list[int]]
) -> None:
    """A cell, a row, a column, none, and a cell that is not shown as it holds no image."""
    few = np.zeros((10, 10), int)
    few[2, 3] = few[2, 7] = few[9, 7] = 1
    markers = figures.confusion_heatmap(few, DIGITS, framed=classes).data[1]
    assert [markers.customdata[k] for k in markers.selectedpoints] == framed


@pytest.mark.parametrize("diagonal", [False, True])
def test_heatmap_of_nothing(diagonal: bool) -> None:
    """A matrix without errors, and one without images, are drawn empty."""
    assert (
        cells(figures.confusion_heatmap(np.zeros((10, 10), int), DIGITS, diagonal=diagonal)) == {}
    )
    perfect = figures.confusion_heatmap(np.diag(np.full(10, 5)), DIGITS, diagonal=diagonal)
    assert len(cells(perfect)) == (10 if diagonal else 0)


@pytest.mark.parametrize("shares", [False, True])
def test_full_heatmap_is_json(shares: bool) -> None:
    """Ninety cells of an untrained model become plain JSON, with no NaN that browsers refuse."""
    figure = figures.confusion_heatmap(np.full((10, 10), 1000), DIGITS, shares=shares)
    json.loads(figure.to_json(), parse_constant=pytest.fail)
    assert len(cells(figure)) == 90


def test_heatmap_leaves_the_matrix_alone(matrix: np.ndarray) -> None:
    """Drawing needs no right to write."""
    matrix.flags.writeable = False
    before = matrix.copy()
    figures.confusion_heatmap(matrix, DIGITS, shares=True, diagonal=True)
    np.testing.assert_array_equal(matrix, before)


def test_same_matrix_makes_the_same_figure(matrix: np.ndarray) -> None:
    """Streamlit knows a chart by its contents: one that changes by itself loses its selection."""
    first, second = (figures.confusion_heatmap(matrix, DIGITS).to_json() for _ in range(2))
    assert first == second


# --- clicks ---------------------------------------------------------------------------------


def click(customdata: object) -> dict:
    """Build what Streamlit reports of a click on a marker."""
    return {"selection": {"points": [{"customdata": customdata}], "point_indices": [0]}}


@pytest.mark.parametrize("cell", [(4, 9), (0, 0), (9, 0)])
def test_click_names_its_cell(cell: tuple[int, int]) -> None:
    """What the marker carries comes back."""
    assert figures.clicked_cell(click(list(cell))) == cell


def test_click_on_each_marker_names_the_cell_below(matrix: np.ndarray) -> None:
    """Who encodes, decodes: every marker's data is read back as its place."""
    markers = figures.confusion_heatmap(matrix, DIGITS, diagonal=True).data[1]
    for x, y, carried in zip(markers.x, markers.y, markers.customdata, strict=True):
        assert figures.clicked_cell(click(list(carried))) == (y, x)


FORGED = [
    None, {}, [], "", 5, {"selection": None}, {"selection": {}}, {"selection": {"points": None}},
    {"selection": {"points": []}}, {"selection": {"points": [None]}}, {"selection": {"points": 5}},
    {"selection": {"points": [{}]}}, {"selection": {"points": {"0": {}}}}, click(None), click([]),
    click([4]), click(["4", "9"]), click("49"), click([4, 10]), click([-1, 9]), click([4.0, 9]),
    click([True, False]), click([None, 9]), click([[4], [9]]), click({"0": 4, "1": 9}),
    click({0: 4, 1: 9}), click(5), click([10**400, 4]), click([float("nan"), 4]),
    click(["<img>", 4]),
]  # fmt: skip


@pytest.mark.parametrize("event", FORGED, ids=range(len(FORGED)))
def test_forged_click_names_no_cell(event: object) -> None:
    """A browser can send anything; only two whole numbers in 0-9 are a cell."""
    assert figures.clicked_cell(event) is None


# --- curves ---------------------------------------------------------------------------------


def epochs(losses: list[float | None], val_losses: list[float | None]) -> list[dict]:
    """Build a history as the store returns it."""
    return [
        {"epoch": n, "loss": loss, "val_loss": val_loss}
        for n, (loss, val_loss) in enumerate(zip(losses, val_losses, strict=True))
    ]


def test_curves_count_epochs_from_one() -> None:
    """Epoch 0 in code is epoch 1 on screen; both curves are named."""
    figure = figures.learning_curves(epochs([0.5, 0.25], [0.6, 0.5]), "loss", epochs=5)
    training, validation = figure.data
    assert (training.name, validation.name) == ("training", "validation")
    assert (tuple(training.x), tuple(training.y)) == ((1, 2), (0.5, 0.25))
    assert tuple(validation.y) == (0.6, 0.5)
    assert figure.layout.xaxis.range[1] >= 5


def test_no_validation_no_curve() -> None:
    """A training without validation images has one curve."""
    figure = figures.learning_curves(epochs([0.5, 0.25], [None, None]), "loss", epochs=2)
    assert [curve.name for curve in figure.data] == ["training"]


def test_curve_of_a_diverged_run_has_a_gap() -> None:
    """A loss that is no number any more is a gap, and the epochs before it are drawn."""
    figure = figures.learning_curves(epochs([0.5, None], [None, None]), "loss", epochs=9)
    assert figure.data[0].y == (0.5, None)
    json.loads(figure.to_json(), parse_constant=pytest.fail)


@pytest.mark.parametrize("metric", ["loss", "accuracy"])
def test_curves_of_nothing(metric: str) -> None:
    """Before the first epoch there is an empty frame, with samples the line on the way."""
    assert not figures.learning_curves([], metric, epochs=1).data
    samples = [(0.0, None), (0.25, 0.9), (0.75, 0.5)]
    figure = figures.learning_curves([], metric, epochs=1, samples=samples)
    assert [tuple(curve.x) for curve in figure.data] == [(0.0, 0.25, 0.75)]
    json.loads(figure.to_json(), parse_constant=pytest.fail)


def test_curve_of_one_value_has_a_height() -> None:
    """One epoch, or equal ones, still leave room above and below."""
    low, high = figures.learning_curves(epochs([0.5], [0.5]), "loss", epochs=1).layout.yaxis.range
    assert low < 0.5 < high


def test_best_epoch_is_marked_on_validation() -> None:
    """A ring at the second epoch, on the validation curve's value; without validation none."""
    history = epochs([0.5, 0.25, 0.1], [0.6, 0.5, 0.7])
    ring = figures.learning_curves(history, "loss", epochs=3, best_epoch=1).data[-1]
    assert (ring.name, tuple(ring.x), tuple(ring.y)) == ("best", (2,), (0.5,))
    unmarked = figures.learning_curves(epochs([0.5], [None]), "loss", epochs=1, best_epoch=0)
    assert [curve.name for curve in unmarked.data] == ["training"]


# --- the other figures ----------------------------------------------------------------------


def test_class_counts_are_bars_by_name() -> None:
    """Each split is a row of bars over the class names, digits being names too."""
    counts = {"training": range(10), "test": [5] * 10}
    figure = figures.class_counts(counts, DIGITS)
    assert [bar.name for bar in figure.data] == ["training", "test"]
    assert tuple(figure.data[0].x) == DIGITS
    assert tuple(figure.data[0].y) == tuple(range(10))
    assert figure.layout.xaxis.type == "category"


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
