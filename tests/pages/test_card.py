"""What the card tells of one image beyond the run's answer."""

import json
import threading

import numpy as np
import pytest

from mnistdash import artifacts, datasets, explain, features, store
from mnistdash.ui import state
from tests.pages import examples, screen

READ_AHEAD = state.read_ahead  # which the tests of pages do without


def first_four() -> int:
    """Find the image that `MISTAKES` reads as a 9 first."""
    return int(np.flatnonzero(datasets.load("optdigits").y_test == 4)[0])


def add_traced(db: store.Store, image: int, answers: tuple[int, ...]) -> store.Run:
    """Bring a run whose answers to one image are known after each epoch; to all others it is 0."""
    run = db.enqueue(examples.TINY, "optdigits", name="traced", trace=True)
    assert db.start(run.id)
    digits = datasets.load("optdigits")
    kept = {artifacts.PROBS: artifacts.write_probs(examples.probs_with(digits.y_test, ()))}
    for epoch, answer in enumerate(answers):
        y_pred = np.zeros(len(digits.y_test), np.uint8)
        y_pred[image] = answer
        kept[artifacts.epoch(epoch)] = artifacts.write_answers(y_pred, None)
    db.finish(
        run.id,
        status="finished",
        artifacts=kept,
        dataset_sha256=digits.sha256,
        history=[dict.fromkeys(("loss", "accuracy", "val_loss", "val_accuracy"), 0.5)]
        * len(answers),
        test_accuracy=1.0,
        test_errors=0,
    )
    return db.run(run.id)


def test_other_runs_and_epochs(no_runs: store.Store) -> None:
    """Of three others two read the 4 as a 9; after four epochs it was 9, 4, 4, 9.

    A run on other images is none of them.
    """
    image = first_four()
    for seed, mistakes in enumerate((examples.MISTAKES, examples.MISTAKES, ())):
        examples.add_run(no_runs, f"other {seed}", mistakes, seed=seed)
    examples.bring(no_runs, "elsewhere", keep="probs", sha256="0" * 64)
    run = add_traced(no_runs, image, (9, 4, 4, 9))
    at = screen.open_page("gallery", run=run.id, index=image)
    said = screen.text(at)
    assert "2 of 3 other runs read it as 9 ✕, 1 as 4 ✓" in said
    assert "After epoch 1: 9 ✕ · 2-3: 4 ✓ · 4: 9 ✕" in said
    at.session_state["card-why"] = True
    said = screen.text(at.run())
    assert said.count("9 ✕") == 5, "two lines, and two runs of the list"
    assert "elsewhere" not in said


def test_why_is_asked_for(mine: store.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is covered and nobody looks for neighbours until the box is opened: then five."""
    asked = []
    monkeypatch.setattr(
        explain, "occlusion_map", lambda *_: asked.append(1) or np.zeros((28, 28), np.float32)
    )
    at = screen.open_page("gallery", run=mine.id, index=first_four())
    assert not asked
    at.session_state["card-why"] = True
    at.run()
    assert not at.exception
    assert asked == [1]
    assert "card-near" in at.session_state
    captions = json.loads(at.get_by_key("neighbours").proto.json)[0]["captions"]
    distances = [float(far) for far in captions["probabilities"]]
    assert len(captions["pred_names"]) == 5
    assert distances == sorted(distances)
    assert 0 <= distances[0] < 1


def test_what_why_needs_is_read_before_it_is_asked_for(
    mine: store.Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A closed box has it read in a thread: the model, and neighbours among training images."""
    found, asked = threading.Event(), []
    monkeypatch.setattr(features.Features, "nearest", lambda *_: found.set())
    monkeypatch.setattr(state, "read_ahead", lambda *about: asked.append(about))
    monkeypatch.setattr(state, "PAGE_FIRST_SECONDS", 0.0)
    screen.open_page("gallery", run=mine.id, index=first_four())
    assert asked == [(mine.id, "optdigits")]
    READ_AHEAD(*asked[0])
    assert found.wait(10)


def test_what_a_run_lacks_is_one_quiet_line(no_runs: store.Store) -> None:
    """Answers from elsewhere, without a model or other runs: said once, and only on request."""
    run = examples.bring(no_runs, "forest", keep="answers")
    at = screen.open_page("gallery", run=run.id, index=first_four())
    assert "Not there for this run" not in screen.text(at)
    at.session_state["card-why"] = True
    said = screen.text(at.run())
    assert not at.exception
    assert said.count("Not there for this run: a model") == 1
    assert "other runs of these images" in said
    assert "card-near" not in at.session_state, "no sliders without a model"
