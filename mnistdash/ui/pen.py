"""What a model reads in a drawing, beside it; while a pen moves, the browser itself answers."""

import base64
import dataclasses
import functools
import hashlib
import pathlib
from collections.abc import Sequence

import numpy as np
import streamlit as st
from starlette import requests, responses, routing

from mnistdash import artifacts, browser_net, datasets, explain, store
from mnistdash.ui import state

_HERE = pathlib.Path(__file__).parent
_ENGINE = (_HERE / "pen_engine.js").read_bytes()
ENGINE = f"pen/engine-{hashlib.sha256(_ENGINE).hexdigest()[:12]}.js"  # where it is, from a page
_FOREVER = {"Cache-Control": "private, max-age=31536000, immutable"}

# Not isolated: its answer, bars and pictures look as those of other pages do.
_component = st.components.v2.component(
    "mnistdash.pen",
    html='<div class="pen"></div>',
    js=(_HERE / "pen.js").read_text(encoding="utf-8"),
    isolate_styles=False,
)

Strokes = Sequence[Sequence[tuple[float, float]]]


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Reading:
    """What a model answered to an image.

    Images are uint8 `(28, 28)`, ink bright; `plain` is what plain resizing would have given,
    `None` shows none. `doubt` is a sentence, empty for an answer to rely on; `about` says which
    image it is, empty for one that is known from nowhere.
    """

    probs: np.ndarray  # float32 (K,)
    image: np.ndarray
    plain: np.ndarray | None
    doubt: str
    about: str


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Pen:
    """The canvas whose pen is heard: its key and side, what is on it, and who answers."""

    canvas: str
    canvas_px: int
    pen_px: int
    strokes: Strokes
    network: str | None  # where the browser finds it; without one the server alone answers


def reading(
    class_names: Sequence[str],
    answer: Reading | None,
    *,
    heard: Pen | None = None,
    empty: str = "",
    key: str,
) -> None:
    """Show an answer: in large type, as bars, and what the model sees.

    Beside a canvas it moves with the pen, and is the server's again once that has answered to
    what is drawn.

    Args:
        class_names: K names, of the run that answers in full.
        answer: the server's; `None` as long as there is none.
        heard: the canvas beside it; `None` for an image that nobody draws here.
        empty: what is said while there is nothing to answer to.
        key: Streamlit key.
    """
    shown = {
        "names": list(class_names),
        "answer": None if answer is None else _described(answer),
        "pen": None if heard is None else _described_pen(heard),
        "empty": empty,
        "sure": explain.FLAT_BELOW,
    }
    # As a list of one: in a dict, Streamlit looks for data frames and imports pandas to do so.
    _component(data=[shown], key=key)


def _described(answer: Reading) -> dict[str, object]:
    return {
        "probs": [round(float(prob), 4) for prob in answer.probs],
        "image": _pixels(answer.image),
        "plain": None if answer.plain is None else _pixels(answer.plain),
        "doubt": answer.doubt,
        "about": answer.about,
    }


def _pixels(image: np.ndarray) -> str:
    return base64.b64encode(image.tobytes()).decode()


def _described_pen(pen: Pen) -> dict[str, object]:
    return {
        "canvas": pen.canvas,
        "canvas_px": pen.canvas_px,
        "pen_px": pen.pen_px,
        "strokes": [[(round(x, 1), round(y, 1)) for x, y in stroke] for stroke in pen.strokes],
        "network": pen.network,
        "engine": ENGINE,
    }


# --- what the browser fetches, once ----------------------------------------------------------


def network(run: store.Run) -> str | None:
    """Return where the browser finds a run's network, seen from a page; `None` for none.

    The address changes with the run, so that a browser may keep for ever what it found there.
    """
    whole = run.recipe is not None and artifacts.WEIGHTS in run.artifacts
    if not whole or not browser_net.fits(run.recipe):
        return None
    return f"pen/{run.id}-{run.created_at * 1000:.0f}.net"


@functools.lru_cache(maxsize=4)
def _network(address: str) -> bytes:
    """Write the network at an address that `network` gave.

    Raises:
        LookupError: there is no such run (any more), or its training images, whose brightness it
            goes by, are not here.
        StoreError: its weights are missing or damaged.
        DataError: its images are damaged.
        ValueError: its weights don't fit its recipe.
    """
    run = state.open_store().run(address.removeprefix("pen/").rpartition("-")[0])
    if run is None or network(run) != address:
        raise LookupError(address)
    moments = (0.0, 1.0)
    if run.recipe.scaling == "standardised":
        if datasets.load(run.dataset).sha256 != run.dataset_sha256:
            raise LookupError(run.dataset)
        moments = datasets.pixel_moments(run.dataset)
    weights = artifacts.read_arrays(state.open_store().artifact(run.id, artifacts.WEIGHTS))
    return browser_net.export(run.recipe, weights, mean=moments[0], deviation=moments[1] or 1.0)


def _answer(request: requests.Request) -> responses.Response:
    """Send the engine or a network; whoever gets neither draws with the server's answers alone."""
    address = f"pen/{request.path_params['name']}"
    if address == ENGINE:
        return responses.Response(_ENGINE, media_type="text/javascript", headers=_FOREVER)
    try:
        file = _network(address)
    except (LookupError, ValueError, store.StoreError, datasets.DataError):
        return responses.Response(status_code=404)
    return responses.Response(file, media_type="application/octet-stream", headers=_FOREVER)


def route() -> routing.Route:
    """Return the route under which the server sends what the browser answers with."""
    base = st.get_option("server.baseUrlPath").strip("/")
    return routing.Route(f"{f'/{base}' if base else ''}/pen/{{name}}", _answer)
