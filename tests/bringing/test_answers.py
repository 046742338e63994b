"""Answers of any kind become probabilities or classes, or are refused in one sentence."""

import numpy as np
import pytest

from mnistdash.bringing import answers

NAMES = ("zero", "one", "two")
PROBS = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.2, 0.2, 0.6], [0.5, 0.3, 0.2]])


def read(values: object, **options: object) -> answers.Answers:
    """Read answers to four images of three classes."""
    return answers.read(values, num_images=4, class_names=NAMES, **options)


def refused(values: object, **options: object) -> str:
    """Return the one sentence, or the few, with which values are refused."""
    with pytest.raises(ValueError, match=r"\S") as caught:
        read(values, **options)
    assert type(caught.value) is answers.LogError
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --- probabilities ----------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_probabilities_stay(dtype: str) -> None:
    """Rows that sum to 1 are taken as they are, and nothing is said."""
    found = read(PROBS.astype(dtype))
    assert found.probs.dtype == np.float32
    assert np.allclose(found.probs, PROBS, atol=1e-3)
    assert np.allclose(found.probs.sum(axis=1), 1, atol=1e-6)
    assert found.y_pred.tolist() == [0, 1, 2, 0]
    assert (found.notes, found.made_by) == ((), "nothing")


def test_rounded_probabilities_sum_to_one_again() -> None:
    """Two decimals miss 1 by a hundredth: no conversion worth a word."""
    found = read([[0.33, 0.33, 0.33], *PROBS[1:].tolist()])
    assert found.notes == ()
    assert found.probs[0] == pytest.approx([1 / 3] * 3)


def test_logits_are_recognised() -> None:
    """Softmax of 2, 0, 0 is e² / (e² + 2) = 0.787, and that it was applied is said."""
    found = read([[2.0, 0, 0], [0, 3, 0], [-1, -1, 5], [1, 0, -np.inf]])
    assert found.probs[0, 0] == pytest.approx(0.78699, abs=1e-5)
    assert found.probs[3, 2] == 0
    assert found.notes == ("Logits became probabilities: softmax was applied.",)
    assert found.made_by == "softmax"


def test_logarithms_are_recognised() -> None:
    """Log-probabilities, as PyTorch's `log_softmax` gives, become what they came from."""
    found = read(np.log(PROBS))
    assert found.probs == pytest.approx(PROBS, abs=1e-6)
    assert "Logarithms" in found.notes[0]


@pytest.mark.parametrize(
    ("values", "said"),
    [(100 * PROBS, "summed to 100"), ((PROBS * 10).astype(int), "summed to 10")],
)
def test_percentages_and_votes_are_divided(values: np.ndarray, said: str) -> None:
    """Rows of one total are shares of it."""
    found = read(values)
    assert found.probs == pytest.approx(PROBS, abs=1e-6)
    assert said in found.notes[0]


def test_sigmoids_are_divided_by_their_sum() -> None:
    """0.9, 0.6, 0 of independent outputs are 0.6, 0.4, 0 of one answer."""
    found = read([[0.9, 0.6, 0], [0.1, 0.8, 0.2], [0, 0, 0.5], [0.3, 0.2, 0.1]])
    assert found.probs[0] == pytest.approx([0.6, 0.4, 0])
    assert (found.made_by, len(found.notes)) == ("division", 1)


def test_one_number_an_image_of_two_classes() -> None:
    """Of two classes the probability of the second says all, in a list or a column."""
    for values in ([0.9, 0.2, 0.4], [[0.9], [0.2], [0.4]]):
        found = answers.read(values, num_images=3, class_names=("no", "yes"))
        assert found.probs[:, 1] == pytest.approx([0.9, 0.2, 0.4])
        assert found.y_pred.tolist() == [1, 0, 0]
        assert "probability of yes" in found.notes[0]


# --- answers alone ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "values",
    [
        [0, 1, 2, 0],
        np.array([0.0, 1, 2, 0]),
        np.array([[0], [1], [2], [0]]),
        ["zero", "one", "two", "zero"],
        np.array([b"zero", b"one", b"two", b"zero"]),
        np.array(["zero", "one", " two", "zero"], object),
        ["0", "1", "2", "0"],
        np.eye(3, dtype=int)[[0, 1, 2, 0]],
        np.eye(3, dtype=bool)[[0, 1, 2, 0]],
    ],
)
def test_answers_alone(values: object) -> None:
    """Classes, names of them, and one-hot answers have no probabilities: none is invented."""
    found = read(values)
    assert found.y_pred.tolist() == [0, 1, 2, 0]
    assert found.y_pred.dtype == np.uint8
    assert (found.probs, found.confidence) == (None, None)


def test_confidences_go_with_answers() -> None:
    """They are kept, as float32, and refused beside probabilities."""
    found = read([0, 1, 2, 0], confidences=[1, 0.5, 0.25, 0])
    assert found.confidence.tolist() == [1, 0.5, 0.25, 0]
    assert "`probs` has columns" in refused(PROBS, confidences=[1, 1, 1, 1])
    assert "0-1. To mend it: `confidences / 100`" in refused(
        [0, 1, 2, 0], confidences=[90, 50, 10, 1]
    )
    assert "a number for each of the 4 answers" in refused([0, 1, 2, 0], confidences=[1.0])


# --- refusals ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ([0, 1, 2], "answers 3 images, but there are 4 test images"),
        (PROBS.T, "To mend it: `probs.T`"),
        (PROBS[:, :2], "has 2 columns, but there are 3 classes: zero, one, two"),
        (np.ones((4, 4)) / 4, "has 4 columns, but there are 3 classes"),
        (np.where(PROBS == 0.8, np.nan, PROBS), "holds nan in row 1, column 1"),
        (np.where(PROBS == 0.8, np.inf, PROBS), "holds inf in row 1, column 1"),
        ([0, 1, 3, 0], "classes from 0 to 3. Expected 0 to 2"),
        ([1, 1, 3, 2], "Expected 0 to 2. To mend it: subtract 1"),
        ([-1, 1, 2, 0], "classes from -1 to 2"),
        ([0.5, 1, 2, 0], "holds 0.5 in row 0"),
        ([np.nan, 1, 2, 0], "holds nan in row 0"),
        (["zero", "one", "two", "six"], "holds 'six', which is no class name"),
        ([["a", "b", "c"]] * 4, "holds text in 3 columns"),
        ([[1, 2], [3], [4], [5]], "can't be read as an array"),
        ([{}, {}, {}, {}], "holds Python objects"),
        (np.zeros((4, 3, 2)), "has the shape (4, 3, 2)"),
        (7, "has the shape ()"),
        (np.array([1j] * 4), "holds complex128"),
    ],
)
def test_what_does_not_fit_is_refused(values: object, sentence: str) -> None:
    """Each refusal says what is there, what was expected and, where there is one, the remedy."""
    assert sentence in refused(values)


def test_a_tensor_with_a_gradient_is_told_how_to_be_read() -> None:
    """PyTorch refuses to become an array while a gradient hangs on it."""

    class Tensor:
        def detach(self) -> None: ...

        def __array__(self, *_: object, **__: object) -> np.ndarray:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use detach.")

    assert "`probs.detach().cpu().numpy()`" in refused(Tensor())
