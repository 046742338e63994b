"""LiteRT files joined, and prepared for: the same answers before and after."""

import numpy as np
import pytest
import tensorflow as tf

from mnistdash import classifier, datasets
from mnistdash.bringing import graph, scalings

UNIT = scalings.Scaling("unit", 1 / 255, 0.0)
WEIGHTS = np.random.default_rng(0).normal(size=(784, 10)).astype(np.float32)


def converted(function: object, shape: tuple[int, ...], dtype: tf.DType) -> bytes:
    """Convert a function of images."""
    spec = tf.TensorSpec([None, *shape], dtype)
    asked = tf.function(function, autograph=False).get_concrete_function(spec)
    return tf.lite.TFLiteConverter.from_concrete_functions([asked]).convert()


def flat(images: tf.Tensor) -> tf.Tensor:
    """Put each image's pixels in a row."""
    return tf.reshape(tf.cast(images, tf.float32), (-1, 784))


@pytest.mark.parametrize("shape", [(28, 28), (28, 28, 1), (784,), (1, 28, 28)])
@pytest.mark.parametrize("logits", [False, True])
def test_the_preparation_is_put_in_front(shape: tuple[int, ...], logits: bool) -> None:
    """A model of scaled floats in any shape takes raw images, any number at once."""

    def model(images: tf.Tensor) -> tf.Tensor:
        found = flat(images) @ WEIGHTS
        return found if logits else tf.nn.softmax(found)

    images = datasets.load("optdigits").x_test[:7]
    data = graph.prepared(converted(model, shape, tf.float32), UNIT, shape, softmax=logits)
    expected = tf.nn.softmax((images.reshape(7, 784) / np.float32(255)) @ WEIGHTS).numpy()
    asked = classifier.Classifier(data)
    assert np.allclose(asked.probs(images), expected, atol=1e-5)
    assert np.allclose(asked.probs(images[:1]), expected[:1], atol=1e-5)


def test_models_are_joined() -> None:
    """Two signatures of one file give what two files gave; their weights are there once."""

    def answer(images: tf.Tensor) -> tf.Tensor:
        return tf.nn.softmax(flat(images) @ WEIGHTS)

    def layers(images: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"2_dense": flat(images) @ WEIGHTS, "1_flatten": flat(images), "10_x": flat(images)}

    first = converted(answer, (28, 28), tf.uint8)
    second = converted(layers, (28, 28), tf.uint8)
    names = ["10_x", "1_flatten", "2_dense"]  # as TensorFlow orders them
    joined = graph.joined(
        {classifier.ANSWER: (first, ["probs"]), classifier.LAYERS: (second, names)}
    )
    assert len(joined) < len(first) + 5_000
    images = datasets.load("optdigits").x_test[:5]
    alone, both = classifier.Classifier(first), classifier.Classifier(joined)
    assert np.array_equal(alone.probs(images), both.probs(images))
    told = both.activations(images[0])
    assert list(told) == ["1_flatten", "2_dense", "10_x"]
    assert told["1_flatten"].tolist() == images[0].ravel().tolist()
    assert np.allclose(told["2_dense"], images[0].ravel() @ WEIGHTS, rtol=1e-3)
