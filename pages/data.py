"""Data: the images, classes and pixels a model learns from."""

import numpy as np
import streamlit as st

from mnistdash import datasets, figures
from mnistdash.ui import gallery, widgets, words

PER_CLASS = 10
SMALL_PX = 160

widgets.begin("Data")
name = st.selectbox(
    "Images",
    datasets.names(),
    format_func=datasets.title,
    key="data_name",
    persist_state="session",
    width=2 * SMALL_PX,
)
try:
    dataset = datasets.load(name)
    mean, deviation = datasets.pixel_moments(name)
except datasets.DataError as error:
    st.warning(str(error), icon=":material/warning:")
    st.stop()
names = dataset.class_names
widgets.facts(
    {
        "Training images": (words.count(len(dataset.x_train)), "28x28 pixels each"),
        "Test images": (words.count(len(dataset.x_test)), "28x28 pixels each"),
        "Mean pixel": (f"{mean:.2f}", "of 0-255, training"),
        "Standard deviation": (f"{deviation:.2f}", "of 0-255, training"),
    }
)
if not dataset.verified:
    st.caption("A file of your own: checked for shape, type and labels, not against known sums.")

st.subheader("Sample images by class")
seed = st.number_input(
    "Sample", 0, 9_999, key="sample_seed", persist_state="session", width=SMALL_PX
)
draw = np.random.default_rng(seed)
for label, class_name in enumerate(names):
    members = np.flatnonzero(dataset.y_test == label)
    chosen = draw.permutation(members)[:PER_CLASS]
    title, pictures = st.columns((1, 6), vertical_alignment="center")
    title.markdown(f"**{class_name}**")
    with pictures:
        gallery.tiles(
            dataset.x_test[chosen],
            indices=chosen,
            alts=[f"Image {index}: {class_name}" for index in chosen],
            on_choose=lambda index: st.session_state.update({"data_index": index}),
            key=f"sample-{name}-{label}",
        )

st.subheader("Images in each class")
st.plotly_chart(
    figures.class_counts(
        {
            "training": np.bincount(dataset.y_train, minlength=10).tolist(),
            "test": np.bincount(dataset.y_test, minlength=10).tolist(),
        },
        names,
    ),
    config={"displayModeBar": False},
    key="class-counts",
)

st.subheader("One image as numbers")
st.session_state.setdefault("data_index", 0)
st.session_state["data_index"] = min(st.session_state["data_index"], len(dataset.x_test) - 1)
index = st.number_input(
    "Test image",
    0,
    len(dataset.x_test) - 1,
    key="data_index",
    persist_state="session",
    width=SMALL_PX,
)
label = int(dataset.y_test[index])
grid, beside = st.columns((3, 1), gap="large")
grid.plotly_chart(
    figures.pixel_grid(dataset.x_test[index]), config={"displayModeBar": False}, key="pixel-grid"
)
with beside:
    gallery.picture(dataset.x_test[index], label=f"Image {index}", size_px=112, key="data-picture")
    st.markdown(f"Label **{label}**" + (f", {names[label]}" if names[label] != str(label) else ""))
    st.markdown("One-hot vector")
    st.code(" ".join(str(int(c == label)) for c in range(10)), language=None)
