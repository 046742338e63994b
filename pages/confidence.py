"""Confidence: how sure the answers are, and whether that can be trusted."""

import streamlit as st

from mnistdash.ui import confidence_view, doors, guards, words

guards.begin("Confidence")
doors.follow()
run = guards.require_run()
dataset, answers = guards.require_results(run)

st.caption(f"{words.plain(words.run_title(run))} · {words.plain(dataset.title)}")
if not answers.has_confidence:
    st.caption("How sure these answers are is not known.")
    st.stop()
confidence_view.facts(answers)
sure, reliable = st.columns(2, gap="large")
with sure:
    confidence_view.histogram(run, dataset, answers)
with reliable:
    confidence_view.reliability(run, dataset, answers)
confidence_view.threshold(run, dataset, answers)
confidence_view.temperature(run, dataset, answers)
