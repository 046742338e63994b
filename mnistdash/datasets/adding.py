"""Images of a person's own, converted and kept: in the home folder, or in a shared database."""

import pathlib
import shutil
import tempfile
from collections.abc import Collection, Sequence

import numpy as np

from mnistdash.datasets import conversion, errors, files, kept, naming, published, shared


def converted(
    paths: Sequence[pathlib.Path],
    *,
    test: pathlib.Path | None = None,
    class_names: Sequence[str] | None = None,
    invert: bool = False,
    transpose: bool = False,
    on_progress: conversion.OnProgress = conversion.unheard,
) -> conversion.Converted:
    """Read and convert images.

    Args:
        paths: a file, a folder, or several files of one array each.
        test: another file or folder, whose images are the test images.
        class_names: the class names, in order, in place of the file's own.
        invert: make dark ink on a bright ground bright on dark.
        transpose: swap the rows and columns of each image.
        on_progress: called with the share that is read.

    Raises:
        DataError: the images can't be used.
    """
    raw = files.read(paths, test=test, on_progress=on_progress)
    return conversion.convert(raw, class_names=class_names, invert=invert, transpose=transpose)


def free_name(wanted: str, taken: Collection[str]) -> str:
    """Make a name of a text that no data set has yet, as "digits (2)"."""
    wanted = naming.made_of(wanted)
    used = {other.casefold() for other in taken}
    name, again = wanted, 1
    while name.casefold() in used:
        again += 1
        end = f" ({again})"
        name = wanted[: naming.MAX_NAME - len(end)].rstrip(" .") + end
    return name


def check_name(name: str, taken: Collection[str]) -> None:
    """Refuse what can't name a data set, and what names one already.

    Raises:
        DataError: it is one of these.
    """
    if not naming.is_name(name):
        raise errors.DataError(naming.RULE)
    same = next((other for other in taken if other.casefold() == name.casefold()), None)
    if same is not None:
        raise errors.DataError(
            f"There is a data set {same} already: choose another name, or remove that one first."
        )


def publish(name: str, images: kept.Kept, folder: pathlib.Path) -> None:
    """Keep images that turned out to be published ones in the form in which those are read.

    Raises:
        DataError: the folder can't be written.
    """
    x_train, y_train = images.read_train()
    arrays = {"x_train": x_train, "y_train": y_train}
    arrays |= {"x_test": images.x_test, "y_test": images.y_test}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with kept.replacing(folder / f"{name}.npz") as stream:
            np.savez(stream, allow_pickle=False, **arrays)
    except OSError as error:
        raise kept.not_kept(published.KNOWN[name].title, error) from None


class Place:
    """Where added images are kept: the home folder, or a shelf in front of a database."""

    def __init__(self, folder: pathlib.Path, shelf: shared.Shelf | None) -> None:
        self.folder = folder
        self.shelf = shelf

    def keep(self, name: str, images: conversion.Converted, *, replace: bool = False) -> None:
        """Keep images under a name that is free, or to be replaced.

        Raises:
            DataError: the folder can't be written, the disk is full, or the set too large.
        """
        if not self._on_shelf(name, new=not replace):
            kept.write(self.folder / f"{name}.npz", images)
            return
        with tempfile.TemporaryDirectory(prefix="mnistdash-") as scratch:
            packed = pathlib.Path(scratch, "packed.npz")
            kept.write(packed, images, name=name, packed=True)
            self.shelf.keep(name, packed, replace=replace)

    def take(self, name: str, written: pathlib.Path) -> None:
        """Keep a file of `kept.write`, packed for a shelf; the file goes.

        Raises:
            DataError: as `keep`.
        """
        if self.shelf is not None:
            self.shelf.keep(name, written)
            written.unlink()
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            shutil.move(written, self.folder / f"{name}.npz")
        except OSError as error:
            raise kept.not_kept(name, error) from None
        kept.sync_folder(self.folder)

    def rename(self, old: str, new: str) -> None:
        """Give added images another name, which is free.

        Raises:
            DataError: there are no added images of that name, or they can't be renamed.
        """
        if self._on_shelf(old):
            self.shelf.keeper.rename(old, new)
            self.shelf.forget()
            return
        path = self._file(old)
        try:
            path.rename(self.folder / f"{new}.npz")
        except OSError as error:
            raise _unchanged(old, error) from None
        kept.sync_folder(self.folder)

    def remove(self, name: str) -> None:
        """Delete added images.

        Raises:
            DataError: there are no added images of that name, or they can't be deleted.
        """
        if self._on_shelf(name):
            self.shelf.keeper.remove(name)
            self.shelf.forget()
            return
        path = self._file(name)
        try:
            path.unlink()
        except OSError as error:
            raise _unchanged(name, error) from None
        kept.sync_folder(self.folder)

    def _on_shelf(self, name: str, *, new: bool = False) -> bool:
        return self.shelf is not None and (new or name in self.shelf.listed())

    def _file(self, name: str) -> pathlib.Path:
        """Find the file of added images in the listing of the folder: a name is never a path."""
        inside = self.folder.iterdir() if self.folder.is_dir() else ()
        for path in inside:
            if path.suffix == ".npz" and naming.stem(path.name) == name and path.is_file():
                return path
        raise errors.DataError(
            f"No images were added under the name {name[:60]!r}. Files in the folder MNISTDASH_DATA"
            " are renamed and removed there."
        )


def _unchanged(name: str, error: OSError) -> errors.DataError:
    return errors.DataError(
        f"{name} stays as it is: the home folder can't be written ({type(error).__name__})."
    )
