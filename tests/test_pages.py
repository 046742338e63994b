"""Every page from an empty store to a finished run, driven without a browser."""

import dataclasses
import gc
import html
import io
import json
import pathlib
import re
import sqlite3
import threading
import time
import types
import urllib.parse
import zipfile
from collections.abc import Iterator

import numpy as np
import pytest
import streamlit as st
from PIL import Image
from streamlit.runtime import pages_manager
from streamlit.testing import v1 as streamlit_testing
from streamlit.testing.v1 import app_test

from mnistdash import artifacts, classifier, datasets, engine, evaluation, recipes, store
from mnistdash.store import database
from mnistdash.ui import frame, recipe_form, state, words

REPO = pathlib.Path(__file__).parents[1]
PAGES = ("overview", "confusion", "gallery", "draw", "train", "compare", "data")
OF_A_RUN = ("overview", "confusion", "gallery", "compare")
TINY = recipes.Recipe(layers="flatten dense16", epochs=2)
# True class, predicted class, how many: 20 errors among the 500 test images of optdigits.
MISTAKES = ((4, 9, 9), (3, 5, 6), (7, 1, 4), (0, 6, 1))


class Pages(pages_manager.PagesManager):
    """Streamlit's pages as a real server knows them.

    `AppTest` forgets before each run that `st.navigation` was called once, and would run a file
    of `pages/` without `app.py` around it.
    """

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **options)
        pages_manager.PagesManager.uses_pages_directory = False


class Trainer:
    """An engine that only notes what it is asked to train."""

    trouble: str | None = None
    ready = True

    def __init__(self, _: store.Store) -> None:
        self.submitted: list[str] = []

    def submit(self, run_id: str) -> None:
        """Note a run."""
        self.submitted.append(run_id)


