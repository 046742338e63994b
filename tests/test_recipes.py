"""Recipes: every limit from both sides, JSON, presets, numbers as people type them."""

import dataclasses
import json
import math

import numpy as np
import pytest

from mnistdash import corrections, recipes

PADDED = "pad4 conv32x3 pool2 drop.4 conv64x3 pool2 drop.4 conv48x3 flatten drop.2 dense48"
AUGMENTED = "pad4 conv32x3 pool2 drop.3 conv64x3 pool2 drop.3 conv64x3 flatten drop.2 dense64"


# --- settings -------------------------------------------------------------------------------

WITH = {"momentum": {"optimizer": "sgd"}, "patience": {"validation": 0.1}}
LIMITS = [
    ("classes", 2, 62, 1, 63),
    ("rotation", 0.0, 45.0, -0.1, 45.1),
    ("shift", 0.0, 0.3, -0.01, 0.31),
    ("zoom", 0.0, 0.5, -0.01, 0.51),
    ("shear", 0.0, 45.0, -0.1, 45.1),
    ("elastic", 0.0, 3.0, -0.1, 3.1),
    ("thickness", 0.0, 1.0, -0.1, 1.1),
    ("upstroke", 0.0, 1.0, -0.1, 1.1),
    ("learning_rate", 1e-6, 10.0, 9e-7, 10.1),
    ("momentum", 0.0, 0.999, -0.1, 1.0),
    ("batch_size", 1, 4096, 0, 4097),
    ("epochs", 1, 200, 0, 201),
    ("validation", 0.0, 0.5, -0.1, 0.51),
    ("patience", 0, 100, -1, 101),
    ("seed", 0, 4_294_967_295, -1, 4_294_967_296),
]


def test_every_number_has_limits() -> None:
    """The list above leaves out no number of a recipe."""
    numbers = {f.name for f in dataclasses.fields(recipes.Recipe) if f.type in (int, float)}
    assert numbers == set(recipes.LIMITS) == {name for name, *_ in LIMITS}


@pytest.mark.parametrize(("name", "low", "high", "below", "above"), LIMITS)
def test_limits_of_the_settings(
    name: str, low: float, high: float, below: float, above: float
) -> None:
    """The smallest and the largest value allowed are taken, the next ones refused by name."""
    others = WITH.get(name, {})
    for value in (low, high):
        assert getattr(recipes.Recipe(**others, **{name: value}), name) == value
    for value in (below, above):
        with pytest.raises(ValueError, match=f"`{name}` must be .* between .* Received: {name}="):
            recipes.Recipe(**others, **{name: value})


FORGED = [
    True,
    None,
    "5",
    "５",
    [5],
    {},
    5j,
    math.nan,
    math.inf,
    -math.inf,
    10**400,
    10**5000,
    -(10**400),
    1e300,
    2**64,
    np.int64(5),
    np.float32(5),
    np.array([5]),
    b"5",
]


