"""Converted images as one checked `.npz`: those that were added, and what was read before."""

import contextlib
import dataclasses
import hashlib
import os
import pathlib
import tempfile
from collections.abc import Callable, Iterator, Mapping
from typing import IO

import numpy as np

from mnistdash.datasets import conversion, errors, labels, npz

FORM = "mnistdash_form"
_VERSION = 1
_ARRAYS = ("x_train", "y_train", "x_test", "y_test")
_TEXTS = ("class_names", "notes", "questions", "offers", "sums", "signature")
_MAX_CACHED = 12  # conversions


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Kept:
    """Converted images: the test part, and how to get the training part, known by its sums.

    `read_train` raises `DataError` if its file was damaged or removed meanwhile.
    """

    x_test: np.ndarray
    y_test: np.ndarray
    class_names: tuple[str, ...]
    notes: tuple[str, ...]
    questions: tuple[str, ...]
    offers: tuple[str, ...]
    sums: Mapping[str, str]
    signature: str
    read_train: Callable[[], tuple[np.ndarray, np.ndarray]]


def in_memory(converted: conversion.Converted) -> Kept:
    """Return a conversion that lies in no file."""
    return Kept(
        x_test=converted.x_test,
        y_test=converted.y_test,
        class_names=converted.class_names,
        notes=converted.notes,
        questions=converted.questions,
        offers=converted.offers,
        sums={key: sum_of(getattr(converted, key)) for key in _ARRAYS},
        signature="",
        read_train=lambda: (converted.x_train, converted.y_train),
    )


def with_train(found: Kept, read_train: Callable[[], tuple[np.ndarray, np.ndarray]]) -> Kept:
    """Return the same images, whose training part is got in another way."""
    return dataclasses.replace(found, read_train=read_train)


def converted(found: Kept) -> conversion.Converted:
    """Return all of the images.

    Raises:
        DataError: they were damaged or removed meanwhile.
    """
    x_train, y_train = found.read_train()
    return conversion.Converted(
        x_train=x_train,
        y_train=y_train,
        x_test=found.x_test,
        y_test=found.y_test,
        class_names=found.class_names,
        notes=found.notes,
        questions=found.questions,
        offers=found.offers,
    )


def write(
    path: pathlib.Path,
    converted: conversion.Converted,
    *,
    name: str | None = None,
    signature: str = "",
    packed: bool = False,
) -> None:
    """Write a file whole or not at all: beside its place, to the disk, then into its place.

    Args:
        path: where to.
        converted: what to write.
        name: what the images are called, if not as the file.
        signature: what tells the file it was read from, as it was then.
        packed: make the file small, as a database should have it, and slower to read.

    Raises:
        DataError: the folder can't be written or the disk is full.
    """
    arrays = {key: getattr(converted, key) for key in _ARRAYS}
    texts = {
        "class_names": converted.class_names,
        "notes": converted.notes,
        "questions": converted.questions,
        "offers": converted.offers,
        "sums": tuple(sum_of(arrays[key]) for key in _ARRAYS),
        "signature": (signature,),
    }
    entries = arrays | {key: np.array(text, str) for key, text in texts.items()}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as stream:
            save = np.savez_compressed if packed else np.savez
            save(stream, allow_pickle=False, **{FORM: np.array(_VERSION)}, **entries)
    except OSError as error:
        raise not_kept(name or path.stem, error) from None


def not_kept(name: str, error: OSError) -> errors.DataError:
    """Return the sentence for images that could not be written."""
    why = "the disk is full" if error.errno == 28 else "the home folder can't be written"
    return errors.DataError(f"{name} could not be kept: {why}.")


@contextlib.contextmanager
def replacing(path: pathlib.Path) -> Iterator[IO[bytes]]:
    """Yield a new file that takes the place of `path` once all of it is on the disk."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as stream:
        try:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        except BaseException:
            pathlib.Path(stream.name).unlink()
            raise
    pathlib.Path(stream.name).replace(path)
    sync_folder(path.parent)


def sync_folder(folder: pathlib.Path) -> None:
    """Make a change of names in a folder last, where the system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def is_kept(known: Mapping[str, npz.Header]) -> bool:
    """Tell from the names of its arrays whether a file is of this form."""
    return FORM in known and {*_ARRAYS, *_TEXTS} <= known.keys()


