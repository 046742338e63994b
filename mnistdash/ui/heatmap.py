"""A confusion matrix whose cells are chosen by mouse, finger and keyboard."""

import functools
import pathlib
from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st

from mnistdash.charts import cells, described
from mnistdash.ui import session, words

HOW_TO_READ = (
    "A row is a true class, a column what it was read as: errors lie beside the diagonal. Click a"
    " cell to see its images."
)
LABEL = 12  # letters of a name on an axis
LONG = 3  # letters: longer names stand upright over their columns
_MAX_CHOICES = 10**9  # that one session makes
_PX_PER_LETTER = 5.8
_LINE_PX = 11  # of the labels' writing

_HERE = pathlib.Path(__file__).parent

_component = st.components.v2.component(
    "mnistdash.heatmap",
    html='<div class="field"><div class="heatmap"></div></div>',
    css=(_HERE / "heatmap.css").read_text(encoding="utf-8"),
    js=(_HERE / "heatmap.js").read_text(encoding="utf-8"),
)

Classes = tuple[int | None, int | None]  # the true and the predicted class, None for any


def heatmap(
    matrix: np.ndarray,
    class_names: Sequence[str],
    *,
    shares: bool,
    diagonal: bool,
    chosen: Classes,
    on_choose: Callable[[int | None, int | None], None],
    key: str,
    height_px: int = 520,
) -> None:
    """Show a confusion matrix, true classes down and predicted classes across.

    The browser frames what is clicked at once and numbers its choices; until Python has heard of
    the last one, it keeps its own frame, whatever an earlier answer says.

    Args:
        matrix: int `(K, K)`, row true, column predicted.
        class_names: K names.
        shares: write each cell as a percentage of its true class, not as a count.
        diagonal: show correct ones too, in a colour and on a scale of their own.
        chosen: The true and the predicted class to frame.
        on_choose: Called with the classes of a clicked cell or axis label before the page runs
            again; with None, None when the chosen one was clicked.
        key: Streamlit key; keep it stable and the cells keep their place and focus.
        height_px: Side of the whole square; it shrinks where the column is narrower, and many
            classes make it larger.
    """
    shown = cells.shades(matrix, shares=shares, diagonal=diagonal)
    count = len(class_names)
    short = [described.shortened(name, LABEL) for name in class_names]
    longest = max(map(len, short))
    upright = longest > LONG
    data = {
        "names": list(class_names),
        "short": short,
        "upright": upright,
        "label_px": round(max(20, _PX_PER_LETTER * longest + 8)),
        # Room that a label needs not to touch the next; upright ones are not put in lanes.
        "apart_px": _LINE_PX if upright else round(max(_LINE_PX, _PX_PER_LETTER * longest + 5)),
        "lane_px": 0 if upright else round(max(_LINE_PX, _PX_PER_LETTER * longest + 4)),
        "height_px": max(height_px, 12 * count),
        "numbered": count <= cells.NUMBERED,
        "shares": shares,
        "longest_text": _longest_text(matrix, shown, shares=shares),
        # Numbers, and the sentences are put together there: the least to send for many classes.
        "counts": matrix.ravel().tolist(),
        "totals": matrix.sum(axis=1).tolist(),
        "shades": shown.ravel().tolist(),
        "rows": totals_in_words(matrix, class_names, axis="true"),
        "columns": totals_in_words(matrix, class_names, axis="predicted"),
        "chosen": [None if side is None else int(side) for side in chosen],
        "heard": session.get(_heard_key(key), 0),
    }
    forward = functools.partial(_forward_choice, key, count, on_choose)
    # As a list of one: in a dict, Streamlit looks for data frames and imports pandas to do so.
    _component(data=[data], key=key, on_choose_change=forward)


def _longest_text(matrix: np.ndarray, shown: np.ndarray, *, shares: bool) -> int:
    """Count the characters of the longest number in a cell."""
    largest = (cells.shares_of(matrix) if shares else matrix)[shown > 0].max(initial=0)
    return len(f"{largest:.1f}" if shares else str(largest))


def totals_in_words(matrix: np.ndarray, class_names: Sequence[str], *, axis: str) -> list[str]:
    """Say of each class how many images it has: `true 4: 982 images, 19 wrong`.

    Args:
        matrix: int `(K, K)`, row true, column predicted.
        class_names: K names.
        axis: `true` or `predicted`: whose sums.
    """
    totals = matrix.sum(axis=1 if axis == "true" else 0)
    wrong = totals - matrix.diagonal()
    return [
        f"{axis} {name}: {words.images(int(total))}, {words.count(int(errors))} wrong"
        for name, total, errors in zip(class_names, totals, wrong, strict=True)
    ]


def chosen_classes(value: object, count: int) -> tuple[int, Classes] | None:
    """Return the number of a choice and the classes chosen, or None if that can't be read.

    Args:
        value: Whatever the browser sent: a page can't trust it.
        count: How many classes there are.
    """
    if not isinstance(value, list) or len(value) != 3:
        return None
    number, *classes = value
    if type(number) is not int or not 0 < number < _MAX_CHOICES:
        return None
    if not all(side is None or (type(side) is int and 0 <= side < count) for side in classes):
        return None
    return number, (classes[0], classes[1])


def _forward_choice(
    key: str, count: int, on_choose: Callable[[int | None, int | None], None]
) -> None:
    """Tell `on_choose` what was chosen, and remember that it was heard."""
    choice = chosen_classes(session.sent(key, "choose"), count)
    if choice is not None:
        number, classes = choice
        session.put(_heard_key(key), number)
        on_choose(*classes)


def _heard_key(key: str) -> str:
    return f"{key}-heard"
