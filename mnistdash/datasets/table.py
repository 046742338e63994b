"""Tables of one image a row: CSV with the label first or last, a header or none."""

import csv
import dataclasses
import gzip
import io
import itertools
import math
import pathlib
import re
from typing import TYPE_CHECKING

import numpy as np

from mnistdash import counting
from mnistdash.datasets import conversion, errors, labels, roles, sniffing

if TYPE_CHECKING:
    import pandas as pd

ENDINGS = (".csv", ".tsv", ".csv.gz", ".tsv.gz", ".txt.gz")
_ROWS = 1000  # are parsed at a time: a table of whole numbers is eight times as large in pandas
_MAX_LINE = 4_000_000  # bytes
_MIN_PIXELS = 16  # of an image, 4x4
_NUMBER = re.compile(r"\s*[-+]?(\d+([.,]\d*)?|[.,]\d+)([eE][-+]?\d+)?\s*|\s*(nan|NaN)?\s*")
_LABEL_WORDS = {"label", "labels", "class", "target", "y", "digit", "letter", "category", "labelid"}
_INDEX_WORDS = {"", "id", "index", "imageid", "idx", "row", "unnamed"}
_MEND = "pandas.DataFrame(x.reshape(len(x), -1)).assign(label=y).to_csv('mine.csv', index=False)"


@dataclasses.dataclass(frozen=True)
class Form:
    """How a table is written: its marks, its columns, and whether the first line names them."""

    delimiter: str
    decimal: str
    encoding: str
    header: tuple[str, ...] | None
    columns: int
    first: tuple[str, ...]  # cells of the first row of data


