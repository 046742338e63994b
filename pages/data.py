"""Data: the images, classes and pixels a model learns from."""

import streamlit as st

from mnistdash import datasets
from mnistdash.ui import (
    adding_view,
    changing_view,
    data_view,
    fields,
    guards,
    headline,
    link,
    state,
    suspects_view,
    words,
)

SMALL_PX = 160

guards.begin("Data")
adding_view.follow()
names = datasets.names()
changing_view.hold_to(names)
with st.container(horizontal=True, vertical_alignment="bottom"):
    name = st.selectbox(
        "Images",
        names,
        format_func=datasets.title,
        width=2 * SMALL_PX,
        **link.bound("images"),
    )
    adding_view.button()
    changing_view.menu(name)
changing_view.trouble()
adding_view.form()
adding_view.watch()
try:
    dataset = datasets.load(name)
    training = dataset.num_train
    facts = state.training_facts(dataset)
except datasets.DataError as error:
    st.warning(words.sentence(str(error)), icon=":material/warning:")
    st.stop()
headline.facts(
    {
        "Training images": (words.count(training), "28x28 pixels each"),
        "Test images": (words.count(len(dataset.x_test)), "28x28 pixels each"),
        "Mean pixel": (data_view.number(facts and facts.mean), "of 0-255, training"),
        "Standard deviation": (
            data_view.number(facts and facts.deviation),
            "of 0-255, training",
        ),
    }
)
data_view.what_was_read(dataset)

sampled, numbers = st.columns(2, gap="large")
with sampled:
    st.header("Sample images by class")
    seed = fields.whole_number("Sample", key="sample_seed", low=0, high=9_999, width=SMALL_PX)
    if seed is not None:
        data_view.samples(dataset, seed)
with numbers:
    data_view.one_image(dataset)

st.header("Images in each class")
data_view.class_counts(dataset, facts)

suspects_view.training_labels(dataset)
