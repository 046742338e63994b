"""Why the model answers as it does: covered pixels, layers, and the nearest training images."""

import numpy as np
import streamlit as st

from mnistdash import datasets, explain, figures, store
from mnistdash.ui import gallery, state

NEIGHBOURS = 12


def why(run: store.Run, image: np.ndarray, label: int, class_names: tuple[str, ...]) -> None:
    """Show, on request, what an answer rests on.

    Args:
        run: the finished run that answered.
        image: uint8 `(28, 28)`, ink bright.
        label: its answer, 0-9.
        class_names: ten names.
    """
    if not st.toggle("Why?", key="why", persist_state="session"):
        return
    model = state.load_classifier(run.id)
    covered, alike = st.columns((1, 2), gap="large")
    with covered:
        st.markdown("**Which pixels carry the answer**")
        st.plotly_chart(
            figures.occlusion(explain.occlusion_map(model.probs, image, label), image),
            key="occlusion",
            config=figures.CONFIG,
        )
        st.caption(
            f"Orange: covering these pixels makes {class_names[label]} less probable"
            " (Zeiler and Fergus, 2014)."
        )
    with alike:
        _neighbours(run, image, class_names)
    _layers(run, image)


def _neighbours(run: store.Run, image: np.ndarray, class_names: tuple[str, ...]) -> None:
    st.markdown("**The most alike training images**")
    try:
        dataset = datasets.load(run.dataset)
        with st.spinner("Reading training images"):
            features = state.load_features(run.id, run.dataset)
    except (datasets.DataError, store.StoreError) as error:
        st.caption(str(error))
        return
    feature = state.load_classifier(run.id).features(image[np.newaxis])[0]
    found = explain.nearest(features, feature, NEIGHBOURS)
    labels = [class_names[label] for label in dataset.y_train[found]]
    gallery.tiles(
        dataset.x_train[found],
        indices=found,
        answers=labels,
        alts=[f"Training image {i}: {name}" for i, name in zip(found, labels, strict=True)],
        key="neighbours",
    )
    st.caption(
        f"Of the first {len(features):,} training images, the nearest by what the last layer"
        " receives."
    )


def _layers(run: store.Run, image: np.ndarray) -> None:
    st.markdown("**What the layers see**")
    pictures = explain.activation_pictures(state.load_classifier(run.id).activations(image))
    if not pictures:
        st.caption("This model has no layers that keep the image's form.")
    for name, maps in pictures.items():
        st.caption(f"`{name}`, its {len(maps)} strongest channels")
        gallery.tiles(
            maps,
            indices=range(len(maps)),
            alts=[f"Channel {number} of {name}" for number in range(len(maps))],
            key=f"layer-{name}",
        )
