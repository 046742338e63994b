"""Compare: two runs on the same images: fixed, broken, both wrong."""

import streamlit as st

from mnistdash.ui import answers_view, compare_view, doors, guards, link, menu, state, words

SHOWN = 60

guards.begin("Compare")
doors.follow()
run = guards.require_run()
dataset, answers = guards.require_results(run)

others = {
    other.id: other
    for other in state.open_store().runs()
    if other.finished and other.dataset == run.dataset and other.id != run.id
}
plain_title = words.plain(words.run_title(run))
if not others:
    st.markdown(
        f"There is no other finished run on {words.plain(dataset.title)} to compare"
        f" {plain_title} with."
    )
    st.page_link(
        "pages/train.py",
        label="Train another",
        icon=":material/arrow_forward:",
        query_params=link.params(),
    )
    st.stop()
if link.current().other not in others:
    link.stand_in(other=next(iter(others)))
st.selectbox(
    f"{plain_title} beside",
    list(others),
    format_func=lambda run_id: words.run_label(others[run_id]),
    **link.bound("other"),
)
other = others[link.current().other]
_, others_answers = guards.require_results(other)
try:
    changes = answers.compared_with(others_answers)
except ValueError:
    st.warning(
        f"{words.plain(words.run_title(other))} was tested on other images of this name:"
        " they can't be compared.",
        icon=":material/warning:",
    )
    st.stop()
compare_view.figures(run, other, answers, others_answers, changes)
other_title = words.plain(words.run_title(other))
for heading, indices, shown, whose in (
    (f"Fixed by {plain_title}", changes.fixed, others_answers, other_title),
    (f"Broken by {plain_title}", changes.broken, answers, plain_title),
    ("Both are wrong", changes.both_wrong, answers, plain_title),
):
    st.header(heading)
    if not len(indices):
        st.caption("None.")
        continue
    first = f"The first {SHOWN} of " if len(indices) > SHOWN else ""
    st.caption(f"{first}{words.images(len(indices))}, with the answers of {whose}")
    answers_view.tiles(
        dataset,
        shown,
        indices[:SHOWN],
        on_choose=doors.open_image,
        key=f"compare-{heading[:5]}",
    )
menu.copied_with(other=other.id)
