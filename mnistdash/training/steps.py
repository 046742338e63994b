"""The traced functions: a step, many steps in one call, the optimizers, and the answers."""

import collections.abc

import keras
import numpy as np
import tensorflow as tf

from mnistdash import architecture, recipes
from mnistdash.training import augmentation, network

# Keras's defaults, which the published models were trained with.
_BETA_1, _BETA_2, _EPSILON, _RHO, _WEIGHT_DECAY = 0.9, 0.999, 1e-7, 0.9, 0.004


def step_function(
    recipe: recipes.Recipe,
    model: keras.Model,
    slots: dict[str, tf.Variable],
    images: tf.Tensor,
    labels: tf.Tensor,
    size: int,
) -> "tf.types.experimental.PolymorphicFunction":
    """Trace a function that takes any number of training steps, of `size` images, in one call."""
    variables = [variable.value for variable in model.trainable_variables]
    seed = tf.constant(recipe.seed, tf.int64)

    def take_step(batch: tf.Tensor, rate: tf.Tensor, step: tf.Tensor) -> tuple:
        pixels, truth = tf.gather(images, batch), tf.gather(labels, batch)
        if recipe.augments:
            pixels = augmentation.augment(pixels, truth, recipe, (seed, step))
        with tf.GradientTape() as tape:
            logits = network.logits(model, pixels, key=(seed, step))
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(truth, logits)
        # Of the mean loss, without the operations that a mean's own gradient takes.
        gradients = tape.gradient(losses, variables, tf.fill([size], 1 / size))
        _apply(recipe, model, slots, gradients, rate, step)
        hits = tf.cast(tf.argmax(logits, 1, tf.int32) == truth, tf.float32)
        return tf.reduce_mean([losses, hits], axis=1)

    return many_steps(take_step, size)


def many_steps(
    take_step: collections.abc.Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tuple],
    size: int,
) -> "tf.types.experimental.PolymorphicFunction":
    """Trace a loop over a step's batches and learning rates."""
    spec = tf.TensorSpec
    signature = [spec([None, size], tf.int32), spec([None], tf.float32), spec([], tf.int64)]

    @tf.function(input_signature=signature, autograph=False)
    def take_steps(batches: tf.Tensor, rates: tf.Tensor, first: tf.Tensor) -> tuple:
        count = tf.shape(batches)[0]

        def body(i: tf.Tensor, figures: tf.TensorArray) -> tuple:
            step = first + tf.cast(i, tf.int64)
            figure = take_step(tf.gather(batches, i), tf.gather(rates, i), step)
            return i + 1, figures.write(i, figure)

        _, figures = tf.while_loop(
            lambda i, _: i < count,
            body,
            (0, tf.TensorArray(tf.float32, count, element_shape=[2])),
            parallel_iterations=1,
        )
        return figures.stack()

    return take_steps


def evaluate_function(model: keras.Model) -> "tf.types.experimental.PolymorphicFunction":
    """Return the function that answers images with logarithms of probabilities."""
    signature = [tf.TensorSpec([None, *architecture.IMAGE_SHAPE[:2]], tf.uint8)]

    @tf.function(input_signature=signature, autograph=False)
    def evaluate(images: tf.Tensor) -> tf.Tensor:
        return tf.nn.log_softmax(network.logits(model, images))

    return evaluate


def slots(recipe: recipes.Recipe, model: keras.Model) -> dict[str, tf.Variable]:
    """Make the optimizer's memory: none, one or two numbers for each trainable weight."""
    kinds = {"adam": ("m", "v"), "adamw": ("m", "v"), "rmsprop": ("v", "m"), "sgd": ("m",)}
    wanted = kinds[recipe.optimizer] if recipe.optimizer != "sgd" or recipe.momentum else ()
    return {
        f"{kind}/{variable.path}": tf.Variable(tf.zeros(variable.shape), trainable=False)
        for kind in wanted
        for variable in model.trainable_variables
    }


def _apply(
    recipe: recipes.Recipe,
    model: keras.Model,
    slots: dict[str, tf.Variable],
    gradients: list[tf.Tensor],
    rate: tf.Tensor,
    step: tf.Tensor,
) -> None:
    """Move every trainable weight along its gradient, by one fused operation each."""
    done = tf.cast(step + 1, tf.float32)
    powers = {"beta1_power": tf.pow(_BETA_1, done), "beta2_power": tf.pow(_BETA_2, done)}
    for variable, gradient in zip(model.trainable_variables, gradients, strict=True):
        var = variable.value.handle
        m, v = (slots.get(f"{kind}/{variable.path}") for kind in "mv")
        if recipe.optimizer == "adamw":
            variable.value.assign_sub(variable.value * (_WEIGHT_DECAY * rate))
        if recipe.optimizer in ("adam", "adamw"):
            betas = {"beta1": _BETA_1, "beta2": _BETA_2, "epsilon": _EPSILON}
            tf.raw_ops.ResourceApplyAdam(
                var=var, m=m.handle, v=v.handle, lr=rate, grad=gradient, **powers, **betas
            )
        elif recipe.optimizer == "rmsprop":
            memory = {"ms": v.handle, "mom": m.handle, "rho": _RHO}
            tf.raw_ops.ResourceApplyRMSProp(
                var=var, lr=rate, momentum=0.0, epsilon=_EPSILON, grad=gradient, **memory
            )
        elif m is None:
            tf.raw_ops.ResourceApplyGradientDescent(var=var, alpha=rate, delta=gradient)
        else:
            tf.raw_ops.ResourceApplyKerasMomentum(
                var=var, accum=m.handle, lr=rate, grad=gradient, momentum=recipe.momentum
            )


def learning_rates(recipe: recipes.Recipe, steps: int) -> np.ndarray:
    """Compute the rate of every step of a training, float32 (epochs * steps,)."""
    total = recipe.epochs * steps
    share = np.arange(total) / total
    match recipe.schedule:
        case "cosine":
            factor = 0.5 * (1 + np.cos(np.pi * share))
        case "step":
            epochs = np.arange(total) // steps / recipe.epochs
            factor = np.where(epochs < 0.5, 1.0, np.where(epochs < 0.75, 0.1, 0.01))
        case _:
            factor = np.ones(total)
    return (recipe.learning_rate * factor).astype(np.float32)
