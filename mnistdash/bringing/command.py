"""`python -m mnistdash add`: bring a run from files."""

import argparse
import pathlib

from mnistdash import artifacts, datasets
from mnistdash.bringing import answers, checking, files, runs


def add_parser(commands: "argparse._SubParsersAction") -> None:
    """Add `add` to the command line; it sets `command`, a function.

    Args:
        commands: of the whole program.
    """
    add = commands.add_parser("add", help="add a run of a model trained elsewhere, from files")
    add.add_argument("name", help="what to call the run")
    add.add_argument("--dataset", required=True, help="whose test images were answered")
    add.add_argument(
        "--predictions",
        required=True,
        type=pathlib.Path,
        metavar="FILE",
        help="probabilities, logits or answers, a row a test image: .npy, .npz or .csv",
    )
    add.add_argument(
        "--history",
        type=pathlib.Path,
        metavar="FILE",
        help="what each epoch ended with: .csv as of Keras's CSVLogger, or .json",
    )
    add.add_argument(
        "--model", type=pathlib.Path, metavar="FILE.tflite", help="the model itself, as LiteRT"
    )
    add.add_argument("--note", default="", help="shown with the run")
    add.set_defaults(command=_add)


def _add(options: argparse.Namespace) -> int:
    images = datasets.load(options.dataset)
    found, notes = read(images, options.predictions.name, files.read_bytes(options.predictions))
    history, kept = [], {}
    if options.history is not None:
        history = files.history(options.history.name, files.read_bytes(options.history))
    if options.model is not None:
        checked = checking.check(
            files.read_bytes(options.model), images.x_test, images.y_test, found
        )
        kept[artifacts.MODEL] = checked.model
        notes = (*notes, *checked.notes)
    logged = runs.write(
        options.name, images, found, history=history, kept=kept, notes=notes, note=options.note
    )
    print(logged)
    return 0


def read(
    images: datasets.Dataset, file_name: str, data: bytes
) -> tuple[answers.Answers, tuple[str, ...]]:
    """Read a file of predictions for a data set, and what was said of the file.

    Raises:
        LogError: it can't be read, or answers other images.
    """
    given = files.predictions(file_name, data, images.class_names)
    found = answers.read(
        given.values,
        num_images=len(images.y_test),
        class_names=images.class_names,
        confidences=given.confidences,
        what=file_name,
    )
    return found, given.notes
