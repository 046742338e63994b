"""Files as people have them, through the door: NPZ by any names, IDX, CSV, pictures."""

import gzip
import io
import pathlib
import stat
import struct
import zipfile
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from mnistdash.datasets import conversion, errors, files

LABELS = np.arange(60) % 10
IDX = {
    "x_train": "train-images-idx3-ubyte",
    "y_train": "train-labels-idx1-ubyte",
    "x_test": "t10k-images-idx3-ubyte",
    "y_test": "t10k-labels-idx1-ubyte",
}


@pytest.fixture
def images() -> np.ndarray:
    """Sixty different images of noise with a rim of 0, as uint8 `(60, 28, 28)`."""
    noise = np.random.default_rng(0).integers(0, 256, (60, 28, 28)).astype(np.uint8)
    noise[:, :4] = noise[:, -4:] = noise[:, :, :4] = noise[:, :, -4:] = 0
    return noise


def read(*paths: pathlib.Path, **options: object) -> conversion.Converted:
    """Read and convert."""
    return conversion.convert(files.read(paths, **options))


def refusal(*paths: pathlib.Path) -> str:
    """Read what can't be, and return the sentence, which names no folder."""
    with pytest.raises(errors.DataError) as refused:
        read(*paths)
    assert "/tmp/" not in str(refused.value)
    return str(refused.value)


def same(found: conversion.Converted, images: np.ndarray, labels: np.ndarray = LABELS) -> bool:
    """Tell whether all images are there with their labels, in whichever part."""
    known = {image.tobytes(): int(label) for image, label in zip(images, labels, strict=True)}
    pairs = [*zip(found.x_train, found.y_train, strict=True)]
    pairs += [*zip(found.x_test, found.y_test, strict=True)]
    return len(pairs) == len(images) and all(known[x.tobytes()] == y for x, y in pairs)


# --- NPZ and NPY ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "names",
    [
        ("X_train", "Y_train", "X_test", "Y_test"),
        ("train_images", "train_labels", "test_images", "test_labels"),
        ("trainX", "trainY", "testX", "testY"),
        ("xtrain", "ytrain", "xtest", "ytest"),
        ("imgs_train", "labels_train", "imgs_val", "labels_val"),
        ("training_data", "training_targets", "testing_data", "testing_targets"),
        ("train/x", "train/y", "test/x", "test/y"),
        ("x", "y", "x_test", "y_test"),
        ("x_train", "train_labels", "X_test", "testY"),
        ("images", "labels", "test_images", "test_labels"),
        ("arr_0", "arr_1", "arr_2", "arr_3"),
    ],
    ids=lambda names: names[0],
)
def test_npz_by_any_well_known_names(
    tmp_path: pathlib.Path, images: np.ndarray, names: tuple[str, ...]
) -> None:
    """Forty-eight images to train and twelve to test, whatever the arrays are called."""
    arrays = (images[:48], LABELS[:48], images[48:], LABELS[48:])
    np.savez(tmp_path / "mine.npz", **dict(zip(names, arrays, strict=True)))
    found = read(tmp_path / "mine.npz")
    assert same(found, images)
    assert len(found.x_test) == 12


@pytest.mark.parametrize("names", [("x", "y"), ("data", "target"), ("images", "labels"),
                                   ("arr_0", "arr_1")])  # fmt: skip
def test_npz_without_test_images(
    tmp_path: pathlib.Path, images: np.ndarray, names: tuple[str, ...]
) -> None:
    """Images and labels alone: a sixth is set aside."""
    np.savez(tmp_path / "mine.npz", **{names[0]: images, names[1]: LABELS})
    found = read(tmp_path / "mine.npz")
    assert same(found, images)
    assert len(found.x_test) == 10


