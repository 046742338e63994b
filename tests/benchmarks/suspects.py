"""Where labels that are known to be wrong stand among those that are suspect.

    MNISTDASH_DATA=../shared/data python tests/benchmarks/suspects.py

The fifteen test images of MNIST whose label raters did not confirm, in the order of the starter and
of `dense-tutorial`: by the run's own probability of the label, and with the judges. The judges know
nothing of them. Labels that are spoiled on purpose are found by `corrections.py`.
"""

import pathlib
import tempfile
import time

import numpy as np

from mnistdash import artifacts, datasets, labels, recipes, store, study, suspects
from mnistdash.training import session

FIRST = 60, 133


def main() -> None:
    """Print two rows for each run."""
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


if __name__ == "__main__":
    main()
