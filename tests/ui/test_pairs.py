"""The list of pairs: what a browser may say."""

import pytest

from mnistdash.ui import pairs

KNOWN = {(4, 9), (3, 5)}


def test_click_on_a_pair_is_believed() -> None:
    """The two classes of a pair on the page come back."""
    assert pairs.clicked_pair([4, 9], KNOWN) == (4, 9)


@pytest.mark.parametrize(
    "forged",
    [
        None,
        4,
        "49",
        [9, 4],
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
    assert pairs.clicked_pair(forged, KNOWN) is None
