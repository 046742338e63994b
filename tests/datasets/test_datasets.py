"""Every way a data file may be right, wrong or hostile, and downloads from servers of all kinds."""

import contextlib
import dataclasses
import gzip
import hashlib
import http.server
import io
import os
import pathlib
import pickle
import socket
import struct
import threading
import time
import tracemalloc
import unicodedata
import zipfile
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from mnistdash import datasets
from mnistdash.datasets import naming

Arrays = dict[str, np.ndarray]
IDX = {
    "x_train": "train-images-idx3-ubyte",
    "y_train": "train-labels-idx1-ubyte",
    "x_test": "t10k-images-idx3-ubyte",
    "y_test": "t10k-labels-idx1-ubyte",
}


@pytest.fixture
def data(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> pathlib.Path:
    """An empty data folder that `MNISTDASH_DATA` names."""
    folder = tmp_path / "images"
    folder.mkdir()
    monkeypatch.setenv("MNISTDASH_DATA", str(folder))
    return folder


@pytest.fixture
def arrays() -> Arrays:
    """Twenty training and ten test images of noise, every class in both."""
    noise = np.random.default_rng(0).integers(0, 256, (30, 28, 28)).astype(np.uint8)
    labels = np.arange(30, dtype=np.uint8) % 10
    return {"x_train": noise[:20], "y_train": labels[:20], "x_test": noise[20:],
            "y_test": labels[20:]}  # fmt: skip


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch, arrays: Arrays) -> Arrays:
    """The same small arrays, published under the name mnist as far as the sums say."""
    sums = {key: hashlib.sha256(array.tobytes()).hexdigest() for key, array in arrays.items()}
    known = dataclasses.replace(datasets.published.KNOWN["mnist"], sums=sums, num_test=10)
    monkeypatch.setitem(datasets.published.KNOWN, "mnist", known)
    return arrays


def idx(array: np.ndarray) -> bytes:
    """Write an array of bytes as LeCun does: two zeros, type 8, dimensions, sides, values."""
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


def write_idx(folder: pathlib.Path, arrays: Arrays, *, zipped: bool) -> None:
    """Write the four IDX files."""
    folder.mkdir(exist_ok=True)
    for key, name in IDX.items():
        path, content = folder / name, idx(arrays[key])
        if zipped:
            path, content = path.with_name(f"{name}.gz"), gzip.compress(content, 1)
        path.write_bytes(content)


def refusal(name: str) -> str:
    """Load what can't be loaded, all of it, and return the sentence, which names no folder."""
    with pytest.raises(datasets.DataError) as refused:
        datasets.load(name).x_train.shape  # noqa: B018 - read at its first use
    assert "/tmp" not in str(refused.value)
    assert "/images" not in str(refused.value)
    assert len(str(refused.value)) < 400
    return str(refused.value)


# --- what comes with scikit-learn -----------------------------------------------------------


def test_optdigits_needs_no_file() -> None:
    """1,297 training and 500 test digits are always there, and the first ten are 0 to 9."""
    digits = datasets.load("optdigits")
    assert (digits.x_train.shape, digits.x_test.shape) == ((1297, 28, 28), (500, 28, 28))
    assert digits.y_train[:10].tolist() == list(range(10))
    assert (digits.title, digits.class_names) == ("optdigits", tuple("0123456789"))
    assert digits.verified
    assert datasets.on_this_machine("optdigits")


def test_optdigits_are_drawn_as_mnist_draws() -> None:
    """Ink is bright on a ground of 0, in a box of 20, its mass within a pixel of the centre."""
    digits = datasets.load("optdigits")
    for images in (digits.x_train, digits.x_test):
        assert images.dtype == np.uint8
        assert images.max() > 240
        rows = images.any(axis=2)  # (n, 28)
        tallest = (27 - rows[:, ::-1].argmax(axis=1)) - rows.argmax(axis=1) + 1
        assert tallest.max() == 20
        mass = images.sum(axis=(1, 2), dtype=np.int64)
        middle = (images.sum(axis=2, dtype=np.int64) * np.arange(28)).sum(axis=1) / mass
        assert np.abs(middle - 13.5).max() < 1


def test_full_square_is_enlarged_to_a_square() -> None:
    """8x8 cells of full ink become 20x20 of 255 with four empty rows on every side."""
    image = datasets.published._enlarge(np.full((1, 8, 8), 16, np.uint8))[0]
    assert (image[4:24, 4:24] == 255).all()
    assert image.sum(dtype=np.int64) == 400 * 255


