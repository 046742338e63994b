"""What is kept of a training, as bytes: weights, checkpoints, models, histograms."""

import contextlib
import functools
import logging
import pathlib
import tempfile
from collections.abc import Callable, Iterator, Mapping

import keras
import numpy as np
import tensorflow as tf

from mnistdash import architecture, artifacts, classifier
from mnistdash.bringing import graph

_HISTOGRAM_BINS = 40
_LEAST_PROB = 1e-7  # as Keras's cross-entropy takes it


def all_finite(model: keras.Model) -> bool:
    """Tell whether every weight is still a number."""
    return all(np.isfinite(value).all() for value in values(model).values())


def values(model: keras.Model) -> dict[str, np.ndarray]:
    """Return the weights of a model by their paths."""
    return {variable.path: variable.value.numpy() for variable in model.weights}


def assign(model: keras.Model, values: dict[str, np.ndarray]) -> None:
    """Give a model the weights that `values` returned."""
    for variable in model.weights:
        variable.assign(values[variable.path])


def under(prefix: str, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the arrays whose names stand under a prefix, without it."""
    start = prefix + "/"
    return {name[len(start) :]: a for name, a in arrays.items() if name.startswith(start)}


def litert_model(model: keras.Model) -> bytes:
    """Convert a model to LiteRT: uint8 images in, probabilities out.

    A second signature, `classifier.LAYERS`, gives what every layer of the recipe but the dropouts
    answers, under the layer's own name; it shares the weights with the first.
    """
    of_layers = {
        layer.name: layer.output
        for layer in model.layers
        if layer.name[:1].isdigit() and not isinstance(layer, keras.layers.Dropout)
    }
    asked = {
        classifier.ANSWER: lambda images: {"probs": model(images, training=False)},
        classifier.LAYERS: functools.partial(keras.Model(model.inputs, of_layers), training=False),
    }
    return converted(asked)


def converted(asked: Mapping[str, Callable[[tf.Tensor], dict]]) -> bytes:
    """Convert functions of images, uint8 `(n, 28, 28)`, to LiteRT as signatures of one file.

    Args:
        asked: by the names of the signatures, the first for whoever asks for none.
    """
    spec = tf.TensorSpec([None, *architecture.IMAGE_SHAPE[:2]], tf.uint8, name="image")
    models = {}
    for name, ask in asked.items():
        function = tf.function(ask, autograph=False).get_concrete_function(spec)
        # Given the model, it would write a folder and read that twice.
        with _without_advice():
            converter = tf.lite.TFLiteConverter.from_concrete_functions([function])
            models[name] = converter.convert(), sorted(function.structured_outputs)
    return graph.joined(models)


@contextlib.contextmanager
def _without_advice() -> Iterator[None]:
    """Keep the converter's advice on how to call it off people's screens."""
    log = logging.getLogger("absl")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(level)


def keras_file(model: keras.Model) -> bytes:
    """Write the file that people may download; nothing here ever reads one."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / artifacts.KERAS
        model.save(path)
        return path.read_bytes()


def histograms(start: dict[str, np.ndarray], end: dict[str, np.ndarray]) -> bytes:
    """Count each layer's weights in bins that the start and the end share."""
    layers = []
    for name in (name for name in start if name.endswith("/kernel")):
        both = np.concatenate([start[name].ravel(), end[name].ravel()])
        edges = np.histogram_bin_edges(both, _HISTOGRAM_BINS)
        counts = {
            when: np.histogram(values[name], edges)[0].tolist()
            for when, values in (("start", start), ("end", end))
        }
        layers.append({"layer": name.split("/")[0], "edges": edges.tolist(), **counts})
    return artifacts.write_histograms(layers)


def log_loss(probs: np.ndarray, truth: np.ndarray) -> float:
    """Compute the mean cross-entropy; a probability counts as 1e-7 at least, as in Keras."""
    right = probs[np.arange(len(truth)), truth].astype(np.float64)
    return float(-np.log(np.clip(right, _LEAST_PROB, 1.0)).mean())
