"""Gallery: every error, filtered by true and predicted class."""

import numpy as np
import streamlit as st

from mnistdash.ui import card, filters, widgets, words

PAGE_SIZE = 120

widgets.begin("Gallery")
run = widgets.require_run()
dataset, answers = widgets.require_results(run)

with st.expander("Filters", expanded=not widgets.on_phone(), icon=":material/filter_list:"):
    classes, order, confidence = st.columns((2, 1, 1), gap="medium")
    with classes:
        filters.class_boxes(dataset.class_names)
    with order:
        filters.order_box()
    with confidence:
        filters.confidence_slider()
    filters.all_images_switch()
    kept, answers = answers, filters.at_epoch(run, dataset, answers)
shown = filters.selected(answers)
of_all = len(answers) if st.session_state["all"] else len(answers.errors)
st.markdown(
    f"**{words.count(len(shown))}** of {words.count(of_all)}"
    f" {'test images' if st.session_state['all'] else 'errors'} of {run.name}"
)
filters.chips(dataset.class_names)
if not len(shown):
    st.caption("No image meets these filters. Widen the confidence, or choose other classes.")
    st.stop()


def open_card(index: int) -> None:
    """Open the card of a clicked tile."""
    filters.show_image(index, int(np.flatnonzero(shown == index)[0]), PAGE_SIZE)


with st.container(key="gallery-body"):
    left, right = st.columns((5, 3), gap="large")
with left:
    widgets.tiles(
        dataset,
        answers,
        filters.page_of(shown, PAGE_SIZE),
        on_choose=open_card,
        key="gallery",
        once_right=filters.once_right(run, dataset) if answers is kept else None,
    )
with right:
    index = st.session_state["index"]
    if index is None or index >= len(answers):
        st.caption("Choose an image to see what the model made of it.")
    else:
        card.card(dataset, answers, index, among=shown, page_size=PAGE_SIZE)
