"""What lies in a file or folder, and the reader for it."""

import dataclasses
import pathlib
import zipfile
from collections.abc import Callable, Sequence

from mnistdash.datasets import conversion, errors, idx, npz, pictures, roles, sniffing, table

Reader = Callable[[conversion.OnProgress], conversion.Raw]
_ZIP = "python -m zipfile -c mine.zip train"
_MAX_LISTED = 5000  # files of a folder are looked at to tell what it is


def read(
    paths: Sequence[pathlib.Path],
    *,
    test: pathlib.Path | None = None,
    on_progress: conversion.OnProgress = conversion.unheard,
) -> conversion.Raw:
    """Read images and labels from a file, a folder, or several files of one array each.

    Args:
        paths: NPZ, IDX, CSV or ZIP files, or a folder of them or of pictures.
        test: another file or folder whose images are the test images.
        on_progress: called on the way.

    Raises:
        DataError: there is nothing that is read, or it is damaged.
    """
    if len(paths) == 1:
        raw = _one(paths[0], on_progress)
    else:
        raw = _several(paths, "The files", on_progress)
    return raw if test is None else _with_test(raw, _one(test, on_progress))


def _with_test(raw: conversion.Raw, test: conversion.Raw) -> conversion.Raw:
    """Use the images of another file as the test."""
    notes = []
    if raw.x_test is not None:
        notes.append(f"The test images in {raw.source} were left out for those of {test.source}.")
    own = "train" if test.x_test is None else "test"
    called = {key: raw.name_of(key) for key in ("x_train", "y_train")}
    called |= {f"{kind}_test": test.name_of(f"{kind}_{own}") for kind in "xy"}
    return dataclasses.replace(
        raw,
        x_test=getattr(test, f"x_{own}"),
        y_test=getattr(test, f"y_{own}"),
        class_names=raw.class_names or test.class_names,
        notes=(*raw.notes, *(n for n in test.notes if n not in raw.notes), *notes),
        called=called,
    )


def _one(path: pathlib.Path, on_progress: conversion.OnProgress) -> conversion.Raw:
    reader = reader_of(path)
    try:
        return reader(on_progress)
    except OSError as error:
        raise errors.unusable(path.name, f"it can't be read ({type(error).__name__})") from None


def reader_of(path: pathlib.Path) -> Reader:
    """Return what reads a file or folder, having looked at its first bytes alone.

    Raises:
        DataError: it is of no kind that is read; the sentence says what it is.
    """
    try:
        if path.is_dir():
            return _folder_reader(path, path.name)
        if not path.exists():
            raise errors.DataError(f"There is no file or folder {path.name}.")
        if not path.is_file():  # a pipe would be waited for
            raise errors.unusable(path.name, "it is no file or folder")
        begin = sniffing.head(path)
        kind = sniffing.kind(begin)
        if kind == "zip":
            return _zip_reader(path)
        if kind == "table":
            return _table_reader(path)
        if kind in ("idx", "npy"):
            return _with_its_sisters(path, kind)
    except OSError as error:
        raise errors.unusable(path.name, f"it can't be read ({type(error).__name__})") from None
    raise sniffing.refuse(path, begin)


def _zip_reader(path: pathlib.Path) -> Reader:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            entries = () if _holds_arrays(names) else pictures.in_zip(archive, path.name)
    except errors.DataError:
        raise
    except Exception:  # zipfile answers damage with a dozen kinds of exception
        kind, mend = "no ZIP file", _ZIP
        if path.suffix == ".npz":
            kind, mend = "no .npz file", npz.SAVE
        raise errors.unusable(path.name, f"it is incomplete or {kind}", mend=mend) from None
    if len(names) == 1 and _holds_arrays(names) and roles.of(path.name).kind:
        return _with_its_sisters(path, "npz")
    if _holds_arrays(names) or path.suffix == ".npz":
        npz.check(path)
        return lambda _: npz.read(path)
    pictures.check(entries, path.name)
    return lambda on_progress: _zip_of_pictures(path, on_progress)


def _holds_arrays(names: Sequence[str]) -> bool:
    return bool(names) and all(name.endswith(".npy") for name in names)


def _zip_of_pictures(path: pathlib.Path, on_progress: conversion.OnProgress) -> conversion.Raw:
    try:
        with zipfile.ZipFile(path) as archive:
            return pictures.read(pictures.in_zip(archive, path.name), path.name, on_progress)
    except zipfile.BadZipFile:
        raise errors.unusable(path.name, "it is incomplete or no ZIP file", mend=_ZIP) from None


def _table_reader(path: pathlib.Path) -> Reader:
    refused = table.reason(path)
    if refused:
        raise errors.DataError(refused)
    return lambda on_progress: table.read(path, on_progress)


