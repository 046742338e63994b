"""Gallery: every error, filtered by true and predicted class."""

import functools

import streamlit as st

from mnistdash.ui import (
    answers_view,
    card,
    exports_view,
    filters,
    guards,
    labels_view,
    verdicts_view,
    words,
)

PAGE_SIZE = 120

guards.begin("Gallery")
run = guards.require_run()
dataset, answers = guards.require_results(run)
answers = labels_view.with_suspects(run, dataset, answers)

with st.container(key="gallery-body"):
    left, right = st.columns((5, 3), gap="large")
with left:
    with filters.box():
        filters.class_boxes(dataset.class_names)
        filters.order_box(answers)
        filters.confidence_slider(answers)
        filters.verdict_box()
        filters.all_images_switch()
        doubted = labels_view.filter_box(run, dataset, answers)
        kept, answers = answers, filters.at_epoch(run, dataset, answers)
        shown = verdicts_view.selected(dataset, filters.selected(answers, doubted))
        filters.index_box(answers, shown, PAGE_SIZE)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"**{words.count(len(shown))}** of {filters.of_all(answers)}"
            f" of {words.plain(words.run_title(run))}",
            width="content",
        )
        exports_view.of_images(run, dataset, answers, shown)
        verdicts_view.box(dataset)
    labels_view.how_reliable(run, dataset)
    verdicts_view.line(dataset, answers)
    filters.chips(dataset.class_names)
    if len(shown):
        answers_view.tiles(
            dataset,
            answers,
            filters.page_of(shown, PAGE_SIZE),
            on_choose=functools.partial(card.open_card, among=shown),
            key="gallery",
            once_right=filters.once_right(run, dataset) if answers is kept else None,
        )
    else:
        st.caption("No image meets these filters. Widen the confidence, or choose other classes.")
with right:
    card.card(run, dataset, answers, among=shown)
