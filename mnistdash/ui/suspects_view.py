"""The training labels that are most suspect, as the data page shows them."""

import streamlit as st

from mnistdash import datasets, findings, store, suspects
from mnistdash.ui import labels_view, link, state, training_card

SHOWN = 600  # of the most suspect


def training_labels(dataset: datasets.Dataset) -> None:
    """Show the most suspect training labels, or offer to look for them; nothing without images."""
    if not dataset.num_train:
        return
    st.header("Suspect training labels")
    if (judged := state.training_suspects(dataset)) is not None:
        _most_suspect(dataset, judged)
    elif (run := _run_on(dataset)) is not None:
        labels_view.offer(run)
    else:
        st.caption("They can be looked for once a run on these images has finished.")


def _run_on(dataset: datasets.Dataset) -> store.Run | None:
    """Choose the run that is to keep what is found: the one shown, if it is on these images."""
    runs = [
        run
        for run in state.open_store().runs()
        if run.finished and run.dataset_sha256 == dataset.sha256
    ]
    return min(runs, key=lambda run: run.id != link.current().run, default=None)


def _most_suspect(dataset: datasets.Dataset, judged: suspects.Judged) -> None:
    indices = judged.ranked()[:SHOWN]
    judges = "Five networks, each of which judged images that it did not learn from,"
    st.caption(
        f"{findings.doubted(judged, judges)} The {len(indices)} most suspect, each label with what"
        " it was read as:"
    )
    training_card.tiles(dataset, indices, judged.likely[indices], key=f"suspects-{dataset.name}")
