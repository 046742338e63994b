"""The same work without a browser: `python -m mnistdash train|add|runs|report|data`."""

import argparse
import contextlib
import dataclasses
import json
import pathlib
import sys
import tempfile
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

from mnistdash import (
    artifacts,
    datasets,
    hands,
    outliers,
    recipes,
    report,
    results,
    settings,
    store,
    study,
    trainer,
    verdicts,
)
from mnistdash.bringing import command as bringing
from mnistdash.bringing import runs as logged
from mnistdash.datasets import command as data

if TYPE_CHECKING:
    from mnistdash.training import progress as reports

T = TypeVar("T")

_BAR = 30  # characters


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return the exit code.

    0: done, 1: refused or failed, 2: misspelled, 130: stopped from the keyboard.
    """
    options = _parser().parse_args(arguments)
    try:
        _share_images()
        return options.command(options)
    except (datasets.DataError, store.StoreError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        goes_on = " The Train page resumes a training after its last whole epoch."
        print(f"\nStopped.{goes_on if options.command is _train else ''}", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m mnistdash", description=__doc__)
    commands = parser.add_subparsers(required=True)

    train = commands.add_parser("train", help="train a preset and keep the run")
    train.add_argument("preset", choices=sorted(recipes.PRESETS))
    train.add_argument("--dataset", help="another data set than the preset's own")
    train.add_argument("--epochs", type=int)
    train.add_argument("--seed", type=int, default=0)
    train.add_argument("--json", action="store_true", help="print one JSON object")
    train.set_defaults(command=_train)

    bringing.add_parser(commands)

    starter = commands.add_parser("starter", help="train what ships with the package")
    starter.add_argument("which", choices=[*sorted(recipes.STARTERS), "detector"])
    starter.set_defaults(command=_starter)

    runs = commands.add_parser("runs", help="list the runs, newest first")
    runs.add_argument("--json", action="store_true", help="print one JSON array")
    runs.set_defaults(command=_runs)

    told = commands.add_parser("report", help="write a run as one HTML file")
    told.add_argument("run", help="its name or id")
    told.add_argument("--output", type=pathlib.Path, help="file; RUN.html by default")
    told.add_argument("--person", default=verdicts.ME, help="whose verdicts are told")
    told.set_defaults(command=_report)

    data.add_parser(commands, on_rename=_take_runs_along)
    return parser


def _share_images() -> None:
    """Find and keep added images in the database, where one is named."""
    if settings.database_url():
        store.share_images(store.Store(store.default_url()))


def _take_runs_along(old: str, new: str) -> None:
    """Let the runs on images that were renamed find them under the new name."""
    store.Store(store.default_url()).rename_dataset(old, new)


def _train(options: argparse.Namespace) -> int:
    preset = recipes.PRESETS[options.preset]
    changes = {"seed": options.seed} | (
        {} if options.epochs is None else {"epochs": options.epochs}
    )
    name = options.dataset or preset.dataset
    classes = len(datasets.class_names(name))
    recipe = dataclasses.replace(preset.recipe, classes=classes, **changes)
    db = store.Store(store.default_url())
    run = _trained(db, recipe, datasets.load(name), preset.name)
    db.request_study(run.id)
    study.perform(run.id, artifacts.FEATURES, db.url)
    facts = _facts(run)
    if options.json:
        print(json.dumps(facts))
    else:
        print("\n".join(f"{key:16} {value}" for key, value in facts.items()))
    return 0


def _trained(
    db: store.Store, recipe: recipes.Recipe, dataset: datasets.Dataset, name: str
) -> store.Run:
    """Train in this process and return the finished run."""
    recipes.check_fits(recipe, dataset.num_train)
    run_id = db.enqueue(recipe, dataset.name, name=name).id
    with _progress_shown(_training) as on_progress:
        trainer.perform(run_id, db.url, on_progress=on_progress, dataset=dataset)
    run = db.run(run_id)
    if run is not None and run.under_way:
        raise ValueError(f"The same training is under way already, as run {run.id}.")
    if run is None or not run.finished:
        raise ValueError(f"The training ended: {run.reason if run else 'it was deleted'}")
    return run


def _starter(options: argparse.Namespace) -> int:
    """Train a starter run, or the digit detector, and write it into the package's folder."""
    folder = pathlib.Path(__file__).with_name("starter")
    if options.which == "detector":
        return _train_detector(
            folder / "detector.tflite", datasets.load("mnist"), datasets.load("letters")
        )
    name = options.which
    recipe, dataset, note = recipes.STARTERS[name], datasets.load(name), ""
    if name == "mnist":
        dataset, note = hands.training_set(dataset, recipe.seed), hands.NOTE
    with tempfile.TemporaryDirectory() as scratch:
        db = store.Store(f"sqlite:///{scratch}/starter.sqlite3")
        run = _trained(db, recipe, dataset, "starter")
        db.annotate(run.id, note)
        target = folder / f"{name}.zip"
        target.write_bytes(db.export(run.id, shipped_as=f"starter-{name}"))
    print(f"{target.name}: {run.test_accuracy:.4f}, {run.seconds:.0f} s, {target.stat().st_size} B")
    return 0


