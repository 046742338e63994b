"""Draw: draw or upload a digit; what the model sees and says."""

import streamlit as st

from mnistdash.ui import drawing, widgets

widgets.begin("Draw")
run = drawing.answering_run()
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
    drawing.canvas(run, drawing.kept())
elif source == "Upload":
    drawing.picture(run, st.file_uploader("A picture of one digit", key="upload"))
else:
    drawing.picture(run, st.camera_input("A photograph of one digit", key="camera"))
