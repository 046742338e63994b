"""The Compare page: two runs on the same images, image by image."""

import re

import numpy as np

from mnistdash import artifacts, datasets, store
from mnistdash.store import database
from tests.pages import examples, screen


def test_compare_counts_what_changed(db: store.Store, mine: store.Run) -> None:
    """20 errors here, 6 there, 3 of them the same images: 3 fixed, 17 broken, 3 both wrong."""
    other = examples.add_run(db, "other", ((4, 9, 3), (1, 2, 3)), seed=1)
    at = screen.open_page("compare", run=mine.id)
    said = screen.text(at)
    assert re.search(r"Fixed\s*3 only the other is wrong", said)
    assert re.search(r"Broken\s*17 only mine · seed 0 is wrong", said)
    assert re.search(r"Both are wrong\s*3 ", said)
    assert "p = 0.003" in said, "McNemar, 3 against 17: 2 * 1351 / 2**20 = 0.0026"
    copied = f'data-link-to="run={mine.id}&amp;other={other.id}"'
    assert copied in at.main.children[max(at.main.children)].proto.body, "nobody chose the other"


def test_compare_without_another_run_has_a_door(db: store.Store) -> None:
    """One finished run on this data set can't be compared, and the page says where to go."""
    at = screen.open_page("compare")
    assert "There is no other finished run on optdigits" in screen.text(at)
    assert screen.doors(at) == ["Train another"]


def test_compare_on_drawings_shows_accuracies_on_drawings(db: store.Store, mine: store.Run) -> None:
    """Of a one kept as 1 and once as 7 a run reads at most one correctly: 0 or 50 %."""
    examples.keep_drawings(db, (1, 7))
    other = examples.add_run(db, "other", (), seed=1)
    said = screen.text(screen.open_page("compare", run=mine.id, other=other.id, set="drawings"))
    assert re.search(r"Accuracy\s*(0|50)\.00 %", said), said


def test_runs_on_other_images_are_not_compared(db: store.Store) -> None:
    """Labels that differ are told in a sentence."""
    mine = examples.bring(db, "forest", keep="probs")
    other = examples.bring(db, "other", keep="probs")
    labels = np.roll(datasets.load("optdigits").y_test, 1)
    with db._write() as connection:
        database.insert_artifacts(
            connection, other.id, {artifacts.LABELS: artifacts.write_labels(labels)}
        )
    at = screen.open_page("compare", run=mine.id, other=other.id)
    assert "was tested on other images of this name" in screen.text(at)