@pytest.mark.parametrize("value", FORGED, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize("name", [name for name, *_ in LIMITS])
def test_forged_numbers_are_refused(name: str, value: object) -> None:
    """No type and no size of value gets past a number's limits, or raises anything else."""
    with pytest.raises(ValueError, match=f"^`{name}` must be a (whole )?number between") as refusal:
        recipes.Recipe(**WITH.get(name, {}), **{name: value})
    assert len(str(refusal.value)) < 200


@pytest.mark.parametrize("value", FORGED, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize("name", ["layers", "scaling", "optimizer", "schedule", "keep"])
def test_forged_texts_are_refused(name: str, value: object) -> None:
    """What is no text, or no known choice, is refused with a sentence."""
    with pytest.raises(ValueError, match=r"`") as refusal:
        recipes.Recipe(**{name: value})
    assert len(str(refusal.value)) < 200


def test_refused_choice_names_the_choices() -> None:
    """The sentence lists what may be chosen."""
    with pytest.raises(ValueError, match="`optimizer` must be one of adam, adamw, rmsprop, sgd"):
        recipes.Recipe(optimizer="lion")


@pytest.mark.parametrize("name", ["epochs", "batch_size", "patience", "seed"])
def test_half_is_no_whole_number(name: str) -> None:
    """2.5 epochs are refused, 2.0 are two."""
    with pytest.raises(ValueError, match=f"`{name}` must be a whole number"):
        recipes.Recipe(**{name: 2.5}, validation=0.1)
    value = getattr(recipes.Recipe(**{name: 2.0}, validation=0.1), name)
    assert (value, type(value)) == (2, int)


def test_numbers_become_plain() -> None:
    """A numpy float, which is a float, and a whole rate become Python floats, ready for JSON."""
    recipe = recipes.Recipe(learning_rate=np.float64(0.5), rotation=3)
    assert (type(recipe.learning_rate), type(recipe.rotation)) == (float, float)
    assert recipes.Recipe.from_json(recipe.to_json()) == recipe


def test_equal_recipes_are_one_key() -> None:
    """Spaces and the type of a number make no other recipe."""
    first = recipes.Recipe(layers="  flatten\n dense64 ", epochs=3.0)
    second = recipes.Recipe(layers="flatten dense64", epochs=3)
    assert first == second
    assert len({first, second}) == 1


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"momentum": 0.9}, "`momentum` belongs to sgd"),
        ({"keep": "best"}, "need validation images"),
        ({"patience": 3}, "need validation images"),
        ({"layers": "conv64x3same gap", "batch_size": 2671}, "use a smaller batch"),
    ],
)
def test_contradictions_are_refused(settings: dict[str, object], sentence: str) -> None:
    """Settings that are fine alone and not together are named with the way out."""
    with pytest.raises(ValueError, match=f"(?i){sentence}"):
        recipes.Recipe(**settings)


def test_largest_batch_of_a_wide_model() -> None:
    """28·28·64 + 64 + 10 = 50,250 cells, 8 bytes each: 2,670 images stay below 1 GB."""
    assert recipes.Recipe(layers="conv64x3same gap", batch_size=2670).batch_size == 2670


@pytest.mark.parametrize(
    ("images", "validation", "batch_size", "fits"),
    [
        (100, 0.0, 100, True),
        (100, 0.0, 101, False),
        (100, 0.2, 80, True),
        (100, 0.2, 81, False),
        (1297, 0.2, 1037, True),  # 1037.6 rounded down, as Keras does
        (1297, 0.2, 1038, False),
        (1, 0.5, 1, False),
    ],
)
def test_batch_fits_the_images(images: int, validation: float, batch_size: int, fits: bool) -> None:
    """A batch is at most as large as the part that is trained on."""
    recipe = recipes.Recipe(batch_size=batch_size, validation=validation)
    if fits:
        recipes.check_fits(recipe, images)
    else:
        with pytest.raises(ValueError, match=f"at most the number .*, {batch_size - 1}"):
            recipes.check_fits(recipe, images)


def test_validation_needs_an_image() -> None:
    """A share so small that no image is left for it is refused, 0 is fine."""
    with pytest.raises(ValueError, match="leaves none of 1000 images"):
        recipes.check_fits(recipes.Recipe(validation=1e-20), 1000)
    recipes.check_fits(recipes.Recipe(validation=0.0), 1000)


@pytest.mark.parametrize(
    ("settings", "augments"),
    [
        ({}, False),
        ({"rotation": 1}, True),
        ({"shift": 0.1}, True),
        ({"zoom": 0.1}, True),
        ({"shear": 1}, True),
        ({"elastic": 0.1}, True),
        ({"thickness": 0.1}, True),
        ({"upstroke": 0.1}, True),
    ],
)
def test_augmentation_is_any_of_seven(settings: dict[str, float], augments: bool) -> None:
    """Any amount above 0 reshapes images."""
    assert recipes.Recipe(**settings).augments is augments


def test_twice_the_epochs_take_twice_the_time() -> None:
    """Beyond the two seconds of the start the estimate grows with the epochs."""
    short, long = (recipes.Recipe(epochs=epochs) for epochs in (5, 10))
    first, second = (recipes.estimated_seconds(recipe, 60_000) - 2 for recipe in (short, long))
    assert second == pytest.approx(2 * first)


# --- JSON -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", recipes.PRESETS)
def test_presets_survive_json(name: str) -> None:
    """Written and read again, a recipe is the same; the text is one line."""
    recipe = recipes.PRESETS[name].recipe
    text = recipe.to_json()
    assert "\n" not in text
    assert recipes.Recipe.from_json(text) == recipe


