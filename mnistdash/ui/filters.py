"""Filters by class, confidence and order, shared by the confusion and the gallery page."""

import contextlib
import functools
import re
from collections.abc import Callable, Collection, Sequence

import numpy as np
import streamlit as st

from mnistdash import artifacts, datasets, evaluation, store
from mnistdash.ui import link, session, state, words

_BY_PROBABILITY = "doubtful", "suspect"  # orders
_ON_PHONE = "on_phone"  # session key: whether this visit is made with a phone
WANTED = "wanted_image"  # session key: what was typed to open an image by its index


def box() -> contextlib.AbstractContextManager[object]:
    """Return what holds the filters; on a phone it begins closed."""
    if not session.has(_ON_PHONE):
        session.put(_ON_PHONE, "Mobi" in st.context.headers.get("User-Agent", ""))
    on_phone = session.get(_ON_PHONE)
    return st.expander(
        "Filters", key="filters", expanded=not on_phone, icon=":material/filter_list:"
    )


def class_boxes(class_names: tuple[str, ...]) -> None:
    """Show two select boxes, for the true and the predicted class."""
    for field, label in (("true", "True class"), ("pred", "Predicted class")):
        _filter(
            st.selectbox,
            label,
            field,
            options=range(len(class_names)),
            index=None,
            format_func=class_names.__getitem__,
            placeholder="any",
        )


def choose_classes(true_class: int | None, pred_class: int | None) -> None:
    """Filter by these classes, from the first page on."""
    link.show(true=true_class, pred=pred_class)
    _start_over()


def chips(class_names: tuple[str, ...]) -> None:
    """Show what is filtered, each with a cross to remove it."""
    said = ("true", "read as")
    pair = link.current().pair
    if pair == (None, None):
        return
    with st.container(horizontal=True, width="content"):
        for field, what, label in zip(("true", "pred"), said, pair, strict=True):
            if label is not None:
                st.button(
                    f"{what} {words.plain(class_names[label])}",
                    icon=":material/close:",
                    icon_position="right",
                    key=f"chip-{field}",
                    on_click=_drop,
                    args=(field,),
                )


def order_box(answers: evaluation.Evaluation) -> None:
    """Show the order of the gallery, but none by a confidence that nobody knows."""
    orders = dict(evaluation.ORDERS)
    if not answers.has_confidence:
        orders["confident"] = "errors first"
        if link.current().sort in _BY_PROBABILITY:
            link.show(sort="confident")
        for order in _BY_PROBABILITY:
            del orders[order]
    _filter(st.selectbox, "Order", "sort", options=list(orders), format_func=orders.get)


def confidence_slider(answers: evaluation.Evaluation) -> None:
    """Show the range of confidence, or that nobody knows how sure the answers are."""
    if not answers.has_confidence:
        st.caption("How sure these answers are is not known.")
        return
    _filter(st.slider, "Confidence", "conf", min_value=0.0, max_value=1.0, step=0.01)


def all_images_switch() -> None:
    """Show the switch for correct images."""
    _filter(st.toggle, "Correct ones too", "all")


def label_box(kinds: Collection[str]) -> None:
    """Show the choice of images whose label is in doubt.

    Args:
        kinds: keys of `link.LABELS` that there are images of; without any there is no choice.
    """
    if link.current().labels not in (None, *kinds):
        link.stand_in(labels=None)
    if kinds:
        st.selectbox(
            "Labels",
            kinds,
            index=None,
            format_func=link.LABELS.get,
            placeholder="any",
            on_change=_doubt_labels,
            **link.bound("labels"),
        )


def verdict_box() -> None:
    """Show the verdicts to filter by."""
    _filter(
        st.selectbox,
        "Your verdict",
        "verdict",
        options=list(link.VERDICTS),
        index=None,
        format_func=link.VERDICTS.get,
        placeholder="any",
    )


def of_all(answers: evaluation.Evaluation) -> str:
    """Say which images the filters choose from: `187 errors`, `10 000 test images`."""
    if link.current().includes_right:
        return words.images(len(answers), "test")
    return words.errors(len(answers.errors))


def selected(answers: evaluation.Evaluation, among: np.ndarray | None = None) -> np.ndarray:
    """Return the indices of the images that meet all filters, in the chosen order.

    Args:
        answers: of one run.
        among: indices to choose from, int64 `(k,)`; `None` for all.
    """
    view = link.current()
    found = _select(answers, *view.pair, view.conf, view.includes_right, view.sort)
    return found if among is None else found[np.isin(found, among)]


@functools.lru_cache(maxsize=16)
def _select(
    answers: evaluation.Evaluation,
    true_class: int | None,
    pred_class: int | None,
    confidence: tuple[float, float],
    include_right: bool,
    order: str,
) -> np.ndarray:
    """Select as `Evaluation.select` does, once: every press shows most of its images again."""
    found = answers.select(
        true_class=true_class,
        pred_class=pred_class,
        confidence=confidence,
        include_right=include_right,
        order=order,
    )
    found.flags.writeable = False
    return found


def of_the_same_images(run: store.Run, runs: Sequence[store.Run]) -> list[store.Run]:
    """Choose the other finished runs that were tested on the same images and classes."""
    names = state.class_names(run)
    return [
        other
        for other in runs
        if other.finished
        and other.id != run.id
        and other.dataset_sha256 is not None
        and other.dataset_sha256 == run.dataset_sha256
        and state.class_names(other) == names
    ]


def epochs_kept(run: store.Run) -> int:
    """Count the epochs after which a run's answers are kept: all of a traced one's, else none."""
    epochs = len(run.history)
    return epochs if set(artifacts.epochs(run.artifacts)).issuperset(range(epochs)) else 0


