"""Pixels of every usual form and range as uint8 `(n, 28, 28)`."""

import dataclasses
import math

import numpy as np

from mnistdash import counting
from mnistdash.datasets import errors

SIDE = 28
MAX_SIDE = 1024
LUMINANCE = (0.299, 0.587, 0.114)  # of red, green and blue. Source: ITU-R BT.601
_PART = 500  # images are converted at a time: doubles of all of them would fill the memory
_DIM = 32  # of 255: fractions below it are on a scale of their own
_TOLERANCE = 1e-3  # of floats that were computed, not stored
_DEEP = (1023, 4095, 16383, 65535)  # the whitest pixel of 10, 12, 14 and 16 bits


@dataclasses.dataclass(frozen=True)
class Scale:
    """Which values become 0 and 255, and the sentence for it."""

    low: float
    high: float
    note: str = ""

    @property
    def factor(self) -> float:
        """What a difference of one becomes."""
        return 255 / (self.high - self.low)


@dataclasses.dataclass(frozen=True, eq=False)
class Planes:
    """Images in order, `(n, h, w)` or `(n, h, w, 3 or 4)` of any type, and how to read them."""

    values: np.ndarray
    scale: Scale
    notes: tuple[str, ...]


def planes(
    images: np.ndarray, count: int | None, *, source: str, key: str, like: Planes | None = None
) -> Planes:
    """Find the axes and the range of images, without copying them.

    Args:
        images: any array.
        count: how many labels there are, which tells the axis of images where it isn't the first.
        source: the file's name, and
        key: the array's, for the sentences.
        like: the training images, whose scale the test images share where they can.

    Raises:
        DataError: the shape or the values are none that can be read in one way only.
    """
    if images.dtype.kind not in "biuf":
        raise errors.unusable(
            source,
            f"`{key}` holds {images.dtype}",
            expected="numbers, 0-255",
            mend=_as_numbers(images, key),
        )
    values, note = _arranged(images, count, source, key)
    height, width = values.shape[1:3]
    if not 2 <= min(height, width) <= max(height, width) <= MAX_SIDE:
        raise errors.unusable(
            source,
            f"`{key}` is {images.shape}: images of {height}x{width} pixels",
            expected=f"sides of 2 to {MAX_SIDE}, such as (n, 28, 28)",
            mend=f"{key} = {key}.reshape(-1, 28, 28)",
        )
    scale = _scale(values, source, key) if len(values) else Scale(0, 255)
    if like and _shares(values, like):
        scale = like.scale
    return Planes(values, scale, tuple(n for n in (*note, scale.note) if n))


def _as_numbers(images: np.ndarray, key: str) -> str:
    """Return a line that makes numbers of what are none."""
    if images.dtype.names:
        return f"{key} = {key}[{images.dtype.names[0]!r}]"
    return f"{key} = np.abs({key})" if images.dtype.kind == "c" else f"{key} = {key}.astype('f4')"


def _shares(values: np.ndarray, like: Planes) -> bool:
    """Tell whether a few test images, perhaps dark ones, are on the training images' scale."""
    if not len(values) or values.dtype.kind != like.values.dtype.kind:
        return False
    low, high = _lowest(values), _highest(values)
    fractions = values.dtype.kind == "f" and high <= 1 < like.scale.high and (values % 1).any()
    return like.scale.low - _TOLERANCE <= low and high <= like.scale.high + 0.5 and not fractions


def _lowest(values: np.ndarray) -> float:
    return float(values.min()) if values.size else 0.0


def _highest(values: np.ndarray) -> float:
    return float(values.max()) if values.size else 0.0