def test_json_of_little_has_the_defaults() -> None:
    """A setting left out has its default."""
    assert recipes.Recipe.from_json("{}") == recipes.Recipe()


HOSTILE_JSON = [
    "",
    "nonsense",
    "[]",
    "null",
    "5",
    '"flatten"',
    "[" * 5_000,
    '{"layers": ' * 900,
    "[" * 100_000,
    '{"epochs": NaN}',
    '{"learning_rate": Infinity}',
    '{"learning_rate": 1e999}',
    '{"epochs": ' + "9" * 400 + "}",
    '{"epochs": ' + "9" * 9_000 + "}",
    '{"epochs": "5"}',
    '{"epochs": null}',
    '{"epochs": true}',
    '{"epochs": [5]}',
    '{"layers": ["flatten"]}',
    '{"layers": {"flatten": 1}}',
    '{"layers": null}',
    '{"layers": "flatten lambda"}',
    '{"layers": "' + "flatten " * 200_000 + '"}',
    '{"layers": "\\ud800"}',
    '{"layers": "\\u0000"}',
    '{"unknown": 1}',
    '{"__class__": 1}',
    '{"' + "k" * 5_000 + '": 1}',
    '{"epochs": 5} {"epochs": 6}',
    '{"epochs": 5',
    "\ufeff{}",
]


@pytest.mark.parametrize("text", HOSTILE_JSON, ids=range(len(HOSTILE_JSON)))
def test_hostile_json_is_refused(text: str) -> None:
    """Whatever stands in a file or a database: a `ValueError` with a short sentence, at once."""
    with pytest.raises(ValueError, match=r".") as refusal:
        recipes.Recipe.from_json(text)
    assert len(str(refusal.value)) < 300


def test_unknown_setting_is_named() -> None:
    """A misspelled setting is not dropped in silence."""
    with pytest.raises(ValueError, match="no setting named `learning_rat`"):
        recipes.Recipe.from_json(json.dumps({"learning_rat": 0.1}))


# --- presets --------------------------------------------------------------------------------

