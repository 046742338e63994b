"""Learning curves: which a run has, where their axes end, and what is said of them."""

import itertools
from collections.abc import Iterable, Sequence

from mnistdash import store, wording
from mnistdash.charts import described

NUM_COLOURS = 8  # of runs laid over each other: `run-0` to `run-7`
_STEEP = 0.5  # epochs whose steep start would hide the rest; of a short training a fifth of it
_HUGE = 1e30  # a loss beyond is as good as none
_FULL = {"accuracy": (0.0, 1.0), "loss": (0.0, 2.5)}  # while there is nothing to show
_TITLES = {"accuracy": "Accuracy, %", "loss": "Loss, nats"}
_PLACES = {"loss": 1, "accuracy": 2}  # of a metric in a sample of `store.Live`


def told(
    runs: Sequence[store.Run], names: Sequence[str], *, epochs: int | None = None
) -> list[dict]:
    """Describe the curves of accuracy and loss, of one run or of several over each other.

    Args:
        runs: up to `NUM_COLOURS` are told apart by colour.
        names: what tells each of several from the others.
        epochs: the width of the charts; as many as are planned by default.

    Returns:
        A dict for each of the two charts, which `ui/curves.js` draws as it grows.
    """
    width = epochs or max(map(planned, runs), default=1)
    return [_told(runs, names, metric, width) for metric in ("accuracy", "loss")]


def charts(
    runs: Sequence[store.Run], names: Sequence[str], *, epochs: int | None = None
) -> list[described.Chart]:
    """Describe the same curves as the charts of a file; arguments as those of `told`."""
    return [_chart(each) for each in told(runs, names, epochs=epochs)]


def planned(run: store.Run) -> int:
    """Return how many epochs a run's curves are wide: of a finished one those it had."""
    if run.recipe is not None and not (run.finished and run.history):
        return run.recipe.epochs
    return max(1, len(run.history), run.live.epochs if run.under_way else 1)


def lines_of(run: store.Run, metric: str) -> list[dict]:
    """Return the curves of one run, the way through its epochs first.

    Args:
        run: its history and what came of it so far.
        metric: `accuracy` or `loss`.

    Returns:
        A dict a curve: `kind`, its `name`, and `points` of `[epoch, value, sentence]`, the epoch
        counted from 1 at its end, the value `None` where it is no number. Samples carry a
        sentence only while there is no whole epoch.
    """
    found = []
    samples = [(sample[0], sample[_PLACES[metric]]) for sample in run.live.samples]
    if samples:
        say = None if run.history else f"training {metric}"
        found.append(_line("samples", "within the epochs", samples, metric, say))
    for kind, column in (("training", metric), ("validation", f"val_{metric}")):
        points = [(epoch["epoch"] + 1, epoch.get(column)) for epoch in run.history]
        if any(_finite(value) is not None for _, value in points):
            found.append(_line(kind, kind, points, metric, f"{kind} {metric}"))
    return found


def line_over(run: store.Run, metric: str, colour: int, name: str) -> dict | None:
    """Return the one curve of a run among others: its validation curve, else its training.

    Args:
        run: its history and what came of it so far.
        metric: `accuracy` or `loss`.
        colour: its place among the runs.
        name: what tells it from the others.
    """
    found = lines_of(run, metric)
    if not found:
        return None
    points = [
        [at, value, f"{name}: {sentence}" if sentence else None]
        for at, value, sentence in found[-1]["points"]
    ]
    return {"kind": f"run-{colour % NUM_COLOURS}", "name": name, "points": points}


def settled_range(lines: Iterable[dict], metric: str, *, epochs: int) -> tuple[float, float]:
    """Return the range of the values after the steep start, which would hide the rest.

    Args:
        lines: with their `points`.
        metric: `accuracy` or `loss`.
        epochs: how many the chart is wide.
    """
    steep = min(_STEEP, epochs / 5)
    points = [point for line in lines for point in line["points"] if point[1] is not None]
    known = [value for at, value, _ in points if at >= steep] or [value for _, value, _ in points]
    if not known:
        return _FULL[metric]
    low, high = min(known), max(known)
    margin = max(0.05 * (high - low), 1e-4 * abs(high), 1e-6)
    if low == high:
        margin = 0.05 * abs(high) or 0.01
    top = high + margin
    return low - margin, min(top, 1.0) if metric == "accuracy" else top


