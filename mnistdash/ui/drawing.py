"""The drawing page's pieces: the canvas, the picture, and what the models make of them."""

import html
from collections.abc import Sequence

import numpy as np
import streamlit as st
import streamlit_drawable_canvas
from PIL import Image, ImageDraw

from mnistdash import classifier, datasets, explain, ink, store
from mnistdash.ui import (
    answer_files,
    apart,
    guards,
    link,
    my_digits,
    pen,
    session,
    state,
    why,
    words,
)

CANVAS_PX = 280
_PEN_PX = 20
_NAMED = 12  # classes; of more the first and the last are named
_INK, _PAPER = "#1C1B22", "#FFFFFF"
_RUNS, _PEN = "draw_runs", "pen_px"  # keys of the runs that answer, and of the pen's width
_DRAWING = "drawing"  # session key: what the canvas sent last, to come back to
_BEGINNING = "drawing_to_begin_with"  # session key: what the canvas is laid out with
_CLEARED = "canvas_cleared"  # session key: how often; a new key empties the canvas
_READING = "reading"  # key of the answer in full
_EMPTY = (
    "The canvas is empty. Draw with the mouse, a pen or a finger. If there is no canvas here,"
    " upload a picture instead."
)
_SAMPLE = "sample_digit"  # session key: data set and index of a test image shown instead


def answering_runs(runs: list[store.Run]) -> list[store.Run]:
    """Let a person choose which finished runs with a model answer, the first of them in full.

    Returns:
        At least one; without any the page has stopped by then.
    """
    finished = {run.id: run for run in runs if run.finished and run.has_model}
    if not finished:
        run = guards.require_run()
        st.markdown(f"{words.plain(words.run_title(run))} came without a model: it can't answer.")
        st.stop()
    shown = next((run for run in runs if run.id == link.current().run), None)
    if shown is not None and not shown.has_model:
        title = words.plain(words.run_title(shown))
        st.caption(f"{title} came without a model: other runs answer here.")
    session.hold_to(_RUNS, lambda it: isinstance(it, list), [])
    chosen = [run_id for run_id in session.get(_RUNS, ()) if run_id in finished]
    session.put(_RUNS, chosen or [_first_choice(finished)])
    st.multiselect(
        "Answered by",
        list(finished),
        format_func=lambda run_id: words.run_label(finished[run_id]),
        key=_RUNS,
        persist_state="session",
        max_selections=6,
        help="The first answers in full, the others beside it.",
    )
    chosen = session.get(_RUNS) or [_first_choice(finished)]
    for run in (finished[run_id] for run_id in chosen):
        if not state.reads_digits(run):
            st.caption(words.plain(f"{words.run_title(run)} answers: {_classes_of(run)}."))
    return [finished[run_id] for run_id in chosen]


def _classes_of(run: store.Run) -> str:
    """Name a run's classes, of many the first and the last: `a, b, c … z`."""
    names = state.class_names(run)
    return ", ".join(names) if len(names) <= _NAMED else f"{', '.join(names[:3])} … {names[-1]}"


def bring_back() -> None:
    """Begin with a drawing that is to be drawn again, or with the one left on this page."""
    strokes = session.take(my_digits.REDRAW)
    if strokes:
        _clear()
        session.put(_DRAWING, _fabric(strokes))
    session.put(_BEGINNING, session.get(_DRAWING))


