"""Time our trainer against the plain Keras script of the articles, alternating.

    MNISTDASH_DATA=../shared/data python tests/benchmarks/training.py [PRESET ...]
        [--epochs N] [--repeats 3]

Each training runs in a process of its own, which first trains a tiny model so that TensorFlow is
warm, as in the trainer's worker. Both count from the call that trains to the end of its last
epoch: building and tracing the model included, reading the images and testing not. Reach: dense
presets at most 0.2 of the plain script's seconds, convolutional ones at most 0.8. Accuracies differ
by chance only.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import time

import numpy as np

from mnistdash import recipes

PUBLISHED = [name for name in recipes.PRESETS if name != "robust-cnn"]  # that one has no article
COLUMNS = "{:<18}{:>7}{:>9}{:>9}{:>7}{:>7}{:>9}{:>9}{:>8}{:>8}"


def main() -> None:
    """Print one line a preset: medians, ratios, accuracies, shares of the machine's rate."""
    arguments = _arguments()
    if arguments.child:
        preset = recipes.PRESETS[arguments.presets[0]]
        print(json.dumps(_CHILDREN[arguments.child](preset, arguments.epochs)))
        return
    print(f"median of {arguments.repeats}, {os.cpu_count()} cores, Python", end=" ")
    print(platform.python_version(), "| s: seconds, cpu: ratio of processor seconds")
    print("acc: on the test images; share: of the rate of a large matrix product, same run")
    heads = ("preset", "epochs", "ours s", "keras s", "ratio", "cpu", "ours acc", "keras acc")
    print(COLUMNS.format(*heads, "share", "share"))
    for name in arguments.presets:
        _compare(recipes.PRESETS[name], arguments)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("presets", nargs="*", metavar="PRESET", default=PUBLISHED)
    parser.add_argument("--epochs", type=int, help="at most; else the preset's own, 1 with conv")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--child", choices=list(_CHILDREN), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    unknown = [name for name in arguments.presets if name not in recipes.PRESETS]
    if unknown:
        parser.error(f"{unknown[0]!r} is no preset. Choose from {', '.join(recipes.PRESETS)}.")
    return arguments


def _compare(preset: recipes.Preset, arguments: argparse.Namespace) -> None:
    convolves = any(layer.kind == "conv" for layer in preset.recipe.table)
    epochs = min(arguments.epochs or (1 if convolves else 200), preset.recipe.epochs)
    measured = {who: [] for who in _CHILDREN}
    for _ in range(arguments.repeats):
        for who in _CHILDREN:
            measured[who].append(_run_child(who, preset.name, epochs))

    def median(who: str, what: str) -> float:
        return statistics.median(one[what] for one in measured[who])

    rate = max(one["rate"] for runs in measured.values() for one in runs)
    flops = _flops(preset.recipe) * epochs
    ours, plain = median("ours", "seconds"), median("keras", "seconds")
    line = COLUMNS.format(
        preset.name,
        epochs,
        f"{ours:.2f}",
        f"{plain:.2f}",
        f"{ours / plain:.3f}",
        f"{median('ours', 'cpu') / median('keras', 'cpu'):.3f}",
        f"{median('ours', 'accuracy'):.4f}",
        f"{median('keras', 'accuracy'):.4f}",
        f"{flops / ours / rate:.0%}",
        f"{flops / plain / rate:.0%}",
    )
    print(line, flush=True)


def _run_child(who: str, preset: str, epochs: int) -> dict[str, float]:
    command = [sys.executable, __file__, preset, "--child", who, "--epochs", str(epochs)]
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "2"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def _flops(recipe: recipes.Recipe) -> int:
    """Count an epoch's multiplications and additions: forward, and twice backward.

    The first layer that multiplies has no gradient to hand on, so it counts two times, not three.
    """
    each = [layer.multiplications for layer in recipe.table if layer.multiplications]
    images = 60_000 - round(recipe.validation * 60_000)
    return 2 * images * (3 * sum(each) - each[0])


def _matrix_product_rate() -> float:
    """Measure the floating-point operations a second of a large product, all threads."""
    import tensorflow as tf

    side = 2048
    matrix = tf.random.normal((side, side))
    seconds = []
    for _ in range(8):
        began = time.perf_counter()
        tf.matmul(matrix, matrix).numpy()
        seconds.append(time.perf_counter() - began)
    return 2 * side**3 / min(seconds)


