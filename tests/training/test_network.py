"""The Keras model of a recipe: its layers, its scaling, and its forward pass in training."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from mnistdash import architecture, recipes
from mnistdash.training import network

EVERY_WORD = (
    "pad2 conv4x3same bn pool2 drop.2 conv6x3s2 avg2 bn gap dense8",
    "conv4x2 pool3 conv4x3 pool2 pool2 flatten bn dense8 drop.5",
    "pool2 flatten dense8",
)
ARCHITECTURES = sorted({p.recipe.layers for p in recipes.PRESETS.values()} | set(EVERY_WORD))


def images(n: int) -> np.ndarray:
    """Draw noise, uint8 `(n, 28, 28)`."""
    return np.random.default_rng(0).integers(0, 256, (n, 28, 28), dtype=np.uint8)


@pytest.mark.parametrize("layers", ARCHITECTURES)
def test_layer_table_agrees_with_keras(layers: str) -> None:
    """Names, output shapes and parameter counts of the recipe's table are those of the model."""
    table = architecture.parse(layers)
    model = network.build(recipes.Recipe(layers=layers, scaling="centred", batch_size=1))
    assert model.count_params() == sum(layer.parameters for layer in table)
    for place, layer in enumerate(table, start=1):
        built = model.get_layer(f"{place}_{layer.word}")
        assert built.output.shape == (None, *layer.output_shape)
        assert built.count_params() == layer.parameters


@pytest.mark.parametrize(
    ("scaling", "expected"),
    [
        ("unit", [0, 128 / 255, 1]),
        ("centred", [-0.5, 0.5, 1.4921875]),
        ("standardised", [-2, 0, 1.984375]),
    ],
)
def test_scaling_is_inside_the_model(scaling: str, expected: list[float]) -> None:
    """Pixels 0, 128 and 255 become what the scaling says; mean 128, deviation 64."""
    recipe = recipes.Recipe(layers="flatten", scaling=scaling)
    model = network.build(recipe, mean=128.0, deviation=64.0)
    scaled = keras.Model(model.input, model.get_layer("1_flatten").output)
    image = np.zeros((1, 28, 28), np.uint8)
    image[0, 0, :3] = [0, 128, 255]
    np.testing.assert_allclose(scaled(image)[0, :3], expected, atol=1e-6)


def test_padding_adds_empty_cells() -> None:
    """A padded image is ground all around: -0.5 in the centred scaling, not 0."""
    model = network.build(recipes.Recipe(layers="pad4 flatten", scaling="centred"))
    padded = keras.Model(model.input, model.get_layer("ground").output)
    cells = padded(np.full((1, 28, 28), 255, np.uint8)).numpy()[0, :, :, 0]  # (36, 36)
    assert (cells == -0.5).sum() == 36 * 36 - 28 * 28
    assert cells[4:32, 4:32].min() == 1.4921875


@pytest.mark.parametrize("layers", ARCHITECTURES)
def test_logits_lead_to_the_models_probabilities(layers: str) -> None:
    """Our forward pass, with pools before biases, answers as the Keras model does."""
    model = network.build(recipes.Recipe(layers=layers, batch_size=1))
    batch = images(3)
    probs = tf.nn.softmax(network.logits(model, tf.constant(batch)))
    np.testing.assert_allclose(probs, model(batch), atol=1e-6)


def test_dropout_draws_from_seed_and_step_alone() -> None:
    """The same key drops the same, the next step drops others, and evaluation drops nothing."""
    model = network.build(recipes.Recipe(layers="flatten dense64 drop.5"))
    batch = tf.constant(images(2))

    def answer(*key: int) -> np.ndarray:
        return network.logits(model, batch, key=tuple(tf.constant(key, tf.int64))).numpy()

    assert (answer(1, 5) == answer(1, 5)).all()
    assert (answer(1, 5) != answer(1, 6)).any()
    assert (answer(1, 5) != answer(2, 5)).any()
    assert (network.logits(model, batch).numpy() == network.logits(model, batch).numpy()).all()


def test_dropout_keeps_the_mean() -> None:
    """A fifth of the numbers becomes 0, the others grow to 1.25."""
    dropped = network._dropout(tf.ones((100, 1000)), 0.2, tf.constant([1, 2], tf.int64)).numpy()
    assert set(np.unique(dropped)) == {np.float32(0), np.float32(1.25)}
    assert (dropped == 0).mean() == pytest.approx(0.2, abs=0.01)


def test_layers_are_keras_own() -> None:
    """No layer carries code of ours into a saved file."""
    for layers in ARCHITECTURES:
        model = network.build(recipes.Recipe(layers=layers, batch_size=1))
        assert all(type(layer).__module__.startswith("keras.") for layer in model.layers)
        assert not any(isinstance(layer, keras.layers.Lambda) for layer in model.layers)


@pytest.mark.parametrize("shape", [(4, 3), (2, 2, 1, 3)])
def test_normalisation_moves_keras_statistics(shape: tuple[int, ...]) -> None:
    """A hundredth of the way to the batch's mean and its variance, divided by n as in Keras."""
    channel = np.array([0.0, 0.0, 4.0, 4.0])  # mean 2, variance 4; divided by n - 1 it is 5.33
    x = tf.constant(np.repeat(channel[:, None], 3, axis=1).reshape(shape), tf.float32)
    layer = keras.layers.BatchNormalization()
    layer.build((None, *shape[1:]))
    answer = tf.function(lambda: network._normalise(layer, x), autograph=False)()
    np.testing.assert_allclose(np.unique(answer), [-0.999875, 0.999875], atol=1e-5)
    np.testing.assert_allclose(layer.moving_mean.value, 0.02, atol=1e-6)
    np.testing.assert_allclose(layer.moving_variance.value, 0.99 + 0.04, atol=1e-6)
