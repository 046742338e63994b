"""What a browser says is chosen, as Python takes it."""

import pytest

from mnistdash.ui import runs_grid

IDS = ["newest", "older", "oldest"]


@pytest.mark.parametrize(
    ("said", "chosen"),
    [
        ([], []),
        (["oldest", "newest"], ["newest", "oldest"]),
        (["older", "older", "deleted"], ["older"]),
        (["group:abcd"], []),
        (None, []),
        ("older", []),
        ({"older": True}, []),
        ([["older"], {"a": 1}, None, 1.5, "older"], ["older"]),
    ],
)
def test_only_runs_that_there_are_can_be_chosen(said: object, chosen: list[str]) -> None:
    """Each at most once, in the table's order, whatever was sent."""
    assert runs_grid.chosen_ids(said, IDS) == chosen
