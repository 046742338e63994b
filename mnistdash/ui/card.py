"""The card of one test image: the picture large, and all that the model said of it."""

import functools

import numpy as np
import streamlit as st

from mnistdash import datasets, evaluation, store
from mnistdash.ui import (
    answer_files,
    answers_view,
    card_steps,
    evidence_view,
    filters,
    gallery,
    how_near,
    labels_view,
    link,
    verdicts_view,
    words,
)

SORTED = 10  # of the most probable classes
_STEPS = "card-steps"


def card(
    run: store.Run,
    dataset: datasets.Dataset,
    answers: evaluation.Evaluation,
    *,
    among: np.ndarray,
) -> None:
    """Show the image that the session has chosen, and the way to its neighbours.

    Args:
        run: a finished one.
        dataset: whose test image it is.
        answers: of the run.
        among: indices of the images selected, in order, int64 `(k,)`.
    """
    index = link.current().index
    if index is not None and index >= len(answers):
        index = None
    # One box in the other: on a phone the outer one dims the page, the inner one is a sheet on it.
    with st.container(key="card"), st.container(key="card-sheet", gap="small"):
        _steps(dataset, answers, index, among)
        if index is None:
            st.caption("Choose an image to see what the model made of it.")
        else:
            _image(run, dataset, answers, index)
            if index not in among:
                st.caption("Not among the images chosen: Previous and Next lead to those.")


def open_card(index: int, *, among: np.ndarray) -> None:
    """Open the card of a clicked tile.

    Args:
        index: of the image in the test set.
        among: indices of the images selected, in order, int64 `(k,)`.
    """
    steps = card_steps.steps_since_choice(_STEPS)
    found = np.flatnonzero(among == index)
    if not len(found):  # it was selected when the hand came down
        filters.show_image(index)
        return
    position = min(max(int(found[0]) + steps, 0), len(among) - 1)
    filters.show_image(int(among[position]))


def _steps(
    dataset: datasets.Dataset,
    answers: evaluation.Evaluation,
    index: int | None,
    among: np.ndarray,
) -> None:
    order = link.current().sort
    before, inside = (0, False) if index is None else filters.place(answers, among, index, order)
    card_steps.card_steps(
        None if index is None else answers_view.alt(dataset, answers, index),
        before=before,
        after=len(among) - before - inside,
        inside=inside,
        on_move=functools.partial(filters.move, answers, among, order),
        on_close=filters.close_card,
        around=None
        if index is None
        else verdicts_view.around(
            dataset, answers, index, among[:before], among[before + inside :]
        ),
        class_names=dataset.class_names,
        on_judge=verdicts_view.judge_with(dataset),
        key=_STEPS,
    )


def _image(
    run: store.Run, dataset: datasets.Dataset, answers: evaluation.Evaluation, index: int
) -> None:
    names = dataset.class_names
    true_class, pred_class = int(answers.y_true[index]), int(answers.y_pred[index])
    answers_view.verdict(index, true_class, pred_class, names)
    labels_view.raters_said(dataset, index)
    gallery.picture(
        dataset.x_test[index],
        label=answers_view.alt(dataset, answers, index),
        size_px=224,
        ink=dataset.ink,
        key="card-picture",
    )
    if answers.probs is None:
        sure = f"Probability {answers.confidence[index]:.2f}. " if answers.has_confidence else ""
        st.caption(f"{sure}Only the answer is known here, not what else was likely.")
    else:
        probs = answers.probs[index]
        st.html(answers_view.bars(probs, names, true_class=true_class, pred_class=pred_class))
    evidence_view.evidence(run, dataset, answers, index)
    how_near.how_near(run, dataset, index)
    with st.expander("Sorted, as a file, and the link to this image"):
        if answers.probs is not None:
            st.markdown(_ranked(probs, names, true_class))
            answer_files.offer(
                dataset.x_test[index],
                lambda: probs,
                names,
                true_class=true_class,
                ink=dataset.ink,
                title=answers_view.alt(dataset, answers, index),
                of=f"{words.run_title(run)} · {dataset.title}",
                name=f"{run.id}-image-{index}",
                key="take-image",
            )
        st.code(link.address(), language=None, wrap_lines=True)


def _ranked(probs: np.ndarray, names: tuple[str, ...], true_class: int) -> str:
    """Write the most probable classes in order, and the true one with its rank, as Markdown."""
    order = np.argsort(-probs, kind="stable").tolist()
    shown = {rank: c for rank, c in enumerate(order, start=1) if rank <= SORTED or c == true_class}
    # Another mark begins another list: within one, the number after 10 is 11.
    return "\n".join(
        f"{rank}{'.' if rank <= SORTED else ')'} {words.plain(names[c])}: {probs[c]:.4f}"
        for rank, c in shown.items()
    )
