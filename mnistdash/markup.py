"""What a report is written of: texts, names, figures, pictures and tables as HTML."""

import base64
import functools
import html
import io
from collections.abc import Iterable, Sequence

import numpy as np
from PIL import Image

from mnistdash import findings

text = functools.partial(html.escape, quote=True)


def name(called: str) -> str:
    """Write a name: whichever way it is read, what stands around it stays in place."""
    return f"<bdi>{text(called)}</bdi>"


def facts(told: findings.Facts) -> str:
    """Write figures in a row."""
    figures = "".join(
        f"<div><dt>{text(title)}</dt><dd>{name(value)}<small>{text(remark)}</small></dd></div>"
        for title, (value, remark) in told.items()
    )
    return f'<dl class="facts">{figures}</dl>'


def picture(image: np.ndarray, ink: bool) -> str:
    """Write an image, uint8 `(28, 28)`, as an address of its own: strokes as ink on paper."""
    target = io.BytesIO()
    Image.fromarray(255 - image if ink else image).save(target, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(target.getvalue()).decode()}"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], kind: str = "whole") -> str:
    """Write a table; the first cell of a row names it.

    Args:
        heads: of the columns; none where there are none.
        rows: their cells, as HTML.
        kind: its classes: "whole" stays on one page, "figures" has numbers, "pictured" images.
    """
    head = "".join(f'<th scope="col">{title}</th>' if title else "<td></td>" for title in heads)
    top = f"<thead><tr>{head}</tr></thead>" if head else ""
    lines = "".join(
        f'<tr><th scope="row">{first}</th>{"".join(f"<td>{cell}</td>" for cell in rest)}</tr>'
        for first, *rest in rows
    )
    return f'<div class="wide"><table class="{kind}">{top}<tbody>{lines}</tbody></table></div>'
