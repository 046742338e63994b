"""Every form that people keep images and labels in: what it becomes, and what is said of it."""

from collections.abc import Callable

import numpy as np
import pytest

from mnistdash.datasets import conversion, errors

LABELS = np.arange(60) % 10


@pytest.fixture
def images() -> np.ndarray:
    """Sixty different images of noise with a rim of 0, as uint8 `(60, 28, 28)`."""
    noise = np.random.default_rng(0).integers(0, 256, (60, 28, 28)).astype(np.uint8)
    noise[:, :4] = noise[:, -4:] = noise[:, :, :4] = noise[:, :, -4:] = 0
    noise[:, 14, 14] = 255
    return noise


def converted(x: np.ndarray, y: np.ndarray = LABELS, **options: object) -> conversion.Converted:
    """Convert 48 training and 12 test images that are alike in form."""
    raw = conversion.Raw(
        source="mine.npz", x_train=x[:48], y_train=y[:48], x_test=x[48:], y_test=y[48:]
    )
    return conversion.convert(raw, **options)


def refusal(x: np.ndarray, y: np.ndarray = LABELS, **options: object) -> str:
    """Convert what can't be, and return the sentence."""
    with pytest.raises(errors.DataError) as refused:
        converted(x, y, **options)
    return str(refused.value)


# --- pixels ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "said"),
    [
        (lambda x: x, None),
        (np.asfortranarray, None),
        (lambda x: x.astype(np.int64), "stored as int64 became bytes"),
        (lambda x: x.astype(">i4"), "stored as >i4 became bytes"),
        (lambda x: x.astype(np.uint16), "stored as uint16 became bytes"),
        (lambda x: x.astype(np.float64), "float64 were rounded"),
        (lambda x: (x / 255).astype(np.float32), "Pixels of 0-1 were multiplied by 255"),
        (lambda x: (x / 255).astype(">f8"), "Pixels of 0-1 were multiplied by 255"),
        (lambda x: (x / 127.5 - 1).astype(np.float32), "Pixels of -1 to 1 became 0-255"),
        (lambda x: x.astype(np.uint16) * 257, "Pixels of 0-65535 became 0-255"),
        (lambda x: x[..., None], "(28, 28, 1) became (28, 28)"),
        (lambda x: x[:, None], "(1, 28, 28) became (28, 28)"),
        (lambda x: x.reshape(60, 784), "Rows of 784 pixels"),
        (lambda x: x.reshape(60, 784, 1), "Rows of 784 pixels"),
        (lambda x: np.stack([x] * 3, axis=-1), "3 colour channels became grey"),
        (lambda x: np.stack([x] * 3, axis=1), "3 colour channels became grey"),
        (lambda x: np.stack([x, x, x, x * 0 + 255], axis=-1), "4 colour channels became grey"),
        (lambda x: np.stack([x / 255] * 3, axis=-1), "Pixels of 0-1 were multiplied by 255"),
        (lambda x: np.pad(x, ((0, 0), (2, 2), (2, 2))), "cut to 28x28: the pixels around were"),
    ],
    ids=range(19),
)
def test_images_in_every_form_are_the_same(
    images: np.ndarray, form: Callable[[np.ndarray], np.ndarray], said: str | None
) -> None:
    """Not a pixel differs, and the conversion is said in one sentence."""
    found = converted(form(images))
    np.testing.assert_array_equal(np.concatenate([found.x_train, found.x_test]), images)
    assert found.x_train.dtype == found.x_test.dtype == np.uint8
    assert found.x_train.flags.c_contiguous
    assert (len(found.notes), found.questions) == (0 if said is None else len(found.notes), ())
    assert said is None or any(said in note for note in found.notes)


def test_half_precision_is_read_to_a_level(images: np.ndarray) -> None:
    """Float16 holds 0-1 in steps below half a level of 255."""
    found = converted((images / 255).astype(np.float16))
    np.testing.assert_array_equal(found.x_test, images[48:])


