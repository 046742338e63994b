"""Corrections: training images that are relabelled or dropped, and drawings that are learnt too."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from mnistdash import verdicts

if TYPE_CHECKING:
    from mnistdash import recipes

MAX_IMAGES = 2_000  # in a recipe, and as many drawings: they are read with every run
_NAME = re.compile("[0-9a-f]{16}")

Correction = tuple[str, int | None]  # `name` of an image, and its label, or `None` to drop it


def name(image: np.ndarray) -> str:
    """Return what a recipe calls an image: the first 16 digits of its content's SHA-256.

    Two of a million images share a name once in thirty million times.

    Args:
        image: uint8 `(28, 28)`.
    """
    return verdicts.content(image)[:16]


def checked(setting: str, value: object, classes: int, *, drops: bool) -> tuple[Correction, ...]:
    """Return a recipe's images as they are kept, hashable: JSON has lists.

    Args:
        setting: its name, to be named in the sentence.
        value: pairs of names and labels.
        classes: that there are.
        drops: whether an image may be dropped, its label `None`.

    Raises:
        ValueError: they are none.
    """
    try:
        found = tuple((called, label) for called, label in value)
        fits = all(_is_named(*pair, classes, drops=drops) for pair in found)
    except (TypeError, ValueError):
        found, fits = (), False
    if not fits:
        raise ValueError(
            f"`{setting}` must be pairs of 16 hexadecimal digits and a class below {classes}."
            f" Received: {setting}={value!r:.40}."
        )
    if len(found) > MAX_IMAGES or len(dict(found)) < len(found):
        raise ValueError(
            f"`{setting}` must name at most {MAX_IMAGES:,} images, each once."
            f" Received: {len(found):,}, {len(dict(found)):,} of them different."
        )
    return found


def _is_named(called: object, label: object, classes: int, *, drops: bool) -> bool:
    named = isinstance(called, str) and _NAME.fullmatch(called) is not None
    known = type(label) is int and 0 <= label < classes
    return named and (known or (drops and label is None))


def of_verdicts(said: Iterable[verdicts.Verdict]) -> tuple[Correction, ...]:
    """Return what verdicts on training images correct: labels as said, bad pictures dropped.

    A verdict that the model is to blame leaves its image as it is.
    """
    made = {
        verdict.image[:16]: verdict.label
        for verdict in said
        if verdict.fault in (verdicts.LABEL, verdicts.PICTURE)
    }
    return tuple(sorted(made.items()))


def applied(
    recipe: "recipes.Recipe",
    images: np.ndarray,
    labels: np.ndarray,
    drawings: Iterable[np.ndarray] = (),
) -> tuple[np.ndarray, np.ndarray]:
    """Return what a recipe learns from: its drawings, then the images with its corrections.

    The drawings stand in front: validation images are taken from the end.

    Args:
        recipe: says what is corrected and which drawings are learnt.
        images: to train on, uint8 `(n, 28, 28)`.
        labels: uint8 `(n,)`.
        drawings: uint8 `(28, 28)` each, those that are kept; the recipe chooses among them.

    Returns:
        uint8 `(m, 28, 28)` and uint8 `(m,)`.

    Raises:
        ValueError: an image or a drawing that the recipe names is not there.
    """
    if recipe.corrections:
        images, labels = _corrected(dict(recipe.corrections), images, labels)
    if recipe.drawings:
        learnt = _found(recipe.drawings, {name(image): image for image in drawings})
        images = np.concatenate([learnt, images])
        labels = np.concatenate([np.array([c for _, c in recipe.drawings], np.uint8), labels])
    return images, labels


def _corrected(
    wanted: Mapping[str, int | None], images: np.ndarray, labels: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    names = [name(image) for image in images]
    missing = len(set(wanted) - set(names))
    if missing:
        raise ValueError(
            f"{missing} of {len(wanted)} corrected images are not among these training images:"
            " train on the images that were corrected."
        )
    labels, stays = labels.copy(), np.ones(len(labels), bool)
    for index, called in enumerate(names):
        if called in wanted:
            stays[index] = wanted[called] is not None
            labels[index] = wanted[called] or 0
    return (images, labels) if stays.all() else (images[stays], labels[stays])


def _found(wanted: Sequence[Correction], kept: Mapping[str, np.ndarray]) -> np.ndarray:
    missing = sum(called not in kept for called, _ in wanted)
    if missing:
        raise ValueError(f"{missing} of {len(wanted)} drawings to learn are not kept any more.")
    return np.stack([kept[called] for called, _ in wanted])
