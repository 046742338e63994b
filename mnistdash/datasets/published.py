"""The published data sets: their names and sums, where they are found, and how they are read."""

import dataclasses
import gzip
import hashlib
import importlib.util
import pathlib
import zipfile
import zlib
from collections.abc import Mapping, Sequence

import numpy as np

from mnistdash import counting
from mnistdash.datasets import conversion, dataset, errors, idx, kept, labels, own

ARRAYS = ("x_train", "y_train", "x_test", "y_test")
_MAX_IDX_BYTES = {"x": 60_000_000, "y": 1_000_000}
_IDX_FILES = {
    "x_train": "train-images-idx3-ubyte",
    "y_train": "train-labels-idx1-ubyte",
    "x_test": "t10k-images-idx3-ubyte",
    "y_test": "t10k-labels-idx1-ubyte",
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Published:
    """What is known of a published data set: its names, its sums, and where it is offered."""

    title: str
    class_names: tuple[str, ...] = labels.DIGITS
    sums: dict[str, str]
    num_test: int = 10_000  # a file with another number of test images is a person's own
    # File name, address and checksum of each file to download.
    files: tuple[tuple[str, str, str], ...] = ()
    ink: bool = True  # as of `Dataset`


_KERAS_BUCKET = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
KNOWN = {
    "mnist": Published(
        title="MNIST",
        sums={
            "x_train": "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
            "y_train": "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
            "x_test": "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
            "y_test": "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
        },
        files=(
            (
                "mnist.npz",
                _KERAS_BUCKET + "mnist.npz",
                "sha256:731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
            ),
        ),
    ),
    "fashion_mnist": Published(
        title="Fashion-MNIST",
        ink=False,
        class_names=(
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ),
        sums={
            "x_train": "2e487a6c89124f78f2d7521542223cafe96f7123c3ca13d447772ac6ecbb3012",
            "y_train": "657fbd221bfc9f4198cc14b5619cc33ec57c58dd0e47af4d99d6650759e869a7",
            "x_test": "c867c93ff95360594e8ec3287995350b824dd110b11595c0e13d5423f621867a",
            "y_test": "3d0e6c6ea990b53b6f8f500a41cac93881d981b315f84578b7d915342ade01e9",
        },
        files=tuple(
            (f"fashion_mnist/{_IDX_FILES[array]}.gz", f"{_KERAS_BUCKET}{_IDX_FILES[array]}.gz", md5)
            for array, md5 in (
                ("x_train", "md5:8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
                ("y_train", "md5:25c81989df183df01b3e8a0aad5dffbe"),
                ("x_test", "md5:bef4ecab320f06d8554ea6380940ec79"),
                ("y_test", "md5:bb300cfdad3c16e7a12a480ee83cd310"),
            )
        ),
    ),
    "optdigits": Published(title="optdigits", sums={}, num_test=500),
}
_OPTDIGITS_SUM = "6ebb3d2fee246a4e99363262ddf8a00a3c41bee6014c373ed9d9216ba7f651b8"


def recognised(sums: Mapping[str, str]) -> str | None:
    """Return the name of the published data set whose arrays have these sums, if one's have."""
    return next((name for name, known in KNOWN.items() if known.sums == dict(sums)), None)


def read(name: str, path: pathlib.Path) -> dataset.Dataset:
    """Read a published data set, and check it against its sums.

    Raises:
        DataError: it is damaged, or differs from what was published.
    """
    known = KNOWN[name]

    def part(split: str) -> tuple[np.ndarray, np.ndarray]:
        keys = (f"x_{split}", f"y_{split}")
        arrays = _read(path, keys)
        _check_split(arrays, split, path)
        for key in keys:
            if kept.sum_of(arrays[key]) != known.sums[key]:
                what = f"`{key}` differs from the published one (SHA-256)"
                raise _damaged(path, what, array=key)
        return arrays[keys[0]], arrays[keys[1]]

    x_test, y_test = part("test")
    return dataset.Dataset(
        name=name,
        title=known.title,
        class_names=known.class_names,
        x_test=x_test,
        y_test=y_test,
        sha256=sum_of_sums(known.sums),
        verified=True,
        read_train=lambda: part("train"),
        count_train=lambda: _count(path, "x_train"),
        ink=known.ink,
    )


def locate(name: str, folders: Sequence[pathlib.Path]) -> pathlib.Path | None:
    """Find the file or the folder of IDX files that holds a published data set."""
    for folder in folders:
        for candidate in (folder / f"{name}.npz", folder / name, folder):
            if candidate.suffix == ".npz":
                fits = candidate.is_file()
            else:
                fits = _idx_labels_match(candidate, name)
            if fits and own.test_count(candidate) in (None, KNOWN[name].num_test):
                return candidate
    return None


def _idx_labels_match(folder: pathlib.Path, name: str) -> bool:
    """Tell by the test labels whose IDX files lie here: all of these data sets name them alike."""
    if any(_idx_path(folder, file) is None for file in _IDX_FILES.values()):
        return False
    if folder.name == name:
        return True
    try:
        found = _read_idx(folder, "y_test")
    except errors.DataError:
        return name == "mnist"  # whose file names these are: loading it says what is wrong
    known = {known.sums.get("y_test"): key for key, known in KNOWN.items()}
    return known.get(kept.sum_of(found), "mnist") == name


def _idx_path(folder: pathlib.Path, stem: str) -> pathlib.Path | None:
    """Find an IDX file: packed or not, with a dot in its name or in a folder of its own name."""
    names = (stem, stem.replace("-idx", ".idx"))
    paths = [p for n in names for p in (folder / n, folder / f"{n}.gz", folder / n / n)]
    return next((path for path in paths if path.is_file()), None)


def _read(path: pathlib.Path, keys: Sequence[str]) -> dict[str, np.ndarray]:
    if path.is_dir():
        return {key: _read_idx(path, key) for key in keys}
    return _read_npz(path, keys)


def _read_idx(folder: pathlib.Path, array: str) -> np.ndarray:
    """Read one IDX file, at most 60 MB of images or 1 MB of labels."""
    return idx.read_array(_idx_path(folder, _IDX_FILES[array]), limit=_MAX_IDX_BYTES[array[0]])


def _read_npz(path: pathlib.Path, keys: Sequence[str]) -> dict[str, np.ndarray]:
    """Read arrays of an `.npz`, never a pickle in it."""
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
            if size > 2 * conversion.MAX_IMAGES * 28 * 28:
                raise _damaged(path, f"it holds more than {conversion.MAX_IMAGES:,} images")
        with np.load(path, allow_pickle=False) as archive:
            missing = [key for key in ARRAYS if key not in archive]
            if missing:
                raise _damaged(path, f"it has no array `{missing[0]}`")
            return {key: archive[key] for key in keys}
    except (errors.DataError, MemoryError):
        raise
    except Exception as error:  # the formats inside answer damage with a dozen kinds of exception
        pickled = "pickle" in str(error)
        what = "it holds Python objects" if pickled else "it is incomplete or no .npz file"
        raise _damaged(path, what) from None


def _count(path: pathlib.Path, array: str) -> int:
    """Return how many images a file says that an array holds: its header alone is read."""
    try:
        shape = _idx_shape(path, array) if path.is_dir() else _npy_shape(path, array)
    except Exception:  # as in `_read_npz`
        raise _damaged(path, f"the header of `{array}` can't be read", array=array) from None
    if len(shape) != 3 or shape[1:] != (28, 28) or not 0 < shape[0] <= conversion.MAX_IMAGES:
        raise _damaged(path, f"`{array}` is {shape}, not (n, 28, 28)", array=array)
    return shape[0]


def _npy_shape(path: pathlib.Path, array: str) -> tuple[int, ...]:
    with zipfile.ZipFile(path) as archive, archive.open(f"{array}.npy") as stream:
        version = np.lib.format.read_magic(stream)
        older = version == (1, 0)
        read = np.lib.format.read_array_header_1_0 if older else np.lib.format.read_array_header_2_0
        return read(stream)[0]


def _idx_shape(folder: pathlib.Path, array: str) -> tuple[int, ...]:
    path = _idx_path(folder, _IDX_FILES[array])
    with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as stream:
        header = stream.read(16)
    return tuple(int(side) for side in np.frombuffer(header[4:], ">u4"))


def _damaged(path: pathlib.Path, what: str, *, array: str | None = None) -> errors.DataError:
    """Say what is wrong with a file, or with one array's file in a folder of IDX files."""
    if array and path.is_dir():
        path = _idx_path(path, _IDX_FILES[array]) or path
    return errors.DataError(
        f"{path.name} can't be used: {what}. Expected x_train, y_train, x_test and y_test as"
        " published; replace the file or remove it to download it again."
    )


def _check_split(arrays: dict[str, np.ndarray], split: str, path: pathlib.Path) -> None:
    """Check one part's images and labels, and make them uint8 and read-only in place."""
    for key in (f"x_{split}", f"y_{split}"):
        array = arrays[key]
        if key.startswith("x"):
            if array.dtype != np.uint8 or array.ndim != 3 or array.shape[1:] != (28, 28):
                expected = "uint8 (n, 28, 28)"
                what = f"`{key}` is {array.dtype} {array.shape}, not {expected}"
                raise _damaged(path, what, array=key)
        elif array.dtype.kind not in "iu" or array.ndim != 1:
            what = f"`{key}` is {array.dtype} {array.shape}, not whole numbers (n,)"
            raise _damaged(path, what, array=key)
        elif array.size and not 0 <= int(array.min()) <= int(array.max()) <= 9:
            raise _damaged(path, f"`{key}` has labels outside 0-9", array=key)
        arrays[key] = read_only(np.ascontiguousarray(array, np.uint8))
    images, known = len(arrays[f"x_{split}"]), len(arrays[f"y_{split}"])
    if images != known or not images:
        found = f"{counting.of(images, 'image')} and {counting.of(known, 'label')}"
        what = f"the {split} part has {found}"
        raise _damaged(path, what, array=f"x_{split}")


def read_only(array: np.ndarray) -> np.ndarray:
    """Return an array that nobody can change any more."""
    array.flags.writeable = False
    return array


def sum_of_sums(sums: Mapping[str, str]) -> str:
    """Return the sum that identifies a data set by those of its four arrays."""
    return hashlib.sha256("".join(sums[key] for key in ARRAYS).encode()).hexdigest()


def optdigits() -> dataset.Dataset:
    """Return 1,297 training and 500 test digits that scikit-learn carries, brought to 28x28.

    Source: E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits, UCI (1998). The
    table is read straight from the package's folder: importing `sklearn.datasets` takes seconds.
    """
    package = importlib.util.find_spec("sklearn").submodule_search_locations[0]
    path = pathlib.Path(package, "datasets", "data", "digits.csv.gz")
    try:
        data = gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        raise _damaged(path, f"it can't be read ({type(error).__name__})") from None
    if hashlib.sha256(data).hexdigest() != _OPTDIGITS_SUM:
        raise _damaged(path, "it differs from the published one (SHA-256)")
    table = np.loadtxt(data.decode().splitlines(), np.uint8, delimiter=",")
    images = read_only(_enlarge(table[:, :64].reshape(-1, 8, 8)))
    known = read_only(table[:, 64].copy())
    return dataset.Dataset(
        name="optdigits",
        title="optdigits",
        class_names=labels.DIGITS,
        x_test=images[-500:],
        y_test=known[-500:],
        sha256=_OPTDIGITS_SUM,
        verified=True,
        read_train=lambda: (images[:-500], known[:-500]),
    )


def _enlarge(small: np.ndarray) -> np.ndarray:
    """Enlarge `(n, 8, 8)` in 0-16 to `(n, 28, 28)` in 0-255: 20 cells, centred by mass."""
    at = np.clip((np.arange(20) + 0.5) * 8 / 20 - 0.5, 0, 7)
    low = np.minimum(at.astype(int), 6)
    weights = np.zeros((20, 8))
    weights[np.arange(20), low] = 1 - (at - low)
    weights[np.arange(20), low + 1] = at - low
    large = np.rint(weights @ small @ weights.T * 255 / 16).astype(np.uint8)  # (n, 20, 20)
    images = np.zeros((len(small), 28, 28), np.uint8)
    cells = np.arange(20)
    for image, digit in zip(images, large, strict=True):
        mass = max(int(digit.sum()), 1)
        top, left = (
            int(np.clip(np.rint(13.5 - (digit.sum(axis=axis) * cells).sum() / mass), 0, 8))
            for axis in (1, 0)
        )
        image[top : top + 20, left : left + 20] = digit
    return images
