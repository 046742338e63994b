"""What holds on every page: from an empty store to a finished run, and through all damage."""

import json
import pathlib
import re

import numpy as np
import pytest
import streamlit as st
from streamlit.testing import v1 as streamlit_testing

from mnistdash import datasets, store
from mnistdash.ui import frame, state
from tests.pages import examples, screen

# --- from empty to finished -----------------------------------------------------------------


@pytest.mark.parametrize("name", ["overview", "confusion", "gallery", "draw", "compare"])
def test_no_run_is_a_sentence_and_a_door(no_runs: store.Store, name: str) -> None:
    """A page that shows a run says that there is none and leads to the Train page."""
    at = screen.open_page(name)
    assert at.title[0].value == name.capitalize()
    assert "There is no finished run yet." in screen.text(at)
    assert screen.doors(at) == ["Train the first one"]


@pytest.mark.parametrize("name", screen.PAGES)
def test_every_page_shows_the_starter_run(db: store.Store, name: str) -> None:
    """Every page opens on the shipped run with its title, and links to all seven pages.

    There is nothing to warn of: the run was trained on the very images that are here.
    """
    at = screen.open_page(name)
    assert at.title[0].value == name.capitalize()
    assert not at.warning
    (menu,) = json.loads(at.get_by_key("menu").proto.json)
    assert [name or "overview" for name, *_ in menu["pages"]] == list(screen.PAGES)
    assert at.session_state["run"] == "starter-optdigits"
    assert at.query_params["run"] == "starter-optdigits"


@pytest.mark.parametrize("name", screen.PAGES)
def test_every_page_shows_a_run_just_finished(mine: store.Run, name: str) -> None:
    """Every page opens on a run of one's own."""
    at = screen.open_page(name, run=mine.id)
    assert at.title[0].value == name.capitalize()
    assert at.session_state["run"] == mine.id


def test_where_mnist_is_missing_a_line_says_so(db: store.Store) -> None:
    """Without MNIST the sidebar names what stands in and how to get the rest."""
    at = screen.open_page("overview")
    assert json.loads(at.get_by_key("menu").proto.json)[0]["images"] == "optdigits, 500 test images"
    assert "MNIST is not on this machine" in screen.text(at)
    assert "Get MNIST" in [each.label for each in screen.open_page("overview").button]


def test_a_run_without_errors_is_praised(db: store.Store) -> None:
    """Nothing to show is a sentence, not an empty chart."""
    perfect = examples.add_run(db, "perfect", ())
    assert "100.00 %" in screen.text(screen.open_page("overview", run=perfect.id))
    assert [done.value for done in screen.open_page("overview", run=perfect.id).success]
    for name in ("confusion", "gallery"):
        screen.open_page(name, run=perfect.id)


def test_two_visitors_get_two_pages() -> None:
    """Streamlit notes on a page that it may run: the note of one visitor is none of another's."""
    first, second = (frame.page("pages/draw.py", "Two") for _ in range(2))
    first._can_be_called = True
    assert not getattr(second, "_can_be_called", False)
    assert not getattr(frame.page("pages/draw.py", "Two"), "_can_be_called", False)


# --- pages agree ----------------------------------------------------------------------------


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
    confusion = screen.open_page("confusion", run=mine.id, **params)
    assert re.search(rf"^ {count} image", screen.text(confusion), re.MULTILINE)
    gallery = screen.open_page("gallery", run=mine.id, **params)
    assert f"{count} of 20 errors of mine" in screen.text(gallery)
    if count:
        assert (
            len(screen.tiles(confusion, "cell-images"))
            == len(screen.tiles(gallery, "gallery"))
            == count
        )
    else:
        assert "No image meets these filters" in screen.text(gallery)


@pytest.mark.parametrize("name", ["confusion", "gallery"])
def test_class_boxes_have_the_words_of_the_axes(mine: store.Run, name: str) -> None:
    """The boxes are called as the axes of the heatmap are."""
    at = screen.open_page(name, run=mine.id)
    labels = [at.selectbox(key=key).label for key in ("true", "pred")]
    assert labels == ["True class", "Predicted class"]


