"""Explanations on models that are simple enough to know the answer."""

import numpy as np
import pytest

from mnistdash import explain

DIGIT = explain.DIGIT_BELOW


def _left_right(images: np.ndarray) -> np.ndarray:
    """A model that says 0 for ink on the left half only, and 1 otherwise, with certainty."""
    left = images[:, :, :14].any(axis=(1, 2))
    right = images[:, :, 14:].any(axis=(1, 2))
    return np.eye(10, dtype=np.float32)[np.where(left & ~right, 0, 1)]


def _dot(row: int, column: int) -> np.ndarray:
    image = np.zeros((28, 28), np.uint8)
    image[row, column] = 255
    return image


def test_only_the_ink_carries_the_answer() -> None:
    """Covering the one dot takes the whole probability, covering the far corner nothing."""
    falls = explain.occlusion_map(_left_right, _dot(10, 5), 0)
    assert falls.shape == (28, 28)
    assert falls[10, 5] == 1.0
    assert falls[27, 27] == 0.0


def test_covering_is_averaged_over_the_patches() -> None:
    """A cell next to the dot is covered by some patches that miss the dot."""
    falls = explain.occlusion_map(_left_right, _dot(10, 5), 0)
    assert 0.0 < falls[10, 7] < 1.0


def test_nothing_of_the_image_is_changed() -> None:
    """The image that is explained stays as it was."""
    image = _dot(10, 5)
    explain.occlusion_map(_left_right, image, 0)
    assert image.sum() == 255


def test_layers_become_pictures_strongest_first() -> None:
    """Two 2x2 channels become 28x28 pictures; flat layers and single cells are left out."""
    maps = np.zeros((2, 2, 2), np.float32)
    maps[0, 0, 0], maps[:, :, 1] = 1.0, 4.0
    pictures = explain.activation_pictures(
        {"1_conv2x3": maps, "2_gap": np.ones(2), "3_conv2x3": np.ones((1, 1, 2))}
    )
    assert list(pictures) == ["1_conv2x3"]
    strongest, weak = pictures["1_conv2x3"]
    assert (strongest == 255).all()
    assert (weak[:14, :14] == 63).all()
    assert weak[14:].sum() == 0


def test_at_most_twelve_channels_are_shown() -> None:
    """Of 64 channels the 12 strongest remain."""
    pictures = explain.activation_pictures({"1": np.ones((4, 4, 64), np.float32)})
    assert pictures["1"].shape == (12, 28, 28)


def test_variants_begin_with_the_image_and_move_it_by_one() -> None:
    """Nine images: the one given, four shifts by a pixel, four slants and sizes."""
    found = explain.variants(_dot(10, 5))
    assert found.shape == (9, 28, 28)
    assert [tuple(np.argwhere(image)[0]) for image in found[:5]] == [
        (10, 5),
        (11, 5),
        (9, 5),
        (10, 6),
        (10, 4),
    ]


def test_a_slant_leaves_the_middle_and_moves_the_rim() -> None:
    """An upright line stays where it is at half height and leans at its ends."""
    line = np.zeros((28, 28), np.uint8)
    line[:, 13:15] = 200
    slanted = explain.variants(line)[5]
    assert slanted[13, 13:15].tolist() == [pytest.approx(200, abs=20)] * 2
    assert slanted[2].argmax() > slanted[25].argmax()


@pytest.mark.parametrize(
    ("full", "kinds", "said"),
    [
        (190, (DIGIT, 1 - DIGIT, 0, 0), None),
        (191, (1, 0, 0, 0), "more ink than 99 of 100 digits"),
        (18, (1, 0, 0, 0), "less ink than any digit"),
        (190, (DIGIT - 0.01, 0.3, 0.1, 0.1), "a letter"),
        (190, (DIGIT - 0.01, 0.1, 0.1, 0.3), "a sign or a scribble"),
    ],
)
def test_no_digit_names_its_reason(full: int, kinds: tuple[float, ...], said: str | None) -> None:
    """Too much or too little ink, or too improbable a digit: the likeliest other kind is named."""
    image = np.zeros(784, np.uint8)
    image[:full] = 255
    found = explain.no_digit(image.reshape(28, 28), np.array(kinds, np.float32), _left_right)
    assert (found is None) if said is None else (said in found)


def test_two_digits_are_named() -> None:
    """Two bars with a gap between are cut there, and each half is read on its own."""
    image = np.zeros((28, 28), np.uint8)
    image[4:24, 5:8] = image[4:24, 18:22] = 255
    halves = []

    def read(images: np.ndarray) -> np.ndarray:
        halves.extend(images)
        return np.eye(10, dtype=np.float32)[[3, 8]] * sure

    kinds = np.array([0.1, 0.2, 0.6, 0.1], np.float32)
    sure = 1.0
    assert explain.no_digit(image, kinds, read) == "it looks like 3 and 8 in one"
    for half in halves:  # each is one bar, in the middle
        assert half[14].argmax() in (13, 14)
        assert 1 <= (half[14] > 128).sum() <= 5
    sure = 0.4
    assert explain.no_digit(image, kinds, read) == "it looks like two digits in one"
    sure = 1.0
    line = np.zeros((28, 28), np.uint8)
    line[4:24, 13] = 255  # nothing is left of it
    assert explain.no_digit(line, kinds, read) == "it looks like two digits in one"


@pytest.mark.parametrize(
    ("top", "steady", "said"),
    [
        (0.99, 0.99, None),
        (0.52, 0.99, "nearly as much like garment 3 as like garment 7"),
        (0.99, 0.40, "slight changes"),
    ],
)
def test_doubt_names_its_reason(top: float, steady: float, said: str | None) -> None:
    """A flat answer and one that slight changes overturn are doubtful, a sure one is not."""
    probs = np.zeros((9, 10), np.float32)
    probs[:, 7], probs[:, 3] = steady, 1 - steady
    probs[0, 7], probs[0, 3] = top, 1 - top
    found = explain.doubt(probs, [f"garment {label}" for label in range(10)])
    assert (found is None) if said is None else (said in found)
