"""Evaluations small enough to count by hand, and what has to agree on large ones."""

import time

import numpy as np
import pytest

from mnistdash import evaluation

WORLD_TRUE = [4, 4, 4, 4, 9, 9, 7, 7, 0, 3]
WORLD_PRED = [4, 9, 9, 7, 9, 4, 7, 1, 0, 3]
WORLD_SURE = [0.9, 0.6, 0.8, 0.5, 0.7, 0.8, 1.0, 0.95, 0.4, 0.99]


def answers(true: list[int], pred: list[int], sure: list[float]) -> evaluation.Evaluation:
    """Build an evaluation whose answers have these confidences, the rest spread evenly."""
    probs = np.repeat((1 - np.array(sure))[:, np.newaxis] / 9, 10, axis=1)
    probs[np.arange(len(true)), pred] = sure
    return evaluation.Evaluation(np.array(true), probs.astype(np.float32))


@pytest.fixture
def world() -> evaluation.Evaluation:
    """Ten images: 1, 2, 3 are fours read as 9, 9, 7; 5 is a nine read as 4; 7 a seven read as 1."""
    return answers(WORLD_TRUE, WORLD_PRED, WORLD_SURE)


@pytest.fixture(scope="module")
def noise() -> evaluation.Evaluation:
    """Ten thousand random answers to random labels."""
    random = np.random.default_rng(0)
    probs = random.dirichlet(np.ones(10), 10_000).astype(np.float32)
    return evaluation.Evaluation(random.integers(0, 10, 10_000), probs)


# --- what follows from the answers ----------------------------------------------------------


def test_perfect_answers_have_no_errors() -> None:
    """The unit matrix answers 0 to 9 rightly, each with certainty."""
    perfect = evaluation.Evaluation(np.arange(10), np.eye(10))
    assert perfect.accuracy == 1
    assert perfect.loss == pytest.approx(0, abs=1e-6)
    assert perfect.pairs() == []
    assert not len(perfect.errors)
    np.testing.assert_array_equal(perfect.matrix, np.eye(10))
    np.testing.assert_array_equal(perfect.recall, np.ones(10))


def test_matrix_has_rows_true_and_columns_predicted() -> None:
    """A four read as 9 stands in row 4, column 9, and nowhere else."""
    one = evaluation.Evaluation(np.array([4, 4]), np.eye(10)[[9, 9]])
    assert one.matrix[4, 9] == 2
    assert one.matrix[9, 4] == 0
    assert one.matrix.sum() == 2
    assert one.matrix.dtype == np.int64


def test_world_by_hand(world: evaluation.Evaluation) -> None:
    """Five errors among ten, of which two are fours read as 9."""
    assert len(world) == 10
    assert world.y_pred.tolist() == WORLD_PRED
    assert world.errors.tolist() == [1, 2, 3, 5, 7]
    assert world.accuracy == 0.5
    assert world.confidence[6] == 1.0
    assert [(p.true_class, p.pred_class, p.count) for p in world.pairs()] == [
        (4, 9, 2),
        (4, 7, 1),
        (7, 1, 1),
        (9, 4, 1),
    ]


def test_recall_by_hand(world: evaluation.Evaluation) -> None:
    """One of four fours, half the nines and sevens; no ones at all, which is no number."""
    recall = world.recall
    assert (recall[4], recall[9], recall[7], recall[0]) == (0.25, 0.5, 0.5, 1.0)
    assert np.isnan(recall[1])
    assert world.best_and_worst == (0, 4)


def test_loss_by_hand() -> None:
    """The mean of -ln 0.5 and -ln 0.25 is 1.5 ln 2; a certain mistake counts -ln 1e-7."""
    probs = np.zeros((2, 10))
    probs[0, [3, 8]] = 0.5
    probs[1, [0, 1, 2, 3]] = 0.25
    assert evaluation.Evaluation([3, 3], probs).loss == pytest.approx(1.5 * np.log(2))
    wrong = evaluation.Evaluation([4], np.eye(10)[[9]])
    assert wrong.loss == pytest.approx(-np.log(1e-7), rel=1e-4)


def test_all_counts_agree(noise: evaluation.Evaluation) -> None:
    """Heatmap, list of errors, kinds of error and gallery count the same errors."""
    wrong = noise.matrix.sum() - np.trace(noise.matrix)
    assert wrong == len(noise.errors) == sum(pair.count for pair in noise.pairs())
    assert wrong == len(noise.select()) == round((1 - noise.accuracy) * len(noise))
    for pair in noise.pairs():
        chosen = noise.select(true_class=pair.true_class, pred_class=pair.pred_class)
        assert len(chosen) == pair.count == noise.matrix[pair.true_class, pair.pred_class]