@pytest.fixture(autouse=True, scope="module")
def frozen() -> Iterator[None]:
    """No search for garbage among what other tests imported.

    `AppTest` has Streamlit search all memory after each run of a page: with TensorFlow's objects in
    it, that takes longer than the page.
    """
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(autouse=True)
def fresh_server(home: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The caches of a server just started, without a worker process."""
    monkeypatch.setattr(app_test, "PagesManager", Pages)
    monkeypatch.setattr(engine, "Engine", Trainer)
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


@pytest.fixture
def db(home: pathlib.Path) -> store.Store:
    """The store that the pages use, with the starter runs in it."""
    opened = store.Store(store.default_url())
    opened.add_starters()
    return opened


@pytest.fixture
def no_runs(db: store.Store) -> store.Store:
    """The store that the pages use, with nothing in it."""
    for run in db.runs():
        db.delete(run.id)
    return db


@pytest.fixture
def mine(db: store.Store) -> store.Run:
    """A finished run on optdigits with the errors of `MISTAKES`, beside the starters."""
    return add_run(db, "mine", MISTAKES)


def add_run(
    db: store.Store, name: str, mistakes: tuple[tuple[int, int, int], ...], *, seed: int = 0
) -> store.Run:
    """Bring a run with known errors through the store, as the trainer would."""
    dataset = datasets.load("optdigits")
    probs = probs_with(dataset.y_test, mistakes)
    answers = evaluation.Evaluation(dataset.y_test, probs)
    target = io.BytesIO()
    np.save(target, probs)
    with zipfile.ZipFile(REPO / "mnistdash" / "starter" / "optdigits.zip") as shipped:
        model = shipped.read("model.tflite")
    run = db.enqueue(dataclasses.replace(TINY, seed=seed), "optdigits", name=name)
    assert db.start(run.id)
    db.finish(
        run.id,
        status="finished",
        artifacts={"probs.npy": target.getvalue(), "model.tflite": model},
        dataset_sha256=dataset.sha256,
        history=[dict.fromkeys(("loss", "accuracy", "val_loss", "val_accuracy"), 0.5)] * 2,
        seconds=1.5,
        test_accuracy=answers.accuracy,
        test_errors=len(answers.errors),
        test_loss=answers.loss,
    )
    return db.run(run.id)


def probs_with(y_true: np.ndarray, mistakes: tuple[tuple[int, int, int], ...]) -> np.ndarray:
    """Answer every image rightly with 0.91, but the first of some classes wrongly with 0.64."""
    probs = np.full((len(y_true), 10), 0.01, np.float32)
    probs[np.arange(len(y_true)), y_true] = 0.91
    for true_class, pred_class, count in mistakes:
        for image in np.flatnonzero(y_true == true_class)[:count]:
            probs[image] = 0.04
            probs[image, pred_class] = 0.64
    return probs


def open_page(name: str, *, ok: bool = True, **params: object) -> streamlit_testing.AppTest:
    """Follow a link to a page in a new session."""
    at = streamlit_testing.AppTest.from_file(REPO / "app.py", default_timeout=30)
    at.query_params.update(params)
    at.run()
    if name != "overview":
        at.switch_page(f"pages/{name}.py").run()
    assert not at.exception
    assert ok is (not at.error)
    return at


def text(at: streamlit_testing.AppTest) -> str:
    """Read all sentences on the screen, with plain spaces and no markup."""
    kinds = (
        "title",
        "header",
        "subheader",
        "markdown",
        "caption",
        "html",
        "info",
        "warning",
        "error",
    )
    found = [element.value for kind in kinds for element in at.get(kind)]
    found += [bar.proto.text for bar in at.get("progress")]
    words = " \n ".join(value for value in found if not value.startswith("<style>"))
    plain = html.unescape(re.sub(r"<[^>]*>|\*\*", "", words))
    return re.sub(r"[^\S\n]", " ", plain)


def tiles(at: streamlit_testing.AppTest, key: str) -> list[str]:
    """Read what the tiles of one component say to a person who can't see them."""
    return json.loads(at.get_by_key(key).proto.json)[0]["alts"]


def doors(at: streamlit_testing.AppTest) -> list[str]:
    """Read the labels of the links on the page, those of the sidebar left out."""
    return [link.label for link in at.page_link]


# --- from empty to finished -----------------------------------------------------------------


@pytest.mark.parametrize("name", ["overview", "confusion", "gallery", "draw", "compare"])
def test_no_run_is_a_sentence_and_a_door(no_runs: store.Store, name: str) -> None:
    """A page that shows a run says that there is none and leads to the Train page."""
    at = open_page(name)
    assert at.title[0].value == name.capitalize()
    assert "There is no finished run yet." in text(at)
    assert doors(at) == ["Train the first one"]


def test_train_page_without_runs_says_where_to_begin(no_runs: store.Store) -> None:
    """The form is ready and the empty table says what to do."""
    at = open_page("train")
    assert "No runs yet. Choose a preset above and press Train." in text(at)
    assert not button(at, "Train").disabled


@pytest.mark.parametrize("name", PAGES)
def test_every_page_shows_the_starter_run(db: store.Store, name: str) -> None:
    """Every page opens on the shipped run with its title, and links to all seven pages.

    There is nothing to warn of: the run was trained on the very images that are here.
    """
    at = open_page(name)
    assert at.title[0].value == name.capitalize()
    assert not at.warning
    (menu,) = json.loads(at.get_by_key("menu").proto.json)
    assert [name or "overview" for name, *_ in menu["pages"]] == list(PAGES)
    assert at.session_state["run"] == "starter-optdigits"
    assert at.query_params["run"] == "starter-optdigits"


@pytest.mark.parametrize("name", PAGES)
def test_every_page_shows_a_run_just_finished(mine: store.Run, name: str) -> None:
    """Every page opens on a run of one's own."""
    at = open_page(name, run=mine.id)
    assert at.title[0].value == name.capitalize()
    assert at.session_state["run"] == mine.id


def test_where_mnist_is_missing_a_line_says_so(db: store.Store) -> None:
    """Without MNIST the sidebar names what stands in and how to get the rest."""
    at = open_page("overview")
    assert json.loads(at.get_by_key("menu").proto.json)[0]["images"] == "optdigits, 500 test images"
    assert "MNIST is not on this machine" in text(at)
    assert "Get MNIST" in [each.label for each in open_page("overview").button]


# --- one run at a glance --------------------------------------------------------------------


def test_overview_states_the_headline_figures(mine: store.Run) -> None:
    """20 errors among 500: 96.00 % with its interval (hand-checked), best and worst class."""
    said = text(open_page("overview", run=mine.id))
    assert "96.00 % 93.90-97.40 %" in said
    assert re.search(r"Errors\s*20 of 500 images", said)
    labels = datasets.load("optdigits").y_test
    fours = int((labels == 4).sum())
    assert re.search(rf"Worst class\s*4 {100 * (1 - 9 / fours):.2f} %", said)
    assert re.search(r"Best class\s*1 100.00 %", said)


def test_overview_ranks_the_confusions(mine: store.Run) -> None:
    """Largest first, in words, with up to three images each; the most confident errors beside."""
    at = open_page("overview", run=mine.id)
    (sent,) = json.loads(at.get_by_key(f"pairs-{mine.id}").proto.json)
    assert [(pair["said"], pair["images"], pair["pictures"]) for pair in sent["pairs"]] == [
        ("4 read as 9", "9 images", 3),
        ("3 read as 5", "6 images", 3),
        ("7 read as 1", "4 images", 3),
        ("0 read as 6", "1 image", 1),
    ]
    assert len(tiles(at, f"confident-{mine.id}")) == 12


def test_a_run_without_errors_is_praised(db: store.Store) -> None:
    """Nothing to show is a sentence, not an empty chart."""
    perfect = add_run(db, "perfect", ())
    assert "100.00 %" in text(open_page("overview", run=perfect.id))
    assert [done.value for done in open_page("overview", run=perfect.id).success]
    for name in ("confusion", "gallery"):
        open_page(name, run=perfect.id)


@pytest.mark.parametrize(
    ("params", "count"),
    [
        ({"true": 4, "pred": 9}, 9),
        ({"true": 3, "pred": 5}, 6),
        ({"true": 0}, 1),
        ({"pred": 1}, 4),
        ({"true": 9, "pred": 4}, 0),
    ],
)
def test_counts_agree_between_pages(mine: store.Run, params: dict[str, int], count: int) -> None:
    """The same filters give the same number of images on the confusion and the gallery page."""
    confusion = open_page("confusion", run=mine.id, **params)
    assert re.search(rf"^ {count} image", text(confusion), re.MULTILINE)
    gallery = open_page("gallery", run=mine.id, **params)
    assert f"{count} of 20 errors of mine" in text(gallery)
    if count:
        assert len(tiles(confusion, "cell-images")) == len(tiles(gallery, "gallery")) == count
    else:
        assert "No image meets these filters" in text(gallery)


def test_every_cell_of_the_starter_agrees(db: store.Store) -> None:
    """For each kind of error of the shipped run the gallery counts what the matrix says."""
    answers = evaluation.Evaluation(
        datasets.load("optdigits").y_test, db.probs("starter-optdigits")
    )
    at = open_page("gallery")
    for pair in answers.pairs():
        at.selectbox(key="true").set_value(pair.true_class)
        at.selectbox(key="pred").set_value(pair.pred_class).run()
        assert f"{pair.count} of {len(answers.errors)} errors" in text(at)
        assert len(tiles(at, "gallery")) == pair.count


def test_rightly_read_images_are_shown_on_request(mine: store.Run) -> None:
    """The switch turns 20 errors into 500 test images, in pages, right and wrong told apart."""
    at = open_page("gallery", run=mine.id)
    at.toggle(key="all").set_value(True).run()
    assert "500 of 500 test images of mine" in text(at)
    assert at.query_params["all"] == "1"
    captions = json.loads(at.get_by_key("gallery").proto.json)[0]["captions"]
    assert captions["right"] == [False] * 20 + [True] * 100, "errors come first"


def test_diagonal_cell_shows_the_rightly_read(mine: store.Run) -> None:
    """True 4 read as 4 is a question about right answers, and is answered."""
    fours = int((datasets.load("optdigits").y_test == 4).sum()) - 9
    at = open_page("confusion", run=mine.id, true=4, pred=4)
    assert f"{fours} images" in text(at)
    gallery = text(open_page("gallery", run=mine.id, true=4, pred=4))
    assert f"{fours} of 500 test images of mine" in gallery


def test_confidence_and_order_filter_the_gallery(mine: store.Run) -> None:
    """All errors have 0.64: a range without it leaves none; the order by index ascends."""
    at = open_page("gallery", run=mine.id, conf="0.70-1.00")
    assert "0 of 20 errors" in text(at)
    at = open_page("gallery", run=mine.id, sort="index", conf="0.60-0.70")
    indices = json.loads(at.get_by_key("gallery").proto.json)[0]["captions"]["indices"]
    assert len(indices) == 20
    assert indices == sorted(indices)


def test_chips_remove_one_filter_each(mine: store.Run) -> None:
    """The cross beside `true 4` leaves `read as 9`, and the other leaves nothing."""
    at = open_page("confusion", run=mine.id, true=4, pred=9)
    at.button(key="chip-true").click().run()
    assert at.session_state["true"] is None
    assert "9 images" in text(at)
    at.button(key="chip-pred").click().run()
    assert "No cell is chosen yet." in text(at)


def test_chip_leaves_what_was_chosen_in_the_same_moment(mine: store.Run) -> None:
    """A class chosen and a chip clicked at once: the chip takes only its own filter away."""
    at = open_page("confusion", run=mine.id, true=4, pred=9)
    at.selectbox(key="pred").set_value(3)
    at.button(key="chip-true").click().run()
    assert (at.session_state["true"], at.session_state["pred"]) == (None, 3)


@pytest.mark.parametrize("name", ["confusion", "gallery"])
def test_class_boxes_have_the_words_of_the_axes(mine: store.Run, name: str) -> None:
    """The boxes are called as the axes of the heatmap are."""
    at = open_page(name, run=mine.id)
    labels = [at.selectbox(key=key).label for key in ("true", "pred")]
    assert labels == ["True class", "Predicted class"]


def test_confusion_has_headings_in_order(mine: store.Run) -> None:
    """One title, and below it nothing but headings of the second level."""
    at = open_page("confusion", run=mine.id, true=4, pred=9)
    assert [title.value for title in at.title] == ["Confusion"]
    assert [header.value for header in at.header] == ["Largest confusions", "9 images"]
    assert not at.subheader


def test_charts_have_names(mine: store.Run) -> None:
    """What the figures say of themselves reaches the page, for people who can't see them."""
    written = [html.proto.body for html in open_page("data").get("html")]
    names = re.findall(r'aria-label="([^":]+)', "".join(written))
    assert set(names) == {"Images in each class", "28x28 pixels as numbers from 0 to 255"}


def test_largest_confusions_show_three_images_each(mine: store.Run) -> None:
    """Nine fours read as 9 come first, with three of their images; the chosen one is marked."""
    at = open_page("confusion", run=mine.id, true=4, pred=9)
    (sent,) = json.loads(at.get_by_key("top-pairs").proto.json)
    first = sent["pairs"][0]
    assert (first["said"], first["images"], first["pictures"]) == ("4 read as 9", "9 images", 3)
    assert first["classes"] == sent["chosen"] == [4, 9]


# --- the card -------------------------------------------------------------------------------


def steps(at: streamlit_testing.AppTest) -> dict[str, object]:
    """Read what the card's buttons were told."""
    return json.loads(at.get_by_key("card-steps").proto.json)[0]


def test_card_says_what_the_image_is(mine: store.Run) -> None:
    """The card of the first error: its number, label and answer, ten bars, eight more to come."""
    first = np.flatnonzero(datasets.load("optdigits").y_test == 4)[0]
    at = open_page("gallery", run=mine.id, true=4, pred=9, index=first)
    said = text(at)
    assert f"#{first} 4 read as 9" in said
    assert said.count("0.64") >= 1
    told = steps(at)
    assert told["label"] == f"Image {first}: 4 read as 9, probability 0.64"
    assert (told["before"], told["after"], told["inside"]) == (0, 8, True)
    assert steps(open_page("gallery", run=mine.id))["label"] is None


def test_image_opens_by_its_index(mine: store.Run) -> None:
    """An index typed opens the card, selected or not, and turns to the page of its tile."""
    at = open_page("gallery", run=mine.id, all=1, sort="index")
    at.text_input(key="wanted_image").set_value("#120").run()
    assert at.session_state["index"] == 120
    assert tiles(at, "gallery")[0].startswith("Image 120:")
    labels = datasets.load("optdigits").y_test
    correct = int(np.flatnonzero(labels == 8)[0])
    at = open_page("gallery", run=mine.id)
    at.text_input(key="wanted_image").set_value(str(correct)).run()
    assert f"#{correct} 8 correct" in text(at)
    assert "Not among the images chosen" in text(at)
    assert (steps(at)["before"], steps(at)["after"], steps(at)["inside"]) == (20, 0, False)


def test_image_chosen_elsewhere_is_on_the_page_shown(mine: store.Run) -> None:
    """A tile of the overview leads to the page of the gallery on which it stands."""
    at = open_page("overview", run=mine.id, all=1, sort="index", page=3)
    at.session_state["going_to_gallery"] = {"index": 130, "page": None}
    at.run()
    page, query = json.loads(at.get_by_key("door").proto.json)
    assert page == "gallery"
    at = open_page("gallery", **dict(urllib.parse.parse_qsl(query)))
    assert at.session_state["index"] == 130
    assert tiles(at, "gallery")[10].startswith("Image 130:")


def test_index_that_no_image_has_is_a_sentence(mine: store.Run) -> None:
    """500 of 500 images opens nothing; the sentence says which numbers do."""
    at = open_page("gallery", run=mine.id)
    at.text_input(key="wanted_image").set_value("500").run()
    assert "Give a whole number from 0 to 499." in text(at)
    assert at.session_state["index"] is None
    at.text_input(key="wanted_image").set_value("499").run()
    assert "Give a whole number" not in text(at)
    assert at.session_state["index"] == 499


def test_card_opens_where_nothing_is_selected(mine: store.Run) -> None:
    """Filters that no image meets leave the way to any image by its index."""
    at = open_page("gallery", run=mine.id, true=9, pred=4)
    at.text_input(key="wanted_image").set_value("7").run()
    assert "No image meets these filters" in text(at)
    assert "#7 " in text(at)


def test_marks_are_explained_where_they_occur(mine: store.Run) -> None:
    """Errors alone have a cross; with correct ones there is a tick too; nothing turned back."""
    at = open_page("gallery", run=mine.id)
    said = text(at)
    assert "✕ wrong: true → predicted class" in said
    assert "✓ correct" not in said
    at.toggle(key="all").set_value(True).run()
    assert "✓ correct" in text(at)
    assert "earlier epoch" not in text(at)


def test_tiles_know_the_true_class(mine: store.Run) -> None:
    """Nine tiles of the cell 4, 9 are captioned with both classes."""
    at = open_page("gallery", run=mine.id, true=4, pred=9)
    captions = json.loads(at.get_by_key("gallery").proto.json)[0]["captions"]
    assert captions["true_names"] == ["4"] * 9
    assert captions["pred_names"] == ["9"] * 9


# --- links ----------------------------------------------------------------------------------


def test_link_chooses_run_filters_and_order(mine: store.Run) -> None:
    """All that a link names stands on the page and in the link afterwards."""
    wanted = {"run": mine.id, "true": "4", "pred": "9", "sort": "index", "conf": "0.10-0.90"}
    at = open_page("gallery", **wanted, all="1")
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
    at = open_page("gallery", **{key: value})
    assert dict(at.query_params) == {"run": "starter-optdigits"}
    assert all_errors(db) in text(at)


@pytest.mark.parametrize(("key", "value"), [("page", "9999"), ("index", "199999")])
def test_a_place_beyond_the_end_is_brought_back(db: store.Store, key: str, value: str) -> None:
    """A page or an image that this data set doesn't have shows the gallery all the same."""
    assert all_errors(db) in text(open_page("gallery", **{key: value}))


def all_errors(db: store.Store) -> str:
    """Write what the gallery says when it shows every error of the shipped run."""
    errors = db.run("starter-optdigits").test_errors
    return f"{errors} of {errors} errors"


@pytest.mark.parametrize("name", OF_A_RUN)
def test_unknown_run_is_said(db: store.Store, name: str) -> None:
    """A link to a run that was deleted says so and shows another one."""
    at = streamlit_testing.AppTest.from_file(REPO / "app.py", default_timeout=30)
    at.query_params["run"] = "deadbeef"
    at.run()
    assert "This run does not exist (any more)" in text(at)
    assert at.session_state["run"] == "starter-optdigits"
    open_page(name, run="deadbeef")


@pytest.mark.parametrize(
    "value",
    ["../../etc/passwd", "\0", "x" * 100_000, "Ⅷ", "UPPER", "a b", "'; --", ["a", "b"] * 500],
)
def test_hostile_run_in_a_link_is_refused(db: store.Store, value: str | list[str]) -> None:
    """What can't be the id of a run is said not to be there; the page shows its default run."""
    at = open_page("overview", run=value)
    assert "This run does not exist (any more)" in text(at)
    assert at.session_state["run"] == "starter-optdigits"
    assert at.query_params["run"] == "starter-optdigits"


def test_unfinished_run_in_a_link_says_why(db: store.Store) -> None:
    """A link to a run that failed names its reason."""
    run = db.enqueue(TINY, "optdigits", name="unlucky")
    db.start(run.id)
    db.finish(run.id, status="failed", reason="The disk is full.")
    assert "unlucky · seed 0 has no results to show: The disk is full. Another" in text(
        open_page("overview", run=run.id)
    )


def test_filters_survive_a_change_of_page(mine: store.Run) -> None:
    """What was chosen in the gallery is chosen on the confusion page and on coming back."""
    at = open_page("gallery", run=mine.id)
    at.selectbox(key="true").set_value(4).run()
    at.switch_page("pages/data.py").run()
    at.switch_page("pages/confusion.py").run()
    assert at.selectbox(key="true").value == 4
    assert "9 images" in text(at)
    assert at.query_params == {"run": mine.id, "true": "4"}


def test_click_with_the_link_of_before_goes_on(mine: store.Run) -> None:
    """A quick second click comes with the link from before the first, and undoes nothing."""
    at = open_page("gallery", run=mine.id)
    before = dict(at.query_params)
    at.selectbox(key="true").set_value(4).run()
    assert at.query_params["true"] == "4"
    at.query_params.clear()
    at.query_params.update(before)
    at.selectbox(key="pred").set_value(9).run()
    assert dict(at.query_params) == {**before, "true": "4", "pred": "9"}


def test_clicked_filter_is_written_where_the_page_ends_early(mine: store.Run) -> None:
    """Where no image meets the filters the page stops early, but not before its link is written."""
    at = open_page("gallery", run=mine.id, true=4)
    at.selectbox(key="pred").set_value(5).run()
    assert "No image meets these filters" in text(at)
    assert dict(at.query_params) == {"run": mine.id, "true": "4", "pred": "5"}


# --- runs that can't be shown ---------------------------------------------------------------


def alter(home: pathlib.Path, statement: str, *values: object) -> None:
    """Change the database behind the store's back."""
    with sqlite3.connect(home / "mnistdash.sqlite3") as connection:
        assert connection.execute(statement, values).rowcount == 1
    connection.close()


@pytest.mark.parametrize("damage", ["substr(data, 1, 500)", "x''", "substr(data, 2) || x'00'"])
@pytest.mark.parametrize("name", OF_A_RUN)
def test_damaged_answers_are_a_sentence(
    home: pathlib.Path, mine: store.Run, name: str, damage: str
) -> None:
    """Altered test probabilities show no number at all, only what is wrong with them."""
    alter(
        home,
        f"UPDATE artifacts SET data = {damage} WHERE run_id = ? AND name = 'probs.npy'",
        mine.id,
    )
    at = open_page(name, run=mine.id)
    assert [warning.value for warning in at.warning] == [
        "The probs.npy of this run is damaged. Train it again."
    ]


def test_missing_answers_are_a_sentence(home: pathlib.Path, mine: store.Run) -> None:
    """A run whose probabilities are gone says so."""
    alter(home, "DELETE FROM artifacts WHERE run_id = ? AND name = 'probs.npy'", mine.id)
    assert "This run has no probs.npy" in text(open_page("overview", run=mine.id))


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("recipe", '{"epochs": 1e400}'),
        ("recipe", '{"layers": "flatten dens16"}'),
        ("recipe", "[" * 50_000),
        ("history", '[{"loss": NaN}]'),
        ("history", "7"),
        ("live", '{"epochs": 0}'),
        ("test_accuracy", 1.5),
        ("status", "splendid"),
    ],
)
def test_damaged_entry_is_listed_and_the_rest_works(
    home: pathlib.Path, mine: store.Run, column: str, value: object
) -> None:
    """A run whose row was altered is listed as unreadable; all pages open on another one."""
    alter(home, f"UPDATE runs SET {column} = ? WHERE id = ?", value, mine.id)
    assert "mine has no results to show: Its entry is damaged" in text(
        open_page("overview", run=mine.id)
    )
    row = next(row for row in table(open_page("train")) if row["id"] == mine.id)
    assert (row["title"], row["texts"]["status"]) == ("mine", "unreadable")
    assert row["remark"].startswith("Its entry is damaged")


