"""Recipes: everything that decides a training, and the presets."""

import dataclasses
import decimal
import json
import math
import re

from mnistdash import architecture, corrections

MIN_CLASSES, MAX_CLASSES = 2, 62
MAX_BATCH_MEGABYTES = 1024

AUGMENTATIONS = ("rotation", "shift", "zoom", "shear", "elastic", "thickness", "upstroke")
SCALINGS = ("unit", "centred", "standardised")
OPTIMIZERS = ("adam", "adamw", "rmsprop", "sgd")
SCHEDULES = ("constant", "cosine", "step")
KEEPS = ("last", "best")
LISTS = ("corrections", "drawings")
_MAX_JSON = 200_000  # characters
_CHOICES = {
    "scaling": SCALINGS,
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
    "keep": KEEPS,
}
# The inclusive range of every number in a recipe; the form and the check read the same table.
LIMITS: dict[str, tuple[float, float]] = {
    "rotation": (0.0, 45.0),  # degrees
    "shift": (0.0, 0.3),  # share of the image's side
    "zoom": (0.0, 0.5),  # share
    "shear": (0.0, 45.0),  # degrees
    "elastic": (0.0, 3.0),  # cells
    "thickness": (0.0, 1.0),  # cells
    "upstroke": (0.0, 1.0),  # share of the ones
    "learning_rate": (1e-6, 10.0),
    "momentum": (0.0, 0.999),
    "batch_size": (1, 4096),
    "epochs": (1, 200),
    "validation": (0.0, 0.5),  # share of the training images
    "patience": (0, 100),  # epochs without a better validation loss; 0 never stops early
    "seed": (0, 2**32 - 1),
    "classes": (MIN_CLASSES, MAX_CLASSES),
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Recipe:
    """Everything that decides a training; checked at birth, hashable, JSON both ways.

    Raises:
        ValueError: a setting is out of range or contradicts another. The sentence names the
            setting, what is allowed and what came.
    """

    layers: str = "flatten dense128 drop.2"
    scaling: str = "unit"  # unit x/255, centred x/128-0.5, standardised (x-mean)/deviation
    rotation: float = 0.0  # degrees either way, drawn anew for each image and epoch
    shift: float = 0.0  # share of the side, either way
    zoom: float = 0.0  # share, either way
    shear: float = 0.0  # degrees that upright lines slant, either way
    elastic: float = 0.0  # cells, standard deviation of a smooth displacement
    thickness: float = 0.0  # cells on each side of a stroke, either way
    upstroke: float = 0.0  # share of the images of class 1 that get one; for digits
    optimizer: str = "adam"
    learning_rate: float = 0.001
    momentum: float = 0.0  # of sgd
    schedule: str = "constant"
    batch_size: int = 32
    epochs: int = 5
    validation: float = 0.0  # share of the training images, taken from the end as Keras does
    keep: str = "last"  # which epoch's weights: the last, or the best on validation
    patience: int = 0
    seed: int = 0
    classes: int = 10  # of the data set, units of the last layer
    # Training images by `corrections.name`, each with the label it gets, or `None` to drop it.
    corrections: tuple[tuple[str, int | None], ...] = ()
    drawings: tuple[tuple[str, int], ...] = ()  # learnt besides, with their labels

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            _check_setting(self, field)
        object.__setattr__(self, "layers", " ".join(self.layers.split()))
        _check_together(self)

    @property
    def table(self) -> tuple[architecture.Layer, ...]:
        """The layers with their shapes and counts, the softmax last."""
        return architecture.parse(self.layers, self.classes)

    @property
    def parameters(self) -> int:
        """How many numbers the model holds, as `keras.Model.count_params` counts them."""
        return sum(layer.parameters for layer in self.table)

    @property
    def augments(self) -> bool:
        """Whether training images are reshaped at random."""
        return any(getattr(self, name) for name in AUGMENTATIONS)

    def pixel_scale(self, mean: float, deviation: float) -> tuple[float, float]:
        """Return what a pixel is multiplied by, and what is then added.

        Args:
            mean: of all training pixels, 0-255; only the scaling "standardised" reads it.
            deviation: likewise, above 0.
        """
        match self.scaling:
            case "centred":
                return 1 / 128, -0.5
            case "standardised":
                return 1 / deviation, -mean / deviation
        return 1 / 255, 0.0

    def to_json(self) -> str:
        """Write the recipe as one line of JSON; a list without entries is left out."""
        settings = dataclasses.asdict(self)
        return json.dumps({k: it for k, it in settings.items() if k not in LISTS or it})

    @classmethod
    def from_json(cls, text: str) -> "Recipe":
        """Read a recipe; a setting left out has its default.

        Raises:
            ValueError: the text is not the JSON of a recipe.
        """
        try:
            settings = json.loads(text[:_MAX_JSON])
        except (ValueError, RecursionError) as error:
            raise ValueError(f"This is not the JSON of a recipe: {error}.") from None
        if not isinstance(settings, dict):
            raise ValueError("This is not the JSON of a recipe: expected one object.")
        unknown = sorted(set(settings) - {field.name for field in dataclasses.fields(cls)})
        if unknown:
            raise ValueError(f"A recipe has no setting named `{str(unknown[0])[:40]}`.")
        return cls(**settings)


def check_fits(recipe: Recipe, num_images: int) -> None:
    """Refuse a recipe whose parts, training and validation, don't fit the images there are.

    Raises:
        ValueError: a batch is larger than the images to train on, or none would validate.
    """
    if not num_images:
        raise ValueError("There are no training images: choose others to train on.")
    train = math.floor(num_images * (1.0 - recipe.validation))  # as Keras and the trainer count
    if recipe.validation and train == num_images:
        raise ValueError(
            f"`validation` leaves none of {num_images} images to validate on."
            f" Received: validation={recipe.validation}. Raise it, or set it to 0."
        )
    if recipe.batch_size > train:
        raise ValueError(
            f"`batch_size` must be at most the number of training images, {train}."
            f" Received: batch_size={recipe.batch_size}."
        )


def _check_setting(recipe: Recipe, field: dataclasses.Field) -> None:
    name, value = field.name, getattr(recipe, field.name)
    if name in LISTS:
        found = corrections.checked(name, value, recipe.classes, drops=name == "corrections")
        object.__setattr__(recipe, name, found)
        return
    if field.type is str:
        if not isinstance(value, str):
            raise ValueError(f"`{name}` must be text. Received: {name}={_shown(value)}.")
        if name in _CHOICES and value not in _CHOICES[name]:
            raise ValueError(
                f"`{name}` must be one of {', '.join(_CHOICES[name])}."
                f" Received: {name}={_shown(value)}."
            )
        return
    low, high = LIMITS[name]
    number = isinstance(value, int | float) and not isinstance(value, bool)
    whole = not number or field.type is float or isinstance(value, int) or value.is_integer()
    if not number or not whole or not low <= value <= high:
        kind = "a whole number" if field.type is int else "a number"
        raise ValueError(
            f"`{name}` must be {kind} between {low:,} and {high:,}."
            f" Received: {name}={_shown(value)}."
        )
    object.__setattr__(recipe, name, field.type(value))


def _shown(value: object) -> str:
    try:
        return f"{value!r:.40}"
    except ValueError:  # Python writes no whole number of more than 4,300 digits
        return "a huge number"


def _check_together(recipe: Recipe) -> None:
    if recipe.momentum and recipe.optimizer != "sgd":
        raise ValueError(
            f"`momentum` belongs to sgd. Received: optimizer={recipe.optimizer!r},"
            f" momentum={recipe.momentum}. Set it to 0, or choose sgd."
        )
    if not recipe.validation and (recipe.keep == "best" or recipe.patience):
        raise ValueError(
            "Keeping the best epoch and stopping early need validation images."
            " Set `validation` above 0, or use keep='last' and patience=0."
        )
    cells = sum(math.prod(layer.output_shape) for layer in recipe.table)
    megabytes = cells * recipe.batch_size * 4 * 2 / 2**20  # float32, values and gradients
    if megabytes > MAX_BATCH_MEGABYTES:
        raise ValueError(
            f"One batch would take about {megabytes:,.0f} MB; at most {MAX_BATCH_MEGABYTES} MB"
            f" are allowed. Received: batch_size={recipe.batch_size}. Use a smaller batch, or"
            " fewer filters."
        )


# --- numbers as people type them ------------------------------------------------------------

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_GROUPED = re.compile(r"[1-9][0-9]{0,2}(,[0-9]{3})+")  # 1,000: a thousand to some, one to others
_SPACED = re.compile("[0-9]{1,3}([ \N{THIN SPACE}\N{NO-BREAK SPACE}][0-9]{3})+")
_MAX_NUMBER_TEXT = 40  # characters


def read_number(name: str, text: str, *, limits: tuple[float, float] | None = None) -> int | float:
    """Read a number that a person typed for a setting.

    A comma is a decimal point where it can't be anything else (`0,01`); `1e-3` and `10 000` are
    read. `1,000` is refused where it could be a thousand: in whole numbers, and in ranges that
    reach that far.

    Args:
        name: of the setting, to be named in the sentence.
        text: whatever was typed.
        limits: the inclusive range, of the setting in `LIMITS` by default; two whole numbers make
            a whole number.

    Raises:
        ValueError: it is no number, or out of range. The sentence names the setting, the range
            and what came.
    """
    low, high = LIMITS[name] if limits is None else limits
    whole = isinstance(low, int)
    plain = text.strip()
    if _GROUPED.fullmatch(plain) and (whole or high >= 1000):
        without = plain.replace(",", "")
        raise ValueError(
            f"`{name}` can't be told: {_typed(plain)} may be {without} or a number with decimals."
            " Write it without a comma."
        )
    if _SPACED.fullmatch(plain):
        plain = re.sub("[^0-9]", "", plain)
    number = _number_in(plain.replace(",", ".") if plain.count(",") == 1 else plain)
    if number is None or not low <= number <= high or (whole and number != int(number)):
        kind = "a whole number" if whole else "a number"
        raise ValueError(
            f"`{name}` must be {kind} between {write_number(low)} and {write_number(high)}."
            f" Received: {_typed(text.strip())}."
        )
    return int(number) if whole else float(number)


def write_number(value: float) -> str:
    """Write a number as people type it: `0.001`, `5`; `read_number` gives the same one back."""
    if isinstance(value, int):
        return str(value)
    if value and not 1e-6 <= abs(value) < 1e15:
        return repr(value)
    digits = f"{decimal.Decimal(repr(value)):f}"
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def _number_in(text: str) -> int | float | None:
    if len(text) > _MAX_NUMBER_TEXT or not _NUMBER.fullmatch(text):
        return None
    if text.isdigit():
        return int(text)
    number = float(text)
    return number if math.isfinite(number) else None


def _typed(text: str) -> str:
    """Show what was typed as code, so that no character of it is markup."""
    if len(text) > _MAX_NUMBER_TEXT:
        text = text[:_MAX_NUMBER_TEXT] + "…"
    return f"`{architecture.printable(text)}`" if text else "nothing"


# --- presets --------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, kw_only=True)
class Preset:
    """A known model: its recipe, the data set it is meant for, and what was published of it."""

    name: str
    dataset: str
    recipe: Recipe
    published_accuracy: float | None = None  # a fraction of the test images
    published_loss: float | None = None


_FASHION = {"scaling": "centred", "validation": 0.2}
_AUGMENTED = "pad4 conv32x3 pool2 drop.3 conv64x3 pool2 drop.3 conv64x3 flatten drop.2 dense64"
_ROBUST = (
    "conv24x3 bn conv24x3 bn pool2 conv64x3 bn conv64x3 bn conv64x3 bn pool2"
    " conv112x3 bn flatten drop.4"
)

PRESETS: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset(
            name="dense-tutorial",
            dataset="mnist",
            recipe=Recipe(layers="flatten dense128 drop.2", epochs=5),
            published_accuracy=0.9759,
        ),
        Preset(
            name="dense-wide",
            dataset="mnist",
            recipe=Recipe(layers="flatten dense512", epochs=10),
        ),
        Preset(
            name="dense-sgd",
            dataset="mnist",
            recipe=Recipe(
                layers="flatten dense128 dense128",
                scaling="standardised",
                optimizer="sgd",
                learning_rate=0.01,
                epochs=3,
            ),
            published_accuracy=0.9611,
        ),
        Preset(
            name="cnn-one-epoch",
            dataset="mnist",
            recipe=Recipe(
                layers="conv32x5 pool2 conv64x5 pool2 flatten dense128", batch_size=256, epochs=1
            ),
            published_accuracy=0.9813,
        ),
        Preset(
            name="fashion-cnn",
            dataset="fashion_mnist",
            recipe=Recipe(
                layers="conv32x3 pool2 conv64x3 pool2 conv64x3 flatten dense64",
                batch_size=128,
                epochs=25,
                **_FASHION,
            ),
            published_accuracy=0.900,
            published_loss=0.418,
        ),
        Preset(
            name="fashion-dropout",
            dataset="fashion_mnist",
            recipe=Recipe(
                layers="conv32x3 pool2 drop.2 conv64x3 pool2 drop.2 conv48x3 flatten dense48",
                epochs=25,
                **_FASHION,
            ),
            published_accuracy=0.911,
            published_loss=0.267,
        ),
        Preset(
            name="fashion-padded",
            dataset="fashion_mnist",
            recipe=Recipe(
                layers="pad4 conv32x3 pool2 drop.4 conv64x3 pool2 drop.4 conv48x3 flatten drop.2"
                " dense48",
                epochs=50,
                **_FASHION,
            ),
            published_accuracy=0.921,
            published_loss=0.234,
        ),
        Preset(
            name="fashion-augmented",
            dataset="fashion_mnist",
            recipe=Recipe(
                layers=_AUGMENTED,
                scaling="centred",
                batch_size=128,
                epochs=50,
                rotation=2.0,
                shift=0.05,
            ),
            published_accuracy=0.926,
            published_loss=0.208,
        ),
        Preset(  # our own: the model that reads drawings
            name="robust-cnn",
            dataset="mnist",
            recipe=Recipe(
                layers=_ROBUST,
                rotation=10.0,
                shift=0.05,
                zoom=0.1,
                shear=10.0,
                elastic=0.7,
                thickness=0.3,
                upstroke=0.5,
                learning_rate=0.002,
                schedule="cosine",
                batch_size=64,
                epochs=50,
            ),
        ),
    )
}

