"""Links: each view and its link say the same, and nothing in a link is believed unseen."""

import pytest

from mnistdash import evaluation
from mnistdash.ui import link

VIEW = {
    "run": "starter-mnist",
    "other": "0123abcd",
    "true": 4,
    "pred": 9,
    "index": 9634,
    "sort": "even",
    "conf": (0.25, 0.9),
    "all": True,
    "page": 3,
}
LINK = {
    "run": "starter-mnist",
    "other": "0123abcd",
    "true": "4",
    "pred": "9",
    "index": "9634",
    "sort": "even",
    "conf": "0.25-0.90",
    "all": "1",
    "page": "3",
}


def test_every_part_of_a_view_is_written_and_read() -> None:
    """The full view becomes the full link and comes back the same."""
    assert {key: text for key, text in link.params(VIEW).items() if key in LINK} == LINK
    assert {key: value for key, value in link.parse(LINK).items() if key in VIEW} == VIEW


def test_default_view_has_an_empty_link() -> None:
    """What is not in the link is the default."""
    assert link.params(link.DEFAULTS) == {}
    assert link.parse({}) == {}


@pytest.mark.parametrize(
    "view",
    [
        {"true": 0},
        {"pred": 0},
        {"index": 0},
        {"index": 199_999},
        {"conf": (0.0, 0.5)},
        {"conf": (1.0, 1.0)},
        {"conf": (0.0, 0.0)},
        {"page": 9_999},
        *({"sort": order} for order in evaluation.ORDERS if order != "confident"),
    ],
)
def test_view_comes_back(view: dict[str, object]) -> None:
    """Class 0, image 0 and the ends of every range survive the link."""
    assert link.parse(link.params(link.DEFAULTS | view)) == view


@pytest.mark.parametrize(
    ("key", "text"),
    [
        *(("other", text) for text in ("", "../x", "a" * 41, "a\n")),
        *(
            (key, text)
            for key in ("true", "pred")
            for text in ("62", "63", "-1", "nan", "1e9", "", " 4", "4 ", "4.0", "٤", "４", "0x4",
                         "4" * 100_000)
        ),
        ("index", "-1"),
        ("index", "200000"),
        ("index", "9999999"),
        ("page", "0"),
        ("page", "10000"),
        ("page", "99999"),
        ("page", "Infinity"),
        ("sort", "best"),
        ("sort", ""),
        ("sort", "__class__"),
        ("conf", "0.90-0.25"),
        ("conf", "0.5-1.01"),
        ("conf", "0.00-1.01"),
        ("conf", "0.50"),
        ("conf", "nan-1.00"),
        ("conf", "-0.50-1.00"),
        ("conf", "0.00-Infinity"),
        ("conf", "٠.٥٠-1.00"),
        ("conf", "0.00-1.00\n"),
        ("all", "2"),
        ("all", "true"),
        ("all", "0"),
    ],
)  # fmt: skip
def test_what_can_not_be_read_is_left_out(key: str, text: str) -> None:
    """A forged value is dropped, and the rest of its link kept."""
    rest = {name: value for name, value in {"sort": "index", "page": 2}.items() if name != key}
    assert link.parse({"sort": "index", "page": "2"} | {key: text}) == rest


HOSTILE_IDS = [
    "",
    "../../etc/passwd",
    "\0",
    "a" * 41,
    "a" * 100_000,
    "A",
    "٣",
    "a b",
    "a\n",
    "<img>",
]


@pytest.mark.parametrize("text", HOSTILE_IDS, ids=range(len(HOSTILE_IDS)))
def test_forged_run_stands_for_a_run_that_is_not_there(text: str) -> None:
    """What can't be a run's id becomes one that no run has, so that the page can say so."""
    assert link.parse({"run": text, "page": "2"}) == {"run": "no-run", "page": 2}


def test_unknown_parameters_are_left_out() -> None:
    """Only known names are taken from a link."""
    assert link.parse({"password": "x", "true": "4", "__class__": "1"}) == {"true": 4}


def test_every_part_has_a_default_and_a_parser() -> None:
    """What is written can be read, and the other way round."""
    assert set(link._PARSERS) == set(link.DEFAULTS)
