"""Round numbers along an axis, and names that fit there."""

import pytest

from mnistdash.charts import described


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 5, [0, 1, 2, 3, 4, 5]),
        (0, 25, [0, 5, 10, 15, 20, 25]),
        (0, 1, [0, 1]),
        (0, 200, [0, 50, 100, 150, 200]),
        (0, 7, [0, 2, 4, 6]),
    ],
)
def test_epochs_have_few_whole_ticks(low: int, high: int, expected: list[int]) -> None:
    """Every epoch, every fifth, every fiftieth; never a fraction."""
    assert described.ticks(low, high, whole=True) == expected


@pytest.mark.parametrize(
    ("low", "high"), [(0.963, 0.981), (0.0, 2.5), (1e-9, 2e-9), (-1e29, 1e29), (0.5, 0.500001)]
)
def test_ticks_are_round_and_inside(low: float, high: float) -> None:
    """Two to six of them, evenly spaced, none beyond the ends."""
    found = described.ticks(low, high)
    assert 2 <= len(found) <= described.MAX_TICKS
    assert low - 1e-9 * abs(low) <= found[0] < found[-1] <= high * (1 + 1e-9)


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("9", "9"),
        ("T-shirt/top", "T-shirt/top"),
        ("Long sleeved shirt", "Long s…shirt"),
        ("Long sleeved skirt", "Long s…skirt"),
    ],
)
def test_long_names_are_cut_in_the_middle(name: str, short: str) -> None:
    """Twelve letters at most, with the beginning and the end that tell it from others."""
    assert described.shortened(name, 12) == short
