"""What augmentation costs an epoch, evaluation a training, and one answer.

    MNISTDASH_DATA=../shared/data python tests/benchmarks/costs.py

Augmentation: the second epoch on 30,000 images of `fashion-augmented` with rotation, shift and
zoom and without any, alternating. Evaluation: the 10,000 test images by every preset's model as
after a training, with two threads; its weights don't matter, so it is trained for two steps.
"""

import dataclasses
import os
import platform
import statistics
import time
import types

import numpy as np

from mnistdash import classifier, datasets, recipes
from mnistdash.training import session

IMAGES, REPEATS, DIGITS = 30_000, 3, 300
ZOOM = 0.1  # the article has none; with it the three reshapings of its budget are all on


def main() -> None:
    """Print seconds, and the share of an epoch."""
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    session.warm()
    clothes = datasets.load("fashion_mnist")
    article = recipes.PRESETS["fashion-augmented"].recipe
    epochs = {
        "with": dataclasses.replace(article, zoom=ZOOM),
        "without": dataclasses.replace(article, rotation=0.0, shift=0.0),
    }
    seconds = {name: [] for name in epochs}
    for _ in range(REPEATS):
        for name, recipe in epochs.items():
            seconds[name].append(_second_epoch(recipe, clothes))
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    for name, values in seconds.items():
        print(f"augmentation, {name}: {medians[name]:.2f} s", [round(value, 2) for value in values])
    print(f"augmentation: {1 - medians['without'] / medians['with']:.0%} of an epoch")
    for name, preset in recipes.PRESETS.items():
        print(f"{name}: 10,000 test images in {_evaluation(preset, clothes):.2f} s", flush=True)
    print(f"the starter: {_one_answer():.2f} ms a digit, median of {DIGITS}")


def _some(images: int, clothes: datasets.Dataset) -> types.SimpleNamespace:
    arrays = {name: getattr(clothes, name)[:images] for name in ("x_train", "y_train")}
    tested = {name: getattr(clothes, name)[:100] for name in ("x_test", "y_test")}
    return types.SimpleNamespace(**arrays, **tested)


def _second_epoch(recipe: recipes.Recipe, clothes: datasets.Dataset) -> float:
    outcome = session.train(dataclasses.replace(recipe, epochs=2), _some(IMAGES, clothes))
    return outcome.history[1].seconds


def _evaluation(preset: recipes.Preset, clothes: datasets.Dataset) -> float:
    recipe = dataclasses.replace(preset.recipe, epochs=1)
    outcome = session.train(recipe, _some(2 * recipe.batch_size, clothes))
    model = classifier.Classifier(outcome.artifacts["model.tflite"], threads=2)
    return _seconds(model, clothes.x_test)


def _one_answer() -> float:
    """Measure one answer of the model that reads drawings, in milliseconds, with one thread."""
    images = np.random.default_rng(0).integers(0, 256, (DIGITS, 1, 28, 28), dtype=np.uint8)
    classifier.starter().probs(images[0])
    return 1000 * statistics.median(_seconds(classifier.starter(), image) for image in images)


def _seconds(model: classifier.Classifier, images: np.ndarray) -> float:
    begun = time.perf_counter()
    model.probs(images)
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
