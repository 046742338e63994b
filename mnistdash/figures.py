"""Plain values in, plotly figures out; and a click on the heatmap back to its cell.

Colours that are left out come from Streamlit's theme in the browser, so that one figure serves
the light and the dark ground.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from plotly import subplots

CONFIG = {"displayModeBar": False}  # of every chart
# Two clicks on two cells are no double click, however fast.
CLICKED_CONFIG = CONFIG | {"doubleClickDelay": 1}
ACCENT = "#6D67F2"
GREY = "#8A8A99"
_ORANGE = "234, 88, 12"
_FULL_ALPHA = 0.65  # dark and light numbers alike stay readable on it
_GRID = "rgba(138, 138, 153, 0.25)"


def confusion_heatmap(
    matrix: np.ndarray,
    class_names: Sequence[str],
    *,
    shares: bool = False,
    diagonal: bool = False,
    height_px: int = 520,
    framed: tuple[int | None, int | None] | None = None,
) -> go.Figure:
    """Draw a confusion matrix whose cells can be clicked.

    A heatmap's own cells report no click (streamlit#8760), so frames lie over them, invisible but
    around the cell that is chosen; `clicked_cell` reads what they report.

    Args:
        matrix: int `(10, 10)`, row true, column predicted.
        class_names: ten names.
        shares: write each cell as a percentage of its true class, not as a count.
        diagonal: show correct ones too.
        height_px: of the whole figure.
        framed: the true and the predicted class to put frames around, None for any; without it
            the browser frames what was clicked last, with no word from here.
    """
    totals = np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    values = (100 * matrix / totals if shares else matrix).astype(float)
    shown = (matrix > 0) & (diagonal | ~np.eye(len(matrix), dtype=bool))
    top = values[shown].max(initial=1e-9)
    rows, columns = np.nonzero(shown)
    figure = go.Figure(
        [
            go.Heatmap(
                z=np.where(shown, values, np.nan),
                zmin=0,
                zmax=top,
                colorscale=[[0, f"rgba({_ORANGE}, 0.04)"], [1, f"rgba({_ORANGE}, {_FULL_ALPHA})"]],
                showscale=False,
                hoverinfo="skip",
                xgap=1,
                ygap=1,
            ),
            _cell_markers(matrix, rows, columns, class_names, size_px=round(0.07 * height_px)),
        ]
    )
    if framed is not None:
        figure.data[1].selectedpoints = _within(rows, columns, framed)
    # All numbers at once: plotly checks the whole list again for every one added.
    figure.layout.annotations = [
        _cell_text(int(row), int(column), f"{values[row, column]:.{int(shares)}f}")
        for row, column in zip(rows, columns, strict=True)
    ]
    ends = len(matrix) - 0.5
    line = {"color": _GRID, "width": 1}
    figure.add_shape(type="line", x0=-0.5, y0=-0.5, x1=ends, y1=ends, line=line, layer="below")
    return _calm(_square_axes(figure, class_names), height=height_px)


def clicked_cell(event: Mapping) -> tuple[int, int] | None:
    """Return the `(true_class, pred_class)` that a selection of the heatmap names, if any.

    Args:
        event: what Streamlit reports of `confusion_heatmap`; a browser can send anything.
    """
    try:
        true_class, pred_class = event["selection"]["points"][0]["customdata"][:2]
    except (KeyError, IndexError, TypeError, ValueError):
        return None
    cell = (true_class, pred_class)
    return cell if all(type(side) is int and 0 <= side <= 9 for side in cell) else None


def learning_curves(
    history: Sequence[Mapping],
    metric: str,
    *,
    epochs: int,
    samples: Sequence[tuple[float, float | None]] = (),
    best_epoch: int | None = None,
) -> go.Figure:
    """Draw one metric over the epochs, on training and validation images.

    Args:
        history: a mapping an epoch with `metric` and `val_` + `metric`, which may be `None`.
        metric: `loss` or `accuracy`.
        epochs: how many are planned: the curve grows into that width.
        samples: `(epoch, value)` on the way through the epochs, an epoch being fractional.
        best_epoch: the epoch of the lowest validation loss, from 0, marked on the curve.
    """
    numbers = [epoch["epoch"] + 1 for epoch in history]
    figure = go.Figure()
    if samples:
        _add_samples(figure, samples)
    for key, name, line in (
        (metric, "training", {"color": GREY, "width": 2, "dash": "dot"}),
        (f"val_{metric}", "validation", {"color": ACCENT, "width": 2.5}),
    ):
        values = [epoch.get(key) for epoch in history]
        if any(value is not None for value in values):
            figure.add_scatter(
                x=numbers,
                y=values,
                mode="lines+markers",
                name=name,
                line=line,
                marker={"size": 6},
                hovertemplate=f"epoch %{{x}}: {metric} %{{y:.4f}} on {name} images<extra></extra>",
            )
    best = None if best_epoch is None else history[best_epoch].get(f"val_{metric}")
    if best is not None:
        _mark_best(figure, best_epoch, best)
    figure.update_xaxes(title="epoch", range=[0, epochs + 0.3], dtick=max(1, epochs // 10))
    figure.update_yaxes(
        tickformat=".1%" if metric == "accuracy" else None,
        range=_settled_range(history, metric, samples),
        gridcolor=_GRID,
    )
    return _calm(figure, height=260)


def weight_histograms(layers: Sequence[Mapping]) -> go.Figure:
    """Draw each layer's weights at the start and at the end of a training.

    Args:
        layers: a mapping a layer with `layer`, its name, `edges` of k+1 bins, and the k counts
            `start` and `end`.
    """
    figure = subplots.make_subplots(cols=len(layers), subplot_titles=[e["layer"] for e in layers])
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
                hoverinfo="skip",
                row=1,
                col=column,
            )
    figure.update_yaxes(showticklabels=False, showgrid=False)
    figure = _calm(figure, height=220)
    return figure.update_layout(margin_t=36, legend={"y": -0.2, "yanchor": "top"})


def class_counts(counts: Mapping[str, Sequence[int]], class_names: Sequence[str]) -> go.Figure:
    """Draw how many images each class has.

    Args:
        counts: ten counts for each split, by its name.
        class_names: ten names.
    """
    figure = go.Figure()
    for (name, values), colour in zip(counts.items(), (ACCENT, GREY), strict=False):
        figure.add_bar(
            x=list(class_names),
            y=list(values),
            name=name,
            marker_color=colour,
            hovertemplate=f"%{{x}}: %{{y:,}} {name} images<extra></extra>",
        )
    figure.update_xaxes(type="category")
    figure.update_yaxes(gridcolor=_GRID)
    return _calm(figure, height=260)


def occlusion(falls: np.ndarray, image: np.ndarray) -> go.Figure:
    """Draw which pixels carry an answer, over the image itself.

    Args:
        falls: float32 `(28, 28)`, by how much the answer's probability falls when covered.
        image: uint8 `(28, 28)`.
    """
    figure = go.Figure(
        [
            go.Heatmap(
                z=np.where(image > 0, image, np.nan),
                colorscale=[[0, "rgba(138, 138, 153, 0)"], [1, "rgba(138, 138, 153, 1)"]],
                showscale=False,
                hoverinfo="skip",
            ),
            go.Heatmap(
                z=np.maximum(falls, 0),
                zmin=0,
                zmax=max(float(falls.max()), 0.05),
                colorscale=[[0, f"rgba({_ORANGE}, 0)"], [1, f"rgba({_ORANGE}, 0.85)"]],
                showscale=False,
                hovertemplate="covered: −%{z:.2f}<extra></extra>",
            ),
        ]
    )
    figure.update_xaxes(visible=False, constrain="domain")
    figure.update_yaxes(visible=False, autorange="reversed", scaleanchor="x")
    return _calm(figure, height=260)


def pixel_grid(image: np.ndarray) -> go.Figure:
    """Draw one image as the numbers it is made of.

    Args:
        image: uint8 `(28, 28)`.
    """
    rows, columns = np.nonzero(image)
    figure = go.Figure(
        [
            go.Heatmap(
                z=image,
                colorscale=[[0, "rgba(138, 138, 153, 0.06)"], [1, "rgba(138, 138, 153, 0.8)"]],
                zmin=0,
                zmax=255,
                xgap=1,
                ygap=1,
                showscale=False,
                hovertemplate="row %{y}, column %{x}: %{z}<extra></extra>",
            ),
            go.Scatter(
                x=columns,
                y=rows,
                text=image[rows, columns].astype(str),
                mode="text",
                textfont={"size": 9},
                hoverinfo="skip",
                showlegend=False,
            ),
        ]
    )
    bare = {"constrain": "domain", "showgrid": False, "zeroline": False, "dtick": 4}
    figure.update_xaxes(side="top", range=[-0.5, 27.5], **bare)
    figure.update_yaxes(scaleanchor="x", range=[27.5, -0.5], **bare)
    return _calm(figure, height=640)


def _cell_text(row: int, column: int, text: str) -> dict[str, object]:
    return {"x": column, "y": row, "text": text, "showarrow": False}


def _within(
    rows: np.ndarray, columns: np.ndarray, classes: tuple[int | None, int | None]
) -> np.ndarray:
    """Find the cells of a true and a predicted class; of none when both are any."""
    true_class, pred_class = classes
    if true_class is None and pred_class is None:
        return np.array([], int)
    in_row = (rows == true_class) | (true_class is None)
    return np.flatnonzero(in_row & ((columns == pred_class) | (pred_class is None)))


def _cell_markers(
    matrix: np.ndarray,
    rows: np.ndarray,
    columns: np.ndarray,
    class_names: Sequence[str],
    *,
    size_px: int,
) -> go.Scatter:
    totals = matrix.sum(axis=1)
    hover = [
        f"{class_names[i]} read as {class_names[j]}: {matrix[i, j]:,}"
        f" image{'' if matrix[i, j] == 1 else 's'}, {100 * matrix[i, j] / totals[i]:.1f} % of all"
        f" true {class_names[i]}"
        for i, j in zip(rows, columns, strict=True)
    ]
    frame = {"symbol": "square-open", "size": size_px, "color": ACCENT, "line": {"width": 2}}
    return go.Scatter(
        x=columns,
        y=rows,
        mode="markers",
        marker=frame | {"opacity": 0},
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 0}},
        customdata=[[int(i), int(j)] for i, j in zip(rows, columns, strict=True)],
        hovertext=hover,
        hovertemplate="%{hovertext}<extra></extra>",
        showlegend=False,
    )


def _add_samples(figure: go.Figure, samples: Sequence[tuple[float, float | None]]) -> None:
    figure.add_scatter(
        x=[at for at, _ in samples],
        y=[value for _, value in samples],
        mode="lines",
        name="within the epochs",
        line={"color": GREY, "width": 1},
        opacity=0.5,
        hoverinfo="skip",
    )


def _mark_best(figure: go.Figure, epoch: int, value: float) -> None:
    figure.add_scatter(
        x=[epoch + 1],
        y=[value],
        mode="markers+text",
        name="best",
        text=["best"],
        textposition="top center",
        marker={"size": 12, "symbol": "circle-open", "color": ACCENT, "line": {"width": 2}},
        hovertemplate=f"lowest validation loss: epoch {epoch + 1}<extra></extra>",
        showlegend=False,
    )


def _settled_range(
    history: Sequence[Mapping], metric: str, samples: Sequence[tuple[float, float | None]]
) -> list[float] | None:
    """Return the range of the values after the first half epoch, whose steep start hides the rest.

    `None`, for a range of plotly's own, while there is nothing else.
    """
    values = [epoch.get(key) for epoch in history for key in (metric, f"val_{metric}")]
    values += [value for at, value in samples if at >= 0.5]
    known = [value for value in values if value is not None]
    if not known:
        return None
    margin = 0.05 * (max(known) - min(known)) or 0.01
    return [min(known) - margin, max(known) + margin]


def _square_axes(figure: go.Figure, class_names: Sequence[str]) -> go.Figure:
    long = max(len(name) for name in class_names) > 3
    ticks = {
        "tickvals": list(range(len(class_names))),
        "ticktext": list(class_names),
        "showgrid": False,
        "zeroline": False,
        "ticks": "",
        "fixedrange": True,
    }
    figure.update_xaxes(
        title="predicted class",
        side="top",
        range=[-0.5, 9.5],
        constrain="domain",
        tickangle=-45 if long else 0,
        **ticks,
    )
    return figure.update_yaxes(
        title="true class", range=[9.5, -0.5], scaleanchor="x", constrain="domain", **ticks
    )


def _calm(figure: go.Figure, *, height: int) -> go.Figure:
    return figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        plot_bgcolor="rgba(0,0,0,0)",
        paper_bgcolor="rgba(0,0,0,0)",
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        hoverlabel={"align": "left"},
    )
