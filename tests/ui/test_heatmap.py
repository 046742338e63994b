"""The heatmap as data: what stands in each cell, how strong it is, what a browser may say."""

import json
import time

import numpy as np
import pytest
from streamlit.testing import v1 as streamlit_testing

from mnistdash.ui import heatmap

DIGITS = tuple("0123456789")
THIN = "\N{THIN SPACE}"


@pytest.fixture
def matrix() -> np.ndarray:
    """Ten of each class, all correct but two fours read as 9 and one nine read as 4."""
    counts = np.diag(np.full(10, 10))
    counts[4, 4], counts[4, 9] = 8, 2
    counts[9, 9], counts[9, 4] = 9, 1
    return counts


def texts(found: dict[tuple[int, int], heatmap.Cell]) -> dict[tuple[int, int], str]:
    """Return the number in each cell."""
    return {place: cell.text for place, cell in found.items()}


# --- cells ----------------------------------------------------------------------------------


def test_only_errors_are_shown_at_first(matrix: np.ndarray) -> None:
    """Two cells hold errors; zeros and the diagonal stay empty."""
    found = heatmap.cells(matrix, DIGITS, shares=False, diagonal=False)
    assert texts(found) == {(4, 9): "2", (9, 4): "1"}


def test_diagonal_can_be_shown(matrix: np.ndarray) -> None:
    """With the diagonal there are ten cells more."""
    shown = texts(heatmap.cells(matrix, DIGITS, shares=False, diagonal=True))
    assert len(shown) == 12
    assert (shown[0, 0], shown[4, 4], shown[9, 9]) == ("10", "8", "9")


def test_shares_are_of_the_true_class(matrix: np.ndarray) -> None:
    """Two of ten fours are 20.0 %, one of ten nines 10.0 %."""
    found = heatmap.cells(matrix, DIGITS, shares=True, diagonal=False)
    assert texts(found) == {(4, 9): "20.0", (9, 4): "10.0"}


@pytest.mark.parametrize("shares", [False, True])
def test_cell_says_its_count_and_its_share(matrix: np.ndarray, shares: bool) -> None:
    """Whatever is written in it, the sentence has both, and one image is singular."""
    found = heatmap.cells(matrix, tuple("ABCDEFGHIJ"), shares=shares, diagonal=True)
    assert found[4, 9][2:] == ("2 images", f"20.0{THIN}% of all true E")
    assert found[9, 4][2:] == ("1 image", f"10.0{THIN}% of all true J")
    assert found[0, 0][2:] == ("10 images", f"100.0{THIN}% of all true A")


def test_strongest_error_has_the_strongest_shade(matrix: np.ndarray) -> None:
    """The twos are as orange as can be read, 65 of 100; the one lies halfway above 4."""
    found = heatmap.cells(matrix, DIGITS, shares=False, diagonal=False)
    assert (found[4, 9].shade, found[9, 4].shade) == (65, 34)


@pytest.mark.parametrize("shares", [False, True])
def test_diagonal_leaves_the_shades_of_errors_alone(matrix: np.ndarray, shares: bool) -> None:
    """Correct ones have a scale of their own: every error keeps its cell to the last letter."""
    without = heatmap.cells(matrix, DIGITS, shares=shares, diagonal=False)
    with_it = heatmap.cells(matrix, DIGITS, shares=shares, diagonal=True)
    assert {place: with_it[place] for place in without} == without
    assert max(with_it[k, k].shade for k in range(10)) == 40


@pytest.mark.parametrize("diagonal", [False, True])
def test_heatmap_of_nothing(diagonal: bool) -> None:
    """A matrix without errors, and one without images, have no cells of errors."""
    empty = np.zeros((10, 10), int)
    assert heatmap.cells(empty, DIGITS, shares=True, diagonal=diagonal) == {}
    perfect = heatmap.cells(np.diag(np.full(10, 5)), DIGITS, shares=False, diagonal=diagonal)
    assert len(perfect) == (10 if diagonal else 0)


def test_heatmap_leaves_the_matrix_alone(matrix: np.ndarray) -> None:
    """Describing needs no right to write."""
    matrix.flags.writeable = False
    before = matrix.copy()
    heatmap.cells(matrix, DIGITS, shares=True, diagonal=True)
    np.testing.assert_array_equal(matrix, before)


def test_axes_say_how_many_images_a_class_has(matrix: np.ndarray) -> None:
    """Of ten true fours two are wrong; nine were predicted 4, one of them wrongly."""
    rows = heatmap.totals_in_words(matrix, DIGITS, axis="true")
    columns = heatmap.totals_in_words(matrix, DIGITS, axis="predicted")
    assert (rows[4], columns[4]) == (
        "true 4: 10 images, 2 wrong",
        "predicted 4: 9 images, 1 wrong",
    )
    assert len(rows) == len(columns) == 10


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("9", "9"),
        ("T-shirt/top", "T-shirt/top"),
        ("Long sleeved shirt", "Long s…shirt"),
        ("Long sleeved skirt", "Long s…skirt"),
    ],
)
def test_long_names_are_cut_in_the_middle(name: str, short: str) -> None:
    """Twelve letters at most, with the beginning and the end that tell it from others."""
    assert heatmap.shortened(name) == short


# --- what goes to the browser ---------------------------------------------------------------


def page_with_many_classes() -> None:
    """A page with 62 classes, most of which are read as most others."""
    import numpy as np
    import streamlit as st

    from mnistdash.ui import heatmap

    heatmap.heatmap(
        np.random.default_rng(0).poisson(2, (62, 62)) + np.diag(np.full(62, 300)),
        [f"letter {k}" for k in range(62)],
        shares=True,
        diagonal=True,
        chosen=(np.int64(4), None),
        on_choose=st.session_state.update,
        key="map",
    )


def test_many_classes_are_made_quickly_and_sent_small() -> None:
    """62 classes with errors nearly everywhere: under 100 kB, no number of numpy's, no NaN."""
    at = streamlit_testing.AppTest.from_function(page_with_many_classes).run()
    sent = at.get_by_key("map").proto.json
    assert len(sent) < 100_000
    (data,) = json.loads(sent, parse_constant=pytest.fail)
    assert (data["chosen"], data["heard"], data["numbered"]) == ([4, None], 0, False)
    assert len(data["cells"]) == 62 * 62
    assert data["height_px"] == 12 * 62


def test_many_classes_are_described_quickly() -> None:
    """All 3,844 cells in a tenth of a second."""
    full = np.random.default_rng(0).integers(1, 100, (62, 62))
    seconds = []
    for _ in range(3):
        begun = time.perf_counter()
        assert len(heatmap.cells(full, range(62), shares=True, diagonal=True)) == 62**2
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
