"""The language of layers: an architecture in one line of words, read without TensorFlow."""

import dataclasses
import difflib
import functools
import math
import re

IMAGE_SHAPE = (28, 28, 1)
MAX_PARAMETERS = 5_000_000
MAX_LAYERS = 40
MAX_TEXT = 400  # characters


@dataclasses.dataclass(frozen=True, kw_only=True)
class Layer:
    """One word of an architecture and what follows from its place in the line.

    `size` is the cells of a `pad`, the filters of a `conv`, the window of a `pool` or `avg`, or
    the units of a `dense`. Shapes leave the batch out; `multiplications` are for one image.
    """

    word: str
    kind: str
    size: int = 0
    kernel: int = 0  # cells, square
    stride: int = 1
    same: bool = False
    rate: float = 0.0  # of a dropout
    output_shape: tuple[int, ...] = ()
    parameters: int = 0
    multiplications: int = 0


_N = "[0-9]{1,7}"
_WORDS = {
    "pad": re.compile(f"pad(?P<size>{_N})"),
    "conv": re.compile(f"conv(?P<size>{_N})x(?P<kernel>{_N})(s(?P<stride>{_N}))?(?P<same>same)?"),
    "pool": re.compile(f"pool(?P<size>{_N})"),
    "avg": re.compile(f"avg(?P<size>{_N})"),
    "drop": re.compile(r"drop(?P<rate>0?\.[0-9]{1,4})"),
    "bn": re.compile("bn"),
    "flatten": re.compile("flatten"),
    "gap": re.compile("gap"),
    "dense": re.compile(f"dense(?P<size>{_N})"),
}
_EXAMPLES = {
    "pad": "`pad4` adds 4 empty cells on every side",
    "conv": "a convolution is written filters x kernel, such as `conv32x3`, `conv32x3s2` with"
    " stride 2, or `conv32x3same`",
    "pool": "`pool2` keeps the largest of 2x2 cells",
    "avg": "`avg2` averages 2x2 cells",
    "drop": "a dropout names its share after a point, such as `drop.2`",
    "bn": "`bn` stands alone",
    "flatten": "`flatten` stands alone",
    "gap": "`gap` stands alone",
    "dense": "a dense layer names its units, such as `dense128`",
}
_SIZES = {"pad": (1, 16), "conv": (1, 512), "pool": (2, 14), "avg": (2, 14), "dense": (1, 4096)}


@functools.lru_cache(maxsize=256)
def parse(text: str, classes: int = 10) -> tuple[Layer, ...]:
    """Read an architecture and compute every layer's output shape and parameter count.

    Args:
        text: words separated by spaces, such as `conv32x5 pool2 flatten dense128`.
        classes: units of the last layer.

    Returns:
        One layer a word, then the implied softmax over the classes.

    Raises:
        ValueError: a word is unknown, out of range or in the wrong place, or the whole is too
            large. The sentence names the word and the remedy.
    """
    if len(text) > MAX_TEXT or len(text.split()) > MAX_LAYERS:
        raise ValueError(
            f"`layers` takes up to {MAX_LAYERS} words and {MAX_TEXT} characters."
            f" Received: {len(text.split())} words, {len(text)} characters."
        )
    shape: tuple[int, ...] = IMAGE_SHAPE
    layers = []
    for word in text.split():
        layers.append(_place(_read_word(word), shape))
        shape = layers[-1].output_shape
    if len(shape) != 1:
        raise ValueError(
            f"`layers` must end flat, but its last shape is {shape_text(shape)}."
            " Add `flatten` or `gap` at the end."
        )
    layers.append(_place(Layer(word="softmax", kind="softmax", size=classes), shape))
    total = sum(layer.parameters for layer in layers)
    if total > MAX_PARAMETERS:
        raise ValueError(
            f"`layers` may hold at most {MAX_PARAMETERS:,} parameters. Received: {total:,}."
            " Pool more, or use fewer filters or units."
        )
    return tuple(layers)


def shape_text(shape: tuple[int, ...]) -> str:
    """Write a shape as people do: `24 x 24 x 32`."""
    return " x ".join(str(side) for side in shape)


