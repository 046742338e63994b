"""Figures as data: bars, numbers, and what each says without being seen."""

import plotly.graph_objects as go
import pytest

from mnistdash import figures

# --- the figures ----------------------------------------------------------------------------


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
    assert figure.data[0].text == (
        "At the start: 3 weights from -1 to 0",
        "At the start: 1 weight from 0 to 1",
    )


# --- what holds of every figure -------------------------------------------------------------


LAYERS = [{"layer": "1_dense8", "edges": [-1.0, 0.0, 1.0], "start": [3, 1], "end": [2, 2]}]
FIGURES = {
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
def test_figure_names_its_axes(said: str, figure: go.Figure) -> None:
    """What is drawn up and across stands beside the axes, and each point says it in words."""
    assert figure.layout.xaxis.title.text
    assert figure.layout.yaxis.title.text
    assert all(curve.text for curve in figure.data)


@every_figure
def test_a_swipe_on_a_figure_moves_nothing(said: str, figure: go.Figure) -> None:
    """No axis can be dragged and no drag selects, so that a finger scrolls the page."""
    assert figure.layout.dragmode is False
    axes = [*figure.select_xaxes(), *figure.select_yaxes()]
    assert axes
    assert all(axis.fixedrange is True for axis in axes)
