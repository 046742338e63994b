"""Reshaping training images at random, inside TensorFlow's graph."""

import math

import numpy as np
import tensorflow as tf

from mnistdash import recipes

SIDE = recipes.IMAGE_SHAPE[0]
REACH = 4.0  # cells; over this distance an elastic deformation's displacements are smoothed
_FIELD = 2**32  # above every seed: the stream of displacements is no other recipe's stream


def augment(
    images: tf.Tensor, recipe: recipes.Recipe, key: tuple[tf.Tensor, tf.Tensor]
) -> tf.Tensor:
    """Turn, move, zoom, shear and deform every image at random, and change its stroke.

    Args:
        images: uint8 `(n, 28, 28)`.
        recipe: how far. Each amount is drawn evenly between minus and plus its setting; of an
            elastic deformation it is the standard deviation of every cell's displacement.
        key: seed and step, int64 scalars; the same key draws the same.

    Returns:
        float32 `(n, 28, 28)`, 0-255, sampled bilinearly, on empty ground.

    Source of the elastic deformation: P. Simard, D. Steinkraus, J. Platt, "Best practices for
    convolutional neural networks applied to visual document analysis", ICDAR 2003.
    """
    draws = tf.random.stateless_uniform((6, tf.shape(images)[0], 1, 1), tf.stack(key), -1.0, 1.0)
    *moves, pen = tf.unstack(draws)
    x, y = _places(*moves, recipe)
    if recipe.elastic:
        right, down = tf.unstack(_field(tf.shape(images)[0], key))
        x, y = x + recipe.elastic * right, y + recipe.elastic * down
    pixels = _sampled(images, x, y)
    return _with_pen(pixels, recipe.thickness * pen) if recipe.thickness else pixels


def _places(
    turn: tf.Tensor,
    zoom: tf.Tensor,
    right: tf.Tensor,
    down: tf.Tensor,
    slant: tf.Tensor,
    recipe: recipes.Recipe,
) -> tuple[tf.Tensor, tf.Tensor]:
    """Compute where each cell of the result is read from, about the image's middle, in cells."""
    cells = tf.range(SIDE, dtype=tf.float32) - (SIDE - 1) / 2
    x = cells[None, None, :] - right * recipe.shift * SIDE  # (n, 1, 28)
    y = cells[None, :, None] - down * recipe.shift * SIDE  # (n, 28, 1)
    x = x + tf.tan(slant * math.radians(recipe.shear)) * y  # (n, 28, 28)
    angle, scale = turn * math.radians(recipe.rotation), 1 / (1 + zoom * recipe.zoom)
    cosine, sine = scale * tf.cos(angle), scale * tf.sin(angle)
    return cosine * x + sine * y, cosine * y - sine * x


def _field(count: tf.Tensor, key: tuple[tf.Tensor, tf.Tensor]) -> tf.Tensor:
    """Draw smooth displacements of mean 0 and standard deviation 1, float32 (2, n, 28, 28)."""
    apart = np.arange(SIDE)[:, None] - np.arange(SIDE)
    smooth = np.exp(-0.5 * (apart / REACH) ** 2)
    smooth = tf.constant(smooth / np.linalg.norm(smooth, axis=1, keepdims=True), tf.float32)
    bound = math.sqrt(3)  # even noise of standard deviation 1
    seed = tf.stack([key[0] + _FIELD, key[1]])
    noise = tf.random.stateless_uniform((2, count, SIDE, SIDE), seed, -bound, bound)
    return tf.einsum("ij,anjk,lk->anil", smooth, noise, smooth)


def _sampled(images: tf.Tensor, x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    """Read images between their cells, bilinearly; outside them everything is 0."""
    wide = SIDE + 2  # with an empty cell on every side
    flat = tf.reshape(tf.pad(images, [[0, 0], [1, 1], [1, 1]]), [-1])
    x, y = (tf.clip_by_value(place + (wide - 1) / 2, 0, wide - 1.001) for place in (x, y))
    left, top = tf.floor(x), tf.floor(y)
    first = wide**2 * tf.range(tf.shape(images)[0])[:, None, None]
    corner = first + wide * tf.cast(top, tf.int32) + tf.cast(left, tf.int32)

    def row(below: int) -> tf.Tensor:
        start, end = (
            tf.cast(tf.gather(flat, corner + wide * below + right), tf.float32) for right in (0, 1)
        )
        return start + (x - left) * (end - start)

    upper = row(0)
    return upper + (y - top) * (row(1) - upper)


def _with_pen(pixels: tf.Tensor, amount: tf.Tensor) -> tf.Tensor:
    """Widen strokes by up to one cell on each side, or thin them where the amount is negative."""
    plane = pixels[..., None]
    wider = tf.nn.max_pool2d(plane, 3, 1, "SAME")[..., 0]
    thinner = -tf.nn.max_pool2d(-plane, 3, 1, "SAME")[..., 0]
    return pixels + tf.nn.relu(amount) * (wider - pixels) - tf.nn.relu(-amount) * (pixels - thinner)
