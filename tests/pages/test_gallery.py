"""The Gallery page: filters, tiles, the card, and the link that names them all."""

import json
import pathlib
import urllib.parse

import numpy as np
import pytest
from streamlit.testing import v1 as streamlit_testing

from mnistdash import datasets, evaluation, store
from tests.pages import examples, screen

# --- filters and tiles ----------------------------------------------------------------------


def test_every_cell_of_the_starter_agrees(db: store.Store) -> None:
    """For each kind of error of the shipped run the gallery counts what the matrix says."""
    answers = evaluation.Evaluation(
        datasets.load("optdigits").y_test, db.probs("starter-optdigits")
    )
    at = screen.open_page("gallery")
    for pair in answers.pairs():
        at.selectbox(key="true").set_value(pair.true_class)
        at.selectbox(key="pred").set_value(pair.pred_class).run()
        assert f"{pair.count} of {len(answers.errors)} errors" in screen.text(at)
        assert len(screen.tiles(at, "gallery")) == pair.count


def test_rightly_read_images_are_shown_on_request(mine: store.Run) -> None:
    """The switch turns 20 errors into 500 test images, in pages, right and wrong told apart."""
    at = screen.open_page("gallery", run=mine.id)
    at.toggle(key="all").set_value(True).run()
    assert "500 of 500 test images of mine" in screen.text(at)
    assert at.query_params["all"] == "1"
    captions = json.loads(at.get_by_key("gallery").proto.json)[0]["captions"]
    assert captions["right"] == [False] * 20 + [True] * 100, "errors come first"


def test_confidence_and_order_filter_the_gallery(mine: store.Run) -> None:
    """All errors have 0.64: a range without it leaves none; the order by index ascends."""
    at = screen.open_page("gallery", run=mine.id, conf="0.70-1.00")
    assert "0 of 20 errors" in screen.text(at)
    at = screen.open_page("gallery", run=mine.id, sort="index", conf="0.60-0.70")
    indices = json.loads(at.get_by_key("gallery").proto.json)[0]["captions"]["indices"]
    assert len(indices) == 20
    assert indices == sorted(indices)


def test_marks_are_explained_where_they_occur(mine: store.Run) -> None:
    """Errors alone have a cross; with correct ones there is a tick too; nothing turned back."""
    at = screen.open_page("gallery", run=mine.id)
    said = screen.text(at)
    assert "✕ wrong: true → predicted class" in said
    assert "✓ correct" not in said
    at.toggle(key="all").set_value(True).run()
    assert "✓ correct" in screen.text(at)
    assert "earlier epoch" not in screen.text(at)


def test_tiles_know_the_true_class(mine: store.Run) -> None:
    """Nine tiles of the cell 4, 9 are captioned with both classes."""
    at = screen.open_page("gallery", run=mine.id, true=4, pred=9)
    captions = json.loads(at.get_by_key("gallery").proto.json)[0]["captions"]
    assert captions["true_names"] == ["4"] * 9
    assert captions["pred_names"] == ["9"] * 9


def test_class_names_are_plain_text_in_chips(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, db: store.Store
) -> None:
    """What is Markdown in a name is shown as it stands, not in bold or as a link."""
    run = examples.few_or_many(tmp_path, monkeypatch, db, examples.HOSTILE)
    at = screen.open_page("gallery", run=run.id, true=1)
    assert at.button(key="chip-true").label == r"true \*\*bee\*\* \[x\](y)"


def test_no_order_by_a_confidence_that_nobody_knows(db: store.Store) -> None:
    """No slider and no such order; a link that asks for it shows errors by index."""
    mine = examples.bring(db, "forest", keep="answers")
    at = screen.open_page("gallery", run=mine.id, sort="doubtful")
    assert "most confident error" not in at.get_by_key("sort").options
    assert at.get_by_key("sort").value == "confident"
    assert "How sure these answers are is not known." in screen.text(at)


# --- the card -------------------------------------------------------------------------------


def steps(at: streamlit_testing.AppTest) -> dict[str, object]:
    """Read what the card's buttons were told."""
    return json.loads(at.get_by_key("card-steps").proto.json)[0]