def _arrays(dataset: str) -> tuple[np.ndarray, ...]:
    folder = pathlib.Path(os.environ.get("MNISTDASH_DATA", "../shared/data"))
    with np.load(folder / f"{dataset}.npz", allow_pickle=False) as file:
        return tuple(file[name] for name in ("x_train", "y_train", "x_test", "y_test"))


class _Clock:
    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def figures(self, accuracy: float) -> dict[str, float]:
        seconds, cpu = time.perf_counter() - self._wall, time.process_time() - self._cpu
        return {"seconds": seconds, "cpu": cpu, "accuracy": accuracy}


def _train_ours(preset: recipes.Preset, epochs: int) -> dict[str, float]:
    from mnistdash import datasets
    from mnistdash.training import session

    dataset = datasets.load(preset.dataset)
    recipe = dataclasses.replace(preset.recipe, epochs=epochs)
    figures = {}
    _ = dataset.x_train  # read at its first use
    session.warm()
    clock = _Clock()

    def on_epoch(*_: object) -> None:
        figures.update(clock.figures(0.0))

    outcome = session.train(recipe, dataset, on_epoch=on_epoch)
    return figures | {"accuracy": outcome.test_accuracy, "rate": _matrix_product_rate()}


def _train_keras(preset: recipes.Preset, epochs: int) -> dict[str, float]:
    """Train as the articles do: arrays scaled beforehand, `compile`, `fit`."""
    import keras

    recipe = preset.recipe
    warm = keras.Sequential([keras.Input((1,)), keras.layers.Dense(10, activation="softmax")])
    warm.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    warm.fit(np.zeros((64, 1)), np.zeros(64), verbose=0)
    keras.utils.set_random_seed(recipe.seed)
    x_train, y_train, x_test, y_test = _arrays(preset.dataset)
    mean, deviation = x_train.mean(), x_train.std()
    scale = {
        "unit": lambda x: x / 255.0,
        "centred": lambda x: x / 128.0 - 0.5,
        "standardised": lambda x: (x - mean) / deviation,
    }[recipe.scaling]
    convolves = any(layer.kind == "conv" for layer in recipe.table)
    if convolves:
        x_train, x_test = x_train[..., None], x_test[..., None]
    x_train, x_test = scale(x_train), scale(x_test)
    model = keras.Sequential([keras.Input(x_train.shape[1:]), *_keras_layers(recipe)])
    optimizer = {"adam": keras.optimizers.Adam, "sgd": keras.optimizers.SGD}[recipe.optimizer]
    model.compile(
        optimizer=optimizer(learning_rate=recipe.learning_rate),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    clock = _Clock()
    model.fit(
        x_train,
        y_train,
        batch_size=recipe.batch_size,
        epochs=epochs,
        validation_split=recipe.validation,
        verbose=0,
    )
    figures = clock.figures(0.0)
    accuracy = model.evaluate(x_test, y_test, verbose=0)[1]
    return figures | {"accuracy": accuracy, "rate": _matrix_product_rate()}


def _keras_layers(recipe: recipes.Recipe) -> list:
    from keras import layers

    makes = {
        "pad": lambda layer: layers.ZeroPadding2D(layer.size),
        "conv": lambda layer: layers.Conv2D(layer.size, layer.kernel, activation="relu"),
        "pool": lambda layer: layers.MaxPooling2D(layer.size),
        "drop": lambda layer: layers.Dropout(layer.rate),
        "flatten": lambda layer: layers.Flatten(),
        "dense": lambda layer: layers.Dense(layer.size, activation="relu"),
        "softmax": lambda layer: layers.Dense(layer.size, activation="softmax"),
    }
    moves = []
    if recipe.rotation:
        moves.append(layers.RandomRotation(recipe.rotation / 360))
    if recipe.shift:
        moves.append(layers.RandomTranslation(recipe.shift, recipe.shift))
    return moves + [makes[layer.kind](layer) for layer in recipe.table]


_CHILDREN = {"ours": _train_ours, "keras": _train_keras}

if __name__ == "__main__":
    main()