@pytest.mark.parametrize("kind", [np.uint8, bool, np.float32, np.int64])
def test_pixels_of_0_and_1_become_0_and_255(images: np.ndarray, kind: type) -> None:
    """Whatever type they are stored in."""
    found = converted((images > 127).astype(kind))
    np.testing.assert_array_equal(found.x_test, np.where(images[48:] > 127, 255, 0))
    assert len(found.notes) == 1


def test_one_dark_test_image_keeps_the_scale_of_training(images: np.ndarray) -> None:
    """A test image whose brightest pixel is 1 of 255 is dark, not a mask of 0 and 1."""
    raw = conversion.Raw(
        source="mine.npz", x_train=images, y_train=LABELS, y_test=LABELS[:1],
        x_test=np.minimum(images[:1], 1),
    )  # fmt: skip
    assert conversion.convert(raw).x_test.max() == 1


def test_parts_of_different_ranges_are_both_read(images: np.ndarray) -> None:
    """Floats of 0-1 to train beside bytes to test: each by its own range, said of which."""
    raw = conversion.Raw(
        source="mine.npz", x_train=images / 255, y_train=LABELS, x_test=images, y_test=LABELS
    )
    found = conversion.convert(raw)
    np.testing.assert_array_equal(found.x_train, found.x_test)
    assert "Training: Pixels of 0-1 were multiplied by 255." in found.notes


def test_larger_sides_are_brought_to_28_by_area(images: np.ndarray) -> None:
    """Each pixel as 2x2 of the same level comes back exactly; 56x40 is centred on its ground."""
    large = images.repeat(2, axis=1).repeat(2, axis=2)
    np.testing.assert_array_equal(converted(large).x_test, images[48:])
    tall = np.full((60, 56, 40), 200, np.uint8)
    found = converted(tall)
    assert (found.x_test == 200).all()
    assert "Images of 56x40 pixels were brought to 28x28 by area" in found.notes[0]


def test_wide_images_keep_their_aspect() -> None:
    """A bright bar of 28x56 on black becomes 14 rows high, 7 empty rows above and below."""
    wide = np.zeros((60, 28, 56), np.uint8)
    wide[:, 1:27, 1:55] = 240
    image = converted(wide).x_test[0]
    assert not image[:7].any()
    assert not image[21:].any()
    assert (image[8:20, 1:27] == 240).all()


def test_transparent_black_ink_is_laid_on_white(images: np.ndarray) -> None:
    """Black ink whose opacity is the drawing: white minus the drawing, as is noticed."""
    drawn = np.zeros((60, 28, 28, 4), np.uint8)
    drawn[..., 3] = images
    found = converted(drawn)
    np.testing.assert_array_equal(found.x_test, 255 - images[48:])
    assert "bright ground" in found.questions[0]


def test_images_counted_by_the_last_axis(images: np.ndarray) -> None:
    """MATLAB's (28, 28, n): the labels say which axis counts the images."""
    raw = conversion.Raw(source="mine.npz", x_train=np.moveaxis(images, 0, -1), y_train=LABELS)
    found = conversion.convert(raw)
    assert found.x_train.shape[1:] == (28, 28)
    assert {image.tobytes() for image in found.x_train} < {image.tobytes() for image in images}


def test_bright_ground_is_asked_and_inverted(images: np.ndarray) -> None:
    """Dark on light is noticed; `invert` makes it MNIST's; without need it inverts all."""
    assert "The images have a bright ground" in converted(255 - images).questions[0]
    found = converted(255 - images, invert=True)
    np.testing.assert_array_equal(found.x_test, images[48:])
    assert found.questions == ()
    np.testing.assert_array_equal(converted(images, invert=True).x_test, 255 - images[48:])


