"""Drawings that are no digits: as many as asked, repeatable, in their place, rightly labelled."""

import dataclasses

import numpy as np
import pytest

from mnistdash import classifier, datasets, explain, hands, ink, outliers

STEM = [np.array([(5.0, 0.0), (5.0, 10.0)])]


def test_same_seed_draws_the_same() -> None:
    """Sixteen drawings are prepared images, all different; another seed draws others."""
    drawn, again, other = (
        outliers.scribbles(16, np.random.default_rng(seed)) for seed in (3, 3, 4)
    )
    assert (drawn.shape, drawn.dtype) == ((16, 28, 28), np.uint8)
    assert len({image.tobytes() for image in drawn}) == 16
    assert (drawn == again).all()
    assert (drawn != other).any(axis=(1, 2)).all()


def test_two_digits_fill_the_box_of_one() -> None:
    """The longer side of a pair is 20 cells, a soft edge more at most."""
    digits = datasets.load("optdigits")
    rng = np.random.default_rng(0)
    for image in outliers.pairs(8, digits.x_train, digits.y_train, rng):
        assert 20 <= max(np.ptp(axis) + 1 for axis in image.nonzero()) <= 21


def test_written_pairs_stand_apart() -> None:
    """Two stems side by side are two strokes in each of the middle rows."""
    for image in outliers.penned_pairs(8, [STEM], np.random.default_rng(0)):
        ink_in = image[14] > 128
        assert (ink_in[1:] & ~ink_in[:-1]).sum() == 2


def test_a_one_is_never_laid_over_another_digit() -> None:
    """It would be a slashed zero: every pair of a one and a zero is as wide as two digits."""
    zero, one = np.zeros((2, 28, 28), np.uint8)
    zero[6:22, 6:22], zero[8:20, 8:20] = 255, 0
    one[6:22, 13:15] = 255
    rng = np.random.default_rng(0)
    both = outliers.pairs(40, np.stack([zero, one]), np.array([0, 1]), rng)
    widths = [np.ptp(image.nonzero()[1]) for image in both]
    of_one_and_zero = [image for image, width in zip(both, widths, strict=True) if width > 17]
    assert len(of_one_and_zero) >= 15


def test_no_letter_is_a_twin_of_a_digit() -> None:
    """Letters that people write as they write a digit are not called wrong."""
    assert not outliers.TWINS & set(outliers.LETTERS)


def test_detector_tells_what_is_written() -> None:
    """Written evenly, every form of a digit passes, and every letter is told as a letter."""
    rng = np.random.default_rng(0)
    digits = [form for forms in hands.FORMS.values() for form in forms]
    kinds = {
        name: classifier.kind_probs(
            np.stack([ink.from_strokes(hands.written(f, rng, noise=0, cuts=1)) for f in forms])
        )
        for name, forms in (
            ("digit", digits),
            ("letter", outliers.LETTERS.values()),
            ("scribble", outliers.SIGNS.values()),
        )
    }
    assert kinds["digit"][:, 0].min() >= explain.DIGIT_BELOW
    assert (kinds["letter"].argmax(axis=1) == classifier.KINDS.index("letter")).all()
    assert kinds["scribble"][:, 0].max() < explain.DIGIT_BELOW


def test_training_set_is_labelled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four digits and an o; two real letters twice, no twin of a digit, and 3; 5 pairs; 6 signs."""
    for name, count in (("WRITTEN", 3), ("PAIRS", 3), ("PENNED_PAIRS", 2), ("SCRIBBLES", 6)):
        monkeypatch.setattr(outliers, name, count)
    monkeypatch.setattr(hands, "training_set", lambda digits, seed: digits)
    monkeypatch.setattr(hands, "pen_digits", lambda writers: ([STEM], np.ones(1, np.uint8)))
    real = datasets.load("optdigits")
    digits = dataclasses.replace(real, read_train=lambda: (real.x_train[:4], real.y_train[:4]))
    letters = dataclasses.replace(
        real,
        class_names=("a", "b", "o"),
        read_train=lambda: (real.x_train[4:8], np.array([0, 1, 0, 2], np.uint8)),
    )
    drawings = outliers.training_set(digits, letters, 0)
    assert drawings.class_names == classifier.KINDS
    assert np.bincount(drawings.y_train).tolist() == [5, 2 * 2 + 3, 5, 6]
    assert (drawings.x_train[:4] == digits.x_train).all()
    assert (drawings.x_train[4:7] == letters.x_train[[3, 0, 2]]).all()
    assert set(drawings.y_test.tolist()) == {0}
