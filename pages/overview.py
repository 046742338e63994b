"""Overview: one run at a glance."""

import streamlit as st

from mnistdash import class_rates, findings
from mnistdash.ui import (
    answers_view,
    class_table,
    doors,
    guards,
    headline,
    labels_view,
    pairs,
    report_view,
    state,
    verdicts_view,
    words,
)

PAIRS = 5
PAIR_PX = 56
MOST_CONFIDENT = 12

guards.begin("Overview")
doors.follow()
run = guards.require_run()
dataset, answers = guards.require_results(run)
names = dataset.class_names

title, images = words.plain(words.run_title(run)), words.plain(dataset.title)
layers = f" · `{run.recipe.layers}`" if run.recipe else ""
st.caption(f"{title}{layers} · {images}")
headline.facts(
    findings.accuracy(answers)
    | findings.with_raters(answers, state.raters(dataset, answers))
    | findings.if_verdicts_hold(answers, verdicts_view.said(dataset))
    | findings.errors(answers, names)
)
labels_view.how_corrected(dataset, answers)

largest = answers.pairs()[:PAIRS]
if largest:
    confusions, confident = st.columns((5, 6), gap="large")
    with confusions:
        st.header("Largest confusions")
        pairs.pairs(
            dataset,
            answers,
            largest,
            chosen=(None, None),
            on_choose=doors.open_pair,
            picture_px=PAIR_PX,
            key=f"pairs-{run.id}",
        )
    with confident:
        if answers.has_confidence:
            st.header("Most confident errors")
            st.caption("The model was surest of these: often the label or the hand is at fault.")
        else:
            st.header("Errors")
            st.caption("How sure these answers are is not known: the first errors by index.")
        answers_view.tiles(
            dataset,
            answers,
            answers.select(order="confident")[:MOST_CONFIDENT],
            on_choose=doors.open_image,
            key=f"confident-{run.id}",
            tile_px=84,
        )
else:
    st.success("Every test image is correct.", icon=":material/check:")

st.header("Class by class")
class_table.class_table(
    class_rates.class_rates(answers.matrix),
    names,
    on_choose=doors.open_class,
    key=f"classes-{run.id}",
)
report_view.box(run)