def test_only_the_bright_part_is_inverted(images: np.ndarray) -> None:
    """Test pictures dark on light beside training pictures that are not."""
    x = np.concatenate([images[:48], 255 - images[48:]])
    assert "The test images have a bright ground" in converted(x).questions[0]
    found = converted(x, invert=True)
    np.testing.assert_array_equal(np.concatenate([found.x_train, found.x_test]), images)
    assert "The test images were inverted: dark became bright." in found.notes


def test_mixed_grounds_are_told_apart(images: np.ndarray) -> None:
    """Every second picture dark on light: said for both parts, and only these are inverted."""
    bright = np.arange(60) % 2 == 1
    x = np.where(bright[:, None, None], 255 - images, images)
    found = converted(x)
    assert found.questions == (
        "24 of 48 training images have a bright ground, the others a dark one.",
        "6 of 12 test images have a bright ground, the others a dark one.",
    )
    assert found.offers == ("invert", "invert")
    found = converted(x, invert=True)
    np.testing.assert_array_equal(np.concatenate([found.x_train, found.x_test]), images)
    assert found.notes == (
        "24 training images with a bright ground were inverted.",
        "6 test images with a bright ground were inverted.",
    )


def test_a_mistake_seen_later_is_mended(images: np.ndarray) -> None:
    """Inverted, swapped, empty classes left out: as if it had been asked for at once."""
    turned = 255 - images.swapaxes(1, 2)
    before = converted(turned, np.where(LABELS < 5, 1, 2), class_names=list("abcde"))
    assert "but no images of a, d, e" in before.questions[1]
    assert before.offers == ("invert", "classes")
    after = conversion.changed(before, invert=True, transpose=True, fewer=True)
    np.testing.assert_array_equal(after.x_test, images[48:])
    assert (after.class_names, after.questions) == (("b", "c"), ())
    assert set(after.y_train.tolist()) == {0, 1}
    assert "Classes without images were left out: a, d, e." in after.notes


def test_transposed(images: np.ndarray) -> None:
    """EMNIST's own files have rows and columns swapped."""
    found = converted(images.swapaxes(1, 2), transpose=True)
    np.testing.assert_array_equal(found.x_test, images[48:])


@pytest.mark.parametrize(
    ("form", "says", "mends"),
    [
        (lambda x: np.where(x > 250, np.nan, x), "no number (NaN", "np.nan_to_num(x_train)"),
        (lambda x: x * 1e9, "reach from 0 to 2.55e+11", "x_train - x_train.min()"),
        (lambda x: (x / 255 - 0.13) / 0.31, "reach from -0.419", "x_train - x_train.min()"),
        (lambda x: x.astype(np.int8), "(int8)", "x_train.view('uint8')"),
        (lambda x: x.astype(int) - 3, "reach from -3", "x_train.clip(0, 255)"),
        (lambda x: x.reshape(60, 784)[:, :783], "783 numbers an image", "reshape(-1, height"),
        (lambda x: np.zeros((60, 2352)), "2352 numbers", "reshape(-1, 28, 28, 3)"),
        (lambda x: np.zeros((60, 785)), "785 numbers", "y, x_train = x_train[:, 0]"),
        (lambda x: np.stack([x] * 2, axis=-1), "(48, 28, 28, 2)", "x_train[..., 0]"),
        (lambda x: np.zeros((60, 2000, 28), np.uint8), "2000x28 pixels", "reshape"),
        (lambda x: x.astype(complex), "holds complex128", "np.abs(x_train)"),
    ],
    ids=range(11),
)
def test_pixels_that_can_not_be_read(
    images: np.ndarray, form: Callable[[np.ndarray], np.ndarray], says: str, mends: str
) -> None:
    """What is there, what was expected, and the line of Python that mends it."""
    sentence = refusal(form(images))
    assert sentence.startswith("mine.npz can't be used: ")
    assert says in sentence
    assert "Expected " in sentence
    assert mends in sentence


