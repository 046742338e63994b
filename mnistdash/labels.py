"""Labels that may be wrong: what human raters said of fifteen of MNIST's test labels.

Source: C. Northcutt, A. Athalye, J. Mueller, "Pervasive Label Errors in Test Sets Destabilize
Machine Learning Benchmarks", NeurIPS 2021. Five raters saw each of these images with two labels,
the given one and the one that confident learning suggested, and chose one of them, or neither.
"""

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence

import numpy as np


@dataclasses.dataclass(frozen=True, kw_only=True)
class Votes:
    """How many raters chose the given label of an image, the suggested one, or neither."""

    label: int  # the given one
    suggested: int | None  # `None` where most chose neither: what was suggested is no label of it
    for_label: int
    for_suggested: int
    for_neither: int

    @property
    def agreed(self) -> int | None:
        """The label that most raters agreed on; `None` where no label was chosen by most."""
        total = self.for_label + self.for_suggested + self.for_neither
        return self.suggested if 2 * self.for_suggested > total else None


def _votes(label: int, suggested: int | None, votes: str) -> Votes:
    given, other, neither = map(int, votes.split("/"))
    return Votes(
        label=label,
        suggested=suggested,
        for_label=given,
        for_suggested=other,
        for_neither=neither,
    )


# By the first 16 digits of the SHA-256 of an image's pixels: other images under MNIST's name carry
# no votes, and these images carry them under any name. The comments are places in the test set.
_RATED = {
    "9e571df431674b22": _votes(8, 9, "0/5/0"),  # 947
    "a6dbd7572d6b5235": _votes(0, 6, "2/3/0"),  # 1621
    "ac85fc88d75848d8": _votes(9, 4, "2/3/0"),  # 1901
    "3b659aa46e7e60f0": _votes(4, 9, "2/2/1"),  # 2130
    "b79f052864e49eef": _votes(2, 0, "0/4/1"),  # 2462
    "a8b3e479c863b2ec": _votes(5, 3, "0/4/1"),  # 2597
    "2d23b44093568126": _votes(6, None, "0/2/3"),  # 2654
    "78b0ae6da7b031aa": _votes(6, None, "2/0/3"),  # 3520
    "2ade8bec31ce7dba": _votes(5, 0, "1/4/0"),  # 3558
    "ae0606c84402b2d7": _votes(5, 3, "1/3/1"),  # 5937
    "e58ee418a2c482c9": _votes(0, 6, "0/5/0"),  # 6651
    "848efc6d40483e6f": _votes(1, 6, "2/3/0"),  # 6783
    "b147b498facaa9a7": _votes(4, 9, "2/2/1"),  # 8527
    "6d535e9edb86d534": _votes(6, None, "2/0/3"),  # 9679
    "142caf3509596eb9": _votes(5, 6, "2/3/0"),  # 9729
}
_ROW = 14
# The ink in this row of each, in the order above: it tells most other images before any is hashed.
_INK_IN_ROW = (2334, 1336, 1217, 1044, 3191, 3687, 2610, 636, 1113, 898, 3315, 751, 1409, 1489,
               1155)  # fmt: skip
_DIGITS = tuple(map(str, range(10)))


def raters(images: np.ndarray, labels: np.ndarray, class_names: Sequence[str]) -> dict[int, Votes]:
    """Find the images whose label raters did not confirm.

    Args:
        images: uint8 `(n, 28, 28)`, n may be 0.
        labels: uint8 `(n,)`; an image that has another label by now is none of them.
        class_names: of the labels; where the first ten are not the digits, no image is.

    Returns:
        By index, ascending.
    """
    if tuple(class_names[:10]) != _DIGITS:
        return {}
    known = {(votes.label, image): votes for image, votes in _RATED.items()}
    likely = np.flatnonzero(np.isin(images[:, _ROW].sum(axis=1), _INK_IN_ROW))
    found = {int(i): known.get((int(labels[i]), _hash(images[i]))) for i in likely}
    return {index: votes for index, votes in found.items() if votes is not None}


def corrected(labels: np.ndarray, rated: Mapping[int, Votes]) -> tuple[np.ndarray, np.ndarray]:
    """Return labels as most raters say, and which images these are of.

    An image whose label the raters did not replace by another is left out: nobody knows its label,
    so that no answer to it is right or wrong. The source prunes its corrected test sets likewise.

    Args:
        labels: uint8 `(n,)`.
        rated: as of `raters`.

    Returns:
        uint8 `(m,)`, and the places of these images among the n, int64 `(m,)`.
    """
    changed = labels.copy()
    for index, votes in rated.items():
        changed[index] = votes.label if votes.agreed is None else votes.agreed
    unknown = [index for index, votes in rated.items() if votes.agreed is None]
    counted = np.delete(np.arange(len(labels)), unknown)
    return changed[counted], counted


def _hash(image: np.ndarray) -> str:
    return hashlib.sha256(image.tobytes()).hexdigest()[:16]
