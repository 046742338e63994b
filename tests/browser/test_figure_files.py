"""A figure taken along from a real browser, as each kind of file."""

import io
import pathlib
from collections.abc import Callable
from xml.etree import ElementTree

import numpy as np
from PIL import Image
from playwright import sync_api

from mnistdash import evaluation, store

OpenPage = Callable[..., sync_api.Page]
Starter = tuple[store.Run, evaluation.Evaluation]


def taken(page: sync_api.Page, kind: str) -> tuple[str, bytes]:
    """Press on a kind of file; return its name and what is in it."""
    with page.expect_download() as download:
        page.get_by_role("button", name=kind, exact=True).click()
    return download.value.suggested_filename, pathlib.Path(download.value.path()).read_bytes()


def test_figure_is_taken_along_in_each_form(open_page: OpenPage, starter: Starter) -> None:
    """The matrix: drawn, painted twice as large in the same colours, and as a table."""
    run, answers = starter
    page = open_page("confusion", run=run.id)
    page.get_by_role("button", name="Download").click()
    files = dict(taken(page, kind) for kind in ("SVG", "PNG", "CSV"))
    svg, png, csv = (files[f"{run.id}-confusion.{ending}"] for ending in ("svg", "png", "csv"))
    drawing = ElementTree.fromstring(svg)
    cells = [it.text for it in drawing.iter() if it.tag.endswith("title") and "read as" in it.text]
    assert len(cells) == len(answers.pairs())
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    assert picture.size == tuple(round(2 * float(drawing.attrib[it])) for it in ("width", "height"))
    pixels = np.asarray(picture).reshape(-1, 3)
    assert (pixels == 255).all(axis=1).mean() > 0.5, "on white"
    assert (pixels[:, 0].astype(int) - pixels[:, 2] > 90).sum() > 1000, "the darkest cell is orange"
    assert csv.decode().count("\n") == len(answers.matrix) + 1