def test_pairs_stand_by_count_then_class(noise: evaluation.Evaluation) -> None:
    """The largest come first, equal ones by true, then predicted class."""
    keys = [(-pair.count, pair.true_class, pair.pred_class) for pair in noise.pairs()]
    assert keys == sorted(keys)
    assert len(keys) == 90


def test_nothing_shared_can_be_written(world: evaluation.Evaluation) -> None:
    """One evaluation serves all sessions: none of its arrays can be changed."""
    for name in ("y_true", "probs", "y_pred", "confidence", "right", "matrix", "errors", "recall"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(world, name)[0] = 0


def test_arrays_given_stay_writable() -> None:
    """The caller's arrays are copied, neither locked nor followed."""
    y_true, probs = np.array([4], np.uint8), np.eye(10, dtype=np.float32)[[4]]
    result = evaluation.Evaluation(y_true, probs)
    y_true[0], probs[0, 4] = 5, 0
    assert (result.y_true[0], result.probs[0, 4]) == (4, 1)


def test_answer_a_hair_above_one_is_found() -> None:
    """Rounding can leave 1.0000005: the default range 0-1 still holds that error."""
    probs = np.eye(10, dtype=np.float32)[[9]] * np.float32(1.0000005)
    result = evaluation.Evaluation(np.array([4]), probs)
    assert result.select().tolist() == [0]
    assert result.confidence[0] == 1


# --- what is no evaluation ------------------------------------------------------------------

GOOD = np.eye(10, dtype=np.float32)[:2]


@pytest.mark.parametrize(
    ("y_true", "sentence"),
    [
        ([0, 10], "must lie in 0-9"),
        ([-1, 0], "must lie in 0-9"),
        ([0.0, 1.0], "must be whole numbers"),
        ([True, False], "must be whole numbers"),
        (["0", "1"], "must be whole numbers"),
        ([[0, 1]], "must be whole numbers"),
        ([], "n >= 1"),
        ([0], "must be floats"),
        ([0, 1, 2], "must be floats"),
        (5, "must be whole numbers"),
        (None, "must be whole numbers"),
    ],
)
def test_labels_that_are_none_are_refused(y_true: object, sentence: str) -> None:
    """Classes are whole numbers in 0-9, as many as there are answers, at least one."""
    with pytest.raises(ValueError, match=sentence):
        evaluation.Evaluation(y_true, GOOD)


@pytest.mark.parametrize(
    ("probs", "sentence"),
    [
        (np.full((2, 10), np.nan, np.float32), "finite"),
        (np.full((2, 10), np.inf), "finite"),
        (np.where(GOOD > 0, 1.5, -0.5 / 9), "not negative"),
        (GOOD * 0.9, "sum to 1"),
        (np.ones((2, 10)), "sum to 1"),
        (np.zeros((2, 10)), "sum to 1"),
        (GOOD.astype(np.int64), "must be floats"),
        (GOOD.astype(complex), "must be floats"),
        (GOOD.astype(object), "must be floats"),
        (GOOD.T, "must be floats"),
        (GOOD[np.newaxis], "must be floats"),
        (None, "must be floats"),
    ],
)
def test_probabilities_that_are_none_are_refused(probs: object, sentence: str) -> None:
    """NaN, infinity, a negative, a row that does not sum to 1 and other shapes are refused."""
    with pytest.raises(ValueError, match=sentence):
        evaluation.Evaluation(np.array([0, 1]), probs)


def test_half_precision_is_close_enough() -> None:
    """Rows of float16 sum to 1 within a thousandth, which is allowed."""
    probs = np.full((1, 10), 0.1, np.float16)
    assert evaluation.Evaluation([3], probs).probs.dtype == np.float32


# --- choosing and ordering ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("confident", [7, 2, 5, 1, 3]),  # 0.95, 0.8, 0.8, 0.6, 0.5
        ("doubtful", [3, 1, 2, 5, 7]),
        ("index", [1, 2, 3, 5, 7]),
        ("pair", [3, 2, 1, 7, 5]),  # 4-7, 4-9 sure first, 7-1, 9-4
        ("even", [7, 2, 5, 3, 1]),  # the surest of each pair, then the second of 4-9
    ],
)
def test_orders_by_hand(world: evaluation.Evaluation, order: str, expected: list[int]) -> None:
    """Each order of the five errors, ties standing by index."""
    assert world.select(order=order).tolist() == expected


