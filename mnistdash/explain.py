"""Why a model answers as it does: covered pixels, layers as pictures, neighbours, and doubt."""

from collections.abc import Callable, Mapping, Sequence

import cv2
import numpy as np

from mnistdash import classifier
from mnistdash.ink import finishing

PATCH = 5  # cells, square
STRIDE = 2
MAX_MAPS = 12  # of one layer: a row of tiles
# Thresholds chosen by tests/benchmarks/doubt.py on the pen digits of the choosing writers.
FLAT_BELOW = 0.9
UNSTEADY_BELOW = 0.85
DIGIT_BELOW = 0.85
INK_BELOW = 19.0  # full pixels: none of MNIST's training images holds less
INK_ABOVE = 190.0  # full pixels: 99 of 100 digits of MNIST's training images hold less

Probs = Callable[[np.ndarray], np.ndarray]  # uint8 (n, 28, 28) -> float32 (n, K)


def occlusion_map(probs: Probs, image: np.ndarray, label: int) -> np.ndarray:
    """Measure how much each pixel carries an answer, by covering it.

    Args:
        probs: a classifier's `probs`.
        image: uint8 `(28, 28)`, ink bright.
        label: the answer, a class.

    Returns:
        float32 `(28, 28)`: by how much the probability of `label` falls, on average over the
        5x5 patches that cover a pixel; negative where covering helps.

    Source: M. Zeiler, R. Fergus, Visualizing and Understanding Convolutional Networks (2014).
    """
    corners = [(y, x) for y in range(-2, 27, STRIDE) for x in range(-2, 27, STRIDE)]
    cells = [(slice(max(y, 0), y + PATCH), slice(max(x, 0), x + PATCH)) for y, x in corners]
    inked = [cell for cell in cells if image[cell].any()]  # covering nothing changes nothing
    pictures = np.repeat(image[np.newaxis], 1 + len(inked), axis=0)
    for picture, cell in zip(pictures[1:], inked, strict=True):
        picture[cell] = 0
    before, *after = probs(pictures)[:, label]
    total, times = np.zeros((28, 28), np.float32), np.zeros((28, 28), np.float32)
    for cell, now in zip(inked, after, strict=True):
        total[cell] += before - now
    for cell in cells:
        times[cell] += 1
    return total / times


def activation_pictures(activations: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Turn what layers answered into pictures, the strongest channels of each first.

    Args:
        activations: by layer name, float32 of the layer's output shape; flat ones are left out.

    Returns:
        By layer name, uint8 `(k, 28, 28)` with k up to 12, each layer's largest value at 255.
    """
    return {
        name: _as_pictures(maps)
        for name, maps in activations.items()
        if maps.ndim == 3 and maps.shape[0] > 1
    }


def _as_pictures(maps: np.ndarray) -> np.ndarray:
    channels = np.maximum(maps.transpose(2, 0, 1), 0)  # (channels, side, side)
    strongest = channels[np.argsort(-channels.sum(axis=(1, 2)), kind="stable")[:MAX_MAPS]]
    cells = np.arange(28) * maps.shape[0] // 28  # nearest neighbour: cells stay cells
    enlarged = strongest[:, cells][:, :, cells]
    return (255 * enlarged / max(float(enlarged.max()), 1e-9)).astype(np.uint8)


def variants(image: np.ndarray) -> np.ndarray:
    """Return an image and eight of its slight changes: shifts by one pixel, slants, sizes.

    Args:
        image: uint8 `(28, 28)`.

    Returns:
        uint8 `(9, 28, 28)`, the image itself first.
    """
    shifts = [np.roll(image, (y, x), (0, 1)) for y, x in ((1, 0), (-1, 0), (0, 1), (0, -1))]
    changes = [_resampled(image, slant, size) for slant, size in _CHANGES]
    return np.stack([image, *shifts, *changes])


_CHANGES = ((0.15, 1.0), (-0.15, 1.0), (0.0, 1.12), (0.0, 0.9))  # slant, size


def _resampled(image: np.ndarray, slant: float, size: float) -> np.ndarray:
    """Slant and scale about the centre, bilinear."""
    rows, columns = np.mgrid[0:28, 0:28] - 13.5
    y = rows / size + 13.5
    x = (columns + slant * rows) / size + 13.5
    top, left = np.floor(y).astype(int), np.floor(x).astype(int)
    padded = np.zeros((32, 32))
    padded[2:30, 2:30] = image
    result = np.zeros((28, 28))
    for dy in (0, 1):
        for dx in (0, 1):
            weight = np.abs(1 - dy - (y - top)) * np.abs(1 - dx - (x - left))
            inside_y, inside_x = np.clip(top + dy + 2, 0, 31), np.clip(left + dx + 2, 0, 31)
            result += weight * padded[inside_y, inside_x]
    return np.clip(np.rint(result), 0, 255).astype(np.uint8)


def doubt(probs: np.ndarray, class_names: Sequence[str]) -> str | None:
    """Say why an answer is doubtful, or `None` for an answer to rely on.

    Args:
        probs: float32 `(9, K)`, the answers to an image's `variants`.
        class_names: K names.
    """
    answer = int(probs[0].argmax())
    if probs[0, answer] < FLAT_BELOW:
        second = int(np.argsort(-probs[0], kind="stable")[1])
        return f"it looks nearly as much like {class_names[second]} as like {class_names[answer]}"
    if probs[:, answer].mean() < UNSTEADY_BELOW:
        return "slight changes of it change the answer"
    return None


def no_digit(image: np.ndarray, kinds: np.ndarray, read: Probs) -> str | None:
    """Say why an image is hardly a digit, or `None` for one that may be.

    Args:
        image: uint8 `(28, 28)`, ink bright.
        kinds: float32 `(4,)`, its `classifier.kind_probs`.
        read: what reads each of two digits in one, a model of digits.
    """
    full = image.sum() / 255
    if full < INK_BELOW:
        return "it holds less ink than any digit"
    if full > INK_ABOVE:
        return "it holds more ink than 99 of 100 digits"
    if kinds[classifier.KINDS.index("digit")] >= DIGIT_BELOW:
        return None
    others = dict(zip(classifier.KINDS, kinds.tolist(), strict=True)) | {"digit": 0.0}
    match max(others, key=others.get):
        case "letter":
            return "it looks more like a letter"
        case "two digits":
            return _two_digits(image, read)
        case _:
            return "it looks more like a sign or a scribble"


def _two_digits(image: np.ndarray, read: Probs) -> str:
    """Name the two digits that an image holds side by side, where both are read."""
    ink_in = image.sum(axis=0)
    first, last = np.flatnonzero(ink_in)[[0, -1]]
    quarter = (last - first + 1) // 4
    inner = slice(first + quarter, last + 1 - quarter)
    cut = inner.start + int(ink_in[inner].argmin())
    halves = image[:, :cut], image[:, cut:]
    unread = "it looks like two digits in one"
    if min(half.max(initial=0) for half in halves) < 128:
        return unread
    probs = read(np.stack([_alone(half) for half in halves]))
    if probs.max(axis=1).min() < 0.5:
        return unread
    return "it looks like {} and {} in one".format(*probs.argmax(axis=1))


def _alone(part: np.ndarray) -> np.ndarray:
    """Prepare a part of an image as a digit of its own, uint8 `(28, 28)`."""
    size = part.shape[1] * finishing.FINE, part.shape[0] * finishing.FINE
    return finishing.finish(cv2.resize(part / np.float32(255), size, interpolation=cv2.INTER_CUBIC))
