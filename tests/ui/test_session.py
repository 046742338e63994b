"""The door to what Streamlit remembers of a visit."""

import pytest

from mnistdash.ui import session


@pytest.fixture(autouse=True)
def kept(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """Put a plain dict in the place of Streamlit's memory."""
    values: dict[str, object] = {}
    monkeypatch.setattr("streamlit.session_state", values)
    return values


def test_what_is_taken_is_gone() -> None:
    """A sentence said once is not said again."""
    session.put("said", "Stopped.")
    assert session.take("said") == "Stopped."
    assert session.take("said") is None
    assert not session.has("said")


def test_default_leaves_what_is_kept() -> None:
    """The first value stays, be it one that counts as false."""
    assert session.default("page", 0) == 0
    assert session.default("page", 1) == 0


@pytest.mark.parametrize("forged", [None, "4", 10, object()])
def test_what_does_not_fit_gives_way(kept: dict[str, object], forged: object) -> None:
    """A digit stays; anything else that a browser may send, and nothing, become the default."""

    def digit(value: object) -> bool:
        return 0 <= value < 10

    assert session.hold_to("true", digit, 3) == kept["true"] == 3
    kept["true"] = 4
    assert session.hold_to("true", digit, 3) == kept["true"] == 4
    kept["true"] = forged
    assert session.hold_to("true", digit, 3) == kept["true"] == 3


def test_count_begins_at_one() -> None:
    """Three times counted is three."""
    assert [session.count("pressed") for _ in range(3)] == [1, 2, 3]


@pytest.mark.parametrize("value", [None, 4, "choose", ["choose"], {}, {"chosen": 4}])
def test_component_that_sent_nothing(kept: dict[str, object], value: object) -> None:
    """What a browser did not send, or sent in another form, is nothing."""
    kept["tiles"] = value
    assert session.sent("tiles", "choose") is None
    assert session.sent("never shown", "choose") is None


def test_component_that_sent_something(kept: dict[str, object]) -> None:
    """A value comes as the browser sent it: whoever asks checks it."""
    kept["tiles"] = {"choose": "../x"}
    assert session.sent("tiles", "choose") == "../x"


@pytest.mark.parametrize(("value", "choice"), [([0.25, 8], 8), ([0.25], None), (8, None)])
def test_choice_comes_with_a_mark(kept: dict[str, object], value: object, choice: object) -> None:
    """The second of two is what was chosen; anything else is nothing."""
    kept["tiles"] = {"choose": value}
    assert session.chosen("tiles", "choose") == choice


@pytest.mark.parametrize(
    "forged", [None, 5, -4, 4.0, True, "4", [4], {"index": 4}, float("nan"), 10**400]
)
def test_only_what_there_is_can_be_chosen(kept: dict[str, object], forged: object) -> None:
    """A number on the page is believed, nothing else, whatever its type."""
    kept["tiles"] = {"choose": [0.25, 4]}
    assert session.chosen_among("tiles", {1, 4}) == 4
    kept["tiles"] = {"choose": [0.25, forged]}
    assert session.chosen_among("tiles", {1, 4}) is None
