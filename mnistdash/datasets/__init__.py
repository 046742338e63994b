"""The only door to images: MNIST, Fashion-MNIST, optdigits, and files of a person's own."""

import dataclasses
import functools
import gzip
import hashlib
import importlib.util
import math
import pathlib
import threading
import zipfile
import zlib
from collections.abc import Callable, Sequence

import numpy as np

from mnistdash import settings
from mnistdash.datasets import adding, conversion, errors, idx, labels, naming, own

ARRAYS = ("x_train", "y_train", "x_test", "y_test")
DIGITS = labels.DIGITS
MAX_IMAGES = 200_000
FIRST_BYTE_SECONDS = 4.0  # how long a dead network may cost
_MAX_IDX_BYTES = {"x": 60_000_000, "y": 1_000_000}
_IDX_FILES = {
    "x_train": "train-images-idx3-ubyte",
    "y_train": "train-labels-idx1-ubyte",
    "x_test": "t10k-images-idx3-ubyte",
    "y_test": "t10k-labels-idx1-ubyte",
}


DataError = errors.DataError


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Dataset:
    """Labelled images, split for training and test; read-only and shared.

    `x_*` are uint8 `(n, 28, 28)` with ink bright (255) on a ground of 0, `y_*` uint8 `(n,)` in
    0 to `len(class_names) - 1`, 2 to 62 classes. `sha256` identifies the contents whatever file
    they came from; `verified` says that they are the published ones. The training part, six times
    as large, is read at its first use: the pages that show errors never wait for it. That use
    raises `DataError` if it is damaged.
    `notes` say how a person's own file was converted, `questions` what in it is likely a mistake.
    """

    name: str
    title: str
    class_names: tuple[str, ...]
    x_test: np.ndarray
    y_test: np.ndarray
    sha256: str
    verified: bool
    read_train: Callable[[], tuple[np.ndarray, np.ndarray]]
    ink: bool = True  # strokes, to be shown as ink on paper; False: photographs, shown as they are
    count_train: Callable[[], int] | None = None  # without reading them, where that is possible
    notes: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()

    @functools.cached_property
    def num_train(self) -> int:
        """How many training images there are; known without reading them.

        Raises:
            DataError: the file does not say so.
        """
        return len(self.x_train) if self.count_train is None else self.count_train()

    @functools.cached_property
    def _train(self) -> tuple[np.ndarray, np.ndarray]:
        return self.read_train()

    @property
    def x_train(self) -> np.ndarray:
        """The training images, uint8 `(n, 28, 28)`."""
        return self._train[0]

    @property
    def y_train(self) -> np.ndarray:
        """Their labels, uint8 `(n,)`."""
        return self._train[1]


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Published:
    """What is known of a published data set: its names, its sums, and where it is offered."""

    title: str
    class_names: tuple[str, ...] = DIGITS
    sums: dict[str, str]
    num_test: int = 10_000  # a file with another number of test images is a person's own
    # File name, address and checksum of each file to download.
    files: tuple[tuple[str, str, str], ...] = ()
    ink: bool = True  # as of `Dataset`


