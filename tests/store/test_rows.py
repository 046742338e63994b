"""Rows as runs: names, numbers, progress, and every kind of damage to a row."""

import pathlib

import pytest

from mnistdash import recipes, store
from tests.store import examples


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("  a  b ", "a b"),
        ("a\nb\tc", "a b c"),
        ("x" * 100, "x" * 60),
        ("x" * 59 + " y", "x" * 59),
        ("a\0\u202eb", "a b"),
        ("<b>=cmd|'x'", "<b>=cmd|'x'"),
        ("fünf 5️⃣", "fünf 5️⃣"),
    ],
)
def test_names_are_one_printable_line(db: store.Store, name: str, kept: str) -> None:
    """Spaces are single, what can't be printed is a space, 60 characters are enough."""
    run_id = examples.enqueue(db).id
    db.rename(run_id, name)
    assert db.run(run_id).name == kept


@pytest.mark.parametrize("name", ["", "  ", "\0", "\u200b\u202e", "\ud800"])
def test_empty_name_is_refused(db: store.Store, name: str) -> None:
    """What leaves nothing to read is no name, here and in a new request."""
    run_id = examples.enqueue(db).id
    with pytest.raises(ValueError, match="1 to 60 characters"):
        db.rename(run_id, name)
    with pytest.raises(ValueError, match="1 to 60 characters"):
        db.enqueue(recipes.Recipe(seed=1), "mnist", name=name)
    assert [run.name for run in db.runs()] == ["run 0"]


def test_numbers_that_are_none_become_null(db: store.Store) -> None:
    """NaN and infinity of a diverged run are kept as nothing, in the history and in reports."""
    run_id = examples.enqueue(db).id
    db.start(run_id)
    db.report(run_id, store.Live(samples=[(0.5, float("nan"), float("inf"))]))
    assert db.run(run_id).live.samples == ((0.5, None, None),)
    history = [{"loss": float("nan"), "accuracy": 0.1}]
    db.finish(run_id, status="diverged", reason="Diverged.", history=history)
    run = db.run(run_id)
    assert (run.status, run.history[0]["loss"]) == ("diverged", None)


@pytest.mark.parametrize(
    ("live", "fraction", "left"),
    [
        (store.Live(), 0.0, None),
        (store.Live(epoch=0, epochs=2, step=5, steps=10, seconds=10.0), 0.25, 30.0),
        (store.Live(epoch=0, epochs=2, step=5, steps=10, seconds=1.0), 0.25, None),
        (store.Live(epoch=1, epochs=2, step=10, steps=10, seconds=10.0), 1.0, 0.0),
        (store.Live(epoch=2, epochs=2, step=5, steps=10, seconds=10.0), 1.0, 0.0),
    ],
)
def test_progress_by_hand(live: store.Live, fraction: float, left: float | None) -> None:
    """A quarter in ten seconds leaves thirty; the first second tells nothing yet."""
    assert live.fraction == fraction
    assert live.seconds_left == left


# --- damage to a row ------------------------------------------------------------------------

HOSTILE_ROWS = [
    ("recipe", ""),
    ("recipe", "{}nonsense"),
    ("recipe", "[" * 100_000),
    ("recipe", '{"epochs": NaN}'),
    ("recipe", f'{{"epochs": {examples.NINES}}}'),
    ("recipe", '{"layers": "flatten lambda"}'),
    ("recipe", '{"layers": 5}'),
    ("recipe", '{"unknown": 5}'),
    ("recipe", b"\xff\xfe"),
    ("recipe", 5),
    ("history", "nonsense"),
    ("history", "5"),
    ("history", "[5]"),
    ("history", "[null]"),
    ("history", "[" * 100_000),
    ("history", '[{"loss": NaN}]'),
    ("history", '[{"loss": 1e999}]'),
    ("history", f'[{{"loss": {examples.NINES}}}]'),
    ("history", '[{"loss": "0.5"}]'),
    ("history", '[{"val_accuracy": [1]}]'),
    ("history", '[{"seconds": true}]'),
    ("history", b"\xff"),
    ("live", "nonsense"),
    ("live", "[]5"),
    ("live", "5"),
    ("live", '{"unknown": 1}'),
    ("live", '{"epochs": 0}'),
    ("live", '{"epoch": -1}'),
    ("live", '{"epoch": "1"}'),
    ("live", '{"step": 0.5}'),
    ("live", f'{{"epochs": {examples.NINES}}}'),
    ("live", '{"seconds": NaN}'),
    ("live", f'{{"seconds": {examples.NINES}}}'),
    ("live", '{"seconds": null}'),
    ("live", '{"samples": 5}'),
    ("live", '{"samples": [5]}'),
    ("live", '{"samples": [[1, 2]]}'),
    ("live", '{"samples": [[null, 1, 1]]}'),
    ("live", '{"samples": [["0", 1, 1]]}'),
    ("versions", "[]"),
    ("versions", "[" * 100_000),
    ("status", "trained"),
    ("status", ""),
    ("test_accuracy", 1.5),
    ("test_accuracy", -0.1),
    ("test_accuracy", None),
    ("test_accuracy", "high"),
    ("test_errors", "few"),
    ("best_epoch", 1),
    ("best_epoch", -1),
    ("best_epoch", 0.5),
    ("best_epoch", "first"),
    ("test_loss", "low"),
    ("test_loss", float("inf")),
    ("seconds", "long"),
    ("created_at", "today"),
    ("created_at", float("inf")),
    ("created_at", -1),
]


@pytest.mark.parametrize(("column", "value"), HOSTILE_ROWS, ids=range(len(HOSTILE_ROWS)))
def test_damaged_row_is_listed_as_unreadable(
    db: store.Store, path: pathlib.Path, column: str, value: object
) -> None:
    """It has a short reason and no wrong numbers, can be deleted, and hides no other run."""
    whole, damaged = examples.finished(db, 0), examples.finished(db, 1)
    examples.edit(path, f"UPDATE runs SET {column} = ? WHERE id = ?", value, damaged)
    listed = {run.id: run for run in db.runs()}
    assert listed[whole].status == "finished"
    run = listed[damaged]
    assert run.status == "unreadable"
    assert (run.finished, run.under_way, run.recipe) == (False, False, None)
    assert run.reason.startswith("Its entry is damaged: ")
    assert len(run.reason) < 250
    assert (run.test_accuracy, run.test_errors, run.seconds, run.history) == (None, None, None, ())
    assert isinstance(run.created_at, float)
    assert db.run(damaged) == run
    with pytest.raises(store.StoreError, match="can't be read"):
        db.export(damaged)
    db.delete(damaged)
    assert [run.id for run in db.runs()] == [whole]


def test_damaged_text_hides_no_run(db: store.Store, path: pathlib.Path) -> None:
    """A name that is no UTF-8 any more is shown with a mark in it, by a run that can't be read."""
    run_id = examples.finished(db)
    examples.edit(path, "UPDATE runs SET name = CAST(x'61ff62' AS TEXT)")
    found = db.run(run_id)
    assert (found.name, found.status) == ("a\N{REPLACEMENT CHARACTER}b", "unreadable")


def test_own_numbers_of_epochs_are_not_believed(db: store.Store, path: pathlib.Path) -> None:
    """Epochs are counted by their place."""
    run_id = examples.finished(db)
    examples.sealed(
        path, "UPDATE runs SET history = ?", '[{"epoch": "x", "loss": 1}, {"epoch": 7}]'
    )
    assert [epoch["epoch"] for epoch in db.run(run_id).history] == [0, 1]