def test_even_order_gives_each_pair_its_turn(noise: evaluation.Evaluation) -> None:
    """The first 90 images are one of each kind of error, the next 90 again."""
    chosen = noise.select(order="even")
    for turn in range(3):
        indices = chosen[90 * turn : 90 * (turn + 1)]
        pairs = set(zip(noise.y_true[indices], noise.y_pred[indices], strict=True))
        assert len(pairs) == 90
        sure = noise.confidence[indices]
        assert (np.diff(sure) <= 0).all()


def test_random_order_is_that_of_its_seed(noise: evaluation.Evaluation) -> None:
    """The same seed gives the same order, another seed another order of the same images."""
    first = noise.select(order="random", seed=1)
    again = noise.select(order="random", seed=1)
    other = noise.select(order="random", seed=2)
    np.testing.assert_array_equal(first, again)
    assert first.tolist() != other.tolist()
    assert sorted(first) == sorted(other) == noise.errors.tolist()


@pytest.mark.parametrize("order", evaluation.ORDERS)
def test_every_order_keeps_the_same_images(noise: evaluation.Evaluation, order: str) -> None:
    """An order moves images, and never adds or loses one; one of nothing is nothing."""
    assert sorted(noise.select(order=order)) == noise.errors.tolist()
    none = noise.select(order=order, confidence=(0.999999, 1.0))
    assert none.tolist() == []
    assert none.dtype.kind == "i"


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"true_class": 4}, [1, 2, 3]),
        ({"pred_class": 9}, [1, 2]),
        ({"true_class": 4, "pred_class": 7}, [3]),
        ({"true_class": 0}, []),
        ({"true_class": 4, "pred_class": 4}, []),
        ({"true_class": 4, "pred_class": 4, "include_right": True}, [0]),
        ({"include_right": True}, list(range(10))),
        ({"confidence": (0.6, 0.8)}, [1, 2, 5]),
        ({"confidence": (0.95, 1.0)}, [7]),
        ({"confidence": (0.96, 1.0), "include_right": True}, [6, 9]),
        ({"true_class": 4, "confidence": (0.0, 0.6)}, [1, 3]),
    ],
)
def test_filters_by_hand(
    world: evaluation.Evaluation, filters: dict[str, object], expected: list[int]
) -> None:
    """Filters combine; the range of confidence holds both its ends."""
    assert world.select(order="index", **filters).tolist() == expected


def test_unknown_order_is_refused(world: evaluation.Evaluation) -> None:
    """The sentence lists the orders."""
    with pytest.raises(ValueError, match="`order` must be one of confident, doubtful, suspect"):
        world.select(order="best")


def test_ten_thousand_errors_are_ordered_at_once(noise: evaluation.Evaluation) -> None:
    """The slowest order of 9,000 errors takes under a tenth of a second."""
    began = time.perf_counter()
    for order in evaluation.ORDERS:
        noise.select(order=order)
    assert time.perf_counter() - began < 0.1 * len(evaluation.ORDERS)


# --- intervals and comparisons --------------------------------------------------------------


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_interval_is_the_published_one(
    successes: int, n: int, low: float, high: float
) -> None:
    """The intervals of table I, method 3.

    Source: R. G. Newcombe, Two-sided confidence intervals for the single proportion (1998),
    Statistics in Medicine 17, 857-872.
    """
    assert evaluation.wilson(successes, n) == pytest.approx((low, high), abs=5e-5)


def test_wilson_interval_at_the_ends() -> None:
    """All of n: from n / (n + z²) to 1; none: from 0; never beyond."""
    assert evaluation.wilson(100, 100) == pytest.approx((100 / 103.8415, 1.0), abs=1e-6)
    assert evaluation.wilson(0, 100) == pytest.approx((0.0, 3.8415 / 103.8415), abs=1e-6)
    for n in range(1, 200):
        low, high = evaluation.wilson(n, n)
        assert 0 <= low < 1
        assert 1 - 1e-12 < high <= 1