def test_npz_as_scikit_learn_names_it(tmp_path: pathlib.Path) -> None:
    """Data and images twice the same, levels of 0-16: read once, brought to 28x28."""
    images = np.random.default_rng(0).integers(0, 17, (60, 8, 8)).astype(float)
    images[0, 0, 0] = 16
    np.savez(tmp_path / "mine.npz", data=images.reshape(60, 64), images=images, target=LABELS,
             target_names=np.array(list("abcdefghij")))  # fmt: skip
    found = read(tmp_path / "mine.npz")
    assert found.class_names == tuple("abcdefghij")
    assert "Pixels of 0-16 became 0-255." in found.notes
    assert "`data` was not needed." in found.notes


def test_npz_with_more_than_needed(tmp_path: pathlib.Path, images: np.ndarray) -> None:
    """Validation images are left out and said, test images without labels too; objects unread."""
    np.savez(tmp_path / "mine.npz", allow_pickle=True, x_train=images, y_train=LABELS,
             x_test=images, x_val=images, y_val=LABELS, history=np.array([{}]))  # fmt: skip
    found = read(tmp_path / "mine.npz")
    assert len(found.x_test) == 60
    assert found.notes[:2] == (
        "`x_test` has no labels and was left out.",
        "`x_val` and `y_val` are the test images.",
    )


def test_objects_are_refused_with_the_line_that_mends_it(
    tmp_path: pathlib.Path, images: np.ndarray
) -> None:
    """Labels and class names that were pickled: nothing is opened."""
    mends = {
        "y": "y = np.array(y.tolist())",
        "class_names": "class_names = np.array(list(class_names), str)",
    }
    for key, mend in mends.items():
        arrays = {"x": images, "y": LABELS, key: np.array([1, "a"] * 30, object)}
        np.savez(tmp_path / "mine.npz", allow_pickle=True, **arrays)
        sentence = refusal(tmp_path / "mine.npz")
        assert f"`{key}` holds Python objects" in sentence
        assert mend in sentence


def test_npz_of_test_images_alone_is_refused(tmp_path: pathlib.Path, images: np.ndarray) -> None:
    """Names that say test are never taken for training; a table of names is no list."""
    np.savez(tmp_path / "mine.npz", x_test=images, y_test=LABELS)
    assert "it has no array `x_train`" in refusal(tmp_path / "mine.npz")
    np.savez(tmp_path / "mine.npz", x=images, y=LABELS, names=np.array([["0", "zero"]] * 10))
    assert "`names` is <U4 (10, 2). Expected a list of texts." in refusal(tmp_path / "mine.npz")


@pytest.mark.parametrize("ending", ["npz", "npy"])
def test_four_files_of_one_array_each(
    tmp_path: pathlib.Path, images: np.ndarray, ending: str
) -> None:
    """KMNIST's way: by one of the files, by all four, and by their folder."""
    save = np.savez_compressed if ending == "npz" else np.save
    parts = {"train-imgs": images[:48], "train-labels": LABELS[:48],
             "test-imgs": images[48:], "test-labels": LABELS[48:]}  # fmt: skip
    for part, array in parts.items():
        save(tmp_path / f"kmnist-{part}.{ending}", array)
    paths = sorted(tmp_path.iterdir())
    for given in ([tmp_path], paths, *([path] for path in paths if ending == "npy")):
        found = read(*given)
        assert same(found, images)
        assert len(found.x_test) == 12


# --- IDX ------------------------------------------------------------------------------------


def idx(array: np.ndarray, code: int = 8) -> bytes:
    """Write an IDX file: two zeros, the type, dimensions, sides, values, largest byte first."""
    big = array.astype({8: "u1", 12: ">i4", 13: ">f4"}[code])
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, code, array.ndim, *array.shape) + big.tobytes()


