"""What is believed of the verdicts a browser sends, and what becomes of them."""

import pytest

from mnistdash.ui import judging

KEY = "tiles"


@pytest.fixture(autouse=True)
def session(monkeypatch: pytest.MonkeyPatch) -> dict:
    """A session that remembers nothing yet."""
    kept: dict = {}
    monkeypatch.setattr("streamlit.session_state", kept)
    return kept


def hear(*numbers: int, mount: str = "a1") -> list[int]:
    """Bring verdicts with these numbers, and return the numbers of those passed on."""
    heard: list[int] = []
    said = [[number, number, "model", None, ""] for number in numbers]
    judging.hear(KEY, mount, said, lambda new: heard.extend(each.number for each in new))
    return heard


def test_each_verdict_is_passed_on_once_and_in_order() -> None:
    """Lists that overlap, as they come before the first is answered; none is lost with a list."""
    assert hear(1) == [1]
    assert hear(1, 3, 2) == [2, 3]
    assert hear(2, 3) == []
    assert hear(7, 8) == [7, 8], "the lists with 4 to 6 were said anew by 7 and 8"
    assert judging.told([], (), KEY)["heard"] == ["a1", 8]


def test_reloaded_page_counts_anew() -> None:
    """Another mount begins at 1."""
    assert hear(5) == [5]
    assert hear(1, mount="b2") == [1]


@pytest.mark.parametrize(
    "forged",
    [
        None,
        "1",
        [1],
        [[1, 2, "model", None]],
        [[True, 2, "model", None, ""]],
        [[1, -1, "model", None, ""]],
        [[1, 10**9, "model", None, ""]],
        [[1, 2, "mine", None, ""]],
        [[1, 2, ["model"], None, ""]],
        [[1, 2, "label", 62, ""]],
        [[1, 2, "label", True, ""]],
        [[1, 2, "model", None, 3]],
        [[1, 2, "model", None, ""]] * 1_001,
    ],
)
def test_forged_list_is_ignored(forged: object) -> None:
    """Anything but verdicts of whole numbers, faults, labels and notes says nothing."""
    judging.hear(KEY, "a1", forged, lambda new: pytest.fail(f"heard {new}"))
    judging.hear(KEY, ["a1"], [[1, 2, "model", None, ""]], lambda new: pytest.fail("no mount"))
