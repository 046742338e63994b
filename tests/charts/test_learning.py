"""Which curves a run has, where their axes end, and what is said of them."""

import dataclasses

import pytest

from mnistdash import store
from mnistdash.charts import learning
from tests.charts import examples

THIN = "\N{THIN SPACE}"


def told(*runs: store.Run, epochs: int | None = None) -> list[dict]:
    """Return what is told of these runs, each named by its seed."""
    names = [f"seed {run.recipe.seed if run.recipe else '?'}" for run in runs]
    return learning.told(runs, names, epochs=epochs)


def test_curves_count_epochs_from_one() -> None:
    """Epoch 0 in code is epoch 1 on screen; both curves are named, and each point has words."""
    training, validation = learning.lines_of(examples.run_with((0.5, 0.25), (0.6, 0.5)), "loss")
    assert (training["name"], validation["name"]) == ("training", "validation")
    assert training["points"] == [
        [1, 0.5, f"epoch 1: training loss 0.5{THIN}nats"],
        [2, 0.25, f"epoch 2: training loss 0.25{THIN}nats"],
    ]
    assert [point[:2] for point in validation["points"]] == [[1, 0.6], [2, 0.5]]


def test_accuracy_is_said_as_a_percentage() -> None:
    """A loss of 0.0219 goes with 97.81 % here."""
    (_, validation) = learning.lines_of(examples.run_with((0.5,), (0.0219,)), "accuracy")
    assert validation["points"][0][2] == f"epoch 1: validation accuracy 97.81{THIN}%"


def test_no_validation_no_curve() -> None:
    """A training without validation images has one curve."""
    assert [line["kind"] for line in learning.lines_of(examples.run_with((0.5, 0.25)), "loss")] == [
        "training"
    ]


@pytest.mark.parametrize("gone", [None, float("nan"), float("inf"), 1e300])
def test_curve_of_a_diverged_run_has_a_gap(gone: float | None) -> None:
    """A loss that is no number any more is a gap, and the epochs around it are drawn."""
    (training,) = learning.lines_of(examples.run_with((0.5, gone, 0.25)), "loss")
    assert [value for _, value, _ in training["points"]] == [0.5, None, 0.25]
    assert told(examples.run_with((0.5, gone)))[1]["range"][1] < 1


def test_samples_speak_only_while_there_is_no_epoch() -> None:
    """Within the first epoch each sample says its value; later the epochs do."""
    samples = ((0.25, None, None), (0.5, 0.75, 0.5))
    (line,) = learning.lines_of(examples.run_with(samples=samples), "accuracy")
    assert (line["kind"], line["name"]) == ("samples", "within the epochs")
    assert line["points"][1] == [0.5, 0.5, f"epoch 0.5: training accuracy 50.00{THIN}%"]
    first = learning.lines_of(examples.run_with((0.5,), samples=samples), "loss")[0]
    assert first["points"] == [[0.25, None, None], [0.5, 0.75, None]]


def test_charts_of_nothing_are_an_empty_frame() -> None:
    """Before the first figure both charts have axes, five epochs wide, and say so."""
    charts = told(examples.run_with())
    assert [chart["label"] for chart in charts] == [
        "Accuracy over 5 epochs. No figures yet.",
        "Loss over 5 epochs. No figures yet.",
    ]
    assert [chart["title"] for chart in charts] == ["Accuracy, %", "Loss, nats"]
    assert [text for _, text in charts[0]["x"]] == ["0", "1", "2", "3", "4", "5"]
    assert [text for _, text in charts[0]["y"]] == ["0", "50", "100"]


def test_chart_says_its_last_values() -> None:
    """Who can't see it hears what it shows and where it stands."""
    accuracy, _ = told(examples.run_with((0.5, 0.25), (0.6, 0.5)))
    assert accuracy["label"] == (
        f"Accuracy over 5 epochs. Last: epoch 2: training accuracy 75.00{THIN}%;"
        f" epoch 2: validation accuracy 50.00{THIN}%."
    )


def test_best_epoch_is_marked_on_validation() -> None:
    """A ring at the second epoch, on the validation curve's value; without validation none."""
    losses, val_losses = (0.5, 0.25, 0.1), (0.6, 0.5, 0.7)
    charts = told(examples.run_with(losses, val_losses, best_epoch=1))
    assert [chart["best"] for chart in charts] == [[2, 0.5], [2, 0.5]]
    for unmarked in (
        examples.run_with((0.5,), best_epoch=0),
        examples.run_with(best_epoch=0),
        examples.run_with(losses),
    ):
        assert [chart["best"] for chart in told(unmarked)] == [None, None]