def _with_its_sisters(path: pathlib.Path, kind: str) -> Reader:
    """Read a file of one array with those beside it that belong to the same set."""
    sets = (idx.groups if kind == "idx" else npz.group)(sorted(path.parent.iterdir()))
    found = next((files for files in sets.values() if path in files.values()), None)
    if found is None or not {"x_train", "y_train"} <= found.keys():
        raise errors.unusable(
            path.name,
            "it holds one array, and its sister with the "
            f"{'images' if roles.of(path.name).kind == 'y' else 'labels'} is not beside it",
            expected="files such as train-images… and train-labels…",
            mend="np.savez('mine.npz', x=x, y=y)",
        )
    source = roles.of(path.name).rest or path.parent.name
    reader = idx.read if kind == "idx" else npz.read_group
    return lambda _: reader(found, source)


def _folder_reader(folder: pathlib.Path, source: str) -> Reader:
    inside = _listed(folder)
    files = [path for path in inside if path.is_file()]
    several = _several_reader([*files, *_nested(inside)], source)
    if several is not None:
        return several
    data = [path for path in files if path.suffix in (".npz", ".zip")]
    if len(data) == 1:
        return reader_of(data[0])
    if (pair := _pair_reader(data)) is not None:
        return pair
    entries = pictures.in_folder(folder)
    if pictures.are_classes(entries):
        pictures.check(entries, source)
        return lambda on_progress: pictures.read(pictures.in_folder(folder), source, on_progress)
    folders = [path for path in inside if path.is_dir()]
    if len(folders) == 1:
        return _folder_reader(folders[0], source)
    if any(path.suffix.lower() in pictures.ENDINGS for path in files):
        pictures.check(entries, source)
    names = ", ".join(path.name[:30] for path in inside[:3]) or "nothing"
    raise errors.unusable(
        source,
        f"the folder holds {names}{' …' if len(inside) > 3 else ''}",
        expected="pictures in one folder a class, or one set of NPZ, IDX or CSV files",
    )


def _listed(folder: pathlib.Path) -> list[pathlib.Path]:
    inside = sorted(path for path in folder.iterdir() if not path.name.startswith((".", "__")))
    return inside[:_MAX_LISTED]


def _nested(inside: Sequence[pathlib.Path]) -> list[pathlib.Path]:
    """Return files in folders of the files' own names, as Kaggle unpacks IDX files."""
    folders = [path for path in inside if idx.is_name(path.name) and path.is_dir()]
    return [path for folder in folders for path in _listed(folder) if path.is_file()]


def _several(
    paths: Sequence[pathlib.Path], source: str, on_progress: conversion.OnProgress
) -> conversion.Raw:
    reader = _several_reader(list(paths), source) or _pair_reader(paths)
    if reader is None:
        names = ", ".join(path.name[:30] for path in paths[:4])
        raise errors.unusable(
            source,
            f"{names} do not belong together",
            expected="images and labels in two files, or a training and a test file by their names",
            mend=npz.SAVE,
        )
    return reader(on_progress)


def _pair_reader(paths: Sequence[pathlib.Path]) -> Reader | None:
    """Return what reads two files of which one has the test images, as its name says."""
    tests = [path for path in paths if roles.of(path.name).split == "test"]
    if len(paths) != 2 or len(tests) != 1:
        return None
    train = next(path for path in paths if path not in tests)
    return lambda report: _with_test(_one(train, report), _one(tests[0], report))


def _several_reader(files: Sequence[pathlib.Path], source: str) -> Reader | None:
    """Return what reads files that belong together, if they do."""
    for groups, reader in ((idx.groups, idx.read), (npz.group, npz.read_group)):
        sets = {k: found for k, found in groups(files).items() if {"x_train"} & found.keys()}
        if len(sets) > 1:
            raise errors.unusable(
                source,
                f"it holds {len(sets)} sets: {', '.join(sorted(sets))[:80]}",
                expected="one set; name its files one by one",
            )
        if sets:
            (found,) = sets.values()
            for path in found.values():
                begin = sniffing.head(path, 512)
                if sniffing.kind(begin) in ("web", "empty"):
                    raise sniffing.refuse(path, begin)
            return lambda _, reader=reader, found=found: reader(found, source)
    return _tables_reader([path for path in files if path.name.lower().endswith(table.ENDINGS)])


def _tables_reader(tables: Sequence[pathlib.Path]) -> Reader | None:
    """Return what reads one table with labels, or a training and a test table."""
    usable = [path for path in tables if table.reason(path) is None]
    if not tables:
        return None
    if not usable:
        raise errors.DataError(table.reason(tables[0]))
    by_split = {roles.of(path.name).split or "train": path for path in reversed(usable)}
    notes = tuple(
        f"{path.name} has no labels and was left out." for path in tables if path not in usable
    )
    if len(usable) > 1 and set(by_split) != {"train", "test"}:
        return None

    def reader(on_progress: conversion.OnProgress) -> conversion.Raw:
        train = by_split.get("train") or usable[0]
        raw = table.read(train, on_progress)
        raw = dataclasses.replace(raw, notes=(*raw.notes, *notes))
        test = by_split.get("test")
        return raw if test in (None, train) else _with_test(raw, table.read(test, on_progress))

    return reader
