"""Training: Keras's mathematics, repeatable and resumable, with every end a status."""

import collections.abc
import concurrent.futures
import dataclasses
import io
import itertools
import json
import pathlib
import time
import types
import zipfile

import keras
import numpy as np
import pytest
import tensorflow as tf

from mnistdash import artifacts, classifier, corrections, recipes, version
from mnistdash.training import keeping, network, progress, session, steps

STARTER = pathlib.Path(recipes.__file__).parent / "starter" / "optdigits.zip"
DENSE = "flatten dense16"
CONV = "conv4x3 bn pool2 conv6x3 pool2 flatten dense8"
DROP = "conv4x3 bn pool2 drop.3 flatten dense8 drop.2"
# Small rates: a rounding error that turns a rectifier on or off then moves no weight by 1e-5.
OPTIMIZERS = {
    "sgd": {"learning_rate": 0.01},
    "momentum": {"optimizer": "sgd", "learning_rate": 0.001, "momentum": 0.9},
    "adam": {"learning_rate": 2e-4},
    "adamw": {"learning_rate": 2e-4},
    "rmsprop": {"learning_rate": 2e-4},
}


def blobs(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw a bright square at one of ten places on faint noise: its place is its class."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 60, (n, 28, 28), dtype=np.uint8)
    labels = rng.integers(0, 10, n, dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        row, column = 3 + 12 * (label // 5), 1 + 5 * (label % 5)
        image[row : row + 8, column : column + 5] += 150
    return images, labels


def world(train: int = 200, test: int = 60) -> types.SimpleNamespace:
    """Make a data set of as many images."""
    x_train, y_train = blobs(train, 1)
    x_test, y_test = blobs(test, 2)
    return types.SimpleNamespace(x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)


def recipe(**settings: object) -> recipes.Recipe:
    """Make a small recipe."""
    defaults = {"layers": DENSE, "epochs": 2, "batch_size": 32}
    return recipes.Recipe(**(defaults | settings))


def weights(outcome: progress.Outcome) -> dict[str, np.ndarray]:
    """Read a finished training's weights."""
    with np.load(io.BytesIO(outcome.artifacts["weights.npz"]), allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def same(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> bool:
    """Say whether two sets of weights are equal bit for bit."""
    return a.keys() == b.keys() and all((a[name] == b[name]).all() for name in a)


@pytest.fixture
def unconverted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another model in place of the converted one, where a test asks for weights alone.

    To convert a small model takes longer than to train it; what is converted has tests below.
    """
    with zipfile.ZipFile(STARTER) as shipped:
        model = shipped.read("model.tflite")
    monkeypatch.setattr(keeping, "litert_model", lambda _: model)


# --- what is learnt ---------------------------------------------------------------------------


@pytest.mark.usefixtures("unconverted")
def test_corrected_training_is_one_of_the_corrected_images() -> None:
    """Three labels changed, two images dropped, one drawing learnt: bit for bit, and again.

    The drawing is the first image: what validates is taken from the end.
    """
    data, (drawn, _) = world(), blobs(1, 3)
    names = [corrections.name(image) for image in data.x_train]
    known = {names[i]: label for i, label in ((3, 7), (50, 0), (199, 2), (4, None), (80, None))}
    corrected = recipe(
        validation=0.1,
        corrections=sorted(known.items()),
        drawings=[(corrections.name(drawn[0]), 5)],
    )
    by_hand, stays = world(), np.delete(np.arange(200), [4, 80])
    by_hand.y_train[[3, 50, 199]] = 7, 0, 2
    by_hand.x_train = np.concatenate([drawn, by_hand.x_train[stays]])
    by_hand.y_train = np.concatenate([[5], by_hand.y_train[stays]]).astype(np.uint8)
    expected = weights(session.train(recipe(validation=0.1), by_hand))
    for _ in range(2):
        outcome = session.train(corrected, data, drawings=[data.x_test[0], drawn[0]])
        assert same(weights(outcome), expected)
    assert not same(weights(session.train(recipe(validation=0.1), data)), expected)


# --- the mathematics --------------------------------------------------------------------------


def keras_optimizer(settings: recipes.Recipe) -> keras.optimizers.Optimizer:
    """Make Keras's own optimizer, with its defaults."""
    rate = settings.learning_rate
    if settings.optimizer == "sgd":
        return keras.optimizers.SGD(rate, momentum=settings.momentum)
    kinds = {"adam": "Adam", "adamw": "AdamW", "rmsprop": "RMSprop"}
    return getattr(keras.optimizers, kinds[settings.optimizer])(rate)


# A bias right before a normalisation has a gradient of exactly 0, and Adam makes whole steps of
# its rounding errors; so only SGD is compared on such a network.
BIAS_WITHOUT_EFFECT = "conv4x3 bn pool2 conv6x3 pool2 flatten dense8 bn"
COMPARED = [
    (layers, optimizer)
    for layers in (DENSE, "bn conv4x3 pool2 conv6x3 pool2 flatten dense8")
    for optimizer in OPTIMIZERS
] + [(BIAS_WITHOUT_EFFECT, "sgd"), (BIAS_WITHOUT_EFFECT, "momentum")]


@pytest.mark.usefixtures("unconverted")
@pytest.mark.parametrize(("layers", "optimizer"), COMPARED)
def test_steps_are_keras_own(layers: str, optimizer: str) -> None:
    """Four steps, the last on half a batch, move weights and statistics as `train_on_batch`."""
    settings = {"optimizer": optimizer} | OPTIMIZERS[optimizer]
    ours = recipe(layers=layers, epochs=1, **settings)
    data = world(train=112)
    outcome = session.train(ours, data)

    keras.utils.set_random_seed(ours.seed)
    model = network.build(ours)
    start = [variable.value.numpy() for variable in model.trainable_weights]
    # Four steps are sooner taken than a graph of them is made.
    model.compile(keras_optimizer(ours), "sparse_categorical_crossentropy", run_eagerly=True)
    order = np.random.default_rng([ours.seed, 0]).permutation(112)
    losses = []
    for batch in (order[:32], order[32:64], order[64:96], order[96:]):
        model.reset_metrics()
        losses.append(
            len(batch) * float(model.train_on_batch(data.x_train[batch], data.y_train[batch]))
        )
    ends = [variable.value.numpy() for variable in model.trainable_weights]
    moved = max(np.abs(end - begin).max() for begin, end in zip(start, ends, strict=True))
    assert moved > 1e-4, "ten times what is allowed below"
    trained = weights(outcome)
    for variable in model.weights:
        theirs = variable.value.numpy()
        np.testing.assert_allclose(trained[variable.path], theirs, atol=1e-5, rtol=0)
    assert outcome.history[0].loss == pytest.approx(sum(losses) / 112, abs=1e-5)


def test_validation_images_are_the_last_as_in_keras() -> None:
    """Of 105 images a tenth is held out: `floor(94.5)` train, and 94 are 3 batches of 32."""
    data = world(train=105)
    seen: list[progress.Progress] = []
    outcome = session.train(recipe(validation=0.1, epochs=1), data, on_progress=seen.append)
    assert seen[-1].steps == 3
    model = rebuilt(recipe(), outcome)
    held_out = model(data.x_train[94:]).numpy()
    accuracy = (held_out.argmax(axis=1) == data.y_train[94:]).mean()
    assert outcome.history[0].val_accuracy == pytest.approx(accuracy)
    loss = -np.log(held_out[np.arange(11), data.y_train[94:]]).mean()
    assert outcome.history[0].val_loss == pytest.approx(loss, abs=1e-5)


def rebuilt(settings: recipes.Recipe, outcome: progress.Outcome) -> keras.Model:
    """Build the model anew and give it the weights of a finished training."""
    model = network.build(settings)
    for variable in model.weights:
        variable.assign(weights(outcome)[variable.path])
    return model


def test_schedules() -> None:
    """Step divides by ten after a half and three quarters; cosine ends next to 0."""
    rates = steps.learning_rates(recipe(schedule="step", epochs=4), 2)
    np.testing.assert_allclose(rates, np.repeat([1e-3, 1e-3, 1e-4, 1e-5], 2), rtol=1e-6)
    rates = steps.learning_rates(recipe(schedule="cosine", epochs=2), 2)
    np.testing.assert_allclose(rates, 5e-4 * (1 + np.cos(np.pi * np.arange(4) / 4)), rtol=1e-6)


def test_it_learns() -> None:
    """Ten places are told apart after a few epochs."""
    outcome = session.train(recipe(epochs=8), world(train=600))
    assert outcome.status == "finished"
    assert outcome.reason == "All 8 epochs ran."
    assert outcome.test_accuracy > 0.95
    assert outcome.test_errors == round((1 - outcome.test_accuracy) * 60)


# --- repeatable, resumable --------------------------------------------------------------------


def test_same_seed_same_weights() -> None:
    """A seed decides every bit; another seed gives other weights."""
    first, second, other = (
        session.train(recipe(layers=DROP, rotation=5.0, seed=seed), world()) for seed in (4, 4, 5)
    )
    assert same(weights(first), weights(second))
    assert not same(weights(first), weights(other))
    assert (first.probs == second.probs).all()


@pytest.mark.usefixtures("unconverted")
@pytest.mark.parametrize(
    "settings",
    [
        {"layers": DROP, "shift": 0.1, "validation": 0.2, "keep": "best", "schedule": "cosine"},
        {"layers": DENSE, "optimizer": "rmsprop"},
    ],
)
def test_resumed_as_if_never_stopped(settings: dict[str, object]) -> None:
    """From the checkpoint after any epoch the same weights and the same history come out."""
    settings = recipe(epochs=3, **settings)
    checkpoints: list[bytes] = []
    whole = session.train(settings, world(), on_epoch=lambda e, c, p: checkpoints.append(c))
    for checkpoint in checkpoints:
        resumed = session.train(settings, world(), checkpoint=checkpoint)
        assert same(weights(whole), weights(resumed))
        assert figures(whole) == figures(resumed)
        assert resumed.best_epoch == whole.best_epoch


def figures(outcome: progress.Outcome) -> list[progress.Epoch]:
    """Return the history without its seconds."""
    return [dataclasses.replace(epoch, seconds=0.0) for epoch in outcome.history]


@pytest.mark.usefixtures("unconverted")
@pytest.mark.parametrize("checkpoint", [b"", b"PK\x03\x04 not a zip", None])
def test_unusable_checkpoint_is_refused(checkpoint: bytes | None) -> None:
    """Garbage, and the checkpoint of another recipe, are refused in a sentence."""
    if checkpoint is None:
        kept: list[bytes] = []
        session.train(recipe(seed=1), world(), on_epoch=lambda e, c, p: kept.append(c))
        checkpoint = kept[0]
    with pytest.raises(ValueError, match="This checkpoint"):
        session.train(recipe(), world(), checkpoint=checkpoint)


@pytest.mark.usefixtures("unconverted")
def test_best_epoch_is_kept() -> None:
    """With `keep="best"` the weights are those of the epoch of the lowest validation loss."""
    settings = recipe(epochs=6, validation=0.3, keep="best", learning_rate=0.05, seed=2)
    checkpoints: list[bytes] = []
    outcome = session.train(settings, world(), on_epoch=lambda e, c, p: checkpoints.append(c))
    losses = [epoch.val_loss for epoch in outcome.history]
    assert outcome.best_epoch == int(np.argmin(losses))
    with np.load(io.BytesIO(checkpoints[outcome.best_epoch]), allow_pickle=False) as file:
        assert all((file[f"now/{name}"] == value).all() for name, value in weights(outcome).items())


@pytest.mark.usefixtures("unconverted")
def test_patience_stops_early() -> None:
    """Labels without sense are learnt by heart, so validation soon gets worse and it stops."""
    data = world()
    data.y_train = np.random.default_rng(0).integers(0, 10, 200, dtype=np.uint8)
    settings = recipe(epochs=50, validation=0.5, patience=2, learning_rate=0.02)
    outcome = session.train(settings, data)
    assert len(outcome.history) == outcome.best_epoch + 3 < 50
    assert outcome.status == "finished"
    assert outcome.reason.startswith(f"Stopped early after epoch {len(outcome.history)}")


# --- how it ends ------------------------------------------------------------------------------


def test_cancelled_in_the_middle() -> None:
    """A cancel ends the training at once, keeps whole epochs and makes no artifacts."""
    seen: list[progress.Progress] = []

    def should_stop() -> bool:
        return bool(seen) and seen[-1].epoch == 1 and seen[-1].step > 1

    outcome = session.train(
        recipe(epochs=50), world(), on_progress=seen.append, should_stop=should_stop
    )
    assert outcome.status == "cancelled"
    assert outcome.reason == "Cancelled in epoch 2."
    assert len(outcome.history) == 1
    assert outcome.artifacts == {}
    assert outcome.probs is None


def test_cancelled_before_it_began() -> None:
    """A stop that was asked for from the start is a status too."""
    outcome = session.train(recipe(), world(), should_stop=lambda: True)
    assert (outcome.status, outcome.history) == ("cancelled", ())


def test_cancel_takes_effect_within_two_seconds() -> None:
    """A stop that is asked for in the middle of a long epoch ends the training soon after."""
    asked: list[float] = []

    def on_progress(report: progress.Progress) -> None:
        if report.step > 3 and not asked:
            asked.append(time.perf_counter())

    settings = recipe(layers="conv16x5 pool2 flatten", batch_size=128, epochs=99)
    data = world(train=4000)
    session.train(settings, data, on_progress=on_progress, should_stop=lambda: bool(asked))
    assert time.perf_counter() - asked[0] < 2


def test_weights_that_are_no_numbers_are_a_status() -> None:
    """35 layers at a rate of 10 have a loss to the end, and weights that are none: diverged."""
    deep = recipe(layers="flatten " + "dense64 " * 35, learning_rate=10.0, epochs=1)
    outcome = session.train(deep, world())
    assert (outcome.status, outcome.artifacts) == ("diverged", {})
    assert outcome.history[0].loss is not None


@pytest.mark.parametrize("validation", [0.0, 0.2])
def test_diverged_is_a_status(validation: float) -> None:
    """A rate that is far too high ends as a status with a reason, and its curves are kept."""
    settings = recipe(
        layers="flatten dense64 dense64",
        optimizer="sgd",
        learning_rate=10.0,
        epochs=30,
        scaling="standardised",
        momentum=0.99,
        validation=validation,
    )
    outcome = session.train(settings, world())
    assert outcome.status == "diverged"
    count = len(outcome.history)
    assert outcome.reason == f"Diverged at epoch {count}: the loss is no longer a number."
    json.dumps([dataclasses.asdict(epoch) for epoch in outcome.history], allow_nan=False)
    assert outcome.artifacts == {}


@pytest.mark.usefixtures("unconverted")
def test_progress_counts_every_step() -> None:
    """Reports begin at once, never go back, and end at the last step of the last epoch."""
    seen: list[progress.Progress] = []
    session.train(recipe(validation=0.2), world(), on_progress=seen.append)
    assert (seen[0].epoch, seen[0].step, seen[0].loss) == (0, 0, None)
    places = [(p.epoch, p.step) for p in seen]
    assert places == sorted(places)
    assert places[-1] == (1, 5)
    assert all(a.seconds <= b.seconds for a, b in itertools.pairwise(seen))


def test_batch_larger_than_the_data_is_refused() -> None:
    """The trainer checks what only the data can tell."""
    with pytest.raises(ValueError, match="`batch_size` must be at most"):
        session.train(recipe(batch_size=512), world())


# --- what comes out ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def traced() -> tuple[progress.Outcome, list[progress.Predictions]]:
    """Train one convolutional model with its predictions of every epoch."""
    kept: list[progress.Predictions] = []
    outcome = session.train(
        recipe(layers=CONV, validation=0.25),
        world(),
        trace=True,
        on_epoch=lambda e, c, p: kept.append(p),
    )
    return outcome, kept


Traced = tuple[progress.Outcome, list[progress.Predictions]]


def test_probabilities_are_the_classifiers_and_keras(traced: Traced) -> None:
    """What is stored is what the LiteRT model answers, and Keras's answer to 1e-5."""
    outcome, _ = traced
    images = world().x_test
    again = classifier.Classifier(outcome.artifacts["model.tflite"]).probs(images)
    assert (outcome.probs == again).all()
    model = rebuilt(recipe(layers=CONV), outcome)
    np.testing.assert_allclose(outcome.probs, model(images), atol=1e-5)
    assert outcome.probs.dtype == np.float32


def test_answers_to_validation_images_are_the_models(traced: Traced) -> None:
    """Those of the images held back, with their labels; a training without any keeps none."""
    outcome, _ = traced
    probs, labels = artifacts.read_validation(outcome.artifacts[artifacts.VALIDATION])
    data = world()
    held_out = slice(len(data.x_train) - len(labels), None)
    assert 0 < len(labels) < len(data.x_train)
    assert (labels == data.y_train[held_out]).all()
    model = classifier.Classifier(outcome.artifacts["model.tflite"])
    np.testing.assert_allclose(probs, model.probs(data.x_train[held_out]), atol=1e-5)


def test_predictions_of_every_epoch(traced: Traced) -> None:
    """The last epoch's predictions are those of the finished model."""
    outcome, kept = traced
    assert len(kept) == 2
    assert (kept[-1].y_pred == outcome.probs.argmax(axis=1)).all()
    assert (kept[-1].y_pred.dtype, kept[-1].confidence.dtype) == (np.uint8, np.float16)
    np.testing.assert_allclose(kept[-1].confidence, outcome.probs.max(axis=1), atol=1e-3)


def test_test_loss_by_hand() -> None:
    """Certainty costs nothing, an even guess ln 10, a certain mistake 16.1 (Keras's 1e-7)."""
    probs = np.eye(10, dtype=np.float32)[[3, 4]]
    even = np.full((1, 10), 0.1, np.float32)
    assert keeping.log_loss(probs, np.array([3, 4])) == 0
    assert keeping.log_loss(even, np.array([7])) == pytest.approx(np.log(10), abs=1e-6)
    assert keeping.log_loss(probs[:1], np.array([9])) == pytest.approx(16.118, abs=1e-3)


def test_artifacts(traced: Traced) -> None:
    """Weights, LiteRT, a Keras file without code, and histograms that count every weight."""
    outcome, _ = traced
    assert set(outcome.artifacts) == {
        "weights.npz",
        "model.tflite",
        "model.keras",
        "histograms.json",
        "validation.npz",
    }
    with zipfile.ZipFile(io.BytesIO(outcome.artifacts["model.keras"])) as file:
        assert "Lambda" not in file.read("config.json").decode()
    layers = json.loads(outcome.artifacts["histograms.json"])
    names = [layer["layer"] for layer in layers]
    assert names == ["1_conv4x3", "4_conv6x3", "7_dense8", "8_softmax"]
    for layer, size in zip(layers, (36, 216, 1200, 80), strict=True):
        assert sum(layer["start"]) == sum(layer["end"]) == size
        assert len(layer["edges"]) == len(layer["start"]) + 1


def test_versions_are_recorded(traced: Traced) -> None:
    """A run says what its weights depend on."""
    outcome, _ = traced
    assert outcome.versions["tensorflow"] == tf.__version__
    assert outcome.versions["numpy"] == np.__version__
    assert outcome.versions["mnistdash"] == version.text()
    assert list(outcome.versions) == [
        "mnistdash",
        "python",
        "tensorflow",
        "keras",
        "numpy",
        "ai-edge-litert",
    ]


# --- the process ------------------------------------------------------------------------------


def test_threads_follow_the_work() -> None:
    """Small dense steps get one thread; large convolutions all."""
    assert session.threads_for(recipes.PRESETS["dense-wide"].recipe) == (1, 1)
    assert session.threads_for(recipes.PRESETS["cnn-one-epoch"].recipe)[0] >= 1


def test_many_trainings_in_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trainings from several threads, each with other threads for TensorFlow, leak nothing."""
    chosen = iter([(1, 1), (2, 1)] * 3)
    monkeypatch.setattr(session, "threads_for", lambda recipe: next(chosen))
    data = world(train=64, test=10)
    outcomes, megabytes = [], []
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for _ in range(6):
            outcomes.append(pool.submit(session.train, recipe(epochs=1), data).result())
            megabytes.append(resident_megabytes())
    assert {outcome.threads for outcome in outcomes} == {(1, 1), (2, 1)}
    assert all(same(weights(outcomes[0]), weights(outcome)) for outcome in outcomes)
    if megabytes[0]:
        assert megabytes[-1] - megabytes[3] < 40


def resident_megabytes() -> float:
    """Read this process's resident memory; 0 where the system doesn't tell."""
    status = pathlib.Path("/proc/self/status")
    lines: collections.abc.Iterable[str] = (
        status.read_text().splitlines() if status.exists() else ()
    )
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")), 0.0)


@pytest.mark.parametrize("classes", [2, 26])
def test_any_number_of_classes_is_trained(classes: int) -> None:
    """Images of as many classes: the model's answers have that many columns, and sum to 1."""
    data = world(train=64)
    labels = np.arange(64, dtype=np.uint8) % classes
    few = session._Arrays(data.x_train[:64], labels, data.x_test[:8], labels[:8])
    outcome = session.train(recipe(layers="flatten dense8", epochs=1, classes=classes), few)
    assert outcome.probs.shape == (8, classes)
    np.testing.assert_allclose(outcome.probs.sum(axis=1), 1, atol=1e-5)
    model = classifier.Classifier(outcome.artifacts["model.tflite"])
    assert model.num_classes == classes
    np.testing.assert_allclose(model.probs(data.x_test[:8]), outcome.probs, atol=1e-4)
    if classes > 2:
        with pytest.raises(ValueError, match="`classes` must be above every label"):
            session.train(recipe(layers="flatten dense8", epochs=1, classes=2), few)
