"""The frame of the dashboard: pages, the chosen run, and what goes on."""

import streamlit as st

from mnistdash import store
from mnistdash.ui import frame, link, state

st.set_page_config(
    page_title="mnistdash",
    page_icon=frame.ICON,
    layout="wide",
    initial_sidebar_state=frame.SIDEBAR_PX,
)
frame.style()

pages = [
    frame.page("pages/overview.py", title="Overview", icon=":material/dashboard:", default=True),
    frame.page("pages/confusion.py", title="Confusion", icon=":material/grid_on:"),
    frame.page("pages/gallery.py", title="Gallery", icon=":material/gallery_thumbnail:"),
    frame.page("pages/draw.py", title="Draw", icon=":material/draw:"),
    frame.page("pages/train.py", title="Train", icon=":material/model_training:"),
    frame.page("pages/compare.py", title="Compare", icon=":material/compare_arrows:"),
    frame.page("pages/data.py", title="Data", icon=":material/database:"),
]
page = st.navigation(pages, position="hidden")

link.read()
try:
    runs = state.open_store().runs()
except store.StoreError as error:
    st.error(str(error), icon=":material/error:")
    st.stop()

with st.sidebar:
    st.html('<p class="brand">mnistdash</p>')
    frame.run_picker(runs)
    run = next((run for run in runs if run.id == st.session_state.run), None)
    frame.test_set_picker(run)
    frame.training_line(runs)
    frame.menu(pages, page, run)
    frame.data_line(run)
frame.tab_title(page.title, run)

link.write()  # before the page: once it has called st.stop(), nothing can be written any more
page.run()
link.write()  # what the page itself changed
