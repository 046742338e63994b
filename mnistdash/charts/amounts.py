"""Charts of how many there are: images of a class, weights of a value."""

from collections.abc import Mapping, Sequence

from mnistdash import wording
from mnistdash.charts import described

_LETTERS = 20  # of a class's name below its columns


def of_classes(counts: Mapping[str, Sequence[int]], class_names: Sequence[str]) -> described.Chart:
    """Draw how many images each class has, a column for each split.

    Args:
        counts: K counts for each split, by its name.
        class_names: K names.
    """
    most = max(1, *(max(values) for values in counts.values()))
    count = len(class_names)
    return described.Chart(
        said="Images in each class",
        across="class",
        up="Images",
        ticks_across=tuple(
            ((label + 0.5) / count, described.shortened(name, _LETTERS))
            for label, name in enumerate(class_names)
        ),
        ticks_up=_ticks_up(most),
        columns=tuple(
            described.Column(
                left=(label + 0.1) / count,
                right=(label + 0.9) / count,
                said=f"{name}: "
                + ", ".join(
                    wording.images(values[label], split) for split, values in counts.items()
                ),
                bars=tuple(
                    (f"{split} images", values[label] / most) for split, values in counts.items()
                ),
            )
            for label, name in enumerate(class_names)
        ),
        legend=tuple((f"{split} images", f"{split} images") for split in counts),
    )


def of_weights(layers: Sequence[Mapping]) -> list[described.Chart]:
    """Draw each layer's weights at the start and at the end of a training.

    Args:
        layers: a mapping a layer with `layer`, its name, `edges` of k+1 bins, and the k counts
            `start` and `end`.
    """
    return [_of_layer(layer) for layer in layers]


def _of_layer(layer: Mapping) -> described.Chart:
    low, high = layer["edges"][0], layer["edges"][-1]
    most = max(1, *layer["start"], *layer["end"])
    ends = [(edge - low) / (high - low) for edge in layer["edges"]]
    at = described.ticks(low, high, most=5)
    decimals = described.decimals_of(at)
    return described.Chart(
        said=f"Weights of {layer['layer']} at the start and at the end of the training",
        across="value of a weight",
        up=f"{layer['layer']}: number of weights",
        ticks_across=tuple(((it - low) / (high - low), f"{it + 0.0:.{decimals}f}") for it in at),
        ticks_up=_ticks_up(most),
        lines=tuple(
            described.Line(
                kind=when,
                points=tuple(
                    (end, count / most)
                    for left, right, count in zip(ends[:-1], ends[1:], layer[when], strict=True)
                    for end in (left, right)
                ),
            )
            for when in ("start", "end")
        ),
        legend=(("start", "at the start"), ("end", "at the end")),
    )


def _ticks_up(most: int) -> described.Ticks:
    at = described.ticks(0, most, whole=True)
    return tuple((number / most, wording.count(round(number))) for number in at)