FASHION = {"scaling": "centred", "validation": 0.2}
# Issue 2's table: data set, layers, what differs from the defaults, accuracy, loss.
PUBLISHED = {
    "dense-tutorial": ("mnist", "flatten dense128 drop.2", {"epochs": 5}, 0.9759, None),
    "dense-wide": ("mnist", "flatten dense512", {"epochs": 10}, None, None),
    "dense-sgd": (
        "mnist",
        "flatten dense128 dense128",
        {"scaling": "standardised", "optimizer": "sgd", "learning_rate": 0.01, "epochs": 3},
        0.9611,
        None,
    ),
    "cnn-one-epoch": (
        "mnist",
        "conv32x5 pool2 conv64x5 pool2 flatten dense128",
        {"batch_size": 256, "epochs": 1},
        0.9813,
        None,
    ),
    "fashion-cnn": (
        "fashion_mnist",
        "conv32x3 pool2 conv64x3 pool2 conv64x3 flatten dense64",
        {"batch_size": 128, "epochs": 25} | FASHION,
        0.900,
        0.418,
    ),
    "fashion-dropout": (
        "fashion_mnist",
        "conv32x3 pool2 drop.2 conv64x3 pool2 drop.2 conv48x3 flatten dense48",
        {"batch_size": 32, "epochs": 25} | FASHION,
        0.911,
        0.267,
    ),
    "fashion-padded": (
        "fashion_mnist",
        PADDED,
        {"batch_size": 32, "epochs": 50} | FASHION,
        0.921,
        0.234,
    ),
    "fashion-augmented": (
        "fashion_mnist",
        AUGMENTED,
        {"scaling": "centred", "batch_size": 128, "epochs": 50, "rotation": 2.0, "shift": 0.05},
        0.926,
        0.208,
    ),
}
DEFAULTS = {
    "classes": 10,
    "scaling": "unit",
    "rotation": 0.0,
    "shift": 0.0,
    "zoom": 0.0,
    "shear": 0.0,
    "elastic": 0.0,
    "thickness": 0.0,
    "upstroke": 0.0,
    "optimizer": "adam",
    "learning_rate": 0.001,
    "momentum": 0.0,
    "schedule": "constant",
    "batch_size": 32,
    "validation": 0.0,
    "keep": "last",
    "patience": 0,
    "seed": 0,
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_preset_is_the_published_one(name: str) -> None:
    """Each preset has the settings and the figures of issue 2's table, and no others."""
    dataset, layers, settings, accuracy, loss = PUBLISHED[name]
    preset = recipes.PRESETS[name]
    assert (preset.name, preset.dataset) == (name, dataset)
    assert json.loads(preset.recipe.to_json()) == DEFAULTS | settings | {"layers": layers}
    assert (preset.published_accuracy, preset.published_loss) == (accuracy, loss)


@pytest.mark.parametrize(("name", "errors"), [("dense-tutorial", 241), ("cnn-one-epoch", 187)])
def test_published_errors(name: str, errors: int) -> None:
    """The accuracies stand for the errors among 10,000 that the articles count."""
    assert round(10_000 * (1 - recipes.PRESETS[name].published_accuracy)) == errors


def test_there_is_a_starter_for_digits_with_and_without_a_network() -> None:
    """One for MNIST, one for the digits that come with scikit-learn."""
    assert {"mnist", "optdigits"} <= set(recipes.STARTERS)


def test_differences_are_said_in_a_few_words() -> None:
    """What a run's recipe has otherwise than its preset's, the seed left out, in order."""
    preset = recipes.PRESETS["dense-tutorial"].recipe
    changed = dataclasses.replace(
        preset,
        scaling="centred",
        rotation=2.5,
        learning_rate=0.01,
        batch_size=64,
        epochs=10,
        seed=3,
    )
    assert recipes.differences(changed, preset) == (
        "centred",
        "rotation 2.5",
        "rate 0.01",
        "batch 64",
        "10 epochs",
    )
    once = dataclasses.replace(preset, epochs=1, layers="flatten")
    assert recipes.differences(once, preset) == ("flatten", "1 epoch")
    assert recipes.differences(dataclasses.replace(preset, seed=9), preset) == ()


# --- numbers as people type them ------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "number"),
    [
        ("epochs", "5", 5),
        ("epochs", " 5.0 ", 5),
        ("epochs", "1e2", 100),
        ("epochs", "5,0", 5),
        ("seed", "10 000", 10_000),
        ("seed", "10\N{THIN SPACE}000", 10_000),
        ("seed", "4294967295", 2**32 - 1),
        ("learning_rate", "0.001", 0.001),
        ("learning_rate", "1e-3", 0.001),
        ("learning_rate", "0,01", 0.01),
        ("learning_rate", "0,001", 0.001),
        ("learning_rate", ",5", 0.5),
        ("learning_rate", "+.5", 0.5),
        ("rotation", "1,500", 1.5),  # a thousand and a half degrees are out of range
        ("validation", "0", 0.0),
    ],
)
def test_number_is_read_as_people_write_it(name: str, text: str, number: float) -> None:
    """Decimal points and commas, powers of ten, spaces between thousands; of the setting's kind."""
    read = recipes.read_number(name, text)
    assert read == number
    assert type(read) is recipes.Recipe.__dataclass_fields__[name].type


@pytest.mark.parametrize("name", ["epochs", "learning_rate"])
@pytest.mark.parametrize(
    "text",
    ["", "  ", "abc", "2000", "-1", "1e400", "nan", "inf", "1.000,5", "1,000,000", "0x10", "1_0",
     "٣", "5\0", "5 5", "--5", "1e", "9" * 5000, "![](x)"],
)  # fmt: skip
def test_what_is_no_number_in_range_is_a_sentence(name: str, text: str) -> None:
    """The sentence names the setting and what came, and holds no control character."""
    with pytest.raises(ValueError, match=f"`{name}`") as refused:
        recipes.read_number(name, text)
    sentence = str(refused.value)
    assert sentence.isprintable()
    assert len(sentence) < 200
    shown = text.strip()[:40].replace("\0", "\N{REPLACEMENT CHARACTER}")
    assert (shown or "nothing") in sentence


def test_ambiguous_thousand_is_refused() -> None:
    """`1,000` is a thousand to some and one to others: whole numbers are written without."""
    with pytest.raises(ValueError, match="may be 1000 or a number with decimals"):
        recipes.read_number("batch_size", "1,000")


