"""Verdicts: whose fault a person says it is that an image is read wrong, and what follows."""

import csv
import dataclasses
import hashlib
import io
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from mnistdash import spreadsheet

MODEL, LABEL, PICTURE = "model", "label", "picture"
FAULTS = (MODEL, LABEL, PICTURE)  # the last one: nobody could tell
NONE = "none"  # takes a verdict back
TEST, TRAIN = "test", "train"
ME = "me"  # who judges where nobody is named
SPLITS = (TEST, TRAIN)
MAX_NOTE, MAX_PERSON = 300, 60  # characters
MAX_FILE_BYTES = 20 * 2**20
MAX_LABEL = 61

_HASH = re.compile("[0-9a-f]{64}")
_WHOLE = re.compile("[0-9]{1,6}")
_MOMENT = re.compile(r"[0-9]{1,11}(\.[0-9]{1,9})?")
_COLUMNS = ("dataset_sha256", "split", "index", "image", "person", "verdict", "label", "note",
            "judged_at")  # fmt: skip


@dataclasses.dataclass(frozen=True, kw_only=True)
class Verdict:
    """What one person said of one image of a data set; checked at birth.

    Raises:
        ValueError: a field is out of range. The sentence names it and what came.
    """

    dataset_sha256: str
    split: str  # "test" or "train"
    index: int  # in the split
    image: str  # `content` of its pixels
    person: str
    fault: str  # one of `FAULTS`, or `NONE` to take back what was said
    label: int | None = None  # the class it should have, of the fault "label" alone
    note: str = ""
    judged_at: float = 0.0  # seconds since 1970, UTC

    def __post_init__(self) -> None:
        whole = type(self.index) is int and 0 <= self.index < 10**7
        wrong_label = self.fault == LABEL
        labels = range(MAX_LABEL + 1) if wrong_label else (None,)
        for name, fits in (
            ("dataset_sha256", _is_hash(self.dataset_sha256)),
            ("split", self.split in SPLITS),
            ("index", whole),
            ("image", _is_hash(self.image)),
            ("person", isinstance(self.person, str) and 0 < len(self.person) <= MAX_PERSON),
            ("fault", self.fault in (*FAULTS, NONE)),
            ("label", not isinstance(self.label, bool) and self.label in labels),
            ("note", isinstance(self.note, str) and len(self.note) <= MAX_NOTE),
            ("judged_at", isinstance(self.judged_at, float) and math.isfinite(self.judged_at)),
        ):  # fmt: skip
            if not fits:
                said = f"{getattr(self, name)!r:.60}"
                raise ValueError(f"`{name}` is none that a verdict can have. Received: {said}.")


def _is_hash(value: object) -> bool:
    return isinstance(value, str) and _HASH.fullmatch(value) is not None


def content(image: np.ndarray) -> str:
    """Return the SHA-256 of an image's pixels, hexadecimal: what it is known by everywhere.

    Args:
        image: uint8 `(28, 28)`.
    """
    return hashlib.sha256(np.ascontiguousarray(image, np.uint8).tobytes()).hexdigest()


def held(y_true: np.ndarray, said: Mapping[int, Verdict]) -> np.ndarray:
    """Return the labels as they are if verdicts on them hold, uint8 `(n,)`.

    Args:
        y_true: the labels, uint8 `(n,)`.
        said: verdicts by index; indices beyond the labels are left out.
    """
    labels = np.array(y_true, np.uint8)
    for index, verdict in said.items():
        if verdict.label is not None and index < len(labels):
            labels[index] = verdict.label
    return labels


def counts(said: Mapping[int, Verdict], among: Iterable[int]) -> dict[str, int]:
    """Count verdicts of each kind on some images; kinds that nobody gave are left out."""
    faults = [said[index].fault for index in map(int, among) if index in said]
    return {fault: faults.count(fault) for fault in FAULTS if fault in faults}


def to_csv(said: Iterable[Verdict], class_names: Sequence[str]) -> str:
    """Write verdicts as CSV for spreadsheets; `from_csv` reads them back.

    Args:
        said: verdicts on images with these classes.
        class_names: written beside the labels, for people.
    """
    lines = (
        (v.dataset_sha256, v.split, v.index, v.image, v.person, v.fault, v.label, v.note,
         v.judged_at, None if v.label is None else class_names[v.label])
        for v in said
    )  # fmt: skip
    return spreadsheet.text((*_COLUMNS, "label_name"), lines)


def from_csv(
    text: str, images: Callable[[str], np.ndarray], *, sha256: str, num_classes: int
) -> list[Verdict]:
    """Read verdicts on a data set's images, as `to_csv` wrote them, by way of a spreadsheet or not.

    A verdict counts where the image at its place is the one that was judged, whatever else
    differs between the data sets.

    Args:
        text: CSV.
        images: gives those of a split, uint8 `(n, 28, 28)`.
        sha256: of the data set that they are of.
        num_classes: of it.

    Raises:
        ValueError: it is no file of verdicts, or on other images. The sentence names the line.
    """
    try:
        lines = list(csv.DictReader(io.StringIO(text)))
    except csv.Error:
        lines = []
    if not lines or not set(_COLUMNS) <= set(lines[0]):
        raise ValueError(
            f"This is no file of verdicts: expected CSV with the columns {', '.join(_COLUMNS)}."
        )
    found = []
    for number, line in enumerate(lines, start=2):
        try:
            verdict = _read(line, sha256)
        except ValueError as error:
            raise ValueError(f"Line {number} is no verdict: {error}") from None
        known = images(verdict.split)
        if verdict.index >= len(known) or content(known[verdict.index]) != verdict.image:
            raise ValueError(
                f"Line {number} is on another image than {verdict.split} image {verdict.index}"
                " here: this file is on other images. Choose the images that it was made on."
            )
        if verdict.label is not None and verdict.label >= num_classes:
            raise ValueError(f"Line {number} gives class {verdict.label} of {num_classes} classes.")
        found.append(verdict)
    return found


def _read(line: Mapping[str, str | None], sha256: str) -> Verdict:
    cells = {name: spreadsheet.unmarked(line[name] or "") for name in _COLUMNS}
    for name, pattern in (("index", _WHOLE), ("label", _WHOLE), ("judged_at", _MOMENT)):
        if not pattern.fullmatch(cells[name]) and not (name == "label" and not cells[name]):
            raise ValueError(f"`{name}` is no number that it can have: {cells[name]!r:.40}.")
    if cells["verdict"] not in FAULTS:
        raise ValueError(f"expected {', '.join(FAULTS)}, received {cells['verdict']!r:.40}.")
    return Verdict(
        dataset_sha256=sha256,
        split=cells["split"],
        index=int(cells["index"]),
        image=cells["image"],
        person=cells["person"],
        fault=cells["verdict"],
        label=int(cells["label"]) if cells["label"] else None,
        note=cells["note"],
        judged_at=float(cells["judged_at"]),
    )
