"""My digits: the drawings that were kept, and how well each run reads them."""

import functools
import io

import numpy as np
import streamlit as st

from mnistdash import evaluation, store
from mnistdash.ui import gallery, session, state, words

_CHOSEN = "chosen_drawing"  # session key: the place of the drawing chosen, from 0
REDRAW = "redraw_strokes"  # session key: strokes to put on the canvas
_KEPT = "drawings_kept"  # session key: how many; a new key closes the box of the button


def keep_button(
    image: np.ndarray,
    strokes: list[list[tuple[float, float]]],
    *,
    answer: int,
    confidence: float,
    run: store.Run,
) -> None:
    """Let a person keep a drawing under its true label."""
    kept = session.get(_KEPT, 0)
    closed = state.open_store().read_only_because
    with st.popover(
        "Keep this drawing",
        icon=":material/bookmark:",
        key=f"keep-{kept}",
        disabled=closed is not None,
        help=closed and words.sentence(closed),
    ):
        label = st.selectbox("It is a", range(10), index=answer, key=f"keep_label_{answer}")
        if not st.button("Keep", type="primary"):
            return
        try:
            state.open_store().keep_drawing(
                image,
                label,
                strokes=strokes,
                answer=answer,
                confidence=confidence,
                run_name=words.run_title(run),
            )
        except (store.StoreError, ValueError) as error:
            st.warning(words.sentence(str(error)), icon=":material/warning:")
            return
    session.count(_KEPT)
    st.rerun()


def my_digits(runs: list[store.Run]) -> None:
    """Show the kept drawings as a gallery, and each digit run's accuracy on them."""
    ids = state.open_store().drawing_ids()
    if not ids or not (kept := state.kept_drawings(ids)):
        return
    st.header("My digits")
    gallery.tiles(
        np.stack([drawing.image for drawing in kept]),
        indices=range(len(kept)),
        pred_names=[str(drawing.answer) for drawing in kept],
        probabilities=[drawing.confidence for drawing in kept],
        right=[drawing.answer == drawing.label for drawing in kept],
        alts=[
            f"Drawing {number}: {drawing.label}, read as {drawing.answer} by {drawing.run_name}"
            for number, drawing in enumerate(kept)
        ],
        chosen=session.get(_CHOSEN),
        on_choose=functools.partial(session.put, _CHOSEN),
        key="my-digits",
    )
    with st.container(horizontal=True):
        _chosen(kept)
        st.download_button(
            "Download",
            lambda: _npz(kept),
            file_name="my-digits.npz",
            icon=":material/download:",
            on_click="ignore",
        )
    _accuracies(runs, ids)


def _chosen(kept: list[store.Drawing]) -> None:
    number = session.get(_CHOSEN)
    if number is None or number >= len(kept):
        st.caption("Choose a drawing to delete it or to draw it again.")
        return
    drawing = kept[number]
    if drawing.strokes:
        st.button(
            "Draw again",
            icon=":material/draw:",
            on_click=session.put,
            args=(REDRAW, drawing.strokes),
        )
    st.button(
        f"Delete drawing {number}", icon=":material/delete:", on_click=_delete, args=(drawing.id,)
    )


def _delete(drawing_id: str) -> None:
    state.open_store().delete_drawing(drawing_id)
    session.forget(_CHOSEN)


def _accuracies(runs: list[store.Run], ids: tuple[str, ...]) -> None:
    lines = ["| run | correct | 95 % interval |", "| :-- | --: | --: |"]
    for run in runs:
        if not (run.finished and run.has_model and state.reads_digits(run)):
            continue
        try:
            answers = state.evaluate_drawings(run.id, ids)
        except store.StoreError:
            continue
        right = len(answers) - len(answers.errors)
        spread = words.interval(*evaluation.wilson(right, len(answers)))
        lines.append(
            f"| {words.plain(words.run_title(run))} | {right} of {len(answers)} | {spread} |"
        )
    st.markdown("\n".join(lines))


def _npz(kept: list[store.Drawing]) -> bytes:
    target = io.BytesIO()
    np.savez_compressed(
        target,
        x=np.stack([drawing.image for drawing in kept]),
        y=np.array([drawing.label for drawing in kept], np.uint8),
    )
    return target.getvalue()
