"""The lines of the table of runs as plain values, and their CSV."""

import csv
import dataclasses
import io
import subprocess
import sys

import pandas as pd
import pytest

from mnistdash import recipes, store
from mnistdash.ui import run_rows, words

MADE = 1_795_641_240.0  # 2026-11-25 21:14 UTC
DENSE = recipes.PRESETS["dense-tutorial"].recipe


def run(
    run_id: str = "a",
    *,
    seed: int = 1,
    accuracy: float | None = 0.974,
    name: str = "dense-tutorial",
    **facts: object,
) -> store.Run:
    """Return a run, finished where it has an accuracy."""
    values = {field.name: None for field in dataclasses.fields(store.Run)}
    values |= {
        "id": run_id,
        "name": name,
        "dataset": "mnist",
        "recipe": dataclasses.replace(DENSE, seed=seed),
        "status": "queued" if accuracy is None else "finished",
        "note": "",
        "pinned": False,
        "trace": False,
        "cancel": False,
        "live": store.Live(),
        "history": (),
        "versions": {},
        "created_at": MADE,
        "test_accuracy": accuracy,
        "test_errors": None if accuracy is None else round(10_000 * (1 - accuracy)),
        "seconds": None if accuracy is None else 5.0,
    }
    return store.Run(**values | facts)


def plain(text: str) -> str:
    """Write a text with plain spaces."""
    return text.replace(words.THIN, " ")


def test_question_names_seed_accuracy_and_time() -> None:
    """Nobody takes the run for its sister; one without an accuracy says what became of it."""
    assert plain(run_rows.describe(run())) == (
        "dense-tutorial · seed 1, 97.40 %, made 2026-11-25 21:14"
    )
    assert run_rows.describe(run(accuracy=None)) == (
        "dense-tutorial · seed 1, queued, made 2026-11-25 21:14"
    )


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"status": "running"}, "running"),
        ({"status": "running", "cancel": True}, "stopping"),
        ({"status": "cancelled", "cancel": True}, "stopped"),
        ({"status": "diverged"}, "diverged"),
        ({"status": "unreadable", "recipe": None}, "unreadable"),
    ],
)
def test_status_is_a_word(facts: dict[str, object], said: str) -> None:
    """What the store calls cancelled is called stopped; a run asked to stop is stopping."""
    shown = run(accuracy=None, **facts)
    (row,) = run_rows.rows([shown])
    assert run_rows.status(shown) == row.texts["status"] == said


def test_row_has_texts_to_read_and_numbers_to_sort() -> None:
    """9.5 errors of hundreds sort below 260 because they are numbers, whatever their text."""
    (row,) = run_rows.rows([run(accuracy=0.8766, seconds=12.345)])
    assert plain(row.texts["accuracy"]) == "87.66 %"
    assert plain(row.texts["errors"]) == "1 234"
    assert row.texts["seconds"] == "12.3"
    assert (row.values["accuracy"], row.values["errors"]) == (0.8766, 1234)
    assert row.values["made"] == MADE
    assert row.seeds == ()


def test_run_without_results_has_empty_cells() -> None:
    """What is missing is an empty text and no number; its reason stands below its name."""
    (row,) = run_rows.rows([run(accuracy=None, status="failed", reason="Ran out of\nmemory")])
    assert (row.texts["accuracy"], row.texts["errors"], row.texts["seconds"]) == ("", "", "")
    assert (row.values["accuracy"], row.values["errors"]) == (None, None)
    assert row.remark == "Ran out of memory"
    assert row.mark == "failed"


def test_entry_that_can_not_be_read_is_a_row() -> None:
    """Without a recipe there are no layers, and the reason is said."""
    (row,) = run_rows.rows(
        [run(accuracy=None, recipe=None, status="unreadable", reason="Its entry is damaged: x")]
    )
    assert (row.title, row.texts["layers"]) == ("dense-tutorial", "")
    assert row.remark == "Its entry is damaged: x"


