"""Which images have a bright ground, and inverting those."""

from collections.abc import Sequence

import numpy as np

from mnistdash import counting
from mnistdash.datasets import pixels

_PARTS = ("training ", "test ")
_FEW = 0.1  # of a part's images: so many may have another ground than the rest


def bright(images: np.ndarray) -> np.ndarray:
    """Tell which images have a bright ground, the median of their rim, as bool `(n,)`.

    Args:
        images: uint8 `(n, 28, 28)`.
    """
    return np.median(pixels.rim(images), axis=1) > 127


def doubts(images: Sequence[np.ndarray]) -> list[tuple[str, str]]:
    """Say which of the training and test images have a bright ground, and offer to invert them."""
    said = []
    found = [bright(part) for part in images]
    most = [at for at, part in enumerate(found) if not _mixed(part) and part.mean() > 0.5]
    if most:
        which = "" if len(most) == 2 else _PARTS[most[0]]
        said.append(
            f"The {which}images have a bright ground; models here expect bright ink on a dark one."
        )
    for part, split in zip(found, _PARTS, strict=True):
        if _mixed(part):
            of_all = f"{part.sum():,} of {counting.of(len(part), f'{split}image')}"
            said.append(
                f"{of_all} {'has' if part.sum() == 1 else 'have'} a bright ground, the"
                f" {counting.form(len(part) - part.sum(), 'other')} a dark one."
            )
    return [(sentence, "invert") for sentence in said]


def _mixed(found: np.ndarray) -> bool:
    """Tell whether neither nearly all nor nearly none have a bright ground."""
    return bool(min(found.sum(), len(found) - found.sum()) > _FEW * len(found))


def invert(images: list[np.ndarray]) -> tuple[str, ...]:
    """Make the ground dark, in place in the list, and say so.

    In a part where both grounds occur, the images with the bright one are inverted; else all of
    those parts that have it, or all parts where none has.
    """
    found = [bright(part) for part in images]
    parts = _PARTS if len(images) == 2 else ("",)
    mixed = [at for at, part in enumerate(found) if _mixed(part)]
    whole = [at for at, part in enumerate(found) if at not in mixed and part.mean() > 0.5]
    if not mixed and not whole:
        whole = [*range(len(images))]
    said = []
    for at in whole:
        images[at] = 255 - images[at]
    if whole:
        which = "and ".join(parts[at] for at in whole)
        said.append(f"The {which}images were inverted: dark became bright.")
    for at in mixed:
        inside = found[at][:, None, None]
        images[at] = np.where(inside, 255 - images[at], images[at])
        count = int(found[at].sum())
        said.append(
            f"{counting.of(count, f'{parts[at]}image')} with a bright ground"
            f" {'was' if count == 1 else 'were'} inverted."
        )
    return tuple(said)
