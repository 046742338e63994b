"""The Keras callback: what appears while `fit` goes on, what is kept, and how it ends."""

import pathlib
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import keras
import numpy as np
import pytest

import mnistdash
from mnistdash import artifacts, classifier, datasets, logger, store
from mnistdash.bringing import following

layers = keras.layers
Compiled = Callable[..., keras.Model]


@pytest.fixture
def db(home: pathlib.Path) -> Iterator[store.Store]:
    """The store of this machine."""
    del home
    opened = store.Store(store.default_url())
    yield opened
    opened.close()


def compiled(*body: keras.Layer, shape: tuple[int, ...] = (28, 28), **options: object) -> object:
    """Compile a small network, the same weights each time."""
    keras.utils.set_random_seed(1)
    head = body or (layers.Flatten(), layers.Dense(10, activation="softmax"))
    model = keras.Sequential([keras.Input(shape), *head])
    options = {"loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]} | options
    model.compile(keras.optimizers.Adam(0.003), **options)
    return model


def fit(model: keras.Model, *callbacks: object, x: object = None, **options: object) -> None:
    """Train on optdigits, in 0-1 unless other images are given."""
    digits = datasets.load("optdigits")
    images = digits.x_train.astype(np.float32) / 255 if x is None else x
    options = {"epochs": 2, "verbose": 0, "batch_size": 64} | options
    model.fit(images, digits.y_train, callbacks=list(callbacks), **options)


class At(keras.callbacks.Callback):
    """Calls a function at the end of an epoch, counted from 0."""

    def __init__(self, epoch: int, act: Callable[[], object]) -> None:
        super().__init__()
        self._epoch, self._act = epoch, act

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Call it."""
        if epoch == self._epoch:
            self._act()


# --- what is kept -----------------------------------------------------------------------------


def test_a_fit_becomes_a_run(db: store.Store, capsys: pytest.CaptureFixture[str]) -> None:
    """It has history, probabilities, labels and a model that takes raw images and names layers."""
    digits = datasets.load("optdigits")
    conv = [layers.Conv2D(4, 3, activation="relu"), layers.Flatten(), layers.Dropout(0.1)]
    model = compiled(*conv, layers.Dense(10, activation="softmax"), shape=(28, 28, 1))
    logging = mnistdash.Logger("my cnn", dataset="optdigits", keep_epochs=True, note="first try")
    fit(model, logging, validation_split=0.1)
    run = db.run(logging.logged.id)
    assert (run.origin, run.status, run.name, run.note) == (
        "brought", "finished", "my cnn", "first try")  # fmt: skip
    assert (run.dataset_sha256, run.class_names) == (digits.sha256, digits.class_names)
    known = {"epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds"}
    assert [set(figures) for figures in run.history] == [known] * 2
    assert None not in run.history[1].values()
    assert run.history[0]["learning_rate"] == pytest.approx(0.003)
    probs = db.probs(run.id)
    scaled = digits.x_test[..., np.newaxis].astype(np.float32) / 255
    assert np.allclose(probs, model.predict(scaled, verbose=0), atol=1e-4)
    assert run.test_errors == int((probs.argmax(axis=1) != digits.y_test).sum())
    kept = classifier.Classifier(db.artifact(run.id, artifacts.MODEL))
    assert np.allclose(kept.probs(digits.x_test), probs, atol=1e-4)
    shapes = {name: maps.shape for name, maps in kept.activations(digits.x_test[0]).items()}
    assert shapes == {"1_conv2d": (26, 26, 4), "2_flatten": (2704,), "3_dense": (10,)}
    assert kept.features(digits.x_test[:3]).shape == (3, 2704)
    y_pred, _ = db.predictions(run.id, 1)
    assert y_pred.tolist() == probs.argmax(axis=1).tolist()
    assert artifacts.epochs(run.artifacts) == (0, 1)
    assert run.versions["scaling"] == "unit, pixels from 0 to 1"
    assert run.versions["keras"] == keras.__version__
    said = capsys.readouterr().out
    assert said.count(f"?run={run.id}") == 2
    assert "unit, pixels from 0 to 1" in said
    assert "unit, pixels from 0 to 1" in run.reason


@pytest.mark.parametrize("name", ["raw", "centred", "standardised", "inverted unit"])
def test_the_scaling_is_found(db: store.Store, name: str) -> None:
    """Whatever `fit` was given, raw images get the same answers."""
    digits = datasets.load("optdigits")
    mean, deviation = datasets.pixel_moments("optdigits")
    made = {
        "raw": lambda x: x.astype(np.float32),
        "centred": lambda x: x / 127.5 - 1,
        "standardised": lambda x: (x - mean) / deviation,
        "inverted unit": lambda x: 1 - x / 255,
    }[name]
    model = compiled()
    logging = mnistdash.Logger(name, dataset="optdigits")
    fit(model, logging, x=made(digits.x_train))
    run = db.run(logging.logged.id)
    assert run.versions["scaling"].startswith(name)
    right = model.predict(made(digits.x_test), verbose=0)
    assert np.allclose(db.probs(run.id), right, atol=1e-3)


def test_the_scaling_is_found_by_trying(db: store.Store) -> None:
    """Of a generator's images nothing is seen: the test images tell."""

    def batches() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        digits = datasets.load("optdigits")
        while True:
            some = np.random.default_rng(0).permutation(len(digits.y_train))[:256]
            yield digits.x_train[some].astype(np.float32) / 255, digits.y_train[some]

    model = compiled()
    logging = mnistdash.Logger("generator", dataset="optdigits")
    model.fit(batches(), steps_per_epoch=40, epochs=2, verbose=0, callbacks=[logging])
    run = db.run(logging.logged.id)
    assert run.reason == "Pixels are scaled by trying: unit, pixels from 0 to 1."


def test_the_scaling_is_given(db: store.Store) -> None:
    """By name or as scale and offset; a foreign name is refused before anything is trained."""
    fit(compiled(), one := mnistdash.Logger("given", dataset="optdigits", scaling="unit"))
    fit(compiled(), two := mnistdash.Logger("pair", dataset="optdigits", scaling=(1 / 255, 0)))
    assert db.probs(one.logged.id).tolist() == db.probs(two.logged.id).tolist()
    with pytest.raises(mnistdash.LogError, match="one of unit, raw"):
        mnistdash.Logger("given", dataset="optdigits", scaling="0-1")


@pytest.mark.parametrize(
    ("body", "shape", "options", "said"),
    [
        ([layers.Dense(10)], (784,), {"loss": keras.losses.SparseCategoricalCrossentropy(
            from_logits=True)}, "softmax was applied"),
        ([layers.Flatten(), layers.Dense(10), layers.Softmax()], (28, 28, 1), {}, "unit"),
        ([layers.Rescaling(1 / 255), layers.Flatten(), layers.Dense(10, activation="softmax")],
         (28, 28), {"raw": True}, "raw"),
    ],
)  # fmt: skip
def test_models_of_every_form_keep_a_model(
    db: store.Store, body: list, shape: tuple, options: dict, said: str
) -> None:
    """Flat, with a channel, with logits, with the scaling inside."""
    digits = datasets.load("optdigits")
    raw = options.pop("raw", False)
    images = digits.x_train if raw else digits.x_train.astype(np.float32) / 255
    fit(
        compiled(*body, shape=shape, **options),
        logging := mnistdash.Logger("form", dataset="optdigits"),
        x=images.reshape(-1, *shape),
    )
    run = db.run(logging.logged.id)
    assert run.has_model
    assert said in run.reason
    kept = classifier.Classifier(db.artifact(run.id, artifacts.MODEL))
    assert np.allclose(kept.probs(digits.x_test), db.probs(run.id), atol=1e-3)


def test_a_model_of_other_images_is_prepared_for(db: store.Store) -> None:
    """Without `prepare` the run fails in a sentence; with it only the model is missing."""
    digits = datasets.load("optdigits")

    def padded(images: np.ndarray) -> np.ndarray:
        return np.pad(images / 255, ((0, 0), (2, 2), (2, 2)))

    with pytest.warns(UserWarning, match="not 28x28 images"):
        fit(
            compiled(shape=(32, 32)),
            logging := mnistdash.Logger("32", dataset="optdigits"),
            x=padded(digits.x_train),
        )
    (failed,) = db.runs()
    assert (logging.logged, failed.status, len(failed.history)) == (None, "failed", 2)
    assert "Give `prepare`" in failed.reason
    fit(
        compiled(shape=(32, 32)),
        logging := mnistdash.Logger("32", dataset="optdigits", prepare=padded),
        x=padded(digits.x_train),
    )
    run = db.run(logging.logged.id)
    assert run.finished
    assert not run.has_model
    assert run.has_probs


def test_own_arrays_are_kept_once(db: store.Store) -> None:
    """Two fits on the same arrays are runs on one data set, with its class names."""
    digits = datasets.load("optdigits")
    few = digits.y_test < 3
    arrays = (digits.x_test[few], digits.y_test[few])
    names = ["zero", "one", "two"]
    model = compiled(layers.Flatten(), layers.Dense(3, activation="softmax"))
    for _ in range(2):
        logging = mnistdash.Logger("three", dataset=arrays, class_names=names)
        model.fit(arrays[0] / 255, arrays[1], verbose=0, callbacks=[logging])
    first, second = db.runs()
    assert first.dataset == second.dataset == "three"
    assert first.class_names == ("zero", "one", "two")
    assert datasets.load("three").num_train == 0


# --- while it trains --------------------------------------------------------------------------


def test_figures_appear_within_an_epoch(db: store.Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the first epoch the run is there, with its history and samples on the way."""
    monkeypatch.setattr(following, "SECONDS", 0.01)
    seen = []

    def look() -> None:
        time.sleep(0.1)
        seen.extend(db.runs())

    logging = mnistdash.Logger("live", dataset="optdigits")
    fit(compiled(), At(0, look), logging, epochs=2, batch_size=4)
    (run,) = seen
    assert (run.status, run.live.epochs, run.live.steps) == ("running", 2, 325)
    assert len(run.live.samples) >= 2
    assert all(0 < at <= 1 and loss > 0 for at, loss, _ in run.live.samples)


def test_stop_ends_the_fit(db: store.Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within the batch under way; the model answers as it stands then."""
    monkeypatch.setattr(following, "SECONDS", 0.02)

    def stop() -> None:
        db.request_cancel(db.runs()[0].id)

    logging = mnistdash.Logger("stopped", dataset="optdigits")
    model = compiled()
    fit(model, At(0, stop), logging, epochs=10_000, batch_size=16)
    run = db.run(logging.logged.id)
    assert (run.status, run.history != ()) == ("finished", True)
    assert len(run.history) < 200
    assert run.reason.startswith(f"Stopped in epoch {len(run.history)}.")
    assert run.has_probs


def test_a_run_deleted_meanwhile_stops_the_fit(
    db: store.Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is kept, and it is said."""
    monkeypatch.setattr(following, "SECONDS", 0.02)
    gone = At(0, lambda: db.delete(db.runs()[0].id))
    logging = mnistdash.Logger("gone", dataset="optdigits")
    with pytest.warns(UserWarning, match="gone was deleted"):
        fit(compiled(), gone, logging, epochs=10_000, batch_size=16)
    assert (db.runs(), logging.logged) == ([], None)


def test_two_fits_are_two_runs(db: store.Store) -> None:
    """As when a notebook's cell is run twice, with one callback."""
    logging = mnistdash.Logger("twice", dataset="optdigits")
    model = compiled()
    for _ in range(2):
        fit(model, logging, epochs=1)
    assert [run.status for run in db.runs()] == ["finished"] * 2


def test_a_run_given_up_meanwhile_is_taken_up_again(db: store.Store) -> None:
    """A machine that slept gave no sign of life; what came of the training is kept all the same."""

    def sleep() -> None:
        (run,) = db.runs()
        db.finish(run.id, status="interrupted", reason="No sign of life for 30 seconds")

    logging = mnistdash.Logger("slept", dataset="optdigits")
    fit(compiled(), At(0, sleep), logging)
    assert sorted(run.status for run in db.runs()) == ["finished", "interrupted"]
    assert len(db.run(logging.logged.id).history) == 2


# --- how it ends ------------------------------------------------------------------------------


def ended(db: store.Store) -> store.Run:
    """Wait until the only run is no longer under way."""
    deadline = time.monotonic() + 20
    while db.runs()[0].under_way and time.monotonic() < deadline:
        time.sleep(0.05)
    return db.runs()[0]


def test_a_loss_that_is_no_number(db: store.Store) -> None:
    """The run diverged, as one trained here would have."""
    digits = datasets.load("optdigits")
    logging = mnistdash.Logger("nan", dataset="optdigits")
    fit(compiled(), logging, x=digits.x_train * np.nan)
    (run,) = db.runs()
    assert (run.status, logging.logged) == ("diverged", None)
    assert run.reason == "Diverged at epoch 2: the loss is no longer a number."


def test_an_exception_of_a_step(db: store.Store) -> None:
    """`fit` tells no callback of it; the run fails with its reason although somebody caught it."""

    def batches() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for _ in range(40):
            yield np.zeros((4, 28, 28)), np.zeros(4)
        raise RuntimeError("the disk was unplugged")

    with pytest.raises(Exception, match="unplugged"):
        compiled().fit(
            batches(),
            steps_per_epoch=90,
            verbose=0,
            callbacks=[mnistdash.Logger("broken", dataset="optdigits")],
        )
    run = ended(db)
    assert run.status == "failed"
    assert run.reason == "UnknownError: RuntimeError: the disk was unplugged."


def test_an_exception_of_another_callback(db: store.Store) -> None:
    """Nobody knows the reason of what was caught elsewhere, but the run ends."""

    def fail() -> None:
        raise RuntimeError("boom")

    model = compiled()
    with pytest.raises(RuntimeError, match="boom"):
        fit(model, mnistdash.Logger("broken", dataset="optdigits"), At(0, fail))
    assert ended(db).status == "failed"
    fit(model, logging := mnistdash.Logger("whole", dataset="optdigits"))
    assert logging.logged is not None


SCRIPT = """
import sys, time, keras, mnistdash
from mnistdash import datasets
digits = datasets.load("optdigits")
model = keras.Sequential([keras.Input((28, 28)), keras.layers.Flatten(), keras.layers.Dense(10)])
model.compile("sgd", "mse")

class Then(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        print("trains", flush=True)
        {act}

model.fit(digits.x_train / 255, keras.utils.to_categorical(digits.y_train), epochs=9, verbose=0,
          callbacks=[mnistdash.Logger("script", dataset="optdigits"), Then()])
"""


def script(act: str) -> subprocess.Popen:
    """Start a script that trains, and does something after an epoch."""
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT.format(act=act)],
        cwd=pathlib.Path(__file__).parents[1],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


@pytest.mark.parametrize(
    ("act", "status", "reason"),
    [
        ("raise RuntimeError('boom')", "failed", "RuntimeError: boom."),
        ("raise KeyboardInterrupt", "cancelled", "Stopped from the keyboard."),
    ],
)
def test_a_script_that_ends_early(db: store.Store, act: str, status: str, reason: str) -> None:
    """Of what nobody caught the reason is known when Python ends."""
    process = script(act)
    process.wait(timeout=120)
    (run,) = db.runs()
    assert (run.status, run.reason) == (status, reason)


def test_a_process_that_is_killed(db: store.Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rule for runs without a sign of life names it."""
    process = script("time.sleep(60)")
    while process.stdout.readline().strip() != "trains":
        assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=20)
    (run,) = db.runs()
    assert run.status == "running"
    db.interrupt_stale()
    assert db.run(run.id).status == "running"
    monkeypatch.setattr(store.runs, "STALE_SECONDS", 0.0)
    monkeypatch.setattr(store.runs, "_LAST_WORD_SECONDS", 0.0)
    time.sleep(0.05)
    db.interrupt_stale()
    assert db.run(run.id).reason == "No sign of life for 30 seconds"


def test_a_store_in_trouble_does_not_end_the_training(
    db: store.Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said once, and the weights are those of a `fit` without a callback."""

    def trouble(*_: object, **__: object) -> None:
        raise store.StoreError("The disk is full.")

    model, alone = compiled(), compiled()
    broken = At(-1, lambda: None)
    broken.on_train_begin = lambda logs=None: monkeypatch.setattr(store.Store, "record", trouble)
    with pytest.warns(UserWarning, match="The disk is full. The training goes on."):
        fit(model, mnistdash.Logger("full", dataset="optdigits"), broken)
    fit(alone)
    assert all(
        np.array_equal(ours, plain)
        for ours, plain in zip(model.get_weights(), alone.get_weights(), strict=True)
    )


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"dataset": "nowhere"}, "nowhere is not on this machine"),
        ({"dataset": 7}, "`dataset` is int"),
        ({"dataset": "optdigits", "class_names": ["a", "b"]}, "class names of its own"),
        ({"dataset": "optdigits", "name": "  "}, "A run needs a name"),
    ],
)
def test_a_mistake_is_refused_before_the_training(options: dict, sentence: str) -> None:
    """When the callback is made, as a ValueError of one sentence."""
    options = {"name": "x"} | options
    with pytest.raises(ValueError, match=sentence):
        logger.Logger(options.pop("name"), **options)
