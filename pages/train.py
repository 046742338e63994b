"""Train: choose or edit a recipe, start it, watch it, and keep its runs in order."""

import streamlit as st

from mnistdash.ui import bring_view, guards, recipe_form, run_table, state, training_view

guards.begin("Train")
asked, seen = st.columns((3, 2), gap="large")
with asked:
    training_view.train_button(recipe_form.form())
with seen:
    training_view.watch()  # above the layers: what was just asked for is in view
    recipe_form.layer_table()

with st.container(horizontal=True, vertical_alignment="center"):
    st.header("Runs", width="content")
    bring_view.button()
bring_view.form()
run_table.run_table(state.open_store().runs())
