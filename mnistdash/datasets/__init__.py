"""The only door to images: MNIST, Fashion-MNIST, optdigits, and files of a person's own."""

import collections
import contextlib
import dataclasses
import functools
import math
import pathlib
import threading
from collections.abc import Callable, Sequence

import numpy as np

from mnistdash import moment, settings
from mnistdash.datasets import (
    adding,
    conversion,
    dataset,
    errors,
    fetching,
    kept,
    labels,
    naming,
    own,
    published,
    shared,
)
from mnistdash.datasets import arrays as arrays_of

DIGITS = labels.DIGITS
DataError = errors.DataError
Dataset = dataset.Dataset
_MAX_LOADED = 8  # data sets in memory

_shelf: shared.Shelf | None = None


def keep_in(keeper: shared.Keeper | None) -> None:
    """Keep images that are added in a database from now on; without one, in the home folder.

    Whoever opens the store of this process says so: several machines may share it.
    """
    global _shelf
    if _shelf is None or _shelf.keeper != keeper:
        _shelf = None if keeper is None else shared.Shelf(keeper)


# --- which there are --------------------------------------------------------------------------


def names() -> tuple[str, ...]:
    """Return the data sets on this machine, the published ones first."""
    offered = {entry.name for entry in _own_entries() if entry.reason is None}
    here = (name for name in published.KNOWN if on_this_machine(name))
    return (*here, *sorted(offered | _on_shelf().keys()))


def unreadable() -> list[tuple[str, str]]:
    """Return the files in the data folders that are not offered, each with the reason.

    Only their first bytes are looked at, and only once while they stay as they are.
    """
    return [(entry.path.name, entry.reason) for entry in _own_entries() if entry.reason]


def _published(name: str) -> pathlib.Path | None:
    return moment.once(("published", name), lambda: published.locate(name, _folders()))


def _own_entries() -> list[own.Entry]:
    known = {name: known.num_test for name, known in published.KNOWN.items()}
    return moment.once("own files", lambda: own.entries(_folders(), known, _on_shelf()))


def _on_shelf() -> dict[str, str]:
    return {} if _shelf is None else _shelf.listed()


def _own_entry(name: str) -> own.Entry | None:
    """Find a person's own set by its name, one that is offered before one that is not."""
    if not naming.is_name(name) or name in published.KNOWN:
        return None
    found = [entry for entry in _own_entries() if entry.name == name]
    return min(found, key=lambda entry: entry.reason is not None, default=None)


def on_this_machine(name: str) -> bool:
    """Tell whether `load(name)` finds its files without a network."""
    if name in published.KNOWN:
        return name == "optdigits" or _published(name) is not None
    if name in _on_shelf():
        return True
    entry = _own_entry(name)
    return entry is not None and entry.reason is None


def title(name: str) -> str:
    """Return the name to show for a data set."""
    return published.KNOWN[name].title if name in published.KNOWN else name


def class_names(name: str) -> tuple[str, ...]:
    """Return the 2 to 62 class names of a data set.

    Raises:
        DataError: it is a file of a person's own that can't be loaded.
    """
    return published.KNOWN[name].class_names if name in published.KNOWN else load(name).class_names


def downloadable() -> tuple[str, ...]:
    """Return the names that `fetch` knows."""
    return tuple(name for name, known in published.KNOWN.items() if known.files)


# --- loading ----------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class _Loaded:
    """A data set in memory, and how to tell that its files are still those that were read."""

    images: Dataset
    still: Callable[[], bool]


_loaded: dict[str, _Loaded] = {}
_remembering = threading.Lock()
_loading: collections.defaultdict[str, threading.Lock] = collections.defaultdict(threading.Lock)


def load(name: str) -> Dataset:
    """Return a data set, loaded once per process while its files stay as they are.

    Args:
        name: `mnist`, `fashion_mnist`, `optdigits`, or the name, without its ending, of a file or
            folder of a person's own in the data folders, or of images that were added.

    Raises:
        DataError: the files are missing, damaged, or not what they should be.
    """
    found = _loaded.get(name)
    if found is None or not found.still():
        with _loading[name]:  # another set need not wait until this one is read
            found = _loaded.get(name)
            if found is None or not found.still():
                found = _load(name)
                _remember(name, found)
    return found.images


def _remember(name: str, found: _Loaded) -> None:
    with _remembering:
        _loaded.pop(name, None)
        _loaded[name] = found
        while len(_loaded) > _MAX_LOADED:
            _loaded.pop(next(iter(_loaded)))


def forget() -> None:
    """Let the next `load` of every data set look at its files again."""
    _loaded.clear()
    moment.is_over()
    _pixel_moments.cache_clear()
    if _shelf is not None:
        _shelf.forget()


