"""Augmentation: every amount moves images as far as it says, and no farther."""

import numpy as np
import pytest
import tensorflow as tf

from mnistdash import recipes
from mnistdash.training import augmentation

ROWS = np.arange(28)


def moved(images: np.ndarray, step: int = 0, **settings: float) -> np.ndarray:
    """Augment images under the key of a step."""
    key = (tf.constant(3, tf.int64), tf.constant(step, tf.int64))
    ones = tf.ones(len(images), tf.int32)
    return augmentation.augment(tf.constant(images), ones, recipes.Recipe(**settings), key).numpy()


def dots(n: int) -> np.ndarray:
    """Draw a blot of 4 x 4 cells in the middle of each image."""
    images = np.zeros((n, 28, 28), np.uint8)
    images[:, 12:16, 12:16] = 200
    return images


def bars(n: int) -> np.ndarray:
    """Draw an upright bar, 2 cells wide and 20 high, in the middle of each image."""
    images = np.zeros((n, 28, 28), np.uint8)
    images[:, 4:24, 13:15] = 200
    return images


def noise(n: int) -> np.ndarray:
    """Draw images without any structure."""
    return np.random.default_rng(0).integers(0, 256, (n, 28, 28), dtype=np.uint8)


def test_no_augmentation_moves_nothing() -> None:
    """With every amount at 0 each cell stays what it was."""
    np.testing.assert_array_equal(moved(noise(20)), noise(20))


def test_middle_stays_when_turned_and_zoomed() -> None:
    """Turning and zooming leave a blot in the middle centred; only its size changes."""
    images = moved(dots(200), rotation=45.0, zoom=0.3)
    mass = images.sum(axis=(1, 2))
    np.testing.assert_allclose((images.sum(axis=2) @ ROWS) / mass, 13.5, atol=0.05)
    np.testing.assert_allclose((images.sum(axis=1) @ ROWS) / mass, 13.5, atol=0.05)
    assert mass.min() < 0.8 * 3200
    assert mass.max() > 1.3 * 3200


def test_shift_reaches_its_share_and_no_farther() -> None:
    """A shift of a tenth moves by up to 2.8 cells either way, each way as often."""
    images = moved(dots(500), shift=0.1)
    shifts = (images.sum(axis=2) @ ROWS) / images.sum(axis=(1, 2)) - 13.5
    assert 2.6 < np.abs(shifts).max() < 2.81
    assert abs(shifts.mean()) < 0.3


def test_shift_leaves_empty_ground_behind() -> None:
    """What is moved out of the image doesn't come back in on the other side."""
    bright = np.full((100, 28, 28), 255, np.uint8)
    images = moved(bright, shift=0.3)
    assert images.min() == 0
    shares = images.sum(axis=(1, 2)) / bright[0].sum()
    assert 0.49 <= shares.min() < 0.6  # 0.7 of both sides are left at the farthest


def test_shear_slants_and_keeps_rows() -> None:
    """A shear of 20 degrees moves a bar's ends by up to tan 20, each row's ink staying in it."""
    images = moved(bars(300), shear=20.0)
    np.testing.assert_allclose(images.sum(axis=2)[:, 4:24], 400, atol=0.1)
    top, bottom = images[:, 4] @ ROWS / 400, images[:, 23] @ ROWS / 400
    slant = np.degrees(np.arctan((bottom - top) / 19))
    assert 19.5 < slant.max() <= 20.01
    assert -20.01 <= slant.min() < -19.5


def test_elastic_displaces_by_its_deviation() -> None:
    """An elastic amount of 1.5 moves blots by somewhat less than 1.5 cells, each way as often."""
    images = moved(dots(2000), elastic=1.5)
    mass = images.sum(axis=(1, 2))
    for axis in (1, 2):
        places = (images.sum(axis=axis) @ ROWS) / mass
        assert 1.2 < places.std() < 1.5  # a blot moves by the mean of its cells, a little less
        assert places.mean() == pytest.approx(13.5, abs=0.15)


def test_elastic_neighbours_move_together() -> None:
    """One cell apart, displacements differ by 0.18 deviations: sqrt(2 - 2 exp(-1/64))."""
    key = (tf.constant(3, tf.int64), tf.constant(0, tf.int64))
    field = augmentation._field(tf.constant(400), key).numpy()
    assert field.std() == pytest.approx(1.0, abs=0.02)
    steps = np.diff(field[..., 8:20, 8:20], axis=3)
    assert steps.std() == pytest.approx(np.sqrt(2 - 2 * np.exp(-1 / 64)), rel=0.05)


def test_thickness_widens_and_thins_strokes() -> None:
    """At 1 a bar 2 cells wide has between almost no ink and two cells more in every row."""
    images = moved(bars(500), thickness=1.0)
    widths = images[:, 14].sum(axis=1) / 200
    assert widths.max() == pytest.approx(4, abs=0.05)
    assert widths.min() == pytest.approx(0, abs=0.05)
    assert widths.mean() == pytest.approx(2, abs=0.15)


def test_upstroke_goes_down_to_the_left_from_the_top() -> None:
    """On a bar whose top is in row 4 it adds ink to the left only, 1.9 to 10.9 cells lower."""
    key = (tf.constant(3, tf.int64), tf.constant(0, tf.int64))
    ones = tf.fill([300], True)
    images = augmentation._with_upstrokes(tf.constant(bars(300), tf.float32), ones, 1.0, key)
    added = images.numpy() - bars(300)
    assert (added >= 0).all()
    assert (added[:, :, 16:] == 0).all()
    reach = [np.flatnonzero(one.max(axis=1) > 128).max() - 4 for one in added]
    assert 2 <= min(reach) <= 4
    assert 10 <= max(reach) <= 13
    assert added.sum(axis=(1, 2)).min() > 2 * 255


def test_upstroke_is_for_a_share_of_the_ones_alone() -> None:
    """With a share of 0.3 three ones in ten change, and no other digit does."""
    labels, key = tf.constant([1, 7] * 500), (tf.constant(3, tf.int64), tf.constant(0, tf.int64))
    images = bars(1000)
    result = augmentation.augment(tf.constant(images), labels, recipes.Recipe(upstroke=0.3), key)
    changed = (result.numpy() != images).any(axis=(1, 2))
    assert not changed[1::2].any()
    assert 0.25 < changed[::2].mean() < 0.35


def test_everything_together_stays_in_range() -> None:
    """With every amount at its greatest, pixels stay between 0 and 255."""
    most = {name: recipes.LIMITS[name][1] for name in recipes.AUGMENTATIONS}
    images = moved(noise(50), **most)
    assert images.shape == (50, 28, 28)
    assert images.dtype == np.float32
    assert images.min() >= 0
    assert images.max() <= 255


def test_each_step_draws_anew_and_repeatably() -> None:
    """Step 4 moves images as step 4 did before, and not as step 5 does."""
    for setting in ("shift", "elastic"):
        four, again, five = (moved(noise(8), step, **{setting: 0.2}) for step in (4, 4, 5))
        assert (four == again).all()
        assert (four != five).any()
