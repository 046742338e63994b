"""Test images with what a run answered: as tiles, as bars, and in words."""

import html
from collections.abc import Callable, Collection

import numpy as np
import streamlit as st

from mnistdash import datasets, evaluation
from mnistdash.charts import amounts
from mnistdash.ui import gallery, link, state, verdicts_view, words

SPELLED_TILE_PX = 84

# What a sign on a tile means.
_SIGNS = {"↺": "correct in an earlier epoch", "⚑": "raters disagreed with this label"}


def bars(
    probs: np.ndarray,
    class_names: tuple[str, ...],
    *,
    true_class: int | None = None,
    pred_class: int | None = None,
) -> str:
    """Write probabilities as bars, the true and the answered class marked, for `st.html`.

    Of more than a dozen classes the ten most probable are shown, and the true one.

    Args:
        probs: float32 `(K,)` in 0-1.
        class_names: K names.
        true_class: the label, marked as right; `None` where nobody knows it.
        pred_class: the answer, marked as wrong unless it is the label; `None` marks none.
    """
    rows = []
    for label in amounts.likeliest(probs, true_class):
        name, prob = class_names[label], probs[label]
        kind, mark = "plain", ""
        if label == pred_class and true_class not in (None, label):
            kind, mark = "wrong", " ✕"
        elif label == true_class:
            kind, mark = "right", " ✓"
        elif label == pred_class:
            kind = "answered"
        rows.append(
            f'<div class="row {kind}" title="{html.escape(name)}: probability {float(prob):.2f}">'
            f'<span class="{kind}">{html.escape(name)}{mark}</span>'
            f'<i class="{kind}" style="width:{100 * float(prob):.1f}%"></i>'
            f'<span class="{kind}">{float(prob):.2f}</span></div>'
        )
    return f'<div class="bars">{"".join(rows)}</div>'


def tiles(
    dataset: datasets.Dataset,
    answers: evaluation.Evaluation,
    indices: np.ndarray,
    *,
    on_choose: Callable[[int], None],
    key: str,
    tile_px: int = 56,
    across: int | None = None,
    once_right: np.ndarray | None = None,
    legend: bool = True,
) -> None:
    """Show test images with their answers as tiles, and what the marks on them mean.

    Args:
        dataset: whose test images.
        answers: of one run.
        indices: of the images, in order, int64 `(k,)`.
        on_choose: called with the index of a clicked tile.
        key: Streamlit key.
        tile_px: side of a picture in CSS pixels; where class names are words, and the tiles as
            wide, at least `SPELLED_TILE_PX`.
        across: tiles in a row; `None` puts as many as fit.
        once_right: whether each test image was right in an earlier epoch, bool `(n,)`.
        legend: whether to explain the marks; where rows follow each other, one does for all.
    """
    names = dataset.class_names
    signs = _signs(dataset, answers, indices, once_right)
    if legend:
        st.html(marks(answers.right[indices], set().union(*signs)))
    verdicts_view.trouble()
    longest = max(map(len, names))
    gallery.tiles(
        dataset.x_test[indices],
        indices=indices,
        true_names=[names[c] for c in answers.y_true[indices]],
        pred_names=[names[c] for c in answers.y_pred[indices]],
        probabilities=answers.confidence[indices] if answers.has_confidence else None,
        right=answers.right[indices],
        alts=_alts(dataset, answers, indices, signs),
        marks=signs,
        chosen=link.current().index,
        on_choose=on_choose,
        **verdicts_view.on_tiles(dataset, answers, indices),
        tile_px=max(tile_px, SPELLED_TILE_PX) if longest > 2 else tile_px,
        across=across,
        name_length=longest,
        ink=dataset.ink,
        key=key,
    )


def _signs(
    dataset: datasets.Dataset,
    answers: evaluation.Evaluation,
    indices: np.ndarray,
    once_right: np.ndarray | None,
) -> list[str]:
    """Choose the signs on each tile, among those of `_SIGNS`."""
    rated = state.raters(dataset, answers)
    returned = np.zeros(len(answers), bool) if once_right is None else once_right
    return [
        ("↺" if returned[index] else "") + ("⚑" if index in rated else "")
        for index in indices.tolist()
    ]


def _alts(
    dataset: datasets.Dataset,
    answers: evaluation.Evaluation,
    indices: np.ndarray,
    signs: list[str],
) -> list[str]:
    """Describe test images as `alt` does, those of a page at once, and what their signs mean."""
    truth, pred = answers.y_true[indices].tolist(), answers.y_pred[indices].tolist()
    known = answers.has_confidence
    sure = answers.confidence[indices].tolist() if known else [None] * len(pred)
    return [
        words.alt(*image, dataset.class_names, *map(_SIGNS.get, shown))
        for *image, shown in zip(indices.tolist(), truth, pred, sure, signs, strict=True)
    ]


def alt(dataset: datasets.Dataset, answers: evaluation.Evaluation, index: int) -> str:
    """Describe a test image and a run's answer to a person who can't see it."""
    return _alts(dataset, answers, np.array([index]), [""])[0]


def marks(right: np.ndarray, signs: Collection[str]) -> str:
    """Write what the marks on some tiles mean, those that occur, for `st.html`.

    Args:
        right: whether each tile's answer is correct, bool `(k,)`.
        signs: those of `_SIGNS` that some tile has.
    """
    meanings = (
        (right.any(), "right", "✓", "correct"),
        (not right.all(), "wrong", "✕", "wrong: true → predicted class"),
        *((sign in signs, "index", sign, said) for sign, said in _SIGNS.items()),
    )
    said = "".join(
        f'<span><b class="{kind}">{mark}</b> {meaning}</span>'
        for occurs, kind, mark, meaning in meanings
        if occurs
    )
    return f'<p class="marks">{said}</p>'


def verdict(index: int, true_class: int, pred_class: int, names: tuple[str, ...]) -> None:
    """Say in words what an image is and what it was read as."""
    kind, mark = ("right", "✓") if true_class == pred_class else ("wrong", "✕")
    answer = "correct" if true_class == pred_class else f"read as {names[pred_class]}"
    st.html(
        f'<h2 class="verdict"><span class="index">#{index}</span>'
        f" {html.escape(names[true_class])}"
        f' <span class="{kind}">{html.escape(answer)} {mark}</span></h2>'
    )
