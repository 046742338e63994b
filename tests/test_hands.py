"""Digits of other hands: whose they are, what is added to them, and the set they make."""

import dataclasses
import json
import pathlib

import numpy as np
import pytest

from mnistdash import classifier, datasets, hands, ink

UPRIGHT = [np.array([(5.0, 0.0), (5.0, 10.0)])]


@pytest.fixture
def two_writers(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """A folder with a one of the first learning writer and a one of the first reporting one."""
    for name, writer in zip(hands.PEN_FILES, (1, 25), strict=True):
        digit = {"label": 1, "writer": f"pendigits-tra-{writer}", "strokes": [[[5, 0], [5, 10]]]}
        (tmp_path / name).write_text(json.dumps([digit]))
    monkeypatch.setenv("MNISTDASH_DATA", str(tmp_path))
    return tmp_path


def test_no_hand_is_learnt_and_judged() -> None:
    """Of 30 writers 20 are learnt from, 4 chosen on and 6 reported, each for one thing only."""
    parts = hands.LEARNING, hands.CHOOSING, hands.REPORTING
    assert [len(part) for part in parts] == [20, 4, 6]
    assert sorted(number for part in parts for number in part) == [*range(1, 31)]


@pytest.mark.usefixtures("two_writers")
def test_pen_digits_are_of_the_writers_asked_for() -> None:
    """Each set of writers gets its own one, whichever file holds it; the others get none."""
    strokes, labels = hands.pen_digits(hands.LEARNING)
    assert (len(strokes), labels.tolist()) == (1, [1])
    assert strokes[0][0].tolist() == [[5, 0], [5, 10]]
    assert len(hands.pen_digits(hands.REPORTING)[0]) == 1
    assert hands.pen_digits(hands.CHOOSING)[0] == []


def test_missing_pen_digits_are_named(two_writers: pathlib.Path) -> None:
    """The sentence names the file and the setting."""
    (two_writers / hands.PEN_FILES[0]).unlink()
    with pytest.raises(datasets.DataError, match=r"pen_digits_train\.json .*MNISTDASH_DATA"):
        hands.pen_digits(hands.LEARNING)


def test_corners_are_cut() -> None:
    """A right angle with sides of 4 loses a quarter of each side at its corner; the ends stay."""
    cut = hands.rounded(np.array([[0, 0], [4, 0], [4, 4]]), 1)
    assert cut.tolist() == [[0, 0], [1, 0], [3, 0], [4, 1], [4, 3], [4, 4]]


def test_slash_rises_through_the_middle_of_a_zero() -> None:
    """It leads from below left to above right, 30 to 70 degrees steep, at most 1.4 boxes long."""
    rng = np.random.default_rng(0)
    for _ in range(50):
        (left, low), (right, high) = hands._slash(np.zeros(2), np.full(2, 10.0), rng)
        assert left < 0 < right
        assert low > high
        assert 29.9 < np.degrees(np.arctan2(low - high, right - left)) < 70.1
        assert max(right - left, low - high) <= 14.01


def test_habits_belong_to_their_digits() -> None:
    """A one gets an upstroke or a foot, a seven a bar or a hook; a four stays as it was."""
    rng = np.random.default_rng(0)
    added = {
        label: [len(hands._with_habits(UPRIGHT, label, rng)) - 1 for _ in range(60)]
        for label in (1, 4, 7)
    }
    assert set(added[1]) == {0, 1, 2}
    assert set(added[4]) == {0}
    assert set(added[7]) == {0, 1}


def test_varied_drawings_differ_and_repeat() -> None:
    """Two draws bend a line otherwise, the same seed bends it the same."""
    one, again, other = (hands.varied(UPRIGHT, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert (one[0] == again[0]).all()
    assert (one[0] != other[0]).any()


def test_altered_digits_gain_ink_where_it_belongs() -> None:
    """A ring of radius 8 gets ink in its empty middle; a redrawn one stays empty there."""
    rows, columns = np.mgrid[:28, :28] - 13.5
    ring = np.where(np.abs(np.hypot(rows, columns) - 8) < 1.2, 255, 0).astype(np.uint8)
    rng = np.random.default_rng(0)
    assert min(hands.altered(ring, 0, rng)[11:17, 11:17].max() for _ in range(10)) > 200
    assert max(hands.redrawn(ring, rng)[11:17, 11:17].max() for _ in range(10)) == 0


@pytest.mark.usefixtures("two_writers")
def test_training_set_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three digits as they are, a pen digit twice, five forms, an altered one, two redrawn."""
    for name, count in (("TIMES", 2), ("FORMED", 5), ("ALTERED", 1), ("REDRAWN", 2)):
        monkeypatch.setattr(hands, name, count)
    real = datasets.load("optdigits")
    some = [int(np.flatnonzero(real.y_train == label)[0]) for label in (4, 7, 8)]
    digits = dataclasses.replace(real, read_train=lambda: (real.x_train[some], real.y_train[some]))
    found, again, other = (hands.training_set(digits, seed) for seed in (0, 0, 1))
    assert (found.x_train.shape, found.num_train) == ((13, 28, 28), 13)
    assert (found.x_train[:3] == digits.x_train).all()
    assert found.y_train[:5].tolist() == [4, 7, 8, 1, 1]
    assert found.y_train[10] == 7  # the only one of the three that anything is added to
    assert (found.x_train == again.x_train).all()
    assert (found.x_train[3:] != other.x_train[3:]).any()
    assert found.x_test is digits.x_test
    assert found.sha256 == digits.sha256


def test_every_form_is_read_by_the_starter() -> None:
    """Written evenly, each of the forms is the digit it stands for, also a zero with its slash."""
    rng = np.random.default_rng(0)
    drawn, labels = [], []
    for label, forms in hands.FORMS.items():
        for form in forms:
            drawn.append(ink.from_strokes(hands.written(form, rng, noise=0, cuts=1)))
            labels.append(label)
    zero = hands.written(hands.FORMS[0][0], rng, noise=0, cuts=0)
    drawn.append(ink.from_strokes([*zero, np.array([(-1.0, 9.0), (9.0, -1.0)])]))
    answers = classifier.starter().probs(np.stack(drawn)).argmax(axis=1)
    assert answers.tolist() == [*labels, 0]
