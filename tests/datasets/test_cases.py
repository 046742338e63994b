"""The files of ../shared/cases/data, each with the right result of its README."""

import pathlib

import numpy as np
import pytest

from mnistdash import datasets
from mnistdash.datasets import conversion, files

CASES = pathlib.Path(__file__).parents[2].parent / "shared" / "cases" / "data"
# Each file that is read, its numbers of training and test images, and what is said of it.
READ = {
    "upper_keys.npz": (1200, 300, ""),
    "xy_only.npz": (999, 201, "a sixth of each class"),
    "float01.npz": (1200, 300, "Pixels of 0-1 were multiplied by 255"),
    "float255.npz": (1200, 300, "float64 were rounded to whole numbers"),
    "channel_last.npz": (1200, 300, "(28, 28, 1) became (28, 28)"),
    "channel_first.npz": (1200, 300, "(1, 28, 28) became (28, 28)"),
    "flat784.npz": (1200, 300, "Rows of 784 pixels"),
    "onehot.npz": (1200, 300, "One-hot labels of 10 columns"),
    "column_labels.npz": (1200, 300, "Labels in a column"),
    "float_labels.npz": (1200, 300, "Labels of type float32"),
    "colour.npz": (1200, 300, "3 colour channels became grey"),
    "side32.npz": (1200, 300, "Images of 32x32 pixels were cut to 28x28"),
    "only_3_and_8.npz": (238, 53, "no images of 0, 1, 2, 4, 5, 6, 7, 9"),
    "no_7_in_test.npz": (1200, 269, "There are no test images of 7."),
    "odd_names.npz": (1200, 300, ""),
    "duplicate_names.npz": (1200, 300, ""),
    "one_test_image.npz": (1200, 1, "There are no test images of 0, 1"),
    "tiny12.npz": (12, 300, "There are no training images of 0, 3, 6, 7."),
    "My Digits.npz": (1200, 300, ""),
    "digits_v1.2.npz": (1200, 300, ""),
    "train.csv": (251, 49, "a sixth of each class"),
    "idx_kaggle_dots": (1200, 300, ""),
    "idx_kaggle_nested": (1200, 300, ""),
    "idx_gz_name_not_gz": (1200, 300, ""),
}


@pytest.fixture(scope="module")
def mnist() -> dict[bytes, int]:
    """The labels of MNIST's 70,000 images, by the images' bytes."""
    if not CASES.is_dir():
        pytest.skip("No ../shared/cases beside the repository.")
    with np.load(CASES.parents[1] / "data" / "mnist.npz") as archive:
        return {
            image.tobytes(): int(label)
            for split in ("train", "test")
            for image, label in zip(archive[f"x_{split}"], archive[f"y_{split}"], strict=True)
        }


def read(name: str, **options: object) -> conversion.Converted:
    """Read and convert one of the cases."""
    return conversion.convert(files.read([CASES / name]), **options)


def as_in_mnist(found: conversion.Converted, mnist: dict[bytes, int]) -> list[bool]:
    """Tell for each image whether it is MNIST's, with MNIST's label."""
    images = np.concatenate([found.x_train, found.x_test])
    labels = np.concatenate([found.y_train, found.y_test])
    return [mnist.get(x.tobytes()) == y for x, y in zip(images, labels, strict=True)]


@pytest.mark.parametrize("name", READ)
def test_case_is_read(mnist: dict[bytes, int], name: str) -> None:
    """The same images and labels as MNIST's, and the conversion said."""
    train, test, said = READ[name]
    found = read(name)
    assert all(as_in_mnist(found, mnist))
    assert (len(found.x_train), len(found.x_test)) == (train, test)
    assert len(found.class_names) == 10
    assert said in " ".join((*found.notes, *found.questions))


def test_two_classes_are_two(mnist: dict[bytes, int]) -> None:
    """Class 0 is three and class 1 is eight, as MNIST says of every image."""
    found = read("two_classes_named.npz")
    assert found.class_names == ("three", "eight")
    digits = [mnist[image.tobytes()] for image in found.x_test]
    assert digits == [(3, 8)[label] for label in found.y_test]


def test_inverted_is_asked_about_and_read_inverted(mnist: dict[bytes, int]) -> None:
    """Offered where it is seen; with the option the images are MNIST's."""
    assert "bright ground" in read("inverted.npz").questions[0]
    assert all(as_in_mnist(read("inverted.npz", invert=True), mnist))


