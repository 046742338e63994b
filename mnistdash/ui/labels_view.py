"""What human raters said of labels, beside what a model said of the images."""

import numpy as np
import streamlit as st

from mnistdash import artifacts, datasets, evaluation, findings, labels, store, suspects
from mnistdash.ui import doors, filters, link, state, study_view


def raters_said(dataset: datasets.Dataset, index: int) -> None:
    """Show how raters voted on a test image's label; nothing where they confirmed it.

    Args:
        dataset: whose test image it is.
        index: of the image in the test set.
    """
    one = slice(index, index + 1)
    rated = labels.raters(dataset.x_test[one], dataset.y_test[one], dataset.class_names)
    for votes in rated.values():
        other = "another" if votes.suggested is None else dataset.class_names[votes.suggested]
        st.caption(
            f"⚑ Raters disagreed with this label: {votes.for_label} for"
            f" {dataset.class_names[votes.label]}, {votes.for_suggested} for {other},"
            f" {votes.for_neither} neither.",
            help=findings.RATERS,
        )


def with_suspects(
    run: store.Run, dataset: datasets.Dataset, answers: evaluation.Evaluation
) -> evaluation.Evaluation:
    """Return a run's answers with what its judges think of the labels, where they were asked."""
    found = _suspects(run, dataset)
    return answers if found is None else state.judged(answers, found)


def filter_box(
    run: store.Run, dataset: datasets.Dataset, answers: evaluation.Evaluation
) -> np.ndarray | None:
    """Offer the images whose label is in doubt, and return the chosen ones.

    Returns:
        Their indices, ascending, int64 `(k,)`; `None` where any label will do.
    """
    kinds = {}
    if rated := state.raters(dataset, answers):
        kinds["raters"] = np.array(list(rated), np.int64)
    if found := _suspects(run, dataset):
        kinds["suspect"] = np.flatnonzero(found.test.suspect)
    filters.label_box(kinds)
    if found is None and run.dataset == dataset.name:
        offer(run)
    return kinds.get(link.current().labels)


def _suspects(run: store.Run, dataset: datasets.Dataset) -> suspects.Suspects | None:
    try:
        return state.load_suspects(run, dataset)
    except store.StoreError:
        return None  # damaged: it can be asked for again


def how_reliable(run: store.Run, dataset: datasets.Dataset) -> None:
    """Say in a line what the judges are worth, while the gallery goes by what they say."""
    view, found = link.current(), _suspects(run, dataset)
    if found is not None and "suspect" in (view.labels, view.sort):
        who = "The run and its judges" if run.has_probs else "Its judges"
        st.caption(findings.worth(found.test, who))


def offer(run: store.Run) -> None:
    """Offer to look for suspect labels by way of judges, or show how far that is."""
    study_view.offer(
        study_view.Offer(
            run_id=run.id,
            kind=artifacts.SUSPECTS,
            label="Find suspect labels",
            doing="Five networks learn to judge",
            help="Five small networks each learn four fifths of the training images and judge"
            " the other labels: once for these images, one to three minutes. Confident"
            " learning: C. Northcutt, L. Jiang, I. Chuang, 2021, by cleanlab.",
        )
    )


def how_corrected(dataset: datasets.Dataset, answers: evaluation.Evaluation) -> None:
    """Say in a line what the accuracy with the raters' labels counts; nothing without any."""
    rated = state.raters(dataset, answers)
    if not rated:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="how-corrected"):
        st.caption(
            findings.how_corrected(rated),
            help=findings.RATERS,
            width="content",
        )
        st.button("Look at them", type="tertiary", on_click=doors.open_labels, args=("raters",))
