"""Compare: two runs on the same images: fixed, broken, both wrong."""

import streamlit as st

from mnistdash.ui import state, widgets, words

SHOWN = 60

widgets.begin("Compare")
widgets.follow_chosen_image()
run = widgets.require_run()
dataset, answers = widgets.require_results(run)

others = {
    other.id: other
    for other in state.open_store().runs()
    if other.finished and other.dataset == run.dataset and other.id != run.id
}
if not others:
    st.markdown(f"There is no other finished run on {dataset.title} to compare {run.name} with.")
    st.page_link("pages/train.py", label="Train another", icon=":material/arrow_forward:")
    st.stop()
if st.session_state.get("other") not in others:
    st.session_state["other"] = next(iter(others))
st.selectbox(
    f"{run.name} ({words.percent(run.test_accuracy)}) beside",
    list(others),
    format_func=lambda run_id: widgets.run_label(others[run_id]),
    key="other",
    persist_state="session",
)
other = others[st.session_state["other"]]
_, others_answers = widgets.require_results(other)
changes = answers.compared_with(others_answers)
widgets.facts(
    {
        "Only the other is wrong": (words.count(len(changes.fixed)), f"fixed by {run.name}"),
        "Only this one is wrong": (words.count(len(changes.broken)), f"broken by {run.name}"),
        "Both are wrong": (words.count(len(changes.both_wrong)), "the hard ones"),
        "p-value": (f"{changes.p_value:.3f}", "McNemar's exact test"),
    }
)
for title, indices, shown in (
    (f"Fixed by {run.name}, with the answers of {other.name}", changes.fixed, others_answers),
    (f"Broken by {run.name}", changes.broken, answers),
    (f"Both wrong, with the answers of {run.name}", changes.both_wrong, answers),
):
    st.subheader(title)
    if not len(indices):
        st.caption("None.")
        continue
    if len(indices) > SHOWN:
        st.caption(f"The first {SHOWN} of {words.count(len(indices))}.")
    widgets.tiles(
        dataset,
        shown,
        indices[:SHOWN],
        on_choose=widgets.open_in_gallery,
        key=f"compare-{title[:5]}",
    )
