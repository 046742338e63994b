"""Whether corrections pay: labels spoiled on purpose, found by rank, corrected, trained again.

    MNISTDASH_DATA=../shared/data python tests/benchmarks/corrections.py

Of 300 of MNIST's 60,000 training images, drawn with seed 0, the label is changed to another one.
The judges of `suspects` rank all training labels, as the Data page shows them; who looks at the
first 600 finds some of the 300 and relabels them. The recipe `dense-tutorial` then learns from the
labels as published, from the spoiled ones, and from these with the corrections, three seeds each.
Takes about five minutes on two threads.
"""

import argparse
import dataclasses
import time
import types

import numpy as np

from mnistdash import classifier, corrections, datasets, recipes, study, suspects
from mnistdash.training import session

SPOILED, LOOKED_AT, SEEDS = 300, 600, 3


def main() -> None:
    """Print how many were found, and the test accuracies."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--preset", default="dense-tutorial", choices=sorted(recipes.PRESETS))
    recipe = recipes.PRESETS[parser.parse_args().preset].recipe
    dataset = datasets.load("mnist")
    places, labels = spoiled(dataset.y_train)
    print(
        f"{len(places)} labels spoiled of {len(labels):,}; {recipe.layers}, {recipe.epochs} epochs"
    )
    world = of(dataset, labels)
    found = ranked_by_judges(world, places)
    made = tuple(
        sorted((corrections.name(dataset.x_train[i]), int(dataset.y_train[i])) for i in found)
    )
    report("labels as published", recipe, of(dataset, dataset.y_train))
    report("labels spoiled", recipe, world)
    corrected = dataclasses.replace(recipe, corrections=made)
    report(f"spoiled, with {len(made)} corrections", corrected, world)
    twice = [session.train(corrected, world).artifacts["weights.npz"] for _ in range(2)]
    print(f"the same recipe twice, the same bytes: {twice[0] == twice[1]}")


def spoiled(y_train: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Draw the images whose label is changed, and return their places and all labels."""
    rng = np.random.default_rng(0)
    places = np.sort(rng.choice(len(y_train), SPOILED, replace=False))
    labels = y_train.copy()
    labels[places] = (labels[places] + rng.integers(1, 10, SPOILED)) % 10
    return places, labels


def of(dataset: datasets.Dataset, labels: np.ndarray) -> types.SimpleNamespace:
    """Return the data set with other training labels."""
    return types.SimpleNamespace(
        x_train=dataset.x_train, y_train=labels, x_test=dataset.x_test, y_test=dataset.y_test,
        class_names=dataset.class_names, num_train=len(labels),
    )  # fmt: skip


def ranked_by_judges(world: types.SimpleNamespace, places: np.ndarray) -> np.ndarray:
    """Rank all labels, print how many of the spoiled ones come first, and return these."""
    began = time.perf_counter()
    of_train, _ = study.ask_judges(world, lambda share: None)
    judged = suspects.judge(world.y_train, of_train)
    ranked = judged.ranked()
    seconds = time.perf_counter() - began
    for first in (150, 300, LOOKED_AT, 1_200):
        among = int(np.isin(places, ranked[:first]).sum())
        print(f"among the first {first}: {among} of {len(places)}")
    likely = judged.likely[places] == datasets.load("mnist").y_train[places]
    print(f"ranked in {seconds:.0f} s; the label offered is the true one for {likely.sum()}")
    return places[np.isin(places, ranked[:LOOKED_AT])]


def report(what: str, recipe: recipes.Recipe, world: types.SimpleNamespace) -> None:
    """Train with some seeds and print the accuracies; of the first its own ranking as well."""
    outcomes = [
        session.train(dataclasses.replace(recipe, seed=seed), world) for seed in range(SEEDS)
    ]
    accuracies = [100 * outcome.test_accuracy for outcome in outcomes]
    each = ", ".join(f"{accuracy:.2f}" for accuracy in accuracies)
    print(f"{what}: {np.mean(accuracies):.2f} % (seeds 0 to {SEEDS - 1}: {each})", flush=True)
    if what == "labels spoiled":
        places, _ = spoiled(datasets.load("mnist").y_train)
        probs = classifier.Classifier(outcomes[0].artifacts["model.tflite"]).probs(world.x_train)
        own = probs[np.arange(len(probs)), world.y_train].argsort(kind="stable")
        among = np.isin(places, own[:LOOKED_AT]).sum()
        print(f"  by the run's own confidence in its labels: {among} among the first {LOOKED_AT}")


if __name__ == "__main__":
    main()