@apart.part
def canvas(runs: list[store.Run]) -> None:
    """Show the canvas and, beside it, the answers to what is drawn; only this part runs again."""
    st.space("small")  # for the canvas's own toolbar: undo, redo
    left, right = st.columns((1, 2), gap="large")
    with left:
        pen_px = session.default(_PEN, _PEN_PX)
        drawn = streamlit_drawable_canvas.st_canvas(
            stroke_width=pen_px,
            stroke_color=_INK,
            background_color=_PAPER,
            height=CANVAS_PX,
            width=CANVAS_PX,
            initial_drawing=session.get(_BEGINNING),
            update_streamlit=False,  # the pen component says when: once a digit, not once a stroke
            key=_canvas_key(),
        )
    with right:
        answer = _answer_drawing(runs, drawn.json_data, pen_px)
    with left, st.container(horizontal=True, gap="xsmall"):
        st.button("Clear", icon=":material/close:", on_click=_clear)
        st.button("Sample", icon=":material/casino:", on_click=_sample)
        with st.popover("Pen", icon=":material/line_weight:"):
            st.slider("Width of the pen", 8, 40, key=_PEN, persist_state="session")
    answer_files.of_drawing(answer)
    why.why(answer)


def _answer_drawing(runs: list[store.Run], json_data: object, pen_px: int) -> why.Answered | None:
    strokes, image, empty = [], None, ""
    try:
        strokes = ink.strokes_from_fabric(json_data)
        image = ink.from_strokes(strokes) if strokes else None
        empty = _EMPTY
    except ValueError as error:
        st.warning(words.sentence(str(error)), icon=":material/warning:")
    heard = pen.Pen(
        canvas=_canvas_key(),
        canvas_px=CANVAS_PX,
        pen_px=pen_px,
        strokes=strokes,
        network=pen.network(runs[0]),
    )
    if image is not None:
        session.put(_DRAWING, json_data)
        plain = ink.plain_resize(_as_drawn(strokes, pen_px))
        return answered(runs, image, plain=plain, strokes=strokes, heard=heard)
    if session.has(_SAMPLE):
        return _answer_sample(runs, *session.get(_SAMPLE), heard)
    pen.reading(state.class_names(runs[0]), None, heard=heard, empty=empty, key=_READING)
    return None


def _canvas_key() -> str:
    """Return the canvas's key, another one after each Clear: that empties it."""
    return f"canvas-{session.get(_CLEARED, 0)}"


def _answer_sample(
    runs: list[store.Run], name: str, index: int, heard: pen.Pen
) -> why.Answered | None:
    """Show the answers to a test image, and which it is."""
    dataset = datasets.load(name)
    label = dataset.class_names[dataset.y_test[index]]
    about = f"Test image #{index} of {dataset.title}, labelled {label}"
    image = dataset.x_test[index]
    return answered(runs, image, plain=None, strokes=[], heard=heard, about=about)


def answered(
    runs: list[store.Run],
    image: np.ndarray,
    *,
    plain: np.ndarray | None,
    strokes: list[list[tuple[float, float]]],
    heard: pen.Pen | None = None,
    about: str = "",
) -> why.Answered | None:
    """Show what the models see, their answers, and what can be done with the drawing.

    Args:
        runs: finished ones; the first answers in full.
        image: uint8 `(28, 28)`, ink bright.
        plain: what plain resizing would have given, uint8 `(28, 28)`; `None` shows none.
        strokes: the pen's polylines; empty for a picture.
        heard: the canvas beside the answer; `None` where there is none.
        about: which image it is, where that is known.

    Returns:
        What was answered in full; `None` where the first run's model can't be read.
    """
    names = state.class_names(runs[0])
    try:
        probs = state.load_classifier(runs[0].id).probs(explain.variants(image))
    except store.StoreError as error:
        st.warning(words.sentence(str(error)), icon=":material/warning:")
        pen.reading(names, None, heard=heard, key=_READING)
        return None
    best = int(probs[0].argmax())
    doubtful = doubt(runs[0], probs, image, names, strokes=strokes)
    answer = pen.Reading(probs=probs[0], image=image, plain=plain, doubt=doubtful, about=about)
    pen.reading(names, answer, heard=heard, key=_READING)
    _other_answers(runs[1:], image, names[best])
    if state.reads_digits(runs[0]):
        my_digits.keep_button(
            image, strokes, answer=best, confidence=float(probs[0, best]), run=runs[0]
        )
    return why.Answered(run=runs[0], image=image, label=best, class_names=names)


