"""Calibration and abstaining, against numbers made by hand and scikit-learn's."""

import numpy as np
import pytest
from sklearn import calibration, frozen, linear_model

from mnistdash import confidence


def sample(images: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Make probabilities that are far too sure, float32 `(n, K)`, and labels drawn fairly."""
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(images, classes)) * 2
    fair = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    y_true = np.array([rng.choice(classes, p=row) for row in fair])
    sure = np.exp(3 * logits)
    return (sure / sure.sum(axis=1, keepdims=True)).astype(np.float32), y_true


def test_bins_of_equal_width_by_hand() -> None:
    """In fifths 0.2 ends the first bin, 0.4 the second; what lies between belongs to the next."""
    sure = np.array([0.2, 0.21, 0.4, 0.95, 1.0], np.float32)
    bins = confidence.equal_width(sure, np.array([True, False, True, True, True]), 5)
    assert [(round(it.low, 1), round(it.high, 1), it.images, it.right) for it in bins] == [
        (0.0, 0.2, 1, 1),
        (0.2, 0.4, 2, 1),
        (0.8, 1.0, 2, 2),
    ]
    assert bins[1].confidence == pytest.approx(0.305)
    # (1 * |1 - 0.2| + 2 * |0.5 - 0.305| + 2 * |1 - 0.975|) / 5
    assert confidence.calibration_error(bins) == pytest.approx((0.8 + 0.39 + 0.05) / 5)


def test_bins_of_equal_mass_keep_what_is_equally_sure_together() -> None:
    """Six images in three bins: two each, but four of one confidence are not parted."""
    right = np.array([True, False, True, True, False, True])
    apart = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], np.float32)
    assert [it.images for it in confidence.equal_mass(apart, right, 3)] == [2, 2, 2]
    tied = np.array([0.9, 0.2, 0.9, 0.9, 0.1, 0.9], np.float32)
    bins = confidence.equal_mass(tied, right, 3)
    assert [(it.images, it.right) for it in bins] == [(2, 0), (4, 4)]
    assert bins == confidence.equal_mass(tied[::-1], right[::-1], 3)


@pytest.mark.parametrize("bins_of", [confidence.equal_width, confidence.equal_mass])
def test_range_of_a_bin_finds_its_images_and_no_others(bins_of: object) -> None:
    """The closed range from a bin's least to its most confident image holds as many."""
    sure = np.random.default_rng(0).integers(100, 200, 1000).astype(np.float32) / 199
    bins = bins_of(sure, sure > 0.5)
    for found in bins:
        inside = (sure >= np.float32(found.least)) & (sure <= np.float32(found.most))
        assert inside.sum() == found.images
    assert sum(found.images for found in bins) == 1000


def test_reliability_is_that_of_scikit_learn() -> None:
    """Accuracy and mean confidence of each bin of equal width, of 1000 answers."""
    probs, y_true = sample(1000, 10)
    sure, right = probs.max(axis=1), probs.argmax(axis=1) == y_true
    accuracy, mean = calibration.calibration_curve(right, sure, n_bins=15)
    bins = confidence.equal_width(sure, right)
    assert [it.accuracy for it in bins] == pytest.approx(accuracy)
    assert [it.confidence for it in bins] == pytest.approx(mean, abs=1e-6)


def test_temperature_is_that_of_scikit_learn() -> None:
    """Logits that were tripled are divided by three again, as `method="temperature"` does."""
    rng = np.random.default_rng(1)
    x, y_true = rng.normal(size=(600, 4)), rng.integers(0, 3, 600)
    x[np.arange(600), y_true] += 1
    model = linear_model.LogisticRegression().fit(x, y_true)
    model.coef_ *= 3
    probs = model.predict_proba(x)
    fitted = calibration.CalibratedClassifierCV(
        frozen.FrozenEstimator(model), method="temperature", ensemble=False
    ).fit(x, y_true)
    temperature = confidence.best_temperature(probs, y_true)
    assert temperature == pytest.approx(3, rel=0.1)
    expected = fitted.predict_proba(x)
    assert confidence.tempered(probs, temperature) == pytest.approx(expected, abs=2e-3)


def test_scaling_is_fitted_on_one_half_and_measured_on_the_other() -> None:
    """Three times too sure: loss and calibration error fall; the same halves each time."""
    probs, y_true = sample(2001, 10)
    found = confidence.scaling(probs, y_true)
    assert (found.fitted_on, found.measured_on) == (1000, 1001)
    assert found.temperature == pytest.approx(3, rel=0.1)
    assert found.after.loss < found.before.loss
    assert found.after.error_by_width < 0.04 < 0.2 < found.before.error_by_width
    assert sum(it.images for it in found.after.bins) == 1001
    assert found == confidence.scaling(probs, y_true)
    assert confidence.scaling(probs[:99], y_true[:99]) is None


def test_scaling_is_fitted_on_validation_images_where_there_are_enough() -> None:
    """Of 1500 answers a third are held out: measured on all the others; 99 are too few."""
    probs, y_true = sample(1500, 10)
    held_out = probs[1000:], y_true[1000:]
    found = confidence.scaling(probs[:1000], y_true[:1000], validation=held_out)
    assert (found.on_validation, found.fitted_on, found.measured_on) == (True, 500, 1000)
    assert found.temperature == confidence.best_temperature(*held_out)
    few = confidence.scaling(probs[:1000], y_true[:1000], validation=(probs[:99], y_true[:99]))
    assert (few.on_validation, few.fitted_on) == (False, 500)


def test_probabilities_of_nought_and_one_have_a_temperature() -> None:
    """One-hot answers, a tenth of them wrong: no number is lost, and they become less sure."""
    y_true = np.arange(200) % 2
    probs = np.eye(2, dtype=np.float32)[np.where(np.arange(200) % 10 == 0, 1 - y_true, y_true)]
    found = confidence.scaling(probs, y_true)
    assert np.isfinite(found.before.loss)
    assert found.temperature > 10
    share = (found.after.error_by_width, found.before.error_by_width)
    assert share[0] < share[1] < 0.2


def test_coverage_by_hand() -> None:
    """The surest is correct, of the two next one, equally sure, is not, nor is the last."""
    found = confidence.coverage(
        np.array([0.5, 0.9, 0.7, 0.7], np.float32), np.array([False, True, True, False])
    )
    assert found.above.tolist() == pytest.approx([0.9, 0.7, 0.5])
    assert found.share.tolist() == [0.25, 0.75, 1.0]
    assert found.accuracy.tolist() == pytest.approx([1, 2 / 3, 0.5])
