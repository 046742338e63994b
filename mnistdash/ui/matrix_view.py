"""The confusion matrix of a run: how its cells are shown, its heatmap, and its counts as a file."""

import streamlit as st

from mnistdash import datasets, evaluation, exports, store
from mnistdash.ui import filters, heatmap, link

COLUMNS, WIDE_COLUMNS = (6, 5), (7, 4)  # of the page, the matrix's first


def columns(class_names: tuple[str, ...]) -> tuple[int, int]:
    """Return the shares of the page that the matrix and what stands beside it take."""
    return WIDE_COLUMNS if len(class_names) > heatmap.NUMBERED else COLUMNS


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
    st.download_button(
        "Matrix as CSV",
        lambda: exports.matrix_csv(shown.matrix, dataset.class_names),
        file_name=f"{run.id}-matrix.csv",
        icon=":material/download:",
        type="tertiary",
        key="take-matrix",
        on_click="ignore",
    )
    return shown
