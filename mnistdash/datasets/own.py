"""A person's own files in the data folders: which are offered, and why others are not."""

import dataclasses
import functools
import pathlib
from collections.abc import Collection, Iterator, Mapping, Sequence

from mnistdash.datasets import conversion, errors, files, idx, kept, naming, npz, pictures

_DOCUMENTS = (".md", ".txt", ".rst", ".pdf", ".html", ".htm")
_MAX_LABEL_BYTES = 1_000_000


@dataclasses.dataclass(frozen=True)
class Entry:
    """A file or folder of a data folder, and why it isn't offered, if it isn't."""

    name: str
    path: pathlib.Path
    reason: str | None = None
    # Files of one array each that make the set together, none for one file or folder.
    group: tuple[tuple[str, pathlib.Path], ...] = ()


def entries(
    folders: Sequence[pathlib.Path],
    published: Mapping[str, int],
    shared: Collection[str] = (),
) -> list[Entry]:
    """List what lies in the data folders, in order; nothing large is read.

    Args:
        folders: the data folders, the first before the others.
        published: the names that own files never get, and how many test images are theirs.
        shared: the names of sets in a database, which come before files.
    """
    found: list[Entry] = []
    names = dict.fromkeys(shared, "images in the database")
    for folder in dict.fromkeys(folder.absolute() for folder in folders):
        for entry in _in_folder(folder, published):
            if entry.reason is None and entry.name in names:
                reason = f"{entry.path.name}: the name {entry.name} is taken by {names[entry.name]}"
                entry = dataclasses.replace(entry, reason=reason + ".")
            elif entry.reason is None:
                names[entry.name] = entry.path.name
            found.append(entry)
    return found


def _in_folder(folder: pathlib.Path, published: Mapping[str, int]) -> list[Entry]:
    try:
        inside = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
        grouped = _groups(folder, inside, published)
    except OSError:
        return []
    members = {path for entry in grouped for _, path in entry.group}
    members |= {path.parent for path in members} - {folder}
    alone = [_entry(path, published) for path in inside if path not in members]
    found = [*grouped, *filter(None, alone)]
    return sorted((entry for entry in found if entry.name), key=lambda entry: entry.name)


def _groups(
    folder: pathlib.Path, inside: Sequence[pathlib.Path], published: Mapping[str, int]
) -> list[Entry]:
    """Find sets of files of one array each, such as KMNIST's, by their names.

    The one that may be published data has no name here.
    """
    found = []
    for sets in (npz.group(inside), idx.groups(_nested(inside))):
        for rest, group in sets.items():
            name = rest or _own_name("mnist")
            reason = None
            first = next(iter(group.values()))
            missing = {"x_train", "y_train"} - group.keys()
            if missing:
                what = "images" if "x_train" in missing else "labels"
                reason = f"{first.name}: no training {what} lie beside it."
            elif rest == "" and _may_be_published(folder, published):
                name = ""
            found.append(Entry(name, first, reason, tuple(group.items())))
    return found


def _nested(paths: Sequence[pathlib.Path]) -> Iterator[pathlib.Path]:
    """Yield files, and those in folders of their own names."""
    for path in paths:
        for file in (path, path / path.name):
            if file.is_file():
                yield file


def _own_name(name: str) -> str:
    """Return the name under which other images than the published ones are offered."""
    return f"{name} (own)"


def _may_be_published(path: pathlib.Path, published: Mapping[str, int]) -> bool:
    """Tell whether a file or a folder of IDX files has as many test labels as published data.

    One that can't be read may be, too: loading it under the published name says what is wrong.
    """
    count = test_count(path)
    return count is None or count in published.values()


def test_count(path: pathlib.Path) -> int | None:
    """Count the test labels in an `.npz` or a folder of IDX files; none if that can't be told."""
    try:
        if path.is_file():
            state = path.stat()
            return _count_in_npz(path, state.st_mtime_ns, state.st_size)
        found = idx.find(path).get("", {})
        return len(idx.read_array(found["y_test"], limit=_MAX_LABEL_BYTES))
    except (errors.DataError, KeyError, OSError):
        return None


