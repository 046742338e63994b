"""CSV: numbers as numbers, and no text that a spreadsheet would run."""

import csv
import io

import pytest

from mnistdash import spreadsheet


@pytest.mark.parametrize(
    "formula",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n1", '=cmd|"/c calc"!A1', " =1", "＝1"],
)
def test_no_text_is_a_formula(formula: str) -> None:
    """Heading or value, it has an apostrophe before it, begins no line, and is read back whole."""
    text = spreadsheet.text([formula], [[formula]])
    cells = [cell for (cell,) in csv.reader(io.StringIO(text, newline=""))]
    assert cells == [f"'{formula}"] * 2
    assert list(map(spreadsheet.unmarked, cells)) == [formula] * 2


def test_other_texts_and_numbers_are_as_they_are() -> None:
    """A negative number stays one, what nobody knows is empty, an apostrophe of one's own stays."""
    assert spreadsheet.text(["a", "b"], [[-0.5, None], ["'t is", 'said "so"']]) == (
        '"a","b"\n-0.5,""\n"\'t is","said ""so"""\n'
    )
    assert [spreadsheet.unmarked(cell) for cell in ("'t is", "9", "")] == ["'t is", "9", ""]