def at_epoch(
    run: store.Run, dataset: datasets.Dataset, answers: evaluation.Evaluation
) -> evaluation.Evaluation:
    """Show a slider over the epochs of a traced run, and return the answers after the chosen one.

    The last place stands for the model that was kept, whose `answers` are given.
    """
    epochs = epochs_kept(run)
    if epochs < 2 or dataset.name != run.dataset:
        return answers
    asked = link.asked_for().epoch
    if asked is None or asked > epochs:
        link.stand_in(epoch=epochs)
    st.slider(
        "After epoch",
        1,
        epochs,
        help="How errors appear and vanish while the model learns; the last is the model kept.",
        **link.bound("epoch"),
    )
    chosen = link.current().epoch
    if chosen == epochs:
        return answers
    try:
        return state.load_epoch(run.id, dataset.name, chosen - 1)
    except store.StoreError as error:
        st.warning(words.sentence(str(error)), icon=":material/warning:")
        return answers


def once_right(run: store.Run, dataset: datasets.Dataset) -> np.ndarray | None:
    """Return which images a traced run had right once and has wrong now; `None` if untraced."""
    epochs = epochs_kept(run)
    if not epochs or dataset.name != run.dataset:
        return None
    try:
        return state.load_once_right(run.id, dataset.name, epochs)
    except store.StoreError:
        return None


def page_of(indices: np.ndarray, size: int) -> np.ndarray:
    """Return one page of indices, with the page numbers shown if there are several.

    Where none is chosen it is the page of the image that the card shows.
    """
    pages = max(1, -(-len(indices) // size))
    found = np.flatnonzero(indices == link.current().index)
    of_image = int(found[0]) // size + 1 if len(found) else 1
    asked = link.asked_for().page
    if asked is None or asked > pages:
        link.stand_in(page=of_image if asked is None else pages)
    number = link.current().page
    if pages > 1:
        with st.container(horizontal=True, vertical_alignment="center"):
            number = st.pagination(pages, **link.bound("page"))
            first = (number - 1) * size
            st.caption(
                f"{words.count(first + 1)}-{words.count(min(first + size, len(indices)))}"
                f" of {words.count(len(indices))}"
            )
    return indices[(number - 1) * size : number * size]


def place(
    answers: evaluation.Evaluation, shown: np.ndarray, index: int, order: str
) -> tuple[int, bool]:
    """Find where an image stands among those selected, or would stand.

    Args:
        answers: of one run.
        shown: indices selected, in order, int64 `(k,)`.
        index: of the image in the test set.
        order: a key of `evaluation.ORDERS`, that of `shown`.

    Returns:
        How many images stand before it, and whether it is one of them itself.
    """
    found = np.flatnonzero(shown == index)
    if len(found):
        return int(found[0]), True
    with_it = answers.ordered(np.sort(np.append(shown, index)), order)
    return int(np.flatnonzero(with_it == index)[0]), False


def move(answers: evaluation.Evaluation, shown: np.ndarray, order: str, steps: int) -> None:
    """Go on from the image that the session shows, at most to the first or the last one.

    Args:
        answers: of one run.
        shown: indices selected, in order, int64 `(k,)`.
        order: a key of `evaluation.ORDERS`, that of `shown`.
        steps: how many images to go on; negative ones go back.
    """
    index = link.current().index
    if index is None or index >= len(answers) or not len(shown) or not steps:
        return
    before, inside = place(answers, shown, index, order)
    # From between two images, the first step leads to the one behind or the one ahead.
    target = before + steps - (0 if inside or steps < 0 else 1)
    target = min(max(target, 0), len(shown) - 1)
    show_image(int(shown[target]))


def index_box(answers: evaluation.Evaluation, shown: np.ndarray, size: int) -> None:
    """Show the box that opens an image by its index, selected or not.

    Args:
        answers: of one run.
        shown: indices selected, in order, int64 `(k,)`.
        size: images a page.
    """
    st.text_input(
        "Open image #",
        key=WANTED,
        placeholder="index",
        on_change=_open_wanted,
        args=(answers, shown, size),
    )
    if session.get(WANTED):
        st.caption(f"Give a whole number from 0 to {words.count(len(answers) - 1)}.")


def show_image(index: int, page: int | None = None) -> None:
    """Open the card of an image and turn to its page.

    Args:
        index: of the image in the test set.
        page: where it would stand, if it is none of the selected.
    """
    link.show(index=index, page=page)


def close_card() -> None:
    """Close the card; the page of images stays."""
    link.show(index=None, page=link.current().page)


def _open_wanted(answers: evaluation.Evaluation, shown: np.ndarray, size: int) -> None:
    """Open the image whose index was typed; what is no index of one stays in the box."""
    typed = re.sub(r"[#\s,]", "", session.get(WANTED, ""))
    if not re.fullmatch("[0-9]{1,6}", typed) or int(typed) >= len(answers):
        return
    before, inside = place(answers, shown, int(typed), link.current().sort)
    nearest = min(before, max(len(shown) - 1, 0))
    show_image(int(typed), None if inside else nearest // size + 1)
    session.put(WANTED, "")


def _drop(field: str) -> None:
    link.show(**{field: None})
    _start_over()


def _filter(widget: Callable, label: str, field: str, **options: object) -> None:
    widget(label, on_change=_start_over, **link.bound(field), **options)


def _doubt_labels() -> None:
    """Begin with all images of the kind chosen: a label may be wrong where the answer is it."""
    if link.current().labels is not None:
        link.show(all=True)
    _start_over()


def _start_over() -> None:
    link.show(page=None, index=None)
