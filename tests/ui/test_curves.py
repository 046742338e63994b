"""Which curves a run has, where their axes end, what is said of them, and their contrast."""

import dataclasses
import json
import pathlib
import re
import tomllib

import pytest
from streamlit.testing import v1 as streamlit_testing

from mnistdash import recipes, store
from mnistdash.ui import curves

pytestmark = pytest.mark.usefixtures("scanned_once")

UI = pathlib.Path(curves.__file__).parent
REPO = UI.parents[1]
CSS = (UI / "curves.css").read_text()
THIN = "\N{THIN SPACE}"


def run_with(
    losses: tuple[float | None, ...] = (),
    val_losses: tuple[float | None, ...] = (),
    *,
    samples: tuple[tuple, ...] = (),
    epochs: int = 5,
    seed: int = 0,
    best_epoch: int | None = None,
    status: str = "running",
) -> store.Run:
    """Make a run with this history; an accuracy is 1 less its loss."""
    db = store.Store("sqlite://")
    recipe = recipes.Recipe(layers="flatten dense16", epochs=epochs, seed=seed)
    run = db.enqueue(recipe, "optdigits", name="mine")
    padded = val_losses or (None,) * len(losses)
    history = [
        {"epoch": n, "loss": a, "val_loss": b, "accuracy": rest(a), "val_accuracy": rest(b)}
        for n, (a, b) in enumerate(zip(losses, padded, strict=True))
    ]
    return dataclasses.replace(
        run,
        status=status,
        history=tuple(history),
        live=store.Live(samples=samples),
        best_epoch=best_epoch,
    )


def rest(loss: float | None) -> float | None:
    """Return the accuracy that goes with a loss in these tests."""
    return None if loss is None else 1 - loss


def told(runs: list[store.Run], **options: object) -> dict:
    """Return what the component is told."""

    def script(runs: list, options: dict) -> None:
        from mnistdash.ui import curves

        curves.curves(runs, key="curves", **options)

    app = streamlit_testing.AppTest.from_function(script, args=(runs, options), default_timeout=30)
    app.run()
    assert not app.exception
    return json.loads(app.get_by_key("curves").proto.json, parse_constant=pytest.fail)[0]


def test_curves_count_epochs_from_one() -> None:
    """Epoch 0 in code is epoch 1 on screen; both curves are named, and each point has words."""
    training, validation = curves.lines_of(run_with((0.5, 0.25), (0.6, 0.5)), "loss")
    assert (training["name"], validation["name"]) == ("training", "validation")
    assert training["points"] == [
        [1, 0.5, f"epoch 1: training loss 0.5{THIN}nats"],
        [2, 0.25, f"epoch 2: training loss 0.25{THIN}nats"],
    ]
    assert [point[:2] for point in validation["points"]] == [[1, 0.6], [2, 0.5]]


def test_accuracy_is_said_as_a_percentage() -> None:
    """A loss of 0.0219 goes with 97.81 % here."""
    (_, validation) = curves.lines_of(run_with((0.5,), (0.0219,)), "accuracy")
    assert validation["points"][0][2] == f"epoch 1: validation accuracy 97.81{THIN}%"


def test_no_validation_no_curve() -> None:
    """A training without validation images has one curve."""
    assert [line["kind"] for line in curves.lines_of(run_with((0.5, 0.25)), "loss")] == ["training"]


@pytest.mark.parametrize("gone", [None, float("nan"), float("inf"), 1e300])
def test_curve_of_a_diverged_run_has_a_gap(gone: float | None) -> None:
    """A loss that is no number any more is a gap, and the epochs around it are drawn."""
    (training,) = curves.lines_of(run_with((0.5, gone, 0.25)), "loss")
    assert [value for _, value, _ in training["points"]] == [0.5, None, 0.25]
    assert told([run_with((0.5, gone))])["charts"][1]["range"][1] < 1


def test_samples_speak_only_while_there_is_no_epoch() -> None:
    """Within the first epoch each sample says its value; later the epochs do."""
    samples = ((0.25, None, None), (0.5, 0.75, 0.5))
    (line,) = curves.lines_of(run_with(samples=samples), "accuracy")
    assert (line["kind"], line["name"]) == ("samples", "within the epochs")
    assert line["points"][1] == [0.5, 0.5, f"epoch 0.5: training accuracy 50.00{THIN}%"]
    first = curves.lines_of(run_with((0.5,), samples=samples), "loss")[0]
    assert first["points"] == [[0.25, None, None], [0.5, 0.75, None]]