def test_runs_of_one_request_are_a_group() -> None:
    """97.4, 97.5 and 97.6 have the mean 97.5 and the deviation 0.1."""
    seeds = [
        run(f"run{seed}", seed=seed, accuracy=accuracy, request="r", created_at=MADE + seed)
        for seed, accuracy in ((2, 0.976), (1, 0.975), (0, 0.974))
    ]
    rows = run_rows.rows([run("first"), *seeds, run("last")])
    assert [row.id for row in rows] == ["first", "group:r", "last"]
    group = rows[1]
    assert group.title == "dense-tutorial · seeds 0-2"
    assert plain(group.texts["accuracy"]) == "97.50 ± 0.10 % (3)"
    assert group.values["accuracy"] == pytest.approx(0.975)
    assert group.values["errors"] == pytest.approx(250)
    assert group.values["made"] == MADE + 1
    assert [seed.id for seed in group.seeds] == ["run2", "run1", "run0"]
    assert group.texts["status"] == "finished"


def test_group_counts_those_that_finished() -> None:
    """One of two finished: its accuracy alone has no deviation, and the group still waits."""
    rows = run_rows.rows(
        [run("a", seed=5, request="r"), run("b", seed=7, accuracy=None, request="r")]
    )
    (group,) = rows
    assert plain(group.texts["accuracy"]) == "97.40 % (1)"
    assert group.texts["status"] == "1 of 2 finished"
    assert group.mark == "queued"
    assert group.title == "dense-tutorial · seeds 5, 7"


def test_group_keeps_what_differs_from_the_preset() -> None:
    """The seeds stand in place of the seed, and a name that looks like one is left alone."""
    recipe = dataclasses.replace(DENSE, epochs=10, seed=1)
    other = dataclasses.replace(recipe, seed=2)
    (group,) = run_rows.rows(
        [run("a", recipe=recipe, request="r"), run("b", recipe=other, request="r")]
    )
    assert group.title == "dense-tutorial · seeds 1-2 · 10 epochs"
    names = {"name": "try · seed 1", "request": "r"}
    (group,) = run_rows.rows([run("a", seed=1, **names), run("b", seed=2, **names)])
    assert group.title == "try · seed 1 · seeds 1-2"


def test_last_seed_of_a_request_is_a_run_like_any_other() -> None:
    """A group of one is no group."""
    (row,) = run_rows.rows([run(request="r")])
    assert (row.id, row.seeds) == ("a", ())


@pytest.mark.parametrize(
    ("accuracies", "said"),
    [([], ""), ([0.5], "50.00 % (1)"), ([0.9, 0.9], "90.00 ± 0.00 % (2)")],
)
def test_spread(accuracies: list[float], said: str) -> None:
    """Nothing of nothing, no deviation of one, none of two equals."""
    assert plain(run_rows.spread(accuracies)) == said


def test_no_cell_of_the_csv_is_a_formula() -> None:
    """Whatever a run is called, and is said of it, its own columns are texts."""
    text = run_rows.csv_text([run(name="=1+1", note="@a", accuracy=None, reason="-1")])
    (line,) = csv.DictReader(io.StringIO(text, newline=""))
    assert [line[name] for name in ("name", "note", "reason")] == ["'=1+1", "'@a", "'-1"]
    assert line["run"].startswith("'=1+1")


def test_csv_has_numbers_and_all_runs() -> None:
    """Accuracy, errors and seconds come back as they were; each run is a line."""
    text = run_rows.csv_text([run("a"), run("b", accuracy=None, note='said "so", twice')])
    table = pd.read_csv(io.StringIO(text))
    assert list(table["id"]) == ["a", "b"]
    assert table["accuracy"][0] == 0.974
    assert table["errors"][0] == 260
    assert table["made (UTC)"][0] == "2026-11-25 21:14"
    assert table["note"][1] == 'said "so", twice'


def test_first_page_does_without_pandas() -> None:
    """The table is imported and its lines are written before anybody asks for a CSV."""
    code = (
        "import sys; from mnistdash.ui import run_rows; run_rows.rows([]);"
        " assert 'pandas' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