@pytest.mark.parametrize("column", ["name", "note"])
@pytest.mark.parametrize("value", [b"\xff\0", 7])
def test_name_that_is_no_text_is_listed_all_the_same(
    home: pathlib.Path, mine: store.Run, column: str, value: object
) -> None:
    """Bytes or a number where a text should be: the run is unreadable, and can be deleted."""
    alter(home, f"UPDATE runs SET {column} = ? WHERE id = ?", value, mine.id)
    at = open_page("train")
    tick(at, mine.id)
    button(at, "Delete").click().run()
    assert mine.id not in [row["id"] for row in table(at)]


def test_run_on_images_that_are_not_here(db: store.Store) -> None:
    """The MNIST starter without MNIST says which file is expected and how to get it."""
    said = text(open_page("overview", run="starter-mnist"))
    assert r"MNIST is not on this machine\: expected mnist.npz in the data folder." in said
    assert "python -m mnistdash data fetch mnist" in said


def test_run_on_other_images_is_marked(home: pathlib.Path, mine: store.Run) -> None:
    """Figures of a run that was trained on other images of that name carry a warning."""
    alter(home, "UPDATE runs SET dataset_sha256 = ? WHERE id = ?", "0" * 64, mine.id)
    assert "differs from the images this run was tested on" in text(
        open_page("overview", run=mine.id)
    )


@pytest.mark.parametrize("content", [b"", b"not a database, by no means" * 100])
def test_broken_database_is_a_sentence(home: pathlib.Path, content: bytes) -> None:
    """A database that is none is named with its remedy, and is left as it is."""
    file = home / "mnistdash.sqlite3"
    file.write_bytes(content)
    at = streamlit_testing.AppTest.from_file(REPO / "app.py", default_timeout=30).run()
    assert not at.exception
    assert [error.value.startswith("The database of runs") for error in at.error] == [True]
    assert file.read_bytes() == content


# --- training -------------------------------------------------------------------------------


def button(at: streamlit_testing.AppTest, label: str) -> object:
    """Find the button with this label."""
    return next(each for each in at.button if each.label == label)


def box(at: streamlit_testing.AppTest, label: str) -> object:
    """Find the input with this label."""
    kinds = ("text_input", "number_input", "selectbox", "toggle", "text_area")
    return next(each for kind in kinds for each in at.get(kind) if each.label == label)


def open_form() -> streamlit_testing.AppTest:
    """Open the Train page with all its fields shown."""
    at = open_page("train")
    at.session_state[recipe_form.FINE] = True
    return at.run()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"Layers": "flatten dens128"}, "`dens128` is not a layer"),
        ({"Layers": "dense128"}, "Put `flatten` or `gap` before it"),
        ({"Layers": "conv8x3"}, "Add `flatten` or `gap` at the end"),
        ({"Layers": "pool14 conv8x3 flatten"}, "needs at least 3 x 3 cells"),
        ({"Layers": "flatten dense4096 dense4096"}, "at most 5,000,000 parameters"),
        ({"Layers": ""}, "must end flat"),
        ({"Momentum (sgd)": "0.9"}, "`momentum` belongs to sgd"),
        ({"Keep": "best"}, "need validation images"),
        ({"Layers": "conv512x3 flatten", "Batch size": "4096"}, "MB are allowed"),
    ],
)
def test_invalid_recipe_is_a_sentence_and_no_button(
    db: store.Store, changes: dict[str, str], sentence: str
) -> None:
    """What is wrong with the form is said beside it, and Train can't be pressed."""
    at = open_form()
    for label, value in changes.items():
        box(at, label).set_value(value)
    at.run()
    assert sentence.replace("`", "") in text(at).replace("`", "")
    assert button(at, "Train").disabled
    assert not at.exception


@pytest.mark.parametrize(
    ("label", "typed", "sentence"),
    [
        ("Epochs", "2000", "epochs must be a whole number between 1 and 200. Received: 2000."),
        ("Epochs", "abc", "epochs must be a whole number between 1 and 200. Received: abc."),
        ("Learning rate", "", "learning_rate must be a number between 0.000001 and 10."),
        ("Batch size", "1,000", "1,000 may be 1000 or a number with decimals."),
        ("Seeds", "9", "seeds must be a whole number between 1 and 8. Received: 9."),
        ("Rotation, degrees", "-1", "rotation must be a number between 0 and 45. Received: -1."),
        ("Patience, epochs", "x\0", "patience must be a whole number between 0 and 100."),
        ("Layers", "flatten\0 dense16", "is not a layer"),
    ],
)
def test_what_cannot_be_read_stays_and_is_said_at_its_field(
    db: store.Store, label: str, typed: str, sentence: str
) -> None:
    """The box keeps what was typed, a sentence below says what was expected, Train is off."""
    at = open_form()
    box(at, label).set_value(typed).run()
    assert box(at, label).value == typed
    assert [sentence in html.unescape(each.value) for each in at.html if "alert" in each.value] == [
        True
    ]
    assert button(at, "Train").disabled
    assert f"Can't be read: {label}" in text(at)
    box(at, label).set_value({"Layers": "flatten"}.get(label, "1")).run()
    assert not button(at, "Train").disabled or label == "Patience, epochs"
    assert not at.exception