def _train_detector(
    target: pathlib.Path, digits: datasets.Dataset, letters: datasets.Dataset
) -> int:
    from mnistdash.training import session

    recipe = recipes.DETECTOR
    drawings = outliers.training_set(digits, letters, recipe.seed)
    with _progress_shown(_training) as on_progress:
        outcome = session.train(recipe, drawings, on_progress=on_progress)
    if outcome.status != "finished":
        raise ValueError(f"The training ended: {outcome.reason}")
    model = outcome.artifacts[artifacts.MODEL]
    target.write_bytes(model)
    print(f"{target.name}: {outcome.seconds:.0f} s, {len(model)} B")
    return 0


@contextlib.contextmanager
def _progress_shown(tell: Callable[[T], tuple[float, str]]) -> Iterator[Callable[[T], None]]:
    """Yield what shows the progress, and end its line; nothing is shown where nobody looks.

    Args:
        tell: takes a report of the progress; returns the share that is done, 0-1, and what is said.
    """

    def show(progress: T) -> None:
        done, said = tell(progress)
        line = f"[{'#' * round(_BAR * done):{_BAR}}] {said}"
        print(f"\r{line:80}", end="", file=sys.stderr, flush=True)

    if sys.stderr.isatty():
        try:
            yield show
        finally:
            print(file=sys.stderr)
    else:
        yield lambda progress: None


def _training(progress: "reports.Progress") -> tuple[float, str]:
    done = (progress.epoch + progress.step / progress.steps) / progress.epochs
    figures = ""
    if progress.loss is not None and progress.accuracy is not None:  # else before the first step
        figures = f"  loss {progress.loss:.4f}  accuracy {progress.accuracy:.4f}"
    return done, f"epoch {progress.epoch + 1} of {progress.epochs}{figures}"


def _runs(options: argparse.Namespace) -> int:
    db = store.Store(store.default_url())
    db.add_starters()
    found = [_facts(run) for run in db.runs()]
    if options.json:
        print(json.dumps(found))
    else:
        for facts in found:
            accuracy = facts["test_accuracy"]
            shown = "-" if accuracy is None else f"{accuracy:.4f}"
            print(f"{facts['run']:20} {facts['status']:12} {shown:8} {facts['name']}")
    return 0


def _report(options: argparse.Namespace) -> int:
    db = results.opened()
    run = results.find(db, options.run)
    target = options.output or pathlib.Path(f"{run.id}.html")
    with _progress_shown(lambda share: (share, "report")) as on_progress:
        on_progress(0.0)
        told = report.contents(db, run, person=options.person, link=logged.link(run.id))
        text = report.write(told, on_progress)
    try:
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ValueError(f"{target} can't be written: {error.strerror}.") from None
    print(f"{target}: {len(text.encode()):,} B")
    return 0


def _facts(run: store.Run) -> dict[str, object]:
    return {
        "run": run.id,
        "name": run.name,
        "dataset": run.dataset,
        "status": run.status,
        "test_accuracy": run.test_accuracy,
        "test_errors": run.test_errors,
        "test_loss": run.test_loss,
        "train_seconds": run.seconds,
        "epochs": len(run.history),
        "seed": run.recipe.seed if run.recipe else None,
    }


if __name__ == "__main__":
    raise SystemExit(main())