def test_card_says_what_the_image_is(mine: store.Run) -> None:
    """The card of the first error: its number, label and answer, ten bars, eight more to come."""
    first = np.flatnonzero(datasets.load("optdigits").y_test == 4)[0]
    at = screen.open_page("gallery", run=mine.id, true=4, pred=9, index=first)
    said = screen.text(at)
    assert f"#{first} 4 read as 9" in said
    assert said.count("0.64") >= 1
    told = steps(at)
    assert told["label"] == f"Image {first}: 4 read as 9, probability 0.64"
    assert (told["before"], told["after"], told["inside"]) == (0, 8, True)
    assert steps(screen.open_page("gallery", run=mine.id))["label"] is None


def test_image_opens_by_its_index(mine: store.Run) -> None:
    """An index typed opens the card, selected or not, and turns to the page of its tile."""
    at = screen.open_page("gallery", run=mine.id, all=1, sort="index")
    at.text_input(key="wanted_image").set_value("#120").run()
    assert at.session_state["index"] == 120
    assert screen.tiles(at, "gallery")[0].startswith("Image 120:")
    labels = datasets.load("optdigits").y_test
    correct = int(np.flatnonzero(labels == 8)[0])
    at = screen.open_page("gallery", run=mine.id)
    at.text_input(key="wanted_image").set_value(str(correct)).run()
    assert f"#{correct} 8 correct" in screen.text(at)
    assert "Not among the images chosen" in screen.text(at)
    assert (steps(at)["before"], steps(at)["after"], steps(at)["inside"]) == (20, 0, False)


def test_image_chosen_elsewhere_is_on_the_page_shown(mine: store.Run) -> None:
    """A tile of the overview leads to the page of the gallery on which it stands."""
    at = screen.open_page("overview", run=mine.id, all=1, sort="index", page=3)
    at.session_state["going_to_gallery"] = {"index": 130, "page": None}
    at.run()
    page, query = json.loads(at.get_by_key("door").proto.json)
    assert page == "gallery"
    at = screen.open_page("gallery", **dict(urllib.parse.parse_qsl(query)))
    assert at.session_state["index"] == 130
    assert screen.tiles(at, "gallery")[10].startswith("Image 130:")


def test_index_that_no_image_has_is_a_sentence(mine: store.Run) -> None:
    """500 of 500 images opens nothing; the sentence says which numbers do."""
    at = screen.open_page("gallery", run=mine.id)
    at.text_input(key="wanted_image").set_value("500").run()
    assert "Give a whole number from 0 to 499." in screen.text(at)
    assert at.session_state["index"] is None
    at.text_input(key="wanted_image").set_value("499").run()
    assert "Give a whole number" not in screen.text(at)
    assert at.session_state["index"] == 499


def test_card_opens_where_nothing_is_selected(mine: store.Run) -> None:
    """Filters that no image meets leave the way to any image by its index."""
    at = screen.open_page("gallery", run=mine.id, true=9, pred=4)
    at.text_input(key="wanted_image").set_value("7").run()
    assert "No image meets these filters" in screen.text(at)
    assert "#7 " in screen.text(at)


def test_card_shows_the_true_class_among_the_ten_likeliest(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, db: store.Store
) -> None:
    """Of 26 classes ten have a bar, and the true one, here the least likely, the eleventh."""
    run = examples.few_or_many(tmp_path, monkeypatch, db, examples.LETTERS)
    probs = np.array(db.probs(run.id))
    probs[25] = np.linspace(26, 1, 26) / 351
    monkeypatch.setattr(store.Store, "probs", lambda *_: probs)
    at = screen.open_page("gallery", run=run.id, index=25)
    bars = next(e.value for e in at.get("html") if 'class="bars"' in e.value)
    assert bars.count('class="row') == 11
    assert "&lt;i&gt;*z*&lt;/i&gt; ✓" in bars
    ranked = next(e.value for e in at.get("markdown") if e.value.startswith("1. a: "))
    assert ranked.splitlines()[-1].startswith(r"26) \<i\>\*z\*\</i\>: 0.0028")


