"""Charts of how much there is of each: images of a class, weights of a value, an answer."""

from collections.abc import Mapping, Sequence

import numpy as np

from mnistdash import wording
from mnistdash.charts import described

_LETTERS = 20  # of a class's name below its columns
_ALL, _LIKELY = 12, 10  # classes with a bar: all of few, the likeliest of many


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


def of_answer(
    probs: np.ndarray, class_names: Sequence[str], *, true_class: int | None
) -> described.Chart:
    """Draw how probable each class is, the true and the answered one marked.

    Args:
        probs: float32 `(K,)` in 0-1.
        class_names: K names.
        true_class: the label; `None` where nobody knows it.
    """
    shown, answered = likeliest(probs, true_class), int(probs.argmax())
    kinds = dict.fromkeys(shown, "plain")
    kinds[answered] = "answered" if true_class is None else "wrong"
    if true_class is not None:
        kinds[true_class] = "right"
    legend = {"right": "true class", "wrong": "answer", "answered": "answer"}
    return described.Chart(
        said="Probabilities of the classes",
        across="class",
        up="Probability, 0 to 1",
        ticks_across=tuple(
            ((place + 0.5) / len(shown), described.shortened(class_names[label], _LETTERS))
            for place, label in enumerate(shown)
        ),
        ticks_up=tuple((k / 5, f"{k / 5:.1f}") for k in range(6)),
        columns=tuple(
            described.Column(
                left=(place + 0.1) / len(shown),
                right=(place + 0.9) / len(shown),
                said=f"{class_names[label]}: probability {float(probs[label]):.2f}",
                bars=((kinds[label], float(probs[label])),),
                note=f"{float(probs[label]):.2f}",
            )
            for place, label in enumerate(shown)
        ),
        legend=tuple((kind, legend[kind]) for kind in sorted(set(kinds.values()) - {"plain"})),
    )


def likeliest(probs: np.ndarray, true_class: int | None) -> list[int]:
    """Choose the classes that get a bar: all in their order, of many the most probable first.

    Args:
        probs: float32 `(K,)` in 0-1.
        true_class: the label, which gets one too; `None` where nobody knows it.
    """
    if len(probs) <= _ALL:
        return list(range(len(probs)))
    likely = np.argsort(-probs, kind="stable")[:_LIKELY].tolist()
    return likely if true_class is None or true_class in likely else [*likely, true_class]


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
