"""LiteRT models from elsewhere: opened in a process of their own, taken or refused in words."""

import numpy as np
import pytest
import tensorflow as tf

from mnistdash import artifacts, classifier, datasets, engine, store
from mnistdash.bringing import answers, checking

DIGITS = datasets.load("optdigits")
WEIGHTS = np.random.default_rng(0).normal(size=(784, 10)).astype(np.float32)


def model(
    shape: tuple[int, ...] = (28, 28, 1), *, batch: int | None = None, classes: int = 10
) -> bytes:
    """Convert a model of images in 0-1 that gives logits."""
    spec = tf.TensorSpec([batch, *shape], tf.float32)
    asked = tf.function(
        lambda images: tf.reshape(images, (batch or -1, 784)) @ WEIGHTS[:, :classes],
        autograph=False,
    ).get_concrete_function(spec)
    return tf.lite.TFLiteConverter.from_concrete_functions([asked]).convert()


def answered(turn: int = 0) -> answers.Answers:
    """Return what the model answers to optdigits' test images, turned by some classes."""
    logits = (DIGITS.x_test.reshape(-1, 784) / 255) @ WEIGHTS
    return answers.read(
        np.roll(logits, turn, axis=1), num_images=500, class_names=DIGITS.class_names
    )


def check(data: bytes, found: answers.Answers | None = None) -> checking.Checked:
    """Check a model against its answers."""
    return checking.check(data, DIGITS.x_test, DIGITS.y_test, found or answered())


@pytest.mark.parametrize("shape", [(28, 28, 1), (28, 28), (784,)])
def test_a_model_is_prepared_and_taken(shape: tuple[int, ...]) -> None:
    """Its scaling is found by the predictions, softmax put behind it, and both are said."""
    checked = check(model(shape))
    assert np.allclose(
        classifier.Classifier(checked.model).probs(DIGITS.x_test), answered().probs, atol=1e-5
    )
    assert "scaled: unit, pixels from 0 to 1" in checked.notes[0]
    assert "softmax" in checked.notes[1]


def test_answers_alone_will_do() -> None:
    """Without probabilities the scaling is the one with which it answers the same."""
    found = answers.read(answered().y_pred, num_images=500, class_names=DIGITS.class_names)
    probs = classifier.Classifier(check(model(), found).model).probs(DIGITS.x_test)
    assert (probs.argmax(axis=1) == answered().y_pred).mean() > 0.97


def test_our_own_models_stay_as_they_are() -> None:
    """What was downloaded here and is added again takes raw images already."""
    db = store.Store("sqlite://")
    db.add_starters()
    data = db.artifact("starter-optdigits", artifacts.MODEL)
    probs = db.probs("starter-optdigits")
    found = answers.read(probs, num_images=500, class_names=DIGITS.class_names)
    assert (check(data, found).model, check(data, found).notes) == (data, ())


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"PK", "This is no LiteRT model (2 bytes)"),
        (b"\0\0\0\0TFL3" + b"\xff" * 200, "can't be opened"),
        (model((28, 28), batch=1), "at once"),
        (model(classes=9), "answers with 9 classes. Expected 10"),
    ],
)
def test_what_is_no_such_model_is_refused(data: bytes, sentence: str) -> None:
    """One sentence says what is there."""
    with pytest.raises(answers.LogError) as caught:
        check(data)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_another_model_is_refused() -> None:
    """Its answers are not the predictions."""
    with pytest.raises(answers.LogError, match="of 500 test images otherwise"):
        check(model(), answered(turn=1))


@pytest.mark.parametrize(
    ("child", "sentence"),
    [
        ("import os; os.abort()", "crashed the process"),
        ("raise SystemExit(3)", "crashed the process"),
        ("import time; time.sleep(60)", "did not answer 500 images within 1 s"),
    ],
)
def test_a_crash_is_a_sentence(monkeypatch: pytest.MonkeyPatch, child: str, sentence: str) -> None:
    """Whatever the process that looks at a model comes to, this one goes on."""
    monkeypatch.setattr(checking, "_CHILD", child)
    monkeypatch.setattr(checking, "SECONDS", 1.0)
    with pytest.raises(answers.LogError, match=sentence):
        check(model())


def test_a_worker_looks_at_a_model() -> None:
    """What the engine's worker sends back is what a child process of this one says."""
    db = store.Store(store.default_url())
    about = checking.question(model(), DIGITS.x_test, DIGITS.y_test, answered())
    working = engine.Engine(db)
    try:
        assert checking.verdict(working.check(about)).notes == check(model()).notes
    finally:
        working.close()
