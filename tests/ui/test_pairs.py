"""The list of pairs: what a browser may say."""

import pytest

from mnistdash.ui import pairs

CLASSES = 10


def test_click_on_a_pair_is_believed() -> None:
    """The two classes come back, whether the list still shows the pair or not any more."""
    assert pairs.clicked_pair([4, 9], CLASSES) == (4, 9)


@pytest.mark.parametrize(
    "forged",
    [
        None,
        4,
        "49",
        [4, 4],
        [4, 10],
        [-1, 4],
        [4],
        [4, 9, 9],
        [4.0, 9],
        [True, 9],
        [[4], [9]],
        {"0": 4},
        [10**400, 9],
    ],
)
def test_forged_click_is_ignored(forged: object) -> None:
    """Anything else is nobody's click, whatever its type."""
    assert pairs.clicked_pair(forged, CLASSES) is None
