"""What the browser makes of strokes and of a network, beside what the server makes of them."""

import base64
import importlib.resources
import io
import json
import pathlib
import zipfile

import numpy as np
import pytest
from playwright import sync_api

from mnistdash import artifacts, browser_net, classifier, ink, recipes

REPO = pathlib.Path(__file__).parents[2]
ENGINE = REPO / "mnistdash" / "ui" / "pen_engine.js"
PEN_DIGITS = REPO.parent / "shared" / "data" / "pen_digits_dev.json"
RUN = """async ([engine, file, asked]) => {
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt());
  const { network, prepare, smooth } = await import(`data:text/javascript;base64,${engine}`);
  const { probs } = network(bytes(file).buffer);
  const images = asked.strokes.map((strokes) => Array.from(prepare(strokes)));
  const answers = asked.images.map((image) => Array.from(probs(Uint8Array.from(image))));
  return { images, answers, smooth: asked.points.map(smooth) };
}"""
# Between them every word, padded and not, of every stride and form.
EVERY_WORD = (
    ("pad2 conv5x3same bn pool2 drop.2 conv6x3s2 avg2 bn gap dense8", "centred"),
    ("conv4x2 pool3 pad1 bn conv7x3s2same pool2 flatten bn dense8 drop.5", "standardised"),
    ("pool2 flatten dense9", "unit"),
)


def in_the_browser(
    page: sync_api.Page,
    file: bytes,
    *,
    strokes: list = (),
    images: np.ndarray | None = None,
    points: list = (),
) -> tuple[np.ndarray, np.ndarray, list]:
    """Let the browser prepare strokes, answer images, and smooth points, each on its own."""
    images = np.zeros((0, 784), np.uint8) if images is None else images.reshape(len(images), -1)
    engine, sent = (base64.b64encode(data).decode() for data in (ENGINE.read_bytes(), file))
    asked = {"strokes": list(strokes), "images": images.tolist(), "points": list(points)}
    page.goto("about:blank")
    found = page.evaluate(RUN, [engine, sent, asked])
    prepared = np.array(found["images"], np.uint8).reshape(-1, 28, 28)
    return prepared, np.array(found["answers"]), found["smooth"]


def drawings() -> list:
    """Take what people wrote with a pen; where that is not here, curves that nobody drew."""
    if PEN_DIGITS.is_file():
        return [digit["strokes"] for digit in json.loads(PEN_DIGITS.read_text())]
    draws = np.random.default_rng(0)
    steps = draws.normal(0, 4, (100, 2, 30, 2)).cumsum(axis=2)  # each goes on where it was going
    return (140 + steps.cumsum(axis=2) / 4).round(1).tolist()


def starter() -> bytes:
    """Write the network of the starter for a browser."""
    archive = importlib.resources.files("mnistdash") / "starter" / "mnist.zip"
    with zipfile.ZipFile(io.BytesIO(archive.read_bytes())) as files:
        recipe = recipes.Recipe.from_json(json.loads(files.read("run.json"))["recipe"])
        return browser_net.export(recipe, artifacts.read_arrays(files.read(artifacts.WEIGHTS)))


def test_digits_are_prepared_and_answered_as_on_the_server(page: sync_api.Page) -> None:
    """500 pen digits: images within two grey levels on average, answers within 0.005 of LiteRT."""
    drawn = drawings()
    images = np.stack([ink.from_strokes(strokes) for strokes in drawn])
    prepared, answers, _ = in_the_browser(page, starter(), strokes=drawn, images=images)
    apart = np.abs(prepared.astype(int) - images).mean(axis=(1, 2))
    assert apart.mean() <= 0.5
    assert apart.max() <= 2
    probs = classifier.starter().probs(images)
    assert np.abs(answers - probs).max() <= 0.005
    whole = classifier.starter().probs(prepared)
    assert (whole.argmax(1) == probs.argmax(1)).mean() >= 0.995


def test_points_are_smoothed_as_the_canvas_does(page: sync_api.Page) -> None:
    """What the canvas reports as curves from middle to middle is read as the browser draws it."""
    path = [["M", 10, 10], ["Q", 10, 10, 15, 10], ["Q", 20, 10, 20, 20], ["L", 20, 30]]
    (line,) = ink.strokes_from_fabric({"objects": [{"type": "path", "path": path}]})
    points = [[[10, 10], [20, 10], [20, 30]], [[5, 5], [5, 5]]]
    _, _, (smooth, dot) = in_the_browser(page, starter(), points=points)
    np.testing.assert_allclose(smooth, line)
    assert np.ptp(dot, axis=0).tolist() == [0, 0]


def test_slips_and_dots(page: sync_api.Page) -> None:
    """A dot beside a stroke is dropped, a dot alone is drawn, and so is a line without width."""
    stroke = [[100, 40], [100, 200]]
    drawn = [[stroke, [[250, 250], [251, 250]]], [stroke], [[[5, 5]]]]
    with_slip, alone, dot = in_the_browser(page, starter(), strokes=drawn)[0]
    assert (with_slip == alone).all()
    for image, strokes in ((alone, [stroke]), (dot, [[[5, 5]]])):
        assert np.abs(image.astype(int) - ink.from_strokes(strokes)).mean() <= 1


@pytest.mark.parametrize(("layers", "scaling"), EVERY_WORD)
def test_every_word_of_the_layer_language(page: sync_api.Page, layers: str, scaling: str) -> None:
    """Networks of every word, with drawn weights, answer patches within 0.005 of Keras's model."""
    network = pytest.importorskip("mnistdash.training.network")
    draws = np.random.default_rng(0)
    recipe = recipes.Recipe(layers=layers, scaling=scaling, classes=7)
    model = network.build(recipe, mean=33.0, deviation=78.0)
    for variable in model.weights:
        drawn = draws.normal(0, 0.4, variable.shape)
        variable.assign(np.abs(drawn) + 0.5 if "variance" in variable.path else drawn)
    weights = {variable.path: variable.value.numpy() for variable in model.weights}
    patches = draws.integers(0, 256, (20, 7, 7)) * draws.random((20, 1, 1))
    images = patches.astype(np.uint8).repeat(4, axis=1).repeat(4, axis=2)
    file = browser_net.export(recipe, weights, mean=33.0, deviation=78.0)
    _, answers, _ = in_the_browser(page, file, images=images)
    expected = model(images).numpy()
    assert np.ptp(expected, axis=0).max() > 0.03  # they differ more from image to image
    np.testing.assert_allclose(answers, expected, atol=0.005)


def test_damaged_file_is_refused(page: sync_api.Page) -> None:
    """A file that ends too early throws, and no answer is made up."""
    with pytest.raises(sync_api.Error, match="cut"):
        in_the_browser(page, starter()[:200_000], images=np.zeros((1, 28, 28), np.uint8))
