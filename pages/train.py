"""Train: choose or edit a recipe, start it, watch it, and keep its runs in order."""

import streamlit as st

from mnistdash import datasets, recipes
from mnistdash.ui import recipe_form, run_table, state, training_view, widgets, words

widgets.begin("Train")
engine = state.open_engine()
runs = state.open_store().runs()

form, table = st.columns((3, 2), gap="large")
with form:
    preset, dataset = recipe_form.preset_and_data()
    recipe = recipe_form.recipe(dataset)
    options = recipe_form.request_options()
with table:
    if isinstance(recipe, recipes.Recipe):
        recipe_form.layer_table(recipe)
    else:
        st.warning(recipe, icon=":material/warning:")

with form:
    ready = isinstance(recipe, recipes.Recipe) and not engine.trouble
    start, remark = st.columns((1, 3), vertical_alignment="center")
    start.button(
        "Train",
        type="primary",
        width="stretch",
        icon=":material/play_arrow:",
        disabled=not ready,
        on_click=training_view.start,
        args=(recipe, dataset, preset),
        kwargs=options,
    )
    if ready:
        seconds = recipes.estimated_seconds(recipe, len(datasets.load(dataset).x_train))
        remark.caption(f"about {words.duration(seconds * options['seeds'])}")
    if engine.trouble:
        st.warning(engine.trouble, icon=":material/warning:")

training_view.trouble()
training_view.watch()
st.header("Runs")
run_table.run_table(runs)
