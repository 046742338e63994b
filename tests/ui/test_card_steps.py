"""What is believed of the steps a browser counted, and where they lead."""

import numpy as np
import pytest

from mnistdash import evaluation
from mnistdash.ui import card, card_steps, filters

KEY = "card-steps"
# Six images: 0, 2, 4 and 5 are read as another class, with falling probability.
ANSWERS = evaluation.Evaluation.from_predictions(
    np.zeros(6, int), np.array([1, 0, 2, 0, 3, 4]), np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4]), 10
)
ERRORS = np.array([0, 2, 4, 5])


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> dict:
    """A session that shows image 2, the second of four errors."""
    kept = {"index": 2, "page": None, "sort": "confident"}
    monkeypatch.setattr("streamlit.session_state", kept)
    return kept


def hear(session: dict, steps: object, *, chosen_at: int = 0, mount: str = "a1") -> int:
    """Bring a sum of steps from the browser, and return the image that is shown then."""
    session[KEY] = {"steps": {"mount": mount, "steps": steps, "chosen_at": chosen_at, "said": []}}
    card_steps._move(KEY, lambda by: filters.move(ANSWERS, ERRORS, "confident", by))
    return session["index"]


def test_sum_moves_by_what_is_new(session: dict) -> None:
    """Of the sums 1, 1, -1 the first goes on by one, the second nowhere, the third back by two."""
    assert [hear(session, steps) for steps in (1, 1, -1)] == [4, 4, 0]


def test_messages_that_were_lost_count(session: dict) -> None:
    """The sum 2 alone leads where 1 and 2 lead."""
    assert hear(session, 2) == 5


def test_steps_end_at_the_ends(session: dict) -> None:
    """Nine steps from the second of four lead to the last; nine back from there to the first."""
    assert [hear(session, 9), hear(session, 0)] == [5, 0]


def test_reloaded_page_counts_anew(session: dict) -> None:
    """Another mount begins at zero: its first step is one step, whatever was counted before."""
    assert hear(session, 1) == 4
    assert hear(session, -1, mount="b2") == 2


def test_closed_card_ignores_steps(session: dict) -> None:
    """A sum that comes when no card is open moves nothing, then or later."""
    session["index"] = None
    assert hear(session, 2) is None
    session["index"] = 0
    assert hear(session, 3) == 2


@pytest.mark.parametrize("chosen_first", [True, False])
def test_choice_and_steps_in_one_message(session: dict, *, chosen_first: bool) -> None:
    """Three steps, a click on the first tile, one step: its neighbour, whoever is heard first."""
    session[KEY] = {"steps": {"mount": "a1", "steps": 4, "chosen_at": 3, "said": []}}
    heard = [
        lambda: card.open_card(0, among=ERRORS),
        lambda: hear(session, 4, chosen_at=3),
    ]
    for call in heard if chosen_first else heard[::-1]:
        call()
    assert session["index"] == 2


@pytest.mark.parametrize(
    "forged",
    [
        None,
        3,
        [],
        {"mount": "a1", "steps": 1},
        {"mount": "a1", "steps": True, "chosen_at": 0, "said": []},
        {"mount": "a1", "steps": 1.0, "chosen_at": 0, "said": []},
        {"mount": "a1", "steps": 10**400, "chosen_at": 0, "said": []},
        {"mount": "a1", "steps": 1, "chosen_at": "0", "said": []},
        {"mount": "", "steps": 1, "chosen_at": 0, "said": []},
        {"mount": "x" * 17, "steps": 1, "chosen_at": 0, "said": []},
        {"mount": ["a1"], "steps": 1, "chosen_at": 0, "said": []},
        {"mount": "a1", "steps": 1, "chosen_at": 0, "said": [], "more": 1},
    ],
)
def test_forged_count_is_ignored(session: dict, forged: object) -> None:
    """Anything but two whole numbers under a short name is no count and moves nothing."""
    assert card_steps.counted(forged) is None
    session[KEY] = {"steps": forged}
    card_steps._move(KEY, lambda by: pytest.fail(f"moved by {by}"))
    assert card_steps.steps_since_choice(KEY) == 0


def test_place_among_the_selected() -> None:
    """Image 4 is the third of four; image 3, correct, would stand behind all errors."""
    assert filters.place(ANSWERS, ERRORS, 4, "confident") == (2, True)
    assert filters.place(ANSWERS, ERRORS, 3, "confident") == (4, False)
    assert filters.place(ANSWERS, ERRORS, 3, "index") == (2, False)
    assert filters.place(ANSWERS, ERRORS[:0], 3, "random") == (0, False)


@pytest.mark.parametrize(("steps", "shown"), [(1, 4), (2, 5), (-1, 2), (-2, 0)])
def test_from_between_two_images(session: dict, steps: int, shown: int) -> None:
    """By index, image 3 stands between 2 and 4: one step leads to either of them."""
    session["index"] = 3
    filters.move(ANSWERS, ERRORS, "index", steps)
    assert session["index"] == shown


@pytest.mark.parametrize("typed", ["3", "#3", " 3 ", "0 003"])
def test_typed_index_opens_its_image(session: dict, typed: str) -> None:
    """An index is understood as people write it, and the box is empty again."""
    session[filters.WANTED] = typed
    filters._open_wanted(ANSWERS, ERRORS, 2)
    assert (session["index"], session[filters.WANTED]) == (3, "")


@pytest.mark.parametrize("typed", ["6", "-1", "1.0", "three", "\u0663", "9" * 99, "#"])
def test_typed_nonsense_stays(session: dict, typed: str) -> None:
    """What is no index of an image opens nothing and stays to be mended."""
    session[filters.WANTED] = typed
    filters._open_wanted(ANSWERS, ERRORS, 2)
    assert (session["index"], session[filters.WANTED]) == (2, typed)
