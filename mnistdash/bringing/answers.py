"""What any model answered to labelled images: checked, and every conversion said."""

import dataclasses
import typing
from collections.abc import Sequence

import numpy as np

_LIKE_ONE = 0.02  # by how much rounded probabilities of one image may miss 1
_SAME_TOTAL = 1e-3  # by which share the totals of votes or percentages may differ
_NAMED = 5  # classes that a sentence names


class LogError(ValueError):
    """What can't be logged, in one sentence: what is there, what was expected, the remedy."""


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Answers:
    """Answers to n images of K classes.

    `probs` is float32 `(n, K)`, rows sum to 1, or `None` where only the answers are known;
    `confidence`, float32 `(n,)` in 0-1, is `None` where nobody knows it. `notes` say what was
    converted, a sentence each; `made_by` says what turned the values into probabilities.
    """

    y_pred: np.ndarray  # uint8 (n,)
    confidence: np.ndarray | None
    probs: np.ndarray | None
    num_classes: int
    notes: tuple[str, ...] = ()
    made_by: typing.Literal["nothing", "softmax", "division"] = "nothing"


def read(
    values: object,
    *,
    num_images: int,
    class_names: Sequence[str],
    confidences: object = None,
    what: str = "`probs`",
) -> Answers:
    """Read what a model answered, in test order.

    Args:
        values: probabilities, logits, votes or percentages `(n, K)`; or the answers alone `(n,)`,
            as classes counted from 0 or as class names. Of two classes the probability of the
            second will do, `(n,)` or `(n, 1)`.
        num_images: n.
        class_names: K names.
        confidences: the probability of each answer, floats `(n,)` in 0-1, where `values` are the
            answers alone.
        what: how a sentence calls the values.

    Raises:
        LogError: their number, shape or kind does not fit, or one of them is no number.
    """
    array = as_array(values, what)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim not in (1, 2):
        raise LogError(
            f"{what} has the shape {array.shape}. Expected ({num_images}, {len(class_names)}), or"
            f" ({num_images},) for the answers alone."
        )
    _check_count(array, num_images, class_names, what)
    if array.ndim == 2:
        _check_columns(array, class_names, what)
        if confidences is not None:
            raise LogError(f"`confidences` go with the answers alone, but {what} has columns.")
        if array.dtype.kind not in "bu" and not _is_one_hot(array):
            return _of_probs(array, what)
        if not _is_one_hot(array):
            return _of_probs(array.astype(np.float64), what)
        said = ("One-hot answers became classes.",)
        return _alone(array.argmax(axis=1), confidences, len(class_names), said)
    if _is_share(array) and len(class_names) == 2 and confidences is None:
        said = f"One number an image was read as the probability of {class_names[1]}."
        return _of_probs(np.stack([1 - array, array], axis=1), what, said)
    labels, notes = _labels(array, class_names, what)
    return _alone(labels, confidences, len(class_names), notes)


def as_array(values: object, what: str) -> np.ndarray:
    """Return anything like an array as numbers or text.

    Raises:
        LogError: it is no such thing.
    """
    try:
        array = np.asarray(values)
    except Exception as error:  # every library refuses in its own way
        tensor = hasattr(values, "detach")
        mend = " To mend it: `probs.detach().cpu().numpy()`." if tensor else ""
        short = (str(error).splitlines() or [type(error).__name__])[0].split(". ")[0][:120]
        raise LogError(f"{what} can't be read as an array: {short.rstrip('.')}.{mend}") from None
    if array.dtype.kind == "O":
        array = _of_objects(array, what)
    if array.dtype.kind == "S":
        array = np.char.decode(array, "utf-8", "replace")
    if array.dtype.kind not in "biufU":
        raise LogError(f"{what} holds {array.dtype}. Expected numbers, or class names.")
    return array


def _of_objects(array: np.ndarray, what: str) -> np.ndarray:
    """Turn an array of Python objects, such as a table's column, into numbers or text."""
    if array.ndim == 1 and array.size and all(isinstance(value, str) for value in array):
        return array.astype(str)
    try:
        return array.astype(np.float64)
    except (TypeError, ValueError):
        raise LogError(
            f"{what} holds Python objects. Expected numbers, or class names, as many in each row."
        ) from None


def _check_count(array: np.ndarray, num_images: int, class_names: Sequence[str], what: str) -> None:
    if len(array) == num_images:
        return
    mend = ""
    if array.ndim == 2 and array.shape == (len(class_names), num_images):
        mend = " To mend it: `probs.T`."
    raise LogError(
        f"{what} answers {len(array):,} images, but there are {num_images:,} test images. Expected"
        f" one answer for each, in their order.{mend}"
    )


def _check_columns(array: np.ndarray, class_names: Sequence[str], what: str) -> None:
    if array.dtype.kind == "U":
        raise LogError(f"{what} holds text in {array.shape[1]} columns. Expected numbers.")
    if array.shape[1] != len(class_names):
        shown = ", ".join(class_names[:_NAMED]) + (" …" if len(class_names) > _NAMED else "")
        raise LogError(
            f"{what} has {array.shape[1]} columns, but there are {len(class_names)} classes:"
            f" {shown}. Expected a column for each, in their order."
        )


def _is_one_hot(array: np.ndarray) -> bool:
    """Tell whether whole numbers, not floats, mark one class in each row."""
    whole = array.dtype.kind in "biu"
    return whole and bool(((array == 0) | (array == 1)).all() and (array.sum(axis=1) == 1).all())


