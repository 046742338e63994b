"""Confusion: click a cell to see those errors."""

import streamlit as st

from mnistdash.ui import (
    answers_view,
    doors,
    filters,
    guards,
    heatmap,
    link,
    matrix_view,
    pairs,
    words,
)

PAGE_SIZE = 100
TOP_PAIRS = 7

guards.begin("Confusion")
doors.follow()
run = guards.require_run()
dataset, kept = guards.require_results(run)
names = dataset.class_names

st.caption(f"{words.plain(words.run_title(run))} · {heatmap.HOW_TO_READ}")
with st.container(key="confusion-body"):
    left, right = st.columns(matrix_view.columns(names), gap="large")

with left, st.container(key="confusion-matrix"):
    answers = matrix_view.matrix(run, dataset, kept)

with right, st.container(key="confusion-ways"):
    filters.class_boxes(names)
    if largest := answers.pairs()[:TOP_PAIRS]:
        st.header("Largest confusions", anchor=False)
        pairs.pairs(
            dataset,
            answers,
            largest,
            chosen=link.current().pair,
            on_choose=filters.choose_classes,
            key="top-pairs",
        )
    else:
        st.success("Every test image is correct.", icon=":material/check:")

with right, st.container(key="confusion-images"):
    view = link.current()
    if view.pair == (None, None):
        st.caption("No cell is chosen yet.")
        st.stop()
    shown = answers.select(
        true_class=view.true, pred_class=view.pred, include_right=view.only_right
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header(words.images(len(shown)), anchor=False, width="content")
        filters.chips(names)
    answers_view.tiles(
        dataset,
        answers,
        filters.page_of(shown, PAGE_SIZE),
        on_choose=doors.open_image,
        key="cell-images",
        once_right=filters.once_right(run, dataset) if answers is kept else None,
    )
