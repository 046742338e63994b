"""The classifier of the pages: LiteRT's answers, checked at its door."""

import concurrent.futures
import io
import pathlib
import subprocess
import sys
import time
import zipfile

import keras
import numpy as np
import pytest
import tensorflow as tf

from mnistdash import architecture, classifier, ink, recipes
from mnistdash.training import keeping, network

SHIPPED = pathlib.Path(classifier.__file__).with_name("starter")
LAYERS = "conv4x3 bn pool2 drop.2 conv6x3 pool2 flatten dense8"
NAMES = [
    "1_conv4x3",
    "2_bn",
    "3_pool2",
    "5_conv6x3",
    "6_pool2",
    "7_flatten",
    "8_dense8",
    "9_softmax",
]


def images(n: int, seed: int = 0) -> np.ndarray:
    """Draw noise, uint8 `(n, 28, 28)`."""
    return np.random.default_rng(seed).integers(0, 256, (n, 28, 28), dtype=np.uint8)


@pytest.fixture(scope="module")
def model() -> bytes:
    """Convert one untrained network."""
    return keeping.litert_model(network.build(recipes.Recipe(layers=LAYERS)))


@pytest.fixture(scope="module")
def answers(model: bytes) -> classifier.Classifier:
    """Load it."""
    return classifier.Classifier(model)


@pytest.mark.parametrize("n", [0, 1, 499, 500, 501, 1203])
def test_any_number_of_images(answers: classifier.Classifier, n: int) -> None:
    """Each image's probabilities sum to 1 and don't depend on how many are asked at once."""
    probs = answers.probs(images(n))
    assert (probs.shape, probs.dtype) == ((n, 10), np.float32)
    np.testing.assert_allclose(probs.sum(axis=1), 1, atol=1e-6)
    for i in range(0, n, 400):
        np.testing.assert_allclose(answers.probs(images(n)[i : i + 1])[0], probs[i], atol=1e-6)


@pytest.mark.parametrize("layers", sorted({p.recipe.layers for p in recipes.PRESETS.values()}))
def test_agrees_with_keras(layers: str) -> None:
    """Every preset's network answers the same in Keras and in LiteRT, to 1e-5."""
    settings = recipes.Recipe(layers=layers, scaling="standardised", batch_size=1)
    built = network.build(settings, mean=33.3, deviation=78.6)
    litert = classifier.Classifier(keeping.litert_model(built))
    np.testing.assert_allclose(litert.probs(images(7)), built(images(7)), atol=1e-5)


@pytest.mark.parametrize(
    "wrong",
    [
        images(2).astype(np.float32),
        images(2)[0],
        images(2)[:, :27],
        images(2)[..., None],
        [[0] * 28] * 28,
        None,
    ],
)
def test_wrong_images_are_refused(answers: classifier.Classifier, wrong: object) -> None:
    """A sentence says what was expected and what came."""
    with pytest.raises(ValueError, match=r"must be uint8 of shape \(n, 28, 28\). Received: "):
        answers.probs(wrong)


def test_views_are_accepted(answers: classifier.Classifier) -> None:
    """Reversed and read-only images answer as their copies."""
    batch = images(5)
    batch.flags.writeable = False
    assert (answers.probs(batch[::-1]) == answers.probs(batch[::-1].copy())).all()


def test_layer_activations(answers: classifier.Classifier) -> None:
    """Every layer but the dropout shows its output under its name, the last one probabilities."""
    image = images(1)[0]
    found = answers.activations(image)
    table = {
        f"{place}_{layer.word}": layer.output_shape
        for place, layer in enumerate(architecture.parse(LAYERS), start=1)
    }
    assert list(found) == NAMES
    assert all(found[name].shape == table[name] for name in NAMES)
    np.testing.assert_allclose(found["9_softmax"], answers.probs(image[None])[0], atol=1e-6)
    pooled = found["2_bn"].reshape(13, 2, 13, 2, 4).max(axis=(1, 3))
    np.testing.assert_allclose(found["3_pool2"], pooled, atol=1e-6)


@pytest.mark.parametrize(
    "layers", ["pad4 conv2x3 gap", "flatten dense2 dense1", "conv1x3s2 avg2 gap"]
)
def test_activations_of_odd_networks(layers: str) -> None:
    """Weights that have the shape of an answer are never taken for one."""
    built = network.build(recipes.Recipe(layers=layers, scaling="centred"))
    found = classifier.Classifier(keeping.litert_model(built)).activations(images(1)[0])
    table = architecture.parse(layers)
    assert [value.shape for value in found.values()] == [layer.output_shape for layer in table]


def converted_without_names(model: keras.Model) -> bytes:
    """Convert a model as this program did before its models named their layers."""
    spec = tf.TensorSpec([None, 28, 28], tf.uint8)
    answer = tf.function(lambda images: model(images, training=False))
    functions = [answer.get_concrete_function(spec)]
    return tf.lite.TFLiteConverter.from_concrete_functions(functions).convert()


def test_older_models_tell_their_layers_as_well(answers: classifier.Classifier) -> None:
    """Names or none in the file: every layer answers the same under the same name."""
    older = classifier.Classifier(
        converted_without_names(network.build(recipes.Recipe(layers=LAYERS)))
    )
    image = images(1)[0]
    named, guessed = answers.activations(image), older.activations(image)
    assert list(guessed) == NAMES
    for name in NAMES:
        np.testing.assert_allclose(guessed[name], named[name], atol=1e-6)
    np.testing.assert_allclose(
        older.features(images(501)), answers.features(images(501)), atol=1e-5
    )


