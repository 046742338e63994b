"""What a model's last layer receives of many images, kept small: which of them it finds alike."""

import dataclasses
import functools
from collections.abc import Callable, Iterator

import numpy as np

from mnistdash import artifacts

COMPONENTS = 96  # of the features, the strongest; with 8 bits each, MNIST's take 6 MB
_SAMPLE = 1_000  # images, spread over all, that tell which components are strong
_AT_ONCE = 500  # images between two reports
_ROWS_AT_ONCE = 1_024  # what fits into the cache: more at once took a hundred times as long
_ARRAYS = {"codes": np.uint8, "low": np.float32, "step": np.float32, "axes": np.float32}

Read = Callable[[np.ndarray], np.ndarray]  # uint8 (n, 28, 28) -> float32 (n, D)


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Features:
    """Features of n images, in d numbers of 8 bits each instead of D.

    They stand along the d strongest axes of their directions, as `codes * step + low`.
    """

    codes: np.ndarray  # uint8 (n, d)
    low: np.ndarray  # float32 (d,)
    step: np.ndarray  # float32 (d,)
    axes: np.ndarray  # float32 (D, d)

    def __len__(self) -> int:
        return len(self.codes)

    def nearest(self, feature: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Find the images most alike by the cosine of their features.

        Args:
            feature: of one image, float32 `(D,)`.
            count: how many to return.

        Returns:
            Indices, the most alike first, int64 `(count,)`, fewer where there are fewer images; and
            how far each is, 1 less the cosine, float32 of the same shape.
        """
        wanted = _unit(feature) @ self.axes
        along = np.empty(len(self.codes), np.float32)
        for part in self._parts():
            along[part] = self.codes[part].astype(np.float32) @ (self.step * wanted)
        alike = (along + self.low @ wanted) / self._lengths
        best = np.argpartition(-alike, min(count, len(alike) - 1))[:count]
        best = best[np.lexsort((best, -alike[best]))]
        return best, np.maximum(1 - alike[best], 0)

    @functools.cached_property
    def _lengths(self) -> np.ndarray:
        """How long the features of each image are, float32 `(n,)`."""
        found = np.empty(len(self.codes), np.float32)
        for part in self._parts():
            found[part] = np.linalg.norm(self.codes[part] * self.step + self.low, axis=1)
        return np.maximum(found, 1e-9)

    def _parts(self) -> Iterator[slice]:
        starts = range(0, len(self.codes), _ROWS_AT_ONCE)
        return (slice(start, start + _ROWS_AT_ONCE) for start in starts)


def gather(
    read: Read, images: np.ndarray, *, on_progress: Callable[[float], None] | None = None
) -> Features:
    """Compute the features of images.

    Args:
        read: a classifier's `features`.
        images: uint8 `(n, 28, 28)`, n > 0.
        on_progress: called with the share that is done, 0-1, a few times a second.

    Raises:
        ValueError: the model does not tell what its last layer receives.
    """
    sample = _unit(read(images[:: max(1, -(-len(images) // _SAMPLE))]))
    axes = _axes(sample)
    seen = sample @ axes
    low, high = seen.min(axis=0), seen.max(axis=0)
    step = np.maximum((high - low) / 255, np.float32(1e-9))
    codes = np.empty((len(images), axes.shape[1]), np.uint8)
    for start in range(0, len(images), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        rows = (_unit(read(images[part])) @ axes - low) / step
        codes[part] = np.rint(rows).clip(0, 255)
        if on_progress is not None:
            on_progress(min(1.0, (start + _AT_ONCE) / len(images)))
    return Features(codes=codes, low=low, step=step, axes=axes)


def write(features: Features) -> bytes:
    """Write features as they are kept with a run."""
    return artifacts.write_arrays({name: getattr(features, name) for name in _ARRAYS})


def read(data: bytes) -> Features:
    """Read what `write` wrote.

    Raises:
        ValueError: it is damaged.
    """
    arrays = artifacts.read_arrays(data)
    codes, axes = arrays.get("codes"), arrays.get("axes")
    if {name: array.dtype for name, array in arrays.items()} != _ARRAYS:
        raise ValueError(f"Expected the arrays {', '.join(_ARRAYS)}. Received: {sorted(arrays)}.")
    shapes = codes.shape[1:], arrays["low"].shape, arrays["step"].shape, axes.shape[1:]
    if codes.ndim != 2 or axes.ndim != 2 or len(set(shapes)) != 1:
        raise ValueError(f"The arrays do not fit each other. Received the shapes {shapes}.")
    return Features(**arrays)


def _axes(sample: np.ndarray) -> np.ndarray:
    """Find the orthogonal axes along which directions are longest, float32 `(D, d)`.

    By whichever product of the sample, float32 `(n, D)`, with itself is the smaller.
    """
    count = min(COMPONENTS, *sample.shape)
    if sample.shape[1] <= len(sample):
        _, axes = np.linalg.eigh(sample.T @ sample)
        return np.ascontiguousarray(axes[:, ::-1][:, :count])
    lengths, places = np.linalg.eigh(sample @ sample.T)
    axes = sample.T @ places[:, ::-1][:, :count]
    return axes / np.sqrt(np.maximum(lengths[::-1][:count], 1e-9))


def _unit(features: np.ndarray) -> np.ndarray:
    return features / np.maximum(np.linalg.norm(features, axis=-1, keepdims=True), 1e-9)
