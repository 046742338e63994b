"""Pieces that several pages show: guards, facts, bars and tiles."""

import contextlib
import html
from collections.abc import Callable

import numpy as np
import streamlit as st

from mnistdash import datasets, evaluation, store
from mnistdash.ui import gallery, link, session, state, words

SPELLED_TILE_PX = 84
_ENTERED = "entered"  # session key: this visit asked for app.py around its page once
_GO_TO_IMAGE, _GO_TO_PAIR = "go_to_image", "go_to_pair"  # session keys: chosen, for the gallery

_ALL_BARRED, _LIKELY_BARRED = 12, 10  # classes with a bar: all of few, the likeliest of many


# --- guards ---------------------------------------------------------------------------------


def begin(title: str) -> None:
    """Begin a page: its title, and once why the run named in the link is not shown."""
    if not link.known():
        _enter_by_app()
    st.title(title)
    note = session.take(link.RUN_NOTE)
    if note:
        st.info(note, icon=":material/info:")


def _enter_by_app() -> None:
    """Have app.py run around this page.

    Until Streamlit meets `st.navigation`, it runs a page of pages/ without app.py around it: a
    server's very first visit, by a link to a page. No public option says otherwise; where the
    private one is gone, or does nothing, that visit lands on the first page.
    """
    if session.has(_ENTERED):
        st.switch_page("app.py", query_params=st.query_params.to_dict())
    session.put(_ENTERED, True)
    with contextlib.suppress(ImportError, AttributeError):
        from streamlit.runtime import pages_manager

        pages_manager.PagesManager.uses_pages_directory = False
    st.rerun()


def require_run() -> store.Run:
    """Return the chosen run, or show the way to the first one and stop."""
    run_id = link.current().run
    run = state.open_store().run(run_id) if run_id else None
    if run is None or not run.finished:
        st.markdown("There is no finished run yet.")
        st.page_link("pages/train.py", label="Train the first one", icon=":material/arrow_forward:")
        st.stop()
    return run


def require_results(run: store.Run) -> tuple[datasets.Dataset, evaluation.Evaluation]:
    """Return a run's images and answers, or say why they can't be shown and stop."""
    try:
        if link.current().on_drawings:
            ids = state.open_store().drawing_ids()
            answers = state.evaluate_drawings(run.id, ids)
            _forget_foreign_classes(state.load_drawings(ids))
            return state.load_drawings(ids), answers
        dataset, trouble = state.images_of(run)
        answers = state.load_evaluation(run.id, run.dataset)
    except (datasets.DataError, store.StoreError) as error:
        st.warning(str(error), icon=":material/warning:")
        st.stop()
    _forget_foreign_classes(dataset)
    if trouble:
        st.warning(trouble, icon=":material/warning:")
    return dataset, answers


def _forget_foreign_classes(dataset: datasets.Dataset) -> None:
    """Drop a class chosen on other images, or by a link, that these images don't have."""
    true_class, pred_class = link.current().classes
    if (true_class or 0) >= len(dataset.class_names):
        link.show(true=None)
    if (pred_class or 0) >= len(dataset.class_names):
        link.show(pred=None)


# --- pieces of pages ------------------------------------------------------------------------


def facts(pairs: dict[str, tuple[str, str]]) -> None:
    """Show headline figures in a row: a label, a value, and a small remark each."""
    items = "".join(
        f'<div><div class="quiet">{html.escape(label)}</div>{html.escape(value)}'
        f' <span class="quiet">{html.escape(remark)}</span></div>'
        for label, (value, remark) in pairs.items()
    )
    with st.container(key="facts"):
        st.html(f'<div class="facts">{items}</div>')


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
    for label in _barred(probs, true_class):
        name, prob = class_names[label], probs[label]
        kind, mark = "plain", ""
        if label == pred_class and true_class not in (None, label):
            kind, mark = "wrong", " ✕"
        elif label == true_class:
            kind, mark = "right", " ✓"
        elif label == pred_class:
            kind = "answered"
        rows.append(
            f'<div class="row {kind}"><span class="{kind}">{html.escape(name)}{mark}</span>'
            f'<i class="{kind}" style="width:{100 * float(prob):.1f}%"></i>'
            f'<span class="{kind}">{float(prob):.2f}</span></div>'
        )
    return f'<div class="bars">{"".join(rows)}</div>'


