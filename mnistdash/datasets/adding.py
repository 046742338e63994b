"""Images of a person's own in the home folder: added, renamed, removed."""

import pathlib
from collections.abc import Collection, Sequence

from mnistdash.datasets import conversion, errors, files, kept, naming


def add(
    paths: Sequence[pathlib.Path],
    folder: pathlib.Path,
    taken: Collection[str],
    *,
    name: str | None = None,
    test: pathlib.Path | None = None,
    class_names: Sequence[str] | None = None,
    invert: bool = False,
    transpose: bool = False,
) -> tuple[str, conversion.Converted]:
    """Read, convert and keep images as one checked file.

    Args:
        paths: a file, a folder, or several files of one array each.
        folder: where added images are kept.
        taken: names that data sets on this machine have already.
        name: the name to give; without one it is made of the file's own.
        test: another file or folder, whose images are the test images.
        class_names: the class names, in order, in place of the file's own.
        invert: make dark ink on a bright ground bright on dark.
        transpose: swap the rows and columns of each image.

    Returns:
        The name, and what was made of the images.

    Raises:
        DataError: the images can't be used, or the name can't.
    """
    chosen = _free_name(paths[0], taken) if name is None else _checked(name, taken)
    raw = files.read(paths, test=test)
    converted = conversion.convert(raw, class_names=class_names, invert=invert, transpose=transpose)
    kept.write(folder / f"{chosen}.npz", converted)
    return chosen, converted


def _free_name(path: pathlib.Path, taken: Collection[str]) -> str:
    """Make a name of a file's that no data set has yet, as "digits (2)"."""
    path = path if path.name not in ("", "..") else path.resolve()
    wanted = naming.made_of(naming.stem(path.name))
    used = {other.casefold() for other in taken}
    name, again = wanted, 1
    while name.casefold() in used:
        again += 1
        end = f" ({again})"
        name = wanted[: naming.MAX_NAME - len(end)].rstrip(" .") + end
    return name


def _checked(name: str, taken: Collection[str]) -> str:
    if not naming.is_name(name):
        raise errors.DataError(naming.RULE)
    if name.casefold() in {other.casefold() for other in taken}:
        raise errors.DataError(
            f"There is a data set {name} already: choose another name, or remove that one first."
        )
    return name


def rename(old: str, new: str, folder: pathlib.Path, taken: Collection[str]) -> None:
    """Give added images another name.

    Raises:
        DataError: there are no added images of that name, or the new name can't be used.
    """
    path = _added(old, folder)
    others = [name for name in taken if name != old]
    target = folder / f"{_checked(new, others)}.npz"
    try:
        path.rename(target)
    except OSError as error:
        raise _unchanged(old, error) from None
    kept.sync_folder(folder)


def remove(name: str, folder: pathlib.Path) -> None:
    """Delete added images.

    Raises:
        DataError: there are no added images of that name, or the file can't be deleted.
    """
    path = _added(name, folder)
    try:
        path.unlink()
    except OSError as error:
        raise _unchanged(name, error) from None
    kept.sync_folder(folder)


def _unchanged(name: str, error: OSError) -> errors.DataError:
    return errors.DataError(
        f"{name} stays as it is: the home folder can't be written ({type(error).__name__})."
    )


def _added(name: str, folder: pathlib.Path) -> pathlib.Path:
    """Find the file of added images in the listing of the folder: a name is never a path."""
    inside = folder.iterdir() if folder.is_dir() else ()
    for path in inside:
        if path.suffix == ".npz" and naming.stem(path.name) == name and path.is_file():
            return path
    raise errors.DataError(
        f"No images were added under the name {name[:60]!r}. Files in the folder MNISTDASH_DATA are"
        " renamed and removed there."
    )
