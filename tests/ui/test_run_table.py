"""What the table of runs decides without a browser."""

import dataclasses

import pytest
import streamlit
from streamlit.testing import v1 as streamlit_testing

from mnistdash import recipes, store
from mnistdash.ui import run_table


def run(status: str = "finished", dataset: str = "mnist", **facts: object) -> store.Run:
    """Return a run of which only this is known."""
    values = {field.name: None for field in dataclasses.fields(store.Run)}
    values |= {
        "id": "a",
        "recipe": recipes.PRESETS["dense-tutorial"].recipe,
        "history": (),
        "artifacts": (),
        "created_at": 0.0,
        "test_errors": 5,
        "test_accuracy": 0.9,
    }
    return store.Run(**values | {"status": status, "dataset": dataset} | facts)


@pytest.mark.parametrize(
    ("chosen", "reason"),
    [
        ([run(), run()], None),
        ([run(dataset_sha256="x"), run(dataset_sha256="x")], None),
        ([run(dataset_sha256="x"), run()], None),
        ([run()] * 3, "Two runs can be compared; 3 are chosen."),
        ([run(), run("cancelled")], "Both runs have to be finished."),
        ([run(), run(dataset="optdigits")], "Both runs have to be of the same images."),
        (
            [run(dataset_sha256="x"), run(dataset_sha256="y")],
            "The images were not the same for both runs.",
        ),
    ],
)
def test_why_runs_are_not_compared(chosen: list[store.Run], reason: str | None) -> None:
    """Two finished runs of the same images are; for others one sentence says why not."""
    assert run_table.not_compared_because(chosen) == reason


def test_history_counts_epochs_from_one() -> None:
    """A line an epoch under a line of names; what was not measured stays empty."""
    history = ({"epoch": 0, "loss": 0.5, "accuracy": 0.9, "seconds": 1.5},)
    assert run_table.history_csv(run(history=history)) == (
        '"epoch","loss","accuracy","val_loss","val_accuracy","learning_rate","seconds"\n'
        '1,0.5,0.9,"","","",1.5\n'
    )


def places(runs: list[store.Run], monkeypatch: pytest.MonkeyPatch) -> dict[str, list[int]]:
    """Return where in the page, path by path, each box that opens stands below these runs."""

    def script(runs: list) -> None:
        from mnistdash.ui import run_table

        run_table._actions(runs)

    # There are no other pages around this one.
    monkeypatch.setattr(
        streamlit, "page_link", lambda path, label, **options: streamlit.text(label)
    )
    app = streamlit_testing.AppTest.from_function(script, args=(runs,), default_timeout=30).run()
    assert not app.exception
    found = {}

    def walk(block: object, path: list[int]) -> None:
        for place, child in getattr(block, "children", {}).items():
            popover = getattr(child.proto, "popover", None)
            if popover is not None and popover.label:
                found[popover.label.split()[0]] = [*path, place]
            walk(child, [*path, place])

    walk(app.main, [])
    return found


def test_boxes_keep_their_places_when_a_training_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is half typed lies in boxes with the same path before and after, for one run and two."""
    going_on, ended = run("running", name="a"), run("finished", name="a", pinned=True)
    assert places([going_on], monkeypatch) == places([ended], monkeypatch)
    assert places([going_on], monkeypatch).keys() == {"Name", "Download", "Delete"}
    other = run("finished", id="b", name="b")
    assert places([going_on, other], monkeypatch) == places([ended, other], monkeypatch)
