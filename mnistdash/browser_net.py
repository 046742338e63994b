"""A run's network as a browser reads it: one small file, its weights in half precision.

The file begins with the length of its head, uint32, and the head: JSON that lists the layers and
where their arrays lie, as `ui/pen_engine.js` reads it. All numbers are little-endian.
"""

import itertools
import json
from collections.abc import Mapping

import numpy as np

from mnistdash import architecture, recipes

MAX_PARAMETERS = 2_000_000
MAX_MULTIPLICATIONS = 60_000_000  # of one image: about 70 ms of a laptop's time
_EPSILON = 1e-3  # Keras's, of a batch normalisation
_ALIGNED = 4  # bytes: typed arrays begin at whole numbers


def fits(recipe: recipes.Recipe) -> bool:
    """Tell whether a network is small enough for a browser to answer while a pen moves."""
    parameters = sum(layer.parameters for layer in recipe.table)
    multiplications = sum(layer.multiplications for layer in recipe.table)
    return parameters <= MAX_PARAMETERS and multiplications <= MAX_MULTIPLICATIONS


def export(
    recipe: recipes.Recipe,
    weights: Mapping[str, np.ndarray],
    *,
    mean: float = 0.0,
    deviation: float = 1.0,
) -> bytes:
    """Write a run's network for a browser.

    Args:
        recipe: the run's.
        weights: by path, such as `1_conv32x3/kernel`, as the trainer keeps them.
        mean: of the training pixels, 0-255; only the scaling "standardised" reads it.
        deviation: likewise, above 0.

    Raises:
        ValueError: the network is too large, or weights are missing, misshapen or out of range.
    """
    if not fits(recipe):
        raise ValueError(
            f"A browser's network may have {MAX_PARAMETERS:,} parameters and"
            f" {MAX_MULTIPLICATIONS:,} multiplications. Choose a run with fewer."
        )
    scale, offset = recipe.pixel_scale(mean, deviation)
    # What is added before any other layer is ground, as in the image itself.
    margins = list(itertools.takewhile(lambda layer: layer.kind == "pad", recipe.table))
    shape = margins[-1].output_shape if margins else architecture.IMAGE_SHAPE
    head = {"side": shape[0], "scale": scale, "offset": offset, "layers": []}
    body = _Body()
    for place, layer in enumerate(recipe.table[len(margins) :], start=len(margins) + 1):
        arrays = _arrays(layer, f"{place}_{layer.word}", shape, weights)
        shape = layer.output_shape
        if layer.kind != "drop":
            kept = [[name, *body.add(array)] for name, array in arrays.items()]
            head["layers"].append(_described(layer) | {"arrays": kept})
    return body.behind(head)


def _described(layer: architecture.Layer) -> dict[str, object]:
    named = ("kind", "size", "kernel", "stride", "same")
    return {name: getattr(layer, name) for name in named}


def _arrays(
    layer: architecture.Layer,
    name: str,
    shape: tuple[int, ...],
    weights: Mapping[str, np.ndarray],
) -> dict[str, np.ndarray]:
    """Find a layer's weights behind an input of `shape`, each unit's own side by side."""
    match layer.kind:
        case "conv":
            kernel = (layer.kernel, layer.kernel, shape[-1], layer.size)
        case "dense" | "softmax":
            kernel = (shape[0], layer.size)
        case "bn":
            read = ("gamma", "beta", "moving_mean", "moving_variance")
            gamma, beta, mean, variance = (
                _checked(weights, f"{name}/{part}", shape[-1:]).astype(np.float64) for part in read
            )
            factor = gamma / np.sqrt(np.maximum(variance, 0) + _EPSILON)
            return {"weights": factor, "bias": beta - mean * factor}
        case _:
            return {}
    found = _checked(weights, f"{name}/kernel", kernel)
    return {
        "weights": found.reshape(-1, layer.size).T,
        "bias": _checked(weights, f"{name}/bias", (layer.size,)),
    }


def _checked(weights: Mapping[str, np.ndarray], path: str, shape: tuple[int, ...]) -> np.ndarray:
    array = weights.get(path)
    found = None if array is None else (array.dtype, array.shape)
    if found != (np.float32, shape):
        raise ValueError(f"`{path}` must be float32 of shape {shape}. Received: {found}.")
    return array


class _Body:
    """The arrays of a file, one after the other."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._length = 0

    def add(self, array: np.ndarray) -> tuple[int, int, int]:
        """Append an array; return where it begins, its length and the bits of a number.

        Vectors are few and stay whole: a bias is added where weights are averaged out.
        """
        bits = 16 if array.ndim > 1 else 32
        with np.errstate(over="ignore"):
            numbers = array.astype(f"<f{bits // 8}")
        if not np.isfinite(numbers).all():
            raise ValueError(f"The weights must fit into {bits} bits. Train the run again.")
        place, data = self._length, numbers.tobytes()
        self._parts.append(data + bytes(-len(data) % _ALIGNED))
        self._length += len(self._parts[-1])
        return place, array.size, bits

    def behind(self, head: dict[str, object]) -> bytes:
        """Return the file."""
        text = json.dumps(head).encode()
        text += b" " * (-len(text) % _ALIGNED)
        return len(text).to_bytes(4, "little") + text + b"".join(self._parts)
