"""The cells of a confusion matrix: their shades, their labels, and the matrix as a file."""

from collections.abc import Sequence

import numpy as np

from mnistdash import wording
from mnistdash.charts import described, svg

NUMBERED = 40  # classes: cells of more are too small for numbers
# Percent of colour on the ground: light and dark numbers can be read on all of them.
_PALEST, _ERRORS, _CORRECT = 4, 65, 40
_PALEST_UNNUMBERED = 16  # where a cell has its shade alone to be seen by
_CELL_PX, _LEAST_PX = 40, 26  # sides: of a few classes, and of many
_SIDE_PX = 520  # that many classes do not shrink
_LETTERS = 28  # of a class's name in a file, which has more room than a page
_RGB = {"wrong": (234, 88, 12), "right": (11, 122, 94)}
_ACROSS, _DOWN = "predicted class", "true class"


def shades(matrix: np.ndarray, *, shares: bool, diagonal: bool) -> np.ndarray:
    """Choose how strong each cell is: none that is zero, on the diagonal only on request.

    Errors and correct ones have a scale each, so that a diagonal a hundred times as large as the
    largest error changes no error's shade. Where cells have no numbers, few and some can be told
    by their shades: they grow with the square root.

    Args:
        matrix: int `(K, K)`, row true, column predicted.
        shares: shade by the share of the true class, not by the count.
        diagonal: shade correct ones too.

    Returns:
        Percent of colour on the ground, int64 `(K, K)`; 0 for cells that are not shown.
    """
    numbered = len(matrix) <= NUMBERED
    palest = _PALEST if numbered else _PALEST_UNNUMBERED
    values = shares_of(matrix) if shares else matrix
    correct = np.eye(len(matrix), dtype=bool)
    found = np.zeros(matrix.shape, np.int64)
    for kind, strongest in ((~correct, _ERRORS), (correct & diagonal, _CORRECT)):
        shown = kind & (matrix > 0)
        strength = values[shown] / values[shown].max(initial=1e-9)
        strength = strength if numbered else np.sqrt(strength)
        found[shown] = np.rint(palest + (strongest - palest) * strength)
    return found


def shares_of(matrix: np.ndarray) -> np.ndarray:
    """Compute each cell's percentage of its true class, float64 `(K, K)`."""
    return 100 * matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)


def panel(
    matrix: np.ndarray, class_names: Sequence[str], *, shares: bool, diagonal: bool
) -> svg.Panel:
    """Draw a confusion matrix for a file: every cell is as large as its number.

    Args:
        matrix: int `(K, K)`, row true, column predicted.
        class_names: K names.
        shares: write each cell as a percentage of its true class, not as a count.
        diagonal: show correct ones too.
    """
    count = len(class_names)
    names = [described.shortened(name, _LETTERS) for name in class_names]
    cell = min(_CELL_PX, max(_LEAST_PX, _SIDE_PX / count))
    longest = max(map(svg.width, names))
    upright = longest > cell - 4
    legend = 48
    left, top = 24 + longest + 8, legend + 24 + (longest if upright else svg.SIZE_PX) + 8
    side = count * cell
    drawn = [
        _legend(shares, diagonal),
        svg.text(left + side / 2, legend + 14, _ACROSS, fill=svg.INK, anchor="middle", bold=True),
        svg.text(14, top + side / 2, _DOWN, fill=svg.INK, anchor="middle", bold=True, upright=True),
        svg.rect(left, top, side, side, fill="none", stroke=svg.GRID),
    ]
    for place, name in enumerate(names):
        middle = (place + 0.5) * cell
        drawn.append(svg.text(left - 8, top + middle + 4, name, anchor="end"))
        x, y = (left + middle + 4, top - 8) if upright else (left + middle, top - 8)
        anchor = "start" if upright else "middle"
        drawn.append(svg.text(x, y, name, anchor=anchor, upright=upright))
    drawn += _cells(matrix, class_names, (left, top, cell), shares=shares, diagonal=diagonal)
    return svg.Panel(width=left + side + 2, height=top + side + 2, drawn="".join(drawn))


def _cells(
    matrix: np.ndarray,
    names: Sequence[str],
    place: tuple[float, float, float],
    *,
    shares: bool,
    diagonal: bool,
) -> list[str]:
    """Draw the cells that are shown, from their upper left corner and of their side."""
    left, top, side = place
    strength = shades(matrix, shares=shares, diagonal=diagonal)
    values = shares_of(matrix)
    texts = {
        (true, pred): f"{values[true, pred]:.1f}" if shares else str(matrix[true, pred])
        for true, pred in np.argwhere(strength).tolist()
    }
    size = min(13.0, 1.55 * side / max(map(len, texts.values()), default=1))
    drawn = []
    if not diagonal:  # where the correct ones would stand
        end = side * len(names)
        drawn.append(svg.line((left, top), (left + end, top + end), svg.AXIS))
    for (true, pred), written in texts.items():
        x, y = left + pred * side, top + true * side
        kind = "right" if true == pred else "wrong"
        what = "correct" if true == pred else f"read as {names[pred]}"
        said = (
            f"{names[true]} {what}: {wording.images(int(matrix[true, pred]))},"
            f" {values[true, pred]:.1f}{wording.THIN}% of all true {names[true]}"
        )
        fill = _mixed(_RGB[kind], int(strength[true, pred]))
        drawn.append(svg.rect(x, y, side - 1, side - 1, fill=fill, said=said))
        middle = (x + side / 2, y + side / 2 + 0.36 * size)
        drawn.append(svg.text(*middle, written, size=size, fill=svg.INK, anchor="middle"))
    return drawn


def _legend(shares: bool, diagonal: bool) -> str:
    unit = "share of the images of the true class, %" if shares else "number of images"
    drawn, x = [svg.text(0, 12, f"In each cell: {unit}")], 0.0
    for kind, said in [("wrong", "read as another class")] + [("right", "correct")] * diagonal:
        drawn.append(svg.rect(x, 22, 12, 12, fill=_mixed(_RGB[kind], 50)))
        drawn.append(svg.text(x + 18, 32, said))
        x += svg.width(said) + 34
    return "".join(drawn)


def _mixed(colour: tuple[int, int, int], percent: int) -> str:
    """Mix a colour into white: percent of it."""
    return "#" + "".join(f"{round(255 + (part - 255) * percent / 100):02x}" for part in colour)