@functools.lru_cache(maxsize=64)
def _count_in_npz(path: pathlib.Path, _changed_ns: int, _size: int) -> int | None:
    """Count the test labels in an `.npz`, again once the file has changed: every page asks."""
    try:
        shape = npz.headers(path)["y_test"][0]
    except (errors.DataError, KeyError, OSError):
        return None
    return shape[0] if shape else None


def _entry(path: pathlib.Path, published: Mapping[str, int]) -> Entry | None:
    """Return the entry of one file or folder, nothing for documents and published data."""
    name = naming.stem(path.name)
    shown = path.name.encode(errors="backslashreplace").decode()
    lower = path.name.lower()
    if lower.endswith(_DOCUMENTS) or lower.startswith(("licen", "readme")):
        return None
    if name in published:
        if name == "optdigits" or not (path.is_dir() or lower.endswith(".npz")):
            why = f"{shown}: {name} is the name of published data; rename it."
            return Entry(name, path, why)
        if _may_be_published(path, published):
            return None
        name = _own_name(name)
    if not naming.is_name(name):
        return Entry(name, path, f"{shown[:80]}: rename it. {naming.RULE}")
    try:
        status = path.stat()
        reason = _reason(path, status.st_mtime_ns, status.st_size)
    except OSError as error:
        reason = f"{shown} can't be read ({type(error).__name__})."
    return Entry(name, path, reason)


@functools.lru_cache(maxsize=256)
def _reason(path: pathlib.Path, changed: int, size: int) -> str | None:
    """Look at the first bytes of a file, once while it stays as it is."""
    del changed, size
    try:
        files.reader_of(path)
    except errors.DataError as error:
        return str(error)
    return None


def read(entry: Entry, conversions: pathlib.Path) -> kept.Kept:
    """Read and convert a set that is offered, or take what was converted before.

    A file that needs no conversion is read as it is each time; the others, which may be slow,
    once while they stay as they are.

    Args:
        entry: one of `entries` without a reason.
        conversions: the folder of earlier conversions.

    Raises:
        DataError: it is damaged, or can't be read in one way only.
    """
    if entry.path.suffix == ".npz" and not entry.group:
        known = npz.headers(entry.path)
        if kept.is_kept(known):
            return kept.read(entry.path)
    now = signature(entry)
    before = kept.cached(conversions, entry.path, now)
    if before is not None:
        return before
    converted = conversion.convert(_raw(entry))
    if converted.notes:
        kept.cache(conversions, entry.path, now, converted)
    return kept.in_memory(converted)


def _raw(entry: Entry) -> conversion.Raw:
    if not entry.group:
        return files.read([entry.path])
    reader = idx.read if idx.is_name(entry.path.name) else npz.read_group
    return reader(dict(entry.group), entry.name)


def stamp(entry: Entry) -> tuple[tuple[int, int, int], ...] | None:
    """Return what tells soon that a set's files were changed; nothing once one is gone.

    Of a folder only what lies right in it counts: looking through all of it takes its time.
    """
    try:
        stats = [path.stat() for path in ([path for _, path in entry.group] or [entry.path])]
    except OSError:
        return None
    return tuple((status.st_mtime_ns, status.st_size, status.st_ino) for status in stats)


def signature(entry: Entry) -> str:
    """Return sizes and times of all files of a set: another text once one of them changed."""
    paths = [path for _, path in entry.group] or [entry.path]
    if entry.path.is_dir():
        inside = pictures.walk(entry.path)
        stats = [path.stat() for path in inside]
        newest = max((status.st_mtime_ns for status in stats), default=0)
        return f"{len(stats)} {sum(status.st_size for status in stats)} {newest}"
    stats = [path.stat() for path in paths]
    return " ".join(f"{status.st_size} {status.st_mtime_ns}" for status in stats)