def test_accuracy_carries_its_interval() -> None:
    """9,813 of 10,000 lie in 97.85-98.38 %, as the overview writes it."""
    y_true = np.zeros(10_000, int)
    pred = np.zeros(10_000, int)
    pred[:187] = 1
    low, high = evaluation.Evaluation(y_true, np.eye(10)[pred]).interval
    assert (round(100 * low, 2), round(100 * high, 2)) == (97.85, 98.38)


@pytest.mark.parametrize(("successes", "n"), [(1, 0), (0, 0), (-1, 5), (6, 5)])
def test_no_images_have_no_rate(successes: int, n: int) -> None:
    """A rate of no images, or of more than all, is refused."""
    with pytest.raises(ValueError, match="successes"):
        evaluation.wilson(successes, n)


@pytest.mark.parametrize(
    ("first", "second", "p_value"),
    [
        (0, 0, 1.0),
        (1, 0, 1.0),
        (5, 0, 2 / 32),
        (0, 6, 2 / 64),
        (2, 8, 2 * (1 + 10 + 45) / 1024),
        (5, 5, 1.0),
        (9, 100, 3.6e-20),
    ],
)
def test_sign_test_by_hand(first: int, second: int, p_value: float) -> None:
    """Twice the share of coin throws as uneven, at most 1; the order makes no difference."""
    assert evaluation.sign_test(first, second) == pytest.approx(p_value, rel=0.05)
    assert evaluation.sign_test(second, first) == evaluation.sign_test(first, second)


def test_sign_test_of_large_counts_is_quick() -> None:
    """Two bad models differ in thousands of images: the page must not wait for the test."""
    began = time.perf_counter()
    assert evaluation.sign_test(4_000, 4_000) == 1
    assert evaluation.sign_test(5_000, 4_000) < 1e-20
    assert time.perf_counter() - began < 0.5


def test_changes_by_hand() -> None:
    """Of six fours this one mends 1 and 2, breaks 3, and both miss 4; p = 2·(1+3)/8 = 1."""
    mine = evaluation.Evaluation([4] * 6, np.eye(10)[[4, 4, 4, 9, 9, 4]])
    other = evaluation.Evaluation([4] * 6, np.eye(10)[[4, 9, 7, 4, 7, 4]])
    changes = mine.compared_with(other)
    assert changes.fixed.tolist() == [1, 2]
    assert changes.broken.tolist() == [3]
    assert changes.both_wrong.tolist() == [4]
    assert changes.p_value == 1.0


def test_compared_with_itself_nothing_changed(noise: evaluation.Evaluation) -> None:
    """Nothing is fixed or broken, all errors are wrong in both."""
    changes = noise.compared_with(noise)
    assert (len(changes.fixed), len(changes.broken), changes.p_value) == (0, 0, 1.0)
    np.testing.assert_array_equal(changes.both_wrong, noise.errors)


def test_comparison_needs_the_same_images(world: evaluation.Evaluation) -> None:
    """Other labels, or another number of images, are refused."""
    for labels in ([1] * 10, [4] * 9):
        other = evaluation.Evaluation(labels, np.eye(10)[labels])
        with pytest.raises(ValueError, match="same images"):
            world.compared_with(other)


# --- any number of classes --------------------------------------------------------------------


@pytest.mark.parametrize("classes", [2, 3, 26, 62])
def test_number_of_classes_comes_from_the_array(classes: int) -> None:
    """The last class read as the first: one error in the corner of a K by K matrix."""
    y_true = np.array([0, classes - 1])
    made = evaluation.Evaluation(y_true, np.eye(classes, dtype=np.float32)[[0, 0]])
    assert made.matrix.shape == (classes, classes)
    assert made.matrix[classes - 1, 0] == 1
    assert made.pairs() == [evaluation.Pair(true_class=classes - 1, pred_class=0, count=1)]
    assert made.select(order="even").tolist() == [1]
    assert made.recall[0] == 1
    assert made.recall[classes - 1] == 0
    with pytest.raises(ValueError, match=f"must lie in 0-{classes - 1}"):
        evaluation.Evaluation(np.array([classes]), np.eye(classes, dtype=np.float32)[[0]])


def test_classes_without_images_have_no_rate() -> None:
    """Two images, both of the last of three classes: the others have no recall."""
    made = evaluation.Evaluation(np.array([2, 2]), np.eye(3, dtype=np.float32)[[2, 0]])
    assert np.isnan(made.recall).tolist() == [True, True, False]
    assert made.recall[2] == 0.5
    one = evaluation.Evaluation(np.array([1]), np.array([[0.75, 0.25]], np.float32))
    assert (one.accuracy, one.matrix.tolist()) == (0, [[0, 0], [1, 0]])