def test_charts_of_nothing_are_an_empty_frame() -> None:
    """Before the first figure both charts have axes, five epochs wide, and say so."""
    charts = told([run_with()])["charts"]
    assert [chart["label"] for chart in charts] == [
        "Accuracy over 5 epochs. No figures yet.",
        "Loss over 5 epochs. No figures yet.",
    ]
    assert [chart["title"] for chart in charts] == ["Accuracy, %", "Loss, nats"]
    assert [text for _, text in charts[0]["x"]] == ["0", "1", "2", "3", "4", "5"]
    assert [text for _, text in charts[0]["y"]] == ["0", "50", "100"]


def test_chart_says_its_last_values() -> None:
    """Who can't see it hears what it shows and where it stands."""
    accuracy, _ = told([run_with((0.5, 0.25), (0.6, 0.5))])["charts"]
    assert accuracy["label"] == (
        f"Accuracy over 5 epochs. Last: epoch 2: training accuracy 75.00{THIN}%;"
        f" epoch 2: validation accuracy 50.00{THIN}%."
    )


def test_best_epoch_is_marked_on_validation() -> None:
    """A ring at the second epoch, on the validation curve's value; without validation none."""
    losses, val_losses = (0.5, 0.25, 0.1), (0.6, 0.5, 0.7)
    charts = told([run_with(losses, val_losses, best_epoch=1)])["charts"]
    assert [chart["best"] for chart in charts] == [[2, 0.5], [2, 0.5]]
    for unmarked in (run_with((0.5,), best_epoch=0), run_with(best_epoch=0), run_with(losses)):
        assert [chart["best"] for chart in told([unmarked])["charts"]] == [None, None]


def test_finished_run_is_as_wide_as_it_was_long() -> None:
    """Stopped early after two of five epochs it ends at the second; while it runs, at the fifth."""
    losses = (0.5, 0.25)
    assert curves.planned(run_with(losses)) == 5
    assert curves.planned(run_with(losses, status="finished")) == 2
    assert told([run_with(losses)], epochs=9)["charts"][0]["epochs"] == 9


def test_runs_over_each_other_have_a_curve_each() -> None:
    """One line a run, its validation where there is one, named as what tells it from others."""
    charts = told([run_with((0.5,), (0.25,)), run_with((0.5,), seed=1), run_with(seed=2)])["charts"]
    assert [(line["kind"], line["name"]) for line in charts[0]["lines"]] == [
        ("run-0", "mine · seed 0"),
        ("run-1", "mine · seed 1"),
    ]
    assert [line["points"][0][1] for line in charts[1]["lines"]] == [0.25, 0.5]
    assert charts[1]["lines"][0]["points"][0][2] == (
        f"mine · seed 0: epoch 1: validation loss 0.25{THIN}nats"
    )
    assert charts[0]["best"] is None
    assert charts[0]["label"].startswith("Accuracy over 5 epochs of 3 runs. Last: mine · seed 0")


def test_runs_asked_for_together_are_told_by_their_seed() -> None:
    """What they share is said in their title once."""
    runs = [run_with((0.5,), seed=3), run_with((0.5,), seed=4)]
    sisters = [dataclasses.replace(run, request="a") for run in runs]
    assert curves.names_of(sisters) == ["seed 3", "seed 4"]
    assert curves.names_of(runs) == ["mine · seed 3", "mine · seed 4"]
    (line, _) = told(sisters)["charts"][0]["lines"]
    assert line["points"][0][2] == f"seed 3: epoch 1: training accuracy 50.00{THIN}%"


def test_run_that_cannot_be_read_has_no_curve() -> None:
    """A damaged entry among others is left out, and alone it is an empty frame."""
    damaged = dataclasses.replace(run_with(()), recipe=None, status="unreadable")
    assert len(told([damaged, run_with((0.5,))])["charts"][0]["lines"]) == 1
    assert told([damaged])["charts"][0]["lines"] == []


# --- axes -----------------------------------------------------------------------------------


def line(*points: tuple[float, float | None]) -> dict:
    """Make a line of these points."""
    return {"points": [[at, value, None] for at, value in points]}


