"""A Keras model of other people's as a LiteRT model of ours: raw images in, probabilities out."""

import re
from collections.abc import Callable

import keras
import tensorflow as tf

from mnistdash import classifier
from mnistdash.bringing import answers, asking
from mnistdash.training import keeping

_SILENT = (keras.layers.InputLayer, keras.layers.Dropout)  # they do nothing here


def litert_model(model: keras.Model, expected: asking.Expected, *, made_by: str) -> bytes:
    """Convert a model together with the preparation that it expects.

    Args:
        model: that answers with a number for each class.
        expected: what it expects in place of an image.
        made_by: how its answers become probabilities, as of `answers.Answers`.

    Raises:
        LogError: LiteRT has no such model, in one sentence.
    """

    def prepared(images: tf.Tensor) -> tf.Tensor:
        floats = tf.cast(images, tf.float32)
        scaled = floats * expected.scaling.scale + expected.scaling.offset
        return tf.cast(tf.reshape(scaled, (-1, *expected.form)), expected.dtype)

    def answer(images: tf.Tensor) -> dict[str, tf.Tensor]:
        found = tf.cast(model(prepared(images), training=False), tf.float32)
        return {"probs": _probs(found, made_by)}

    asked = {classifier.ANSWER: answer}
    layers = _layers(model)
    if layers is not None:
        asked[classifier.LAYERS] = lambda images: layers(prepared(images))
    try:
        return keeping.converted(asked)
    except Exception as error:  # the converter and every layer refuse in their own ways
        kind = type(error).__name__
        raise answers.LogError(
            f"LiteRT has no such model ({kind}): it lacks an operation of one of its layers."
        ) from None


def _probs(found: tf.Tensor, made_by: str) -> tf.Tensor:
    if found.shape[-1] == 1:
        return tf.concat([1 - found, found], axis=-1)
    if made_by == "division":
        return found / tf.reduce_sum(found, axis=-1, keepdims=True)
    return tf.nn.softmax(found) if made_by == "softmax" else found


def _layers(model: keras.Model) -> Callable[[tf.Tensor], dict[str, tf.Tensor]] | None:
    """Return what tells every layer's output by place and kind, as `1_conv2d`.

    The last one has weights: what it receives is what the model finds alike. `None` for a model
    whose layers are called by code of its own.
    """
    try:
        shown = [layer for layer in model.layers if not isinstance(layer, _SILENT)]
        while shown and not shown[-1].weights:
            shown.pop()  # a softmax of its own, say
        outputs = {
            f"{place}_{_kind(layer)}": layer.output for place, layer in enumerate(shown, start=1)
        }
        if len(outputs) < 2 or not all(hasattr(output, "shape") for output in outputs.values()):
            return None
        asked = keras.Model(model.inputs, outputs)
    except (AttributeError, ValueError):
        return None
    return lambda images: {
        name: tf.cast(found, tf.float32) for name, found in asked(images, training=False).items()
    }


def _kind(layer: keras.Layer) -> str:
    return re.sub(r"[^a-z0-9.]", "", type(layer).__name__.lower()) or "layer"