def _told(runs: Sequence[store.Run], names: Sequence[str], metric: str, epochs: int) -> dict:
    if len(runs) == 1:
        lines = lines_of(runs[0], metric)
    else:
        named = enumerate(zip(runs, names, strict=True))
        over = (line_over(run, metric, place, name) for place, (run, name) in named)
        lines = [line for line in over if line is not None]
    low, high = settled_range(lines, metric, epochs=epochs)
    at = described.ticks(low, high, most=5)
    decimals = described.decimals_of(
        [100 * value if metric == "accuracy" else value for value in at]
    )
    return {
        "title": _TITLES[metric],
        "label": _label(lines, metric, epochs, len(runs)),
        "lines": lines,
        "best": _best(runs[0], metric) if len(runs) == 1 else None,
        "epochs": epochs,
        "x": [[number, f"{number:.0f}"] for number in described.ticks(0, epochs, whole=True)],
        "range": [low, high],
        "y": [[value, _tick_text(value, metric, decimals)] for value in at],
    }


def _line(
    kind: str, name: str, points: Sequence[tuple], metric: str, say: str | None
) -> dict[str, object]:
    shown = [
        [at, value, f"epoch {round(at, 2):g}: {say} {value_text(value, metric)}" if say else None]
        for at, value in ((at, _finite(value)) for at, value in points)
    ]
    return {"kind": kind, "name": name, "points": shown}


def value_text(value: float | None, metric: str) -> str:
    """Write a value with its unit: `97.81 %`, `0.123 nats`."""
    if value is None:
        return "is no number"
    return wording.percent(value) if metric == "accuracy" else f"{value:.4g}{wording.THIN}nats"


def _label(lines: Sequence[dict], metric: str, epochs: int, num_runs: int) -> str:
    """Say what a chart shows, and its last values, to a person who can't see it."""
    over = f"{metric.capitalize()} over {wording.number_of(epochs, 'epoch')}"
    of = f" of {num_runs} runs" if num_runs > 1 else ""
    last = [sentence for line in lines if (sentence := _last(line))]
    return f"{over}{of}. " + (f"Last: {'; '.join(last)}." if last else "No figures yet.")


def _last(line: dict) -> str | None:
    known = [sentence for _, value, sentence in line["points"] if value is not None]
    return known[-1] if known else None


def _best(run: store.Run, metric: str) -> list | None:
    """Return where the epoch of the lowest validation loss is marked."""
    if run.best_epoch is None or run.best_epoch >= len(run.history):
        return None
    value = _finite(run.history[run.best_epoch].get(f"val_{metric}"))
    return None if value is None else [run.best_epoch + 1, value]


def _finite(value: object) -> float | None:
    number = isinstance(value, int | float) and abs(value) < _HUGE  # NaN is not
    return float(value) if number else None


def _tick_text(value: float, metric: str, decimals: int) -> str:
    shown = 100 * value if metric == "accuracy" else value
    if abs(shown) >= 1e6:
        return f"{shown:.0e}"
    return f"{shown + 0.0:.{decimals}f}"


def _chart(curves: dict) -> described.Chart:
    low, high = curves["range"]

    def spot(at: float, value: float) -> tuple[float, float]:
        return at / curves["epochs"], (value - low) / (high - low)

    lines, legend = [], []
    for line in curves["lines"]:
        legend.append((line["kind"], line["name"]))
        for known, piece in itertools.groupby(line["points"], lambda it: it[1] is not None):
            if known:  # a value that is no number is a gap
                points = tuple(spot(at, value) for at, value, _ in piece)
                dots = line["kind"] != "samples"
                lines.append(described.Line(kind=line["kind"], points=points, dots=dots))
    if curves["best"]:
        lines.append(described.Line(kind="best", points=(spot(*curves["best"]),)))
        legend.append(("best", "lowest validation loss"))
    return described.Chart(
        said=curves["label"],
        across="epoch",
        up=curves["title"],
        ticks_across=tuple((number / curves["epochs"], text) for number, text in curves["x"]),
        ticks_up=tuple((spot(0, value)[1], text) for value, text in curves["y"]),
        lines=tuple(lines),
        legend=tuple(legend),
    )
