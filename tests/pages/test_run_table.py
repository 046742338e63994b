"""The table of runs on the Train page: what is listed, chosen, renamed, stopped and deleted."""

import dataclasses
import pathlib
import re

import pytest

from mnistdash import store
from tests.pages import examples, screen


def test_table_lists_runs_newest_first(mine: store.Run) -> None:
    """Title, status, accuracy and errors of each run, the newest on top, numbers as numbers."""
    rows = screen.table(screen.open_page("train"))
    assert [row["id"] for row in rows] == [mine.id, "starter-mnist", "starter-optdigits"]
    assert rows[0]["title"] == "mine · seed 0"
    assert rows[0]["texts"]["accuracy"].replace("\u2009", " ") == "96.00 %"
    assert (rows[0]["texts"]["status"], rows[0]["texts"]["errors"]) == ("finished", "20")
    assert rows[0]["values"]["errors"] == 20


def test_versions_are_shown_of_a_chosen_run(mine: store.Run) -> None:
    """What made a run is said below its curves, and nothing where nobody noted it."""
    at = screen.open_page("train")
    screen.tick(at, "starter-optdigits")
    assert re.search(r"Made with .*tensorflow 2\.21\.0, keras 3\.15\.1", screen.text(at))
    screen.tick(at, mine.id)
    assert "Made with" not in screen.text(at)


@pytest.mark.parametrize("said", ["all", 7, {"0": 1}, [[]], [None, 3], ["no-such-run", "../x"]])
def test_what_no_run_is_called_chooses_nothing(mine: store.Run, said: object) -> None:
    """A browser that sends nonsense is shown the page without any run chosen."""
    at = screen.open_page("train")
    at.session_state["run-table"] = {"chosen": said}
    at.run()
    assert not at.exception
    assert "Tick runs to show" in screen.text(at)
    assert "Delete" not in screen.labels(at)


def test_rename_in_the_table(db: store.Store, mine: store.Run) -> None:
    """A new name stands in the table and in the run picker; an empty one changes nothing."""
    at = screen.open_page("train")
    screen.tick(at, mine.id)
    screen.box(at, "Name").set_value("better")
    screen.box(at, "Note").set_value("two lines\nand more")
    screen.button(at, "Save").click().run()
    assert (db.run(mine.id).name, db.run(mine.id).note) == ("better", "two lines\nand more")
    assert screen.table(at)[0]["name"] == "better"
    assert any("better" in option for option in at.selectbox(key="run").options)
    screen.box(at, "Name").set_value("  ")
    screen.button(at, "Save").click().run()
    assert db.run(mine.id).name == "better"
    assert "A run needs a name of 1 to 60 characters." in screen.text(at)
    assert not at.exception


def test_control_characters_are_left_out(db: store.Store, mine: store.Run) -> None:
    """NUL, bell and escape reach no database, and the page says that they are gone."""
    at = screen.open_page("train")
    screen.tick(at, mine.id)
    screen.box(at, "Name").set_value("be\0tt\x1ber")
    screen.box(at, "Note").set_value("a\0b\x07\nc")
    screen.button(at, "Save").click().run()
    assert (db.run(mine.id).name, db.run(mine.id).note) == ("better", "ab\nc")
    assert "Characters that can't be shown were left out." in screen.text(at)


@pytest.mark.parametrize("column", ["name", "note"])
@pytest.mark.parametrize("value", [b"\xff\0", 7])
def test_name_that_is_no_text_is_listed_all_the_same(
    home: pathlib.Path, mine: store.Run, column: str, value: object
) -> None:
    """Bytes or a number where a text should be: the run is unreadable, and can be deleted."""
    examples.alter(home, f"UPDATE runs SET {column} = ? WHERE id = ?", value, mine.id)
    at = screen.open_page("train")
    screen.tick(at, mine.id)
    screen.button(at, "Delete").click().run()
    assert mine.id not in [row["id"] for row in screen.table(at)]


def test_delete_names_the_run_and_removes_it(db: store.Store, mine: store.Run) -> None:
    """Asked with title, accuracy and time; then gone from table and picker, no tick left."""
    viewer = screen.open_page("overview", run=mine.id)
    at = screen.open_page("train")
    screen.tick(at, mine.id)
    asked = [each.value for each in at.text]
    assert len(asked) == 1
    assert asked[0].replace("\u2009", " ").startswith("Delete mine · seed 0, 96.00 %, made 20")
    screen.button(at, "Delete").click().run()
    assert db.run(mine.id) is None
    assert mine.id not in [row["id"] for row in screen.table(at)]
    assert "Tick runs to show" in screen.text(at)
    viewer.run()
    assert not viewer.exception
    assert "This run does not exist (any more)" in screen.text(viewer)
    screen.tick(at, "starter-optdigits")
    assert {"Show", "Delete", "Pin"} <= set(screen.labels(at)), (
        "the next one ticked has its actions"
    )