def form(path: pathlib.Path) -> Form:
    """Find out how a table is written, from its first lines alone.

    Raises:
        DataError: it can't be read, or holds no table.
    """
    begin = sniffing.head(path, 4 * sniffing.HEAD)
    encoding = "utf-16" if begin[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = begin[: len(begin) // 2 * 2].decode(encoding, "strict")
    except UnicodeDecodeError as error:
        if error.start < len(begin) - 4:
            encoding = "latin-1"
        text = begin.decode(encoding, "ignore")
    lines = [line for line in text.splitlines()[:4] if line.strip()]
    if not lines:
        raise errors.unusable(path.name, "it is empty", expected="an image a row", mend=_MEND)
    delimiter = max("\t;,| ", key=lambda mark: lines[-1 if len(lines) < 3 else 1].count(mark))
    if delimiter == "," and ";" in lines[0]:
        delimiter = ";"
    rows = [tuple(cells) for cells in csv.reader(lines[:3], delimiter=delimiter)]
    header = rows[0] if _is_header(rows[0]) else None
    if header and len(rows) == 1 and len(header) > _MIN_PIXELS:
        raise errors.unusable(path.name, "it has a header and no rows", mend=_MEND)
    first = rows[min(len(rows) - 1, int(header is not None))]
    decimal = "," if delimiter != "," and any("," in cell for cell in first) else "."
    return Form(delimiter, decimal, encoding, header, max(len(rows[0]), len(first)), first)


def _is_header(cells: tuple[str, ...]) -> bool:
    """Tell names of columns from values: mostly no numbers, or numbers counted on."""
    texts = sum(not _NUMBER.fullmatch(cell) for cell in cells)
    if texts > len(cells) / 2:
        return True
    counted = [cell.strip() for cell in cells]
    numbers = [int(cell) for cell in counted if re.fullmatch(r"\d{1,6}", cell)]
    steps = {after - before for before, after in itertools.pairwise(numbers)}
    return len(numbers) >= len(cells) - 2 and len(numbers) > _MIN_PIXELS and steps == {1}


def reason(path: pathlib.Path) -> str | None:
    """Tell from the first lines why a table can't be used; nothing where it may be.

    Raises:
        DataError: it can't be read at all.
    """
    known = form(path)
    places = _places(known)
    if places is not None:
        return None
    if known.columns <= _MIN_PIXELS and not path.name.lower().endswith(ENDINGS):
        return str(sniffing.refuse(path, sniffing.head(path, 200)))
    if _side(known.columns) or (_side(known.columns - 1) and _has_index(known)):
        return (
            f"{path.name} has no labels: its {known.columns:,} columns are all pixels. Expected"
            " one more column, the label, first or last. Kaggle's test.csv has none: add"
            " train.csv alone, and a sixth of it is set aside for the test. To mend it:"
            " `table.insert(0, 'label', y)`."
        )
    return str(
        errors.unusable(
            path.name,
            f"it has {counting.of(known.columns, 'column')}, which is no square number of pixels"
            " and a label",
            expected="785 columns for images of 28x28",
            mend=_MEND,
        )
    )


def _has_index(known: Form) -> bool:
    name = known.header[0] if known.header else None
    return name is not None and "".join(roles.words(name)) in _INDEX_WORDS


def _side(pixels: int) -> tuple[int, ...] | None:
    """Return the shape of an image of so many numbers, if it is a square, grey or in colour."""
    if pixels < _MIN_PIXELS:
        return None
    if math.isqrt(pixels) ** 2 == pixels:
        return (math.isqrt(pixels),) * 2
    if pixels % 3 == 0 and math.isqrt(pixels // 3) ** 2 == pixels // 3:
        return (math.isqrt(pixels // 3),) * 2 + (3,)
    return None


@dataclasses.dataclass(frozen=True)
class _Places:
    """Which columns hold what; `label` is None where first and last are possible."""

    label: int | None
    index: int | None
    shape: tuple[int, ...]


def _places(known: Form) -> _Places | None:
    """Find the columns, or nothing if these are no images with labels."""
    names = ["".join(roles.words(name)) for name in known.header or ()]
    index = 0 if known.header and names[0] in _INDEX_WORDS else None
    named = [at for at, name in enumerate(names) if name in _LABEL_WORDS]
    label = named[0] if len(named) == 1 else None
    pixels = known.columns - 1 - (index is not None)
    if _side(pixels):
        return _Places(label, index, _side(pixels))
    if index is None and known.header is None and _side(pixels - 1) and not _side(known.columns):
        return _Places(label, 0, _side(pixels - 1))
    return None


def read(
    path: pathlib.Path, on_progress: conversion.OnProgress = conversion.unheard
) -> conversion.Raw:
    """Read a table of images with labels, all of it as training images.

    `on_progress` is called with the share of its bytes that are read.

    Raises:
        DataError: it has no labels, a row of another length, or cells that are no numbers.
    """
    refused = reason(path)
    if refused:
        raise errors.DataError(refused)
    known = form(path)
    places = _places(known)
    numbers, texts = _parsed(path, known, on_progress)
    notes = []
    if places.index is not None:
        numbers = numbers[:, 1:]
        notes.append("The first column counts the rows and was left out.")
    at = None if places.label is None else places.label - (places.index is not None)
    if texts is None and at is None:
        at = _label_column(numbers, path)
    if texts is None:
        texts = numbers[:, at]
        numbers = np.delete(numbers, at, axis=1) if 0 < at < numbers.shape[1] - 1 else (
            numbers[:, 1:] if at == 0 else numbers[:, :-1]
        )  # fmt: skip
    if places.label is None and at is not None:
        notes.append(f"The {'first' if at == 0 else 'last'} column was read as the labels.")
    if len(places.shape) == 3:
        notes.append("Rows were read as pixels of red, green and blue.")
    return conversion.Raw(
        source=path.name,
        x_train=numbers.reshape(-1, *places.shape),
        y_train=texts,
        notes=tuple(notes),
        called={"x_train": "pixels", "y_train": "label"},
    )


class _Stream(io.RawIOBase):
    """A file's bytes, unpacked, until they are too many or hold no line that ends."""

    def __init__(self, path: pathlib.Path) -> None:
        with path.open("rb") as stream:
            packed = stream.read(2) == b"\x1f\x8b"
        self._name = path.name
        self._size = path.stat().st_size
        self._file = path.open("rb")
        self._stream = gzip.GzipFile(fileobj=self._file) if packed else self._file
        self._total = self._of_line = 0

    def readable(self) -> bool:
        return True

    @property
    def share(self) -> float:
        """The share of the file's bytes, as they lie there, that are read."""
        return self._file.tell() / self._size

    def close(self) -> None:
        self._stream.close()
        self._file.close()
        super().close()

    def readinto(self, target: memoryview) -> int:
        count = self._stream.readinto(target)
        self._total += count
        end = bytes(target[:count]).rfind(b"\n")
        self._of_line = self._of_line + count if end < 0 else count - end
        if self._total > sniffing.MAX_BYTES or self._of_line > _MAX_LINE:
            raise errors.unusable(self._name, "it holds more than 2 GB or a line of 4 MB")
        return count


def _parsed(
    path: pathlib.Path, known: Form, on_progress: conversion.OnProgress
) -> tuple[np.ndarray, np.ndarray | None]:
    """Read all rows, a thousand at a time, and return the numbers and the text labels, if any."""
    parts: list[_Part] = []
    rows = 0
    try:
        source = _Stream(path)
        with io.BufferedReader(source, 2**18) as stream, _frames(stream, known) as frames:
            for frame in frames:
                parts.append(_of_frame(frame, known, path, rows))
                rows += len(frame)
                on_progress(source.share)
                if rows > 2 * conversion.MAX_IMAGES:
                    raise errors.unusable(path.name, f"it has more than {rows:,} rows")
    except (errors.DataError, MemoryError):
        raise
    except Exception as error:  # a parser's errors have many kinds; its text names the line
        line = re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", str(error))
        what = "it can't be read as a table: it was cut short or damaged"
        if line:
            what = f"line {line[2]} has {line[3]} cells, the others {line[1]}"
        raise errors.unusable(path.name, what, mend=_MEND) from None
    places = {part.place for part in parts if part.texts is not None}
    if len(places) > 1:
        raise errors.unusable(path.name, "its first and its last column hold text", mend=_MEND)
    if places:  # a thousand rows may hold the numbers among labels such as 0-9 and A-Z
        parts = [part.with_texts(*places) for part in parts]
    numbers = np.concatenate([part.numbers for part in parts])
    return numbers, np.concatenate([part.texts for part in parts]) if places else None


def _frames(stream: io.BufferedReader, known: Form) -> "pd.io.parsers.TextFileReader":
    import pandas as pd

    return pd.read_csv(
        stream,
        sep=r"\s+" if known.delimiter == " " else known.delimiter,
        decimal=known.decimal,
        encoding=known.encoding,
        encoding_errors="replace",
        header=None,
        skiprows=1 if known.header else 0,
        names=range(known.columns),
        index_col=False,
        keep_default_na=False,
        chunksize=_ROWS,
        low_memory=False,
        on_bad_lines="error",
    )


@dataclasses.dataclass(frozen=True, eq=False)
class _Part:
    """Some rows: their numbers, and their labels and whose column these were if they are text."""

    numbers: np.ndarray
    texts: np.ndarray | None = None
    place: int | None = None

    def with_texts(self, place: int) -> "_Part":
        """Return the same rows with the labels as text, as those of other rows are."""
        if self.texts is not None:
            return self
        texts = np.array([f"{label:g}" for label in self.numbers[:, place]], str)
        return _Part(np.delete(self.numbers, place, axis=1), texts, place)


def _of_frame(frame: "pd.DataFrame", known: Form, path: pathlib.Path, before: int) -> _Part:
    """Return the numbers of some rows as narrow as they fit, and the labels if they are text."""
    texts = [at for at, kind in enumerate(frame.dtypes) if kind.kind not in "iuf"]
    places = _places(known)
    index = int(places.index is not None)
    allowed = [places.label] if places.label is not None else [index, known.columns - 1]
    wrong = [at for at in texts if at not in allowed]
    if len(texts) > 1 or wrong:
        at = (wrong or texts)[0]
        cells = frame[at].astype(str)
        row = next((n for n, c in enumerate(cells) if not c or not _NUMBER.fullmatch(c)), 0)
        what = f"column {at + 1} holds {cells.iloc[row][:20]!r}"
        raise _bad_row(path, before + row, what if cells.iloc[row] else "a cell is empty")
    text = None
    if texts:
        text = frame[texts[0]].astype(str).to_numpy().astype(str)
        frame = frame.drop(columns=texts)
    values = frame.to_numpy()
    if values.dtype.kind == "f" and np.isnan(values).any():
        row = int(np.isnan(values).any(axis=1).argmax())
        raise _bad_row(path, before + row, f"a cell is empty, or it has fewer than {known.columns}")
    return _Part(_narrowed(values), text, texts[0] if texts else None)


def _bad_row(path: pathlib.Path, row: int, what: str) -> errors.DataError:
    return errors.unusable(
        path.name,
        f"row {row + 1}, not counting a header: {what}",
        expected="numbers, 0-255",
        mend="table = table.drop(index=[…]).dropna()",
    )


def _narrowed(values: np.ndarray) -> np.ndarray:
    if values.dtype.kind == "f":
        return values.astype(np.float32)
    low, high = int(values.min()), int(values.max())
    return values.astype(np.uint8 if low >= 0 and high <= 255 else np.int32)


def _label_column(numbers: np.ndarray, path: pathlib.Path) -> int:
    """Tell the label from the pixel in the other corner: few values, none of them everywhere."""
    best: list[tuple[float, int]] = []
    for at in (0, numbers.shape[1] - 1):
        column = numbers[:, at]
        found, counts = np.unique(column, return_counts=True)
        if (found % 1 == 0).all() and found[0] >= 0 and 2 <= len(found) <= labels.MAX_CLASSES:
            best.append((float(counts.max()) / len(column), at))
    if not best:
        raise errors.unusable(
            path.name,
            "neither its first nor its last column holds labels of 2 to 62 classes",
            expected="a column named label",
            mend=_MEND,
        )
    return min(best)[1]
