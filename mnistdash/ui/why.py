"""Why the model answers as it does: covered pixels, layers, and the nearest training images."""

import dataclasses

import numpy as np
import streamlit as st

from mnistdash import datasets, explain, figures, store
from mnistdash.ui import chart, gallery, session, state, words

NEIGHBOURS = 12
_LAYER = "why_layer"  # session key: the name of the layer shown


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Answered:
    """What a run answered to an image, uint8 `(28, 28)`: `label` is a place in `class_names`."""

    run: store.Run
    image: np.ndarray
    label: int
    class_names: tuple[str, ...]


def why(answered: Answered | None) -> None:
    """Show, on request, what an answer rests on; nothing without an answer."""
    if answered is None or not st.toggle("Why?", key="why", persist_state="session"):
        return
    covered, alike = st.columns((1, 2), gap="large")
    with covered:
        _occlusion(answered)
    with alike:
        _neighbours(answered)
    _layers(answered)


def _occlusion(answered: Answered) -> None:
    st.subheader("Which pixels carry the answer")
    probs = state.load_classifier(answered.run.id).probs
    falls = explain.occlusion_map(probs, answered.image, answered.label)
    chart.show(figures.occlusion(falls, answered.image), key="occlusion")
    st.caption(
        "Orange: covering these pixels makes"
        f" {words.plain(answered.class_names[answered.label])} less probable"
        " (Zeiler and Fergus, 2014)."
    )


def _neighbours(answered: Answered) -> None:
    st.subheader("The most alike training images")
    run = answered.run
    try:
        dataset = datasets.load(run.dataset)
        with st.spinner("Reading training images"):
            features = state.load_features(run.id, run.dataset)
    except (datasets.DataError, store.StoreError) as error:
        st.caption(str(error))
        return
    feature = state.load_classifier(run.id).features(answered.image[np.newaxis])[0]
    found = explain.nearest(features, feature, NEIGHBOURS)
    labels = [dataset.class_names[label] for label in dataset.y_train[found]]
    gallery.tiles(
        dataset.x_train[found],
        indices=found,
        pred_names=labels,
        alts=[f"Training image {i}: {name}" for i, name in zip(found, labels, strict=True)],
        ink=dataset.ink,
        key="neighbours",
    )
    st.caption(
        f"Of the first {words.images(len(features), 'training')}, the nearest by what the last"
        " layer receives."
    )


def _layers(answered: Answered) -> None:
    """Show one layer's channels, and let a person go through the layers."""
    st.subheader("What the layers see")
    model = state.load_classifier(answered.run.id)
    pictures = explain.activation_pictures(model.activations(answered.image))
    if not pictures:
        st.caption("This model has no layers that keep the image's form.")
        return
    if session.get(_LAYER) not in pictures:
        session.put(_LAYER, next(iter(pictures)))
    name = st.select_slider("Layer", list(pictures), key=_LAYER, persist_state="session")
    maps = pictures[name]
    gallery.tiles(
        maps,
        indices=range(len(maps)),
        alts=[f"Channel {number} of {name}" for number in range(len(maps))],
        key="layer",
    )
    channels = "only channel" if len(maps) == 1 else f"{len(maps)} strongest channels"
    st.caption(f"Its {channels}, the more ink the stronger.")
