"""What the table of classes shows, and what a browser says was chosen in it."""

import numpy as np
import pytest

from mnistdash import class_rates
from mnistdash.ui import class_table, words


def test_row_has_text_interval_and_what_it_sorts_by() -> None:
    """Of 100 `a` 96 are read as it: 96 % (90.16-98.43 by Wilson); 4 are read as `b`."""
    first, second = class_rates.class_rates(np.array([[96, 4], [0, 50]]))
    row = class_table.row(first, ("a", "b"))
    assert row["said"] == "a: 4 errors"
    assert row["texts"]["recall"] == words.percent(0.96)
    assert row["remarks"]["recall"] == words.interval(0.9016, 0.9843)
    assert (row["texts"]["taken_for"], row["remarks"]["taken_for"]) == ("b", "4 images")
    assert row["values"]["recall"] == pytest.approx(0.96)
    assert class_table.row(second, ("a", "b"))["said"] == ""


def test_class_without_images_has_empty_cells_that_sort_last() -> None:
    """No rate is made up where no image tells."""
    _, empty = class_rates.class_rates(np.array([[5, 0], [0, 0]]))
    row = class_table.row(empty, ("a", "b"))
    assert row["texts"]["recall"] == row["remarks"]["recall"] == ""
    assert row["values"]["recall"] is None
