"""The confusion matrix of a run: how its cells are shown, its heatmap, and the same as files."""

import streamlit as st

from mnistdash import datasets, evaluation, exports, store
from mnistdash.charts import cells
from mnistdash.ui import figure_files, filters, heatmap, link

COLUMNS, WIDE_COLUMNS = (6, 5), (7, 4)  # of the page, the matrix's first


def columns(class_names: tuple[str, ...]) -> tuple[int, int]:
    """Return the shares of the page that the matrix and what stands beside it take."""
    return WIDE_COLUMNS if len(class_names) > cells.NUMBERED else COLUMNS


def matrix(
    run: store.Run, dataset: datasets.Dataset, answers: evaluation.Evaluation
) -> evaluation.Evaluation:
    """Show the heatmap, whose cells choose classes; return the answers of the chosen epoch."""
    with st.container(horizontal=True, vertical_alignment="center"):
        unit = st.segmented_control(
            "Cells show",
            ("count", "share of the true class"),
            default="count",
            required=True,
            key="cells_show",
            persist_state="session",
            label_visibility="collapsed",
        )
        diagonal = st.toggle("Show correct ones too", key="diagonal", persist_state="session")
    shown = filters.at_epoch(run, dataset, answers)
    heatmap.heatmap(
        shown.matrix,
        dataset.class_names,
        shares=unit != "count",
        diagonal=diagonal,
        chosen=link.current().pair,
        on_choose=filters.choose_classes,
        key="heatmap",
    )
    figure_files.offer(
        lambda: [
            cells.panel(
                shown.matrix, dataset.class_names, shares=unit != "count", diagonal=diagonal
            )
        ],
        title="Confusion matrix",
        of=_whose(run, dataset, shown),
        name=f"{run.id}-confusion",
        csv=lambda: exports.matrix_csv(shown.matrix, dataset.class_names),
        key="take-matrix",
    )
    return shown


def _whose(run: store.Run, dataset: datasets.Dataset, shown: evaluation.Evaluation) -> str:
    epoch = link.current().epoch
    after = f" · after epoch {epoch}" if epoch else ""
    return f"{figure_files.whose(run, dataset, len(shown))}{after}"
