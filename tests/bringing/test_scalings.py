"""Scalings of pixels: seen in what a model was trained on, else found by trying."""

import numpy as np
import pytest

from mnistdash import datasets
from mnistdash.bringing import scalings

USUAL = scalings.usual(51.0, 102.0)


def test_scalings_reach_where_they_say() -> None:
    """0 and 255 become the ends that the name promises; inverted, the other way round."""
    ends = {each.name: each(np.array([0, 255], np.uint8)).tolist() for each in USUAL}
    assert ends["unit"] == [0, 1]
    assert ends["raw"] == [0, 255]
    assert ends["centred"] == [-1, 1]
    assert ends["half"] == [-0.5, 0.5]
    assert ends["standardised"] == [-0.5, 2]
    assert ends["inverted unit"] == pytest.approx([1, 0], abs=1e-6)
    assert ends["inverted standardised"] == [2, -0.5]
    assert str(USUAL[2]) == "centred, pixels from -1 to 1"


@pytest.mark.parametrize("name", [each.name for each in USUAL])
def test_a_scaling_is_seen_in_what_was_trained_on(name: str) -> None:
    """Training images in any shape and type tell how they were made of raw ones."""
    digits = datasets.load("optdigits")
    usual = scalings.usual(float(digits.x_test.mean()), float(digits.x_test.std()))
    made = next(each for each in usual if each.name == name)(digits.x_train)
    for given in (made.reshape(-1, 784), made[..., np.newaxis].astype(np.float64)):
        assert [each.name for each in scalings.seen(given, digits.x_test, usual)] == [name]


def test_another_scaling_is_measured() -> None:
    """Pixels / 128 - 0.5 is none of the usual ones: scale and offset are read off the pixels."""
    digits = datasets.load("optdigits")
    (found,) = scalings.seen(digits.x_train / 100 + 3, digits.x_test, USUAL)
    assert (found.scale, found.offset) == pytest.approx((0.01, 3), abs=1e-3)


@pytest.mark.parametrize("given", [None, "images", [1, 2], np.zeros((5, 28, 28)), np.array(["a"])])
def test_nothing_is_seen_in_what_is_no_images(given: object) -> None:
    """A generator, text and images of one grey say nothing, and break nothing."""
    assert scalings.seen(given, np.eye(28, dtype=np.uint8)[None] * 255, USUAL) == ()


def answering(right: dict[str, float], sure: dict[str, float]) -> scalings.Scaling:
    """Choose for a model that is right so often, and so sure, in each scaling."""
    labels = np.zeros(100, int)

    def probs(scaling: scalings.Scaling) -> np.ndarray:
        hits = np.arange(100) < 100 * right.get(scaling.name, 0.1)
        prob = np.where(hits, sure.get(scaling.name, 0.6), 1 - sure.get(scaling.name, 0.6))
        return np.stack([prob, 1 - prob], axis=1)

    return scalings.best(USUAL, probs, labels, loss=0.2)


def test_the_best_accuracy_is_chosen() -> None:
    """90 of 100 beat 70 of 100, however sure those are."""
    assert answering({"raw": 0.9, "unit": 0.7}, {"unit": 0.99}).name == "raw"


def test_among_equals_the_loss_of_the_training_decides() -> None:
    """Relu alone answers alike in two scalings; the training ended with a loss of 0.2."""
    right = {"raw": 0.95, "unit": 0.95}
    assert answering(right, {"raw": 0.999, "unit": 0.9}).name == "unit"


def test_what_was_seen_is_preferred() -> None:
    """It wins over a better one, but not where the model is lost with it."""
    labels = np.zeros(10, int)
    answers = {"unit": [0.6, 0.4], "raw": [0.9, 0.1], "centred": [0.1, 0.9]}

    def probs(scaling: scalings.Scaling) -> np.ndarray:
        return np.array([answers.get(scaling.name, [0.2, 0.8])] * 10)

    unit, centred = USUAL[0], USUAL[2]
    assert scalings.best(USUAL, probs, labels, preferred=(unit,)).name == "unit"
    assert scalings.best(USUAL, probs, labels, preferred=(centred,)).name == "raw"


def test_a_foreign_name_is_refused() -> None:
    """The sentence lists the names."""
    with pytest.raises(ValueError, match="one of unit, raw, centred"):
        scalings.named("minmax", 0, 1)