@pytest.mark.parametrize(
    ("named", "packed"),
    [
        (lambda name: name, False),
        (lambda name: f"{name}.gz", True),
        (lambda name: f"{name}.gz", False),
        (lambda name: name, True),
        (lambda name: name.replace("-idx", ".idx"), False),
        (lambda name: f"{name}/{name}", False),
        (lambda name: f"deeper/{name}", False),
        (lambda name: f"emnist-letters-{name.replace('t10k', 'test')}.gz", True),
        (lambda name: name.upper(), False),
    ],
    ids=["plain", "gz", "gz-said", "gz-unsaid", "dots", "nested", "deeper", "emnist", "upper"],
)
def test_idx_files(
    tmp_path: pathlib.Path, images: np.ndarray, named: Callable[[str], str], packed: bool
) -> None:
    """Dots, dashes, folders of the files' own names, packed or not whatever the ending claims."""
    arrays = {"x_train": images[:48], "y_train": LABELS[:48], "x_test": images[48:],
              "y_test": LABELS[48:]}  # fmt: skip
    for key, name in IDX.items():
        path = tmp_path / named(name)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(gzip.compress(idx(arrays[key])) if packed else idx(arrays[key]))
    found = read(tmp_path)
    assert same(found, images)
    assert len(found.x_test) == 12


def test_idx_of_other_types(tmp_path: pathlib.Path, images: np.ndarray) -> None:
    """Floats and wide whole numbers, largest byte first; QMNIST's eight columns of labels."""
    (tmp_path / IDX["x_train"]).write_bytes(idx(images / 255, 13))
    labels = np.stack([LABELS] + [LABELS * 0 + 7] * 7, axis=1)
    (tmp_path / IDX["y_train"]).write_bytes(idx(labels, 12))
    assert same(read(tmp_path), images)


def test_what_is_no_idx_file_is_named(tmp_path: pathlib.Path, images: np.ndarray) -> None:
    """A web page, a cut file, a lonely one."""
    (tmp_path / IDX["x_train"]).write_bytes(idx(images))
    assert "no training labels" in refusal(tmp_path)
    page = tmp_path / f"{IDX['y_train']}.gz"
    page.write_bytes(b"\n<!DOCTYPE html><html>403</html>")
    assert refusal(tmp_path).startswith(f"{page.name} is a web page, not data: the download failed")
    page.write_bytes(gzip.compress(idx(LABELS))[:-9])
    assert "cut short" in refusal(tmp_path)


# --- CSV ------------------------------------------------------------------------------------


def table(
    images: np.ndarray,
    labels: np.ndarray | list[str],
    *,
    sep: str = ",",
    header: str | None = "label",
    last: bool = False,
    index: bool = False,
) -> str:
    """Write a table of one image a row."""
    names = [f"pixel{n}" for n in range(images[0].size)]
    columns = [*names, header] if last else [header, *names]
    rows = [] if header is None else [sep.join([""] * index + columns)]
    for number, (image, label) in enumerate(zip(images, labels, strict=True)):
        values = [str(value) for value in image.reshape(-1).tolist()]
        cells = [*values, str(label)] if last else [str(label), *values]
        rows.append(sep.join([str(number)] * index + cells))
    return "\n".join(rows) + "\n"


@pytest.mark.parametrize("sep", [",", ";", "\t", " "], ids=["comma", "semicolon", "tab", "space"])
@pytest.mark.parametrize("header", ["label", "class", "y", None])
@pytest.mark.parametrize("last", [False, True], ids=["first", "last"])
def test_csv_with_the_label_first_or_last(
    tmp_path: pathlib.Path, images: np.ndarray, last: bool, header: str | None, sep: str
) -> None:
    """With a header or none, by comma, semicolon, tab or space."""
    path = tmp_path / "train.csv"
    path.write_text(table(images, LABELS, sep=sep, header=header, last=last))
    assert same(read(path), images)


@pytest.mark.parametrize(
    "written",
    [
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.encode("utf-16"),
        lambda text: gzip.compress(text.encode()),
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: "\n".join(
            ",".join(f'"{cell}"' for cell in line.split(",")) for line in text.splitlines()
        ).encode(),
    ],
    ids=["bom", "utf-16", "gz", "crlf", "quotes"],
)
def test_csv_however_it_is_written(
    tmp_path: pathlib.Path, images: np.ndarray, written: Callable[[str], bytes]
) -> None:
    """A mark of the byte order, packed, with quotes around every cell."""
    (tmp_path / "train.csv").write_bytes(written(table(images, LABELS)))
    assert same(read(tmp_path / "train.csv"), images)