def _load(name: str) -> _Loaded:
    if name == "optdigits":
        return _Loaded(published.optdigits(), lambda: True)
    if not naming.is_name(name):
        raise DataError(naming.RULE)
    if name in _on_shelf():
        return _from_shelf(name, _shelf, _on_shelf()[name])
    path = _published(name) if name in published.KNOWN else None
    if path is not None:
        return _Loaded(published.read(name, path), lambda: True)
    entry = _own_entry(name)
    if entry is None:
        raise DataError(
            f"{title(name)} is not on this machine: expected {name}.npz in the data folder."
            + (f" Run `python -m mnistdash data fetch {name}`." if name in downloadable() else "")
        )
    return _own(entry)


def _from_shelf(name: str, shelf: shared.Shelf, listed: str) -> _Loaded:
    images = _dataset(name, shelf.read(name, _copies_folder()))
    return _Loaded(images, lambda: shelf is _shelf and shelf.listed().get(name) == listed)


def _own(entry: own.Entry) -> _Loaded:
    if entry.reason:
        raise DataError(entry.reason)
    before = own.stamp(entry)
    found = own.read(entry, conversions_folder())
    images = _dataset(entry.name, found)
    return _Loaded(images, lambda: own.stamp(entry) == before)


def _dataset(name: str, found: kept.Kept) -> Dataset:
    return Dataset(
        name=name,
        title=name,
        class_names=found.class_names,
        x_test=published.read_only(found.x_test),
        y_test=published.read_only(found.y_test),
        sha256=published.sum_of_sums(found.sums),
        verified=False,
        read_train=lambda: tuple(published.read_only(array) for array in found.read_train()),
        notes=found.notes,
        questions=found.questions,
        offers=found.offers,
    )


def pixel_moments(name: str) -> tuple[float, float]:
    """Return the mean and the standard deviation of all training pixels, in 0-255.

    Raises:
        DataError: as `load`.
    """
    return _pixel_moments(name, load(name).sha256)


@functools.lru_cache(maxsize=8)
def _pixel_moments(name: str, _sha256: str) -> tuple[float, float]:
    return moments(load(name).x_train)


def moments(images: np.ndarray) -> tuple[float, float]:
    """Compute the mean and the standard deviation of uint8 pixels from exact integer sums.

    Both are NaN where there are no images.
    In parts of a thousand images: squaring 60,000 at once would take 100 MB and the time to get it.
    """
    if not len(images):
        return math.nan, math.nan
    total = int(images.sum(dtype=np.uint64))
    parts = (images[start : start + 1000] for start in range(0, len(images), 1000))
    squares = sum(int(np.square(part, dtype=np.uint16).sum(dtype=np.uint64)) for part in parts)
    mean = total / images.size
    return mean, math.sqrt(squares / images.size - mean**2)


# --- what a person adds -----------------------------------------------------------------------


def add(
    paths: Sequence[pathlib.Path], *, name: str | None = None, **options: object
) -> tuple[str, conversion.Converted]:
    """Read, convert and keep images of a person's own.

    Args:
        paths: a file, a folder, or several files of one array each.
        name: the name to give; without one it is made of the file's own.
        **options: as of `adding.converted`.

    Returns:
        The name, and what was made of the images. Published images, whatever their file is called,
        become the published set: a note says so.

    Raises:
        DataError: the images can't be used, or the name can't.
    """
    if name is not None and name not in downloadable():
        adding.check_name(name, taken())
    converted = adding.converted(paths, **options)
    images = kept.in_memory(converted)
    known, said = recognise(images)
    if known:
        return known, dataclasses.replace(converted, notes=(said,), questions=(), offers=())
    if name is None:
        whole = [path if path.name not in ("", "..") else path.resolve() for path in paths]
        name = adding.free_name(naming.of_files([path.name for path in whole]), taken())
    adding.check_name(name, taken())
    _place().keep(name, converted)
    forget()
    return name, converted


def recognise(images: kept.Kept) -> tuple[str | None, str]:
    """Make published images the published set, and say so in a sentence.

    Returns:
        The name of the published set and the sentence; no name for images of a person's own.

    Raises:
        DataError: the home folder can't be written.
    """
    name = published.recognised(images.sums)
    if name is None:
        return None, ""
    said = f"These are the images of {title(name)} as published"
    if on_this_machine(name):
        return name, f"{said}, which are here already: nothing was added."
    adding.publish(name, images, added_folder())
    forget()
    return name, f"{said}: they are offered as {title(name)}."