def _read_word(word: str) -> Layer:
    for kind, pattern in _WORDS.items():
        match = pattern.fullmatch(word)
        if match:
            parts = match.groupdict()
            return _in_range(
                Layer(
                    word=word,
                    kind=kind,
                    size=int(parts.get("size") or 0),
                    kernel=int(parts.get("kernel") or 0),
                    stride=int(parts.get("stride") or 1),
                    same=bool(parts.get("same")),
                    rate=float(parts.get("rate") or 0.0),
                )
            )
    shown = printable(word if len(word) <= 30 else word[:30] + "…")
    near = difflib.get_close_matches(re.split("[^a-z]", word)[0], _WORDS, n=1, cutoff=0.6)
    hint = _EXAMPLES[near[0]] if near else f"the words are {', '.join(_WORDS)}"
    raise ValueError(f"`{shown}` is not a layer: {hint}.")


def _in_range(layer: Layer) -> Layer:
    low, high = _SIZES.get(layer.kind, (0, 0))
    if not low <= layer.size <= high:
        raise ValueError(f"`{layer.word}`: the number must be between {low} and {high}.")
    if layer.kind == "conv" and not (1 <= layer.kernel <= 11 and 1 <= layer.stride <= 4):
        raise ValueError(f"`{layer.word}`: the kernel must be 1 to 11 cells, the stride 1 to 4.")
    if layer.kind == "drop" and not 0 < layer.rate < 1:
        raise ValueError(f"`{layer.word}`: the share must lie between 0 and 1, as in `drop.2`.")
    return layer


def _place(layer: Layer, shape: tuple[int, ...]) -> Layer:
    """Give a layer its output shape and counts behind a layer of output `shape`."""
    spatial = layer.kind in ("pad", "conv", "pool", "avg", "flatten", "gap")
    if spatial and len(shape) == 1:
        raise ValueError(
            f"`{layer.word}` needs an image, but receives {shape[0]} numbers."
            " Move it before `flatten` or `gap`."
        )
    if layer.kind in ("dense", "softmax") and len(shape) == 3:
        raise ValueError(
            f"`{layer.word}` needs a flat input, but receives {shape_text(shape)}."
            " Put `flatten` or `gap` before it."
        )
    output, parameters, multiplications = _arithmetic(layer, shape)
    return dataclasses.replace(
        layer, output_shape=output, parameters=parameters, multiplications=multiplications
    )


def _arithmetic(layer: Layer, shape: tuple[int, ...]) -> tuple[tuple[int, ...], int, int]:
    channels = shape[-1]
    match layer.kind:
        case "pad":
            return (shape[0] + 2 * layer.size, shape[1] + 2 * layer.size, channels), 0, 0
        case "conv":
            weights = layer.kernel**2 * channels * layer.size
            side = _conv_side(layer, shape[0])
            return (side, side, layer.size), weights + layer.size, weights * side**2
        case "pool" | "avg":
            side = shape[0] // layer.size
            if side < 1:
                raise ValueError(
                    f"`{layer.word}` needs at least {layer.size} x {layer.size} cells, but"
                    f" receives {shape_text(shape)}. Pool less before it, or add `pad` first."
                )
            return (side, side, channels), 0, 0
        case "bn":
            return shape, 4 * channels, 0
        case "flatten":
            return (math.prod(shape),), 0, 0
        case "gap":
            return (channels,), 0, 0
        case "dense" | "softmax":
            return (layer.size,), (channels + 1) * layer.size, channels * layer.size
    return shape, 0, 0  # a dropout changes nothing


def _conv_side(layer: Layer, side: int) -> int:
    if layer.same:
        return math.ceil(side / layer.stride)
    if layer.kernel > side:
        raise ValueError(
            f"`{layer.word}` needs at least {layer.kernel} x {layer.kernel} cells, but receives"
            f" {side} x {side}. Use a smaller kernel, `same`, or pool less before it."
        )
    return (side - layer.kernel) // layer.stride + 1


def printable(text: str) -> str:
    """Replace control characters, and the mark that would end a piece of code."""
    visible = (c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return "".join(visible).replace("`", "'")