def read(path: pathlib.Path, *, name: str | None = None) -> Kept:
    """Read the test part and all texts.

    Args:
        path: a file that `write` left.
        name: what the images are called, if not as the file.

    Raises:
        DataError: it is not as `write` left it.
    """
    name = name or path.stem
    known = npz.headers(path)
    if not is_kept(known):
        raise damaged(name)
    texts = {key: npz.read_array(path, key, known[key]).reshape(-1).tolist() for key in _TEXTS}
    if not all(isinstance(text, str) for found in texts.values() for text in found):
        raise damaged(name)
    names = labels.clean_names(texts["class_names"])
    if len(texts["offers"]) != len(texts["questions"]):
        raise damaged(name)
    if len(texts["sums"]) != len(_ARRAYS) or not 2 <= len(names) <= labels.MAX_CLASSES:
        raise damaged(name)
    sums = dict(zip(_ARRAYS, texts["sums"], strict=True))
    x_test, y_test = _part(path, name, "test", sums, len(names))
    return Kept(
        x_test=x_test,
        y_test=y_test,
        class_names=names,
        notes=tuple(texts["notes"]),
        questions=tuple(texts["questions"]),
        offers=tuple(texts["offers"]),
        sums=sums,
        signature=" ".join(texts["signature"]),
        read_train=lambda: _part(path, name, "train", sums, len(names)),
    )


def _part(
    path: pathlib.Path, name: str, split: str, sums: Mapping[str, str], num_classes: int
) -> tuple[np.ndarray, np.ndarray]:
    if not path.is_file():
        raise errors.DataError(f"{name} is gone: it was removed or renamed.")
    try:
        known = npz.headers(path)
        images, known_labels = (
            npz.read_array(path, key, known[key]) for key in (f"x_{split}", f"y_{split}")
        )
    except KeyError:
        raise damaged(name) from None
    right = (
        images.dtype == known_labels.dtype == np.uint8
        and images.shape == (len(known_labels), 28, 28)
        and (len(images) or split == "train")
        and int(known_labels.max(initial=0)) < num_classes
        and sum_of(images) == sums[f"x_{split}"]
        and sum_of(known_labels) == sums[f"y_{split}"]
    )
    if not right:
        raise damaged(name)
    return images, known_labels


def damaged(name: str) -> errors.DataError:
    """Return the sentence for images that are not as they were written."""
    return errors.DataError(f"{name} was changed or damaged since it was added: add it again.")


def sum_of(array: np.ndarray) -> str:
    """Return the SHA-256 of an array's bytes."""
    return hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()


def cached(folder: pathlib.Path, source: pathlib.Path, signature: str) -> Kept | None:
    """Return an earlier conversion of a file that is still as it was then.

    Args:
        folder: the folder of conversions.
        source: the file or folder that was read.
        signature: its size and time now.
    """
    with contextlib.suppress(errors.DataError, OSError):
        found = read(_place(folder, source))
        if found.signature == signature:
            return found
    return None


def cache(
    folder: pathlib.Path, source: pathlib.Path, signature: str, converted: conversion.Converted
) -> None:
    """Keep a conversion for the next process; a home folder that can't be written is no matter."""
    place = _place(folder, source)
    with contextlib.suppress(errors.DataError, OSError):
        write(place, converted, signature=signature)
        old = sorted(folder.glob("*.npz"), key=lambda path: path.stat().st_mtime_ns)
        for path in old[:-_MAX_CACHED]:
            path.unlink(missing_ok=True)


def _place(folder: pathlib.Path, source: pathlib.Path) -> pathlib.Path:
    name = hashlib.sha256(os.fsencode(source.absolute())).hexdigest()[:20]
    return folder / f"{name}.npz"
