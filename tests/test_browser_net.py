"""A network as a browser reads it: what its file holds, and what is refused."""

import importlib.resources
import io
import json
import zipfile

import numpy as np
import pytest

from mnistdash import artifacts, browser_net, recipes


def weights_of(recipe: recipes.Recipe, **arrays: list) -> dict[str, np.ndarray]:
    """Name arrays as the trainer does: `bn__gamma` is the gamma of the recipe's `bn`."""
    places = {layer.kind: f"{k}_{layer.word}" for k, layer in enumerate(recipe.table, start=1)}
    named = ((name.split("__"), values) for name, values in arrays.items())
    return {
        f"{places[kind]}/{part}": np.array(values, np.float32) for (kind, part), values in named
    }


def read(data: bytes) -> tuple[dict, list[np.ndarray]]:
    """Read a file's head and the arrays of all its layers."""
    length = int.from_bytes(data[:4], "little")
    head, body = json.loads(data[4 : 4 + length]), data[4 + length :]
    places = [array for layer in head["layers"] for array in layer["arrays"]]
    arrays = [np.frombuffer(body, f"<f{bits // 8}", n, at) for _, at, n, bits in places]
    return head, arrays


SMALL = recipes.Recipe(layers="pad1 drop.2 conv2x1 pool14 bn gap", scaling="centred", classes=2)
GIVEN = {
    "conv__kernel": [[[[2.0, 3.0]]]],
    "conv__bias": [0.25, 0.1],
    "bn__gamma": [2.0, 1.0],
    "bn__beta": [1.0, 0.0],
    "bn__moving_mean": [3.0, 0.0],
    "bn__moving_variance": [0.999, 3.999],
    "softmax__kernel": [[1.0, 2.0], [3.0, 4.0]],
    "softmax__bias": [5.0, 6.0],
}


def test_file_holds_the_layers_and_their_arrays() -> None:
    """Ground of one cell around, no dropout, bn as a factor and a sum: (x - 3) / 1 * 2 + 1."""
    head, arrays = read(browser_net.export(SMALL, weights_of(SMALL, **GIVEN)))
    assert (head["side"], head["scale"], head["offset"]) == (30, 1 / 128, -0.5)
    assert [layer["kind"] for layer in head["layers"]] == ["conv", "pool", "bn", "gap", "softmax"]
    kernel, bias, factor, added, matrix, last = (array.tolist() for array in arrays)
    assert (kernel, matrix, last) == ([2, 3], [1, 3, 2, 4], [5, 6])  # each unit's own together
    assert bias == pytest.approx([0.25, 0.1], rel=1e-7)  # vectors stay whole: a half's 0.1 is not
    assert factor == pytest.approx([2, 0.5])
    assert added == pytest.approx([-5, 0])


def test_starter_costs_half_its_weights() -> None:
    """The starter's file is at most 350 kB: what is sent once is half of its model."""
    archive = importlib.resources.files("mnistdash") / "starter" / "mnist.zip"
    with zipfile.ZipFile(io.BytesIO(archive.read_bytes())) as files:
        recipe = recipes.Recipe.from_json(json.loads(files.read("run.json"))["recipe"])
        weights = artifacts.read_arrays(files.read(artifacts.WEIGHTS))
    assert len(browser_net.export(recipe, weights)) <= 350_000


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("softmax__kernel", [[1.0, 2.0]]),
        ("softmax__kernel", [[1.0, 2.0], [3.0, 70_000.0]]),
        ("bn__gamma", [float("nan"), 1.0]),
    ],
)
def test_weights_that_do_not_fit_are_refused(name: str, values: list) -> None:
    """A missing row, a number beyond half precision and no number are errors, not answers."""
    with pytest.raises(ValueError, match="must"):
        browser_net.export(SMALL, weights_of(SMALL, **GIVEN | {name: values}))


def test_missing_weights_are_refused() -> None:
    """Weights of another recipe name none of this one's."""
    with pytest.raises(ValueError, match="3_conv2x1/kernel"):
        browser_net.export(SMALL, {})


@pytest.mark.parametrize(
    ("layers", "fits"),
    [
        ("flatten dense2048", True),  # 1.6 million parameters
        ("flatten dense4096", False),  # 3.3 million
        ("conv128x3 conv64x3", True),  # 42 million multiplications and few parameters
        ("conv128x3 conv128x3", False),  # 85 million
    ],
)
def test_only_what_a_browser_can_carry(layers: str, *, fits: bool) -> None:
    """Two million parameters are the limit, and what takes longer than a blink."""
    recipe = recipes.Recipe(layers=f"{layers} gap" if "conv" in layers else layers)
    assert browser_net.fits(recipe) is fits
    if not fits:
        with pytest.raises(ValueError, match="fewer"):
            browser_net.export(recipe, {})
