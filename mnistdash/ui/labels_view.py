"""What human raters said of labels, beside what a model said of the images."""

import numpy as np
import streamlit as st

from mnistdash import datasets, evaluation, labels
from mnistdash.ui import doors, filters, link, words

_SOURCE = (
    "Five people saw each image whose label an algorithm doubted. C. Northcutt, A. Athalye,"
    " J. Mueller, Pervasive Label Errors in Test Sets Destabilize Machine Learning Benchmarks, 2021"
)


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
            help=_SOURCE,
        )


def corrected_accuracy(
    dataset: datasets.Dataset, answers: evaluation.Evaluation
) -> dict[str, tuple[str, str]]:
    """Return the accuracy with the raters' labels as a headline figure; none without any."""
    rated = labels.raters(dataset.x_test, answers.y_true, dataset.class_names)
    if not rated:
        return {}
    truth, counted = labels.corrected(answers.y_true, rated)
    right = int((answers.y_pred[counted] == truth).sum())
    low, high = evaluation.wilson(right, len(counted))
    return {"With raters' labels": (words.percent(right / len(counted)), words.interval(low, high))}


def filter_box(dataset: datasets.Dataset, answers: evaluation.Evaluation) -> np.ndarray | None:
    """Offer the images whose label is in doubt, and return the chosen ones.

    Returns:
        Their indices, ascending, int64 `(k,)`; `None` where any label will do.
    """
    rated = labels.raters(dataset.x_test, answers.y_true, dataset.class_names)
    found = {"raters": np.array(list(rated), np.int64)} if rated else {}
    filters.label_box(found)
    return found.get(link.current().labels)


def how_corrected(dataset: datasets.Dataset, answers: evaluation.Evaluation) -> None:
    """Say in a line what the accuracy with the raters' labels counts; nothing without any."""
    rated = labels.raters(dataset.x_test, answers.y_true, dataset.class_names)
    if not rated:
        return
    agreed = sum(votes.agreed is not None for votes in rated.values())
    without = len(rated) - agreed
    with st.container(horizontal=True, vertical_alignment="center", key="how-corrected"):
        st.caption(
            f"Of {words.number_of(len(rated), 'label')} that raters did not confirm, {agreed} count"
            f" there as what most of them said; {without} without an agreed label are left out.",
            help=_SOURCE,
            width="content",
        )
        st.button("Look at them", type="tertiary", on_click=doors.open_labels, args=("raters",))
