"""Whether corrections pay: labels spoiled on purpose, found by rank, corrected, trained again.

    MNISTDASH_DATA=../shared/data python tests/benchmarks/corrections.py [--dataset letters]

Of 300 training images, drawn with seed 0, the label is changed to another one. The judges of
`suspects` rank all training labels, as the Data page shows them; who looks at the first 600 finds
some of the 300 and relabels them. The recipe then learns from the labels as published, from the
spoiled ones, and from these with the corrections, three seeds each. Takes about five minutes on two
threads for MNIST and `dense-tutorial`.
"""

import argparse
import dataclasses
import time
import types

import numpy as np

from mnistdash import corrections, datasets, recipes, study, suspects
from mnistdash.training import session

SPOILED, LOOKED_AT, SEEDS = 300, 600, 3
PRESETS = {"mnist": "dense-tutorial", "letters": "cnn-one-epoch"}  # unless another is asked for
EPOCHS = {"letters": 8}  # where the preset's own are too few


def main() -> None:
    """Print how many were found, and the test accuracies."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", default="mnist")
    parser.add_argument("--preset", choices=sorted(recipes.PRESETS))
    asked = parser.parse_args()
    dataset = datasets.load(asked.dataset)
    recipe = recipe_for(dataset, asked.preset or PRESETS.get(dataset.name, "cnn-one-epoch"))
    places, labels = spoiled(dataset)
    print(
        f"{len(places)} labels spoiled of {len(labels):,}; {recipe.layers}, {recipe.epochs} epochs"
    )
    world = of(dataset, labels)
    found = ranked_by_judges(world, places, dataset.y_train)
    made = tuple(
        sorted((corrections.name(dataset.x_train[i]), int(dataset.y_train[i])) for i in found)
    )
    report("labels as published", recipe, of(dataset, dataset.y_train))
    report("labels spoiled", recipe, world)
    corrected = dataclasses.replace(recipe, corrections=made)
    report(f"spoiled, with {len(made)} corrections", corrected, world)
    twice = [session.train(corrected, world).artifacts["weights.npz"] for _ in range(2)]
    print(f"the same recipe twice, the same bytes: {twice[0] == twice[1]}")


def recipe_for(dataset: datasets.Dataset, preset: str) -> recipes.Recipe:
    """Return a preset's recipe for a data set's classes, long enough for it."""
    recipe = recipes.PRESETS[preset].recipe
    epochs = EPOCHS.get(dataset.name, recipe.epochs)
    return dataclasses.replace(recipe, epochs=epochs, classes=len(dataset.class_names))


def spoiled(dataset: datasets.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Draw the images whose label is changed, and return their places and all labels."""
    rng, classes = np.random.default_rng(0), len(dataset.class_names)
    places = np.sort(rng.choice(dataset.num_train, SPOILED, replace=False))
    labels = dataset.y_train.copy()
    labels[places] = (labels[places] + rng.integers(1, classes, SPOILED)) % classes
    return places, labels


def of(dataset: datasets.Dataset, labels: np.ndarray) -> types.SimpleNamespace:
    """Return the data set with other training labels."""
    return types.SimpleNamespace(
        x_train=dataset.x_train, y_train=labels, x_test=dataset.x_test, y_test=dataset.y_test,
        class_names=dataset.class_names, num_train=len(labels),
    )  # fmt: skip


def ranked_by_judges(
    world: types.SimpleNamespace, places: np.ndarray, published: np.ndarray
) -> np.ndarray:
    """Rank all labels, print how many of the spoiled ones come first, and return these."""
    began = time.perf_counter()
    of_train, _ = study.ask_judges(world, lambda share: None)
    judged = suspects.judge(world.y_train, of_train)
    ranked = judged.ranked()
    seconds = time.perf_counter() - began
    print(f"judges agree with {100 * judged.agreement:.1f} % of the labels; found")
    for how, first in (
        *((f"among the first {n}", ranked[:n]) for n in (100, 300, LOOKED_AT, 1_200)),
        ("contradicted", np.flatnonzero(judged.contradicted)),
        ("wrong by confident learning", np.flatnonzero(judged.confident)),
    ):
        print(f"  {how}: {np.isin(places, first).sum()} of {len(places)} ({len(first)} images)")
    likely = judged.likely[places] == published[places]
    print(f"ranked in {seconds:.0f} s; the label offered is the true one for {likely.sum()}")
    return places[np.isin(places, ranked[:LOOKED_AT])]


def report(what: str, recipe: recipes.Recipe, world: types.SimpleNamespace) -> None:
    """Train with some seeds and print the accuracies."""
    outcomes = [
        session.train(dataclasses.replace(recipe, seed=seed), world) for seed in range(SEEDS)
    ]
    accuracies = [100 * outcome.test_accuracy for outcome in outcomes]
    each = ", ".join(f"{accuracy:.2f}" for accuracy in accuracies)
    print(f"{what}: {np.mean(accuracies):.2f} % (seeds 0 to {SEEDS - 1}: {each})", flush=True)


if __name__ == "__main__":
    main()
