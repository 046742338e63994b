"""The language of layers: shapes and counts by hand, every limit from both sides."""

import pytest

from mnistdash import architecture, recipes

PADDED = "pad4 conv32x3 pool2 drop.4 conv64x3 pool2 drop.4 conv48x3 flatten drop.2 dense48"


# --- shapes and counts ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layers", "parameters"),
    [
        ("flatten dense128 dense128", 118_282),
        ("conv32x3 pool2 conv64x3 pool2 conv64x3 flatten dense64", 93_322),
        (PADDED, 104_650),
        ("flatten", 784 * 10 + 10),
        ("gap", 1 * 10 + 10),
    ],
)
def test_parameters_are_counted(layers: str, parameters: int) -> None:
    """A recipe knows how many numbers its model holds before there is a model."""
    assert recipes.Recipe(layers=layers).parameters == parameters


def test_every_shape_of_the_padded_model() -> None:
    """28 + 2·4 = 36 cells a side, minus 2 a convolution, halved and rounded down by each pool."""
    layers = architecture.parse(PADDED)
    table = [(layer.word, layer.output_shape, layer.parameters) for layer in layers]
    assert table == [
        ("pad4", (36, 36, 1), 0),
        ("conv32x3", (34, 34, 32), 9 * 1 * 32 + 32),
        ("pool2", (17, 17, 32), 0),
        ("drop.4", (17, 17, 32), 0),
        ("conv64x3", (15, 15, 64), 9 * 32 * 64 + 64),
        ("pool2", (7, 7, 64), 0),
        ("drop.4", (7, 7, 64), 0),
        ("conv48x3", (5, 5, 48), 9 * 64 * 48 + 48),
        ("flatten", (1200,), 0),
        ("drop.2", (1200,), 0),
        ("dense48", (48,), 1200 * 48 + 48),
        ("softmax", (10,), 48 * 10 + 10),
    ]


@pytest.mark.parametrize(
    ("word", "shape", "parameters"),
    [
        ("conv8x3", (26, 26, 8), 80),
        ("conv8x3same", (28, 28, 8), 80),
        ("conv8x3s2", (13, 13, 8), 80),
        ("conv8x3s2same", (14, 14, 8), 80),
        ("conv8x4s3", (9, 9, 8), 136),
        ("conv8x4s3same", (10, 10, 8), 136),
        ("pool3", (9, 9, 1), 0),
        ("avg4", (7, 7, 1), 0),
        ("bn", (28, 28, 1), 4),
        ("gap", (1,), 0),
    ],
)
def test_first_layer(word: str, shape: tuple[int, ...], parameters: int) -> None:
    """Strides, `same` and pools give the side that Keras gives."""
    layer = architecture.parse(word if word == "gap" else f"{word} flatten")[0]
    assert (layer.output_shape, layer.parameters) == (shape, parameters)


def test_multiplications_of_a_convolution_and_a_dense_layer() -> None:
    """3·3 weights for each of 32 filters at 26·26 places; 26·26·32 inputs times ten outputs."""
    conv, flatten, softmax = architecture.parse("conv32x3 flatten")
    assert conv.multiplications == 9 * 32 * 26 * 26 == 194_688
    assert flatten.multiplications == 0
    assert softmax.multiplications == 26 * 26 * 32 * 10


def test_shape_is_written_as_people_do() -> None:
    """Sides stand between crosses."""
    assert architecture.shape_text((24, 24, 32)) == "24 x 24 x 32"


