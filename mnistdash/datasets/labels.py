"""Labels of every usual form as classes counted from 0, and names to show for them."""

import dataclasses
import re
import unicodedata
from collections.abc import Sequence

import numpy as np

from mnistdash import counting
from mnistdash.datasets import errors

DIGITS = tuple("0123456789")
MIN_CLASSES, MAX_CLASSES = 2, 62
MAX_NAME = 40
_UNSEEN = {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"}  # controls, halves of characters, line breaks
_TURNING = set("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


@dataclasses.dataclass(frozen=True, eq=False)
class Plain:
    """Labels as one whole number or one text an image, and how many classes they speak of."""

    values: np.ndarray  # int64 or text, `(n,)`
    columns: int | None  # of one-hot labels
    notes: tuple[str, ...]


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Classes:
    """Labels of the parts as uint8, counted from 0, the class names, and what was done."""

    parts: tuple[np.ndarray, ...]
    names: tuple[str, ...]
    notes: tuple[str, ...]


def plain(labels: np.ndarray, *, source: str, key: str) -> Plain:
    """Read labels one-hot, in a column, as floats, bytes or text.

    Raises:
        DataError: they are none of these.
    """
    notes: list[str] = []
    shape = labels.shape
    if labels.ndim > 1:
        labels = labels.squeeze(tuple(a for a in range(1, labels.ndim) if shape[a] == 1))
    if labels.ndim == 2 and len(labels) == 1:
        labels = labels[0]
    if labels.ndim == 1 and len(shape) > 1:
        notes.append("Labels in a column became a list.")
    columns = None
    if labels.ndim == 2 and _is_one_hot(labels.T) and not _is_one_hot(labels):
        labels = labels.T
        notes.append("One-hot labels of a row a class were turned.")
    if labels.ndim == 2:
        columns = labels.shape[1]
        labels = _from_one_hot(labels, source, key)
        notes.append(f"One-hot labels of {columns} columns became numbers.")
    if labels.ndim != 1:
        raise errors.unusable(
            source,
            f"`{key}` has the shape {shape}",
            expected="one label an image, (n,)",
            mend=f"{key} = {key}.reshape(-1)",
        )
    values = _whole_or_text(labels, notes, source, key)
    return Plain(values, columns, tuple(notes))


def _from_one_hot(labels: np.ndarray, source: str, key: str) -> np.ndarray:
    if not _is_one_hot(labels):
        numbers = labels.dtype.kind in "biuf"
        raise errors.unusable(
            source,
            f"`{key}` has the shape {labels.shape} and is not one-hot",
            expected="one label an image, (n,)",
            mend=f"{key} = {key}.argmax(axis=1)" if numbers else f"{key} = {key}[:, 0]",
        )
    return labels.argmax(axis=1)


def _is_one_hot(labels: np.ndarray) -> bool:
    """Tell whether each row holds a single one among zeros."""
    if labels.dtype.kind not in "biuf":
        return False
    marks = labels != 0
    return bool((marks.sum(axis=1) == 1).all() and ((labels == 1) == marks).all())


def _whole_or_text(labels: np.ndarray, notes: list[str], source: str, key: str) -> np.ndarray:
    """Return labels as int64 or as text, and say in `notes` what was done for it."""
    kind = labels.dtype.kind
    if kind == "S":
        labels = np.array([label.decode("utf-8", "replace") for label in labels.tolist()], str)
        kind = "U"
    if kind == "U":
        return _text(labels, notes)
    if kind == "b":
        notes.append("Labels of false and true became 0 and 1.")
    elif kind == "f":
        with np.errstate(invalid="ignore"):
            whole = np.isfinite(labels) & (labels == np.rint(labels))
        if not whole.all():
            raise errors.unusable(
                source,
                f"`{key}` holds {labels[~whole][0]:.6g}",
                expected="whole numbers, one label an image",
                mend=f"keep = {key} % 1 == 0  # images whose label is a whole number",
            )
        if labels.size and float(np.abs(labels).max()) > 2**31:
            raise _outside(source, key, float(labels.min()), float(labels.max()))
        notes.append(f"Labels of type {labels.dtype} became whole numbers.")
    elif kind not in "iu":
        raise errors.unusable(
            source,
            f"`{key}` holds {labels.dtype}",
            expected="whole numbers or text",
            mend=f"{key} = {key}.astype(int)",
        )
    if labels.size and int(labels.min()) < 0:
        raise _outside(source, key, labels.min(), labels.max())
    if labels.size and int(labels.max()) > 2**31:
        raise _outside(source, key, labels.min(), labels.max())
    return labels.astype(np.int64)


def _outside(source: str, key: str, low: float, high: float) -> errors.DataError:
    return errors.unusable(
        source,
        f"the labels `{key}` reach from {low:.10g} to {high:.10g}",
        expected=f"classes counted from 0, at most {MAX_CLASSES}",
        mend=f"_, {key} = np.unique({key}, return_inverse=True)",
    )


def _text(labels: np.ndarray, notes: list[str]) -> np.ndarray:
    """Return text labels stripped, or as numbers where all of them are."""
    stripped = np.char.strip(labels) if labels.size else labels
    if labels.size and all(re.fullmatch(r"[0-9]{1,6}(\.0+)?", t) for t in set(stripped.tolist())):
        notes.append("Labels of text became whole numbers.")
        return stripped.astype(np.float64).astype(np.int64)
    return stripped


def classes(
    parts: Sequence[Plain], given: Sequence[str] | None, *, source: str, key: str
) -> Classes:
    """Count the classes of all parts from 0, and name them.

    Without names, labels in 0-9 are digits, whichever of them are absent; larger ones that begin
    at 0 or 1 stand for themselves; everything else is numbered in order and named by its value.

    Args:
        parts: the training labels and, where there are any, the test labels.
        given: the class names, if any are known.
        source: the file's name, and
        key: the training labels' name, for the sentences.

    Raises:
        DataError: there are fewer than 2 or more than 62 classes, or the names don't fit.
    """
    names = None if given is None else clean_names(given)
    if names is not None and not MIN_CLASSES <= len(names) <= MAX_CLASSES:
        raise _wrong_number(source, len(names), "class name", "class_names")
    values = [part.values for part in parts]
    if any(part.dtype.kind == "U" for part in values):
        values = [part.astype(str) for part in values]
        return _of_text(values, given, names, source, key)
    found = np.unique(np.concatenate(values))
    columns = max((part.columns or 0 for part in parts), default=0)
    low, high = (int(found[0]), int(found[-1])) if len(found) else (0, 0)
    if columns and not names:
        names = DIGITS if columns == 10 else tuple(str(column) for column in range(columns))
        if columns > MAX_CLASSES:
            raise _wrong_number(source, columns, "column of one-hot labels", key)
    if names is not None:
        return _of_named(values, found, names, source, key)
    if high <= 9:
        return _numbered(values, None, DIGITS)
    if low <= 1 and high <= MAX_CLASSES - 1 + low and 2 * len(found) > high:
        numbers = np.arange(low, high + 1)
    elif len(found) <= MAX_CLASSES:
        numbers = found
    else:
        raise _wrong_number(source, len(found), "different label", key)
    if len(numbers) < MIN_CLASSES:
        raise _wrong_number(source, len(numbers), "different label", key)
    return _numbered(values, numbers, tuple(str(number) for number in numbers))


def _numbered(
    values: Sequence[np.ndarray], numbers: np.ndarray | None, names: tuple[str, ...]
) -> Classes:
    """Number labels by their place among `numbers`, or leave them."""
    notes: tuple[str, ...] = ()
    if numbers is not None and int(numbers[0]) != 0:
        values = [np.searchsorted(numbers, part) for part in values]
        notes = (
            f"Labels from {numbers[0]} to {numbers[-1]} became {len(numbers)} classes"
            " counted from 0, named by their labels.",
        )
    elif numbers is not None and int(numbers[-1]) != len(numbers) - 1:
        values = [np.searchsorted(numbers, part) for part in values]
        notes = (f"Labels with gaps became {len(numbers)} classes, named by their labels.",)
    return Classes(parts=tuple(part.astype(np.uint8) for part in values), names=names, notes=notes)


def _of_named(
    values: Sequence[np.ndarray], found: np.ndarray, names: tuple[str, ...], source: str, key: str
) -> Classes:
    """Give whole labels their names: counted from 0, else from 1, else in order."""
    low, high = (int(found[0]), int(found[-1])) if len(found) else (0, 0)
    if high < len(names):
        return _numbered(values, None, names)
    if low >= 1 and high == len(names):
        numbers, how = np.arange(1, high + 1), f"Labels from 1 to {high} became 0 to {high - 1}."
    elif len(found) == len(names):
        numbers = found
        pairs = ", ".join(f"{n} as {name}" for n, name in list(zip(found, names, strict=True))[:3])
        how = f"The labels were named in order: {pairs}{' …' if len(found) > 3 else ''}."
    else:
        raise errors.unusable(
            source,
            f"`{key}` has {len(found)} different labels up to {high}, but there are"
            f" {len(names)} class names",
            expected="a name for each label, in order",
            mend=f"class_names = np.array([str(label) for label in range({high + 1})])",
        )
    placed = _numbered([np.searchsorted(numbers, part) for part in values], None, names)
    return dataclasses.replace(placed, notes=(how,))


def _of_text(
    values: Sequence[np.ndarray],
    given: Sequence[str] | None,
    names: tuple[str, ...] | None,
    source: str,
    key: str,
) -> Classes:
    """Number text labels in the order of the names, else in their natural order."""
    found = sorted({str(text) for part in values for text in np.unique(part)}, key=_natural)
    known = [str(name).strip() for name in given or ()]
    shown = ", ".join(text[:MAX_NAME] for text in found[:5])
    shown += f" and {len(found) - 5} more" if len(found) > 5 else ""
    notes = (f"Labels of text became classes in this order: {shown}.",)
    if names is not None and set(found) <= set(known):
        order, notes = known, ("Labels of text became classes in the order of the names.",)
    elif names is not None and len(names) == len(found):
        order = found
        pairs = ", ".join(f"{old} as {new}" for old, new in zip(found[:3], names[:3], strict=True))
        notes = (f"The labels were named in order: {pairs[:80]}.",)
    elif names is not None:
        raise errors.unusable(
            source,
            f"it has {len(found)} different labels, but there are {len(names)} class names",
            expected="a name for each label, in order",
            mend=f"class_names = {str(found[:3])[:60]} …",
        )
    else:
        order, names = found, None
    if not MIN_CLASSES <= len(order) <= MAX_CLASSES:
        raise _wrong_number(source, len(order), "different label", key)
    index = {text: at for at, text in reversed(list(enumerate(order)))}
    parts = tuple(
        np.array([index[text] for text in part.tolist()], np.uint8).reshape(-1) for part in values
    )
    return Classes(parts=parts, names=names or clean_names(order), notes=notes)


def _natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """Sort `class2` before `class10`."""
    pieces = re.findall(r"[0-9]+|[^0-9]+", text)
    return tuple((0, int(p), "") if "0" <= p[0] <= "9" else (1, 0, p) for p in pieces)


def _wrong_number(source: str, number: int, noun: str, key: str) -> errors.DataError:
    mend = f"keep = np.isin({key}, np.unique({key})[:{MAX_CLASSES}]); x, y = x[keep], y[keep]"
    if number < MIN_CLASSES:
        mend = "x, y = np.concatenate([x, more_x]), np.concatenate([y, more_y])"
    elif key == "class_names":
        mend = f"class_names = class_names[:{MAX_CLASSES}]"
    where = "" if key == "class_names" else f" in `{key}`"
    return errors.unusable(
        source,
        f"it has {counting.of(number, noun)}{where}",
        expected=f"{MIN_CLASSES} to {MAX_CLASSES} classes",
        mend=mend,
    )


def clean_names(given: Sequence[object]) -> tuple[str, ...]:
    """Make class names that fit on a line: any script, at most 40 characters, all different.

    Control characters, line breaks and marks that turn the direction of text go; a name without
    anything left becomes "class 3"; the second of its name becomes "three (2)".
    """
    names: list[str] = []
    for number, name in enumerate(given):
        text = name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name)
        clean = clean_name(text) or f"class {number}"
        again = 1
        unique = clean
        while unique in names:
            again += 1
            end = f" ({again})"
            unique = clean[: MAX_NAME - len(end)].rstrip() + end
        names.append(unique)
    return tuple(names)


def clean_name(text: str) -> str:
    """Return a name without control characters and line breaks, at most 40 characters."""
    shown = (
        " " if unicodedata.category(c) in _UNSEEN else "" if c in _TURNING else c
        for c in unicodedata.normalize("NFC", text[:1000])
    )
    return " ".join("".join(shown).split())[:MAX_NAME].rstrip()
