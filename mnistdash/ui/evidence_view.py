"""What is known of one test image beside a run's answer: other runs, epochs, and why."""

import contextlib
import html

import numpy as np
import streamlit as st

from mnistdash import datasets, evaluation, readings, store
from mnistdash.ui import apart, filters, state, why, words

ALIKE = 5  # training images
RUNS = 32  # the newest others: each costs some milliseconds once
_WHY = "card-why"  # key of the box that is filled only while it is open


def evidence(
    run: store.Run, dataset: datasets.Dataset, answers: evaluation.Evaluation, index: int
) -> None:
    """Say how other runs and earlier epochs read a test image, and why on request.

    Args:
        run: a finished one.
        dataset: whose test image it is: the run's, or drawings.
        answers: of the run.
        index: of the image.
    """
    true_class = int(answers.y_true[index])
    by_run = _by_run(run, dataset, index)
    lines = (
        _epochs_said(_by_epoch(run, dataset, index), true_class, dataset.class_names),
        _runs_said(by_run, true_class, dataset.class_names),
    )
    # Also without a line: what opens below keeps its place when another run ends.
    st.html(f'<div class="evidence">{"".join(lines)}</div>')
    _why(run, dataset, index, by_run, true_class)


def _by_run(run: store.Run, dataset: datasets.Dataset, index: int) -> list[tuple[str, int]]:
    """Return the titles of other runs and what they answered to an image; none knows drawings."""
    if dataset.name != run.dataset:
        return []
    found = []
    for other in filters.of_the_same_images(run, state.open_store().runs())[:RUNS]:
        with contextlib.suppress(store.StoreError, datasets.DataError):  # read again next time
            y_pred = state.load_answers(other.id, other.dataset)
            found += [(words.run_title(other), int(each)) for each in y_pred[index : index + 1]]
    return found


def _by_epoch(run: store.Run, dataset: datasets.Dataset, index: int) -> list[int]:
    """Return what a traced run answered to an image after each epoch; nothing of another run."""
    epochs = filters.epochs_kept(run)
    if not epochs or dataset.name != run.dataset:
        return []
    try:
        return state.load_epochs(run.id, run.dataset, epochs)[:, index].tolist()
    except (store.StoreError, datasets.DataError):
        return []


def _epochs_said(answers: list[int], true_class: int, names: tuple[str, ...]) -> str:
    """Write `After epochs 1: 9 ✕ · 2-5: 4 ✓`, in HTML."""
    if not answers:
        return ""
    said = (
        f"{words.ranges(range(span.first + 1, span.last + 2))}:"
        f" {_marked(span.answer, true_class, names)}"
        for span in readings.spans(answers)
    )
    return f"<p>After epoch {' · '.join(said)}</p>"


def _runs_said(by_run: list[tuple[str, int]], true_class: int, names: tuple[str, ...]) -> str:
    """Write `6 of 8 other runs read it as 4 ✓, 2 as 9 ✕`, in HTML."""
    if not by_run:
        return ""
    (first, most), *others = readings.tally([label for _, label in by_run])
    if len(by_run) == 1:
        other = _marked(first, true_class, names)
        return f"<p>The one other run of these images reads it as {other}</p>"
    runs = words.number_of(len(by_run), "other run")
    said = f"{most} of {runs} read it as {_marked(first, true_class, names)}"
    rest = (f"{count} as {_marked(label, true_class, names)}" for label, count in others)
    return f"<p>{', '.join([said, *rest])}</p>"


def _marked(label: int, true_class: int, names: tuple[str, ...]) -> str:
    kind, mark = ("right", "✓") if label == true_class else ("wrong", "✕")
    return f'<b class="{kind}">{html.escape(names[label])} {mark}</b>'


@apart.part
def _why(
    run: store.Run,
    dataset: datasets.Dataset,
    index: int,
    by_run: list[tuple[str, int]],
    true_class: int,
) -> None:
    """Show what costs time, in a box: only this part of the page runs when it is opened."""
    box = st.expander("Why", key=_WHY, on_change="rerun")
    if not box.open:
        if run.has_model:
            state.read_ahead(run.id, run.dataset)
        return
    with box:
        image = dataset.x_test[index]
        if run.has_model and image.any():
            _asked(run, image)
        if by_run:
            st.markdown("**How other runs read it**")
            st.html(_list(by_run, true_class, dataset.class_names))
        known = {
            "a picture of it": image.any(),
            "a model, to ask what the answer rests on and how near it was": run.has_model,
            "other runs of these images": by_run,
            "its answers epoch by epoch": filters.epochs_kept(run),
        }
        if lacking := [what for what, there in known.items() if not there]:
            st.caption(f"Not there for this run: {'; '.join(lacking)}.")


def _asked(run: store.Run, image: np.ndarray) -> None:
    """Show what only the run's model tells of an image, uint8 `(28, 28)`."""
    try:
        probs = state.load_classifier(run.id).probs(image[np.newaxis])[0]
    except store.StoreError as error:
        st.caption(words.sentence(str(error)))
        return
    names = state.class_names(run)
    answered = why.Answered(run=run, image=image, label=int(probs.argmax()), class_names=names)
    st.markdown("**Where the answer rests**")
    why.covered(answered)
    st.markdown("**The most alike training images**")
    why.neighbours(answered, count=ALIKE, across=ALIKE)


def _list(by_run: list[tuple[str, int]], true_class: int, names: tuple[str, ...]) -> str:
    rows = "".join(
        f"<li><span>{html.escape(title)}</span> {_marked(label, true_class, names)}</li>"
        for title, label in by_run
    )
    return f'<ul class="who">{rows}</ul>'