def test_delete_takes_only_what_is_named_and_still_chosen(db: store.Store, mine: store.Run) -> None:
    """Of two runs in the question one was unticked since, and a third ticked: one goes."""
    second = examples.add_run(db, "second", examples.MISTAKES, seed=1)
    third = examples.add_run(db, "third", examples.MISTAKES, seed=2)
    at = screen.open_page("train")
    screen.tick(at, mine.id, second.id)
    question = screen.button(at, "Delete")
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
    waiting = db.enqueue(examples.TINY, "optdigits", name="waiting")
    at = screen.open_page("train")
    screen.tick(at, waiting.id, mine.id)
    screen.button(at, "Delete").click().run()
    assert db.run(mine.id) is None
    assert db.run(waiting.id).status == "queued"
    screen.tick(at, waiting.id)
    stop = next(each for each in at.button if (each.key or "").startswith("_stop_chosen"))
    stop.click().run()
    assert db.run(waiting.id).status == "cancelled"
    assert screen.table(at)[0]["texts"]["status"] == "stopped"


def test_all_trainings_are_stopped_at_once(db: store.Store) -> None:
    """Stop all names each of three and stops them; with one alone under way there is none."""
    waiting = [
        db.enqueue(dataclasses.replace(examples.TINY, seed=seed), "optdigits", name="waiting")
        for seed in range(3)
    ]
    at = screen.open_page("train")
    assert "Stop all" in screen.labels(at)
    screen.button(at, "Stop them").click().run()
    assert {db.run(run.id).status for run in waiting} == {"cancelled"}
    assert {row["texts"]["status"] for row in screen.table(at)[:3]} == {"stopped"}
    db.enqueue(examples.TINY, "optdigits", name="one")
    assert "Stop all" not in screen.labels(at.run())


def test_pin_and_unpin(db: store.Store, mine: store.Run) -> None:
    """A pinned run stands on top until it is let go."""
    at = screen.open_page("train")
    screen.tick(at, "starter-optdigits")
    screen.button(at, "Pin").click().run()
    assert screen.table(at)[0]["id"] == "starter-optdigits"
    screen.button(at, "Unpin").click().run()
    assert screen.table(at)[0]["id"] == mine.id


def test_two_finished_runs_of_the_same_images_are_compared(
    db: store.Store, mine: store.Run
) -> None:
    """Compare leads to both; for other choices it is off and says why."""
    second = examples.add_run(db, "second", examples.MISTAKES, seed=1)
    at = screen.open_page("train")
    screen.tick(at, mine.id, second.id)
    link = next(
        each for each in at.page_link if each.label == "Compare" and each.proto.query_string
    )
    assert set(link.proto.query_string.split("&")) == {f"run={second.id}", f"other={mine.id}"}
    for ids, reason in (
        ((mine.id, "starter-mnist"), "of the same images"),
        ((mine.id, second.id, "starter-optdigits"), "3 are chosen"),
    ):
        screen.tick(at, *ids)
        assert screen.button(at, "Compare").disabled
        assert reason in screen.button(at, "Compare").help


def test_seeds_of_one_request_are_one_group(db: store.Store) -> None:
    """Two seeds asked for together are one line with both below it."""
    for seed in range(2):
        db.enqueue(
            dataclasses.replace(examples.TINY, seed=seed),
            "optdigits",
            name="pair",
            request="abcd1234",
        )
    group = screen.table(screen.open_page("train"))[0]
    assert (group["title"], len(group["seeds"])) == ("pair · seeds 0-1", 2)


def test_settings_of_a_run_go_into_the_form(mine: store.Run) -> None:
    """A run's recipe can be taken to change one thing."""
    at = screen.open_page("train")
    screen.tick(at, mine.id)
    screen.button(at, "Use its settings").click().run()
    assert (screen.box(at, "Layers").value, screen.box(at, "Epochs").value) == (
        "flatten dense16",
        "2",
    )
    assert at.selectbox(key="preset").value == "custom"


def test_finished_run_can_be_downloaded(mine: store.Run) -> None:
    """The files that a run has are offered, and its recipe."""
    at = screen.open_page("train")
    screen.tick(at, mine.id)
    labels = {each.label for each in at.download_button}
    assert {"LiteRT model", "Test probabilities", "Recipe"} <= labels
    assert "Keras model" not in labels, "this run has none"


def test_train_lists_a_brought_run(db: store.Store) -> None:
    """It has no settings to use and no training to resume."""
    examples.bring(db, "forest", keep="probs")
    at = screen.open_page("train")
    assert not at.exception
