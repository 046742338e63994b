"""NumPy's files: `.npz` by any of the well-known names, and single arrays side by side."""

import contextlib
import io
import math
import pathlib
import zipfile
from collections.abc import Iterable, Iterator

import numpy as np

from mnistdash.datasets import conversion, errors, roles, sniffing

Header = tuple[tuple[int, ...], np.dtype]
_MAX_NAMES = 200  # more of them are labels, or counted when they are refused
_MAX_HEADER = 10_000  # bytes, as NumPy itself allows
_EXPECTED = "x_train, y_train, x_test, y_test, or x and y"
_TOLD_BY_SHAPE = "The arrays were told apart by their shapes."
SAVE = "np.savez('mine.npz', x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)"


def headers(path: pathlib.Path) -> dict[str, Header]:
    """Return shape and type of every array in an `.npz` or `.npy`, reading none of them.

    Raises:
        DataError: the file is damaged, or an array is larger than it may be.
    """
    with _refusing(path):
        if not zipfile.is_zipfile(path):
            with path.open("rb") as stream:
                return {path.stem: _header(stream, path.name, path.stat().st_size)}
        found = {}
        with zipfile.ZipFile(path) as archive:
            entries = [e for e in archive.infolist() if e.filename.endswith(".npy")]
            if sum(entry.file_size for entry in entries) > sniffing.MAX_BYTES:
                raise errors.unusable(path.name, "it holds more than 2 GB")
            for entry in entries:
                name = entry.filename[:-4]
                with archive.open(entry) as stream:
                    found[name] = _header(stream, path.name, entry.file_size, name)
        return found


def _header(stream: io.BufferedIOBase, source: str, size: int, key: str = "it") -> Header:
    version = np.lib.format.read_magic(stream)
    reader = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    if version not in reader:
        raise ValueError("version")
    shape, _, dtype = reader[version](stream, max_header_size=_MAX_HEADER)
    if not dtype.hasobject and stream.tell() + math.prod(shape) * dtype.itemsize != size:
        raise errors.unusable(
            source, f"the header of `{key}` says {shape}, but it holds another number of values"
        )
    return shape, dtype


@contextlib.contextmanager
def _refusing(path: pathlib.Path) -> Iterator[None]:
    """Turn whatever damage makes a library raise into one sentence."""
    try:
        yield
    except (errors.DataError, MemoryError):
        raise
    except Exception:  # the formats inside answer damage with a dozen kinds of exception
        raise errors.unusable(path.name, "it is incomplete or no .npz file", mend=SAVE) from None