def _fabric(strokes: list[list[tuple[float, float]]]) -> dict:
    """Write strokes as the canvas reads its own: paths of moves and lines."""
    return {
        "objects": [
            {
                "type": "path",
                "path": [["M" if k == 0 else "L", x, y] for k, (x, y) in enumerate(stroke)],
                "fill": None,
                "stroke": _INK,
                "strokeWidth": _PEN_PX,
                "strokeLineCap": "round",
                "strokeLineJoin": "round",
            }
            for stroke in strokes
        ]
    }


def _as_drawn(strokes: list[list[tuple[float, float]]], pen_px: int) -> np.ndarray:
    """Draw strokes as they stand on the canvas, uint8 `(CANVAS_PX, CANVAS_PX)`, dark on white."""
    sheet = Image.new("L", (CANVAS_PX, CANVAS_PX), 255)
    pen = ImageDraw.Draw(sheet)
    for stroke in strokes:
        pen.line([tuple(point) for point in stroke], fill=0, width=pen_px, joint="curve")
        for x, y in (stroke[0], stroke[-1]):
            half = pen_px / 2
            pen.ellipse((x - half, y - half, x + half, y + half), fill=0)
    return np.asarray(sheet)


def doubt(
    run: store.Run,
    probs: np.ndarray,
    image: np.ndarray,
    names: tuple[str, ...],
    *,
    strokes: Sequence[Sequence[tuple[float, float]]] = (),
) -> str:
    """Say in a sentence why the answer is doubtful; nothing when it isn't."""
    if not state.reads_digits(run):
        reason = explain.doubt(probs, names)
        return f"Not sure: {reason}." if reason else ""
    # A dot's own shape is that of the pen: however small, strokes are drawn in a digit's size.
    if strokes and np.ptp(np.concatenate(strokes), axis=0).max() < session.get(_PEN, _PEN_PX):
        return "Not sure this is a digit: it is hardly more than a dot."
    kinds = classifier.kind_probs(image[np.newaxis])[0]
    read = state.load_classifier(run.id).probs
    reason = explain.no_digit(image, kinds, read) or explain.doubt(probs, names)
    return f"Not sure this is a digit: {reason}." if reason else ""


def _other_answers(others: list[store.Run], image: np.ndarray, first: str) -> None:
    """Show the other runs' answers in a row, those that disagree marked."""
    items = []
    for run in others:
        try:
            probs = state.load_classifier(run.id).probs(image[np.newaxis])[0]
        except store.StoreError as error:
            st.warning(words.sentence(str(error)), icon=":material/warning:")
            continue
        name = state.class_names(run)[int(probs.argmax())]
        kind, mark = ("right", "agrees") if name == first else ("wrong", "disagrees")
        items.append(
            f'<div><div class="quiet">{html.escape(words.run_title(run))}</div>{html.escape(name)}'
            f' <span class="quiet">{probs.max():.2f}</span> <small class="{kind}">{mark}</small>'
            "</div>"
        )
    if items:
        st.html(f'<div class="facts">{"".join(items)}</div>')


def _first_choice(finished: dict[str, store.Run]) -> str:
    chosen = link.current().run
    if chosen in finished and finished[chosen].dataset != "optdigits":
        return chosen
    return "starter-mnist" if "starter-mnist" in finished else next(iter(finished))


def _clear() -> None:
    session.count(_CLEARED)
    session.forget(_DRAWING, _BEGINNING, _SAMPLE)


def _sample() -> None:
    """Choose a random test image of the first run's data set, for those who can't draw."""
    _clear()
    first = next(iter(session.get(_RUNS, ())), None)
    run = state.open_store().run(first) if first else None
    here = run is not None and datasets.on_this_machine(run.dataset)
    name = run.dataset if here else "optdigits"
    index = np.random.default_rng().integers(len(datasets.load(name).x_test))
    session.put(_SAMPLE, (name, int(index)))
