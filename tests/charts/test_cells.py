"""The cells of a confusion matrix: what is shown, how strong it is, and the matrix as a file."""

import numpy as np
import pytest

from mnistdash.charts import cells
from tests.charts import examples


@pytest.fixture
def matrix() -> np.ndarray:
    """Two fours read as 9, one nine read as 4."""
    return examples.matrix()


def shown(shades: np.ndarray) -> set[tuple[int, int]]:
    """Return the cells that are not empty."""
    return {(i, j) for i, j in np.argwhere(shades).tolist()}


def test_only_errors_are_shown_at_first(matrix: np.ndarray) -> None:
    """Two cells hold errors; zeros and the diagonal stay empty."""
    found = cells.shades(matrix, shares=False, diagonal=False)
    assert shown(found) == {(4, 9), (9, 4)}


def test_diagonal_can_be_shown(matrix: np.ndarray) -> None:
    """With the diagonal there are ten cells more."""
    found = cells.shades(matrix, shares=False, diagonal=True)
    assert shown(found) == {(4, 9), (9, 4), *((k, k) for k in range(10))}


def test_strongest_error_has_the_strongest_shade(matrix: np.ndarray) -> None:
    """The twos are as orange as can be read, 65 of 100; the one lies halfway above 4."""
    found = cells.shades(matrix, shares=False, diagonal=False)
    assert (found[4, 9], found[9, 4]) == (65, 34)


def test_shares_shade_by_the_true_class(matrix: np.ndarray) -> None:
    """Two of twenty fours are as strong as one of ten nines."""
    matrix[4, 4] = 18
    found = cells.shades(matrix, shares=True, diagonal=False)
    assert found[4, 9] == found[9, 4] == 65


@pytest.mark.parametrize("shares", [False, True])
def test_diagonal_leaves_the_shades_of_errors_alone(matrix: np.ndarray, shares: bool) -> None:
    """Correct ones have a scale of their own: every error keeps its shade."""
    without = cells.shades(matrix, shares=shares, diagonal=False)
    with_it = cells.shades(matrix, shares=shares, diagonal=True)
    assert (with_it[without > 0] == without[without > 0]).all()
    assert with_it.diagonal().max() == 40


def test_shades_of_many_classes_tell_few_from_some() -> None:
    """Without numbers in 41 classes' cells 1, 25 and 100 images differ: 16, a tenth, a half, 65."""
    matrix = np.diag(np.full(41, 9))
    matrix[0, 1], matrix[0, 2], matrix[0, 3] = 1, 25, 100
    found = cells.shades(matrix, shares=False, diagonal=False)
    # The palest 16 and, of the 49 above it, the root of 1, 25 and 100 hundredths.
    assert found[0, 1:4].tolist() == [21, 40, 65]


@pytest.mark.parametrize("diagonal", [False, True])
def test_heatmap_of_nothing(diagonal: bool) -> None:
    """A matrix without errors, and one without images, have no cells of errors."""
    assert not cells.shades(np.zeros((10, 10), int), shares=True, diagonal=diagonal).any()
    perfect = cells.shades(np.diag(np.full(10, 5)), shares=False, diagonal=diagonal)
    assert len(shown(perfect)) == (10 if diagonal else 0)


def test_heatmap_leaves_the_matrix_alone(matrix: np.ndarray) -> None:
    """Describing needs no right to write."""
    matrix.flags.writeable = False
    before = matrix.copy()
    cells.shades(matrix, shares=True, diagonal=True)
    np.testing.assert_array_equal(matrix, before)


# --- as a file ------------------------------------------------------------------------------


def test_file_holds_every_error(matrix: np.ndarray) -> None:
    """Two cells with their counts and sentences, the darker one for two; both axes are titled."""
    panel = cells.panel(matrix, "0123456789", shares=False, diagonal=False)
    found = examples.read(panel, title="Confusion matrix", of="starter")
    first, second = examples.said(found)
    said = first.find("title").text.replace("\N{THIN SPACE}", " ")
    assert said == "4 read as 9: 2 images, 20.0 % of all true 4"
    assert examples.number(second, "y") - examples.number(first, "y") == pytest.approx(5 * 40)
    assert examples.number(first, "x") - examples.number(second, "x") == pytest.approx(5 * 40)
    green = [int(cell.attrib["fill"][3:5], 16) for cell in (first, second)]
    assert green[0] < green[1]
    written = examples.texts(found)
    assert written[-2:] == ["2", "1"]
    assert {"true class", "predicted class", "In each cell: number of images"} <= set(written)


def test_file_shows_shares_and_correct_ones(matrix: np.ndarray) -> None:
    """Of ten fours eight are correct: 80.0 %."""
    found = examples.read(cells.panel(matrix, "0123456789", shares=True, diagonal=True))
    assert len(examples.said(found)) == 12
    assert examples.texts(found).count("100.0") == 8
    assert {"80.0", "20.0", "correct"} <= set(examples.texts(found))


def test_file_of_many_classes_keeps_its_numbers() -> None:
    """Of 62 classes of long names each cell is as large as its number, within the file."""
    names = [f"a class of a long name, number {n}" for n in range(62)]
    found = examples.read(cells.panel(np.full((62, 62), 11), names, shares=False, diagonal=True))
    written = examples.said(found)
    assert len(written) == 62 * 62
    assert examples.number(written[0], "width") >= 25
    edge = max(examples.number(cell, "x") for cell in written) + 26 + 2 * 20
    assert edge <= examples.number(found, "width") + 2
    assert sum(text.startswith("a class of") for text in examples.texts(found)) == 2 * 62
