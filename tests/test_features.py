"""Features kept small: the most alike stay the most alike, and damage is refused."""

import dataclasses

import numpy as np
import pytest

from mnistdash import artifacts, features


def gathered(rows: np.ndarray, **options: object) -> features.Features:
    """Gather features that are given: image i is the number i, and its features are row i."""
    return features.gather(lambda images: rows[images], np.arange(len(rows)), **options)


def test_nearest_goes_by_direction_not_by_length() -> None:
    """A vector ten times as long in the same direction is the most alike."""
    found = gathered(np.array([[0, 1], [10, 0], [1, 1]], np.float32))
    assert found.nearest(np.array([1, 0], np.float32), 2)[0].tolist() == [1, 2]


@pytest.mark.parametrize("count", [3, 9])
def test_no_more_are_found_than_there_are(count: int) -> None:
    """All three images, the most alike first, however many are asked for."""
    found = gathered(np.array([[0, 1], [10, 0], [1, 1]], np.float32))
    assert found.nearest(np.array([1, 0], np.float32), count)[0].tolist() == [1, 2, 0]


@pytest.mark.parametrize("wide", [40, 300])
def test_small_features_agree_with_whole_ones(wide: int) -> None:
    """Of 250 images in 10 groups, eleven or more of twelve neighbours are the exact ones.

    Also where there are more features than images to find their axes by.
    """
    random = np.random.default_rng(0)
    middles = random.random((10, wide))
    plane = random.random((4, wide)) - 0.5  # along which the images of a group differ
    rows = np.repeat(middles, 25, axis=0) + random.normal(size=(250, 4)) @ plane
    rows = rows.astype(np.float32)
    found = gathered(rows)
    assert found.codes.shape == (250, min(wide, features.COMPONENTS))
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    same = 0
    for asked in range(0, 250, 25):
        exact = np.argsort(-(unit @ unit[asked]), kind="stable")[:12]
        same += len(set(exact) & set(found.nearest(rows[asked], 12)[0]))
    assert same / (10 * 12) >= 11 / 12


def test_progress_reaches_the_end() -> None:
    """1,200 images are reported in steps of 500, the last as all."""
    told: list[float] = []
    gathered(np.eye(3, dtype=np.float32)[np.arange(1_200) % 3], on_progress=told.append)
    assert told == pytest.approx([5 / 12, 10 / 12, 1.0])


def test_an_image_without_features_is_like_none() -> None:
    """All zero, as after a layer that died: no division by zero, and the others are found."""
    found = gathered(np.array([[0, 0], [0, 1], [1, 0]], np.float32))
    assert found.nearest(np.array([0, 1], np.float32), 1)[0].tolist() == [1]
    assert sorted(found.nearest(np.zeros(2, np.float32), 3)[0].tolist()) == [0, 1, 2]


def test_written_features_come_back() -> None:
    """The same arrays, so the same neighbours."""
    found = gathered(np.random.default_rng(0).random((50, 7), np.float32))
    again = features.read(features.write(found))
    for field in dataclasses.fields(features.Features):
        np.testing.assert_array_equal(getattr(again, field.name), getattr(found, field.name))


@pytest.mark.parametrize(
    "changes",
    [
        {"codes": np.zeros((3, 2), np.float32)},
        {"codes": np.zeros(3, np.uint8)},
        {"codes": np.zeros((3, 4), np.uint8)},
        {"low": np.zeros(3, np.float32)},
        {"axes": np.zeros((7, 3), np.float32)},
        {"more": np.zeros(1)},
    ],
)
def test_arrays_that_do_not_fit_are_refused(changes: dict[str, np.ndarray]) -> None:
    """Another type or shape, or another array, is damage."""
    whole = {
        "codes": np.zeros((3, 2), np.uint8),
        "low": np.zeros(2, np.float32),
        "step": np.ones(2, np.float32),
        "axes": np.zeros((7, 2), np.float32),
    }
    assert len(features.read(artifacts.write_arrays(whole))) == 3
    with pytest.raises(ValueError, match=r"Expected|fit"):
        features.read(artifacts.write_arrays(whole | changes))
