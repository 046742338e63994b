"""Links: each view and its link say the same, and nothing in a link is believed unseen."""

import dataclasses

import numpy as np
import pytest

from mnistdash import evaluation
from mnistdash.ui import link

VIEW = link.View(
    run="starter-mnist",
    other="0123abcd",
    true=4,
    pred=9,
    index=9634,
    sort="even",
    conf=(0.25, 0.9),
    all=True,
    page=3,
    epoch=2,
    set="drawings",
    above=0.95,
)
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
    "epoch": "2",
    "set": "drawings",
    "above": "0.95",
}


def test_every_part_of_a_view_is_written_and_read() -> None:
    """The full view becomes the full link and comes back the same."""
    assert VIEW.params() == LINK
    assert link.View.parse(LINK) == VIEW


def test_default_view_has_an_empty_link() -> None:
    """What is not in the link is the default."""
    assert link.View().params() == {}
    assert link.View.parse({}) == link.View()


@pytest.mark.parametrize(
    "changes",
    [
        {"true": 0},
        {"pred": 0},
        {"index": 0},
        {"index": 199_999},
        {"conf": (0.0, 0.5)},
        {"conf": (1.0, 1.0)},
        {"conf": (0.0, 0.0)},
        {"above": 1.0},
        {"page": 9_999},
        *({"sort": order} for order in evaluation.ORDERS if order != "confident"),
        *({"labels": kind} for kind in link.LABELS),
    ],
)
def test_view_comes_back(changes: dict[str, object]) -> None:
    """Class 0, image 0 and the ends of every range survive the link."""
    view = link.View(**changes)
    assert link.View.parse(view.params()) == view
    assert view != link.View()


def test_a_link_tells_each_confidence_from_its_neighbours() -> None:
    """What is found between two float32 numbers is found between what a link makes of them."""
    some = np.array([1 / 62, 0.1, 0.25, 0.5, 0.7, 0.99999], np.float32)
    for low, high in zip(some, np.nextafter(some, np.float32(1)), strict=True):
        found = link.View.parse(link.View(conf=(float(low), float(high))).params()).conf
        assert [np.float32(end) for end in found] == [low, high]


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
        ("labels", "any"),
        ("conf", "0.00-0.0000000000"),
        *(("above", text) for text in ("1.01", "nan", "-0.50", "1", "", "0.5", "1e-3", "0.50\n")),
        ("all", "2"),
        ("all", "true"),
        ("all", "0"),
    ],
)  # fmt: skip
def test_what_can_not_be_read_is_left_out(key: str, text: str) -> None:
    """A forged value is dropped, and the rest of its link kept."""
    rest = {name: value for name, value in {"sort": "index", "page": 2}.items() if name != key}
    assert link.View.parse({"sort": "index", "page": "2"} | {key: text}) == link.View(**rest)


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
    assert link.View.parse({"run": text, "page": "2"}) == link.View(run="no-run", page=2)


def test_unknown_parameters_are_left_out() -> None:
    """Only known names are taken from a link."""
    said = {"password": "x", "true": "4", "__class__": "1"}
    assert link.View.parse(said) == link.View(true=4)


def test_every_field_has_a_parser() -> None:
    """What is written can be read, and the other way round."""
    assert list(link._PARSERS) == [field.name for field in dataclasses.fields(link.View)]


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """A visit that has followed the link of `VIEW`."""
    kept = dict(vars(VIEW))
    monkeypatch.setattr("streamlit.session_state", kept)
    return kept


def test_shown_is_what_the_link_says(session: dict[str, object]) -> None:
    """Two fields changed are changed, the others stay."""
    link.show(true=3, pred=5)
    assert link.current() == dataclasses.replace(VIEW, true=3, pred=5)
    assert link.params() == LINK | {"true": "3", "pred": "5"}
    assert link.params(true=None) == {k: v for k, v in LINK.items() if k != "true"} | {"pred": "5"}


def test_a_run_reads_each_field_once_until_it_may_change(session: dict[str, object]) -> None:
    """What is shown, or bound to a widget, is read anew; the rest stays until the run ends."""
    with link.read_once():
        assert link.current() == VIEW
        session.update(true=1, pred=2, sort="random")
        assert link.current() == VIEW
        assert link.bound("true")["key"] == "true"
        link.show(pred=5)
        assert link.current() == dataclasses.replace(VIEW, true=1, pred=5)
    assert link.current().sort == "random"


def test_what_is_no_field_is_refused(session: dict[str, object]) -> None:
    """A typing error keeps nothing under a name that nobody reads."""
    with pytest.raises(TypeError, match="true_class"):
        link.show(true_class=3)
    assert "true_class" not in session


def test_stand_in_leaves_the_link(session: dict[str, object]) -> None:
    """Epoch 5 stands in for none; chosen at the widget, 4 is asked for, and 5 again is none."""
    link.show(epoch=None)
    link.stand_in(epoch=5)
    assert (link.current().epoch, link.asked_for().epoch) == (5, None)
    link.stand_in(epoch=5)  # in the next run of the page
    assert link.asked_for().epoch is None
    session["epoch"] = 4  # as the slider does
    assert (link.current().epoch, link.asked_for().epoch) == (4, 4)
    session["epoch"] = 5
    assert link.asked_for().epoch is None
    link.show(epoch=5)
    assert link.asked_for().epoch == 5


def test_stand_in_for_what_is_not_there_keeps_the_wish(session: dict[str, object]) -> None:
    """Page 3 of two is asked for still: with other images it may be there again."""
    link.stand_in(page=2)
    assert (link.current().page, link.params()["page"]) == (2, "3")


def test_classes_say_whether_correct_images_are_meant() -> None:
    """4 read as 4 can only be correct; 4 read as 9 never is; 4 read as anything may be."""
    assert link.View(true=4, pred=4).includes_right
    assert not link.View(true=4, pred=9).includes_right
    assert not link.View(true=4).includes_right
    assert link.View(true=4, pred=9, all=True).includes_right
    assert not link.View(true=4, pred=9, all=True).only_right
