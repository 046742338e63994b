"""What is kept of a run beside its row: the names, and how each is written and read back.

Nothing executable is among what is read: arrays without pickles, JSON, and LiteRT models, which
`classifier` opens. A `.keras` file is written for people, and read by nobody here.
"""

import io
import json
import re
from collections.abc import Mapping, Sequence

import numpy as np

MODEL = "model.tflite"
KERAS = "model.keras"  # for people to take away
WEIGHTS = "weights.npz"
PROBS = "probs.npy"  # of the test images, float32 (n, K)
ANSWERS = "answers.npz"  # of the test images, where the probabilities are not known
VALIDATION = "validation.npz"  # probabilities and labels of validation images
LABELS = "labels.npy"  # of the test images, uint8 (n,)
CHECKPOINT = "checkpoint.npz"
HISTOGRAMS = "histograms.json"
# What is computed about a run on some images: of the training images what its last layer receives,
# of all images which labels are suspect.
FEATURES, SUSPECTS = EVIDENCE = "features", "suspects"
_EPOCH = re.compile(r"epoch-([0-9]{3})\.npz")


def epoch(number: int) -> str:
    """Return the name under which an epoch's answers are kept, counted from 0."""
    return f"epoch-{number:03d}.npz"


def epochs(names: Sequence[str] | frozenset[str]) -> tuple[int, ...]:
    """Return the epochs, counted from 0, whose answers are among some artifacts."""
    return tuple(sorted(int(found[1]) for name in names if (found := _EPOCH.fullmatch(name))))


def evidence(kind: str, sha256: str) -> str:
    """Return the name under which what was computed on the images with a hash is kept.

    On images that were replaced since it has another name.

    Args:
        kind: one of `EVIDENCE`.
        sha256: of the data set.
    """
    return f"{kind}-{sha256[:16]}.npz"


def features(sha256: str) -> str:
    """Return the name under which the features of the training images with a hash are kept."""
    return evidence(FEATURES, sha256)


def suspects(sha256: str) -> str:
    """Return the name under which is kept which labels of the images with a hash are suspect."""
    return evidence(SUSPECTS, sha256)


def write_arrays(arrays: Mapping[str, np.ndarray], *, compressed: bool = False) -> bytes:
    """Write arrays under their names: weights, or a checkpoint."""
    target = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(target, **arrays)
    return target.getvalue()


def read_arrays(data: bytes) -> dict[str, np.ndarray]:
    """Read the arrays that `write_arrays` wrote.

    Raises:
        ValueError: they are damaged.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except MemoryError:
        raise
    except Exception:  # numpy and zipfile answer damage with a dozen kinds of exception
        raise ValueError("The arrays are damaged.") from None


def write_probs(probs: np.ndarray) -> bytes:
    """Write the probabilities of the test images, float32 `(n, K)`."""
    return _write_array(probs.astype(np.float32, copy=False))


def read_probs(data: bytes) -> np.ndarray:
    """Read probabilities, float32 `(n, K)`.

    Raises:
        ValueError: they are damaged.
    """
    probs = _read_array(data)
    if probs.dtype != np.float32 or probs.ndim != 2:
        raise ValueError(f"Expected float32 (n, K). Received: {probs.dtype} {probs.shape}.")
    return probs


def write_validation(probs: np.ndarray, labels: np.ndarray) -> bytes:
    """Write the probabilities of validation images, float32 `(v, K)`, with their labels, `(v,)`."""
    arrays = {"probs": probs.astype(np.float32), "labels": labels.astype(np.uint8)}
    return write_arrays(arrays, compressed=True)


def read_validation(data: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Read what `write_validation` wrote: float32 `(v, K)` and uint8 `(v,)`.

    Raises:
        ValueError: it is damaged.
    """
    arrays = read_arrays(data)
    probs, labels = arrays.get("probs"), arrays.get("labels")
    if probs is None or labels is None or (probs.dtype, labels.dtype) != (np.float32, np.uint8):
        raise ValueError("Expected float32 probabilities and uint8 labels.")
    if probs.ndim != 2 or labels.shape != probs.shape[:1] or labels.max() >= probs.shape[1]:
        raise ValueError("Expected a row of probabilities and a class for each image.")
    if not (np.isfinite(probs).all() and probs.min() >= 0):
        raise ValueError("Expected probabilities that are finite and not negative.")
    return probs, labels


def write_labels(labels: np.ndarray) -> bytes:
    """Write the labels of the test images, uint8 `(n,)`."""
    return _write_array(labels.astype(np.uint8, copy=False))


def read_labels(data: bytes) -> np.ndarray:
    """Read labels, uint8 `(n,)`.

    Raises:
        ValueError: they are damaged.
    """
    labels = _read_array(data)
    if labels.dtype != np.uint8 or labels.ndim != 1:
        raise ValueError(f"Expected uint8 (n,). Received: {labels.dtype} {labels.shape}.")
    return labels


def write_answers(y_pred: np.ndarray, confidence: np.ndarray | None) -> bytes:
    """Write predicted classes, whole numbers `(n,)`, and their probabilities where known."""
    arrays = {"y_pred": y_pred.astype(np.uint8, copy=False)}
    if confidence is not None:
        arrays["confidence"] = confidence.astype(np.float16, copy=False)
    return write_arrays(arrays, compressed=True)


def read_answers(data: bytes) -> tuple[np.ndarray, np.ndarray | None]:
    """Read predicted classes, uint8 `(n,)`, and their probabilities, float16 `(n,)` or `None`.

    Raises:
        ValueError: they are damaged.
    """
    arrays = read_arrays(data)
    y_pred, confidence = arrays.get("y_pred"), arrays.get("confidence")
    if y_pred is None or y_pred.dtype != np.uint8 or y_pred.ndim != 1:
        raise ValueError("Expected the predicted classes, uint8 (n,).")
    if confidence is not None and (confidence.dtype, confidence.shape) != (
        np.float16,
        y_pred.shape,
    ):
        raise ValueError("Expected a float16 probability for each answer.")
    return y_pred, confidence


def write_histograms(layers: Sequence[Mapping]) -> bytes:
    """Write each layer's counts of weights: `layer`, `edges`, `start`, `end`."""
    return json.dumps(list(layers)).encode()


def read_histograms(data: bytes) -> list[dict]:
    """Read what `write_histograms` wrote.

    Raises:
        ValueError: it is damaged.
    """
    layers = json.loads(data)
    whole = isinstance(layers, list) and all(isinstance(layer, dict) for layer in layers)
    if not whole or not all({"layer", "edges", "start", "end"} <= set(layer) for layer in layers):
        raise ValueError("Expected the counts of each layer.")
    return layers


def _write_array(array: np.ndarray) -> bytes:
    target = io.BytesIO()
    np.save(target, array, allow_pickle=False)
    return target.getvalue()


def _read_array(data: bytes) -> np.ndarray:
    try:
        return np.load(io.BytesIO(data), allow_pickle=False)
    except Exception:  # numpy answers damage with a dozen kinds of exception
        raise ValueError("The array is damaged.") from None
