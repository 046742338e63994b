"""Corrections: what verdicts come to, and what a recipe then learns from."""

import numpy as np
import pytest

from mnistdash import corrections, recipes, verdicts

IMAGES = np.zeros((5, 28, 28), np.uint8)
IMAGES[:, 0, 0] = np.arange(5)
LABELS = np.arange(5, dtype=np.uint8)
NAMES = [corrections.name(image) for image in IMAGES]


def said(index: int, fault: str, label: int | None = None) -> verdicts.Verdict:
    """A verdict on one of the five images."""
    return verdicts.Verdict(
        dataset_sha256="a" * 64, split="train", index=index, person="me", fault=fault, label=label,
        image=verdicts.content(IMAGES[index]),
    )  # fmt: skip


def test_verdicts_become_corrections() -> None:
    """A wrong label is changed, a picture nobody can tell dropped; the model's fault is kept."""
    made = corrections.of_verdicts([said(1, "label", 7), said(2, "picture"), said(3, "model")])
    assert dict(made) == {NAMES[1]: 7, NAMES[2]: None}
    assert made == tuple(sorted(made)), "whoever judged first, the recipe is the same"


def test_what_is_learnt() -> None:
    """Image 1 is a 7 now, image 2 gone, two drawings in front; what was given stays as it was."""
    drawn = IMAGES[:2] + 200
    named = tuple((corrections.name(image), 9) for image in drawn)
    recipe = recipes.Recipe(corrections=((NAMES[1], 7), (NAMES[2], None)), drawings=named)
    images, labels = corrections.applied(recipe, IMAGES, LABELS, reversed(drawn))
    assert images[:, 0, 0].tolist() == [200, 201, 0, 1, 3, 4]
    assert labels.tolist() == [9, 9, 0, 7, 3, 4]
    assert LABELS.tolist() == [0, 1, 2, 3, 4]
    assert corrections.applied(recipes.Recipe(), IMAGES, LABELS)[0] is IMAGES


def test_missing_images_are_counted() -> None:
    """One of two corrected images, or a drawing, is not there: a sentence says how many."""
    recipe = recipes.Recipe(corrections=((NAMES[1], 7), ("0" * 16, None)))
    with pytest.raises(ValueError, match="1 of 2 corrected images are not among"):
        corrections.applied(recipe, IMAGES, LABELS)
    recipe = recipes.Recipe(drawings=(("0" * 16, 3),))
    with pytest.raises(ValueError, match="1 of 1 drawings to learn are not kept"):
        corrections.applied(recipe, IMAGES, LABELS, IMAGES)