def test_limits_can_be_given() -> None:
    """A number that is no setting of a recipe is read with its own range."""
    assert recipes.read_number("seeds", "8", limits=(1, 8)) == 8
    with pytest.raises(ValueError, match="`seeds` must be a whole number between 1 and 8"):
        recipes.read_number("seeds", "9", limits=(1, 8))


@pytest.mark.parametrize(
    ("number", "text"),
    [(5, "5"), (0.001, "0.001"), (1e-6, "0.000001"), (0.0, "0"), (10.0, "10"), (0.25, "0.25")],
)
def test_number_is_written_as_people_write_it(number: float, text: str) -> None:
    """No trailing zeros and no powers of ten where they can be done without."""
    assert recipes.write_number(number) == text


@pytest.mark.parametrize("name", recipes.PRESETS)
def test_every_preset_is_read_back_as_it_was_written(name: str) -> None:
    """Settings put into the form make the same recipe again."""
    recipe = recipes.PRESETS[name].recipe
    for setting in recipes.LIMITS:
        value = getattr(recipe, setting)
        assert recipes.read_number(setting, recipes.write_number(value)) == value


@pytest.mark.parametrize("value", [0.1 + 0.2, 1e-300, 1 / 3, 0.1 / 3])
def test_any_fraction_is_read_back_as_it_was_written(value: float) -> None:
    """Not a bit is lost on the way through the form."""
    assert recipes.read_number("rotation", recipes.write_number(value)) == value


def test_classes_are_units_of_the_last_layer() -> None:
    """26 letters behind 784 pixels: 784 * 26 + 26 weights; 1 and 63 classes are refused."""
    letters = recipes.Recipe(layers="flatten", classes=26)
    assert letters.table[-1].output_shape == (26,)
    assert letters.parameters == 784 * 26 + 26
    assert recipes.differences(letters, recipes.Recipe(layers="flatten")) == ()
    for classes in (1, 63):
        with pytest.raises(ValueError, match="`classes` must be a whole number between 2 and 62"):
            recipes.Recipe(classes=classes)


def test_a_recipe_of_before_has_ten_classes() -> None:
    """What was stored when all sets had ten classes is read as it was meant."""
    settings = json.loads(recipes.Recipe().to_json())
    del settings["classes"]
    assert recipes.Recipe.from_json(json.dumps(settings)) == recipes.Recipe(classes=10)


# --- corrections ------------------------------------------------------------------------------

A, B = "0123456789abcdef", "f" * 16


def test_recipe_without_corrections_is_written_as_before() -> None:
    """Not a byte of what is stored of older runs is another."""
    text = recipes.Recipe().to_json()
    assert text.endswith('"patience": 0, "seed": 0, "classes": 10}')
    assert recipes.Recipe.from_json(text).corrections == ()


def test_corrections_are_written_and_read() -> None:
    """As they were, hashable, as many as are allowed; in words they are counted."""
    chosen = recipes.Recipe(corrections=[[A, 4], [B, None]], drawings=[[A, 3]])
    assert recipes.Recipe.from_json(chosen.to_json()) == chosen
    assert hash(chosen) != hash(recipes.Recipe())
    assert recipes.differences(chosen, recipes.Recipe()) == ("2 corrections", "1 drawing")
    most = tuple((f"{number:016x}", None) for number in range(corrections.MAX_IMAGES))
    assert recipes.Recipe.from_json(recipes.Recipe(corrections=most).to_json()).corrections == most
    with pytest.raises(ValueError, match="at most 2,000 images, each once"):
        recipes.Recipe(corrections=(*most, (A, 4)))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("corrections", [[A, 10]]),
        ("corrections", [[A, True]]),
        ("corrections", [[A, 1.0]]),
        ("corrections", [[A.upper(), 1]]),
        ("corrections", [[A]]),
        ("corrections", [[[A], 1]]),
        ("corrections", [[A, 1], [A, 2]]),
        ("corrections", 3),
        ("corrections", None),
        ("drawings", [[A, None]]),
    ],
)
def test_what_is_no_correction_is_refused(name: str, value: object) -> None:
    """Another class, another name, one image twice: the sentence names the setting."""
    with pytest.raises(ValueError, match=f"`{name}` must "):
        recipes.Recipe(**{name: value})
