"""Charts drawn for files: on white, with their legend, and as wide as a column of text."""

import itertools
from collections.abc import Iterator, Sequence

from mnistdash.charts import described, svg

WIDTH_PX, HEIGHT_PX = 520, 340
_ACCENT, _PALE = "#4f46e5", "#807aec"
_FILLS = {
    "right": "#0b7a5e",
    "wrong": "#c2410c",
    "accuracy": _PALE,
    "answered": _ACCENT,
    "plain": svg.AXIS,
    "training images": svg.AXIS,
    "test images": _PALE,
}
_STROKES = {  # of lines: colour, width and dashes
    "level": (svg.INK, 2.5, ""),
    "curve": (_ACCENT, 2.25, ""),
    "ideal": (svg.AXIS, 1.5, "3 4"),
    "threshold": (svg.INK, 1.5, "5 4"),
    "samples": (svg.AXIS, 1, ""),
    "training": ("#6b6b7a", 2, "2 3"),
    "validation": (_ACCENT, 2.5, ""),
    "best": (_ACCENT, 2, ""),
    "start": (svg.AXIS, 1.5, ""),
    "end": (_ACCENT, 1.5, ""),
    "run-0": ("#0072b2", 2.25, ""),
    "run-1": ("#c65400", 2.25, "7 4"),
    "run-2": ("#00805d", 2.25, "2 4"),
    "run-3": ("#b0528a", 2.25, "9 4 2 4"),
    "run-4": ("#9a6700", 2.25, ""),
    "run-5": ("#44444f", 2.25, "7 4"),
    "run-6": ("#2a7fb0", 2.25, "2 4"),
    "run-7": ("#7a6f00", 2.25, "9 4 2 4"),
}
_RING, _DOT = "best", "dot"  # kinds shown as a ring and as a dot
_DOTTED = 60  # points: of longer lines none is marked
_ROW_PX, _NOTE_PX = 18, 11
_EDGE = 0.02  # of the height: so far lines may stand out


class _Place:
    """Where a chart's shares lie in its panel."""

    def __init__(self, chart: described.Chart, width: float, height: float) -> None:
        """Leave room for what stands around the columns."""
        self.legend = _rows(chart, width)
        texts = [text for _, text in chart.ticks_across]
        self.left = max([svg.width(text) for _, text in chart.ticks_up], default=0) + 10
        self.right = width - 14
        self.turned = _too_wide(chart.ticks_across, self.right - self.left)
        labels = max(map(svg.width, texts), default=0) if self.turned else svg.SIZE_PX
        self.bottom = height - 30 - labels
        self.notes_turned = any(
            svg.width(it.note, _NOTE_PX) > (it.right - it.left) * (self.right - self.left)
            for it in chart.columns
        )
        notes = max((svg.width(it.note, _NOTE_PX) for it in chart.columns), default=0)
        room = notes if self.notes_turned else _NOTE_PX
        self.top = 26 + _ROW_PX * len(self.legend) + (room + 6 if notes else 6)

    def x(self, share: float) -> float:
        """Return where a share of the width lies."""
        return self.left + share * (self.right - self.left)

    def y(self, share: float) -> float:
        """Return where a share of the height lies."""
        return self.bottom - share * (self.bottom - self.top)


def panel(
    chart: described.Chart, *, width: float = WIDTH_PX, height: float = HEIGHT_PX
) -> svg.Panel:
    """Draw a chart.

    Args:
        chart: what to draw.
        width: of all of it, in pixels.
        height: of all of it, in pixels.
    """
    place = _Place(chart, width, height)
    drawn = [
        svg.text(0, 13, chart.up, fill=svg.INK, bold=True),
        *_legend(place.legend),
        *_axes(chart, place),
        *(part for column in chart.columns for part in _column(column, place)),
        *(part for line in chart.lines for part in _line(line, place)),
        svg.text(
            (place.left + place.right) / 2, height - 6, chart.across, fill=svg.INK, anchor="middle"
        ),
    ]
    return svg.Panel(width=width, height=height, drawn="".join(drawn))


def _too_wide(ticks: described.Ticks, wide: float) -> bool:
    """Tell whether the texts of an axis would touch each other."""
    places = [share for share, _ in ticks]
    apart = min((b - a for a, b in itertools.pairwise(places)), default=1) * wide
    return max((svg.width(text) for _, text in ticks), default=0) > apart - 4


def _rows(chart: described.Chart, width: float) -> list[list[tuple[float, str, str]]]:
    """Lay out a chart's legend in rows of places, kinds and names."""
    rows, x = [], width
    dotted = any(column.dot is not None for column in chart.columns)
    for kind, name in chart.legend:
        shown = _DOT if dotted and kind in _FILLS else kind
        room = _swatch_px(shown) + 6 + svg.width(name) + 16
        if x + room > width + 16:
            rows.append([])
            x = 0.0
        rows[-1].append((x, shown, name))
        x += room
    return rows


