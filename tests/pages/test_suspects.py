"""Suspect labels on pages: offered, ordered, filtered, and those of the training images."""

import json

import numpy as np
import pytest
from streamlit.testing import v1 as streamlit_testing

from mnistdash import artifacts, datasets, store, suspects
from tests.pages import screen

LOWEST = [7, 300, 41]  # test images whose labels are the most suspect, in this order


@pytest.fixture
def judged(db: store.Store, mine: store.Run) -> store.Run:
    """A run with judged labels: of the test images those of `LOWEST` are suspect, 41 is correct."""
    digits = datasets.load("optdigits")
    found = suspects.Suspects(
        test=_judged(len(digits.y_test), LOWEST),
        train=_judged(digits.num_train, [1_000, 2]),
        judges=None,
    )
    assert db.request_study(mine.id, artifacts.SUSPECTS)
    db.finish_study(mine.id, artifacts.suspects(digits.sha256), suspects.write(found))
    return db.run(mine.id)


def _judged(images: int, lowest: list[int]) -> suspects.Judged:
    quality = np.ones(images, np.float32)
    quality[lowest] = 0.1 * np.arange(1, len(lowest) + 1)
    return suspects.Judged(
        quality=quality,
        likely=np.full(images, 3, np.uint8),
        contradicted=quality < 1,
        confident=quality < 0.15,
    )


def _shown(at: streamlit_testing.AppTest) -> list[int]:
    return json.loads(at.get_by_key("gallery").proto.json)[0]["captions"]["indices"]


def test_gallery_shows_suspect_labels_first_and_alone(judged: store.Run) -> None:
    """Chosen, the correct ones among them are shown too; the link says so."""
    at = screen.open_page("gallery", run=judged.id, sort="suspect")
    at.selectbox(key="labels").set_value("suspect").run()
    assert _shown(at) == LOWEST
    assert "3 of 500 test images" in screen.text(at)
    assert "99.40 % of these images as labelled: of 3 contr" in screen.text(at)
    assert at.query_params["labels"] == "suspect"
    at.selectbox(key="labels").set_value(None).run()
    assert _shown(at)[:3] == LOWEST


def test_what_is_not_known_is_offered(db: store.Store, mine: store.Run) -> None:
    """A link to suspect labels that nobody looked for shows any; a press asks, one more stops."""
    at = screen.open_page("gallery", run=mine.id, labels="suspect", sort="suspect")
    assert len(_shown(at)) == 20
    screen.button(at, "Find suspect labels").click().run()
    assert db.study(mine.id, artifacts.SUSPECTS).share == 0
    assert "Find suspect labels" not in screen.labels(at)
    screen.button(at, "Stop").click().run()
    assert db.study(mine.id, artifacts.SUSPECTS) is None
    assert "Find suspect labels" in screen.labels(at)


def test_suspect_training_labels_are_on_the_data_page(judged: store.Run) -> None:
    """The most suspect first, each with what it was read as, whichever run keeps them."""
    del judged
    at = screen.open_page("data")
    said = screen.tiles(at, "suspects-optdigits")
    label = datasets.load("optdigits").y_train[1_000]
    assert said[0] == f"Training image 1000: labelled {label}, most like 3"
    assert said[1].startswith("Training image 2:")
    said = screen.text(at)
    assert "read 99.85 % of these images as labelled" in said
    assert "of 2 contradicted labels, some are their own errors" in said


def test_data_page_offers_to_look_for_them(db: store.Store) -> None:
    """Where a run on these images keeps what is found; without one it says what is missing.

    What is damaged is looked for anew.
    """
    damaged = artifacts.suspects(datasets.load("optdigits").sha256)
    db.request_study("starter-optdigits", artifacts.SUSPECTS)
    db.finish_study("starter-optdigits", damaged, b"nothing")
    at = screen.open_page("data")
    screen.button(at, "Find suspect labels").click().run()
    assert db.study("starter-optdigits", artifacts.SUSPECTS) is not None
    db.delete("starter-optdigits")
    at = screen.open_page("data")
    assert "once a run on these images has finished" in screen.text(at)