_PHRASES = {
    "layers": "{}",
    "scaling": "{}",
    "optimizer": "{}",
    "schedule": "{}",
    "learning_rate": "rate {:g}",
    "batch_size": "batch {}",
    "epochs": "{} epochs",
    "keep": "keep {}",
    "corrections": "{} corrections",
    "drawings": "{} drawings",
}


def differences(recipe: Recipe, base: Recipe) -> tuple[str, ...]:
    """Say in a few words each what a recipe has otherwise than another, seed and classes left out.

    `("10 epochs", "rate 0.01")`, in the order of the recipe's settings.
    """
    changed = [
        (name, len(getattr(recipe, name)) if name in LISTS else getattr(recipe, name))
        for name in Recipe.__dataclass_fields__
        if name not in ("seed", "classes") and getattr(recipe, name) != getattr(base, name)
    ]
    said = [_PHRASES.get(name, f"{name} {{:g}}").format(value) for name, value in changed]
    return tuple(it.removesuffix("s") if it.startswith("1 ") else it for it in said)


# The finished runs that ship with the package; `python -m mnistdash starter` trains them.
STARTERS: dict[str, Recipe] = {
    "mnist": dataclasses.replace(
        PRESETS["robust-cnn"].recipe,
        upstroke=0.3,
        learning_rate=0.003,
        batch_size=128,
        epochs=36,
    ),
    "optdigits": Recipe(
        layers="conv16x3 pool2 conv32x3 pool2 flatten drop.3 dense32",
        rotation=4.0,
        shift=0.05,
        batch_size=32,
        epochs=40,
        schedule="cosine",
    ),
}