def test_csv_with_an_index_column(tmp_path: pathlib.Path, images: np.ndarray) -> None:
    """What pandas writes beside the table is left out, said."""
    (tmp_path / "train.csv").write_text(table(images, LABELS, index=True))
    found = read(tmp_path / "train.csv")
    assert same(found, images)
    assert "The first column counts the rows and was left out." in found.notes
    (tmp_path / "train.csv").write_text(table(images, LABELS, index=True, header=None))
    assert same(read(tmp_path / "train.csv"), images)


def test_csv_with_columns_named_by_numbers(tmp_path: pathlib.Path, images: np.ndarray) -> None:
    """A table written by pandas without names: the header 0, 1, 2 … is no image."""
    header = ",".join(str(n) for n in range(785))
    (tmp_path / "train.csv").write_text(header + "\n" + table(images, LABELS, header=None))
    assert same(read(tmp_path / "train.csv"), images)


def test_csv_of_fractions_and_text_labels(tmp_path: pathlib.Path, images: np.ndarray) -> None:
    """Pixels of 0-1, also with a comma for the point; labels as letters, numbered in order."""
    letters = ["abcdefghij"[label] for label in LABELS]
    for sep in (",", ";"):
        text = table((images / 255).astype(np.float64), letters, sep=sep)
        (tmp_path / "train.csv").write_text(text if sep == "," else text.replace(".", ","))
        found = read(tmp_path / "train.csv")
        assert same(found, images)
        assert found.class_names == tuple("abcdefghij")


def test_training_and_test_tables_in_a_folder(tmp_path: pathlib.Path, images: np.ndarray) -> None:
    """mnist_train.csv and mnist_test.csv; a table without labels beside them is left out, said."""
    (tmp_path / "mnist_train.csv").write_text(table(images[:48], LABELS[:48]))
    (tmp_path / "mnist_test.csv").write_text(table(images[48:], LABELS[48:]))
    found = read(tmp_path)
    assert same(found, images)
    assert len(found.x_test) == 12
    unlabelled = "\n".join(line.split(",", 1)[1] for line in table(images, LABELS).splitlines())
    (tmp_path / "mnist_test.csv").write_text(unlabelled)
    assert "mnist_test.csv has no labels and was left out." in read(tmp_path).notes


@pytest.mark.parametrize(
    ("spoiled", "says"),
    [
        (lambda lines: [line.split(",", 1)[1] for line in lines], "784 columns are all pixels"),
        (
            lambda lines: [line.rsplit(",", 3)[0] for line in lines],
            "782 columns, which is no square",
        ),
        (lambda lines: [*lines[:5], lines[5] + ",0", *lines[6:]], "line 6 has 786 cells"),
        (
            lambda lines: [*lines[:5], lines[5][:900], *lines[6:]],
            "row 5, not counting a header: a cell is empty",
        ),
        (
            lambda lines: [*lines[:5], lines[5][:-1] + "x", *lines[6:]],
            "row 5, not counting a header: column 785 holds",
        ),
        (lambda lines: lines[:1], "a header and no rows"),
        (lambda lines: [], "is empty"),
    ],
    ids=["no-labels", "no-square", "long-row", "short-row", "text", "no-rows", "empty"],
)
def test_csv_that_can_not_be_read(
    tmp_path: pathlib.Path,
    images: np.ndarray,
    spoiled: Callable[[list[str]], list[str]],
    says: str,
) -> None:
    """The row and the column are named where one is wrong."""
    lines = spoiled(table(images, LABELS).splitlines())
    (tmp_path / "train.csv").write_text("\n".join(lines))
    assert says in refusal(tmp_path / "train.csv")