def test_filters_survive_a_change_of_page(mine: store.Run) -> None:
    """What was chosen in the gallery is chosen on the confusion page and on coming back."""
    at = screen.open_page("gallery", run=mine.id)
    at.selectbox(key="true").set_value(4).run()
    at.switch_page("pages/data.py").run()
    at.switch_page("pages/confusion.py").run()
    assert at.selectbox(key="true").value == 4
    assert "9 images" in screen.text(at)
    assert at.query_params == {"run": mine.id, "true": "4"}


# --- runs that can't be shown ---------------------------------------------------------------


@pytest.mark.parametrize("name", screen.OF_A_RUN)
def test_unknown_run_is_said(db: store.Store, name: str) -> None:
    """A link to a run that was deleted says so and shows another one."""
    at = streamlit_testing.AppTest.from_file(screen.REPO / "app.py", default_timeout=30)
    at.query_params["run"] = "deadbeef"
    at.run()
    assert "This run does not exist (any more)" in screen.text(at)
    assert at.session_state["run"] == "starter-optdigits"
    screen.open_page(name, run="deadbeef")


@pytest.mark.parametrize(
    "value",
    ["../../etc/passwd", "\0", "x" * 100_000, "Ⅷ", "UPPER", "a b", "'; --", ["a", "b"] * 500],
)
def test_hostile_run_in_a_link_is_refused(db: store.Store, value: str | list[str]) -> None:
    """What can't be the id of a run is said not to be there; the page shows its default run."""
    at = screen.open_page("overview", run=value)
    assert "This run does not exist (any more)" in screen.text(at)
    assert at.session_state["run"] == "starter-optdigits"
    assert at.query_params["run"] == "starter-optdigits"


FORGED = {
    "true": "nan", "pred": "61", "sort": "nonsense", "conf": "nan", "all": "yes", "page": "99999",
    "index": "199999", "epoch": "7", "other": "deadbeef", "set": "drawings", "unheard": "of",
}  # fmt: skip


