"""SVG written by hand: files that need no script, no style sheet and no font but the reader's own.

Everything is said by plain attributes, which drawing programs and office programs read as well.
"""

import dataclasses
import html
import math
import re
import textwrap
import unicodedata
from collections.abc import Sequence

INK, QUIET, GRID, AXIS = "#1a1a22", "#5b5b69", "#dcdce4", "#8a8a97"
SIZE_PX = 12  # of most texts
_WIDTHS = (("iIjlt.,:;'|!()[] ", 0.34), ("mwMW@%…—", 0.95))  # of letters, as shares of the size
_CAPITAL, _OTHER = 0.72, 0.58
_LEAST_PX = 360  # within the margins: titles need room
_MARGIN, _GAP, _TITLE_PX, _LINE_PX = 20, 28, 17, 18
_UNREADABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # in any XML


@dataclasses.dataclass(frozen=True, kw_only=True)
class Panel:
    """A drawing of a known size, from its own upper left corner."""

    width: float
    height: float
    drawn: str  # SVG elements


def file(panels: Sequence[Panel], *, title: str, subtitle: str = "", across: int = 2) -> str:
    """Write drawings as one file on white, under a title.

    Args:
        panels: in reading order.
        title: of the figure.
        subtitle: what it is of.
        across: panels in a row.
    """
    rows = [panels[at : at + across] for at in range(0, len(panels), across)]
    wide = max(sum(it.width for it in row) + _GAP * (len(row) - 1) for row in rows)
    inner = max(_LEAST_PX, wide)
    head, y = _head(title, subtitle, inner)
    drawn = [head]
    for row in rows:
        x = _MARGIN
        for panel in row:
            drawn.append(f'<g transform="translate({number(x)} {number(y)})">{panel.drawn}</g>')
            x += panel.width + _GAP
        y += max(panel.height for panel in row) + _GAP
    width, height = math.ceil(inner + 2 * _MARGIN), math.ceil(y - _GAP + _MARGIN)
    ground = rect(0, 0, width, height, fill="#ffffff")
    return _document(width, height, _escaped(f"{title}. {subtitle}"), ground + "".join(drawn))


def inline(panel: Panel, said: str) -> str:
    """Write one drawing to stand in a page that has a title of its own.

    Args:
        panel: the drawing.
        said: what it shows, to a person who can't see it.
    """
    return _document(panel.width, panel.height, _escaped(said), panel.drawn)


def text(
    x: float,
    y: float,
    said: str,
    *,
    size: float = SIZE_PX,
    fill: str = QUIET,
    anchor: str = "start",
    bold: bool = False,
    upright: bool = False,
) -> str:
    """Write a text whose base line is at `y`; upright, it is read from below."""
    spot = f'x="{number(x)}" y="{number(y)}"'
    turned = f' transform="rotate(-90 {number(x)} {number(y)})"' if upright else ""
    weight = ' font-weight="600"' if bold else ""
    return (
        f'<text {spot} font-size="{number(size)}" fill="{fill}" text-anchor="{anchor}"'
        f"{weight}{turned}>{_escaped(said)}</text>"
    )


def width(said: str, size: float = SIZE_PX) -> float:
    """Estimate how wide a text is, in pixels, rather too much than too little."""
    return size * sum(map(_letter_width, said))


def _letter_width(letter: str) -> float:
    for letters, wide in _WIDTHS:
        if letter in letters:
            return wide
    if unicodedata.east_asian_width(letter) in "WF":
        return 1.05
    return _CAPITAL if letter.isupper() else _OTHER


def line(
    start: tuple[float, float], end: tuple[float, float], stroke: str, width: float = 1
) -> str:
    """Write a straight line."""
    (x1, y1), (x2, y2) = start, end
    spots = f'x1="{number(x1)}" y1="{number(y1)}" x2="{number(x2)}" y2="{number(y2)}"'
    return f'<line {spots} stroke="{stroke}" stroke-width="{number(width)}"/>'


def rect(
    x: float, y: float, width: float, height: float, *, fill: str, stroke: str = "", said: str = ""
) -> str:
    """Write a filled rectangle; `said` is what a pointer on it reads."""
    spots = f'x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}"'
    edge = f' stroke="{stroke}"' if stroke else ""
    told = f"><title>{_escaped(said)}</title></rect>" if said else "/>"
    return f'<rect {spots} fill="{fill}"{edge}{told}'


def path(points: Sequence[tuple[float, float]], *, stroke: str, width: float, dash: str) -> str:
    """Write a line through points."""
    along = "L".join(f"{number(x)} {number(y)}" for x, y in points)
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<path d="M{along}" fill="none" stroke="{stroke}" stroke-width="{number(width)}"'
        f' stroke-linejoin="round"{dashed}/>'
    )


def circle(x: float, y: float, radius: float, *, fill: str, stroke: str = "none") -> str:
    """Write a circle."""
    spot = f'cx="{number(x)}" cy="{number(y)}" r="{number(radius)}"'
    return f'<circle {spot} fill="{fill}" stroke="{stroke}" stroke-width="2"/>'


def picture(address: str, side: float) -> Panel:
    """Show a small image as large as is asked for, its pixels as they are.

    Args:
        address: a `data:` address: a file holds all that it shows.
        side: in pixels.
    """
    size = f'width="{number(side)}" height="{number(side)}"'
    shown = f'<image href="{_escaped(address)}" {size} style="image-rendering: pixelated"/>'
    edge = rect(0, 0, side, side, fill="none", stroke=GRID)
    return Panel(width=side, height=side, drawn=shown + edge)


def number(value: float) -> str:
    """Write a number of pixels with two decimals at most."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _head(title: str, subtitle: str, wide: float) -> tuple[str, float]:
    """Write title and subtitle in as many lines as they take, and return where they end."""
    drawn, y = [], _MARGIN
    for said, size, fill, bold in (
        (title, _TITLE_PX, INK, True),
        (subtitle, SIZE_PX + 1, QUIET, False),
    ):
        for part in textwrap.wrap(said, int(wide / width("x", size))):
            y += size + 5
            drawn.append(text(_MARGIN, y - 5, part, size=size, fill=fill, bold=bold))
    return "".join(drawn), y + _LINE_PX


def _document(width: float, height: float, said: str, drawn: str) -> str:
    wide, tall = number(width), number(height)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{tall}"'
        f' viewBox="0 0 {wide} {tall}" role="img" aria-label="{said}"'
        f' font-family="sans-serif">{drawn}</svg>'
    )


def _escaped(said: str) -> str:
    return html.escape(_UNREADABLE.sub("", said), quote=True)
