"""The drawing page's pieces: the canvas, the picture, and what the model makes of them."""

import html

import numpy as np
import streamlit as st
import streamlit_drawable_canvas

from mnistdash import datasets, ink, store
from mnistdash.ui import gallery, state, widgets

CANVAS_PX = 280
_INK, _PAPER = "#1C1B22", "#FFFFFF"
_DRAWING = "drawing"  # session key: the strokes as the canvas sent them last
_CLEARED = "canvas_cleared"  # session key: how often; a new key empties the canvas


def answering_run() -> store.Run | None:
    """Let a person choose which finished run answers.

    Returns:
        The run, or `None` when there is none: the page has stopped by then.
    """
    finished = {run.id: run for run in state.open_store().runs() if run.finished}
    if not finished:
        return widgets.require_run()
    if st.session_state.get("draw_run") not in finished:
        st.session_state["draw_run"] = _first_choice(finished)
    st.selectbox(
        "Answered by",
        list(finished),
        format_func=lambda run_id: widgets.run_label(finished[run_id]),
        key="draw_run",
        persist_state="session",
    )
    run = finished[st.session_state["draw_run"]]
    if run.dataset == "fashion_mnist":
        st.caption(
            "This run knows clothes, not digits: drawings are a different game, but it answers."
        )
    return run


def kept() -> dict | None:
    """Return the drawing to begin with: the one left when this page was left."""
    return st.session_state.get(_DRAWING)


@st.fragment
def canvas(run: store.Run, initial: dict | None) -> None:
    """Show the canvas and, beside it, the answer to what is drawn; only this part runs again."""
    left, right = st.columns((1, 2), gap="large")
    with left:
        drawn = streamlit_drawable_canvas.st_canvas(
            stroke_width=20,
            stroke_color=_INK,
            background_color=_PAPER,
            height=CANVAS_PX,
            width=CANVAS_PX,
            initial_drawing=initial,
            key=f"canvas-{st.session_state.get(_CLEARED, 0)}",
        )
        st.button("Clear", icon=":material/close:", on_click=_clear)
    with right:
        try:
            strokes = ink.strokes_from_fabric(drawn.json_data)
            if not strokes:
                st.caption("The canvas is empty. Draw a digit with the mouse, a pen or a finger.")
                return
            image = ink.from_strokes(strokes)
        except ValueError as error:
            st.warning(str(error), icon=":material/warning:")
            return
        st.session_state[_DRAWING] = drawn.json_data
        answer(run, image)


def picture(run: store.Run, upload: object) -> None:
    """Show the answer to an uploaded or photographed digit."""
    if upload is None:
        st.caption("PNG, JPEG, WebP, BMP or GIF, up to 10 MB. Nothing is kept.")
        return
    try:
        image = ink.from_picture(upload.getvalue())
    except ValueError as error:
        st.warning(str(error), icon=":material/warning:")
        return
    left, right = st.columns((1, 2), gap="large")
    left.image(upload, width=CANVAS_PX, caption="The picture")
    with right:
        answer(run, image)


def answer(run: store.Run, image: np.ndarray) -> None:
    """Show what the model sees, its answer in large type, and all ten probabilities.

    Args:
        run: a finished one.
        image: uint8 `(28, 28)`, ink bright.
    """
    try:
        probs = state.load_classifier(run.id).probs(image[np.newaxis])[0]
    except store.StoreError as error:
        st.warning(str(error), icon=":material/warning:")
        return
    names = class_names(run)
    best = int(probs.argmax())
    seen, said = st.columns((2, 3), gap="large")
    with seen:
        gallery.picture(
            image,
            label="The 28x28 pixels that the model sees",
            size_px=168,
            polarity="model",
            key="seen",
        )
        st.caption("What the model sees: 28x28, white on black")
    with said:
        long = " long" if len(names[best]) > 1 else ""
        st.html(
            f'<div class="answer{long}" aria-live="polite">{html.escape(names[best])}</div>'
            f'<div class="quiet">probability {probs[best]:.2f}</div>'
        )
        widgets.bars(probs, names, pred_class=best)


def class_names(run: store.Run) -> tuple[str, ...]:
    """Return the names of a run's classes, digits where its data set is not on this machine."""
    try:
        return datasets.class_names(run.dataset)
    except datasets.DataError:
        return datasets.DIGITS


def _first_choice(finished: dict[str, store.Run]) -> str:
    chosen = st.session_state.get("run")
    if chosen in finished and finished[chosen].dataset != "optdigits":
        return chosen
    return "starter-mnist" if "starter-mnist" in finished else next(iter(finished))


def _clear() -> None:
    st.session_state[_CLEARED] = st.session_state.get(_CLEARED, 0) + 1
    st.session_state.pop(_DRAWING, None)