def test_zero_and_one_become_0_and_255(mnist: dict[bytes, int]) -> None:
    """Only these two levels, said; the labels stay."""
    found = read("zero_one_uint8.npz")
    assert np.unique(found.x_train).tolist() == [0, 255]
    assert found.notes == ("Pixels of 0 and 1 became 0 and 255.",)


def test_odd_names_are_plain_lines(mnist: dict[bytes, int]) -> None:
    """Markup stays text, the break goes, the empty one is called class 4, eighty letters are 40."""
    names = read("odd_names.npz").class_names
    assert names == ("T-shirt/top", "<b>bold</b>", "*star* _under_", "a" * 40, "class 4", "0",
                     "=1+1", "new line", "ünï", "🙂")  # fmt: skip
    assert read("duplicate_names.npz").class_names[:4] == ("shoe", "shoe (2)", "coat", "coat (2)")


def test_folder_is_read_and_its_bright_part_noticed(mnist: dict[bytes, int]) -> None:
    """200 PNGs exactly; 60 JPEGs dark on light, near MNIST's once they are inverted."""
    found = read("folder")
    assert all(as_in_mnist(found, mnist)[:200])
    assert (len(found.x_train), len(found.x_test)) == (200, 60)
    assert found.questions[0].startswith("The test images have a bright ground")
    inverted = read("folder", invert=True)
    np.testing.assert_array_equal(inverted.x_train, found.x_train)
    pixels = np.array([np.frombuffer(image, np.uint8) for image in mnist])  # (70000, 784)
    for image, label in zip(inverted.x_test[:6], inverted.y_test[:6], strict=True):
        flat = image.reshape(-1)
        apart = np.maximum(pixels, flat) - np.minimum(pixels, flat)
        nearest = int(apart.mean(axis=1).argmin())
        assert apart[nearest].mean() < 6
        assert [*mnist.values()][nearest] == label


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("object_labels.npz", "`y_train = np.array(y_train.tolist())`"),
        ("test.csv", "test.csv has no labels: its 784 columns are all pixels"),
        ("idx_html", "is a web page, not data: the download failed"),
    ],
)
def test_case_is_refused(mnist: dict[bytes, int], name: str, says: str) -> None:
    """In a sentence that says what is there and what mends it."""
    with pytest.raises(datasets.DataError) as refused:
        read(name)
    assert says in str(refused.value)
    assert "published" not in str(refused.value)


def test_cases_as_a_data_folder(mnist: dict[bytes, int], monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them are offered or named with the reason, and load by their names."""
    monkeypatch.setenv("MNISTDASH_DATA", str(CASES))
    offered = {pathlib.Path(name).stem if name.endswith((".npz", ".csv")) else name
               for name in READ}  # fmt: skip
    offered |= {"folder", "inverted", "zero_one_uint8", "two_classes_named"}
    assert set(datasets.names()) == offered | {"optdigits"}
    assert {file for file, _ in datasets.unreadable()} == {
        "object_labels.npz", "test.csv", "idx_html",
    }  # fmt: skip
    for name in ("digits_v1.2", "idx_kaggle_nested", "train"):
        assert all(
            mnist[image.tobytes()] == label
            for image, label in zip(
                datasets.load(name).x_test, datasets.load(name).y_test, strict=True
            )
        )


@pytest.mark.parametrize("name", ["idx_kaggle_dots", "idx_kaggle_nested", "idx_gz_name_not_gz"])
def test_folder_of_a_published_name(
    mnist: dict[bytes, int], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A folder `mnist` with 300 test images is none of MNIST's, and offered as one's own."""
    monkeypatch.setenv("MNISTDASH_DATA", str(CASES / name))
    assert datasets.names() == ("optdigits", "mnist (own)")
    assert len(datasets.load("mnist (own)").x_test) == 300


def test_web_pages_in_place_of_mnist(
    mnist: dict[bytes, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """MNIST's own file names with a web page inside: the sentence says that the download failed."""
    monkeypatch.setenv("MNISTDASH_DATA", str(CASES / "idx_html"))
    with pytest.raises(datasets.DataError, match="is a web page, not data: the download failed"):
        datasets.load("mnist")
