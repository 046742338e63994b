"""A figure to be taken along: as SVG, as PNG, and where it is a table as CSV."""

import pathlib
from collections.abc import Callable, Sequence

import streamlit as st

from mnistdash import datasets, store
from mnistdash.charts import svg
from mnistdash.ui import words

_HERE = pathlib.Path(__file__).parent

_component = st.components.v2.component(
    "mnistdash.figure_files",
    html="""<div><button type="button">SVG</button><button type="button">PNG</button>
<button type="button">CSV</button></div>
<p hidden>This browser could not make the PNG. Take the SVG.</p>""",
    css=(_HERE / "figure_files.css").read_text(encoding="utf-8"),
    js=(_HERE / "figure_files.js").read_text(encoding="utf-8"),
)


def offer(
    draw: Callable[[], Sequence[svg.Panel]],
    *,
    title: str,
    of: str,
    name: str,
    across: int = 2,
    csv: Callable[[], str] | None = None,
    key: str,
) -> None:
    """Offer a figure as files, in a box that costs one element while it is closed.

    The figure is drawn when the box is opened, and again at each run of the page while it is: the
    files are those of what the page shows.

    Args:
        draw: makes the figure's drawings.
        title: of the figure.
        of: whose it is, said below the title.
        name: of the files, without their ending.
        across: drawings in a row.
        csv: writes the figure's numbers as a table; `None` where there is none.
        key: Streamlit key.
    """
    box = st.popover(
        "Download", icon=":material/download:", type="tertiary", key=key, on_change="rerun"
    )
    if not box.open:
        return
    drawing = svg.file(draw(), title=title, subtitle=of, across=across)
    with box:
        # A list of one: in a dict, Streamlit looks for data frames and imports pandas to do so.
        shown = {"name": name, "svg": drawing, "csv": csv and csv()}
        _component(data=[shown], key=f"{key}-files")


def whose(run: store.Run, dataset: datasets.Dataset, images: int) -> str:
    """Say whose answers a figure shows: `starter · seed 0 · MNIST · 10 000 test images`."""
    return " · ".join([words.run_title(run), dataset.title, words.images(images, "test")])