def _arranged(
    images: np.ndarray, count: int | None, source: str, key: str
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return a view `(n, h, w)` or `(n, h, w, 3 or 4)` and what was done for it."""
    shape, notes = images.shape, []
    if images.ndim >= 2 and shape[0] != count and shape[-1] == count:
        images = images.T if images.ndim == 2 else np.moveaxis(images, -1, 0)
        notes.append(f"The last axis of {shape} counts the images: it became the first.")
    ones = tuple(axis for axis in range(1, images.ndim) if images.shape[axis] == 1)
    images = images.squeeze(ones)
    if images.ndim == 2:
        return _squares(images, source, key), (
            *notes,
            f"Rows of {images.shape[1]} pixels became images of "
            f"{math.isqrt(images.shape[1])}x{math.isqrt(images.shape[1])}.",
        )
    if images.ndim == 4:
        images = _colour_last(images, source, key)
        what = "grey, by how bright each colour looks"
        return images, (*notes, f"Images in {images.shape[3]} colour channels became {what}.")
    if images.ndim != 3:
        raise errors.unusable(
            source,
            f"`{key}` has the shape {shape}",
            expected="(n, 28, 28), (n, 784) or (n, 28, 28, 3)",
            mend=f"{key} = {key}.reshape(-1, 28, 28)",
        )
    if ones:
        notes.append(f"Images of shape {shape[1:]} became {images.shape[1:]}.")
    return images, tuple(notes)


def _squares(rows: np.ndarray, source: str, key: str) -> np.ndarray:
    """Return rows of pixels as squares, `(n, side, side)`."""
    pixels = rows.shape[1]
    side = math.isqrt(pixels)
    if side**2 == pixels:
        return rows.reshape(len(rows), side, side)
    mend = f"{key} = {key}.reshape(-1, height, width)"
    if pixels % 3 == 0 and (third := math.isqrt(pixels // 3)) ** 2 == pixels // 3:
        mend = f"{key} = {key}.reshape(-1, {third}, {third}, 3)"
    elif math.isqrt(pixels - 1) ** 2 == pixels - 1:
        mend = f"y, {key} = {key}[:, 0], {key}[:, 1:]"
    raise errors.unusable(
        source,
        f"`{key}` has {pixels} numbers an image, which is no square",
        expected="(n, 784) or (n, 28, 28)",
        mend=mend,
    )


def _colour_last(images: np.ndarray, source: str, key: str) -> np.ndarray:
    if images.shape[3] in (3, 4):
        return images
    if images.shape[1] in (3, 4):
        return np.moveaxis(images, 1, -1)
    raise errors.unusable(
        source,
        f"`{key}` has the shape {images.shape}",
        expected="1, 3 or 4 colour channels",
        mend=f"{key} = {key}[..., 0]",
    )


def _scale(values: np.ndarray, source: str, key: str) -> Scale:
    """Find which values mean black and white."""
    if values.dtype.kind == "b":
        return Scale(0, 1, "Pixels of false and true became 0 and 255.")
    low, high = _lowest(values), _highest(values)
    if not (math.isfinite(low) and math.isfinite(high)):
        bad = int(len(values.reshape(-1)) - np.isfinite(values).sum())
        raise errors.unusable(
            source,
            f"{counting.of(bad, 'pixel')} of `{key}` {'is' if bad == 1 else 'are'} no number"
            " (NaN or infinite)",
            expected="numbers of 0-255",
            mend=f"{key} = np.nan_to_num({key})",
        )
    scale = _float_scale(values, low, high) if values.dtype.kind == "f" else None
    scale = scale or _whole_scale(values, low, high)
    if scale is None:
        raise errors.unusable(
            source,
            f"the pixels of `{key}` reach from {low:.6g} to {high:.6g} ({values.dtype})",
            expected="0-255 or 0-1",
            mend=_mended_range(values, low, key),
        )
    return scale


def _float_scale(values: np.ndarray, low: float, high: float) -> Scale | None:
    if low >= -_TOLERANCE and high <= 1 + _TOLERANCE:
        return Scale(0, 1, "Pixels of 0-1 were multiplied by 255." if high else "")
    if -1 - _TOLERANCE <= low <= -0.9 and high <= 1 + _TOLERANCE:
        return Scale(-1, 1, "Pixels of -1 to 1 became 0-255.")
    return None


def _whole_scale(values: np.ndarray, low: float, high: float) -> Scale | None:
    """Find the scale of pixels that are whole numbers, or floats rounded to them."""
    slack = 0.5 if values.dtype.kind == "f" else 0
    if low < -slack or high > _DEEP[-1] + slack:
        return None
    if slack and high < _DIM and (values % 1).any():
        return None  # standardised, or scaled in a way of one's own
    if high == 1:
        return Scale(0, 1, "Pixels of 0 and 1 became 0 and 255.")
    if high in (15, 16):
        return Scale(0, high, f"Pixels of 0-{high:.0f} became 0-255.")
    if high > 255 + slack:
        white = next(white for white in _DEEP if high <= white + slack)
        return Scale(0, white, f"Pixels of 0-{white} became 0-255.")
    said = "" if values.dtype == np.uint8 else f"Pixels of 0-255 stored as {values.dtype} "
    said += "were rounded to whole numbers." if slack else "became bytes." if said else ""
    return Scale(0, 255, said)


def _mended_range(values: np.ndarray, low: float, key: str) -> str:
    if values.dtype == np.int8:
        return f"{key} = {key}.view('uint8')"
    if values.dtype.kind == "f":
        return f"{key} = ({key} - {key}.min()) / ({key}.max() - {key}.min())"
    return f"{key} = {key}.clip(0, 255)"


def margins(all_planes: list[Planes]) -> tuple[int, int]:
    """Return how many rows and columns to cut off each side: those beyond 28 if all are empty."""
    cut = (0, 0)
    for at, part in enumerate(all_planes):
        height, width = part.values.shape[1:3]
        rows, columns = (height - SIDE) // 2, (width - SIDE) // 2
        odd = (height - SIDE) % 2 or (width - SIDE) % 2
        if odd or min(rows, columns) < 0 or (at and cut != (rows, columns)):
            return 0, 0
        cut = (rows, columns)
        edges = [part.values[:, :rows], part.values[:, height - rows :]]
        edges += [part.values[:, :, :columns], part.values[:, :, width - columns :]]
        if any(edge.size and (edge != part.scale.low).any() for edge in edges):
            return 0, 0
    return cut


def convert(part: Planes, cut: tuple[int, int], *, transpose: bool) -> np.ndarray:
    """Return the images as uint8 `(n, 28, 28)`.

    Args:
        part: what `planes` found.
        cut: what `margins` found.
        transpose: swap rows and columns, as EMNIST's own files need it.
    """
    rows, columns = cut
    values = part.values
    values = values[:, rows : values.shape[1] - rows, columns : values.shape[2] - columns]
    if transpose:
        values = values.swapaxes(1, 2)
    as_is = values.dtype == np.uint8 and values.ndim == 3 and part.scale.high == 255
    if as_is and values.shape[1:] == (SIDE, SIDE):
        return np.ascontiguousarray(values)
    images = np.empty((len(values), SIDE, SIDE), np.uint8)
    ground = _ground_of_transparent(values, part.scale)
    for start in range(0, len(values), _PART):
        some = values[start : start + _PART]
        images[start : start + _PART] = fitted(some if as_is else _grey(some, part.scale, ground))
    return images


def _grey(values: np.ndarray, scale: Scale, ground: float) -> np.ndarray:
    """Return a part of the images as uint8 `(n, h, w)`."""
    exact = np.float64 if values.dtype.itemsize > 4 else np.float32
    levels = (values.astype(exact) - exact(scale.low)) * exact(scale.factor)
    if levels.ndim == 4:
        opacity = levels[..., 3] / 255 if levels.shape[3] == 4 else None
        levels = levels[..., :3] @ np.array(LUMINANCE, exact)
        if opacity is not None:
            levels = levels * opacity + (1 - opacity) * exact(ground)
    return np.clip(np.rint(levels), 0, 255).astype(np.uint8)


def _ground_of_transparent(values: np.ndarray, scale: Scale) -> float:
    """Choose white below dark ink and black below bright ink, from the first images."""
    if values.ndim != 4 or values.shape[3] != 4:
        return 0.0
    some = values[:_PART].astype(np.float32)
    opaque = (some[..., 3] - scale.low) * scale.factor > 127
    if opaque.all() or not opaque.any():
        return 0.0
    inside = (some[opaque][:, :3] - scale.low) * scale.factor
    return 255.0 if float((inside @ np.array(LUMINANCE, np.float32)).mean()) < 128 else 0.0


def fitted(images: np.ndarray) -> np.ndarray:
    """Bring images to 28x28 by area, their aspect kept, centred on their own ground.

    Args:
        images: uint8 `(n, h, w)`.
    """
    import cv2

    height, width = images.shape[1:]
    if (height, width) == (SIDE, SIDE):
        return images
    scale = SIDE / max(height, width)
    rows, columns = (max(1, round(side * scale)) for side in (height, width))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    top, left = (SIDE - rows) // 2, (SIDE - columns) // 2
    grounds = np.median(rim(images), axis=1).astype(np.uint8)
    brought = np.empty((len(images), SIDE, SIDE), np.uint8)
    brought[:] = grounds[:, None, None]
    for image, target in zip(images, brought, strict=True):
        small = cv2.resize(np.ascontiguousarray(image), (columns, rows), interpolation=how)
        target[top : top + rows, left : left + columns] = small
    return brought


def rim(images: np.ndarray) -> np.ndarray:
    """Return the pixels on the rim of each image, `(n, pixels)`.

    Args:
        images: uint8 `(n, h, w)`.
    """
    sides = (images[:, 0], images[:, -1], images[:, 1:-1, 0], images[:, 1:-1, -1])
    return np.concatenate(sides, axis=1)
