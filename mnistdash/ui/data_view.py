"""The data page's pieces: samples of each class, and one image as numbers."""

import numpy as np
import streamlit as st

from mnistdash import datasets, figures
from mnistdash.ui import gallery

PER_CLASS = 10
_INDEX = "data_index"  # session key: the test image shown as numbers


def samples(dataset: datasets.Dataset, seed: int) -> None:
    """Show a row of test images for each class, drawn at random.

    Args:
        dataset: whose images.
        seed: the same seed draws the same images.
    """
    draw = np.random.default_rng(seed)
    for label, class_name in enumerate(dataset.class_names):
        chosen = draw.permutation(np.flatnonzero(dataset.y_test == label))[:PER_CLASS]
        title, pictures = st.columns((1, 6), vertical_alignment="center")
        title.markdown(f"**{class_name}**")
        with pictures:
            gallery.tiles(
                dataset.x_test[chosen],
                indices=chosen,
                alts=[f"Image {index}: {class_name}" for index in chosen],
                on_choose=lambda index: st.session_state.update({_INDEX: index}),
                key=f"sample-{dataset.name}-{label}",
            )


def one_image(dataset: datasets.Dataset, *, width_px: int) -> None:
    """Show one test image as its pixels' numbers, with its label and one-hot vector.

    Args:
        dataset: whose image.
        width_px: of the box that chooses it.
    """
    last = len(dataset.x_test) - 1
    st.session_state[_INDEX] = min(st.session_state.get(_INDEX) or 0, last)
    index = st.number_input(
        "Test image", 0, last, key=_INDEX, persist_state="session", width=width_px
    )
    label = int(dataset.y_test[index])
    name = dataset.class_names[label]
    grid, beside = st.columns((3, 1), gap="large")
    grid.plotly_chart(
        figures.pixel_grid(dataset.x_test[index]),
        config=figures.CONFIG,
        key="pixel-grid",
    )
    with beside:
        gallery.picture(
            dataset.x_test[index], label=f"Image {index}", size_px=112, key="data-picture"
        )
        st.markdown(f"Label **{label}**" + (f", {name}" if name != str(label) else ""))
        st.markdown("One-hot vector")
        st.code(" ".join(str(int(c == label)) for c in range(10)), language=None)