def read_array(path: pathlib.Path, key: str, header: Header) -> np.ndarray:
    """Read one array of an `.npz` or `.npy`, whose header is known.

    Raises:
        DataError: it holds Python objects, too many images, or is damaged.
    """
    _check_header(path, key, header)
    with _refusing(path):
        loaded = np.load(path, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return loaded
        with loaded:
            return loaded[key]


def _check_header(path: pathlib.Path, key: str, header: Header) -> None:
    """Refuse a pickle before anything of it is read, and more images than are shown."""
    shape, dtype = header
    if dtype.hasobject:
        mend = f"{key} = np.array({key}.tolist())"
        if roles.is_class_names(key):
            mend = f"{key} = np.array(list({key}), str)"
        raise errors.unusable(
            path.name,
            f"`{key}` holds Python objects, which could run code: they are never opened",
            expected="numbers or text",
            mend=mend,
        )
    if max(shape, default=0) > conversion.MAX_IMAGES and len(shape) > 1:
        raise errors.unusable(
            path.name,
            f"`{key}` holds more than {conversion.MAX_IMAGES:,} images",
            mend=f"{key} = {key}[:{conversion.MAX_IMAGES}]",
        )


def check(path: pathlib.Path) -> None:
    """Look at the names, shapes and types of the arrays alone.

    Raises:
        DataError: as `read`, as far as that can be told without reading an array.
    """
    known = headers(path)
    found, _ = _found(path, known)
    for key in found.values():
        _check_header(path, key, known[key])


def read(path: pathlib.Path) -> conversion.Raw:
    """Read an `.npz` whose arrays bear any of the well-known names.

    Raises:
        DataError: images or labels are missing, or hold Python objects, or the file is damaged.
    """
    known = headers(path)
    found, notes = _found(path, known)
    arrays = {array: read_array(path, key, known[key]) for array, key in found.items()}
    names = arrays.pop("class_names", None)
    if names is not None and (names.dtype.kind not in "USiu" or max(names.shape) != names.size):
        what = f"`{found['class_names']}` is {names.dtype} {names.shape}"
        raise errors.unusable(path.name, what, expected="a list of texts")
    return conversion.Raw(
        source=path.name,
        **{array: arrays.get(array) for array in ("x_train", "y_train", "x_test", "y_test")},
        class_names=None if names is None else names.reshape(-1).tolist(),
        notes=tuple(notes),
        called=found,
    )


def _found(path: pathlib.Path, known: dict[str, Header]) -> tuple[dict[str, str], list[str]]:
    """Tell which array is what, and say what was left out."""
    found, left_out = _by_name(known)
    notes = [f"`{key}` was not needed." for key in left_out]
    if not {"x_train", "y_train"} <= found.keys() and not any("_test" in array for array in found):
        by_shape = _by_shape(known)
        found, notes = by_shape or found, [_TOLD_BY_SHAPE] if by_shape else notes
    if "x_train" not in found or "y_train" not in found:
        what = "images" if "x_train" not in found else "labels"
        listed = ", ".join(f"`{key}` {shape}" for key, (shape, _) in list(known.items())[:4])
        key = {"images": "x_train", "labels": "y_train"}[what]
        raise errors.unusable(
            path.name,
            f"it has no array `{key}` or another of training {what}; it has {listed or 'none'}",
            expected=_EXPECTED,
            mend="np.savez('mine.npz', x_train=x, y_train=y)",
        )
    for split in ("test", "val"):
        alone = {f"x_{split}", f"y_{split}"} & found.keys()
        if len(alone) == 1:
            (array,) = alone
            lacks = "labels" if array[0] == "x" else "images"
            notes.append(f"`{found.pop(array)}` has no {lacks} and was left out.")
    return found, notes + _without_validation(found)


def _without_validation(found: dict[str, str]) -> list[str]:
    """Use validation images as the test where there is none; leave them out elsewhere."""
    if "x_val" not in found:
        return []
    images, labels = found.pop("x_val"), found.pop("y_val")
    if "x_test" in found:
        return [f"`{images}` and `{labels}` were left out: there are test images."]
    found.update(x_test=images, y_test=labels)
    return [f"`{images}` and `{labels}` are the test images."]


def _by_name(known: dict[str, Header]) -> tuple[dict[str, str], list[str]]:
    """Sort arrays by their names; of two for one role the image-like one counts."""
    found: dict[str, str] = {}
    left_out = []
    for key, (shape, _) in known.items():
        if roles.is_class_names(key) and 0 < math.prod(shape) <= _MAX_NAMES:
            found.setdefault("class_names", key)
            continue
        role = roles.of("y" if key == "classes" else key)
        if role.kind is None or role.rest:
            left_out += [key] if shape and role.kind else []
            continue
        before = found.get(role.array)
        explicit = before is None or (role.split and not roles.of(before).split)
        if explicit or len(shape) > len(known[before][0]):
            found[role.array] = key
        left_out += [before if found[role.array] == key else key] if before else []
    return found, left_out


def _by_shape(known: dict[str, Header]) -> dict[str, str]:
    """Sort arrays without names, as `np.savez(file, x, y)` leaves them, by shape and length."""
    images = [k for k, (shape, _) in known.items() if len(shape) > 1 and math.prod(shape[1:]) > 62]
    labels = [k for k, (shape, _) in known.items() if shape and math.prod(shape[1:]) <= 62]
    if not 1 <= len(images) <= 2 or len(labels) != len(images):
        return {}
    images.sort(key=lambda key: -known[key][0][0])  # stable: the first of two alike is training
    found = {}
    for image, split in zip(images, ("train", "test"), strict=False):
        fits = [key for key in labels if known[key][0][0] == known[image][0][0]]
        if not fits:
            return {}
        labels.remove(fits[0])
        found |= {f"x_{split}": image, f"y_{split}": fits[0]}
    return found


def group(paths: Iterable[pathlib.Path]) -> dict[str, dict[str, pathlib.Path]]:
    """Sort files of one array each, such as KMNIST's four, into sets by what is left of the names.

    Returns:
        For each set that has training images and labels: `x_train` and so on, and the file.
    """
    sets: dict[str, dict[str, pathlib.Path]] = {}
    for path in paths:
        role = roles.of(path.name)
        if role.kind and role.split and path.suffix in (".npz", ".npy"):
            sets.setdefault(role.rest, {}).setdefault(role.array, path)
    return {rest: found for rest, found in sets.items() if {"x_train", "y_train"} <= found.keys()}


def read_group(found: dict[str, pathlib.Path], source: str) -> conversion.Raw:
    """Read a set of single-array files that `group` found.

    Raises:
        DataError: a file holds more than one array, or Python objects, or is damaged.
    """
    arrays = {}
    for array, path in found.items():
        known = headers(path)
        if len(known) != 1:
            raise errors.unusable(
                path.name, f"it holds {len(known)} arrays", expected="one array a file"
            )
        ((key, header),) = known.items()
        arrays[array] = read_array(path, key, header)
    both = {"x_test", "y_test"} <= arrays.keys()
    return conversion.Raw(
        source=source,
        x_train=arrays["x_train"],
        y_train=arrays["y_train"],
        x_test=arrays["x_test"] if both else None,
        y_test=arrays["y_test"] if both else None,
        called={array: path.name for array, path in found.items()},
    )