# --- over the epochs ------------------------------------------------------------------------


def test_answers_alone_make_an_evaluation() -> None:
    """Class and confidence give the same errors, order and counts as all ten probabilities."""
    sure = np.array(WORLD_SURE, np.float16)
    made = evaluation.Evaluation.from_predictions(
        np.array(WORLD_TRUE), np.array(WORLD_PRED, np.uint8), sure, 10
    )
    assert made.probs is None, "nine probabilities that nobody knows"
    assert made.loss is None
    assert made.y_pred.tolist() == WORLD_PRED
    np.testing.assert_allclose(made.confidence, WORLD_SURE, atol=1e-3)
    assert made.select(order="confident").tolist() == [7, 2, 5, 1, 3]


def test_errors_come_first_in_the_order_of_errors() -> None:
    """With correct images too, the most confident error still leads; the correct ones follow."""
    made = evaluation.Evaluation.from_predictions(
        np.array([4, 4, 4, 4]), np.array([4, 9, 4, 9]), np.array([0.9, 0.5, 0.8, 0.7]), 10
    )
    assert made.select(order="confident", include_right=True).tolist() == [3, 1, 0, 2]
    assert made.select(order="doubtful", include_right=True).tolist() == [1, 3, 2, 0]
    with pytest.raises(ValueError, match="must be one of"):
        made.ordered(np.arange(4), "loudest")


@pytest.mark.parametrize(
    ("y_pred", "confidence"),
    [
        ([10], [0.5]),
        ([-1], [0.5]),
        ([0.0], [0.5]),
        ([0, 1], [0.5]),
        ([[0]], [[0.5]]),
        ([0, 0], [0.5, 0.5]),
        ([0], [np.nan]),
    ],
)
def test_answers_that_are_none_are_refused(y_pred: list[object], confidence: list[object]) -> None:
    """Classes outside 0-9, other lengths and NaN are refused."""
    with pytest.raises(ValueError, match="`"):
        evaluation.Evaluation.from_predictions(
            np.array([4]), np.array(y_pred), np.array(confidence), 10
        )


def test_once_right_and_wrong_at_the_end() -> None:
    """Of four fours only the second was correct before and wrong after the last epoch."""
    epochs = [np.array([4, 4, 9, 9]), np.array([4, 9, 9, 4])]
    assert evaluation.once_right(np.array([4] * 4), epochs).tolist() == [False, True, False, False]


@pytest.mark.parametrize(
    ("val_losses", "since"),
    [
        ([], None),
        ([0.5, 0.4, 0.3, 0.2], None),
        ([0.5, 0.3, 0.4, 0.4, 0.4], 1),
        ([0.5, 0.3, 0.4, 0.4], None),  # only two epochs after the best
        ([0.5, 0.3, 0.3, 0.3, 0.305], None),  # less than 2 % worse
        ([0.5, 0.3, 0.4, 0.4, None], None),
        ([None, None], None),
    ],
)
def test_overfitting_has_a_beginning(val_losses: list[float | None], since: int | None) -> None:
    """The best epoch on validation, once three worse ones followed while training went on."""
    history = [{"loss": 1 / (n + 1), "val_loss": loss} for n, loss in enumerate(val_losses)]
    assert evaluation.overfitting_since(history) == since


def test_suspect_labels_come_first() -> None:
    """The less probable the label, the earlier; what is known better of it counts instead."""
    probs = np.array([[0.9, 0.1], [0.3, 0.7], [0.45, 0.55], [0.8, 0.2]], np.float32)
    answers = evaluation.Evaluation(np.array([0, 0, 1, 1]), probs)
    assert answers.label_quality == pytest.approx([0.9, 0.3, 0.55, 0.2])
    assert answers.select(include_right=True, order="suspect").tolist() == [3, 1, 2, 0]
    better = answers.with_label_quality([0.1, 0.2, 0.3, 0.4])
    assert better.select(include_right=True, order="suspect").tolist() == [0, 1, 2, 3]
    assert answers.select(order="suspect").tolist() == [3, 1]
    only = evaluation.Evaluation.from_predictions(
        answers.y_true, answers.y_pred, answers.confidence, 2
    )
    assert only.select(include_right=True, order="suspect").tolist() == [3, 1, 2, 0]