# --- pictures -------------------------------------------------------------------------------


def picture(image: np.ndarray | Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """Write a picture."""
    target = io.BytesIO()
    made = image if isinstance(image, Image.Image) else Image.fromarray(image)
    made.save(target, kind, **options)
    return target.getvalue()


def tree(images: np.ndarray, **others: bytes) -> dict[str, bytes]:
    """Name pictures train/3/13.png and test/8/48.png, and whatever else lies there."""
    found = {}
    for number, (image, label) in enumerate(zip(images, LABELS, strict=True)):
        found[f"{'train' if number < 48 else 'test'}/{label}/{number}.png"] = picture(image)
    return found | others


def in_folder(folder: pathlib.Path, contents: dict[str, bytes]) -> pathlib.Path:
    """Write files into a folder."""
    for name, content in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def in_zip(path: pathlib.Path, contents: dict[str, bytes]) -> pathlib.Path:
    """Write files into a ZIP."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize("above", ["", "digits/", "archive/digits/"])
@pytest.mark.parametrize("zipped", [False, True], ids=["folder", "zip"])
def test_pictures_in_one_folder_a_class(
    tmp_path: pathlib.Path, images: np.ndarray, zipped: bool, above: str
) -> None:
    """With train and test above them, in a folder or a ZIP, also one folder deeper."""
    contents = {above + name: content for name, content in tree(images).items()}
    contents |= {"__MACOSX/._1.png": b"no", f"{above}.DS_Store": b"no"}
    path = in_zip(tmp_path / "a.zip", contents) if zipped else in_folder(tmp_path / "a", contents)
    found = read(path)
    assert same(found, images)
    assert len(found.x_test) == 12
    assert found.class_names == tuple("0123456789")


def test_pictures_without_a_test_folder(tmp_path: pathlib.Path) -> None:
    """Classes named by their folders, in any script; a sixth is set aside."""
    contents = {
        f"{name}/{n}.png": picture(np.full((28, 28), 7 * n + at, np.uint8))
        for at, name in enumerate(["собака", "кот"])
        for n in range(12)
    }
    found = read(in_folder(tmp_path / "a", contents))
    assert found.class_names == ("кот", "собака")
    assert (len(found.x_train), len(found.x_test)) == (20, 4)
    assert found.y_train[found.x_train[:, 0, 0] % 7 == 0].tolist() == [1] * 10


def test_pictures_of_every_kind(tmp_path: pathlib.Path, images: np.ndarray) -> None:
    """One image as eight kinds of picture: exact where the format is, near it in a JPEG."""
    image = images[0]
    grey = Image.fromarray(image)
    turned = Image.Exif()
    turned[0x0112] = 6  # the camera was held on its side: show it turned by 270 degrees
    alpha = np.zeros((28, 28, 4), np.uint8)
    alpha[..., :3] = 255
    alpha[..., 3] = image
    kinds = {
        "grey.png": picture(grey),
        "colour.png": picture(grey.convert("RGB")),
        "palette.gif": picture(grey, "GIF"),
        "bitmap.bmp": picture(grey, "BMP"),
        "lossless.webp": picture(grey.convert("RGB"), "WEBP", lossless=True),
        "deep.png": picture(Image.fromarray(image.astype(np.uint16) * 257)),
        "opacity.png": picture(Image.fromarray(alpha)),
        "turned.png": picture(grey.transpose(Image.Transpose.ROTATE_90), exif=turned),
    }
    contents = {f"0/{name}": content for name, content in kinds.items()}
    contents |= {f"1/{n}.png": picture(images[n]) for n in range(2, 8)}
    raw = files.read([in_folder(tmp_path / "a", contents)])
    read_as = raw.x_train[raw.y_train == "0"]
    assert len(read_as) == 8
    assert [np.abs(found.astype(int) - image).max() for found in read_as] == [0] * 8
    assert "1 picture turned upright, as the camera noted." in raw.notes


def test_pictures_of_other_sizes_and_damaged_ones(
    tmp_path: pathlib.Path, images: np.ndarray
) -> None:
    """Brought to 28x28 by area; one that can't be read of 61 is left out, said by name."""
    contents = tree(images)
    large = images[0].repeat(4, axis=0).repeat(4, axis=1)
    contents["train/0/0.png"] = picture(large)
    contents["train/0/broken.png"] = contents["train/1/1.png"][:60]
    contents["train/notes.txt"] = b"about these"
    found = read(in_zip(tmp_path / "a.zip", contents))
    assert same(found, images)
    assert "1 picture can't be read and was left out, such as 0/broken.png." in found.notes
    assert any("of 112x112 was brought to 28x28" in note for note in found.notes)


@pytest.mark.parametrize(
    ("contents", "says"),
    [
        ({"a/1.png": b"x", "b/1.png": b"y"}, "2 of 2 pictures can't be read"),
        ({"../a/1.png": b"x"}, "leads out of it"),
        ({"/a/1.png": b"x"}, "leads out of it"),
        ({"C:\\a\\1.png": b"x"}, "leads out of it"),
        ({"1.png": b"x", "2.png": b"y"}, "2 pictures in it are in no folder of a class"),
        ({"train/1.png": b"x", "test/2.png": b"y"}, "in no folder of a class"),
        ({"inner.zip": b"PK"}, "there are no pictures in it, but .zip"),
        ({"train.csv": b"1,2"}, "python -m zipfile -e"),
        ({}, "there are no pictures in it"),
    ],
    ids=range(9),
)
def test_zip_that_can_not_be_read(
    tmp_path: pathlib.Path, contents: dict[str, bytes], says: str
) -> None:
    """Paths that lead out, a ZIP in a ZIP, pictures without classes."""
    assert says in refusal(in_zip(tmp_path / "a.zip", contents))
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]


