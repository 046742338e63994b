"""Plain values in, plotly figures out, each with what it says to a person who can't see it.

That sentence stands in `layout.meta`. Colours that are left out come from Streamlit's theme in the
browser, and those of texts from `ui/page.css`, so that one figure serves the light and the dark
ground.
"""

import html
from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from plotly import subplots

from mnistdash import counting

CONFIG = {"displayModeBar": False, "doubleClick": False}  # of every chart
ACCENT = "#6D67F2"
GREY = "#8A8A99"
_GRID = "rgba(138, 138, 153, 0.25)"


def weight_histograms(layers: Sequence[Mapping]) -> go.Figure:
    """Draw each layer's weights at the start and at the end of a training.

    Args:
        layers: a mapping a layer with `layer`, its name, `edges` of k+1 bins, and the k counts
            `start` and `end`.
    """
    # Plotly reads tags.
    titles = [html.escape(entry["layer"], quote=False) for entry in layers]
    figure = subplots.make_subplots(cols=len(layers), subplot_titles=titles)
    for column, entry in enumerate(layers, start=1):
        edges = np.asarray(entry["edges"], float)
        for when, colour in (("start", GREY), ("end", ACCENT)):
            figure.add_scatter(
                x=(edges[:-1] + edges[1:]) / 2,
                y=entry[when],
                mode="lines",
                line={"shape": "hvh", "width": 1.5, "color": colour},
                name=f"at the {when}",
                legendgroup=when,
                showlegend=column == 1,
                text=_weights_in_words(edges, entry[when], when),
                hovertemplate="%{text}<extra></extra>",
                row=1,
                col=column,
            )
    figure.update_yaxes(showticklabels=False, showgrid=False)
    figure.update_yaxes(title_text="number of weights", col=1)
    figure.update_xaxes(title_text="value of a weight")
    layer_names = ", ".join(entry["layer"] for entry in layers)
    said = f"Histograms of the weights at the start and at the end of the training: {layer_names}"
    figure = _calm(figure, height=250, said=said)
    return figure.update_layout(margin_t=36, legend={"y": -0.3, "yanchor": "top"})


def _weights_in_words(edges: np.ndarray, counts: Sequence[int], when: str) -> list[str]:
    """Say of each bin how many weights lie in it: `At the start: 12 weights from 0.10 to 0.15`."""
    return [
        f"At the {when}: {counting.of(count, 'weight')} from {low:.3g} to {high:.3g}"
        for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True)
    ]


def _calm(figure: go.Figure, *, height: int, said: str | None = None) -> go.Figure:
    # A swipe that begins on a chart scrolls the page, and nothing zooms.
    figure.update_xaxes(fixedrange=True)
    figure.update_yaxes(fixedrange=True)
    return figure.update_layout(
        meta=said,
        dragmode=False,
        height=height,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        plot_bgcolor="rgba(0,0,0,0)",
        paper_bgcolor="rgba(0,0,0,0)",
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        hoverlabel={"align": "left"},
    )
