"""The data page's pieces: samples of each class, and one image as numbers."""

import functools
import math
import re

import numpy as np
import streamlit as st

from mnistdash import datasets
from mnistdash.charts import amounts, drawn
from mnistdash.ui import (
    apart,
    changing_view,
    fields,
    figure_files,
    gallery,
    plain_charts,
    reveal,
    session,
    state,
    words,
)

PER_CLASS = 8
_POLL_SECONDS = 0.3
SAMPLE_PX = 36
_INDEX = "data_index-{}"  # session key: the test image of a data set shown as numbers, as typed
_ONE = "one-image"  # the container of what a click on a sample changes


def what_was_read(dataset: datasets.Dataset) -> None:
    """Say how a person's own file was read, what in it is doubtful, and which files were not."""
    if not dataset.verified:
        known = "Images of your own: checked for shape, type and labels, not against known sums."
        # One element, a sentence a line.
        st.caption("  \n".join([known, *map(words.sentence, dataset.notes)]))
    changing_view.questions(dataset)
    refused = datasets.unreadable()
    if refused:
        files = words.number_of(len(refused), "file")
        with st.expander(f"Not offered: {files} in the data folder"):
            for name, reason in refused:
                st.caption(f"**{words.plain(name)}**: {words.sentence(reason)}")


def samples(dataset: datasets.Dataset, seed: int) -> None:
    """Show test images of each class, drawn at random; a click shows one as numbers.

    Args:
        dataset: whose images.
        seed: the same seed draws the same images.
    """
    draw = np.random.default_rng(seed)
    chosen = np.concatenate(
        [
            draw.permutation(np.flatnonzero(dataset.y_test == label))[:PER_CLASS]
            for label in range(len(dataset.class_names))
        ]
    )
    names = [dataset.class_names[label] for label in dataset.y_test[chosen]]
    gallery.tiles(
        dataset.x_test[chosen],
        indices=chosen,
        pred_names=names,
        alts=[f"Image {index}: {name}" for index, name in zip(chosen, names, strict=True)],
        chosen=_chosen(dataset.name),
        on_choose=functools.partial(_choose, dataset.name),
        tile_px=SAMPLE_PX,
        across=PER_CLASS,
        ink=dataset.ink,
        key=f"samples-{dataset.name}",
    )


def one_image(dataset: datasets.Dataset) -> None:
    """Show one test image as its pixels' numbers, with its label and one-hot vector."""
    with st.container(key=_ONE):
        st.header("One image as numbers")
        number, picture, beside = st.columns((3, 2, 4), vertical_alignment="bottom")
        with number:
            last = len(dataset.x_test) - 1
            index = fields.whole_number(
                "Test image", key=_INDEX.format(dataset.name), low=0, high=last, width="stretch"
            )
        reveal.here(_ONE)
        if index is None:
            return
        label = int(dataset.y_test[index])
        name = dataset.class_names[label]
        with picture:
            gallery.picture(
                dataset.x_test[index],
                label=f"Image {index}",
                size_px=84,
                ink=dataset.ink,
                key="data-picture",
            )
        with beside:
            named = f", {words.plain(name)}" if name != str(label) else ""
            st.markdown(f"Label **{label}**{named}")
            one_hot = " ".join(str(int(c == label)) for c in range(len(dataset.class_names)))
            st.caption(f"one-hot `{one_hot}`")
        st.caption("Each pixel from 0, the ground, to 255, full ink; the rest, left empty, is 0.")
        st.html(plain_charts.pixel_grid(dataset.x_test[index].tobytes()))


def number(value: float | None) -> str:
    """Write a number of the training pixels, as wide while it is not known yet; NaN for none."""
    if value is not None and math.isnan(value):
        return "none"
    return f"{value:.2f}" if value is not None else "\N{FIGURE SPACE}…\N{FIGURE SPACE}"


def class_counts(dataset: datasets.Dataset, facts: state.TrainingFacts | None) -> None:
    """Show how many images each class has; a chart's room while they are counted.

    Args:
        dataset: whose images.
        facts: of its training images; `None` while they are awaited.
    """
    with st.container(key="class-counts-place"):
        if facts is None:
            st.caption("The training images are being counted.")
            apart.part(_await_facts, every=_POLL_SECONDS)(dataset.name)
            return
        st.caption(
            "Bars as long as there are images: of a class with few, a model learns little, and its"
            " rates are known less well."
        )
        test = np.bincount(dataset.y_test, minlength=len(dataset.class_names)).tolist()
        counts = {"training": facts.counts, "test": test}
        st.html(plain_charts.class_counts(counts, dataset.class_names))
        names = dataset.class_names
        figure_files.offer(
            lambda: [drawn.panel(amounts.of_classes(counts, names), width=40 * len(names) + 120)],
            title="Images in each class",
            of=dataset.title,
            name=f"{dataset.name}-classes",
            key="take-classes",
        )


def _await_facts(name: str) -> None:
    if state.training_facts_known(datasets.load(name)):
        st.rerun()


def _chosen(name: str) -> int | None:
    typed = session.get(_INDEX.format(name), "0")
    return int(typed) if re.fullmatch("[0-9]{1,6}", typed) else None


def _choose(name: str, index: int) -> None:
    session.put(_INDEX.format(name), str(index))
    reveal.ask(_ONE)