def test_zip_bomb_and_links(tmp_path: pathlib.Path, images: np.ndarray) -> None:
    """3 GB of zeros in 3 MB are refused by what the ZIP says; a link in it is passed over."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number in range(3):
            with archive.open(f"{number}/zeros.png", "w") as stream:
                for _ in range(70):
                    stream.write(bytes(10**7))
    assert "unpacked it is larger than 2 GB" in refusal(path)
    link = zipfile.ZipInfo("0/passwords.png")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    in_zip(path, tree(images))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    assert same(read(path), images)


def test_picture_bomb_is_not_decoded(tmp_path: pathlib.Path, images: np.ndarray) -> None:
    """A PNG of 81 megapixels in 10 kB, and a picture of 11 MB, are left out."""
    contents = tree(images) | {
        "train/0/wide.png": picture(Image.new("1", (9000, 9000))),
        "train/0/heavy.png": bytes(11 * 2**20),
    }
    found = read(in_folder(tmp_path / "a", contents))
    assert same(found, images)
    assert any(note.startswith("2 pictures can't be read") for note in found.notes)


# --- anything else --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "it is empty"),
        (b"<html><body>404", "is a web page, not data"),
        (b"version https://git-lfs.github.com/spec/v1", "git lfs pull"),
        (b"\x89HDF\r\n\x1a\n", "is an HDF5 file"),
        (b"MATLAB 5.0 MAT-file", "scipy.io.loadmat"),
        (b"PAR1", "pandas.read_parquet"),
        (b"\x80\x04\x95", "is a pickle, which could run code"),
        (b"\x89PNG\r\n\x1a\n", "is one picture"),
        (b"\0\1\2\3" * 100, "of no kind that is read"),
    ],
    ids=range(9),
)
def test_other_kinds_are_named(tmp_path: pathlib.Path, content: bytes, says: str) -> None:
    """What a file is by its first bytes, and how to bring it into a form that is read."""
    (tmp_path / "mine.data").write_bytes(content)
    assert says in refusal(tmp_path / "mine.data")


def test_what_is_not_there(tmp_path: pathlib.Path) -> None:
    """A missing file, an empty folder, and files that do not belong together."""
    assert refusal(tmp_path / "none.npz") == "There is no file or folder none.npz."
    assert "the folder holds nothing" in refusal(tmp_path)
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "b.txt").write_text("b")
    assert "do not belong together" in refusal(tmp_path / "a.txt", tmp_path / "b.txt")


def test_test_images_from_another_file(tmp_path: pathlib.Path, images: np.ndarray) -> None:
    """A table to train and an NPZ to test: all of the other file is the test."""
    (tmp_path / "train.csv").write_text(table(images[:48], LABELS[:48]))
    np.savez(tmp_path / "other.npz", x=images[48:] / 255, y=LABELS[48:])
    found = read(tmp_path / "train.csv", test=tmp_path / "other.npz")
    assert same(found, images)
    np.testing.assert_array_equal(found.x_test, images[48:])


def test_labels_of_digits_and_letters_in_any_order(
    tmp_path: pathlib.Path, images: np.ndarray
) -> None:
    """A thousand rows of 0-9 before the first letter: the labels are text all the same."""
    labels = [*(str(n % 10) for n in range(1000)), *"ABAB"]
    rows = np.tile(images.reshape(60, -1), (17, 1))[: len(labels)]
    lines = (f"{label},{','.join(map(str, row))}" for label, row in zip(labels, rows.tolist(),
             strict=True))  # fmt: skip
    (tmp_path / "a.csv").write_text("\n".join(lines))
    assert read(tmp_path / "a.csv").class_names == (*"0123456789", "A", "B")


def test_two_files_are_training_and_test_by_their_names(
    tmp_path: pathlib.Path, images: np.ndarray
) -> None:
    """`mine-test.npz` beside `mine-train.npz`, or beside a file that says nothing of it."""
    for other in ("mine-train.npz", "mine.npz"):
        np.savez(tmp_path / other, x=images[:40], y=LABELS[:40])
        np.savez(tmp_path / "mine-test.npz", x=images[40:], y=LABELS[40:])
        found = read(tmp_path / "mine-test.npz", tmp_path / other)
        np.testing.assert_array_equal(found.x_test, images[40:])
        np.testing.assert_array_equal(read(tmp_path).x_test, images[40:])
        (tmp_path / other).rename(tmp_path.parent / other)
    for other in ("mine-train.npz", "mine.npz"):
        (tmp_path.parent / other).rename(tmp_path / other)
    with pytest.raises(errors.DataError, match="do not belong together"):
        read(tmp_path / "mine.npz", tmp_path / "mine-train.npz")


def test_arrays_of_other_names_are_told_by_shape(
    tmp_path: pathlib.Path, images: np.ndarray
) -> None:
    """`dataset` beside `labels`: only one of them can be the images, and that is said."""
    np.savez(tmp_path / "a.npz", dataset=images, labels=LABELS)
    found = read(tmp_path / "a.npz")
    assert len(found.x_train) + len(found.x_test) == 60
    assert found.notes[0] == "The arrays were told apart by their shapes."


def test_progress_of_pictures_and_tables(tmp_path: pathlib.Path, images: np.ndarray) -> None:
    """The share read grows to 1 for a ZIP of pictures, and for a packed table."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for number, image in enumerate(images):
            png = io.BytesIO()
            Image.fromarray(image).save(png, "PNG")
            archive.writestr(f"{number % 2}/{number}.png", png.getvalue())
    rows = np.column_stack([np.arange(3000) % 3, np.tile(images.reshape(60, -1), (50, 1))])
    text = "\n".join(",".join(map(str, row)) for row in rows.tolist())
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(text.encode(), 1))
    for name in ("a.zip", "a.csv.gz"):
        shares: list[float] = []
        files.read([tmp_path / name], on_progress=shares.append)
        assert len(shares) >= 3
        assert shares == sorted(shares)
        assert 0 < shares[0] < shares[-1] == 1
