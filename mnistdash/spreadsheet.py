"""CSV for spreadsheets, in which no text is a formula: the one way to write a table to a file."""

import csv
import io
from collections.abc import Iterable

_FORMULA = ("=", "+", "-", "@", "\N{FULLWIDTH EQUALS SIGN}", "\N{FULLWIDTH PLUS SIGN}",
            "\N{FULLWIDTH HYPHEN-MINUS}", "\N{FULLWIDTH COMMERCIAL AT}")  # fmt: skip
_BREAKS = ("\t", "\r", "\n")  # a spreadsheet may leave them out, and read on behind
_MARK = "'"  # a spreadsheet takes what follows as text


def text(columns: Iterable[str], lines: Iterable[Iterable[object]]) -> str:
    """Write a table as CSV, numbers as numbers and what is `None` empty.

    Every text is quoted: a line break inside one would begin a line, perhaps with a formula.

    Args:
        columns: their names.
        lines: as many values each.

    Source: OWASP, CSV Injection.
    """
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow(map(_cell, columns))
    writer.writerows(map(_cell, line) for line in lines)
    return target.getvalue()


def unmarked(cell: str) -> str:
    """Return a text as it was before `text` wrote it."""
    rest = cell.removeprefix(_MARK)
    return rest if _is_formula(rest) else cell


def _cell(value: object) -> object:
    return f"{_MARK}{value}" if isinstance(value, str) and _is_formula(value) else value


def _is_formula(value: str) -> bool:
    return value.startswith(_BREAKS) or value.lstrip().startswith(_FORMULA)
