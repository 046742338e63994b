"""The card of one test image: the picture large, and all that the model said of it."""

import numpy as np
import streamlit as st

from mnistdash import datasets, evaluation
from mnistdash.ui import filters, gallery, widgets, words


def card(
    dataset: datasets.Dataset,
    answers: evaluation.Evaluation,
    index: int,
    *,
    among: np.ndarray,
    page_size: int,
) -> None:
    """Show one image with its ten probabilities, and the way to its neighbours.

    Args:
        dataset: whose test image it is.
        answers: of one run.
        index: of the image in the test set.
        among: indices of the images selected, in order, int64 `(k,)`.
        page_size: images a page of the gallery.
    """
    names = dataset.class_names
    true_class, pred_class = int(answers.y_true[index]), int(answers.y_pred[index])
    confidence = float(answers.confidence[index])
    gallery.picture(
        dataset.x_test[index],
        label=words.alt(index, true_class, pred_class, confidence, names),
        size_px=224,
        key="card-picture",
    )
    widgets.verdict(index, true_class, pred_class, names)
    probs = answers.probs[index]
    st.html(widgets.bars(probs, names, true_class=true_class, pred_class=pred_class))
    _steps(index, among, page_size)
    with st.expander("Sorted, and the link to this image"):
        order = np.argsort(-answers.probs[index], kind="stable")
        st.markdown(
            "\n".join(f"1. {names[label]}: {answers.probs[index, label]:.4f}" for label in order)
        )
        st.code(widgets.full_link(), language=None, wrap_lines=True)


def _steps(index: int, among: np.ndarray, page_size: int) -> None:
    found = np.flatnonzero(among == index)
    position = int(found[0]) if len(found) else 0
    with st.container(horizontal=True, gap="small"):
        for label, key, step in (("Previous", "Left", -1), ("Next", "Right", 1)):
            target = position + step
            inside = bool(len(found)) and 0 <= target < len(among)
            st.button(
                label,
                key=f"card-{label.lower()}",
                shortcut=key,
                disabled=not inside,
                on_click=filters.show_image,
                args=(int(among[target]), target, page_size) if inside else (index, position, 1),
            )
        st.button(
            "Close",
            key="card-close",
            shortcut="Escape",
            on_click=filters.show_image,
            args=(None, position, page_size),
        )