# --- labels ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "form",
    [
        lambda y: np.eye(10)[y],
        lambda y: np.eye(10, dtype=bool)[y],
        lambda y: np.eye(10, dtype=np.int8)[y],
        lambda y: y[:, None],
        lambda y: y.astype(np.float32),
        lambda y: y.astype(">i8"),
        lambda y: y.astype("U"),
        lambda y: y.astype("S"),
        lambda y: y.astype(float).astype("U"),
        lambda y: y.astype(np.uint64),
    ],
    ids=range(10),
)
def test_labels_in_every_form_are_the_same(
    images: np.ndarray, form: Callable[[np.ndarray], np.ndarray]
) -> None:
    """Ten digits, whatever they are written as."""
    found = converted(images, form(LABELS))
    assert found.y_test.tolist() == LABELS[48:].tolist()
    assert found.y_train.dtype == np.uint8
    assert found.class_names == tuple("0123456789")


@pytest.mark.parametrize(
    ("labels", "names", "expected", "class_names"),
    [
        (np.arange(60) % 2 * 5 + 3, None, [3, 8], tuple("0123456789")),
        (np.arange(60) % 10 + 1, None, [0, 1, 9], tuple(str(n) for n in range(1, 11))),
        (np.arange(60) % 3 + 1, ["a", "b", "c"], [0, 1, 2], ("a", "b", "c")),
        (np.arange(60) % 26, None, [0, 25], tuple(str(n) for n in range(26))),
        (np.arange(60) % 2 * 400 + 100, None, [0, 1], ("100", "500")),
        (np.arange(60) % 2 * 5 + 3, ["three", "eight"], [0, 1], ("three", "eight")),
        (np.array(["cat", "dog", "class10", "class9"] * 15), None, [0, 1, 2, 3],
         ("cat", "class9", "class10", "dog")),
        (np.array(["b", "a"] * 30), ["b", "a", "c"], [0, 1], ("b", "a", "c")),
        (np.array(["猫", "犬"] * 30), None, [0, 1], ("犬", "猫")),
        (np.eye(3)[np.arange(60) % 3], None, [0, 1, 2], ("0", "1", "2")),
        (np.arange(60) % 2 == 0, ["no", "yes"], [0, 1], ("no", "yes")),
    ],
    ids=range(11),
)  # fmt: skip
def test_classes_and_their_names(
    images: np.ndarray,
    labels: np.ndarray,
    names: list[str] | None,
    expected: list[int],
    class_names: tuple[str, ...],
) -> None:
    """Digits stay digits; other labels count from 0 and are named, by hand or by themselves."""
    found = converted(images, labels, class_names=names)
    assert found.class_names == class_names
    assert set(expected) <= set(np.unique(np.concatenate([found.y_train, found.y_test])).tolist())


@pytest.mark.parametrize("number", [62, 63])
def test_at_most_62_classes(number: int) -> None:
    """Sixty-two classes are read, sixty-three refused in a sentence."""
    x = np.arange(126)[:, None, None] * np.ones((1, 28, 28), int)
    raw = conversion.Raw(source="mine.npz", x_train=x, y_train=np.arange(126) % number)
    if number == 62:
        assert len(conversion.convert(raw).class_names) == 62
    else:
        with pytest.raises(errors.DataError, match=r"63 different labels .* 2 to 62 classes"):
            conversion.convert(raw)


@pytest.mark.parametrize(
    ("labels", "says", "mends"),
    [
        (np.full(60, -1), "reach from -1", "np.unique(y_train, return_inverse=True)"),
        (np.arange(60) / 2, "holds 0.5", "y_train % 1 == 0"),
        (np.full((60, 10), 0.1), "is not one-hot", "y_train.argmax(axis=1)"),
        (np.zeros((60, 2, 2)), "(48, 2, 2)", "y_train.reshape(-1)"),
        (np.full(60, "one"), "1 different label in", ""),
        (np.zeros(60, "datetime64[s]"), "datetime64", "astype(int)"),
    ],
    ids=range(6),
)
def test_labels_that_can_not_be_read(
    images: np.ndarray, labels: np.ndarray, says: str, mends: str
) -> None:
    """What is there, and the line of Python that mends it."""
    sentence = refusal(images, labels)
    assert says in sentence
    assert mends in sentence