def _is_share(array: np.ndarray) -> bool:
    """Tell whether floats lie in 0-1, and are not all of them whole."""
    if array.dtype.kind != "f" or not np.isfinite(array).all():
        return False
    return bool(array.min() >= 0 and array.max() <= 1 and (array != np.rint(array)).any())


# --- probabilities ----------------------------------------------------------------------------


def _of_probs(array: np.ndarray, what: str, *said: str) -> Answers:
    values = array.astype(np.float64)
    holes = np.isnan(values) | (values == np.inf)
    holes |= np.isneginf(values).all(axis=1)[:, np.newaxis]
    if holes.any():
        row, column = (int(place) for place in np.argwhere(holes)[0])
        raise LogError(
            f"{what} holds {values[row, column]} in row {row}, column {column}, counted from 0"
            f" ({holes.sum():,} in all). Expected numbers."
        )
    probs, made_by, note = _normalised(values)
    probs = probs.astype(np.float32)
    return Answers(
        # Of what was given: rounding may have made equals of two.
        y_pred=values.argmax(axis=1).astype(np.uint8),
        confidence=probs.max(axis=1),
        probs=probs,
        num_classes=probs.shape[1],
        notes=(*said, note) if note else said,
        made_by=made_by,
    )


def _normalised(values: np.ndarray) -> tuple[np.ndarray, str, str]:
    """Return probabilities, how they were made, and the same in a sentence."""
    if values.min() > -1e-6:
        shares = np.maximum(values, 0)
        totals = shares.sum(axis=1, keepdims=True)
        near = np.abs(totals - 1).max() <= _LIKE_ONE
        if near and shares.max() <= 1 + _LIKE_ONE:
            return shares / totals, "nothing", ""
        total = float(np.median(totals))
        if total and np.abs(totals - total).max() <= _SAME_TOTAL * total:
            said = f"Each row summed to {total:g}: it was divided by that."
            return shares / totals, "division", said
        if totals.min() > 0 and shares.max() <= 1:
            said = "Each row was divided by its sum, which was not 1."
            return shares / totals, "division", said
    powers = np.exp(values - values.max(axis=1, keepdims=True))
    probs = powers / powers.sum(axis=1, keepdims=True)
    if values.max() <= 0 and np.abs(np.exp(values).sum(axis=1) - 1).max() <= _LIKE_ONE:
        return probs, "softmax", "Logarithms of probabilities became probabilities."
    return probs, "softmax", "Logits became probabilities: softmax was applied."


# --- answers alone ----------------------------------------------------------------------------


def _alone(
    labels: np.ndarray, confidences: object, num_classes: int, notes: Sequence[str]
) -> Answers:
    known = None
    if confidences is not None:
        known = as_array(confidences, "`confidences`")
        if known.ndim == 2 and known.shape[1] == 1:
            known = known[:, 0]
        if known.shape != labels.shape or known.dtype.kind not in "fiub":
            raise LogError(
                f"`confidences` is {known.dtype} {known.shape}. Expected a number for each of the"
                f" {len(labels):,} answers."
            )
        known = known.astype(np.float32)
        if not (np.isfinite(known).all() and known.min() >= 0 and known.max() <= 1):
            mend = " To mend it: `confidences / 100`." if np.nanmax(known) <= 100 else ""
            raise LogError(
                f"`confidences` reach from {np.nanmin(known):g} to {np.nanmax(known):g}. Expected"
                f" probabilities in 0-1.{mend}"
            )
    return Answers(
        y_pred=labels.astype(np.uint8),
        confidence=known,
        probs=None,
        num_classes=num_classes,
        notes=tuple(notes),
    )


def _labels(
    array: np.ndarray, class_names: Sequence[str], what: str
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Read answers as classes counted from 0."""
    if array.dtype.kind == "U":
        return _named(array, class_names, what)
    if array.dtype.kind == "f":
        whole = np.isfinite(array) & (array == np.rint(array))
        if not whole.all():
            row = int(np.flatnonzero(~whole)[0])
            raise LogError(
                f"{what} holds {array[row]:g} in row {row}, counted from 0. Expected a class for"
                f" each image, or a row of {len(class_names)} probabilities."
            )
    low, high = int(array.min()), int(array.max())
    if low < 0 or high >= len(class_names):
        mend = " To mend it: subtract 1." if (low, high) == (1, len(class_names)) else ""
        raise LogError(
            f"{what} holds classes from {low} to {high}. Expected 0 to"
            f" {len(class_names) - 1}.{mend}"
        )
    return array.astype(np.int64), ()


def _named(
    array: np.ndarray, class_names: Sequence[str], what: str
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Read answers that are class names, else whole numbers written as text."""
    texts = [" ".join(text.split()) for text in array.tolist()]
    place = {name: number for number, name in enumerate(class_names)}
    foreign = next((text for text in texts if text not in place), None)
    if foreign is None:
        return np.array([place[text] for text in texts]), ()
    try:
        return _labels(np.array([float(text) for text in texts]), class_names, what)
    except LogError:
        raise
    except ValueError:
        shown = ", ".join(class_names[:_NAMED]) + (" …" if len(class_names) > _NAMED else "")
        raise LogError(
            f"{what} holds {foreign[:40]!r}, which is no class name. Expected one of {shown}."
        ) from None
