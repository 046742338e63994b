"""Runs logged from a notebook: what is kept of them, and what is refused."""

import pathlib

import numpy as np
import pytest

import mnistdash
from mnistdash import artifacts, classifier, datasets, store
from mnistdash.bringing import runs


@pytest.fixture
def kept(home: pathlib.Path) -> store.Store:
    """The store of this machine."""
    del home
    return store.Store(store.default_url())


def guesses(seed: int = 0) -> np.ndarray:
    """Return probabilities for optdigits' test images, mostly correct."""
    labels = datasets.load("optdigits").y_test
    noise = np.random.default_rng(seed).normal(size=(500, 10))
    powers = np.exp(noise + 3 * np.eye(10)[labels])
    return powers / powers.sum(axis=1, keepdims=True)


def test_probabilities_are_kept(kept: store.Store) -> None:
    """The run is finished, knows its classes and labels, and its figures are those of the array."""
    digits, probs = datasets.load("optdigits"), guesses()
    logged = mnistdash.log(
        "forest", probs, dataset="optdigits", note="of trees", history={"loss": [2, 1]}, seconds=7.5
    )
    run = kept.run(logged.id)
    wrong = int((probs.argmax(axis=1) != digits.y_test).sum())
    assert (run.origin, run.status, run.note, run.seconds) == (
        "brought", "finished", "of trees", 7.5)  # fmt: skip
    assert (run.test_errors, run.test_accuracy) == (wrong, (500 - wrong) / 500)
    assert (logged.errors, logged.accuracy, logged.images) == (wrong, run.test_accuracy, 500)
    assert run.test_loss == pytest.approx(
        -np.log(probs[np.arange(500), digits.y_test]).mean(), abs=1e-4
    )
    assert (run.dataset_sha256, run.class_names) == (digits.sha256, digits.class_names)
    assert run.artifacts == {artifacts.PROBS, artifacts.LABELS}
    assert np.allclose(kept.probs(run.id), probs, atol=1e-6)
    assert kept.labels(run.id).tolist() == digits.y_test.tolist()
    assert [figures["loss"] for figures in run.history] == [2, 1]
    assert {"mnistdash", "python", "numpy"} <= set(run.versions)


def test_answers_alone_are_kept_as_such(kept: store.Store) -> None:
    """No probabilities are made up."""
    y_pred = guesses().argmax(axis=1)
    run = kept.run(mnistdash.log("knn", y_pred, dataset="optdigits").id)
    assert run.artifacts == {artifacts.ANSWERS, artifacts.LABELS}
    assert (run.has_probs, run.test_loss) == (False, None)
    found, confidence = kept.predictions(run.id)
    assert (found.tolist(), confidence) == (y_pred.tolist(), None)


def test_what_was_done_is_said(kept: store.Store) -> None:
    """To the person, and with the run."""
    logged = mnistdash.log("logits", np.log(guesses()) + 5, dataset="optdigits")
    assert logged.notes == ("Logits became probabilities: softmax was applied.",)
    assert kept.run(logged.id).reason == logged.notes[0]
    assert logged.notes[0] in str(logged)


def test_where_to_look(monkeypatch: pytest.MonkeyPatch, kept: store.Store) -> None:
    """The link leads to the dashboard on this machine, or where the setting says; safe in HTML."""
    logged = mnistdash.log("<b>x</b>", guesses(), dataset="optdigits")
    assert logged.link == f"http://localhost:8501/?run={logged.id}"
    assert "<b>" not in logged._repr_html_()
    assert f'href="{logged.link}"' in logged._repr_html_()
    monkeypatch.setenv("MNISTDASH_ADDRESS", "https://digits.example.org/")
    assert runs.link("a1") == "https://digits.example.org/?run=a1"
    assert kept.run(logged.id).name == "<b>x</b>"


# --- images of one's own ----------------------------------------------------------------------


def test_own_arrays_become_a_data_set_once(kept: store.Store) -> None:
    """Floats in 0-1 and words as labels; a second run on the same arrays finds the same set."""
    digits = datasets.load("optdigits")
    odd = np.where(digits.y_test % 2, "odd", "even")
    arrays = (digits.x_test.reshape(-1, 784) / 255, odd)
    probs = np.stack([digits.y_test % 2 == 0, digits.y_test % 2 == 1], axis=1) * 0.8 + 0.1
    first = mnistdash.log("my model", probs, dataset=arrays)
    again = mnistdash.log("another", ["odd"] * 500, dataset=arrays)
    assert first.errors == 0
    assert {kept.run(logged.id).dataset for logged in (first, again)} == {"my model"}
    images = datasets.load("my model")
    assert images.class_names == ("even", "odd")
    assert np.array_equal(images.x_test, digits.x_test)
    assert images.num_train == 0
    assert "The images are kept as the data set my model." in first.notes


def test_known_arrays_stay_what_they_are(kept: store.Store) -> None:
    """Test images of a data set that is here are that data set."""
    digits = datasets.load("optdigits")
    logged = mnistdash.log("known", guesses(), dataset=(digits.x_test, digits.y_test))
    assert kept.run(logged.id).dataset == "optdigits"


def test_training_images_are_kept_too(kept: store.Store) -> None:
    """Four arrays make a whole data set: its neighbours can be looked for."""
    digits = datasets.load("optdigits")
    some = (digits.x_train[:50], digits.y_train[:50], digits.x_test[:9], digits.y_test[:9])
    logged = mnistdash.log("few", digits.y_test[:9], dataset=some, class_names=list("abcdefghij"))
    images = datasets.load(kept.run(logged.id).dataset)
    assert (images.num_train, len(images.y_test)) == (50, 9)
    assert images.class_names == tuple("abcdefghij")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"dataset": "nowhere"}, "nowhere is not on this machine"),
        ({"dataset": (1,)}, "Expected a name, one of"),
        ({"dataset": (np.zeros((3, 28, 28)), [1, 2])}, "`x_test` has 3 images and `y_test` 2"),
        ({"dataset": "optdigits", "class_names": ["a"]}, "Leave out `class_names`"),
        ({"history": {"loss": 1}}, "one value of `loss`"),
        ({"name": " "}, "A run needs a name"),
        ({"probs": np.zeros(499, int)}, "answers 499 images"),
        ({"model": b"no model"}, "This is no LiteRT model (8 bytes)"),
        ({"model": "nowhere.tflite"}, "nowhere.tflite can't be read"),
    ],
)
def test_a_refusal_leaves_nothing(kept: store.Store, options: dict, sentence: str) -> None:
    """One ValueError, one sentence, no run."""
    options = {"name": "x", "probs": guesses(), "dataset": "optdigits"} | options
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - its text is looked at below
        mnistdash.log(options.pop("name"), options.pop("probs"), **options)
    assert sentence in str(caught.value)
    assert type(caught.value) is mnistdash.LogError
    assert kept.runs() == []


def test_a_model_is_kept(kept: store.Store) -> None:
    """It is opened in another process first, and has to answer as the predictions do."""
    kept.add_starters()
    model, probs = (
        kept.artifact("starter-optdigits", artifacts.MODEL),
        kept.probs("starter-optdigits"),
    )
    run = kept.run(mnistdash.log("with model", probs, dataset="optdigits", model=model).id)
    digits = datasets.load("optdigits")
    answered = classifier.Classifier(kept.artifact(run.id, artifacts.MODEL)).probs(digits.x_test)
    assert np.allclose(answered, probs, atol=1e-5)
    with pytest.raises(mnistdash.LogError, match="otherwise than the predictions"):
        mnistdash.log("other model", guesses(), dataset="optdigits", model=model)
