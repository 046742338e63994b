"""Older and newer databases: what they hold stays, and what can't be read is left alone."""

import dataclasses
import lzma
import pathlib
import sqlite3
import threading

import numpy as np
import pytest
import sqlalchemy as sa

from mnistdash import artifacts, store
from mnistdash.store import schema

VERSION_1 = pathlib.Path(__file__).with_name("version-1.xz")  # before runs had an origin
DIGITS = tuple(str(digit) for digit in range(10))


@pytest.fixture
def old(tmp_path: pathlib.Path) -> pathlib.Path:
    """A database of version 1: two starters, a traced run, two drawings, a name with quotes."""
    path = tmp_path / "old.sqlite3"
    path.write_bytes(lzma.decompress(VERSION_1.read_bytes()))
    return path


def steps_taken(path: pathlib.Path) -> list[str]:
    """Return the migrations that a database says it has taken."""
    connection = sqlite3.connect(path)
    names = [name for (name,) in connection.execute("SELECT name FROM migrations")]
    connection.close()
    return names


def test_version_1_opens_with_its_runs(old: pathlib.Path) -> None:
    """Every run of it is there, trained, with ten named classes and its figures."""
    opened = store.Store(f"sqlite:///{old}")
    runs = {run.name: run for run in opened.runs()}
    assert sorted(runs) == ["O'Neil's \"first\" try", "starter"]
    mine = runs["O'Neil's \"first\" try"]
    assert (mine.origin, mine.status, mine.class_names) == ("trained", "finished", DIGITS)
    assert (mine.test_accuracy, mine.test_errors, mine.pinned) == (0.38, 310, True)
    assert (mine.note, mine.trace, len(mine.history)) == ("a note; with 'quotes'", True, 3)
    assert mine.recipe.layers == "flatten dense8"
    assert {run.test_errors for run in opened.runs()} == {310, 35, 18}
    opened.close()


def test_version_1_opens_with_what_its_runs_left_behind(old: pathlib.Path) -> None:
    """Model, probabilities, weights' counts and three epochs' answers of the traced run."""
    opened = store.Store(f"sqlite:///{old}")
    mine = next(run for run in opened.runs() if run.pinned)
    assert len(mine.artifacts) == 8
    assert mine.has_model
    assert mine.has_probs
    answers = opened.probs(mine.id).argmax(axis=1)
    for epoch in range(3):
        y_pred, confidence = opened.predictions(mine.id, epoch)
        assert y_pred.shape == confidence.shape == (500,)
    assert np.mean(y_pred == answers) > 0.99
    assert len(opened.artifact(mine.id, "model.tflite")) == 29_336
    assert [layer["layer"] for layer in opened.histograms(mine.id)] == ["2_dense8", "3_softmax"]
    assert opened.labels(mine.id) is None  # version 1 kept none
    opened.close()


def test_version_1_opens_with_its_drawings(old: pathlib.Path) -> None:
    """Both of them, with label, answer and strokes."""
    opened = store.Store(f"sqlite:///{old}")
    assert [drawing.label for drawing in opened.drawings()] == [1, 0]
    assert opened.drawings()[0].strokes == [[(1.0, 2.0), (3.5, 4.0)]]
    assert opened.drawings()[0].run_name == "O'Neil's \"first\" try"
    opened.close()


def test_steps_are_taken_once_and_written_down(old: pathlib.Path) -> None:
    """A database that was brought up is the same as a new one, and opens again."""
    for _ in range(2):
        opened = store.Store(f"sqlite:///{old}")
        assert sorted(steps_taken(old)) == sorted(schema.MIGRATIONS)
        columns = {c["name"] for c in sa.inspect(opened._engine).get_columns("runs")}
        assert columns == set(schema.runs.c.keys())
        opened.close()


def test_old_and_new_runs_stand_side_by_side(old: pathlib.Path) -> None:
    """What is brought into an old database is there beside what it held."""
    opened = store.Store(f"sqlite:///{old}")
    brought = opened.bring(
        name="forest", dataset="letters", dataset_sha256="0" * 64, class_names=("a", "b", "c")
    )
    assert (brought.origin, brought.status, brought.recipe) == ("brought", "running", None)
    assert (brought.class_names, brought.classes) == (("a", "b", "c"), 3)
    assert len(opened.runs()) == 4
    opened.close()


