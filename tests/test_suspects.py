"""Suspect labels: by hand, as cleanlab has them, and as they are kept."""

import numpy as np
import pytest
from cleanlab import filter as confident_learning
from cleanlab import rank
from scipy import stats

from mnistdash import suspects


def noisy_world(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return labels of four classes, probabilities that know better, and which labels are wrong."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 4, 400)
    probs = rng.dirichlet(np.ones(4), 400) * 0.4
    probs[np.arange(400), truth] += 0.6
    labels = truth.astype(np.uint8)
    wrong = rng.choice(400, 20, replace=False)
    labels[wrong] = (labels[wrong] + 1) % 4
    return labels, probs.astype(np.float32), wrong


def test_opinions_are_averaged_and_labels_placed() -> None:
    """0.8 and 0.2 for a label are 0.5 in the mean, a margin of 0.1: the second of three places.

    Each label is placed by margin and by its own probability, and these agree here.
    """
    own = np.array([[0.8, 0.1, 0.1], [0.8, 0.1, 0.1], [0.1, 0.3, 0.6]], np.float32)
    judges = np.array([[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.1, 0.3, 0.6]], np.float16)
    found = suspects.judge(np.array([0, 0, 1], np.uint8), own, judges)
    assert found.quality == pytest.approx([1, 2 / 3, 1 / 3], abs=1e-6)
    assert found.likely.tolist() == [1, 1, 2]
    assert found.contradicted.tolist() == [False, False, True]
    assert found.ranked().tolist() == [2, 1, 0]
    assert found.agreement == pytest.approx(2 / 3)


def test_margin_and_own_probability_weigh_the_same() -> None:
    """First by one and second by the other, of three, is sqrt(1/3 x 2/3), whichever way round."""
    probs = np.array([[0.3, 0.35, 0.35], [0.32, 0.6, 0.08], [0.8, 0.1, 0.1]])
    found = suspects.judge(np.zeros(3, np.uint8), probs)
    assert found.quality == pytest.approx([np.sqrt(2) / 3, np.sqrt(2) / 3, 1], abs=1e-6)


@pytest.mark.parametrize(("wrong", "mostly"), [(6, False), (7, True)])
def test_judges_that_contradict_many_labels_err_themselves(wrong: int, mostly: bool) -> None:
    """Of 100 labels 6 contradicted may be wrong ones; 7 are more than twice 3.3 %."""
    probs = np.tile([0.9, 0.1], (100, 1))
    probs[:wrong] = 0.2, 0.8
    assert suspects.judge(np.zeros(100, np.uint8), probs).mostly_own_errors is mostly


def test_one_opinion_is_judged_as_cleanlab_does() -> None:
    """Its two scores, as places, and its label issues, from the same probabilities."""
    labels, probs, wrong = noisy_world()
    found = suspects.judge(labels, None, probs)
    exact = probs.astype(np.float64) / probs.sum(axis=1, dtype=np.float64, keepdims=True)
    places = [
        stats.rankdata(rank.get_label_quality_scores(labels.astype(int), exact, method=how))
        for how in ("normalized_margin", "self_confidence")
    ]
    assert found.quality == pytest.approx(np.sqrt(places[0] * places[1]) / 400, abs=1e-6)
    issues = confident_learning.find_label_issues(labels.astype(int), exact, n_jobs=1)
    assert 10 <= issues.sum() <= 20
    assert np.array_equal(found.confident, issues)
    assert set(found.ranked()[:20]) == set(wrong)
    assert np.array_equal(found.suspect, found.confident | found.contradicted)


def test_class_without_images_is_no_trouble() -> None:
    """Of four classes only three have labels here."""
    labels, probs, _ = noisy_world()
    kept = labels != 3
    found = suspects.judge(labels[kept], probs[kept])
    assert len(found.quality) == kept.sum()
    assert found.likely.max() <= 3


def test_without_an_opinion_nothing_is_judged() -> None:
    """The sentence says what is missing."""
    with pytest.raises(ValueError, match="no training images"):
        suspects.judge(np.zeros(3, np.uint8), None, None)


def test_what_is_kept_comes_back() -> None:
    """With training images and without them."""
    labels, probs, _ = noisy_world()
    test = suspects.judge(labels, probs)
    for train, judges in ((None, None), (test, probs.astype(np.float16))):
        found = suspects.read(
            suspects.write(suspects.Suspects(test=test, train=train, judges=judges))
        )
        assert np.array_equal(found.test.quality, test.quality)
        assert (found.train is None) == (train is None)
        assert (found.judges is None) == (judges is None)
    assert np.array_equal(found.train.confident, test.confident)
    with pytest.raises(ValueError, match="damaged"):
        suspects.read(b"nothing")


def test_each_judge_leaves_a_fifth_out() -> None:
    """Every image is in one fold, the folds are alike in size, and the same each time."""
    fold = suspects.folds(1_002)
    assert np.bincount(fold).tolist() == [201, 201, 200, 200, 200]
    assert np.array_equal(fold, suspects.folds(1_002))


@pytest.mark.parametrize(("images", "epochs"), [(48_000, 2), (500_000, 2), (9_600, 10), (100, 40)])
def test_judge_of_few_images_looks_at_them_more_often(images: int, epochs: int) -> None:
    """About 96,000 looks, at least two epochs and at most forty."""
    assert suspects.judge_recipe(images, 26, 3).epochs == epochs
