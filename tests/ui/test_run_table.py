"""What the table of runs decides without a browser."""

import dataclasses

import pytest

from mnistdash import recipes, store
from mnistdash.ui import run_table


def run(status: str = "finished", dataset: str = "mnist", **facts: object) -> store.Run:
    """Return a run of which only this is known."""
    values = {field.name: None for field in dataclasses.fields(store.Run)}
    values |= {"id": "a", "recipe": recipes.PRESETS["dense-tutorial"].recipe, "history": ()}
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