def take(name: str, written: pathlib.Path) -> None:
    """Keep a file of converted images under a name, packed if `are_shared()`; the file goes.

    Raises:
        DataError: the name is taken or none, or the images can't be kept.
    """
    adding.check_name(name, taken())
    _place().take(name, written)
    forget()


def are_shared() -> bool:
    """Tell whether images that are added go into a database that other machines read, too."""
    return _shelf is not None


def is_added(name: str) -> bool:
    """Tell whether images were added here, by command or on the page, readable or not."""
    if name in _on_shelf():
        return True
    entry = None if name in published.KNOWN else _own_entry(name)
    return entry is not None and entry.path.parent == added_folder().absolute()


def change(
    name: str,
    *,
    copy: bool = False,
    invert: bool = False,
    transpose: bool = False,
    fewer: bool = False,
) -> str:
    """Mend images, as `conversion.changed`, and keep them among those that were added.

    Args:
        name: which.
        copy: leave these as they are and keep others; files in the data folder always are.
        invert: as of `conversion.changed`, and so are
        transpose: this, and
        fewer: this.

    Returns:
        The name of the set that is changed.

    Raises:
        DataError: the images can't be read, or not be kept.
    """
    found = load(name)
    copy = copy or not is_added(name)
    changed_name = adding.free_name(name, taken()) if copy else name
    before = conversion.Converted(
        x_train=found.x_train,
        y_train=found.y_train,
        x_test=found.x_test,
        y_test=found.y_test,
        class_names=found.class_names,
        notes=found.notes,
    )
    after = conversion.changed(before, invert=invert, transpose=transpose, fewer=fewer)
    _place().keep(changed_name, after, replace=not copy)
    forget()
    return changed_name


def keep_arrays(
    arrays: Sequence[object], *, name: str, class_names: Sequence[str] | None = None
) -> str:
    """Keep arrays of a person's own as a data set, and return its name; the same ones only once.

    Args:
        arrays: `(x_test, y_test)` or `(x_train, y_train, x_test, y_test)`, of any form that
            `conversion` reads.
        name: what to call the set, if that is free.
        class_names: K names, in order.

    Raises:
        DataError: they can't be used or kept.
    """
    converted = arrays_of.converted(arrays, class_names)
    images = kept.in_memory(converted)
    known = _same(converted) or recognise(images)[0]
    if known:
        return known
    chosen = adding.free_name(name, taken())
    _place().keep(chosen, converted)
    forget()
    return chosen


def _same(converted: conversion.Converted) -> str | None:
    """Find a set with the same images; without training images, any with the same test images."""
    for name in names():
        if name in published.KNOWN or is_added(name):
            with contextlib.suppress(DataError):
                if arrays_of.are(converted, load(name)):
                    return name
    return None


def rename(old: str, new: str) -> None:
    """Give images that were added another name.

    Raises:
        DataError: no images were added under that name, or the new name can't be used.
    """
    adding.check_name(new, taken() - {old})
    _place().rename(old, new)
    forget()


def remove(name: str) -> None:
    """Delete images that were added.

    Raises:
        DataError: no images were added under that name, or they can't be deleted.
    """
    if name in published.KNOWN:
        raise DataError(f"{title(name)} is published data; only images that were added go.")
    _place().remove(name)
    forget()


def taken() -> set[str]:
    """Return the names that an added set can't have."""
    return {*published.KNOWN, *_on_shelf(), *(entry.name for entry in _own_entries())}


def _place() -> adding.Place:
    return adding.Place(added_folder(), _shelf)


def fetch(name: str, *, on_progress: Callable[[int, int], None] | None = None) -> None:
    """Download a published data set into the home folder and check it.

    Args:
        name: one of `downloadable()`.
        on_progress: called with the bytes that came and the bytes expected.

    Raises:
        DataError: the name is unknown, the network does not answer within four seconds, or
            what came is not the published file.
    """
    if name not in downloadable():
        raise DataError(f"Only {' and '.join(downloadable())} can be downloaded.")
    fetching.fetch(name, added_folder(), on_progress)
    _ = load(name).x_train  # both parts are checked now


# --- where they lie ---------------------------------------------------------------------------


def _folders() -> tuple[pathlib.Path, ...]:
    given = settings.data_folder()
    return (*((given,) if given else ()), added_folder())


def added_folder() -> pathlib.Path:
    """Return the folder of the home folder for downloads and for images that were added."""
    return settings.home() / "data"


def conversions_folder() -> pathlib.Path:
    """Return the folder of what was converted from files in the data folders, to be read again."""
    return settings.home() / "data" / ".converted"


def _copies_folder() -> pathlib.Path:
    return settings.home() / "data" / ".shared"
