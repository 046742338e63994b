"""Confusion: click a cell to see those errors."""

import streamlit as st

from mnistdash import figures
from mnistdash.ui import filters, widgets, words

PAGE_SIZE = 100
TOP_PAIRS = 7

widgets.begin("Confusion")
widgets.follow_chosen_image()
run = widgets.require_run()
dataset, answers = widgets.require_results(run)
names = dataset.class_names
kept = answers

st.caption(f"{run.name} · rows: true classes, columns: what it read. Click a cell.")
if widgets.on_phone():
    chart, errors, side = st.container(), st.container(), st.container()
else:
    (chart, side), errors = st.columns((3, 2), gap="large"), st.container()
with side:
    unit = st.segmented_control(
        "Cells show",
        ("count", "share of the true class"),
        default="count",
        required=True,
        key="cells_show",
        persist_state="session",
    )
    diagonal = st.toggle("Show correct ones too", key="diagonal", persist_state="session")
    answers = filters.at_epoch(run, dataset, answers)
    filters.class_boxes(names)
    st.markdown("**Largest confusions**")
    with st.container(gap=None, key="top-pairs"):
        for pair in answers.pairs()[:TOP_PAIRS]:
            st.button(
                f"{words.read_as(pair.true_class, pair.pred_class, names)} · {pair.count}",
                key=f"top-{pair.true_class}-{pair.pred_class}",
                on_click=filters.choose_classes,
                args=(pair.true_class, pair.pred_class),
                type="tertiary",
            )
with chart:
    st.plotly_chart(
        figures.confusion_heatmap(
            answers.matrix,
            names,
            shares=unit != "count",
            diagonal=diagonal,
            height_px=380 if widgets.on_phone() else 520,
            framed=filters.framed(),
        ),
        key="heatmap",
        on_select=filters.take_click,
        selection_mode="points",
        config=figures.CLICKED_CONFIG,
    )

with errors:
    true_class, pred_class = filters.chosen_classes()
    filters.chips(names)
    if true_class is None and pred_class is None:
        st.caption("No cell is chosen yet.")
        st.stop()
    shown = answers.select(
        true_class=true_class,
        pred_class=pred_class,
        include_right=filters.asks_for_right(),
    )
    st.markdown(f"**{words.images(len(shown))}**")
    widgets.tiles(
        dataset,
        answers,
        filters.page_of(shown, PAGE_SIZE),
        on_choose=widgets.open_in_gallery,
        key="cell-images",
        once_right=filters.once_right(run, dataset) if answers is kept else None,
    )