def _barred(probs: np.ndarray, true_class: int | None) -> list[int]:
    """Choose the classes that get a bar: all in their order, of many the most probable first."""
    if len(probs) <= _ALL_BARRED:
        return list(range(len(probs)))
    likely = np.argsort(-probs, kind="stable")[:_LIKELY_BARRED].tolist()
    return likely if true_class is None or true_class in likely else [*likely, true_class]


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
    marked = np.zeros(len(answers), bool) if once_right is None else once_right
    if legend:
        st.html(marks(answers.right[indices], marked[indices]))
    longest = max(map(len, names))
    gallery.tiles(
        dataset.x_test[indices],
        indices=indices,
        labels=[names[c] for c in answers.y_true[indices]],
        answers=[names[c] for c in answers.y_pred[indices]],
        probabilities=answers.confidence[indices] if answers.has_confidence else None,
        right=answers.right[indices],
        alts=[alt(dataset, answers, i, once_right=marked[i]) for i in indices],
        marked=marked[indices],
        chosen=link.current().index,
        on_choose=on_choose,
        tile_px=max(tile_px, SPELLED_TILE_PX) if longest > 2 else tile_px,
        across=across,
        name_length=longest,
        ink=dataset.ink,
        key=key,
    )


def alt(
    dataset: datasets.Dataset,
    answers: evaluation.Evaluation,
    index: int,
    *,
    once_right: bool = False,
) -> str:
    """Describe a test image and a run's answer to a person who can't see it."""
    return words.alt(
        index,
        int(answers.y_true[index]),
        int(answers.y_pred[index]),
        float(answers.confidence[index]) if answers.has_confidence else None,
        dataset.class_names,
        once_right=once_right,
    )


def marks(right: np.ndarray, once_right: np.ndarray) -> str:
    """Write what the marks on some tiles mean, those that occur, for `st.html`.

    Args:
        right: whether each tile's answer is correct, bool `(k,)`.
        once_right: whether it is wrong, but was correct in an earlier epoch, bool `(k,)`.
    """
    meanings = (
        (right.any(), "right", "✓", "correct"),
        (not right.all(), "wrong", "✕", "wrong: true → predicted class"),
        (once_right.any(), "index", "↺", "correct in an earlier epoch"),
    )
    said = "".join(
        f'<span><b class="{kind}">{mark}</b> {meaning}</span>'
        for occurs, kind, mark, meaning in meanings
        if occurs
    )
    return f'<p class="marks">{said}</p>'


def open_in_gallery(index: int) -> None:
    """Note that an image was chosen: the page goes on to its card in the gallery."""
    session.put(_GO_TO_IMAGE, index)


def open_pair_in_gallery(true_class: int, pred_class: int) -> None:
    """Note that a pair of classes was chosen: the page goes on to its errors in the gallery."""
    session.put(_GO_TO_PAIR, (true_class, pred_class))


def follow_chosen_image() -> None:
    """Go on to the gallery if an image, or a pair of classes, was chosen on this page."""
    index = session.take(_GO_TO_IMAGE)
    pair = session.take(_GO_TO_PAIR)
    if pair is not None:
        link.go("pages/gallery.py", true=pair[0], pred=pair[1], index=None, page=None)
    if index is not None:
        # On which page its tile is, the gallery finds.
        link.go("pages/gallery.py", index=index, page=None)


def best_and_worst(answers: evaluation.Evaluation) -> tuple[int, int]:
    """Return the classes that are read best and worst; classes without images are left out."""
    return int(np.nanargmax(answers.recall)), int(np.nanargmin(answers.recall))


def verdict(index: int, true_class: int, pred_class: int, names: tuple[str, ...]) -> None:
    """Say in words what an image is and what it was read as."""
    kind, mark = ("right", "✓") if true_class == pred_class else ("wrong", "✕")
    answer = "correct" if true_class == pred_class else f"read as {names[pred_class]}"
    st.html(
        f'<h2 class="verdict"><span class="index">#{index}</span>'
        f" {html.escape(names[true_class])}"
        f' <span class="{kind}">{html.escape(answer)} {mark}</span></h2>'
    )


def on_phone() -> bool:
    """Tell whether the browser says it runs on a phone."""
    return "Mobi" in st.context.headers.get("User-Agent", "")
