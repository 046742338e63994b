"""The heatmap as data: what stands in each cell, how strong it is, what a browser may say."""

import json
import time

import numpy as np
import pytest
from streamlit.testing import v1 as streamlit_testing

from mnistdash.ui import heatmap
from tests.charts import examples

pytestmark = pytest.mark.usefixtures("scanned_once")

DIGITS = tuple("0123456789")


@pytest.fixture
def matrix() -> np.ndarray:
    """Two fours read as 9, one nine read as 4."""
    return examples.matrix()


# --- axes -----------------------------------------------------------------------------------


def test_axes_say_how_many_images_a_class_has(matrix: np.ndarray) -> None:
    """Of ten true fours two are wrong; nine were predicted 4, one of them wrongly."""
    rows = heatmap.totals_in_words(matrix, DIGITS, axis="true")
    columns = heatmap.totals_in_words(matrix, DIGITS, axis="predicted")
    assert (rows[4], columns[4]) == (
        "true 4: 10 images, 2 wrong",
        "predicted 4: 9 images, 1 wrong",
    )
    assert len(rows) == len(columns) == 10


# --- what goes to the browser ---------------------------------------------------------------


def page_with_many_classes() -> None:
    """A page with 62 classes of long names, each read as each other by thousands."""
    import numpy as np
    import streamlit as st

    from mnistdash.ui import heatmap

    heatmap.heatmap(
        np.random.default_rng(0).integers(1, 10_000, (62, 62)),
        [f"sign number {k} of all of them" for k in range(62)],
        shares="shares" in st.session_state,
        diagonal=True,
        chosen=(np.int64(4), None),
        on_choose=st.session_state.update,
        key="map",
    )


@pytest.mark.parametrize("shares", [False, True])
def test_many_classes_are_made_quickly_and_sent_small(shares: bool) -> None:
    """3,844 different cells: under 100 kB, no number of numpy's, no NaN."""
    at = streamlit_testing.AppTest.from_function(page_with_many_classes, default_timeout=30)
    if shares:
        at.session_state["shares"] = True
    sent = at.run().get_by_key("map").proto.json
    assert len(sent) < 100_000
    (data,) = json.loads(sent, parse_constant=pytest.fail)
    assert (data["chosen"], data["heard"], data["numbered"]) == ([4, None], 0, False)
    assert len(data["counts"]) == len(data["shades"]) == 62 * 62
    assert (data["height_px"], data["lane_px"]) == (12 * 62, 0)
    assert data["longest_text"] == len("5.1" if shares else "9999")


def test_many_classes_are_described_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that is sent of 3,844 cells is there in a tenth of a second."""
    monkeypatch.setattr(heatmap, "_component", lambda **sent: json.dumps(sent["data"]))
    full = np.random.default_rng(0).integers(1, 10_000, (62, 62))
    names = [f"sign {k}" for k in range(62)]
    seconds = []
    for _ in range(3):
        begun = time.perf_counter()
        heatmap.heatmap(
            full,
            names,
            shares=True,
            diagonal=True,
            chosen=(None, None),
            on_choose=lambda true_class, pred_class: None,
            key="map",
        )
        seconds.append(time.perf_counter() - begun)
    assert min(seconds) < 0.1


# --- what a browser says --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "choice"),
    [
        ([1, 4, 9], (1, (4, 9))),
        ([7, None, 0], (7, (None, 0))),
        ([7, 9, None], (7, (9, None))),
        ([2, None, None], (2, (None, None))),
    ],
)
def test_choice_is_read(sent: list, choice: tuple) -> None:
    """Its number, and a cell, a row, a column or nothing."""
    assert heatmap.chosen_classes(sent, 10) == choice


FORGED = [
    None, {}, [], "", 5, "149", [1], [1, 4], [1, 4, 9, 9], [1, 4, 10], [1, -1, 9], [1, 4.0, 9],
    [1, True, 9], [1, "4", "9"], [1, [4], [9]], [0, 4, 9], [-1, 4, 9], [1.0, 4, 9], [True, 4, 9],
    [None, 4, 9], ["1", 4, 9], [10**400, 4, 9], [1, 10**400, 4], [1, float("nan"), 4],
    {"0": 1, "1": 4, "2": 9}, [1, "<img>", 4],
]  # fmt: skip


@pytest.mark.parametrize("sent", FORGED, ids=range(len(FORGED)))
def test_forged_choice_is_none(sent: object) -> None:
    """A browser can send anything; only whole numbers of classes that exist are believed."""
    assert heatmap.chosen_classes(sent, 10) is None