def _swatch_px(kind: str) -> int:
    return 12 if kind in (*_FILLS, _DOT, _RING) else 26


def _legend(rows: Sequence[Sequence[tuple[float, str, str]]]) -> Iterator[str]:
    for nth, row in enumerate(rows):
        y = 33 + nth * _ROW_PX
        for x, kind, name in row:
            if kind in _FILLS:
                yield svg.rect(x, y - 10, 12, 12, fill=_FILLS[kind])
            elif kind == _DOT:
                yield svg.circle(x + 6, y - 4, 4, fill=_ACCENT)
            elif kind == _RING:
                yield svg.circle(x + 6, y - 4, 5, fill="none", stroke=_STROKES[kind][0])
            else:
                stroke, width, dash = _STROKES[kind]
                yield svg.path([(x, y - 4), (x + 26, y - 4)], stroke=stroke, width=width, dash=dash)
            yield svg.text(x + _swatch_px(kind) + 6, y, name)


def _axes(chart: described.Chart, place: _Place) -> Iterator[str]:
    for share, said in chart.ticks_up:
        y = place.y(share)
        yield svg.line((place.left, y), (place.right, y), svg.GRID)
        yield svg.text(place.left - 7, y + 4, said, anchor="end")
    for share, said in chart.ticks_across:
        x = place.x(share)
        if place.turned:
            yield svg.text(x + 4, place.bottom + 8, said, anchor="end", upright=True)
        else:
            yield svg.line((x, place.bottom), (x, place.bottom + 4), svg.AXIS)
            yield svg.text(x, place.bottom + 17, said, anchor="middle")
    yield svg.line((place.left, place.bottom), (place.right, place.bottom), svg.AXIS)


def _column(column: described.Column, place: _Place) -> Iterator[str]:
    left, right = place.x(column.left), place.x(column.right)
    gap = min(2, (right - left) / 8)
    left, right = left + gap, right - gap
    middle, each = (left + right) / 2, (right - left) / max(1, len(column.bars))
    for nth, (kind, share) in enumerate(column.bars):
        top = place.y(share)
        spot = (left + nth * each, top, each, place.bottom - top)
        yield svg.rect(*spot, fill=_FILLS[kind], said=column.said)
    if column.reach:
        low, high = map(place.y, column.reach)
        yield svg.line((middle, low), (middle, high), svg.INK, 1.25)
    if column.dot is not None:
        yield svg.circle(middle, place.y(column.dot), 4, fill=_ACCENT)
    if column.level is not None:
        y = place.y(column.level)
        yield svg.line((left, y), (right, y), svg.INK, 2.5)
    if column.note and place.notes_turned:
        yield svg.text(middle + 4, place.top - 4, column.note, size=_NOTE_PX, upright=True)
    elif column.note:
        yield svg.text(middle, place.top - 5, column.note, size=_NOTE_PX, anchor="middle")


def _line(line: described.Line, place: _Place) -> Iterator[str]:
    stroke, width, dash = _STROKES[line.kind]
    for piece in _inside(line.points):
        spots = [(place.x(x), place.y(y)) for x, y in piece]
        if len(spots) > 1:
            yield svg.path(spots, stroke=stroke, width=width, dash=dash)
    spots = [(place.x(x), place.y(y)) for x, y in line.points if -_EDGE <= y <= 1 + _EDGE]
    if line.kind == _RING:
        yield from (svg.circle(x, y, 6, fill="none", stroke=stroke) for x, y in spots)
    elif line.dots and len(spots) <= _DOTTED:
        yield from (svg.circle(x, y, 2.75, fill=stroke) for x, y in spots)


def _inside(points: Sequence[tuple[float, float]]) -> Iterator[list[tuple[float, float]]]:
    """Cut a line where it leaves the chart above or below."""
    piece: list[tuple[float, float]] = []
    for start, end in itertools.pairwise(points):
        cut = _cut(start, end)
        if cut is None:
            continue
        if piece and piece[-1] != cut[0]:
            yield piece
            piece = []
        piece = piece or [cut[0]]
        piece.append(cut[1])
    if piece:
        yield piece


def _cut(
    start: tuple[float, float], end: tuple[float, float]
) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """Return what of a straight line lies in the chart, `None` where nothing does."""
    (x1, y1), (x2, y2) = start, end
    low, high = -_EDGE, 1 + _EDGE
    if max(y1, y2) < low or min(y1, y2) > high:
        return None

    def bound(x: float, y: float) -> tuple[float, float]:
        held = min(max(y, low), high)
        return (x, y) if held == y else (x1 + (held - y1) / (y2 - y1) * (x2 - x1), held)

    return bound(x1, y1), bound(x2, y2)
