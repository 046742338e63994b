"""Where labels that are known to be wrong stand among those that are suspect.

    MNISTDASH_DATA=../shared/data python tests/benchmarks/suspects.py

The fifteen test images of MNIST whose label raters did not confirm, in the order of the starter and
of `dense-tutorial`: by the run's own probability of the label, and with the judges. The judges know
nothing of them. Then 300 training labels are spoiled at random: how many are found first, and how
many errors `dense-tutorial` makes that learns from them as they are, and with those of the first
600 that the judges contradict set to what these say.
"""

import dataclasses
import pathlib
import tempfile
import time

import numpy as np

from mnistdash import artifacts, datasets, labels, recipes, store, study, suspects
from mnistdash.training import session

SPOILED = 300
FIRST = 60, 133


def main() -> None:
    """Print a row for each run, and what became of the spoiled labels."""
    mnist = datasets.load("mnist")
    with tempfile.TemporaryDirectory() as folder:
        db = store.Store(f"sqlite:///{pathlib.Path(folder) / 'runs.sqlite3'}")
        db.add_starters()
        began = time.perf_counter()
        starter = _judged(db, "starter-mnist", mnist)
        print(f"the judges took {time.perf_counter() - began:.0f} s")
        _print_places("starter", mnist, db.probs("starter-mnist"), starter.judges)
        recipe = recipes.PRESETS["dense-tutorial"].recipe
        tutorial = session.train(recipe, mnist)
        _print_places("dense-tutorial", mnist, tutorial.probs, starter.judges)
        db.close()
    _spoil(mnist)


def _judged(db: store.Store, run_id: str, dataset: datasets.Dataset) -> suspects.Suspects:
    db.request_study(run_id, artifacts.SUSPECTS)
    study.perform(run_id, artifacts.SUSPECTS, db.url)
    return suspects.read(db.artifact(run_id, artifacts.suspects(dataset.sha256)))


def _print_places(name: str, mnist: datasets.Dataset, own: np.ndarray, judges: np.ndarray) -> None:
    rated = list(labels.raters(mnist.x_test, mnist.y_test, mnist.class_names))
    judged = suspects.judge(mnist.y_test, own, judges)
    alone = own[np.arange(len(own)), mnist.y_test]
    for how, quality in (("alone", alone), ("with judges", judged.quality)):
        places = np.empty(len(quality), int)
        places[np.argsort(quality, kind="stable")] = np.arange(1, len(quality) + 1)
        counts = ", ".join(f"{(places[rated] <= n).sum()} of the first {n}" for n in FIRST)
        print(f"{name} {how}: {counts};", dict(zip(rated, places[rated].tolist(), strict=True)))
    found = judged.suspect
    print(f"  suspect {found.sum()}, of the fifteen {found[rated].sum()};", end=" ")
    print(f"by confident learning {judged.confident.sum()} and {judged.confident[rated].sum()}")


def _spoil(mnist: datasets.Dataset) -> None:
    rng = np.random.default_rng(0)
    spoiled = rng.choice(mnist.num_train, SPOILED, replace=False)
    wrong = mnist.y_train.copy()
    wrong[spoiled] = (wrong[spoiled] + rng.integers(1, 10, SPOILED)) % 10
    world = dataclasses.replace(mnist, read_train=lambda: (mnist.x_train, wrong))
    probs, _ = study.ask_judges(world, lambda share: None)
    judged = suspects.judge(wrong, probs)
    ranked = judged.ranked()
    print(f"of {SPOILED} spoiled labels {np.isin(ranked[:SPOILED], spoiled).sum()} are among the")
    print(f"first {SPOILED}, {np.isin(ranked[:600], spoiled).sum()} among the first 600;", end=" ")
    put_back = judged.likely[spoiled] == mnist.y_train[spoiled]
    print(f"the label they had is the likely one of {put_back.sum()}")
    mended, first = wrong.copy(), ranked[:600][judged.contradicted[ranked[:600]]]
    mended[first] = judged.likely[first]
    differ = (mended != mnist.y_train).sum()
    print(f"{len(first)} labels changed, after which {differ} differ from those given")
    for name, learnt in (("as given", mnist.y_train), ("spoiled", wrong), ("mended", mended)):
        print(f"{name}: errors with seeds 0-4 {[_errors(mnist, learnt, s) for s in range(5)]}")


def _errors(mnist: datasets.Dataset, learnt: np.ndarray, seed: int) -> int:
    recipe = dataclasses.replace(recipes.PRESETS["dense-tutorial"].recipe, seed=seed)
    world = dataclasses.replace(mnist, read_train=lambda: (mnist.x_train, learnt))
    return session.train(recipe, world).test_errors


if __name__ == "__main__":
    main()