def test_fields_out_of_sight_count(db: store.Store) -> None:
    """What was typed into a rare field is trained when it is closed, and stands there again."""
    at = open_form()
    box(at, "Rotation, degrees").set_value("12").run()
    at.session_state[recipe_form.FINE] = False
    at.run()
    assert "Rotation, degrees" not in [each.label for each in at.text_input]
    button(at, "Train").click().run()
    assert [run.recipe.rotation for run in db.runs() if run.under_way] == [12.0]
    at.session_state[recipe_form.FINE] = True
    assert box(at.run(), "Rotation, degrees").value == "12"


@pytest.mark.parametrize(
    ("typed", "read"), [("0,01", 0.01), ("1e-3", 0.001), (" .5 ", 0.5), ("10", 10.0)]
)
def test_rate_is_read_as_people_write_it(db: store.Store, typed: str, read: float) -> None:
    """A comma can be a decimal point, and powers of ten can be written."""
    at = open_page("train")
    box(at, "Learning rate").set_value(typed).run()
    button(at, "Train").click().run()
    assert [run.recipe.learning_rate for run in db.runs() if run.under_way] == [read]


def test_train_reads_what_the_form_holds_when_it_is_pressed(db: store.Store) -> None:
    """Typed and pressed before the page has run again: the new values are trained."""
    at = open_page("train")
    box(at, "Epochs").set_value("3")
    box(at, "Layers").set_value("flatten dense16")
    button(at, "Train").click().run()
    waiting = [run for run in db.runs() if run.under_way]
    assert [(run.name, run.recipe.epochs, run.recipe.layers) for run in waiting] == [
        ("custom", 3, "flatten dense16")
    ]


def test_preset_and_press_at_once_train_the_preset(db: store.Store) -> None:
    """A preset chosen in the same breath as Train is what is trained."""
    at = open_page("train")
    at.selectbox(key="preset").set_value("dense-sgd")
    button(at, "Train").click().run()
    waiting = [run for run in db.runs() if run.under_way]
    assert [(run.name, run.recipe.optimizer) for run in waiting] == [("dense-sgd", "sgd")]


@pytest.mark.parametrize(
    ("label", "typed", "sentence"),
    [
        ("Epochs", "2000", "`epochs` must be a whole number between 1 and 200."),
        ("Batch size", "4096", "at most the number of training images, 1297"),
        ("Seed", "-1", "`seed` must be a whole number between 0 and 4294967295."),
        ("Layers", "flatten dens16", "`dens16` is not a layer"),
    ],
)
def test_press_that_overtakes_the_page_is_refused(
    db: store.Store, label: str, typed: str, sentence: str
) -> None:
    """What can't be trained is refused in a sentence even when Train was still on."""
    at = open_page("train")
    box(at, label).set_value(typed)
    button(at, "Train").click().run()
    assert sentence in " ".join(warning.value for warning in at.warning)
    assert not any(run.under_way for run in db.runs())
    assert not at.exception


def test_valid_recipe_shows_its_layers(db: store.Store) -> None:
    """`flatten dense128 dense128` has 118 282 parameters (the article's figure)."""
    at = open_page("train")
    box(at, "Layers").set_value("flatten dense128 dense128").run()
    said = text(at)
    assert "118 282" in said
    assert "softmax" in said
    assert not button(at, "Train").disabled


def test_preset_fills_the_form(db: store.Store) -> None:
    """A preset sets every field, numbers as people write them."""
    at = open_page("train")
    at.selectbox(key="preset").set_value("dense-sgd").run()
    assert box(at, "Layers").value == "flatten dense128 dense128"
    labels = ("Optimizer", "Epochs", "Learning rate", "Validation share", "Batch size")
    assert [box(at, label).value for label in labels] == ["sgd", "3", "0.01", "0", "32"]


def test_changed_setting_keeps_its_preset_and_can_be_put_back(db: store.Store) -> None:
    """Ten epochs of the tutorial's model are its model still; what differs is said."""
    at = open_page("train")
    at.selectbox(key="train_dataset").set_value("optdigits")
    box(at, "Epochs").set_value("10").run()
    assert at.selectbox(key="preset").value == "dense-tutorial"
    assert "Other than the preset: 10 epochs, images of optdigits" in text(at)
    button(at, "Train").click().run()
    assert "dense-tutorial · seed 0 · 10 epochs · begins" in text(at)
    button(at, "Put back").click().run()
    assert box(at, "Epochs").value == "5"
    assert not at.exception


def test_changed_layers_make_it_custom(db: store.Store) -> None:
    """Other layers are no preset; layers of another preset are that one, changed back the first."""
    at = open_page("train")
    tutorial = box(at, "Layers").value
    for typed, preset in (
        ("flatten dense16", "custom"),
        (f"  {tutorial} ", "dense-tutorial"),
        ("flatten dense512", "dense-wide"),
        ("flatten dens", "custom"),
    ):
        box(at, "Layers").set_value(typed).run()
        assert at.selectbox(key="preset").value == preset
    assert box(at, "Epochs").value == "5"


