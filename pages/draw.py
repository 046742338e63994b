"""Draw: draw, upload or photograph a digit; what the models see and say."""

import streamlit as st

from mnistdash.ui import drawing, dropping, guards, my_digits, picture_view, state

guards.begin("Draw")
runs = state.open_store().runs()
answering = drawing.answering_runs(runs)
source = st.segmented_control(
    "Source",
    ("Draw", "Upload", "Camera"),
    default="Draw",
    required=True,
    key=dropping.SOURCE,
    persist_state="session",
    label_visibility="collapsed",
)
dropping.listen()
if source == "Draw":
    drawing.bring_back()
    drawing.canvas(answering)
elif source == "Upload":
    picture_view.upload(answering)
else:
    picture_view.photograph(answering)
my_digits.my_digits(runs)
