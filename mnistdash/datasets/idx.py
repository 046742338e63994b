"""IDX files, packed or not, whatever their names claim."""

import gzip
import math
import pathlib
import zlib
from collections.abc import Iterable

import numpy as np

from mnistdash.datasets import conversion, errors, roles, sniffing

# Source: the format as described at the end of LeCun's MNIST page.
_TYPES = {8: "u1", 9: "i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
_PART = 2**22  # bytes
_MAX_DEPTH = 2  # Kaggle packs each file into a folder of the same name


def read_array(path: pathlib.Path, *, limit: int = sniffing.MAX_BYTES) -> np.ndarray:
    """Read one IDX file of at most `limit` bytes.

    Raises:
        DataError: it is no IDX file, or damaged.
    """
    data = _unpacked(path, limit)
    dimensions = data[3] if len(data) > 3 else 0
    header = 4 + 4 * dimensions
    if data[:2] != b"\0\0" or len(data) < max(header, 8) or data[2] not in _TYPES:
        if sniffing.kind(data[:200]) in ("web", "empty", "other"):
            raise sniffing.refuse(path, data[:200])
        raise errors.unusable(path.name, "it does not begin as an IDX file")
    kind = np.dtype(_TYPES[data[2]])
    shape = tuple(int(side) for side in np.frombuffer(data[4:header], ">u4"))
    if len(data) != header + math.prod(shape) * kind.itemsize:
        held = (len(data) - header) // kind.itemsize
        raise errors.unusable(
            path.name, f"its header says {shape}, but it holds {held} values: it was cut short"
        )
    array = np.frombuffer(data, kind, offset=header).reshape(shape)
    return array.astype(kind.newbyteorder("="), copy=False)


def _unpacked(path: pathlib.Path, limit: int) -> bytearray:
    try:
        with path.open("rb") as stream:
            packed = stream.read(2) == b"\x1f\x8b"
        with (gzip.open if packed else open)(path, "rb") as stream:
            data = bytearray()
            # A part at a time: room for all that is asked for would be taken at once.
            while len(data) <= limit and (part := stream.read(_PART)):
                data += part
    except (OSError, EOFError, zlib.error) as error:
        raise errors.unusable(
            path.name, f"it can't be read ({type(error).__name__}): it was cut short or damaged"
        ) from None
    if len(data) > limit:
        raise errors.unusable(path.name, f"it holds more than {limit / 1e6:g} MB")
    return data


def find(folder: pathlib.Path) -> dict[str, dict[str, pathlib.Path]]:
    """Find sets of IDX files by their names in a folder and the folders in it, as `groups`."""
    return groups(_files(folder, _MAX_DEPTH))


def _files(folder: pathlib.Path, depth: int) -> Iterable[pathlib.Path]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_file():
            yield path
        elif depth and is_name(path.name) and path.is_dir():
            yield from _files(path, depth - 1)


def groups(paths: Iterable[pathlib.Path]) -> dict[str, dict[str, pathlib.Path]]:
    """Sort files named as IDX files into sets by what is left of their names.

    Returns:
        For each set, such as `emnist_letters`, or none: `x_train` and so on, and the file.
    """
    sets: dict[str, dict[str, pathlib.Path]] = {}
    for path in paths:
        role = roles.of(path.name)
        if role.kind and is_name(path.name):
            sets.setdefault(role.rest, {}).setdefault(role.array, path)
    return sets


def is_name(name: str) -> bool:
    """Tell whether a file is named as an IDX file."""
    return "idx" in name.lower() or "ubyte" in name.lower()


def read(found: dict[str, pathlib.Path], source: str) -> conversion.Raw:
    """Read what `group` found.

    Raises:
        DataError: the training images or labels are missing, or a file is damaged.
    """
    missing = [array for array in ("x_train", "y_train") if array not in found]
    if missing:
        known = ", ".join(path.name for path in found.values())
        raise errors.unusable(
            source,
            f"there are no training {'images' if missing[0] == 'x_train' else 'labels'}"
            f" beside {known}",
            expected="train-images-idx3-ubyte and train-labels-idx1-ubyte",
        )
    arrays = {array: read_array(path) for array, path in found.items()}
    for key in ("y_train", "y_test"):
        if key in arrays and arrays[key].ndim == 2 and arrays[key].shape[1] == 8:
            arrays[key] = arrays[key][:, 0]  # QMNIST keeps the digit and seven facts of its origin
    return conversion.Raw(
        source=source,
        x_train=arrays["x_train"],
        y_train=arrays["y_train"],
        x_test=arrays.get("x_test"),
        y_test=arrays.get("y_test"),
        called={array: path.name for array, path in found.items()},
    )
