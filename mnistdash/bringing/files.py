"""Predictions and histories as files: arrays, tables, and what Keras's `CSVLogger` writes."""

import dataclasses
import io
import json
import pathlib
import typing
from collections.abc import Sequence

import numpy as np

from mnistdash import spreadsheet
from mnistdash.bringing import answers, histories

if typing.TYPE_CHECKING:
    import pandas as pd

MAX_BYTES = 256 * 2**20
_ARRAYS = ("probs", "probabilities", "logits", "predictions", "y_pred", "y_prob", "arr_0")
_INDEX = {"", "index", "id", "imageid", "image", "image id", "unnamed: 0"}
_ANSWER = {
    "answer",
    "predicted",
    "predicted class",
    "prediction",
    "pred",
    "y_pred",
    "class",
    "label",
}
_CONFIDENCE = {"confidence", "probability", "prob", "score"}
_TRUTH = {"true", "true class", "truth", "y_true", "y", "target"}
_SEPARATORS = ",;\t"


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Predictions:
    """What stands in a file, in test order: as `answers.read` takes it."""

    values: np.ndarray
    confidences: np.ndarray | None = None
    notes: tuple[str, ...] = ()


def read_bytes(path: pathlib.Path) -> bytes:
    """Read a file of at most 256 MB.

    Raises:
        LogError: it is larger, or can't be read.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise answers.LogError(f"{path.name} is larger than {MAX_BYTES // 2**20} MB.")
        return path.read_bytes()
    except OSError as error:
        raise answers.LogError(f"{path.name} can't be read: {error.strerror}.") from None


def predictions(file_name: str, data: bytes, class_names: Sequence[str]) -> Predictions:
    """Read predictions, a row an image: `.npy`, `.npz` or CSV.

    A table may have a header or none, an index column that says which test image a row is, columns
    of the names of the classes in any order, or the answers alone with their confidences.

    Args:
        file_name: what the file is called, for its ending and for the sentences.
        data: what is in it.
        class_names: of the images.

    Raises:
        LogError: it is no such file, in one sentence.
    """
    ending = pathlib.PurePath(file_name).suffix.lower()
    if ending in (".npy", ".npz"):
        return _of_arrays(file_name, data)
    if ending in (".csv", ".tsv", ".txt"):
        return _of_table(_table(file_name, data, class_names), class_names, file_name)
    raise answers.LogError(
        f"{file_name} is of no known kind. Expected predictions as .npy, .npz or .csv."
    )


def history(file_name: str, data: bytes) -> list[dict[str, float | None]]:
    """Read what each epoch ended with: CSV, as Keras's `CSVLogger` writes it, or JSON.

    Raises:
        LogError: it is no such file, in one sentence.
    """
    try:
        if pathlib.PurePath(file_name).suffix.lower() == ".json":
            return histories.read(json.loads(data))
        table = _table(file_name, data)
        if not all(isinstance(name, str) for name in table.columns):
            raise ValueError(f"it has no header. Expected one such as {_EXAMPLE}")
        return histories.read({name: table[name].tolist() for name in table.columns})
    except answers.LogError:
        raise
    except (ValueError, RecursionError) as error:
        said = str(error).splitlines()[0][:200].rstrip(".")
        raise answers.LogError(f"{file_name} can't be read as a history: {said}.") from None


_EXAMPLE = "epoch,loss,accuracy,val_loss,val_accuracy"


def _of_arrays(file_name: str, data: bytes) -> Predictions:
    try:
        found = np.load(io.BytesIO(data), allow_pickle=False)
        if isinstance(found, np.ndarray):
            return Predictions(values=found)
        with found:
            arrays = {name: found[name] for name in found.files}
    except Exception as error:  # numpy and zipfile answer damage with a dozen kinds of exception
        objects = "pickle" in str(error) and data[:6] in (b"\x93NUMPY", b"PK\x03\x04\x14\x00")
        what = "it holds Python objects" if objects else "it is damaged, or no file of numpy's"
        raise answers.LogError(f"{file_name} can't be read: {what}.") from None
    names = [name for name in _ARRAYS if name in arrays] or (
        list(arrays) if len(arrays) == 1 else []
    )
    if not names:
        raise answers.LogError(
            f"{file_name} has the arrays {', '.join(arrays)[:200] or 'none'}. Expected one called"
            " probs."
        )
    known = [name for name in arrays if name.lower().rstrip("s") in _CONFIDENCE]
    alone = arrays[names[0]].ndim == 1
    return Predictions(
        values=arrays[names[0]], confidences=arrays[known[0]] if known and alone else None
    )


# --- tables -----------------------------------------------------------------------------------


def _table(file_name: str, data: bytes, class_names: Sequence[str] = ()) -> "pd.DataFrame":
    """Read a table; its columns are numbers where it has no header."""
    import pandas as pd

    text = data.decode("utf-8-sig", "replace")
    first = text.lstrip().split("\n", 1)[0]
    separator = max(_SEPARATORS, key=first.count)
    header = 0 if _is_header(first.strip().split(separator), class_names) else None
    try:
        table = pd.read_csv(
            io.StringIO(text), sep=separator, header=header, skipinitialspace=True, dtype=None
        )
    except ValueError as error:  # a pandas parser error is one
        said = str(error).splitlines()[0][:150].rstrip(".")
        raise answers.LogError(f"{file_name} can't be read as a table: {said}.") from None
    if table.empty:
        raise answers.LogError(f"{file_name} has no rows. Expected one for each test image.")
    return table


def _is_header(cells: Sequence[str], class_names: Sequence[str]) -> bool:
    """Tell whether a first line names columns: digits may name classes, and be answers."""
    cells = [cell.strip().strip('"') for cell in cells]
    counted = [str(place) for place in range(len(cells))]  # as pandas calls columns
    if set(cells) == set(class_names) or (len(cells) > 1 and cells == counted):
        return True
    return not all(_is_number(cell) or cell in class_names for cell in cells)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _of_table(table: "pd.DataFrame", class_names: Sequence[str], file_name: str) -> Predictions:
    if isinstance(table.columns[0], str):
        table = table.rename(columns=lambda name: " ".join(str(name).split()))
    table, notes = _in_test_order(table, class_names, file_name)
    by_word = {str(name).casefold(): name for name in table.columns}
    named = all(isinstance(name, str) for name in table.columns)
    others = set(table.columns) - set(class_names)
    beside = all(str(name).casefold() in _TRUTH | _ANSWER | _CONFIDENCE for name in others)
    if named and beside and set(class_names) <= set(table.columns):
        found = list(class_names)
        if [name for name in table.columns if name in found] != found:
            notes.append("The columns were put into the order of the classes, by their names.")
        return Predictions(values=_numbers(table[found]), notes=tuple(notes))
    answer = next((by_word[word] for word in by_word if named and word in _ANSWER), None)
    if answer is not None:
        sure = next((by_word[word] for word in by_word if word in _CONFIDENCE), None)
        return Predictions(
            values=_numbers(table[answer]),
            confidences=None if sure is None else _numbers(table[sure]),
            notes=tuple(notes),
        )
    kept = [name for name in table.columns if str(name).casefold() not in _TRUTH]
    values = _numbers(table[kept])
    return Predictions(values=values[:, 0] if len(kept) == 1 else values, notes=tuple(notes))


def _numbers(part: "pd.DataFrame | pd.Series") -> np.ndarray:
    """Return columns as numbers, else as text; what is empty is no number."""
    import pandas as pd

    columns = [part] if isinstance(part, pd.Series) else [part[name] for name in part.columns]
    if all(pd.api.types.is_numeric_dtype(column) for column in columns):
        return part.to_numpy()
    texts = part.fillna("").astype(str).map(spreadsheet.unmarked)
    return texts.to_numpy().astype(str)


def _in_test_order(
    table: "pd.DataFrame", class_names: Sequence[str], file_name: str
) -> tuple["pd.DataFrame", list[str]]:
    """Sort the rows by an index column, if there is one, and drop it.

    Raises:
        LogError: the index is none: an image is missing, or there twice.
    """
    name = table.columns[0]
    named = isinstance(name, str) and (
        name.casefold() in _INDEX or name.casefold().startswith("unnamed")
    )
    counted = len(table.columns) in (2, len(class_names) + 1) and _counts(table[name].to_numpy())
    confident = len(table.columns) == 2 and isinstance(name, str) and name.casefold() in _ANSWER
    if not named and (not counted or confident):
        return table, []
    places = table[name].to_numpy()
    if not _counts(places):
        raise answers.LogError(
            f"{file_name}: the column {str(name) or 'index'} is no index. Expected each of 0 to"
            f" {len(table) - 1}, or of 1 to {len(table)}, once."
        )
    rest = table.drop(columns=name)
    order = np.argsort(places, kind="stable")
    moved = not np.array_equal(order, np.arange(len(order)))
    said = ["The rows were put into test order by their index."] if moved else []
    return rest.iloc[order], said


def _counts(values: np.ndarray) -> bool:
    """Tell whether numbers are 0 to n-1, or 1 to n, in any order."""
    if values.dtype.kind not in "iuf" or not np.isfinite(values).all():
        return False
    ordered = np.sort(values) - values.min()
    return values.min() in (0, 1) and np.array_equal(ordered, np.arange(len(values)))