def test_empty_image_stays_empty() -> None:
    """An image without ink has no mass to divide by."""
    assert not datasets.published._enlarge(np.zeros((1, 8, 8), np.uint8)).any()


# --- the real ones --------------------------------------------------------------------------


def test_mnist_is_the_published_one(
    shared_data: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """60,000 and 10,000 digits, the first a 5 and a 7, with the moments that everyone divides by.

    Source: 0.1307 and 0.3081 of 255, as in PyTorch's example, are 33.32 and 78.57.
    """
    monkeypatch.setenv("MNISTDASH_DATA", str(shared_data))
    mnist = datasets.load("mnist")
    assert (mnist.x_train.shape, mnist.x_test.shape) == ((60_000, 28, 28), (10_000, 28, 28))
    assert (mnist.y_train[0], mnist.y_test[0]) == (5, 7)
    assert mnist.verified
    mean, deviation = datasets.pixel_moments("mnist")
    assert (round(mean, 2), round(deviation, 2)) == (33.32, 78.57)
    assert datasets.names()[:3] == ("mnist", "fashion_mnist", "optdigits")


def test_fashion_has_its_class_names(
    shared_data: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first training image is an ankle boot, class 9, and 6,000 images stand in each class."""
    monkeypatch.setenv("MNISTDASH_DATA", str(shared_data))
    fashion = datasets.load("fashion_mnist")
    assert fashion.class_names[fashion.y_train[0]] == "Ankle boot"
    assert fashion.class_names == datasets.class_names("fashion_mnist")
    assert np.bincount(fashion.y_train).tolist() == [6_000] * 10
    assert (fashion.ink, datasets.load("optdigits").ink) == (False, True), "clothes are no strokes"


@pytest.mark.parametrize("flat", [True, False], ids=["flat", "own-folder"])
def test_real_idx_files_are_the_same_data(
    shared_data: pathlib.Path, data: pathlib.Path, flat: bool
) -> None:
    """Fashion-MNIST as IDX files, in a folder of its own or among others, is Fashion-MNIST."""
    with np.load(shared_data / "fashion_mnist.npz") as archive:
        write_idx(data if flat else data / "fashion_mnist", dict(archive), zipped=False)
    assert datasets.names() == ("fashion_mnist", "optdigits")
    assert datasets.load("fashion_mnist").verified


@pytest.mark.parametrize("key", ["x_train", "y_test"])
def test_one_flipped_bit_of_the_real_data_is_seen(
    shared_data: pathlib.Path, data: pathlib.Path, key: str
) -> None:
    """One bit among 55 million bytes: the sentence names the file and the array."""
    with np.load(shared_data / "mnist.npz") as archive:
        changed = dict(archive)
    changed[key].reshape(-1)[1234] ^= 1
    np.savez(data / "mnist.npz", **changed)
    sentence = refusal("mnist")
    assert sentence.startswith(f"mnist.npz can't be used: `{key}` differs from the published")


# --- files that are right -------------------------------------------------------------------


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed], ids=["plain", "compressed"])
def test_npz_is_read(data: pathlib.Path, published: Arrays, save: Callable[..., None]) -> None:
    """The arrays of an `.npz` with the published sums are verified MNIST."""
    save(data / "mnist.npz", **published)
    mnist = datasets.load("mnist")
    assert (mnist.name, mnist.title, mnist.verified) == ("mnist", "MNIST", True)
    for key, array in published.items():
        np.testing.assert_array_equal(getattr(mnist, key), array)


@pytest.mark.parametrize("zipped", [True, False], ids=["gz", "plain"])
@pytest.mark.parametrize("flat", [True, False], ids=["flat", "own-folder"])
def test_idx_is_the_same_data_as_npz(
    data: pathlib.Path, published: Arrays, zipped: bool, flat: bool
) -> None:
    """The container makes no difference: the same arrays have the same identity."""
    np.savez(data / "mnist.npz", **published)
    first = datasets.load("mnist")
    np.testing.assert_array_equal(first.x_train, published["x_train"])
    (data / "mnist.npz").unlink()
    datasets.forget()
    write_idx(data if flat else data / "mnist", published, zipped=zipped)
    second = datasets.load("mnist")
    assert first.sha256 == second.sha256
    np.testing.assert_array_equal(first.x_train, second.x_train)


def test_flat_idx_files_are_no_other_data_set(data: pathlib.Path, published: Arrays) -> None:
    """MNIST and Fashion-MNIST name their files alike; the labels tell whose they are."""
    write_idx(data, published, zipped=True)
    assert datasets.on_this_machine("mnist")
    assert not datasets.on_this_machine("fashion_mnist")


def test_download_cache_is_looked_into_too(home: pathlib.Path, published: Arrays) -> None:
    """Without `MNISTDASH_DATA` the data folder of the home folder is read."""
    (home / "data").mkdir()
    np.savez(home / "data" / "mnist.npz", **published)
    assert datasets.load("mnist").verified


def test_arrays_are_read_only(data: pathlib.Path, published: Arrays) -> None:
    """Arrays shared by all sessions can't be written."""
    np.savez(data / "mnist.npz", **published)
    write_idx(data / "fashion_mnist", published, zipped=False)
    for dataset in (datasets.load("mnist"), datasets.load("optdigits")):
        for key in datasets.published.ARRAYS:
            with pytest.raises(ValueError, match="read-only"):
                getattr(dataset, key)[0] = 1


def test_data_is_loaded_once_by_threads_too() -> None:
    """Eight threads that ask at once get one object."""
    found: list[datasets.Dataset] = []
    threads = [
        threading.Thread(target=lambda: found.append(datasets.load("optdigits"))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert all(dataset is found[0] for dataset in found)


def test_data_replaced_meanwhile_stays(data: pathlib.Path, published: Arrays) -> None:
    """A file that is damaged or removed while the server runs changes nothing in it."""
    np.savez(data / "mnist.npz", **published)
    first = datasets.load("mnist")
    (data / "mnist.npz").write_bytes(b"damaged")
    assert datasets.load("mnist") is first


def test_training_part_is_read_at_its_first_use(data: pathlib.Path, published: Arrays) -> None:
    """Whoever looks at errors never waits for the training images, nor for damage in them."""
    write_idx(data / "mnist", published, zipped=False)
    (data / "mnist" / IDX["x_train"]).write_bytes(b"damaged")
    mnist = datasets.load("mnist")
    np.testing.assert_array_equal(mnist.x_test, published["x_test"])
    for _ in range(2):
        with pytest.raises(datasets.DataError, match=IDX["x_train"]):
            mnist.y_train.shape  # noqa: B018 - read at its first use
    write_idx(data / "mnist", published, zipped=False)
    assert mnist.x_train is mnist.x_train
    np.testing.assert_array_equal(mnist.x_train, published["x_train"])


@pytest.mark.parametrize("kind", ["npz", "gz", "plain"])
def test_training_images_are_counted_without_being_read(
    data: pathlib.Path, published: Arrays, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The header says how many there are."""
    if kind == "npz":
        np.savez_compressed(data / "mnist.npz", **published)
    else:
        write_idx(data, published, zipped=kind == "gz")
    found = datasets.load("mnist")
    monkeypatch.setattr(
        datasets.published, "_read", lambda *_: pytest.fail("images were read to be counted")
    )
    assert found.num_train == len(published["x_train"])


def test_embedded_and_own_images_are_counted(data: pathlib.Path, arrays: Arrays) -> None:
    """Optdigits has 1297 training images; of one's own file there are as many as it holds."""
    assert datasets.load("optdigits").num_train == 1297
    np.savez(data / "own.npz", **arrays)
    assert datasets.load("own").num_train == len(arrays["x_train"])


@pytest.mark.parametrize("shape", [(7,), (7, 28, 29), (0, 28, 28), (200_001, 28, 28), ()])
def test_count_of_what_are_no_images_is_refused(
    data: pathlib.Path, published: Arrays, shape: tuple[int, ...]
) -> None:
    """A header that does not speak of images of 28x28 is named with its file."""
    np.savez(data / "mnist.npz", **published)
    found = datasets.load("mnist")
    with (
        zipfile.ZipFile(data / "mnist.npz", "w") as archive,
        archive.open("x_train.npy", "w") as stream,
    ):
        header = {"descr": "|u1", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(stream, header)
    with pytest.raises(datasets.DataError, match=r"mnist\.npz can't be used: `x_train` is"):
        _ = found.num_train


def test_damaged_header_is_a_sentence(data: pathlib.Path, published: Arrays) -> None:
    """A file that was cut after it was opened can't be counted, and that is said."""
    np.savez(data / "mnist.npz", **published)
    found = datasets.load("mnist")
    (data / "mnist.npz").write_bytes(b"PK")
    with pytest.raises(datasets.DataError, match="the header of `x_train` can't be read"):
        _ = found.num_train


def test_data_sets_have_different_identities(data: pathlib.Path, arrays: Arrays) -> None:
    """One changed pixel makes another data set, and the same arrays the same."""
    np.savez(data / "first.npz", **arrays)
    np.savez_compressed(data / "second.npz", **arrays)
    changed = arrays["x_test"].copy()
    changed[0, 0, 0] ^= 1
    np.savez(data / "third.npz", **arrays | {"x_test": changed})
    first, second, third = (datasets.load(n).sha256 for n in ("first", "second", "third"))
    assert first == second != third


def test_moments_by_hand(data: pathlib.Path, arrays: Arrays) -> None:
    """Half the pixels at 100 and half at 200: mean 150, deviation 50; the test part is left out."""
    images = np.full((2, 28, 28), 100, np.uint8)
    images[1] = 200
    np.savez(data / "own.npz", **arrays | {"x_train": images, "y_train": np.array([0, 1])})
    assert datasets.pixel_moments("own") == (150.0, 50.0)


# --- a person's own files -------------------------------------------------------------------


def test_own_file_is_offered_unverified(data: pathlib.Path, arrays: Arrays) -> None:
    """Any NAME.npz with the four arrays is data set NAME, marked as unverified."""
    np.savez(data / "kuzushiji-49_b.npz", **arrays)
    assert datasets.names() == ("optdigits", "kuzushiji-49_b")
    own = datasets.load("kuzushiji-49_b")
    assert (own.title, own.class_names, own.verified) == (
        "kuzushiji-49_b",
        tuple("0123456789"),
        False,
    )


def test_own_labels_may_be_wide_whole_numbers(data: pathlib.Path, arrays: Arrays) -> None:
    """Labels of any whole type in 0-9 become uint8."""
    np.savez(data / "own.npz", **arrays | {"y_test": arrays["y_test"].astype(np.int64)})
    assert datasets.load("own").y_test.dtype == np.uint8


def test_own_class_names(data: pathlib.Path, arrays: Arrays) -> None:
    """Ten class names are used, each cut at 40 characters."""
    names = np.array(["a", "b", "c", "d", "e", "f", "g", "h", "i", "x" * 100])
    np.savez(data / "own.npz", **arrays, class_names=names)
    assert datasets.class_names("own") == (*"abcdefghi", "x" * 40)


def test_class_names_that_do_not_fit_are_refused(data: pathlib.Path, arrays: Arrays) -> None:
    """Nine names for ten labels: the sentence counts both."""
    np.savez(data / "own.npz", **arrays, class_names=np.array(list("abcdefghi")))
    assert "`y_train` has 10 different labels up to 9, but there are 9 class names" in refusal(
        "own"
    )


def test_own_file_never_takes_a_published_name(data: pathlib.Path, arrays: Arrays) -> None:
    """Other images under the name of MNIST are offered as one's own; `optdigits.npz` is named."""
    np.savez(data / "mnist.npz", **arrays)
    np.savez(data / "optdigits.npz", **arrays)
    assert datasets.names() == ("optdigits", "mnist (own)")
    np.testing.assert_array_equal(datasets.load("mnist (own)").x_test, arrays["x_test"])
    assert "MNIST is not on this machine" in refusal("mnist")
    assert len(datasets.load("optdigits").x_train) == 1297
    assert [file for file, _ in datasets.unreadable()] == ["optdigits.npz"]


def test_published_name_with_other_contents_is_refused(
    data: pathlib.Path, arrays: Arrays, published: Arrays
) -> None:
    """As many test images as published, but others: damage, not a set of one's own."""
    np.savez(data / "mnist.npz", **published | {"x_test": 255 - arrays["x_test"]})
    assert refusal("mnist").startswith("mnist.npz can't be used: `x_test` differs")
    assert datasets.names() == ("mnist", "optdigits")


HOSTILE_NAMES = ["../x", "/etc/passwd", "", ".", "..", "a/b", "a\\b", "a\n", "a\0", "\ud800", "-a",
                 " a", "a ", "a.", "a..b", "a:b", "*a*", "<b>", "[a]", "`a`", "$a$", "e\u0301",
                 "a\u202eb", "x" * 41, "x" * 5_000]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=range(len(HOSTILE_NAMES)))
def test_hostile_name_is_never_a_path(data: pathlib.Path, arrays: Arrays, name: str) -> None:
    """Marks that lead elsewhere or are markup make no name; nothing is looked up."""
    np.savez(data.parent / "x.npz", **arrays)
    assert not datasets.on_this_machine(name)
    assert refusal(name) == naming.RULE


@pytest.mark.parametrize("name", ["My Digits", "digits_v1.2", "数字", "अंक", "цифры (2)", "é"])
def test_names_of_any_script_are_offered(data: pathlib.Path, arrays: Arrays, name: str) -> None:
    """Capitals, spaces, dots and any script; a name in pieces, as on a Mac, is put together."""
    np.savez(data / f"{unicodedata.normalize('NFD', name)}.npz", **arrays)
    assert datasets.names() == ("optdigits", name)
    assert datasets.load(name).title == name
    assert datasets.on_this_machine(name)


def test_file_that_is_not_offered_is_named_with_the_reason(
    data: pathlib.Path, arrays: Arrays
) -> None:
    """Names that are none, other kinds of files, a name that is taken; documents are no data."""
    for stem in ("-own", "x" * 41, "*own*", "twice"):
        np.savez(data / f"{stem}.npz", **arrays)
    (data / "strokes.json").write_text("[" + "0, " * 999 + "0]")
    os.mkfifo(data / "pipe.csv")
    (data / "README.md").write_text("about these")
    rows = "\n".join(["label," + ",".join(f"p{n}" for n in range(784))] + ["3" + ",0" * 784] * 2)
    (data / "twice.csv").write_text(rows)
    (data / "test.csv").write_text("\n".join([",".join(["0"] * 784)] * 3))
    reasons = dict(datasets.unreadable())
    assert set(reasons) == {"-own.npz", f"{'x' * 41}.npz", "*own*.npz", "strokes.json",
                            "twice.npz", "test.csv", "pipe.csv"}  # fmt: skip
    assert naming.RULE in reasons["-own.npz"]
    assert "it is of no kind that is read" in reasons["strokes.json"]
    assert "the name twice is taken by twice.csv" in reasons["twice.npz"]
    assert "test.csv has no labels: its 784 columns are all pixels" in reasons["test.csv"]
    assert datasets.names() == ("optdigits", "twice")
    assert refusal("test") == reasons["test.csv"]


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_missing_data_says_how_to_get_it(name: str) -> None:
    """The sentence names the file and the command."""
    assert f"{name}.npz" in refusal(name)
    assert f"python -m mnistdash data fetch {name}" in refusal(name)


def test_home_folder_named_as_data_folder_is_looked_into_once(
    home: pathlib.Path, monkeypatch: pytest.MonkeyPatch, arrays: Arrays
) -> None:
    """The same folder under both settings holds every set once."""
    (home / "data").mkdir()
    monkeypatch.setenv("MNISTDASH_DATA", str(home / "data"))
    np.savez(home / "data" / "own.npz", **arrays)
    assert datasets.names() == ("optdigits", "own")
    assert datasets.unreadable() == []


def test_missing_own_data_can_not_be_fetched() -> None:
    """There is no command for what nobody published."""
    assert "own.npz" in refusal("own")
    assert "fetch" not in refusal("own")


def test_data_folder_that_is_a_file_holds_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    """A wrong `MNISTDASH_DATA` leaves what comes with scikit-learn."""
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("MNISTDASH_DATA", str(tmp_path / "file"))
    assert datasets.names() == ("optdigits",)


# --- files that are wrong -------------------------------------------------------------------

SHAPES = {
    "x_train": [
        np.full((20, 28, 28), -1, np.int8),
        np.full((20, 28, 28), np.nan),
        np.full((20, 28, 28), 1e9),
        np.zeros((20, 28, 28, 5), np.uint8),
        np.zeros((20, 785), np.uint8),
        np.zeros((19, 28, 28), np.uint8),
        np.zeros((0, 28, 28), np.uint8),
        np.array(5, np.uint8),
        np.array(["image"] * 20),
        np.zeros((20, 28, 28), complex),
    ],
    "y_test": [
        np.full(10, -1),
        np.full(10, 2**63, np.uint64),
        np.arange(10) + 0.5,
        np.full(10, np.nan),
        np.zeros((10, 10), np.uint8),
        np.full((10, 10), 0.1),
        np.arange(9),
        np.array([], np.uint8),
        np.zeros(10, complex),
        np.zeros(10, "datetime64[s]"),
    ],
}


@pytest.mark.parametrize(
    ("key", "array"), [(key, array) for key, arrays in SHAPES.items() for array in arrays]
)
def test_wrong_array_is_refused(
    data: pathlib.Path, arrays: Arrays, key: str, array: np.ndarray
) -> None:
    """Shape, type, labels or length: the sentence names file, array and what is expected."""
    np.savez(data / "own.npz", **arrays | {key: array})
    sentence = refusal("own")
    assert sentence.startswith("own.npz can't be used: ")
    assert f"`{key}`" in sentence
    assert "Expected " in sentence
    assert "published" not in sentence


@pytest.mark.parametrize("key", ["x_train", "y_train"])
def test_missing_array_is_named(data: pathlib.Path, arrays: Arrays, key: str) -> None:
    """Without training images or labels the sentence says which, and what there is."""
    del arrays[key]
    np.savez(data / "own.npz", **arrays)
    sentence = refusal("own")
    assert f"it has no array `{key}`" in sentence
    assert "`x_test` (10, 28, 28)" in sentence


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
@pytest.mark.parametrize("name", ["mnist", "own"])
def test_truncated_npz_is_refused(
    data: pathlib.Path, arrays: Arrays, name: str, share: float
) -> None:
    """A file cut short is refused by name."""
    np.savez_compressed(data / f"{name}.npz", **arrays)
    path = data / f"{name}.npz"
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    what = "it is incomplete or no .npz" if share or name == "mnist" else "it is empty"
    assert refusal(name).startswith(f"{name}.npz can't be used: {what}")


def test_no_damage_raises_anything_else(data: pathlib.Path, arrays: Arrays) -> None:
    """600 files with a bit flipped in a header are refused with a sentence, or whole all the same.

    zipfile, its codecs and numpy answer damage with a dozen kinds of exception.
    """
    random = np.random.default_rng(0)
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA):
        good = npz({key: npy(array) for key, array in arrays.items()}, method)
        for _ in range(200):
            damaged = bytearray(good)
            at = int(random.integers(250) if random.random() < 0.5 else random.integers(-300, 0))
            damaged[at] ^= 1 << int(random.integers(8))
            (data / "own.npz").write_bytes(damaged)
            datasets.forget()
            with contextlib.suppress(datasets.DataError):
                own = datasets.load("own")
                if not own.notes:  # an array whose name was damaged is said to be left out
                    np.testing.assert_array_equal(own.x_test, arrays["x_test"])


def npy(array: np.ndarray) -> bytes:
    """Write one array as `.npy`."""
    target = io.BytesIO()
    np.save(target, array)
    return target.getvalue()


def npz(files: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    """Put `.npy` contents into an `.npz`."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for key, content in files.items():
            archive.writestr(f"{key}.npy", content)
    return target.getvalue()


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '|u1', 'fortran_order': False, 'shape': (10000000000, 28, 28)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (100000000000000000000, 28, 28)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (12, 28, -28)}",
        "{'descr': '|O', 'fortran_order': False, 'shape': (20,)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': 'x'}",
        "__import__('os').system('false')",
        "(" * 5_000,
    ],
    ids=range(7),
)
def test_hostile_npy_header_is_refused(data: pathlib.Path, arrays: Arrays, header: str) -> None:
    """A shape of terabytes, of no numbers, or code in its place: refused, nothing allocated."""
    text = header.encode().ljust(118) + b"\n"
    forged = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + b"\0" * 100
    files = {key: npy(array) for key, array in arrays.items()} | {"x_train": forged}
    (data / "own.npz").write_bytes(npz(files))
    assert refusal("own").startswith("own.npz can't be used")


def test_npz_bomb_is_refused_unread(data: pathlib.Path, arrays: Arrays) -> None:
    """320 MB of zeros in half a megabyte are refused by what the archive says of its size."""
    np.savez_compressed(data / "own.npz", **arrays | {"x_train": np.zeros((410_000, 784), "u1")})
    tracemalloc.start()
    try:
        assert "more than 200,000 images" in refusal("own")
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


class Canary:
    """An object whose unpickling makes a folder."""

    def __init__(self, path: pathlib.Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize(
    ("name", "key"),
    [("mnist", "x_train"), ("mnist", "y_test"), ("own", "x_train"), ("own", "class_names")],
)
def test_pickle_is_refused_and_does_not_run(
    data: pathlib.Path, published: Arrays, name: str, key: str
) -> None:
    """An array of Python objects is refused; the code in it made no folder."""
    canary = data.parent / "canary"
    objects = np.array([Canary(canary)] * 10, dtype=object)
    np.savez(data / f"{name}.npz", allow_pickle=True, **published | {key: objects})
    assert "holds Python objects" in refusal(name)
    (data / f"{name}.npz").write_bytes(pickle.dumps(Canary(canary)))
    assert "no .npz" in refusal(name) or "is a pickle, which could run code" in refusal(name)
    assert not canary.exists()


# --- IDX files that are wrong ---------------------------------------------------------------


@pytest.mark.parametrize("zipped", [True, False], ids=["gz", "plain"])
@pytest.mark.parametrize("flat", [True, False], ids=["flat", "own-folder"])
@pytest.mark.parametrize("key", IDX)
def test_one_changed_byte_names_the_file(
    data: pathlib.Path, published: Arrays, key: str, zipped: bool, flat: bool
) -> None:
    """Of four IDX files the sentence names the one that differs."""
    array = published[key].copy()
    array.reshape(-1)[3] ^= 1
    write_idx(data if flat else data / "mnist", published | {key: array}, zipped=zipped)
    name = IDX[key] + (".gz" if zipped else "")
    assert refusal("mnist").startswith(f"{name} can't be used: `{key}` differs")


@pytest.mark.parametrize("flat", [True, False], ids=["flat", "own-folder"])
@pytest.mark.parametrize("key", IDX)
@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[:6],
        lambda content: content[: len(content) // 10],
        lambda content: content[: len(content) // 2],
        lambda content: content[:-1],
        lambda content: content + b"\0",
        lambda content: b"\0\0\x0d" + content[3:],
        lambda content: b"\0\0\x08\x02" + content[4:],
        lambda content: content[:4] + b"\xff" * 4 + content[8:],
        lambda content: content[:4] + b"\x80\0\0\0" * 3,
        lambda content: content[:4] + struct.pack(">III", 2**31, 2**31, 4),
        lambda content: b"text, no image",
    ],
    ids=["empty", "6-bytes", "10%", "50%", "one-less", "one-more", "type", "dimensions", "count",
         "wide", "overflow", "text"],
)  # fmt: skip
def test_damaged_idx_names_the_file(
    data: pathlib.Path, published: Arrays, key: str, damage: Callable[[bytes], bytes], flat: bool
) -> None:
    """Wrong magic, wrong count, cut or grown: one sentence with the file's name."""
    folder = data if flat else data / "mnist"
    write_idx(folder, published, zipped=False)
    (folder / IDX[key]).write_bytes(damage(idx(published[key])))
    assert refusal("mnist").startswith(f"{IDX[key]} can't be used: ")


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_truncated_gz_names_the_file(data: pathlib.Path, published: Arrays, share: float) -> None:
    """A compressed file cut short is refused by name."""
    write_idx(data / "mnist", published, zipped=True)
    path = data / "mnist" / f"{IDX['x_train']}.gz"
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    assert refusal("mnist").startswith(f"{path.name} can't be used: ")


def test_no_damage_of_gz_raises_anything_else(data: pathlib.Path, published: Arrays) -> None:
    """Each byte flipped in turn is refused, or makes no difference."""
    write_idx(data / "mnist", published, zipped=True)
    path = data / "mnist" / f"{IDX['y_test']}.gz"
    good = path.read_bytes()
    for at in range(len(good)):
        path.write_bytes(good[:at] + bytes([good[at] ^ 0xFF]) + good[at + 1 :])
        datasets.forget()
        with contextlib.suppress(datasets.DataError):
            np.testing.assert_array_equal(datasets.load("mnist").y_test, published["y_test"])


@pytest.mark.parametrize("key", ["x_train", "y_test"])
def test_gz_bomb_is_refused_early(data: pathlib.Path, published: Arrays, key: str) -> None:
    """1 GB of zeros in a megabyte costs under 80 MB and two seconds."""
    write_idx(data / "mnist", published, zipped=True)
    sixteen_megabytes = gzip.compress(bytes(2**24), 1)
    (data / "mnist" / f"{IDX[key]}.gz").write_bytes(sixteen_megabytes * 64)
    tracemalloc.start()
    began = time.perf_counter()
    try:
        assert "it holds more than" in refusal("mnist")
        assert time.perf_counter() - began < 2
        assert tracemalloc.get_traced_memory()[1] < 80_000_000
    finally:
        tracemalloc.stop()


def test_folder_with_three_idx_files_is_no_data_set(data: pathlib.Path, published: Arrays) -> None:
    """What lacks a file is not offered, and the sentence says how to get it."""
    write_idx(data / "mnist", published, zipped=True)
    (data / "mnist" / f"{IDX['y_test']}.gz").unlink()
    assert not datasets.on_this_machine("mnist")
    assert "fetch mnist" in refusal("mnist")


# --- downloads ------------------------------------------------------------------------------


@contextlib.contextmanager
def web_server(content: bytes | None) -> Iterator[str]:
    """Serve some bytes under every address, or nothing but 404."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(404 if content is None else 200)
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/mnist.npz"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch, published: Arrays) -> Callable[[str], bytes]:
    """A function that lets `fetch` look for the small MNIST elsewhere, and returns its file."""
    content = npz({key: npy(array) for key, array in published.items()})
    checksum = "sha256:" + hashlib.sha256(content).hexdigest()

    def at(address: str) -> bytes:
        known = datasets.published.KNOWN["mnist"]
        moved = dataclasses.replace(known, files=(("mnist.npz", address, checksum),))
        monkeypatch.setitem(datasets.published.KNOWN, "mnist", moved)
        return content

    return at


def fetch_refusal() -> str:
    """Fetch what can't be fetched, and return the sentence."""
    with pytest.raises(datasets.DataError) as refused:
        datasets.fetch("mnist")
    assert "/" not in str(refused.value)
    return str(refused.value)


def test_download_is_checked_and_reported(
    home: pathlib.Path, published: Arrays, offered: Callable[[str], bytes]
) -> None:
    """The file lands in the home folder, and the last report is its whole size of its size."""
    reports: list[tuple[int, int]] = []
    with web_server(offered("nowhere")) as address:
        size = len(offered(address))
        datasets.fetch("mnist", on_progress=lambda done, total: reports.append((done, total)))
    assert reports[-1] == (size, size)
    assert [done for done, _ in reports] == sorted(done for done, _ in reports)
    assert (home / "data" / "mnist.npz").stat().st_size == size
    np.testing.assert_array_equal(datasets.load("mnist").x_test, published["x_test"])
    datasets.fetch("mnist")  # the server is gone, and not needed any more


def test_wrong_file_is_not_kept(home: pathlib.Path, offered: Callable[[str], bytes]) -> None:
    """What is not the published file is refused by name, and nothing stays of it."""
    with web_server(b"<html>a captive portal</html>") as address:
        offered(address)
        assert fetch_refusal().startswith("The download of mnist.npz is not the published file")
    assert not list((home / "data").iterdir())


def test_missing_file_on_the_server(offered: Callable[[str], bytes]) -> None:
    """A server that has no such file is not taken for a dead network."""
    with web_server(None) as address:
        offered(address)
        assert "the server answers 404" in fetch_refusal()


def test_silent_server_costs_under_five_seconds(offered: Callable[[str], bytes]) -> None:
    """A server that accepts and never answers is given up with a sentence and a remedy."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        offered(f"http://127.0.0.1:{silent.getsockname()[1]}/mnist.npz")
        began = time.perf_counter()
        sentence = fetch_refusal()
        assert time.perf_counter() - began < 5
    assert "the network does not answer" in sentence
    assert "put mnist.npz into the folder MNISTDASH_DATA" in sentence


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/x", "http://nowhere.invalid/x", "http://"])
def test_refused_connection_is_a_sentence(offered: Callable[[str], bytes], address: str) -> None:
    """A closed port, an unknown host and no host: the network does not answer."""
    offered(address)
    began = time.perf_counter()
    assert "the network does not answer" in fetch_refusal()
    assert time.perf_counter() - began < 5


def test_home_that_can_not_be_written_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, offered: Callable[[str], bytes]
) -> None:
    """A home folder below a file is not taken for a dead network."""
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("MNISTDASH_HOME", str(tmp_path / "file"))
    with web_server(offered("nowhere")) as address:
        offered(address)
        assert "the home folder can't be written" in fetch_refusal()


@pytest.mark.parametrize("name", ["optdigits", "own", "../x", ""])
def test_only_published_data_can_be_fetched(name: str) -> None:
    """Other names are refused with those that are known."""
    with pytest.raises(datasets.DataError, match="Only mnist and fashion_mnist can be downloaded"):
        datasets.fetch(name)


def test_offered_addresses_have_checksums() -> None:
    """Every file to download has a checksum that is none of the array sums."""
    for name in datasets.downloadable():
        for _, address, checksum in datasets.published.KNOWN[name].files:
            kind, digits = checksum.split(":")
            assert address.startswith("https://")
            assert len(digits) == {"sha256": 64, "md5": 32}[kind]
