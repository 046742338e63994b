"""The Keras model of a recipe, and its forward pass as training needs it."""

import keras
import numpy as np
import tensorflow as tf

from mnistdash import architecture, recipes

# Dropout layers of one model draw from streams this far apart.
_STREAMS = architecture.MAX_LAYERS + 1


def build(recipe: recipes.Recipe, *, mean: float = 0.0, deviation: float = 1.0) -> keras.Model:
    """Build the model of a recipe, with Keras's default initial weights, drawn from its seed.

    Everything is inside the model: it takes images as they are stored, adds the channel axis and
    the padding, and scales. A `pad` before any other layer adds empty cells to the image itself,
    so a padded image is ground all around whatever the scaling.

    Args:
        recipe: what to build.
        mean: of all training pixels, 0-255; only the scaling "standardised" reads it.
        deviation: likewise, above 0.

    Returns:
        A model from uint8 `(n, 28, 28)` to probabilities float32 `(n, K)`. Its layers are named
        by place and word, such as `1_conv32x3`; `channel`, `scaling` and, behind
        a padding, `ground` aren't in the recipe.
    """
    scale, offset = recipe.pixel_scale(mean, deviation)
    inputs = keras.Input(architecture.IMAGE_SHAPE[:2], dtype="uint8", name="image")
    x = keras.layers.Reshape(architecture.IMAGE_SHAPE, name="channel")(inputs)  # (n, 28, 28, 1)
    padded = recipe.table[0].kind == "pad"
    x = keras.layers.Rescaling(scale, 0.0 if padded else offset, name="scaling")(x)
    for place, layer in enumerate(recipe.table, start=1):
        if padded and layer.kind != "pad":
            # LiteRT can't pad uint8, so the ground moves to its place only after the padding.
            x = keras.layers.Rescaling(1.0, offset, name="ground")(x)
            padded = False
        x = _layer(layer, f"{place}_{layer.word}", _initializer(recipe.seed, place))(x)
    return keras.Model(inputs, x, name="mnistdash")


def _initializer(seed: int, place: int) -> keras.initializers.Initializer:
    """Return Keras's default for a layer's weights, with a seed of its own.

    Without one Keras draws a seed from Python's `random`, which other threads of a Dask worker
    draw from too: the same recipe then began with other weights.
    """
    drawn = np.random.SeedSequence([seed, place]).generate_state(1)[0]
    return keras.initializers.GlorotUniform(seed=int(drawn) % 2**31)


def _layer(
    layer: architecture.Layer, name: str, initializer: keras.initializers.Initializer
) -> keras.Layer:
    match layer.kind:
        case "pad":
            return keras.layers.ZeroPadding2D(layer.size, name=name)
        case "conv":
            return keras.layers.Conv2D(
                layer.size,
                layer.kernel,
                strides=layer.stride,
                padding="same" if layer.same else "valid",
                activation="relu",
                kernel_initializer=initializer,
                name=name,
            )
        case "pool":
            return keras.layers.MaxPooling2D(layer.size, name=name)
        case "avg":
            return keras.layers.AveragePooling2D(layer.size, name=name)
        case "drop":
            return keras.layers.Dropout(layer.rate, name=name)
        case "bn":
            return keras.layers.BatchNormalization(name=name)
        case "flatten":
            return keras.layers.Flatten(name=name)
        case "gap":
            return keras.layers.GlobalAveragePooling2D(name=name)
        case "dense" | "softmax":
            activation = "relu" if layer.kind == "dense" else "softmax"
            return keras.layers.Dense(
                layer.size, activation=activation, kernel_initializer=initializer, name=name
            )
    raise ValueError(f"`{layer.word}` has no Keras layer.")


def logits(
    model: keras.Model, images: tf.Tensor, *, key: tuple[tf.Tensor, tf.Tensor] | None = None
) -> tf.Tensor:
    """Compute what the softmax receives.

    Args:
        model: from `build`.
        images: uint8 or float32 `(n, 28, 28)`, 0-255.
        key: seed and step, int64 scalars, when training: dropout then draws from them alone, so
            that a resumed training draws the same; batch normalisation uses and moves its
            statistics. None when evaluating.

    Returns:
        float32 `(n, K)`.
    """
    layers = model.layers[1:-1]
    x = images
    for place, layer in enumerate(layers):
        if key is not None and isinstance(layer, keras.layers.Dropout):
            x = _dropout(x, layer.rate, tf.stack([key[0], key[1] * _STREAMS + place]))
        elif key is not None and isinstance(layer, keras.layers.BatchNormalization):
            x = _normalise(layer, x)
        elif isinstance(layer, keras.layers.Reshape | keras.layers.Flatten):
            x = tf.reshape(x, (-1, *layer.output.shape[1:]))  # without Keras's work on the sizes
        elif isinstance(layer, keras.layers.Conv2D):
            x = _convolve(layer, x, pool=layers[place + 1 : place + 2])
        elif not _is_pool_of_convolution(layer, layers[:place]):
            x = layer(x, training=key is not None)
    head = model.layers[-1]
    return tf.matmul(x, head.kernel.value) + head.bias.value  # (n, K)


def _is_pool_of_convolution(layer: keras.Layer, before: list[keras.Layer]) -> bool:
    pools = isinstance(layer, keras.layers.MaxPooling2D)
    return pools and bool(before) and isinstance(before[-1], keras.layers.Conv2D)


def _convolve(layer: keras.Layer, x: tf.Tensor, pool: list[keras.Layer]) -> tf.Tensor:
    """Compute a convolution and the pool behind it, if one is there.

    The largest of some numbers stays the largest when a bias is added and relu applied to each;
    doing both behind the pool, on a quarter of the numbers, makes a training step a tenth to a
    fifth faster.
    """
    x = tf.nn.conv2d(x, layer.kernel.value, layer.strides, layer.padding.upper())
    if pool and _is_pool_of_convolution(pool[0], [layer]):
        x = pool[0](x)
    return tf.nn.relu(tf.nn.bias_add(x, layer.bias.value))


def _normalise(layer: keras.Layer, x: tf.Tensor) -> tf.Tensor:
    """Normalise a training batch by its own mean and variance, and move the layer's.

    One fused operation where Keras takes eight; the moving statistics move as Keras moves them.
    """
    batch, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
        x=x if len(x.shape) == 4 else x[:, None, None],  # (n, height, width, channels)
        scale=layer.gamma.value,
        offset=layer.beta.value,
        mean=[],
        variance=[],
        epsilon=layer.epsilon,
    )
    count = tf.cast(tf.size(x) / x.shape[-1], tf.float32)
    biased = variance * (count - 1) / count  # as Keras counts; the operation divides by count - 1
    for moving, now in ((layer.moving_mean.value, mean), (layer.moving_variance.value, biased)):
        moving.assign_sub((moving - now) * (1 - layer.momentum))
    return tf.reshape(batch, tf.shape(x))


def _dropout(x: tf.Tensor, rate: float, seed: tf.Tensor) -> tf.Tensor:
    kept = tf.random.stateless_uniform(tf.shape(x), seed) >= rate
    return x * tf.cast(kept, tf.float32) * (1 / (1 - rate))
