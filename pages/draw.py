"""Draw: draw, upload or photograph a digit; what the models see and say."""

import streamlit as st

from mnistdash.ink import decoding
from mnistdash.ui import drawing, guards, my_digits, picture_view, state

guards.begin("Draw")
runs = state.open_store().runs()
answering = drawing.answering_runs(runs)
source = st.segmented_control(
    "Source",
    ("Draw", "Upload", "Camera"),
    default="Draw",
    required=True,
    key="draw_source",
    persist_state="session",
    label_visibility="collapsed",
)
if source == "Draw":
    drawing.bring_back()
    drawing.canvas(answering)
elif source == "Upload":
    chosen = st.file_uploader(
        "A picture of one digit or more", key="upload", max_upload_size=decoding.MAX_MB
    )
    picture_view.picture(answering, chosen)
else:
    taken = st.camera_input("A photograph of one digit or more", key="camera")
    picture_view.picture(answering, taken)
my_digits.my_digits(runs)
