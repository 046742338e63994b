"""What a Keras model makes of raw 28x28 images: the form and the scaling it expects."""

import dataclasses
import math
from collections.abc import Callable, Sequence

import numpy as np

from mnistdash import datasets
from mnistdash.bringing import answers, scalings

BATCH = 500
_TRIED = 256  # test images for each scaling
_FORMS = ((28, 28, 1), (28, 28), (784,), (1, 28, 28))  # of models that don't say


@dataclasses.dataclass(frozen=True, kw_only=True)
class Expected:
    """What a model expects in place of an image, and how its answers are to be read."""

    form: tuple[int, ...]
    dtype: str
    scaling: scalings.Scaling
    how: str = "as given"  # it is known

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Prepare raw images, uint8 `(n, 28, 28)`, for the model."""
        return self.scaling(images).reshape(-1, *self.form).astype(self.dtype)


Prepare = Callable[[np.ndarray], np.ndarray]  # uint8 (n, 28, 28) -> what the model takes


def predict(model: object, images: np.ndarray) -> np.ndarray:
    """Ask a Keras model on any backend.

    Batch by batch: `model.predict` makes a data set first, which takes longer than the answers.

    Raises:
        LogError: it answers with more than one array.
    """
    parts = []
    for start in range(0, len(images), BATCH):
        found = model.predict_on_batch(images[start : start + BATCH])
        if isinstance(found, dict | list | tuple):
            raise answers.LogError(
                f"The model has {len(found)} outputs. Expected one, with a number for each class:"
                " log its predictions with `mnistdash.log`."
            )
        parts.append(answers.as_array(found, "The model's answer"))
    return np.concatenate(parts)


def seen(given: object, images: datasets.Dataset) -> tuple[scalings.Scaling, ...]:
    """Return the scaling of what a model is trained on, where that is an array, as `scalings`."""
    return scalings.seen(given, images.x_test, scalings.usual(*_roughly(images)))


def _roughly(images: datasets.Dataset) -> tuple[float, float]:
    """Return the mean and the deviation of some of the test images."""
    some = images.x_test[:: max(len(images.x_test) // 1_000, 1)]
    return float(some.mean()), float(some.std())


def expected(
    model: object,
    images: datasets.Dataset,
    scaling: str | scalings.Scaling | None,
    *,
    seen: Sequence[scalings.Scaling] = (),
    loss: float | None = None,
) -> Expected:
    """Find out what a model expects, by trying the usual scalings on some test images.

    Args:
        model: a Keras model that is built.
        images: a data set.
        scaling: given, or by its name; `None` to find it.
        seen: the scaling of what it was trained on, where that was seen.
        loss: of the training at its end.

    Raises:
        LogError: the model takes no 28x28 images.
    """
    form, dtype = _form(model)
    some = np.unique(np.linspace(0, len(images.y_test) - 1, _TRIED).astype(int))
    pixels, labels = images.x_test[some], images.y_test[some]
    moments = _roughly(images)
    if isinstance(scaling, scalings.Scaling):
        return Expected(form=form, dtype=dtype, scaling=scaling)
    if scaling is not None:
        chosen = scalings.named(scaling, *_moments(scaling, images, moments))
        return Expected(form=form, dtype=dtype, scaling=chosen)
    candidates = scalings.usual(*moments)
    if not dtype.startswith(("float", "bfloat")):  # whole pixels are scaled inside the model
        candidates = tuple(each for each in candidates if each.name.endswith("raw"))
    tried = {
        each: _as_probs(found, images.class_names)
        for each, found in _answers(model, (*candidates, *seen), pixels, form, dtype).items()
    }
    chosen = scalings.best(candidates, tried.__getitem__, labels, preferred=seen, loss=loss)
    if chosen in candidates:
        chosen = scalings.named(chosen.name, *_moments(chosen.name, images, moments))
    how = "as `fit` was given them" if chosen.name in {each.name for each in seen} else "by trying"
    return Expected(form=form, dtype=dtype, scaling=chosen, how=how)


def _moments(
    name: str, images: datasets.Dataset, of_test: tuple[float, float]
) -> tuple[float, float]:
    """Return what a model is standardised by: of the training images, read only if that matters."""
    if "standardised" not in name or not images.num_train:
        return of_test
    try:
        return datasets.pixel_moments(images.name)
    except datasets.DataError:
        return of_test


def _answers(
    model: object,
    candidates: Sequence[scalings.Scaling],
    pixels: np.ndarray,
    form: tuple[int, ...],
    dtype: str,
) -> dict[scalings.Scaling, np.ndarray]:
    """Ask once for all scalings, which takes a tenth of asking once for each."""
    different = list(dict.fromkeys(candidates))
    stacked = np.concatenate([each(pixels) for each in different]).reshape(-1, *form)
    found = predict(model, stacked.astype(dtype)).astype(np.float64)
    parts = np.split(found.reshape(len(stacked), -1), len(different))
    return dict(zip(different, parts, strict=True))


def _as_probs(found: np.ndarray, class_names: Sequence[str]) -> np.ndarray:
    """Read answers as probabilities; those that can't be, as none of the classes."""
    try:
        read = answers.read(found, num_images=len(found), class_names=class_names)
    except answers.LogError:
        return np.full((len(found), len(class_names)), np.nan)
    return np.eye(len(class_names))[read.y_pred] if read.probs is None else read.probs


def _form(model: object) -> tuple[tuple[int, ...], str]:
    """Return the shape of one image as the model takes it, and its type.

    Raises:
        LogError: it takes several inputs, or what no 28x28 image can become.
    """
    inputs = getattr(model, "inputs", None) or []
    if len(inputs) > 1:
        raise _foreign(f"{len(inputs)} inputs")
    dtype = str(getattr(inputs[0], "dtype", "float32")) if inputs else "float32"
    shape = tuple(inputs[0].shape) if inputs else _built_shape(model)
    if shape is None:
        form = next((form for form in _FORMS if _takes(model, form)), None)
        if form is None:
            raise _foreign("images of another form")
        return form, dtype
    form = tuple(shape[1:])
    if None in form and len(form) in (2, 3):  # any size of image: as ours are
        form = (28, 28, *form[2:])
    if None in form or math.prod(form) != 784:
        raise _foreign(f"images of shape {tuple(shape[1:])}")
    return form, dtype


def _built_shape(model: object) -> tuple | None:
    """Return the shape that a model without named inputs was built with, if it remembers one."""
    try:
        shape = model.get_build_config()["input_shape"]
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
    return tuple(shape) if isinstance(shape, tuple | list) and len(shape) > 1 else None


def _takes(model: object, form: tuple[int, ...]) -> bool:
    try:
        predict(model, np.zeros((2, *form), np.float32))
    except Exception:  # each layer refuses a foreign shape in its own way
        return False
    return True


def _foreign(what: str) -> answers.LogError:
    return answers.LogError(
        f"The model takes {what}, not 28x28 images. Give `prepare`, a function from uint8 (n, 28,"
        " 28) to what it takes."
    )