def test_names_and_not_tensors_tell_the_layers(
    model: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model with names needs no pattern, nor a LiteRT that keeps all tensors."""
    monkeypatch.setattr(classifier, "_LayerTensors", None)
    assert list(classifier.Classifier(model).activations(images(1)[0])) == NAMES


@pytest.mark.parametrize("name", ["optdigits", "mnist"])
def test_starters_tell_their_layers(name: str) -> None:
    """The shipped models are older than the names, and show every layer but the dropouts."""
    starter = recipes.STARTERS[name]
    with zipfile.ZipFile(SHIPPED / f"{name}.zip") as files:
        found = classifier.Classifier(files.read("model.tflite")).activations(images(1)[0])
    layers = [(f"{k}_{e.word}", e) for k, e in enumerate(starter.table, 1) if e.kind != "drop"]
    assert {key: value.shape for key, value in found.items()} == {
        key: layer.output_shape for key, layer in layers
    }


def test_a_model_from_elsewhere_tells_its_answer_alone() -> None:
    """Neither names nor tensors of ours: no layers, and a sentence where features are asked for."""
    foreign = keras.Sequential(
        [
            keras.Input((28, 28), dtype="uint8", name="x"),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Flatten(),
            keras.layers.Dense(3, "softmax"),
        ]
    )
    by_keras = tf.lite.TFLiteConverter.from_keras_model(foreign).convert()
    for data in (converted_without_names(foreign), by_keras):
        answers = classifier.Classifier(data)
        assert answers.probs(images(2)).shape == (2, 3)
        assert answers.activations(images(1)[0]) == {}
        with pytest.raises(ValueError, match="does not tell what its last layer receives"):
            answers.features(images(2))


def test_many_threads_share_one(model: bytes) -> None:
    """Eight threads that ask at once each get the answer to their own images."""
    shared = classifier.Classifier(model)
    expected = [shared.probs(images(n, seed=n)) for n in range(1, 9)]

    def ask(n: int) -> bool:
        own = images(n, seed=n)
        shared.activations(own[0])
        return all((shared.probs(own) == expected[n - 1]).all() for _ in range(20))

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(1, 9)))


def test_one_image_takes_a_millisecond(answers: classifier.Classifier) -> None:
    """The best of fifty single answers is under 1 ms."""
    image, seconds = images(1), []
    for _ in range(50):
        began = time.perf_counter()
        answers.probs(image)
        seconds.append(time.perf_counter() - began)
    assert min(seconds) < 0.001


def test_hostile_bytes_are_refused(model: bytes) -> None:
    """Nothing, text, a zip, a cut-off model and one with a damaged header are a ValueError."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("model.tflite", model)
    for hostile in (
        b"",
        b"hello",
        file.getvalue(),
        model[:40],
        model[: len(model) // 2],
        b"\xff" * 8 + model[8:],
    ):
        with pytest.raises(ValueError, match="LiteRT model"):
            classifier.Classifier(hostile)


def test_foreign_models_are_refused() -> None:
    """A model that takes other images or gives other answers is not one of ours."""
    import keras
    import tensorflow as tf

    inputs = keras.Input((28, 28, 1))
    other = keras.Model(inputs, keras.layers.Dense(3)(keras.layers.Flatten()(inputs)))
    answer = tf.function(lambda x: other(x))
    concrete = answer.get_concrete_function(tf.TensorSpec([None, 28, 28, 1], tf.float32))
    foreign = tf.lite.TFLiteConverter.from_concrete_functions([concrete]).convert()
    with pytest.raises(ValueError, match="not one of ours"):
        classifier.Classifier(foreign)


def test_import_is_light() -> None:
    """Importing the module loads neither LiteRT nor TensorFlow."""
    code = (
        "import sys; from mnistdash import classifier;"
        "print([m for m in ('tensorflow', 'keras', 'ai_edge_litert') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_digits_are_told_from_scrawls() -> None:
    """A one, a seven and a slashed zero are digits with a probability over 0.9, no coil is one."""
    turns = np.linspace(0, 12 * np.pi, 200)
    coil = [[(t * np.sin(t), t * np.cos(t)) for t in turns]]
    hatching = [[(x, 0), (x, 100)] for x in range(0, 101, 20)]
    ring = [(30 * np.cos(turn), 50 * np.sin(turn)) for turn in np.linspace(0, 2 * np.pi, 40)]
    slashed = [ring, [(-35, 55), (35, -55)]]
    digits = [[[(50, 0), (50, 100)]], [[(0, 0), (60, 0), (20, 100)]], slashed]
    drawn = [ink.from_strokes(strokes) for strokes in (*digits, coil, hatching)]
    found = classifier.kind_probs(np.stack(drawn))
    assert found[:3, 0].min() > 0.9
    assert found[3:, 0].max() < 0.1
    assert classifier.KINDS[found[3].argmax()] == "scribble"
    assert classifier.kind_probs(images(0)).shape == (0, 4)


def test_starter_is_read_once() -> None:
    """The classifier that ships with the package answers, and is the same object each time."""
    assert classifier.starter() is classifier.starter()
    assert classifier.starter().probs(images(2)).shape == (2, 10)
