"""How near an image was to another answer: sliders that change it, with the answer at once."""

import base64
import pathlib
from collections.abc import Mapping

import numpy as np
import streamlit as st

from mnistdash import datasets, nearness, store
from mnistdash.ui import apart, pen, session, state, words

_BOX, _SLIDERS = "card-near", "how-near"  # keys of the box and of what it holds

_UNBROKEN = "\N{NO-BREAK SPACE}"

_HERE = pathlib.Path(__file__).parent

# Not isolated: its bars look as those above it do.
_component = st.components.v2.component(
    "mnistdash.how_near",
    html='<div class="how-near"></div>',
    css=(_HERE / "how_near.css").read_text(encoding="utf-8"),
    js=(_HERE / "how_near.js").read_text(encoding="utf-8"),
    isolate_styles=False,
)

# Of each kind: what its slider is called, its unit, and what a change down or up is.
_WORDS = {
    "right": ("Right", " px", "Moved {} px to the left", "Moved {} px to the right"),
    "down": ("Down", " px", "Moved {} px up", "Moved {} px down"),
    "turn": ("Turn", "°", "Turned by {}° counterclockwise", "Turned by {}° clockwise"),
    "size": ("Size", " %", "Shrunk by {} %", "Enlarged by {} %"),
    "slant": ("Slant", "°", "Slanted by {}° to the left", "Slanted by {}° to the right"),
    "thickness": ("Thickness", " px", "With strokes {} px thinner", "With strokes {} px thicker"),
    "noise": ("Noise", "", "", "With noise of {} grey levels"),
}


def how_near(run: store.Run, dataset: datasets.Dataset, index: int) -> None:
    """Show, in a box, sliders for a test image and the smallest changes that turn the answer.

    They are looked for when it is opened. Nothing is shown for a run without a
    model, or without its pictures.

    Args:
        run: a finished one.
        dataset: whose test image it is.
        index: of the image.
    """
    if not run.has_model or not dataset.x_test[index].any():
        return
    _box(run, dataset, index)


@apart.part
def _box(run: store.Run, dataset: datasets.Dataset, index: int) -> None:
    box = st.expander("How near was it", key=_BOX, on_change="rerun")
    if not box.open:
        return
    with box:
        try:
            told = _told(run, dataset, index)
        except store.StoreError as error:
            st.caption(words.sentence(str(error)))
            return
        # As a list of one: in a dict, Streamlit looks for data frames and imports pandas to do so.
        _component(data=[told], key=_SLIDERS)
        st.caption(
            "The least of each change that turns the answer, the others left alone; press one to"
            " see it."
        )


def _told(run: store.Run, dataset: datasets.Dataset, index: int) -> dict[str, object]:
    """Describe an image, its answers and the sliders to the browser."""
    image = np.ascontiguousarray(dataset.x_test[index])
    probs = state.load_classifier(run.id).probs
    change = wanted_change(session.chosen(_SLIDERS, "wanted"), index)
    served = change and _rounded(probs(nearness.changed(image, [change]))[0])
    names, true_class = state.class_names(run), int(dataset.y_test[index])
    return {
        "run": run.id,
        "index": index,
        "image": base64.b64encode(image.tobytes()).decode(),
        "ink": dataset.ink,
        "names": list(names),
        "true_class": true_class,
        "kinds": _kinds(state.load_flips(run.id, image.tobytes()), names, true_class),
        "before": _rounded(probs(image[np.newaxis])[0]),
        "served": served and {"change": vars(change), "probs": served},
        "network": pen.network(run),
        "engine": pen.ENGINE,
    }


def wanted_change(value: object, index: int) -> nearness.Change | None:
    """Return the change of an image that a browser wants answered, or `None` if it is no such.

    Args:
        value: whatever the browser sent: a page can't trust it.
        index: of the image.
    """
    if not isinstance(value, list) or len(value) != 2 or value[0] != index:
        return None
    said, names = value[1], {kind.name for kind in nearness.KINDS}
    if not isinstance(said, Mapping) or set(said) != names:
        return None
    try:
        return nearness.Change(**said)
    except ValueError:
        return None


def _rounded(probs: np.ndarray) -> list[float]:
    return [round(float(prob), 4) for prob in probs]


def _kinds(
    flips: list[nearness.Flip], names: tuple[str, ...], true_class: int
) -> list[dict[str, object]]:
    """Describe each slider, with the nearer change of its kind that turns the answer."""
    nearest = {flip.kind: flip for flip in reversed(flips)}
    return [
        {name: getattr(kind, name) for name in ("name", "low", "high", "neutral", "step")}
        | {
            "label": _WORDS[kind.name][0],
            "unit": _WORDS[kind.name][1],
            "said": said(kind, nearest.get(kind), names, true_class),
            "flip": nearest[kind].value if kind in nearest else None,
        }
        for kind in nearness.KINDS
    ]


def said(
    kind: nearness.Kind, flip: nearness.Flip | None, names: tuple[str, ...], true_class: int
) -> str:
    """Write `Turned by 4° clockwise it is read as 9 ✓`, or `Not within ±45°`.

    Args:
        kind: of change.
        flip: the smallest that turns the answer; `None` where none does.
        names: of the classes.
        true_class: the label, marked.
    """
    _, unit, down, up = _WORDS[kind.name]
    if flip is not None:
        by = flip.value - kind.neutral
        changed = (up if by > 0 else down).format(f"{abs(by):g}")
        mark = f"{_UNBROKEN}✓" if flip.answer == true_class else ""
        return f"{changed} it is read as{_UNBROKEN}{names[flip.answer]}{mark}"
    if kind.low == -kind.high:
        return f"Not within ±{kind.high:g}{unit}"
    return f"Not from {kind.low:g} to {kind.high:g}{unit}"
