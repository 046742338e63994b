"""Why the model answers as it does: covered pixels, the nearest training images, and layers."""

import dataclasses

import numpy as np
import streamlit as st

from mnistdash import artifacts, datasets, explain, store
from mnistdash.ui import gallery, plain_charts, session, state, study_view, words

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
    """Show, on request, what an answer rests on, a row each; nothing without an answer."""
    if answered is None:
        return
    if not st.toggle("Why?", key="why", persist_state="session"):
        state.read_ahead(answered.run.id, answered.run.dataset)
        return
    st.subheader("Which pixels carry the answer")
    covered(answered)
    st.subheader("The most alike training images")
    neighbours(answered)
    _layers(answered)


def covered(answered: Answered) -> None:
    """Show where an answer rests: by how much it falls where pixels are covered."""
    probs = state.load_classifier(answered.run.id).probs
    falls = explain.occlusion_map(probs, answered.image, answered.label)
    st.html(plain_charts.covered(falls, answered.image, answered.class_names[answered.label]))


def neighbours(answered: Answered, *, count: int = NEIGHBOURS, across: int | None = None) -> None:
    """Show the training images that are most alike to the run, with labels and distances.

    Args:
        answered: to which image.
        count: of training images.
        across: tiles in a row; `None` puts as many as fit.
    """
    # As the store knows it now: a study may have ended since the page ran.
    run = state.open_store().run(answered.run.id) or answered.run
    try:
        dataset = datasets.load(run.dataset)
        known, images = state.load_features(run, dataset)
    except (datasets.DataError, store.StoreError) as error:
        st.caption(words.plain(str(error)))
        return
    feature = state.load_classifier(run.id).features(answered.image[np.newaxis])[0]
    nearest, distances = known.nearest(feature, count)
    found = images[nearest]
    labels = [dataset.class_names[label] for label in dataset.y_train[found]]
    gallery.tiles(
        dataset.x_train[found],
        indices=found,
        pred_names=labels,
        probabilities=distances,
        alts=[
            f"Training image {i}: {name}, distance {far:.2f}"
            for i, name, far in zip(found, labels, distances, strict=True)
        ],
        across=across,
        ink=dataset.ink,
        key="neighbours",
    )
    total = words.images(dataset.num_train, "training")
    every = len(known) == dataset.num_train
    among = f"all {total}" if every else f"{words.count(len(known))} of {total}"
    st.caption(
        f"Of {among}, the nearest by what the last layer receives, with label and distance"
        " (1 less the cosine)."
    )
    if not every:
        _offer_all(run, dataset)


def _offer_all(run: store.Run, dataset: datasets.Dataset) -> None:
    """Let a person have all training images looked through, and show how far that is."""
    study_view.offer(
        study_view.Offer(
            run_id=run.id,
            kind=artifacts.FEATURES,
            label=f"Look among all {words.count(dataset.num_train)}",
            doing="Looking through all training images",
            help="Done once, and kept with the run.",
        )
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
    name = st.select_slider(
        "Layer",
        list(pictures),
        format_func=words.plain,
        key=_LAYER,
        persist_state="session",
        label_visibility="collapsed",
    )
    maps = pictures[name]
    gallery.tiles(
        maps,
        indices=range(len(maps)),
        alts=[f"Channel {number} of {name}" for number in range(len(maps))],
        key="layer",
    )
    channels = "only channel" if len(maps) == 1 else f"{len(maps)} strongest channels"
    st.caption(f"Its {channels}, the more ink the stronger.")