# --- refused words --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layers", "word", "remedy"),
    [
        ("flatten dens128", "`dens128`", "`dense128`"),
        ("flatten dense", "`dense`", "`dense128`"),
        ("conv32 flatten", "`conv32`", "`conv32x3`"),
        ("conv32x3x3 flatten", "`conv32x3x3`", "filters x kernel"),
        ("pool flatten", "`pool`", "`pool2`"),
        ("flatten drop2", "`drop2`", "`drop.2`"),
        ("flatten lambda", "`lambda`", "the words are pad, conv"),
        ("flatten dense１２８", "`dense１２８`", "`dense128`"),
        ("FLATTEN", "`FLATTEN`", "the words are"),
        ("flatten dense-5", "`dense-5`", "`dense128`"),
        ("flatten dense12345678", "`dense12345678`", "`dense128`"),
        ("flatten pool2", "`pool2`", "Move it before `flatten`"),
        ("gap conv8x3", "`conv8x3`", "Move it before `flatten` or `gap`"),
        ("flatten flatten", "`flatten`", "Move it before"),
        ("conv8x3 dense64", "`dense64`", "Put `flatten` or `gap` before it"),
        ("pool14 pool2 pool2 flatten", "`pool2`", "Pool less before it, or add `pad` first"),
        ("pool14 conv8x3 flatten", "`conv8x3`", "Use a smaller kernel, `same`, or pool less"),
        ("conv8x3", "26 x 26 x 8", "Add `flatten` or `gap` at the end"),
        ("", "28 x 28 x 1", "Add `flatten` or `gap` at the end"),
    ],
)
def test_refusal_names_the_word_and_the_remedy(layers: str, word: str, remedy: str) -> None:
    """Nonsense is refused in one sentence or two that help."""
    with pytest.raises(ValueError, match="`") as refusal:
        architecture.parse(layers)
    assert word in str(refusal.value)
    assert remedy in str(refusal.value)
    assert len(str(refusal.value)) < 200


@pytest.mark.parametrize(
    ("allowed", "refused"),
    [
        ("pad1 flatten", "pad0 flatten"),
        ("pad16 flatten", "pad17 flatten"),
        ("conv1x3 gap", "conv0x3 gap"),
        ("conv512x3 gap", "conv513x3 gap"),
        ("conv1x1 gap", "conv1x0 gap"),
        ("conv1x11 gap", "conv1x12 gap"),
        ("conv1x3s1 gap", "conv1x3s0 gap"),
        ("conv1x3s4 gap", "conv1x3s5 gap"),
        ("pool2 flatten", "pool1 flatten"),
        ("pool14 flatten", "pool15 flatten"),
        ("avg2 flatten", "avg1 flatten"),
        ("avg14 flatten", "avg15 flatten"),
        ("flatten dense1", "flatten dense0"),
        ("flatten dense4096", "flatten dense4097"),
        ("flatten drop.0001", "flatten drop.0000"),
        ("flatten drop0.9999", "flatten drop1.0"),
        ("pool14 conv1x2 flatten", "pool14 conv1x3 flatten"),
        ("pool14 pool2 flatten", "pool14 pool3 flatten"),
        ("flatten" + " drop.1" * 39, "flatten" + " drop.1" * 40),
        ("flatten".ljust(400), "flatten".ljust(401)),
        ("flatten dense4096 dense434", "flatten dense4096 dense435"),
    ],
)
def test_limits_of_the_layers(allowed: str, refused: str) -> None:
    """The last value inside each limit is taken, the first outside is refused."""
    assert architecture.parse(allowed)[-1].output_shape == (10,)
    with pytest.raises(ValueError, match="`"):
        architecture.parse(refused)


def test_too_many_parameters_are_told() -> None:
    """785·4096 + 4097·435 + 436·10 = 5,001,915 is more than five million."""
    with pytest.raises(ValueError, match=r"at most 5,000,000 parameters\. Received: 5,001,915\."):
        architecture.parse("flatten dense4096 dense435")


def test_long_text_is_refused_without_repeating_it() -> None:
    """A megabyte of text costs no megabyte of sentence."""
    with pytest.raises(ValueError, match="takes up to 40 words and 400 characters") as refusal:
        recipes.Recipe(layers="x" * 1_000_000)
    assert len(str(refusal.value)) < 200
    with pytest.raises(ValueError, match="is not a layer") as refusal:
        recipes.Recipe(layers="x" * 390)
    assert len(str(refusal.value)) < 200


@pytest.mark.parametrize("text", ["flatten\0", "fla\x07tten", "`![](http://x)`"])
def test_control_characters_in_layers_are_a_sentence(text: str) -> None:
    """A word with a NUL is no layer; the sentence shows no control character and no markup."""
    with pytest.raises(ValueError, match="is not a layer") as refused:
        architecture.parse(text)
    assert str(refused.value).isprintable()
    assert "``" not in str(refused.value)
