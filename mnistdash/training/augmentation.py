"""Reshaping training images at random, inside TensorFlow's graph."""

import math

import numpy as np
import tensorflow as tf

from mnistdash import architecture, recipes

SIDE = architecture.IMAGE_SHAPE[0]
REACH = 4.0  # cells; over this distance an elastic deformation's displacements are smoothed
UPSTROKE_ANGLES = 25.0, 50.0  # degrees from the stem
UPSTROKE_FLATTEST = 62.0  # degrees from upright; a seven's bar lies flatter
UPSTROKE_LENGTHS = 4.0, 12.0  # cells, of a digit 20 high
UPSTROKE_PENS = 1.8, 3.0  # cells, around the 2.4 of MNIST's own strokes
# Above every seed: these streams of random numbers are no other recipe's.
_FIELD, _UPSTROKES = 2**32, 2**33


def augment(
    images: tf.Tensor,
    labels: tf.Tensor,
    recipe: recipes.Recipe,
    key: tuple[tf.Tensor, tf.Tensor],
) -> tf.Tensor:
    """Turn, move, zoom, shear and deform every image at random, and change its stroke.

    Args:
        images: uint8 `(n, 28, 28)`.
        labels: int32 `(n,)`, 0-9.
        recipe: how far. Each amount is drawn evenly between minus and plus its setting; of an
            elastic deformation it is the standard deviation of every cell's displacement, and
            `upstroke` is the share of the ones that get one.
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
    if recipe.upstroke:
        before = tf.cast(images, tf.float32)
        images = _with_upstrokes(before, labels == 1, recipe.upstroke, key)
        # MNIST's digits are centred by mass, so those with an upstroke are centred anew.
        x += _centre(tf.reduce_sum(images, 1)) - _centre(tf.reduce_sum(before, 1))
        y += _centre(tf.reduce_sum(images, 2)) - _centre(tf.reduce_sum(before, 2))
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


def _with_upstrokes(
    pixels: tf.Tensor, ones: tf.Tensor, share: float, key: tuple[tf.Tensor, tf.Tensor]
) -> tf.Tensor:
    """Draw an upstroke at the top of some ones, as most of Europe writes them.

    Hardly any of MNIST's American ones has one; without it they are read as sevens.
    """
    seed = tf.stack([key[0] + _UPSTROKES, key[1]])
    draws = tf.unstack(tf.random.stateless_uniform((4, tf.shape(pixels)[0], 1, 1), seed))
    chosen = ones[:, None, None] & (draws[0] < share)
    turn, length, pen = (
        low + draw * (high - low)
        for draw, (low, high) in zip(
            draws[1:], (UPSTROKE_ANGLES, UPSTROKE_LENGTHS, UPSTROKE_PENS), strict=True
        )
    )
    x, y, lean = _from_the_top(pixels)
    flattest = math.radians(UPSTROKE_FLATTEST)
    angle = tf.minimum(lean + turn * math.pi / 180, flattest)
    left, down = -tf.sin(angle), tf.cos(angle)
    along = tf.clip_by_value(x * left + y * down, 0, length)
    distance = tf.sqrt((x - along * left) ** 2 + (y - along * down) ** 2)
    stroke = 255 * tf.clip_by_value((pen + 1) / 2 - distance, 0, 1)
    return tf.where(chosen, tf.maximum(pixels, stroke), pixels)


def _from_the_top(pixels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Measure every cell's place from the top of the ink, and how far the ink leans to the right.

    Returns:
        Cells to the right `(n, 1, 28)`, cells down `(n, 28, 1)`, and radians `(n, 1, 1)`.
    """
    cells = tf.range(SIDE, dtype=tf.float32)
    top = tf.argmax(tf.reduce_max(pixels, 2) > 128, 1)  # the first row that holds ink
    start = _centre(tf.gather(pixels, top, batch_dims=1))
    across, below = _centre(tf.reduce_sum(pixels, 1)), _centre(tf.reduce_sum(pixels, 2))
    top = tf.cast(top, tf.float32)[:, None, None]
    lean = tf.atan2(start - across, below - top)
    return cells - start, cells[:, None] - top, lean


def _centre(amounts: tf.Tensor) -> tf.Tensor:
    """Return where amounts (n, 28) are centred, in cells (n, 1, 1)."""
    cells = tf.range(SIDE, dtype=tf.float32)
    centre = tf.reduce_sum(amounts * cells, 1) / tf.maximum(tf.reduce_sum(amounts, 1), 1)
    return centre[:, None, None]