@pytest.mark.parametrize("name", ["gallery", "compare", "train"])
def test_forged_link_is_cleaned_in_one_step(
    mine: store.Run, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The defaults are shown, and all that can't be is dropped by one write of the link."""
    query = type(st.query_params)
    write, written = query.from_dict, []
    monkeypatch.setattr(
        query, "from_dict", lambda self, params: written.append(params) or write(self, params)
    )
    at = screen.open_page(name, run=mine.id, **FORGED)
    assert at.query_params == {"run": mine.id}
    assert written == [{"run": mine.id}]
    if name == "gallery":
        assert "20 of 20 errors" in screen.text(at)


@pytest.mark.parametrize(
    ("text", "number"),
    [("nonsense", 1e308), ("", -1.0), ("\0", float("inf")), ("NaN", float("nan"))],
)
def test_forged_value_of_a_widget_is_dropped(
    mine: store.Run, db: store.Store, text: str, number: float
) -> None:
    """Whatever a browser says was chosen, every page is shown, and nothing is trained."""
    for name in ("gallery", "train", "draw", "data"):
        at = screen.open_page(name, run=mine.id)
        screen.forge(at, text, number)
        for _ in range(2):
            assert at.title[0].value == name.capitalize()
            assert not at.exception
            assert not at.error
            at.run()
    assert not any(run.under_way for run in db.runs())


@pytest.mark.parametrize(("kind", "value"), [("string_value", "seven"), ("int_value", 7)])
def test_value_of_a_wrong_kind_is_its_senders_trouble(
    db: store.Store, kind: str, value: object
) -> None:
    """A text where a number is expected breaks the page of who sent it, for nobody else."""
    for name in ("train", "draw"):
        forged = screen.open_page(name)
        screen.forge_kind(forged, kind, value)
        assert "redacted" in forged.exception[0].value  # nothing of the server is told
        assert screen.open_page(name).title[0].value == name.capitalize()
    assert not any(run.under_way for run in db.runs())


def test_unfinished_run_in_a_link_says_why(db: store.Store) -> None:
    """A link to a run that failed names its reason."""
    run = db.enqueue(examples.TINY, "optdigits", name="unlucky")
    db.start(run.id)
    db.finish(run.id, status="failed", reason="The disk is full.")
    assert "unlucky · seed 0 has no results to show: The disk is full. Another" in screen.text(
        screen.open_page("overview", run=run.id)
    )


@pytest.mark.parametrize("damage", ["substr(data, 1, 500)", "x''", "substr(data, 2) || x'00'"])
@pytest.mark.parametrize("name", screen.OF_A_RUN)
def test_damaged_answers_are_a_sentence(
    home: pathlib.Path, mine: store.Run, name: str, damage: str
) -> None:
    """Altered test probabilities show no number at all, only what is wrong with them."""
    examples.alter(
        home,
        f"UPDATE artifacts SET data = {damage} WHERE run_id = ? AND name = 'probs.npy'",
        mine.id,
    )
    at = screen.open_page(name, run=mine.id)
    assert [warning.value for warning in at.warning] == [
        "The probs.npy of this run is damaged. Train it again."
    ]


def test_missing_answers_are_a_sentence(home: pathlib.Path, mine: store.Run) -> None:
    """A run whose probabilities are gone says so."""
    examples.alter(home, "DELETE FROM artifacts WHERE run_id = ? AND name = 'probs.npy'", mine.id)
    assert "This run has no probs.npy" in screen.text(screen.open_page("overview", run=mine.id))


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
    examples.alter(home, f"UPDATE runs SET {column} = ? WHERE id = ?", value, mine.id)
    assert "mine has no results to show: Its entry is damaged" in screen.text(
        screen.open_page("overview", run=mine.id)
    )
    row = next(row for row in screen.table(screen.open_page("train")) if row["id"] == mine.id)
    assert (row["title"], row["texts"]["status"]) == ("mine", "unreadable")
    assert row["remark"].startswith("Its entry is damaged")


def test_run_on_images_that_are_not_here(db: store.Store) -> None:
    """The MNIST starter without MNIST says which file is expected and how to get it."""
    said = screen.text(screen.open_page("overview", run="starter-mnist"))
    assert r"MNIST is not on this machine\: expected mnist.npz in the data folder." in said
    assert "python -m mnistdash data fetch mnist" in said


def test_run_on_other_images_is_marked(db: store.Store, mine: store.Run) -> None:
    """Figures of a run that was trained on other images of that name carry a warning."""
    db._update(mine.id, dataset_sha256="0" * 64)
    assert "differs from the images this run was tested on" in screen.text(
        screen.open_page("overview", run=mine.id)
    )


@pytest.mark.parametrize("content", [b"", b"not a database, by no means" * 100])
def test_broken_database_is_a_sentence(home: pathlib.Path, content: bytes) -> None:
    """A database that is none is named with its remedy, and is left as it is."""
    file = home / "mnistdash.sqlite3"
    file.write_bytes(content)
    at = streamlit_testing.AppTest.from_file(screen.REPO / "app.py", default_timeout=30).run()
    assert not at.exception
    assert [error.value.startswith("The database of runs") for error in at.error] == [True]
    assert file.read_bytes() == content


def test_database_that_is_removed_is_said_on_every_page(
    home: pathlib.Path, db: store.Store
) -> None:
    """A page that is open and one that is opened say so, and no second file is made."""
    at = screen.open_page("train")
    (home / "mnistdash.sqlite3").unlink()
    for page in (at.run(), screen.open_page("gallery", ok=False)):
        assert "was removed while it was in use" in screen.text(page)
        assert not page.exception
    assert not (home / "mnistdash.sqlite3").exists()


def test_home_that_cant_be_written_opens_for_browsing(
    home: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every page shows a starter and one sentence; what trains or keeps is off, and says why."""
    (home / "file").write_text("no folder")
    monkeypatch.setenv("MNISTDASH_HOME", str(home / "file" / "home"))
    pages = {name: screen.open_page(name, run="starter-optdigits") for name in screen.PAGES}
    for at in pages.values():
        assert [note.value.count("nothing is trained or kept") for note in at.info] == [1]
        assert not at.warning
    for name, label in (("train", "Train"), ("train", "Add a run"), ("data", "Add images")):
        off = screen.button(pages[name], label)
        assert off.disabled
        assert "nothing is trained or kept" in off.help


def test_what_a_press_comes_upon_is_said(home: pathlib.Path) -> None:
    """Outside of a page's own course too; what nobody foresaw is left to Streamlit."""

    def script() -> None:
        from mnistdash import store
        from mnistdash.ui import guards

        guards.told(store.StoreError("The disk is full."))
        guards.told(KeyError("secret"))

    at = streamlit_testing.AppTest.from_function(script).run()
    assert [error.value for error in at.error] == ["The disk is full."]


def test_damaged_drawings_break_no_page(home: pathlib.Path, db: store.Store) -> None:
    """Of two drawings one is damaged, then both: the other is shown, then a sentence is."""
    examples.keep_drawings(db, (1, 7))
    first, second = db.drawing_ids()
    examples.alter(home, "UPDATE drawings SET image = x'00' WHERE id = ?", first)
    assert len(screen.tiles(screen.open_page("draw"), "my-digits")) == 1
    examples.alter(home, "UPDATE drawings SET image = x'00' WHERE id = ?", second)
    st.cache_resource.clear()  # as after a restart: what was read whole stays readable until then
    assert "My digits" not in [head.value for head in screen.open_page("draw").header]
    for name in ("overview", "confusion", "gallery", "compare"):
        assert "None of the drawings kept can be read" in screen.text(
            screen.open_page(name, set="drawings")
        )


# --- any number of classes, called anything -------------------------------------------------


@pytest.mark.parametrize("names", [examples.HOSTILE, examples.LETTERS], ids=("2", "26"))
def test_pages_of_two_and_of_many_classes(
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
    db: store.Store,
    names: tuple[str, ...],
) -> None:
    """Every page opens, with a cell and a card; a class beyond the last one is forgotten."""
    run = examples.few_or_many(tmp_path, monkeypatch, db, names)
    last = len(names) - 1
    for page in screen.OF_A_RUN:
        at = screen.open_page(page, run=run.id, true=last, pred=0, index=last)
        assert not at.exception
    at = screen.open_page("gallery", run=run.id, true=61, pred=len(names), index=last)
    assert (at.session_state["true"], at.session_state["pred"]) == (None, None)
    at = screen.open_page("data")
    at.selectbox(key="images").set_value("own").run()
    assert not at.exception


def test_images_replaced_by_others_of_fewer_classes(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, db: store.Store
) -> None:
    """Answers of 26 classes to images that have two by now: a sentence on every page of the run."""
    run = examples.few_or_many(tmp_path, monkeypatch, db, examples.LETTERS)
    images = np.zeros((78, 28, 28), np.uint8)
    images[:, 4, 4] = range(1, 79)
    examples.write_images(
        tmp_path / "own.npz", images, np.arange(78, dtype=np.uint8) % 2, examples.HOSTILE
    )
    datasets.forget()
    for page in screen.OF_A_RUN:
        at = screen.open_page(page, run=run.id, true=25)
        assert "do not fit" in screen.text(at)
    assert state.class_names(run) == tuple(map(str, range(26)))


# --- runs that were brought -----------------------------------------------------------------


@pytest.mark.parametrize("keep", ["probs", "sure", "answers"])
@pytest.mark.parametrize("page", screen.OF_A_RUN)
def test_brought_run_is_looked_at_as_any(db: store.Store, page: str, keep: str) -> None:
    """Accuracy, matrix and errors need no recipe, no history, no model and no probabilities."""
    mine = examples.bring(db, "forest", keep=keep)
    examples.bring(db, "sister", keep="answers")
    at = screen.open_page(page, run=mine.id)
    assert "forest · brought" in screen.text(at)
    assert not at.warning


def test_run_stays_readable_when_its_images_are_gone(db: store.Store) -> None:
    """Labels and class names are the run's own: figures as before, in words why no picture is."""
    mine = examples.bring(db, "forest", keep="probs", dataset="once-mine")
    for page in screen.OF_A_RUN[:3]:
        at = screen.open_page(page, run=mine.id)
        assert "without the pictures" in screen.text(at)
    at = screen.open_page("overview", run=mine.id)
    assert f"{mine.test_errors} of 500 test images".split()[0] in screen.text(at)


def test_other_images_of_the_same_name_show_no_wrong_pictures(db: store.Store) -> None:
    """Images that were replaced since are not set beside answers to the old ones."""
    mine = examples.bring(db, "forest", keep="probs", sha256="0" * 64)
    at = screen.open_page("overview", run=mine.id)
    assert "differs from the images this run was tested on" in screen.text(at)
    assert "without the pictures" in screen.text(at)