def test_class_names_become_lines_of_text(images: np.ndarray) -> None:
    """No controls, no line breaks, 40 characters, none empty, none twice; markup is text."""
    names = ["<b>x</b>", "*a*", "a" * 80, "", "same", "same", "new\nline\0\u202e", "ünï", "🙂", "0"]
    assert converted(images, class_names=names).class_names == (
        "<b>x</b>", "*a*", "a" * 40, "class 3", "same", "same (2)", "new line", "ünï", "🙂", "0",
    )  # fmt: skip
    twice = converted(images, class_names=["b" * 50] * 10).class_names
    assert len(set(twice)) == 10
    assert max(map(len, twice)) == 40


# --- parts ----------------------------------------------------------------------------------


def test_a_sixth_is_set_aside_of_each_class(images: np.ndarray) -> None:
    """One of the six images of each digit, the same ones each time, and it is said."""
    raw = conversion.Raw(source="mine.npz", x_train=images, y_train=LABELS)
    first, second = conversion.convert(raw), conversion.convert(raw)
    assert np.bincount(first.y_test).tolist() == [1] * 10
    assert np.bincount(first.y_train).tolist() == [5] * 10
    np.testing.assert_array_equal(first.x_test, second.x_test)
    assert "no test images: a sixth of each class, 10 of 60 images, was set" in first.notes[-1]
    assert first.questions == ()


def test_two_images_are_one_of_each_part(images: np.ndarray) -> None:
    """The smallest set: one to train, one to test; one alone is refused."""
    raw = conversion.Raw(source="mine.npz", x_train=images[:2], y_train=[0, 1])
    found = conversion.convert(raw)
    assert (len(found.x_train), len(found.x_test)) == (1, 1)
    raw = conversion.Raw(source="mine.npz", x_train=images[:1], y_train=[0])
    with pytest.raises(errors.DataError, match=r"it has 1 image. Expected at least 2"):
        conversion.convert(raw)


def test_what_is_likely_a_mistake_is_said(images: np.ndarray) -> None:
    """A class without test images, one without any, and two images in both parts."""
    labels = LABELS.copy()
    labels[labels == 9] = 8
    labels[48:][labels[48:] == 7] = 6
    x = images.copy()
    x[48:50] = x[:2]
    said = " ".join(converted(x, labels).questions)
    assert "There are 10 class names, but no images of 9." in said
    assert "There are no test images of 7." in said
    assert "2 test images are training images too" in said


def test_numbers_of_images_and_labels_must_agree(images: np.ndarray) -> None:
    """The sentence counts both, by the file's own names."""
    raw = conversion.Raw(
        source="mine.npz", x_train=images, y_train=LABELS[:59], called={"x_train": "X"}
    )
    with pytest.raises(errors.DataError, match="`X` has 60 images and `y_train` 59 labels"):
        conversion.convert(raw)


def test_one_hot_of_a_row_a_class(images: np.ndarray) -> None:
    """(10, n) is turned; probabilities are refused with what makes labels of them."""
    turned = conversion.Raw(source="mine.npz", x_train=images, y_train=np.eye(10)[LABELS].T)
    found = conversion.convert(turned)
    assert sorted([*found.y_train.tolist(), *found.y_test.tolist()]) == sorted(LABELS.tolist())
    assert "One-hot labels of a row a class were turned." in found.notes
    assert "`y_train = y_train.argmax(axis=1)`" in refusal(images, np.eye(10)[LABELS] * 0.9)
