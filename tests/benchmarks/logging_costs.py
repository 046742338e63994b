"""Time what `mnistdash.Logger` costs a plain Keras `fit`, alternating.

    MNISTDASH_DATA=../shared/data python tests/benchmarks/logging_costs.py [--repeats 3]
        [--keep-epochs]

The model is that of `dense-tutorial`, trained as the article writes it: five epochs on MNIST. Each
`fit` runs in a process of its own, with a store of its own, after a tiny `fit` that warms
TensorFlow. The seconds count from the call of `fit` to its return: with the callback they hold the
answers to the 10,000 test images and the conversion to LiteRT as well. Reach: a ratio of 1.05.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time

from mnistdash import datasets, recipes

PRESET = recipes.PRESETS["dense-tutorial"]


def main() -> None:
    """Print the median of both, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--keep-epochs", action="store_true", help="every epoch's answers, too")
    parser.add_argument("--child", choices=("plain", "logged"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        print(json.dumps(_fit(arguments.child == "logged", keep_epochs=arguments.keep_epochs)))
        return
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}", flush=True)
    measured: dict[str, list[dict[str, float]]] = {"plain": [], "logged": []}
    for _ in range(arguments.repeats):
        for who, found in measured.items():
            found.append(_child(who, keep_epochs=arguments.keep_epochs))
            print(who, json.dumps(found[-1]), flush=True)
    medians = {
        who: {what: statistics.median(one[what] for one in found) for what in found[0]}
        for who, found in measured.items()
    }
    plain, logged = medians["plain"], medians["logged"]
    for what in ("seconds", "cpu"):
        print(f"{what}: plain {plain[what]:.2f}, logged {logged[what]:.2f}", end=", ")
        print(f"ratio {logged[what] / plain[what]:.3f}")


def _child(who: str, *, keep_epochs: bool) -> dict[str, float]:
    command = [sys.executable, __file__, "--child", who, *["--keep-epochs"] * keep_epochs]
    with tempfile.TemporaryDirectory() as home:
        environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "2", "MNISTDASH_HOME": home}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def _fit(logged: bool, *, keep_epochs: bool) -> dict[str, float]:
    import keras

    import mnistdash

    digits = datasets.load(PRESET.dataset)
    images, labels = digits.x_train / 255.0, digits.y_train
    _compiled().fit(images[:64], labels[:64], verbose=0)  # TensorFlow is warm
    keras.utils.set_random_seed(0)
    model = _compiled()
    callbacks = []
    if logged:
        callbacks = [mnistdash.Logger("costs", dataset=PRESET.dataset, keep_epochs=keep_epochs)]
    wall, cpu = time.perf_counter(), time.process_time()
    model.fit(images, labels, epochs=PRESET.recipe.epochs, callbacks=callbacks, verbose=0)
    return {"seconds": time.perf_counter() - wall, "cpu": time.process_time() - cpu}


def _compiled() -> "keras.Model":  # noqa: F821 - imported late
    import keras

    model = keras.Sequential(
        [
            keras.Input((28, 28)),
            keras.layers.Flatten(),
            keras.layers.Dense(128, activation="relu"),
            keras.layers.Dropout(0.2),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


if __name__ == "__main__":
    main()
