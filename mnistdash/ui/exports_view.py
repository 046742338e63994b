"""What the gallery shows now, to be taken along."""

from collections.abc import Callable

import numpy as np
import streamlit as st

from mnistdash import datasets, evaluation, exports, store
from mnistdash.ui import words


def of_images(
    run: store.Run, dataset: datasets.Dataset, answers: evaluation.Evaluation, shown: np.ndarray
) -> None:
    """Offer the images that meet the filters, in their order, as CSV and as arrays.

    Args:
        run: that answered.
        dataset: whose test images.
        answers: of the run.
        shown: indices selected, in order, int64 `(k,)`.
    """
    if not len(shown):
        return
    box = st.popover(
        "Download",
        icon=":material/download:",
        type="tertiary",
        key="take-images",
        on_change="rerun",
    )
    if not box.open:
        return
    with box:
        st.caption(f"The {words.images(len(shown))} that meet the filters, on every page.")
        _button(
            "Answers as CSV",
            lambda: exports.answers_csv(answers, dataset.class_names, shown),
            f"{run.id}-images.csv",
        )
        _button(
            "Images and answers as NPZ",
            lambda: exports.images_npz(dataset, answers, shown),
            f"{run.id}-images.npz",
        )


def _button(label: str, make: Callable[[], str | bytes], file_name: str) -> None:
    st.download_button(label, make, file_name=file_name, key=f"take-{file_name}", on_click="ignore")