_KERAS_BUCKET = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
_PUBLISHED = {
    "mnist": _Published(
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
    "fashion_mnist": _Published(
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
    "optdigits": _Published(title="optdigits", sums={}, num_test=500),
}
_OPTDIGITS_SUM = "6ebb3d2fee246a4e99363262ddf8a00a3c41bee6014c373ed9d9216ba7f651b8"


def names() -> tuple[str, ...]:
    """Return the data sets on this machine, the published ones first."""
    offered = (entry.name for entry in _own_entries() if entry.reason is None)
    return (*(name for name in _PUBLISHED if on_this_machine(name)), *sorted(offered))


def unreadable() -> list[tuple[str, str]]:
    """Return the files in the data folders that are not offered, each with the reason.

    Only their first bytes are looked at, and only once while they stay as they are.
    """
    return [(entry.path.name, entry.reason) for entry in _own_entries() if entry.reason]


def _own_entries() -> list[own.Entry]:
    published = {name: known.num_test for name, known in _PUBLISHED.items()}
    return own.entries(_folders(), published)


def _own_entry(name: str) -> own.Entry | None:
    """Find a person's own set by its name, one that is offered before one that is not."""
    if not naming.is_name(name) or name in _PUBLISHED:
        return None
    found = [entry for entry in _own_entries() if entry.name == name]
    return min(found, key=lambda entry: entry.reason is not None, default=None)


def on_this_machine(name: str) -> bool:
    """Tell whether `load(name)` finds its files without a network."""
    if name in _PUBLISHED:
        return name == "optdigits" or _locate(name) is not None
    entry = _own_entry(name)
    return entry is not None and entry.reason is None


def title(name: str) -> str:
    """Return the name to show for a data set."""
    return _PUBLISHED[name].title if name in _PUBLISHED else name


def class_names(name: str) -> tuple[str, ...]:
    """Return the 2 to 62 class names of a data set.

    Raises:
        DataError: it is a file of a person's own that can't be loaded.
    """
    return _PUBLISHED[name].class_names if name in _PUBLISHED else load(name).class_names


def downloadable() -> tuple[str, ...]:
    """Return the names that `fetch` knows."""
    return tuple(name for name, known in _PUBLISHED.items() if known.files)


_loading = threading.Lock()


def load(name: str) -> Dataset:
    """Return a data set, loaded once per process.

    Args:
        name: `mnist`, `fashion_mnist`, `optdigits`, or the name, without its ending, of a file or
            folder of a person's own in the data folders.

    Raises:
        DataError: the files are missing, damaged, or not what they should be.
    """
    with _loading:
        return _load(name)


@functools.lru_cache(maxsize=8)
def pixel_moments(name: str) -> tuple[float, float]:
    """Return the mean and the standard deviation of all training pixels, in 0-255.

    Raises:
        DataError: as `load`.
    """
    return moments(load(name).x_train)


def moments(images: np.ndarray) -> tuple[float, float]:
    """Compute the mean and the standard deviation of uint8 pixels from exact integer sums.

    In parts of a thousand images: squaring 60,000 at once would take 100 MB and the time to get it.
    """
    total = int(images.sum(dtype=np.uint64))
    parts = (images[start : start + 1000] for start in range(0, len(images), 1000))
    squares = sum(int(np.square(part, dtype=np.uint16).sum(dtype=np.uint64)) for part in parts)
    mean = total / images.size
    return mean, math.sqrt(squares / images.size - mean**2)


@functools.lru_cache(maxsize=8)
def _load(name: str) -> Dataset:
    if name == "optdigits":
        return _optdigits()
    if not naming.is_name(name):
        raise DataError(naming.RULE)
    path = _locate(name) if name in _PUBLISHED else None
    entry = _own_entry(name)
    if path is None and entry is None:
        raise DataError(
            f"{title(name)} is not on this machine: expected {name}.npz in the data folder."
            + (f" Run `python -m mnistdash data fetch {name}`." if name in _PUBLISHED else "")
        )
    return _published(name, path) if entry is None else _own(entry)


def _published(name: str, path: pathlib.Path) -> Dataset:
    known = _PUBLISHED[name]

    def read(split: str) -> tuple[np.ndarray, np.ndarray]:
        keys = (f"x_{split}", f"y_{split}")
        arrays = _read(path, keys)
        _check_split(arrays, split, path)
        for key in keys:
            if _sum(arrays[key]) != known.sums[key]:
                what = f"`{key}` differs from the published one (SHA-256)"
                raise _damaged(path, what, array=key)
        return arrays[keys[0]], arrays[keys[1]]

    x_test, y_test = read("test")
    return Dataset(
        name=name,
        title=known.title,
        class_names=known.class_names,
        x_test=x_test,
        y_test=y_test,
        sha256=_sum_of_sums(known.sums),
        verified=True,
        read_train=lambda: read("train"),
        count_train=lambda: _count(path, "x_train"),
        ink=known.ink,
    )


def _own(entry: own.Entry) -> Dataset:
    if entry.reason:
        raise DataError(entry.reason)
    found = own.read(entry, conversions_folder())
    return Dataset(
        name=entry.name,
        title=entry.name,
        class_names=found.class_names,
        x_test=_read_only(found.x_test),
        y_test=_read_only(found.y_test),
        sha256=_sum_of_sums(found.sums),
        verified=False,
        read_train=lambda: tuple(_read_only(array) for array in found.read_train()),
        notes=found.notes,
        questions=found.questions,
    )


def add(
    paths: Sequence[pathlib.Path],
    *,
    name: str | None = None,
    test: pathlib.Path | None = None,
    class_names: Sequence[str] | None = None,
    invert: bool = False,
    transpose: bool = False,
) -> tuple[str, conversion.Converted]:
    """Convert images of a person's own and keep them in the home folder, as `adding.add`."""
    chosen = adding.add(
        paths,
        added_folder(),
        _taken(),
        name=name,
        test=test,
        class_names=class_names,
        invert=invert,
        transpose=transpose,
    )
    _forget()
    return chosen


def rename(old: str, new: str) -> None:
    """Give images that were added another name, as `adding.rename`."""
    adding.rename(old, new, added_folder(), _taken())
    _forget()


def remove(name: str) -> None:
    """Delete images that were added, as `adding.remove`."""
    if name in _PUBLISHED:
        raise DataError(f"{title(name)} is published data; only images that were added go.")
    adding.remove(name, added_folder())
    _forget()


def _taken() -> set[str]:
    return {*_PUBLISHED, *(entry.name for entry in _own_entries())}


def _forget() -> None:
    """Let the next `load` look at the files again."""
    _load.cache_clear()
    pixel_moments.cache_clear()


def fetch(name: str, *, on_progress: Callable[[int, int], None] | None = None) -> None:
    """Download a published data set into the home folder and check it.

    Args:
        name: one of `downloadable()`.
        on_progress: called with the bytes that came and the bytes expected.

    Raises:
        DataError: the name is unknown, the network does not answer within four seconds, or
            what came is not the published file.
    """
    import pooch

    if name not in downloadable():
        raise DataError(f"Only {' and '.join(downloadable())} can be downloaded.")
    bar = _Bar(on_progress or (lambda done, total: None))
    download = pooch.HTTPDownloader(progressbar=bar, timeout=(FIRST_BYTE_SECONDS, 20))
    for file, address, checksum in _PUBLISHED[name].files:
        target = added_folder() / file
        try:
            _with_first_byte(
                bar,
                lambda address=address, checksum=checksum, target=target: pooch.retrieve(
                    address, checksum, target.name, target.parent, downloader=download
                ),
            )
        except OSError as error:
            raise DataError(
                f"{title(name)} could not be downloaded: {_reason(error)}. Check the"
                f" network and try again, or put {name}.npz into the folder MNISTDASH_DATA."
            ) from error
        except ValueError:
            raise DataError(
                f"The download of {target.name} is not the published file. Try again later."
            ) from None
    _ = load(name).x_train  # both parts are checked now


class _Bar:
    """What pooch expects of a progress bar, reporting to a plain function."""

    def __init__(self, on_progress: Callable[[int, int], None]) -> None:
        self.total = 0
        self.done = 0
        self.started = threading.Event()
        self._report = on_progress

    def update(self, count: int) -> None:
        self.started.set()
        self.done += count  # of whole chunks: the last one counts more than it holds
        self._report(min(self.done, self.total or self.done), self.total)

    def reset(self) -> None:
        self.done = 0

    def close(self) -> None:
        self.reset()


def _with_first_byte(bar: _Bar, download: Callable[[], object]) -> None:
    """Run a download, but give up when nothing came in time: a name look-up has no time-out."""
    bar.started.clear()
    failures: list[BaseException] = []

    def work() -> None:
        try:
            download()
        except BaseException as error:
            failures.append(error)
        bar.started.set()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    if not bar.started.wait(FIRST_BYTE_SECONDS):
        raise TimeoutError("no answer")
    thread.join()
    if failures:
        raise failures[0]


def _reason(error: OSError) -> str:
    """Say why a download failed; the errors of `requests` are `OSError`s too."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status is not None:
        return f"the server answers {status}"
    if error.errno == 28:
        return "the disk is full"
    if isinstance(error, PermissionError | FileExistsError | NotADirectoryError):
        return "the home folder can't be written"
    return "the network does not answer"


def _folders() -> tuple[pathlib.Path, ...]:
    given = settings.data_folder()
    return (*((given,) if given else ()), added_folder())


def added_folder() -> pathlib.Path:
    """Return the folder of the home folder for downloads and for images that were added."""
    return settings.home() / "data"


def conversions_folder() -> pathlib.Path:
    """Return the folder of what was converted from files in the data folders, to be read again."""
    return settings.home() / "data" / ".converted"


def _locate(name: str) -> pathlib.Path | None:
    """Find the file or the folder of IDX files that holds a published data set."""
    for folder in _folders():
        for candidate in (folder / f"{name}.npz", folder / name, folder):
            if candidate.suffix == ".npz":
                fits = candidate.is_file()
            else:
                fits = _idx_labels_match(candidate, name)
            if fits and own.test_count(candidate) in (None, _PUBLISHED[name].num_test):
                return candidate
    return None


def _idx_labels_match(folder: pathlib.Path, name: str) -> bool:
    """Tell by the test labels whose IDX files lie here: all of these data sets name them alike."""
    if any(_idx_path(folder, file) is None for file in _IDX_FILES.values()):
        return False
    if folder.name == name:
        return True
    try:
        labels = _read_idx(folder, "y_test")
    except DataError:
        return name == "mnist"  # whose file names these are: loading it says what is wrong
    known = {published.sums.get("y_test"): key for key, published in _PUBLISHED.items()}
    return known.get(_sum(labels), "mnist") == name


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
            if sum(entry.file_size for entry in archive.infolist()) > 2 * MAX_IMAGES * 28 * 28:
                raise _damaged(path, f"it holds more than {MAX_IMAGES:,} images")
        with np.load(path, allow_pickle=False) as archive:
            missing = [key for key in ARRAYS if key not in archive]
            if missing:
                raise _damaged(path, f"it has no array `{missing[0]}`")
            return {key: archive[key] for key in keys}
    except DataError:
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
    if len(shape) != 3 or shape[1:] != (28, 28) or not 0 < shape[0] <= MAX_IMAGES:
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


def _damaged(path: pathlib.Path, what: str, *, array: str | None = None) -> DataError:
    """Say what is wrong with a file, or with one array's file in a folder of IDX files."""
    if array and path.is_dir():
        path = _idx_path(path, _IDX_FILES[array]) or path
    return DataError(
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
        arrays[key] = _read_only(np.ascontiguousarray(array, np.uint8))
    images, known = len(arrays[f"x_{split}"]), len(arrays[f"y_{split}"])
    if images != known or not images:
        what = f"the {split} part has {images} images and {known} labels"
        raise _damaged(path, what, array=f"x_{split}")


def _read_only(array: np.ndarray) -> np.ndarray:
    array.flags.writeable = False
    return array


def _sum(array: np.ndarray) -> str:
    return hashlib.sha256(array.data).hexdigest()


def _sum_of_sums(sums: dict[str, str]) -> str:
    return hashlib.sha256("".join(sums[key] for key in ARRAYS).encode()).hexdigest()


def _optdigits() -> Dataset:
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
    images = _read_only(_enlarge(table[:, :64].reshape(-1, 8, 8)))
    labels = _read_only(table[:, 64].copy())
    return Dataset(
        name="optdigits",
        title="optdigits",
        class_names=DIGITS,
        x_test=images[-500:],
        y_test=labels[-500:],
        sha256=_OPTDIGITS_SUM,
        verified=True,
        read_train=lambda: (images[:-500], labels[:-500]),
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