def test_published_figure_stands_beside_its_own_images_only(
    db: store.Store, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """97.59 % was published for MNIST: nothing is said of it while optdigits is chosen."""
    at = open_page("train")
    assert at.selectbox(key="train_dataset").value == "optdigits"
    assert "published" not in text(at)
    assert "images of optdigits" in text(at)
    preset = recipes.PRESETS["dense-tutorial"].recipe
    finish(db, [db.enqueue(preset, "optdigits", name="dense-tutorial")])
    at.session_state["new_run"] = db.runs()[0].id
    assert "Published" not in text(at.run())
    for_mnist = db.enqueue(dataclasses.replace(preset, seed=3), "mnist", name="dense-tutorial")
    finish(db, [for_mnist])
    at.session_state["new_run"] = for_mnist.id
    assert "Published: 97.59 %" in text(at.run())


def finish(
    db: store.Store, waiting: list[store.Run], accuracies: tuple[float, ...] = (0.96,)
) -> None:
    """Let waiting runs end with these accuracies of 500 images, without any training."""
    for run, accuracy in zip(waiting, accuracies, strict=True):
        assert db.start(run.id)
        db.finish(
            run.id,
            status="finished",
            history=[{"loss": 0.5, "accuracy": 0.9, "val_loss": None, "val_accuracy": None}],
            seconds=1.0,
            test_accuracy=accuracy,
            test_errors=round(500 * (1 - accuracy)),
        )


def test_seeds_are_one_card_with_their_deviation(db: store.Store) -> None:
    """Three seeds: one title, a line and one Stop; 96, 97 and 98 % end as 97.00 ± 1.00 %."""
    at = open_page("train")
    box(at, "Seeds").set_value("3").run()
    button(at, "Train").click().run()
    said = text(at)
    assert said.count("dense-tutorial · seeds 0-2 · 0 of 3 have ended") == 1
    assert "seed 0: begins" in said
    assert "seed 2: waits, 2 ahead" in said
    assert len([each for each in at.button if each.label == "Stop"]) == 1
    waiting = sorted((r for r in db.runs() if r.under_way), key=lambda r: r.recipe.seed)
    finish(db, waiting, (0.96, 0.97, 0.98))
    said = text(at.run())
    assert "dense-tutorial · seeds 0-2: 97.00 ± 1.00 % of the test images" in said
    for seed in range(3):
        assert f"seed {seed}: {96 + seed}.00 %, {20 - 5 * seed} errors" in said
    assert not at.exception


def test_one_stop_ends_all_seeds(db: store.Store) -> None:
    """Stop on three seeds that wait leaves none of them waiting, and says how each ended."""
    at = open_page("train")
    box(at, "Seeds").set_value("3").run()
    button(at, "Train").click().run()
    button(at, "Stop").click().run()
    assert not any(run.under_way for run in db.runs())
    assert text(at).count("Stopped before it began") == 3


def test_stop_of_a_running_training_is_said_at_once(db: store.Store) -> None:
    """The page that follows Stop says that it stops, and offers no second Stop."""
    run = db.enqueue(TINY, "optdigits", name="busy")
    db.start(run.id)
    at = open_page("train")
    button(at, "Stop").click().run()
    assert "busy · seed 0 · stopping" in text(at)
    assert button(at, "Stop").disabled
    db.finish(run.id, status="cancelled", reason="Stopped")
    assert "busy · seed 0: Stopped." in text(at.run())


def test_seed_beyond_the_last_is_refused(db: store.Store) -> None:
    """The largest seed can be trained once, not twice."""
    at = open_page("train")
    box(at, "Seed").set_value(str(2**32 - 1)).run()
    assert not button(at, "Train").disabled
    box(at, "Seeds").set_value("2").run()
    assert button(at, "Train").disabled
    assert "`seed` must be a whole number" in text(at)


def test_names_are_plain_text(db: store.Store) -> None:
    """A run's name that looks like Markdown is shown as it is, and nothing is fetched for it."""
    run = db.enqueue(TINY, "optdigits", name="![](http://x/y) :red[*b*]")
    at = open_page("train")
    (bar,) = [each for each in at.get("progress") if "ahead" in each.proto.text or "begins" in
              each.proto.text]  # fmt: skip
    assert words.plain("![](http://x/y) :red[*b*]") in bar.proto.text
    db.request_cancel(run.id)


def test_form_survives_a_change_of_page(db: store.Store) -> None:
    """Settings that were changed are still there after a look at another page."""
    at = open_page("train")
    box(at, "Layers").set_value("flatten dense16")
    box(at, "Epochs").set_value("2").run()
    at.switch_page("pages/overview.py").run()
    at.switch_page("pages/train.py").run()
    assert (box(at, "Layers").value, box(at, "Epochs").value) == ("flatten dense16", "2")
    assert not at.exception


def test_training_images_are_not_read_to_count_them(
    db: store.Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page knows how many there are, and leaves them where they are."""

    def refuse(_: datasets.Dataset) -> None:
        pytest.fail("the page read training images")

    monkeypatch.setattr(datasets.Dataset, "x_train", property(refuse))
    monkeypatch.setattr(datasets.Dataset, "num_train", 1297)
    at = open_page("train")
    button(at, "Train").click().run()
    assert any(run.under_way for run in db.runs())


def test_train_asks_for_one_run(db: store.Store) -> None:
    """Pressing Train twice in one session and once in another asks for one training."""
    at = open_page("train")
    button(at, "Train").click().run()
    button(at, "Train").click().run()
    other = open_page("train")
    button(other, "Train").click().run()
    waiting = [run for run in db.runs() if run.under_way]
    assert [(run.name, run.dataset) for run in waiting] == [("dense-tutorial", "optdigits")]
    assert not at.exception
    assert not other.exception


def test_who_waits_is_told_how_many_are_ahead(db: store.Store) -> None:
    """Two trainings: the first begins, the second waits with one ahead."""
    at = open_page("train")
    button(at, "Train").click().run()
    box(at, "Seed").set_value("7").run()
    button(at, "Train").click().run()
    said = text(at)
    assert "dense-tutorial · seed 0 · begins" in said
    assert "dense-tutorial · seed 7 · waits" in said
    assert "waits, 1 ahead" in said


def test_ninth_waiting_training_is_refused(db: store.Store) -> None:
    """Eight trainings may wait beside the one that runs; the next is told so."""
    first = db.enqueue(TINY, "optdigits", name="running")
    db.start(first.id)
    for seed in range(1, 9):
        db.enqueue(dataclasses.replace(TINY, seed=seed), "optdigits", name="waiting")
    at = open_page("train")
    button(at, "Train").click().run()
    assert "8 trainings wait already. Try again when one has ended." in text(at)
    assert len(db.runs()) == 2 + 9
    assert not at.exception


def test_batch_larger_than_the_images_is_refused(db: store.Store) -> None:
    """A batch of 4096 doesn't fit the 1297 training images of optdigits, and that is said."""
    at = open_page("train")
    box(at, "Batch size").set_value("4096").run()
    assert button(at, "Train").disabled
    assert "at most the number of training images, 1297" in text(at)
    assert not any(run.under_way for run in db.runs())


def test_stop_cancels_a_waiting_run(db: store.Store) -> None:
    """Stop on a run that waits ends it at once, and the page says so."""
    at = open_page("train")
    button(at, "Train").click().run()
    button(at, "Stop").click().run()
    assert [run.status for run in db.runs() if "starter" not in run.id] == ["cancelled"]
    assert "Stopped before it began" in text(at)
    assert not at.exception


def test_running_training_shows_its_progress(db: store.Store) -> None:
    """A run in the middle of its second epoch is shown so on any page and with curves here."""
    run = db.enqueue(TINY, "optdigits", name="busy")
    db.start(run.id)
    samples = [(0.5, 1.2, 0.5), (1.0, 0.9, 0.7), (1.5, 0.8, 0.8)]
    db.report(
        run.id, store.Live(epoch=1, epochs=2, step=5, steps=10, seconds=30.0, samples=samples)
    )
    at = open_page("train")
    assert "busy · seed 0 · epoch 2 of 2, 10 s left" in text(at)
    charts = json.loads(at.get_by_key("training-curves").proto.json)[0]["charts"]
    assert [len(line["points"]) for chart in charts for line in chart["lines"]] == [3, 3]
    assert "Training busy" in text(open_page("overview"))


def test_first_figures_are_on_the_page_that_follows_the_click(
    db: store.Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that reports a fifth of a second after the click is seen without another look."""

    def report(run_id: str) -> None:
        db.start(run_id)
        db.report(run_id, store.Live(epochs=5, steps=10, samples=[(0.0, None, None)]))

    def submit(trainer: Trainer, run_id: str) -> None:
        threading.Timer(0.2, report, (run_id,)).start()

    monkeypatch.setattr(Trainer, "submit", submit)
    at = open_page("train")
    button(at, "Train").click().run()
    assert "epoch 1 of 5" in text(at)


def test_trainer_that_did_not_start_is_said(
    db: store.Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a worker the page gives the reason, offers no training, and still lists runs."""
    monkeypatch.setattr(Trainer, "trouble", "The trainer did not start (OSError); see the log.")
    at = open_page("train")
    assert "The trainer did not start (OSError); see the log." in text(at)
    assert button(at, "Train").disabled
    assert len(table(at)) == 2


# --- the table of runs ----------------------------------------------------------------------


def table(at: streamlit_testing.AppTest) -> list[dict]:
    """Read the lines of the table as they are sent to the browser."""
    return json.loads(at.get_by_key("run-table").proto.json)[0]["rows"]


def tick(at: streamlit_testing.AppTest, *ids: object) -> None:
    """Say, as the browser does, which runs are chosen in the table."""
    at.session_state["run-table"] = {"chosen": list(ids)}
    at.run()
    assert not at.exception


def labels(at: streamlit_testing.AppTest) -> list[str]:
    """Read what the buttons, doors and boxes that open on the page are called."""
    popovers = [each.proto.popover.label for each in at.get("popover")]
    return [each.label for each in at.button] + doors(at) + popovers


def test_table_lists_runs_newest_first(mine: store.Run) -> None:
    """Title, status, accuracy and errors of each run, the newest on top, numbers as numbers."""
    rows = table(open_page("train"))
    assert [row["id"] for row in rows] == [mine.id, "starter-optdigits", "starter-mnist"]
    assert rows[0]["title"] == "mine · seed 0"
    assert rows[0]["texts"]["accuracy"].replace("\u2009", " ") == "96.00 %"
    assert (rows[0]["texts"]["status"], rows[0]["texts"]["errors"]) == ("finished", "20")
    assert rows[0]["values"]["errors"] == 20


def test_versions_are_shown_of_a_chosen_run(mine: store.Run) -> None:
    """What made a run is said below its curves, and nothing where nobody noted it."""
    at = open_page("train")
    tick(at, "starter-optdigits")
    assert re.search(r"Made with .*tensorflow 2\.21\.0, keras 3\.15\.1", text(at))
    tick(at, mine.id)
    assert "Made with" not in text(at)


@pytest.mark.parametrize("said", ["all", 7, {"0": 1}, [[]], [None, 3], ["no-such-run", "../x"]])
def test_what_no_run_is_called_chooses_nothing(mine: store.Run, said: object) -> None:
    """A browser that sends nonsense is shown the page without any run chosen."""
    at = open_page("train")
    at.session_state["run-table"] = {"chosen": said}
    at.run()
    assert not at.exception
    assert "Tick runs to show" in text(at)
    assert "Delete" not in labels(at)


def test_rename_in_the_table(db: store.Store, mine: store.Run) -> None:
    """A new name stands in the table and in the run picker; an empty one changes nothing."""
    at = open_page("train")
    tick(at, mine.id)
    box(at, "Name").set_value("better")
    box(at, "Note").set_value("two lines\nand more")
    button(at, "Save").click().run()
    assert (db.run(mine.id).name, db.run(mine.id).note) == ("better", "two lines\nand more")
    assert table(at)[0]["name"] == "better"
    assert any("better" in option for option in at.selectbox(key="run").options)
    box(at, "Name").set_value("  ")
    button(at, "Save").click().run()
    assert db.run(mine.id).name == "better"
    assert "A run needs a name of 1 to 60 characters." in text(at)
    assert not at.exception


def test_control_characters_are_left_out(db: store.Store, mine: store.Run) -> None:
    """NUL, bell and escape reach no database, and the page says that they are gone."""
    at = open_page("train")
    tick(at, mine.id)
    box(at, "Name").set_value("be\0tt\x1ber")
    box(at, "Note").set_value("a\0b\x07\nc")
    button(at, "Save").click().run()
    assert (db.run(mine.id).name, db.run(mine.id).note) == ("better", "ab\nc")
    assert "Characters that can't be shown were left out." in text(at)


def test_delete_names_the_run_and_removes_it(db: store.Store, mine: store.Run) -> None:
    """Asked with title, accuracy and time; then gone from table and picker, no tick left."""
    viewer = open_page("overview", run=mine.id)
    at = open_page("train")
    tick(at, mine.id)
    asked = [each.value for each in at.text]
    assert len(asked) == 1
    assert asked[0].replace("\u2009", " ").startswith("Delete mine · seed 0, 96.00 %, made 20")
    button(at, "Delete").click().run()
    assert db.run(mine.id) is None
    assert mine.id not in [row["id"] for row in table(at)]
    assert "Tick runs to show" in text(at)
    viewer.run()
    assert not viewer.exception
    assert "This run does not exist (any more)" in text(viewer)
    tick(at, "starter-optdigits")
    assert {"Show", "Delete", "Pin"} <= set(labels(at)), "the next one ticked has its actions"


def test_delete_takes_only_what_is_named_and_still_chosen(db: store.Store, mine: store.Run) -> None:
    """Of two runs in the question one was unticked since, and a third ticked: one goes."""
    second = add_run(db, "second", MISTAKES, seed=1)
    third = add_run(db, "third", MISTAKES, seed=2)
    at = open_page("train")
    tick(at, mine.id, second.id)
    question = button(at, "Delete")
    at.session_state["run-table"] = {"chosen": [second.id, third.id]}
    question.click().run()
    assert db.run(second.id) is None
    assert db.run(mine.id) is not None
    assert db.run(third.id) is not None
    assert not at.exception


def test_training_under_way_is_stopped_before_it_is_deleted(
    db: store.Store, mine: store.Run
) -> None:
    """Of a run that waits and one that finished, Delete takes the second; Stop ends the first."""
    waiting = db.enqueue(TINY, "optdigits", name="waiting")
    at = open_page("train")
    tick(at, waiting.id, mine.id)
    button(at, "Delete").click().run()
    assert db.run(mine.id) is None
    assert db.run(waiting.id).status == "queued"
    tick(at, waiting.id)
    stop = next(each for each in at.button if (each.key or "").startswith("_stop_chosen"))
    stop.click().run()
    assert db.run(waiting.id).status == "cancelled"
    assert table(at)[0]["texts"]["status"] == "stopped"


def test_all_trainings_are_stopped_at_once(db: store.Store) -> None:
    """Stop all names each of three and stops them; with one alone under way there is none."""
    waiting = [
        db.enqueue(dataclasses.replace(TINY, seed=seed), "optdigits", name="waiting")
        for seed in range(3)
    ]
    at = open_page("train")
    assert "Stop all" in labels(at)
    button(at, "Stop them").click().run()
    assert {db.run(run.id).status for run in waiting} == {"cancelled"}
    assert {row["texts"]["status"] for row in table(at)[:3]} == {"stopped"}
    db.enqueue(TINY, "optdigits", name="one")
    assert "Stop all" not in labels(at.run())


def test_pin_and_unpin(db: store.Store, mine: store.Run) -> None:
    """A pinned run stands on top until it is let go."""
    at = open_page("train")
    tick(at, "starter-optdigits")
    button(at, "Pin").click().run()
    assert table(at)[0]["id"] == "starter-optdigits"
    button(at, "Unpin").click().run()
    assert table(at)[0]["id"] == mine.id


def test_two_finished_runs_of_the_same_images_are_compared(
    db: store.Store, mine: store.Run
) -> None:
    """Compare leads to both; for other choices it is off and says why."""
    second = add_run(db, "second", MISTAKES, seed=1)
    at = open_page("train")
    tick(at, mine.id, second.id)
    link = next(
        each for each in at.page_link if each.label == "Compare" and each.proto.query_string
    )
    assert set(link.proto.query_string.split("&")) == {f"run={second.id}", f"other={mine.id}"}
    for ids, reason in (
        ((mine.id, "starter-mnist"), "of the same images"),
        ((mine.id, second.id, "starter-optdigits"), "3 are chosen"),
    ):
        tick(at, *ids)
        assert button(at, "Compare").disabled
        assert reason in button(at, "Compare").help


def test_seeds_of_one_request_are_one_group(db: store.Store) -> None:
    """Two seeds asked for together are one line with both below it."""
    for seed in range(2):
        db.enqueue(
            dataclasses.replace(TINY, seed=seed), "optdigits", name="pair", request="abcd1234"
        )
    group = table(open_page("train"))[0]
    assert (group["title"], len(group["seeds"])) == ("pair · seeds 0-1", 2)


def test_settings_of_a_run_go_into_the_form(mine: store.Run) -> None:
    """A run's recipe can be taken to change one thing."""
    at = open_page("train")
    tick(at, mine.id)
    button(at, "Use its settings").click().run()
    assert (box(at, "Layers").value, box(at, "Epochs").value) == ("flatten dense16", "2")
    assert at.selectbox(key="preset").value == "custom"


def test_finished_run_can_be_downloaded(mine: store.Run) -> None:
    """The files that a run has are offered, and its recipe."""
    at = open_page("train")
    tick(at, mine.id)
    labels = {each.label for each in at.download_button}
    assert {"LiteRT model", "Test probabilities", "Recipe"} <= labels
    assert "Keras model" not in labels, "this run has none"


# --- the other pages ------------------------------------------------------------------------


def test_compare_counts_what_changed(db: store.Store, mine: store.Run) -> None:
    """20 errors here, 6 there, 3 of them the same images: 3 fixed, 17 broken, 3 both wrong."""
    other = add_run(db, "other", ((4, 9, 3), (1, 2, 3)), seed=1)
    said = text(open_page("compare", run=mine.id, other=other.id))
    assert re.search(r"Fixed\s*3 only the other is wrong", said)
    assert re.search(r"Broken\s*17 only mine · seed 0 is wrong", said)
    assert re.search(r"Both are wrong\s*3 ", said)
    assert "p = 0.003" in said, "McNemar, 3 against 17: 2 * 1351 / 2**20 = 0.0026"


def test_compare_without_another_run_has_a_door(db: store.Store) -> None:
    """One finished run on this data set can't be compared, and the page says where to go."""
    at = open_page("compare")
    assert "There is no other finished run on optdigits" in text(at)
    assert doors(at) == ["Train another"]


def test_data_page_counts_and_shows_numbers(db: store.Store) -> None:
    """1297 training and 500 test images; an image's label and one-hot vector agree."""
    at = open_page("data")
    said = text(at)
    assert re.search(r"Training images\s*1 297 ", said)
    assert re.search(r"Test images\s*500 ", said)
    at.text_input(key="data_index-optdigits").set_value("500").run()
    assert "Test image must be a whole number between 0 and 499. Received: 500." in text(at)
    at.text_input(key="data_index-optdigits").set_value("17").run()
    label = int(datasets.load("optdigits").y_test[17])
    assert f"Label {label}" in text(at)
    assert " ".join("1" if c == label else "0" for c in range(10)) in text(at)


def test_own_data_set_is_offered_and_marked(
    db: store.Store, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of one's own in the data folder is shown with its class names, as unverified."""
    monkeypatch.setenv("MNISTDASH_DATA", str(tmp_path))
    images = np.zeros((20, 28, 28), np.uint8)
    labels = np.arange(20) % 10
    names = np.array([f"leaf {c}" for c in range(10)])
    np.savez(
        tmp_path / "leaves.npz",
        x_train=images, y_train=labels, x_test=images, y_test=labels, class_names=names,
    )  # fmt: skip
    at = open_page("data")
    at.selectbox(key="data_name").set_value("leaves").run()
    assert not at.exception
    assert "Image 3: leaf 3" in tiles(at, "samples-leaves")
    assert "not against known sums" in text(at)


def test_data_page_says_how_a_file_was_read_and_which_were_not(
    db: store.Store, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pixels of 0-1 become 0-255 and that is said; a text beside them is named with its reason."""
    monkeypatch.setenv("MNISTDASH_DATA", str(tmp_path))
    images = np.zeros((30, 28, 28), np.float32)
    images[:, 4:24, 13:15] = np.linspace(0.2, 1, 30)[:, None, None]
    labels = np.arange(30) % 3
    np.savez(tmp_path / "three.npz", x_train=images, y_train=labels, x_test=images, y_test=labels,
             class_names=np.array(["<b>one</b>", "two", "three"]))  # fmt: skip
    (tmp_path / "broken.npz").write_text("only words")
    at = open_page("data")
    at.selectbox(key="data_name").set_value("three").run()
    assert not at.exception
    said = text(at)
    assert "0-1" in said
    assert "255" in said
    assert [e.label for e in at.expander if e.label] == ["Not offered: 1 file in the data folder"]
    assert "broken" in said
    assert len(tiles(at, "samples-three")) == 3 * 8


def test_damaged_data_set_is_a_sentence(
    db: store.Store, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A truncated file gives its name and the remedy on the Data page and on Train."""
    monkeypatch.setenv("MNISTDASH_DATA", str(tmp_path))
    (tmp_path / "mnist.npz").write_bytes(b"PK\x03\x04 and no more")
    at = open_page("data")
    at.selectbox(key="data_name").set_value("mnist").run()
    assert not at.exception
    assert "mnist.npz can't be used" in text(at)
    at = open_page("train")
    at.selectbox(key="train_dataset").set_value("mnist").run()
    assert not at.exception
    assert button(at, "Train").disabled
    assert "mnist.npz can't be used" in text(at)


def test_two_visitors_get_two_pages() -> None:
    """Streamlit notes on a page that it may run: the note of one visitor is none of another's."""
    first, second = (frame.page("pages/draw.py", "Two") for _ in range(2))
    first._can_be_called = True
    assert not getattr(second, "_can_be_called", False)
    assert not getattr(frame.page("pages/draw.py", "Two"), "_can_be_called", False)


def test_data_page_does_not_wait_for_the_training_images(
    db: store.Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While they are read the page stands with all else, and says what it waits for."""
    read, go_on = datasets.pixel_moments, threading.Event()
    monkeypatch.setattr(datasets, "pixel_moments", lambda name: (go_on.wait(60), read(name))[1])
    at = open_page("data")
    assert "The training images are being counted." in text(at)
    assert re.search(r"Training images\s*1 297 ", text(at))
    go_on.set()
    await_facts("optdigits")
    assert re.search(r"Mean pixel\s*\d+\.\d\d ", text(at.run()))
    assert "being counted" not in text(at)


def await_facts(name: str) -> None:
    """Wait until all that the training images tell is known."""
    dataset = datasets.load(name)
    for _ in range(600):
        if state.training_facts_known(dataset):
            return
        time.sleep(0.1)
    raise AssertionError("The training images are not counted.")


def test_damaged_training_part_is_a_sentence(
    db: store.Store, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Images altered in the training part only are named wherever they are asked for."""
    monkeypatch.setenv("MNISTDASH_DATA", str(tmp_path))
    shared = REPO.parent / "shared" / "data" / "mnist.npz"
    if not shared.is_file():
        pytest.skip("No ../shared/data beside the repository: real MNIST is not tested here.")
    with np.load(shared) as archive:
        arrays = {name: archive[name] for name in archive}
    arrays["x_train"][0, 0, 0] ^= 1
    np.savez(tmp_path / "mnist.npz", **arrays)
    for name in PAGES:
        open_page(name, run="starter-mnist")
    at = open_page("data")
    at.selectbox(key="data_name").set_value("mnist").run()
    assert not at.exception
    await_facts("mnist")
    assert "mnist.npz can't be used" in text(at.run())
    at = open_page("train")
    at.selectbox(key="train_dataset").set_value("mnist").run()
    assert not at.exception


def test_empty_canvas_says_so(db: store.Store) -> None:
    """Before anything is drawn the page says what to do, and answers nothing."""
    assert "The canvas is empty." in text(open_page("draw"))


def test_any_finished_run_answers_drawings(mine: store.Run) -> None:
    """The drawing page begins with the MNIST starter and offers every finished run."""
    at = open_page("draw")
    choice = at.multiselect(key="draw_runs")
    assert choice.value == ["starter-mnist"]
    assert len(choice.options) == 3


@pytest.mark.parametrize("tells_layers", [True, False])
def test_why_offers_what_a_model_has(
    mine: store.Run, monkeypatch: pytest.MonkeyPatch, tells_layers: bool
) -> None:
    """Which pixels carry the answer, always; where no layer is named, what is missing is said."""
    if not tells_layers:
        monkeypatch.setattr(classifier, "_layers", lambda model: classifier._NoLayers())
    at = open_page("draw")
    at.multiselect(key="draw_runs").set_value([mine.id]).run()
    at.session_state["sample_digit"] = ("optdigits", 0)
    at.session_state["why"] = True
    at.run()
    assert not at.exception
    said = text(at)
    assert "Which pixels carry the answer" in said
    assert ("Of the first 1 297 training images" in said) is tells_layers
    assert ("strongest channels" in said) is tells_layers
    assert ("This model does not tell what its last layer receives." in said) is not tells_layers
    assert ("This model has no layers that keep the image's form." in said) is not tells_layers


DAMAGE_MODEL = "UPDATE artifacts SET data = x'00' WHERE run_id = ? AND name = 'model.tflite'"


def keep_drawings(db: store.Store, labels: tuple[int, ...]) -> None:
    """Keep the same upright stroke under these labels; it was read as a 1."""
    image = np.zeros((28, 28), np.uint8)
    image[4:24, 13:15] = 255
    for label in labels:
        db.keep_drawing(image, label, strokes=[], answer=1, confidence=0.9, run_name="starter")


def test_damaged_drawings_break_no_page(home: pathlib.Path, db: store.Store) -> None:
    """Of two drawings one is damaged, then both: the other is shown, then a sentence is."""
    keep_drawings(db, (1, 7))
    first, second = db.drawing_ids()
    alter(home, "UPDATE drawings SET image = x'00' WHERE id = ?", first)
    assert len(tiles(open_page("draw"), "my-digits")) == 1
    alter(home, "UPDATE drawings SET image = x'00' WHERE id = ?", second)
    st.cache_resource.clear()  # as after a restart: what was read whole stays readable until then
    assert "My digits" not in [head.value for head in open_page("draw").header]
    for name in ("overview", "confusion", "gallery", "compare"):
        assert "None of the drawings kept can be read" in text(open_page(name, set="drawings"))


def test_drawing_kept_meanwhile_breaks_no_page(
    db: store.Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody keeps a drawing between the two reads of a page: it is shown the next time."""
    keep_drawings(db, (1, 7))
    known = db.drawing_ids()[:1]
    monkeypatch.setattr(store.Store, "drawing_ids", lambda self: known)
    assert len(tiles(open_page("draw"), "my-digits")) == 1


def test_compare_on_drawings_shows_accuracies_on_drawings(db: store.Store, mine: store.Run) -> None:
    """Of a one kept as 1 and once as 7 a run reads at most one correctly: 0 or 50 %."""
    keep_drawings(db, (1, 7))
    other = add_run(db, "other", (), seed=1)
    said = text(open_page("compare", run=mine.id, other=other.id, set="drawings"))
    assert re.search(r"Accuracy\s*(0|50)\.00 %", said), said


def test_several_digits_and_a_damaged_model_are_a_sentence(
    home: pathlib.Path, mine: store.Run
) -> None:
    """A picture of two digits, read by a run whose model is damaged, says so."""
    alter(home, DAMAGE_MODEL, mine.id)
    sheet = np.full((100, 160), 235, np.uint8)
    sheet[20:80, 40:46] = sheet[20:80, 110:116] = 20
    target = io.BytesIO()
    Image.fromarray(sheet).save(target, "PNG")
    at = open_page("draw")
    at.multiselect(key="draw_runs").set_value([mine.id]).run()
    at.get_by_key("draw_source").set_value("Upload").run()
    at.file_uploader(key="upload").upload("two.png", target.getvalue(), "image/png").run()
    assert not at.exception
    assert "The model.tflite of this run is damaged." in text(at)


def test_text_renamed_png_is_a_sentence(db: store.Store) -> None:
    """An upload that is no picture is refused in words."""
    at = open_page("draw")
    at.get_by_key("draw_source").set_value("Upload").run()
    at.file_uploader(key="upload").upload("digit.png", b"just words", "image/png").run()
    assert not at.exception
    assert "not a PNG, JPEG, WebP, BMP or GIF picture" in text(at)


@pytest.mark.parametrize("name", ["../../x.png", "<img src=x onerror=alert(1)>.png", "=cmd|'.png"])
def test_name_of_an_upload_is_shown_nowhere(db: store.Store, name: str) -> None:
    """An animation under a hostile name is answered, its first picture; the name is not used."""
    sheet = np.full((60, 60), 230, np.uint8)
    sheet[10:50, 28:33] = 20
    target = io.BytesIO()
    pictures = [Image.fromarray(sheet), Image.fromarray(sheet.T)]
    pictures[0].save(target, "GIF", save_all=True, append_images=pictures[1:])
    at = open_page("draw")
    at.get_by_key("draw_source").set_value("Upload").run()
    at.file_uploader(key="upload").upload(name, target.getvalue(), "image/gif").run()
    assert not at.exception
    kinds = ("markdown", "caption", "html", "warning")
    said = "".join(element.value for kind in kinds for element in at.get(kind))
    assert "Its first picture is read." in said
    assert 'aria-live="polite">1<' in said
    assert name not in said


# --- any number of classes, called anything -----------------------------------------------------

HOSTILE = ("<b>ant</b>", "**bee** [x](y)")
LETTERS = (*"abcdefghijklmnopqrstuvwxy", "<i>*z*</i>")


def few_or_many(
    folder: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
    db: store.Store,
    names: tuple[str, ...],
) -> store.Run:
    """Bring images of one's own with these classes, and a run that reads one last as the first."""
    classes = len(names)
    labels = np.tile(np.arange(classes, dtype=np.uint8), 3)
    images = np.random.default_rng(0).integers(0, 255, (len(labels), 28, 28), dtype=np.uint8)
    write_images(folder / "own.npz", images, labels, names)
    monkeypatch.setenv("MNISTDASH_DATA", str(folder))
    probs = np.full((len(labels), classes), 0.2 / (classes - 1), np.float32)
    probs[np.arange(len(labels)), labels] = 0.8
    probs[classes - 1] = np.roll(probs[classes - 1], 1)
    target = io.BytesIO()
    np.save(target, probs)
    run = db.enqueue(dataclasses.replace(TINY, classes=classes), "own", name="mine")
    assert db.start(run.id)
    answers = evaluation.Evaluation(labels, probs)
    db.finish(
        run.id,
        status="finished",
        artifacts={"probs.npy": target.getvalue(), "model.tflite": b"none"},
        dataset_sha256=datasets.load("own").sha256,
        history=[dict.fromkeys(("loss", "accuracy", "val_loss", "val_accuracy"), 0.5)] * 2,
        seconds=1.5,
        test_accuracy=answers.accuracy,
        test_errors=1,
        test_loss=answers.loss,
    )
    return db.run(run.id)


def write_images(
    path: pathlib.Path, images: np.ndarray, labels: np.ndarray, names: tuple[str, ...]
) -> None:
    """Write images, the same to learn from and to test with, with their classes' names."""
    np.savez(
        path, x_train=images, y_train=labels, x_test=images, y_test=labels, class_names=names
    )  # fmt: skip


@pytest.mark.parametrize("names", [HOSTILE, LETTERS], ids=("2", "26"))
def test_pages_of_two_and_of_many_classes(
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
    db: store.Store,
    names: tuple[str, ...],
) -> None:
    """Every page opens, with a cell and a card; a class beyond the last one is forgotten."""
    run = few_or_many(tmp_path, monkeypatch, db, names)
    last = len(names) - 1
    for page in OF_A_RUN:
        at = open_page(page, run=run.id, true=last, pred=0, index=last)
        assert not at.exception
    at = open_page("gallery", run=run.id, true=61, pred=len(names), index=last)
    assert (at.session_state["true"], at.session_state["pred"]) == (None, None)
    at = open_page("data")
    at.selectbox(key="data_name").set_value("own").run()
    assert not at.exception


def test_class_names_are_plain_text_in_chips(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, db: store.Store
) -> None:
    """What is Markdown in a name is shown as it stands, not in bold or as a link."""
    run = few_or_many(tmp_path, monkeypatch, db, HOSTILE)
    at = open_page("gallery", run=run.id, true=1)
    assert at.button(key="chip-true").label == r"true \*\*bee\*\* \[x\](y)"


def test_card_shows_the_true_class_among_the_ten_likeliest(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, db: store.Store
) -> None:
    """Of 26 classes ten have a bar, and the true one, here the least likely, the eleventh."""
    run = few_or_many(tmp_path, monkeypatch, db, LETTERS)
    probs = np.array(db.probs(run.id))
    probs[25] = np.linspace(26, 1, 26) / 351
    monkeypatch.setattr(store.Store, "probs", lambda *_: probs)
    at = open_page("gallery", run=run.id, index=25)
    bars = next(e.value for e in at.get("html") if 'class="bars"' in e.value)
    assert bars.count('class="row') == 11
    assert "&lt;i&gt;*z*&lt;/i&gt; ✓" in bars
    ranked = next(e.value for e in at.get("markdown") if e.value.startswith("1. a: "))
    assert ranked.splitlines()[-1].startswith(r"26) \<i\>\*z\*\</i\>: 0.0028")


def test_images_replaced_by_others_of_fewer_classes(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, db: store.Store
) -> None:
    """Answers of 26 classes to images that have two by now: a sentence on every page of the run."""
    run = few_or_many(tmp_path, monkeypatch, db, LETTERS)
    images = np.zeros((78, 28, 28), np.uint8)
    images[:, 4, 4] = range(1, 79)
    write_images(tmp_path / "own.npz", images, np.arange(78, dtype=np.uint8) % 2, HOSTILE)
    datasets.forget()
    for page in OF_A_RUN:
        at = open_page(page, run=run.id, true=25)
        assert "do not fit" in text(at)
    assert state.class_names(run) == tuple(map(str, range(26)))


def test_draw_shows_class_names_as_they_are(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, db: store.Store
) -> None:
    """In the answer, its bars, the sentence of doubt and a sample's label: no HTML, no Markdown."""
    run = few_or_many(tmp_path, monkeypatch, db, HOSTILE)
    even = types.SimpleNamespace(
        probs=lambda images: np.full((len(images), 2), 0.5, np.float32), num_classes=2
    )
    monkeypatch.setattr(state, "load_classifier", lambda _: even)
    at = open_page("draw", run=run.id)
    next(button for button in at.button if button.label == "Sample").click().run()
    assert not at.exception
    reading = next(e.value for e in at.get("html") if 'class="reading"' in e.value)
    assert "<b>ant" not in reading
    assert "nearly as much like **bee** [x](y) as like &lt;b&gt;ant" in reading
    label = next(e.value for e in at.get("markdown") if "labelled" in e.value)
    assert label.split("labelled ")[1] in (r"**\<b\>ant\</b\>**", r"**\*\*bee\*\* \[x\](y)**")
    assert not [button for button in at.button if button.label == "Keep"]


# --- runs that were brought, and what each of them has ------------------------------------------

LOOKS = ("overview", "confusion", "gallery", "compare")


def bring(
    db: store.Store,
    name: str,
    *,
    keep: str,
    dataset: str = "optdigits",
    sha256: str | None = None,
) -> store.Run:
    """Bring a run with the errors of `MISTAKES`, of which "probs", "sure" or "answers" are kept."""
    images = datasets.load("optdigits")
    probs = probs_with(images.y_test, MISTAKES)
    y_pred, confidence = probs.argmax(axis=1), probs.max(axis=1)
    kept = {
        "probs": {artifacts.PROBS: artifacts.write_probs(probs)},
        "sure": {artifacts.ANSWERS: artifacts.write_answers(y_pred, confidence)},
        "answers": {artifacts.ANSWERS: artifacts.write_answers(y_pred, None)},
    }[keep]
    run = db.bring(
        name=name,
        dataset=dataset,
        dataset_sha256=sha256 or images.sha256,
        class_names=images.class_names,
    )
    errors = int((y_pred != images.y_test).sum())
    db.finish(
        run.id,
        status="finished",
        artifacts=kept | {artifacts.LABELS: artifacts.write_labels(images.y_test)},
        test_accuracy=1 - errors / len(probs),
        test_errors=errors,
    )
    return db.run(run.id)


@pytest.mark.parametrize("keep", ["probs", "sure", "answers"])
@pytest.mark.parametrize("page", LOOKS)
def test_brought_run_is_looked_at_as_any(db: store.Store, page: str, keep: str) -> None:
    """Accuracy, matrix and errors need no recipe, no history, no model and no probabilities."""
    mine = bring(db, "forest", keep=keep)
    bring(db, "sister", keep="answers")
    at = open_page(page, run=mine.id)
    assert "forest · brought" in text(at)
    assert not at.warning


def test_card_says_what_is_known(db: store.Store) -> None:
    """Bars where all probabilities are known, else the answer's alone, or none at all."""
    said = {}
    for keep in ("probs", "sure", "answers"):
        run = bring(db, keep, keep=keep)
        image = int(np.flatnonzero(datasets.load("optdigits").y_test == 4)[0])
        at = open_page("gallery", run=run.id, index=str(image))
        bars = any('class="bars"' in element.value for element in at.get("html"))
        said[keep] = bars, "Probability 0.64" in text(at), "Only the answer is known" in text(at)
    assert said == {
        "probs": (True, False, False),
        "sure": (False, True, True),
        "answers": (False, False, True),
    }


def test_no_order_by_a_confidence_that_nobody_knows(db: store.Store) -> None:
    """No slider and no such order; a link that asks for it shows errors by index."""
    mine = bring(db, "forest", keep="answers")
    at = open_page("gallery", run=mine.id, sort="doubtful")
    assert "most confident error" not in at.get_by_key("sort").options
    assert at.get_by_key("sort").value == "confident"
    assert "How sure these answers are is not known." in text(at)


def test_run_stays_readable_when_its_images_are_gone(db: store.Store) -> None:
    """Labels and class names are the run's own: figures as before, in words why no picture is."""
    mine = bring(db, "forest", keep="probs", dataset="once-mine")
    for page in LOOKS[:3]:
        at = open_page(page, run=mine.id)
        assert "without the pictures" in text(at)
    at = open_page("overview", run=mine.id)
    assert f"{mine.test_errors} of 500 test images".split()[0] in text(at)


def test_other_images_of_the_same_name_show_no_wrong_pictures(db: store.Store) -> None:
    """Images that were replaced since are not set beside answers to the old ones."""
    mine = bring(db, "forest", keep="probs", sha256="0" * 64)
    at = open_page("overview", run=mine.id)
    assert "differs from the images this run was tested on" in text(at)
    assert "without the pictures" in text(at)


def test_runs_on_other_images_are_not_compared(db: store.Store) -> None:
    """Labels that differ are told in a sentence."""
    mine = bring(db, "forest", keep="probs")
    other = bring(db, "other", keep="probs")
    labels = np.roll(datasets.load("optdigits").y_test, 1)
    with db._write() as connection:
        database.insert_artifacts(
            connection, other.id, {artifacts.LABELS: artifacts.write_labels(labels)}
        )
    at = open_page("compare", run=mine.id, other=other.id)
    assert "was tested on other images of this name" in text(at)


def test_draw_is_answered_by_runs_with_a_model(db: store.Store) -> None:
    """A run without one says so in a line, and is none to choose."""
    mine = bring(db, "forest", keep="probs")
    at = open_page("draw", run=mine.id)
    assert "forest · brought came without a model: other runs answer here." in text(at)
    assert not any("forest" in option for option in at.multiselect[0].options)


def test_train_lists_a_brought_run(db: store.Store) -> None:
    """It has no settings to use and no training to resume."""
    bring(db, "forest", keep="probs")
    at = open_page("train")
    assert not at.exception


# --- images that people add -----------------------------------------------------------------


def add_shapes(name: str = "shapes") -> None:
    """Add thirty images of three classes, bars of growing length, under a name."""
    images = np.zeros((30, 28, 28), np.uint8)
    for number, image in enumerate(images):
        image[4 : 6 + number // 2, 13:15] = 200 + number
    path = datasets.added_folder().parent / "shapes.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, x=images, y=np.arange(30) % 3)
    datasets.add([path], name=name, class_names=["<b>", "www.a.b", "عربي"])


def test_set_chosen_on_train_and_deleted_on_data(db: store.Store) -> None:
    """Train falls back to another set, and the question named what went and its runs."""
    add_shapes()
    at = open_page("train")
    at.selectbox(key="train_dataset").set_value("shapes").run()
    db.enqueue(dataclasses.replace(TINY, classes=3), "shapes", name="mine")
    at.switch_page("pages/data.py").run()
    at.selectbox(key="data_name").set_value("shapes").run()
    asked = " ".join(element.value for element in at.get("text"))
    assert asked == (
        "Delete shapes, 3 classes, 30 images? 1 run stands on them: its answers stay, without the"
        " pictures."
    )
    at.button(key="do-delete-shapes").click().run()
    assert not at.exception
    assert datasets.names() == ("optdigits",)
    assert at.selectbox(key="data_name").value == "optdigits"
    at.switch_page("pages/train.py").run()
    assert not at.exception
    assert at.selectbox(key="train_dataset").value == "optdigits"


def test_images_that_runs_stand_on_are_changed_in_a_copy(db: store.Store) -> None:
    """Without runs the set itself is turned; with one, another set, and the page shows it."""
    add_shapes()
    at = open_page("data")
    at.selectbox(key="data_name").set_value("shapes").run()
    before = datasets.load("shapes").sha256
    at.button(key="menu-transpose-shapes").click().run()
    turned = datasets.load("shapes").sha256
    assert turned != before
    db.enqueue(dataclasses.replace(TINY, classes=3), "shapes", name="mine")
    at.run()
    assert at.button(key="menu-transpose-shapes").label.endswith(", in a copy")
    at.button(key="menu-transpose-shapes").click().run()
    assert not at.exception
    assert at.selectbox(key="data_name").value == "shapes (2)"
    assert datasets.load("shapes").sha256 == turned
    assert datasets.load("shapes (2)").sha256 == before


def test_runs_follow_a_set_to_its_new_name(db: store.Store) -> None:
    """Renamed on the page; a name that is taken is refused in a sentence and nothing is lost."""
    add_shapes()
    add_shapes("other")
    run = db.enqueue(dataclasses.replace(TINY, classes=3), "shapes", name="mine")
    at = open_page("data")
    at.selectbox(key="data_name").set_value("shapes").run()
    for typed, said in (("other", "There is a data set other already"), ("../x", "A data set's")):
        at.text_input(key="new-name-shapes").set_value(typed)
        button(at, "Rename").click().run()
        assert said in text(at)
    at.text_input(key="new-name-shapes").set_value("  Formen   ünï ")
    button(at, "Rename").click().run()
    assert not at.exception
    assert at.selectbox(key="data_name").value == "Formen ünï"
    assert db.run(run.id).dataset == "Formen ünï"
    assert set(datasets.names()) == {"optdigits", "Formen ünï", "other"}


def test_questions_have_buttons_that_mend(db: store.Store, home: pathlib.Path) -> None:
    """A name without images, and a bright ground: each with a press, and gone after it."""
    images = 255 - np.random.default_rng(0).integers(0, 100, (30, 28, 28)).astype(np.uint8)
    path = home / "a.npz"
    np.savez(path, x=images, y=np.arange(30) % 2, class_names=np.array(["a", "b", "c"]))
    datasets.add([path], name="mine")
    at = open_page("data")
    at.selectbox(key="data_name").set_value("mine").run()
    assert "but no images of c" in text(at)
    button(at, "Leave out the classes without images").click().run()
    assert datasets.load("mine").class_names == ("a", "b")
    button(at, "The ground is bright: invert").click().run()
    assert not at.exception
    assert not [w for w in at.warning if "ground" in w.value or "no images" in w.value]
    assert datasets.load("mine").x_test.max() < 100
    assert "--invert" not in text(at)