# What tells digits from letters, pairs and scribbles; `python -m mnistdash starter detector`
# trains it.
DETECTOR = dataclasses.replace(
    PRESETS["robust-cnn"].recipe,
    layers="conv16x3 bn conv16x3 bn pool2 conv32x3 bn conv32x3 bn pool2 conv48x3 bn flatten drop.3",
    zoom=0.15,
    thickness=0.5,
    upstroke=0.0,
    batch_size=256,
    epochs=6,
    classes=4,
)


def estimated_seconds(recipe: Recipe, num_images: int) -> float:
    """Estimate how long a training takes on one core, in seconds.

    Convolutional presets came out within 15 %, dense ones up to 70 % too long.
    The three rates were fitted to the presets' own steps: seconds for a multiplication, for a
    number that a layer puts out, and for a weight that the optimizer moves.
    """
    multiplications = sum(layer.multiplications for layer in recipe.table)
    cells = sum(math.prod(layer.output_shape) for layer in recipe.table)
    image = 2.3e-11 * multiplications + 2.6e-9 * cells
    held_out = num_images * recipe.validation
    train = num_images - held_out
    steps = math.ceil(train / recipe.batch_size)
    epoch = train * image + steps * 1.0e-9 * recipe.parameters + held_out * image / 3
    return 2.0 + recipe.epochs * epoch
