"""Confusion: click a cell to see those errors."""

import streamlit as st

from mnistdash.ui import answers_view, doors, filters, guards, heatmap, link, pairs, words

PAGE_SIZE = 100
TOP_PAIRS = 7

guards.begin("Confusion")
doors.follow()
run = guards.require_run()
dataset, answers = guards.require_results(run)
names = dataset.class_names
kept = answers

st.caption(f"{words.plain(words.run_title(run))} · Click a cell to see its images.")
with st.container(key="confusion-body"):
    many = len(names) > heatmap.NUMBERED
    left, right = st.columns((7, 4) if many else (6, 5), gap="large")

with left, st.container(key="confusion-matrix"):
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
    answers = filters.at_epoch(run, dataset, answers)
    heatmap.heatmap(
        answers.matrix,
        names,
        shares=unit != "count",
        diagonal=diagonal,
        chosen=link.current().pair,
        on_choose=filters.choose_classes,
        key="heatmap",
    )

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
