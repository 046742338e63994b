"""Numbers with their nouns."""

import pytest

from mnistdash import counting


@pytest.mark.parametrize(
    ("number", "noun", "written"),
    [
        (0, "image", "0 images"),
        (1, "image", "1 image"),
        (4160, "test image", "4,160 test images"),
        (1, "class", "1 class"),
        (26, "class", "26 classes"),
        (2, "epoch", "2 epochs"),
        (3, "batch", "3 batches"),
        (2, "entry", "2 entries"),
        (2, "array", "2 arrays"),
    ],
)
def test_nouns_agree_with_their_numbers(number: int, noun: str, written: str) -> None:
    """One of it in the singular, all other numbers in the plural, thousands apart."""
    assert counting.of(number, noun) == written
