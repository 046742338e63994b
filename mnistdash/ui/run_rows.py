"""What the table of runs says: rows and groups as plain values, and the same as a CSV."""

import dataclasses
import statistics
from collections.abc import Sequence

from mnistdash import datasets, spreadsheet, store
from mnistdash.ui import words

STATUS_WORDS = {"cancelled": "stopped"}  # all other statuses are called what the store calls them
_HYPHEN, _SPACE = "\N{NON-BREAKING HYPHEN}", "\N{NO-BREAK SPACE}"  # a date stays on one line


@dataclasses.dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table: a run, or the runs that were asked for together.

    `texts` is what the cells show and `values` is what they are sorted by, both by column; `mark`
    is the status that the row's sign stands for; `seeds` holds the rows of a group's runs.
    """

    id: str
    title: str
    name: str
    label: str
    pinned: bool
    mark: str
    remark: str
    brief: str
    texts: dict[str, str]
    values: dict[str, float | str | None]
    seeds: tuple["Row", ...] = ()


def rows(runs: Sequence[store.Run]) -> list[Row]:
    """Return the lines of the table in the order of the runs, those of one request as one group.

    A group stands where its first run would.
    """
    together: dict[str, list[store.Run]] = {}
    for run in runs:
        together.setdefault(run.request or run.id, []).append(run)
    return [
        _row(members[0]) if len(members) == 1 else _group(key, members)
        for key, members in together.items()
    ]


def describe(run: store.Run) -> str:
    """Name a run so that nobody takes another for it.

    `dense-tutorial · seed 1, 97.40 %, made 2026-11-25 21:14`
    """
    reached = status(run) if run.test_accuracy is None else words.percent(run.test_accuracy)
    return f"{words.run_title(run)}, {reached}, made {words.moment(run.created_at)}"


def status(run: store.Run) -> str:
    """Say how far a run is, in one word."""
    if run.under_way and run.cancel:
        return "stopping"
    return STATUS_WORDS.get(run.status, run.status)


def spread(accuracies: Sequence[float]) -> str:
    """Write mean and standard deviation of accuracies: `97.51 ± 0.12 % (3)`, empty for none.

    Args:
        accuracies: as fractions; the deviation is that of a sample, and one alone has none.
    """
    percents = [100 * accuracy for accuracy in accuracies]
    if not percents:
        return ""
    around = f" ± {statistics.stdev(percents):.2f}" if len(percents) > 1 else ""
    return f"{statistics.mean(percents):.2f}{around}{words.THIN}% ({len(percents)})"


def csv_text(runs: Sequence[store.Run]) -> str:
    """Write runs as CSV, a line each."""
    lines = [_facts(run) for run in runs]
    return spreadsheet.text(lines[0], (line.values() for line in lines)) if lines else ""


def _facts(run: store.Run) -> dict[str, object]:
    """Return what a spreadsheet can use of a run, numbers as numbers."""
    return {
        "id": run.id,
        "run": words.run_title(run),
        "name": run.name,
        "request": run.request,
        "status": status(run),
        "accuracy": run.test_accuracy,
        "errors": run.test_errors,
        "images": datasets.title(run.dataset),
        "layers": run.recipe.layers if run.recipe else None,
        "seed": run.recipe.seed if run.recipe else None,
        "epochs": len(run.history),
        "seconds": run.seconds,
        "made (UTC)": words.moment(run.created_at),
        "pinned": run.pinned,
        "note": run.note,
        "reason": run.reason,
    }


def _row(run: store.Run) -> Row:
    remark = " · ".join(part for part in (run.note, run.reason) if part)
    values = _values(run)
    texts = {
        "status": status(run),
        "accuracy": "" if run.test_accuracy is None else words.percent(run.test_accuracy),
        "errors": "" if run.test_errors is None else words.count(run.test_errors),
        "images": datasets.title(run.dataset),
        "layers": _made_of(run) or "",
        "seconds": "" if run.seconds is None else f"{run.seconds:.1f}",
        "made": words.moment(run.created_at),
    }
    return Row(
        id=run.id,
        title=words.run_title(run),
        name=run.name,
        label=describe(run),
        pinned=run.pinned,
        mark="stopping" if run.under_way and run.cancel else run.status,
        remark=" ".join(remark.split()),
        brief=_brief(texts),
        texts=texts,
        values=values,
    )


def _group(request: str, runs: Sequence[store.Run]) -> Row:
    """Write the runs of one request as one row: means, and the spread of the accuracy."""
    first = _row(runs[0])
    accuracies = [run.test_accuracy for run in runs if run.test_accuracy is not None]
    values = _means([_values(run) for run in runs])
    title = words.request_title(runs)
    texts = first.texts | {
        "status": _group_status(runs),
        "accuracy": spread(accuracies),
        "errors": "" if values["errors"] is None else words.count(round(values["errors"])),
        "seconds": "" if values["seconds"] is None else f"{values['seconds']:.1f}",
    }
    return Row(
        id=f"group:{request}",
        title=title,
        name=first.name,
        label=f"all {len(runs)} of {title}, {texts['accuracy'] or texts['status']}",
        pinned=False,
        mark=min((run.status for run in runs), key=store.STATUSES.index),
        remark="",
        brief=_brief(texts),
        texts=texts,
        values=values | {"run": title.casefold(), "status": texts["status"]},
        seeds=tuple(map(_row, runs)),
    )


def _values(run: store.Run) -> dict[str, float | str | None]:
    return {
        "run": words.run_title(run).casefold(),
        "status": status(run),
        "accuracy": run.test_accuracy,
        "errors": run.test_errors,
        "images": datasets.title(run.dataset),
        "layers": _made_of(run),
        "seconds": run.seconds,
        "made": run.created_at,
    }


def _made_of(run: store.Run) -> str | None:
    """Return a run's layers, or that it was brought; `None` where nobody knows."""
    if run.recipe is None:
        return run.origin if run.origin == store.BROUGHT else None
    return run.recipe.layers


def _means(values: Sequence[dict[str, float | str | None]]) -> dict[str, float | str | None]:
    """Return each number's mean where there are any, and each text of the first."""
    found = dict(values[0])
    for column in ("accuracy", "errors", "seconds", "made"):
        numbers = [each[column] for each in values if each[column] is not None]
        found[column] = statistics.mean(numbers) if numbers else None
    return found


def _group_status(runs: Sequence[store.Run]) -> str:
    said = {status(run) for run in runs}
    if len(said) == 1:
        return said.pop()
    return f"{sum(run.finished for run in runs)} of {len(runs)} finished"


def _brief(texts: dict[str, str]) -> str:
    """Write in one line what a narrow table leaves out."""
    plural = "" if texts["errors"] == "1" else "s"
    wrong = f"{texts['errors']} error{plural}" if texts["errors"] else ""
    made = texts["made"].replace("-", _HYPHEN).replace(" ", _SPACE)
    return " · ".join(part for part in (texts["images"], wrong, made) if part)
