"""What is kept beside a run: written and read back, and refused when it is something else."""

import io
import pickle

import numpy as np
import pytest

from mnistdash import artifacts

PROBS = np.array([[0.25, 0.75], [1.0, 0.0]], np.float32)


def test_probabilities_come_back() -> None:
    """Two images, two classes, bit for bit."""
    assert np.array_equal(artifacts.read_probs(artifacts.write_probs(PROBS)), PROBS)


def test_labels_come_back() -> None:
    """Whole numbers become bytes, and stay what they are."""
    found = artifacts.read_labels(artifacts.write_labels(np.array([61, 0, 9], np.int64)))
    assert (found.dtype, found.tolist()) == (np.uint8, [61, 0, 9])


def test_answers_to_validation_images_come_back() -> None:
    """Bit for bit, with their labels; what is no probability or no class is refused."""
    labels = np.array([1, 0])
    probs, found = artifacts.read_validation(artifacts.write_validation(PROBS, labels))
    assert np.array_equal(probs, PROBS)
    assert (found.dtype, found.tolist()) == (np.uint8, [1, 0])
    for wrong in ((PROBS, labels + 1), (PROBS, labels[:1]), (-PROBS, labels), (PROBS[0], labels)):
        with pytest.raises(ValueError, match="Expected"):
            artifacts.read_validation(artifacts.write_validation(*wrong))


def test_answers_come_back_with_what_is_known() -> None:
    """With their probabilities where there are any, and without where there are none."""
    sure = np.array([0.5, 0.25])
    y_pred, confidence = artifacts.read_answers(artifacts.write_answers(np.array([4, 9]), sure))
    assert (y_pred.tolist(), confidence.tolist()) == ([4, 9], [0.5, 0.25])
    y_pred, confidence = artifacts.read_answers(artifacts.write_answers(np.array([4, 9]), None))
    assert (y_pred.tolist(), confidence) == ([4, 9], None)


def test_weights_come_back_under_their_names() -> None:
    """Names with slashes too."""
    arrays = {"dense/kernel": np.eye(2, dtype=np.float32)}
    found = artifacts.read_arrays(artifacts.write_arrays(arrays))
    assert list(found) == ["dense/kernel"]
    assert np.array_equal(found["dense/kernel"], np.eye(2))


def test_histograms_come_back() -> None:
    """A layer with its bins and the counts at both ends."""
    layers = [{"layer": "dense", "edges": [0.0, 1.0], "start": [3], "end": [4]}]
    assert artifacts.read_histograms(artifacts.write_histograms(layers)) == layers


def test_epochs_are_found_among_the_names() -> None:
    """Counted from 0, in order, whatever else is there."""
    names = {artifacts.epoch(11), artifacts.epoch(0), artifacts.MODEL, "epoch-1.npz"}
    assert artifacts.epochs(frozenset(names)) == (0, 11)


def as_npy(array: np.ndarray) -> bytes:
    """Write what numpy would write, pickles too."""
    target = io.BytesIO()
    np.save(target, array, allow_pickle=True)
    return target.getvalue()


@pytest.mark.parametrize("data", [
    b"", b"PK", pickle.dumps(PROBS), as_npy(PROBS)[:-1], as_npy(np.array([{}], object)),
])  # fmt: skip
def test_damage_and_pickles_are_refused(data: bytes) -> None:
    """Nothing of it is read as numbers, and nothing is unpickled."""
    for read in (artifacts.read_probs, artifacts.read_labels, artifacts.read_answers,
                 artifacts.read_arrays, artifacts.read_histograms):  # fmt: skip
        with pytest.raises(ValueError, match=r"."):
            read(data)


@pytest.mark.parametrize("read", [artifacts.read_probs, artifacts.read_labels])
def test_other_kinds_of_numbers_are_refused(read: object) -> None:
    """Float64 where float32 or bytes were written is not what we wrote."""
    with pytest.raises(ValueError, match="Received: float64"):
        read(as_npy(PROBS.astype(np.float64)))