def test_card_says_what_is_known(db: store.Store) -> None:
    """Bars where all probabilities are known, else the answer's alone, or none at all."""
    said = {}
    for keep in ("probs", "sure", "answers"):
        run = examples.bring(db, keep, keep=keep)
        image = int(np.flatnonzero(datasets.load("optdigits").y_test == 4)[0])
        at = screen.open_page("gallery", run=run.id, index=str(image))
        bars = any('class="bars"' in element.value for element in at.get("html"))
        said[keep] = (
            bars,
            "Probability 0.64" in screen.text(at),
            "Only the answer is known" in screen.text(at),
        )
    assert said == {
        "probs": (True, False, False),
        "sure": (False, True, True),
        "answers": (False, False, True),
    }


# --- links ----------------------------------------------------------------------------------


def test_link_chooses_run_filters_and_order(mine: store.Run) -> None:
    """All that a link names stands on the page and in the link afterwards."""
    wanted = {"run": mine.id, "true": "4", "pred": "9", "sort": "index", "conf": "0.10-0.90"}
    at = screen.open_page("gallery", **wanted, all="1")
    assert at.selectbox(key="run").value == mine.id
    assert (at.selectbox(key="true").value, at.selectbox(key="pred").value) == (4, 9)
    assert at.selectbox(key="sort").value == "index"
    assert at.slider(key="conf").value == (0.1, 0.9)
    assert at.toggle(key="all").value is True
    assert dict(at.query_params) == {**wanted, "all": "1"}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("true", value) for value in ("11", "-1", "nan", "1e0", "٤", " 4", "4.0", "")),
        *(("pred", value) for value in ("10", "None", "0x4")),
        *(("conf", value) for value in ("0.9-0.1", "0-1", "nan-1.00", "Infinity", "0.10-9.00")),
        *(("page", value) for value in ("0", "-1", "1e9", "99999999")),
        *(("index", value) for value in ("-1", "9999999", "x")),
        ("sort", "; drop table runs"),
        ("all", "yes"),
        ("other", "../x"),
        ("unheard_of", "1"),
    ],
)
def test_nonsense_in_a_link_is_ignored(db: store.Store, key: str, value: str) -> None:
    """A value that can't be read leaves the default and vanishes from the link."""
    at = screen.open_page("gallery", **{key: value})
    assert dict(at.query_params) == {"run": "starter-optdigits"}
    assert all_errors(db) in screen.text(at)


@pytest.mark.parametrize(("key", "value"), [("page", "9999"), ("index", "199999")])
def test_a_place_beyond_the_end_is_brought_back(db: store.Store, key: str, value: str) -> None:
    """A page or an image that this data set doesn't have shows the gallery all the same."""
    assert all_errors(db) in screen.text(screen.open_page("gallery", **{key: value}))


def all_errors(db: store.Store) -> str:
    """Write what the gallery says when it shows every error of the shipped run."""
    errors = db.run("starter-optdigits").test_errors
    return f"{errors} of {errors} errors"


def test_click_with_the_link_of_before_goes_on(mine: store.Run) -> None:
    """A quick second click comes with the link from before the first, and undoes nothing."""
    at = screen.open_page("gallery", run=mine.id)
    before = dict(at.query_params)
    at.selectbox(key="true").set_value(4).run()
    assert at.query_params["true"] == "4"
    at.query_params.clear()
    at.query_params.update(before)
    at.selectbox(key="pred").set_value(9).run()
    assert dict(at.query_params) == {**before, "true": "4", "pred": "9"}


def test_clicked_filter_is_written_where_the_page_ends_early(mine: store.Run) -> None:
    """Where no image meets the filters the page stops early, but not before its link is written."""
    at = screen.open_page("gallery", run=mine.id, true=4)
    at.selectbox(key="pred").set_value(5).run()
    assert "No image meets these filters" in screen.text(at)
    assert dict(at.query_params) == {"run": mine.id, "true": "4", "pred": "5"}


def test_what_is_shown_can_be_taken_along(mine: store.Run) -> None:
    """Once the box is open, the images that meet the filters are offered; without any, nothing."""
    files = {"Answers as CSV", "Images and answers as NPZ"}
    for wanted, offered in (({}, files), ({"conf": "0.00-0.05"}, set())):
        at = screen.open_page("gallery", run=mine.id, **wanted)
        at.session_state["take-images"] = True
        at.run()
        assert {each.label for each in at.download_button} & files == offered