def test_range_leaves_out_the_steep_start() -> None:
    """A loss of 2.3 in the first half epoch does not flatten 0.5 to 0.3 after it."""
    low, high = curves.settled_range([line((0.1, 2.3), (0.5, 0.5), (1, 0.3))], "loss", epochs=5)
    assert (low, high) == pytest.approx((0.29, 0.51))
    assert curves.settled_range([line((0.1, 2.3))], "loss", epochs=5)[1] > 2.3


def test_range_of_a_single_epoch_begins_early() -> None:
    """Of one epoch the first fifth is the steep start: half of it would be the chart."""
    points = line((0.1, 2.3), (0.25, 0.8), (1, 0.3))
    assert curves.settled_range([points], "loss", epochs=1) == pytest.approx((0.275, 0.825))


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("metric", ["accuracy", "loss"])
def test_range_of_one_value_has_a_height(metric: str, value: float) -> None:
    """One epoch, or equal ones, still leave room; an accuracy never reaches beyond 100 %."""
    low, high = curves.settled_range([line((1, value), (2, value), (3, None))], metric, epochs=5)
    assert low < high
    assert low <= value <= high
    assert metric == "loss" or high <= 1


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 5, [0, 1, 2, 3, 4, 5]),
        (0, 25, [0, 5, 10, 15, 20, 25]),
        (0, 1, [0, 1]),
        (0, 200, [0, 50, 100, 150, 200]),
        (0, 7, [0, 2, 4, 6]),
    ],
)
def test_epochs_have_few_whole_ticks(low: int, high: int, expected: list[int]) -> None:
    """Every epoch, every fifth, every fiftieth; never a fraction."""
    assert curves.ticks(low, high, whole=True) == expected


@pytest.mark.parametrize(
    ("low", "high"), [(0.963, 0.981), (0.0, 2.5), (1e-9, 2e-9), (-1e29, 1e29), (0.5, 0.500001)]
)
def test_ticks_are_round_and_inside(low: float, high: float) -> None:
    """Two to six of them, evenly spaced, none beyond the ends."""
    found = curves.ticks(low, high)
    assert 2 <= len(found) <= curves.MAX_TICKS
    assert low - 1e-9 * abs(low) <= found[0] < found[-1] <= high * (1 + 1e-9)


def test_ticks_are_written_with_the_decimals_they_need() -> None:
    """96 to 98 % in whole numbers, 97.5 to 97.9 with one."""
    wide, narrow = (
        told([run_with(losses, epochs=2)])["charts"][0]["y"]
        for losses in ((0.04, 0.02), (0.025, 0.021))
    )
    assert [text for _, text in wide] == ["96.0", "96.5", "97.0", "97.5", "98.0"]
    assert [text for _, text in narrow] == ["97.5", "97.6", "97.7", "97.8", "97.9"]


# --- colours --------------------------------------------------------------------------------


def luminance(colour: str) -> float:
    """Return the relative luminance of `#rrggbb`.

    Source: WCAG 2.2, relative luminance.
    """
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    """Return the contrast of two colours, 1 to 21."""
    dark, light = sorted((luminance(first), luminance(second)))
    return (light + 0.05) / (dark + 0.05)


PAIRS = re.findall(r"--([a-z]+-[a-z0-9]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", CSS)


@pytest.mark.parametrize(("name", "light", "dark"), PAIRS)
def test_colours_stand_out_in_both_themes(name: str, light: str, dark: str) -> None:
    """Lines have a contrast of 3 with the page, text one of 4.5."""
    theme = tomllib.loads((REPO / ".streamlit" / "config.toml").read_text())["theme"]
    least = 4.5 if name == "text-quiet" else 3
    assert contrast(light, theme["light"]["backgroundColor"]) >= least
    assert contrast(dark, theme["dark"]["backgroundColor"]) >= least


def test_every_run_has_a_colour() -> None:
    """The style has as many colours as are given out, no two of them alike."""
    runs = [(light, dark) for name, light, dark in PAIRS if name.startswith("run-")]
    assert len(runs) == len(set(runs)) == curves.NUM_COLOURS
    for place in range(curves.NUM_COLOURS):
        assert f".run-{place} {{" in CSS


def test_text_is_never_small() -> None:
    """No text of a chart is below 11 pixels."""
    assert min(int(size) for size in re.findall(r"font-size: (\d+)px", CSS)) >= 11
