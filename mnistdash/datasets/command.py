"""`python -m mnistdash data`: list, fetch, add, rename and remove data sets."""

import argparse
import pathlib
import sys
from collections.abc import Callable

from mnistdash import counting, datasets

# What an option of `add` mends.
_OFFERS = {
    "": "",
    "invert": " Add them with `--invert` to make the ground dark and the ink bright.",
    "classes": " Add them with `--classes` and the names of those that have images.",
}


def add_parser(
    commands: "argparse._SubParsersAction", *, on_rename: Callable[[str, str], None]
) -> None:
    """Add `data` and what it can do to the command line; each sets `command`, a function.

    Args:
        commands: of the whole program.
        on_rename: called with the old and the new name once images are called otherwise.
    """
    data = commands.add_parser("data", help="list the data sets, fetch one, or add your own")
    data.set_defaults(command=_list)
    verbs = data.add_subparsers()

    verbs.add_parser("list", help="what is here, and why other files are not offered")

    fetch = verbs.add_parser("fetch", help="download a published data set")
    fetch.add_argument("name", nargs="?", help=" or ".join(datasets.downloadable()))
    fetch.set_defaults(command=_fetch)

    add = verbs.add_parser(
        "add", help="add images of your own: NPZ, IDX, CSV, or pictures in a folder or ZIP"
    )
    add.add_argument("files", nargs="+", type=pathlib.Path, metavar="FILE_OR_FOLDER")
    add.add_argument("--name", help="how to call them; else as the file")
    add.add_argument("--test", type=pathlib.Path, help="a file or folder of test images")
    add.add_argument("--classes", help="the class names in order, as a,b,c")
    add.add_argument("--invert", action="store_true", help="dark ink on a bright ground")
    add.add_argument("--transpose", action="store_true", help="swap rows and columns, as in EMNIST")
    add.set_defaults(command=_add)

    remove = verbs.add_parser("remove", help="delete images that were added")
    remove.add_argument("name")
    remove.set_defaults(command=_remove)

    rename = verbs.add_parser("rename", help="give images that were added another name")
    rename.add_argument("old")
    rename.add_argument("new")
    rename.set_defaults(command=_rename, on_rename=on_rename)


def _list(options: argparse.Namespace) -> int:
    del options
    for name in dict.fromkeys((*datasets.names(), *datasets.downloadable())):
        here = "here" if datasets.on_this_machine(name) else "not here; `data fetch` gets it"
        print(f"{name:20} {here}")
    for file, reason in datasets.unreadable():
        shown = file.encode(errors="backslashreplace").decode()
        print(f"{shown:20} not offered: {reason}")
    return 0


def _fetch(options: argparse.Namespace) -> int:
    if options.name is None:
        raise datasets.DataError(f"Say which: {' or '.join(datasets.downloadable())}.")
    datasets.fetch(options.name, on_progress=_show_download)
    print(f"{datasets.title(options.name)} is on this machine.")
    return 0


def _show_download(done: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done / 2**20:.1f} of {total / 2**20:.1f} MB", end="", file=sys.stderr)


def _add(options: argparse.Namespace) -> int:
    given = None if options.classes is None else options.classes.split(",")
    name, converted = datasets.add(
        options.files,
        name=options.name,
        test=options.test,
        class_names=given,
        invert=options.invert,
        transpose=options.transpose,
    )
    print(
        f"{name}: {len(converted.x_train):,} training and"
        f" {counting.of(len(converted.x_test), 'test image')} of"
        f" {counting.of(len(converted.class_names), 'class')}."
    )
    for note in converted.notes:
        print(f"  {note}")
    for question, offer in zip(converted.questions, converted.offers, strict=True):
        print(f"  Look at this: {question}{_OFFERS[offer]}")
    return 0


def _remove(options: argparse.Namespace) -> int:
    datasets.remove(options.name)
    print(f"{options.name} is removed.")
    return 0


def _rename(options: argparse.Namespace) -> int:
    datasets.rename(options.old, options.new)
    options.on_rename(options.old, options.new)
    print(f"{options.old} is called {options.new}.")
    return 0