def test_finished_run_is_as_wide_as_it_was_long() -> None:
    """Stopped early after two of five epochs it ends at the second; while it runs, at the fifth."""
    losses = (0.5, 0.25)
    assert learning.planned(examples.run_with(losses)) == 5
    assert learning.planned(examples.run_with(losses, status="finished")) == 2
    assert told(examples.run_with(losses), epochs=9)[0]["epochs"] == 9


def test_runs_over_each_other_have_a_curve_each() -> None:
    """One line a run, its validation where there is one, named as what tells it from others."""
    charts = told(
        examples.run_with((0.5,), (0.25,)),
        examples.run_with((0.5,), seed=1),
        examples.run_with(seed=2),
    )
    assert [(line["kind"], line["name"]) for line in charts[0]["lines"]] == [
        ("run-0", "seed 0"),
        ("run-1", "seed 1"),
    ]
    assert [line["points"][0][1] for line in charts[1]["lines"]] == [0.25, 0.5]
    assert charts[1]["lines"][0]["points"][0][2] == (
        f"seed 0: epoch 1: validation loss 0.25{THIN}nats"
    )
    assert charts[0]["best"] is None
    assert charts[0]["label"].startswith("Accuracy over 5 epochs of 3 runs. Last: seed 0")


def test_run_that_cannot_be_read_has_no_curve() -> None:
    """A damaged entry among others is left out, and alone it is an empty frame."""
    damaged = dataclasses.replace(examples.run_with(()), recipe=None, status="unreadable")
    assert len(told(damaged, examples.run_with((0.5,)))[0]["lines"]) == 1
    assert told(damaged)[0]["lines"] == []


# --- as charts of a file ----------------------------------------------------------------------


def test_charts_show_what_is_told() -> None:
    """Epoch 2 of 5 stands at 0.4, a gap is no line, and the best epoch is ringed and named."""
    run = examples.run_with((0.5, None, 0.1), (0.6, 0.5, 0.7), best_epoch=1)
    accuracy, loss = learning.charts([run], ["mine"])
    assert (accuracy.up, loss.up, loss.across) == ("Accuracy, %", "Loss, nats", "epoch")
    kinds = [line.kind for line in loss.lines]
    assert kinds == ["training", "training", "validation", "best"]
    (at, best), (_, middle, _) = loss.lines[3].points[0], loss.lines[2].points
    assert (at, best) == middle
    assert at == pytest.approx(0.4)
    assert loss.legend == (
        ("training", "training"),
        ("validation", "validation"),
        ("best", "lowest validation loss"),
    )
    assert loss.ticks_across[-1] == (1, "5")


# --- axes -----------------------------------------------------------------------------------


def line(*points: tuple[float, float | None]) -> dict:
    """Make a line of these points."""
    return {"points": [[at, value, None] for at, value in points]}


def test_range_leaves_out_the_steep_start() -> None:
    """A loss of 2.3 in the first half epoch does not flatten 0.5 to 0.3 after it."""
    low, high = learning.settled_range([line((0.1, 2.3), (0.5, 0.5), (1, 0.3))], "loss", epochs=5)
    assert (low, high) == pytest.approx((0.29, 0.51))
    assert learning.settled_range([line((0.1, 2.3))], "loss", epochs=5)[1] > 2.3


def test_range_of_a_single_epoch_begins_early() -> None:
    """Of one epoch the first fifth is the steep start: half of it would be the chart."""
    points = line((0.1, 2.3), (0.25, 0.8), (1, 0.3))
    assert learning.settled_range([points], "loss", epochs=1) == pytest.approx((0.275, 0.825))


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("metric", ["accuracy", "loss"])
def test_range_of_one_value_has_a_height(metric: str, value: float) -> None:
    """One epoch, or equal ones, still leave room; an accuracy never reaches beyond 100 %."""
    low, high = learning.settled_range([line((1, value), (2, value), (3, None))], metric, epochs=5)
    assert low < high
    assert low <= value <= high
    assert metric == "loss" or high <= 1


def test_ticks_are_written_with_the_decimals_they_need() -> None:
    """96 to 98 % in whole numbers, 97.5 to 97.9 with one."""
    wide, narrow = (
        told(examples.run_with(losses, epochs=2))[0]["y"]
        for losses in ((0.04, 0.02), (0.025, 0.021))
    )
    assert [text for _, text in wide] == ["96.0", "96.5", "97.0", "97.5", "98.0"]
    assert [text for _, text in narrow] == ["97.5", "97.6", "97.7", "97.8", "97.9"]
