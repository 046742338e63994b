"""Learning curves that change in place, drawn as SVG by our own component.

Streamlit makes a plotly chart anew for every figure, blank until plotly has drawn it: curves that
grow would blink at every look.
"""

import pathlib
from collections.abc import Sequence

import streamlit as st

from mnistdash import datasets, store
from mnistdash.charts import drawn, learning
from mnistdash.ui import figure_files, words

_HOW_TO_READ_ONE = (
    "Higher accuracy and lower loss are better; where validation falls behind training, the model"
    " learns by heart."
)
_HOW_TO_READ_MANY = (
    "Higher accuracy and lower loss are better; each curve is a run's on its validation images."
)
_HERE = pathlib.Path(__file__).parent

_component = st.components.v2.component(
    "mnistdash.curves",
    html='<div class="curves"><div class="legend"></div><div class="charts"></div></div>',
    css=(_HERE / "curves.css").read_text(encoding="utf-8"),
    js=(_HERE / "curves.js").read_text(encoding="utf-8"),
)


def curves(runs: Sequence[store.Run], *, key: str, epochs: int | None = None) -> None:
    """Show accuracy and loss over the epochs, of one run or of several laid over each other.

    One run is shown with its training and its validation curve and the way through its epochs;
    of several each has one curve, of the validation images where there are any.

    Args:
        runs: up to `learning.NUM_COLOURS` are told apart by colour.
        key: Streamlit key; keep it stable and the curves change in place.
        epochs: the width of the charts; as many as are planned by default.
    """
    names = names_of(runs)
    told = learning.told(runs, names, epochs=epochs)
    _component(data=[{"charts": told}], key=key)
    st.caption(_HOW_TO_READ_ONE if len(runs) == 1 else _HOW_TO_READ_MANY)
    figure_files.offer(
        lambda: [drawn.panel(each) for each in learning.charts(runs, names, epochs=epochs)],
        title="Learning curves",
        of=_whose(runs),
        name=f"{runs[0].id}-curves" if len(runs) == 1 else f"{len(runs)}-runs-curves",
        key=f"take-{key}",
    )


def _whose(runs: Sequence[store.Run]) -> str:
    """Say whose curves they are: of several runs, what they share."""
    together = len(runs) == 1 or (runs[0].request and len({run.request for run in runs}) == 1)
    titles = dict.fromkeys(datasets.title(run.dataset) for run in runs)
    return " · ".join([words.request_title(runs)] * bool(together) + list(titles))


def names_of(runs: Sequence[store.Run]) -> list[str]:
    """Tell runs from each other: those asked for together by their seed alone."""
    requests = {run.request for run in runs}
    if len(requests) == 1 and None not in requests:
        return [f"seed {run.recipe.seed}" for run in runs]
    return [words.run_title(run) for run in runs]