def test_four_open_an_old_database_at_once(old: pathlib.Path) -> None:
    """Whoever comes first takes the steps; the others find them taken."""
    found, trouble = [], []

    def look() -> None:
        try:
            opened = store.Store(f"sqlite:///{old}")
            found.append(len(opened.runs()))
            opened.close()
        except store.StoreError as error:
            trouble.append(error)

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (found, trouble) == ([3] * 4, [])


def test_step_of_a_newer_program_is_refused(tmp_path: pathlib.Path) -> None:
    """A database that knows more than this program says so, and stays as it is."""
    path = tmp_path / "runs.sqlite3"
    store.Store(f"sqlite:///{path}").close()
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO migrations VALUES ('runs have a colour')")
    connection.close()
    with pytest.raises(store.StoreError, match=r"newer version .* runs have a colour"):
        store.Store(f"sqlite:///{path}")
    assert set(steps_taken(path)) == {*schema.MIGRATIONS, "runs have a colour"}


def test_step_that_became_bytes_is_refused(tmp_path: pathlib.Path) -> None:
    """One flipped bit makes a text in the file a blob: that is a sentence too."""
    path = tmp_path / "runs.sqlite3"
    store.Store(f"sqlite:///{path}").close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE migrations SET name = CAST(name AS BLOB)")
    connection.close()
    with pytest.raises(store.StoreError, match="move the database away"):
        store.Store(f"sqlite:///{path}")


def test_program_of_version_1_refuses_what_it_does_not_know(old: pathlib.Path) -> None:
    """The number that it looks at is another now: it says so instead of misreading runs."""
    store.Store(f"sqlite:///{old}").close()
    connection = sqlite3.connect(old)
    found = connection.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone()
    connection.close()
    assert found == ("2",)


@pytest.mark.parametrize(
    ("column", "value"),
    [("class_names", "[1, 2]"), ("class_names", '["only one"]'), ("origin", "found")],
)
def test_damaged_facts_make_one_run_unreadable(old: pathlib.Path, column: str, value: str) -> None:
    """Class names or an origin that can't be: that run says so, the others are there."""
    opened = store.Store(f"sqlite:///{old}")
    mine = next(run for run in opened.runs() if run.pinned)
    with sqlite3.connect(old) as connection:
        connection.execute(f"UPDATE runs SET {column} = ? WHERE id = ?", (value, mine.id))
    connection.close()
    assert opened.run(mine.id).status == "unreadable"
    assert sum(run.finished for run in opened.runs()) == 2
    opened.close()


def test_every_fact_of_a_run_has_its_column() -> None:
    """What a `Run` holds stands in its row, but for the names of its artifacts."""
    facts = {field.name for field in dataclasses.fields(store.Run)}
    assert facts - set(schema.runs.c.keys()) == {"artifacts"}


def test_studies_without_a_kind_begin_anew(tmp_path: pathlib.Path) -> None:
    """A database from before: what was under way is forgotten, and either kind can be asked for."""
    path = tmp_path / "runs.sqlite3"
    opened = store.Store(f"sqlite:///{path}")
    opened.add_starters()
    opened.close()
    connection = sqlite3.connect(path)
    connection.execute("DROP TABLE studies")
    connection.execute("CREATE TABLE studies (run_id PRIMARY KEY, share, alive_at, trouble)")
    connection.execute("INSERT INTO studies VALUES ('starter-mnist', 0.5, 9e9, NULL)")
    connection.execute("DELETE FROM migrations WHERE name = 'studies have a kind'")
    connection.commit()
    connection.close()
    opened = store.Store(f"sqlite:///{path}")
    for kind in artifacts.EVIDENCE:
        assert opened.study("starter-mnist", kind) is None
        assert opened.request_study("starter-mnist", kind)
    opened.close()
