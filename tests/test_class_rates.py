"""The figures of each class."""

import numpy as np
import pytest
from sklearn import metrics

from mnistdash import class_rates, evaluation


def test_figures_by_hand() -> None:
    """Of four 0s one is read as 1, of two 1s one as 0, nothing is a 2 or is read as one."""
    first, second, third = class_rates.class_rates(np.array([[3, 1, 0], [1, 1, 0], [0, 0, 0]]))
    assert (first.images, first.right, first.read_as) == (4, 3, 4)
    found = [rate.value for rate in (first.precision, first.recall, first.f1)]
    assert found == pytest.approx([0.75] * 3)
    assert first.taken_for == evaluation.Pair(true_class=0, pred_class=1, count=1)
    assert (second.recall.low, second.recall.high) == evaluation.wilson(1, 2)
    assert (third.precision, third.recall, third.f1, third.taken_for) == (None,) * 4


def test_interval_of_f1_is_that_of_a_share_of_images() -> None:
    """3 correct among the 5 that are 0 or were read as it: J = 0.6, F1 = 1.2 / 1.6 = 0.75."""
    f1 = class_rates.class_rates(np.array([[3, 1], [1, 1]]))[0].f1
    low, high = evaluation.wilson(3, 5)
    assert f1.low == pytest.approx(2 * low / (1 + low))
    assert f1.high == pytest.approx(2 * high / (1 + high))
    assert f1.low < 0.75 < f1.high


@pytest.mark.parametrize("classes", [2, 10, 62])
def test_it_is_the_classification_report_of_scikit_learn(classes: int) -> None:
    """Precision, recall, F1 and the number of images of each class, of random answers."""
    rng = np.random.default_rng(0)
    y_true = rng.integers(0, classes, 3000)
    y_pred = np.where(rng.random(3000) < 0.7, y_true, rng.integers(0, classes, 3000))
    matrix = evaluation.Evaluation.from_predictions(y_true, y_pred, None, classes).matrix
    report = metrics.classification_report(y_true, y_pred, output_dict=True)
    for rates in class_rates.class_rates(matrix):
        expected = report[str(rates.label)]
        found = [rates.precision.value, rates.recall.value, rates.f1.value, rates.images]
        names = ("precision", "recall", "f1-score", "support")
        assert found == pytest.approx([expected[name] for name in names])
