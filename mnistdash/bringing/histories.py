"""What each epoch ended with, from whatever recorded it."""

import math
from collections.abc import Iterable, Mapping

MAX_EPOCHS = 10_000
_COLUMNS = {
    "loss": ("loss", "train_loss", "training_loss"),
    "accuracy": ("accuracy", "acc", "train_accuracy", "train_acc", "training_accuracy"),
    "val_loss": ("val_loss", "valid_loss", "validation_loss"),
    "val_accuracy": ("val_accuracy", "val_acc", "valid_accuracy", "validation_accuracy"),
    "learning_rate": ("learning_rate", "lr"),
    "seconds": ("seconds", "time"),
}


def epoch(figures: Mapping[str, object]) -> dict[str, float | None]:
    """Pick the figures of one epoch, whatever its recorder calls them.

    Args:
        figures: by name, such as Keras's logs; a metric such as `sparse_categorical_accuracy` is
            an accuracy.

    Returns:
        `loss`, `accuracy`, `val_loss`, `val_accuracy`, `learning_rate` and `seconds`, each `None`
        where it is not there or no finite number.
    """
    return {name: _first(figures, name) for name in _COLUMNS}


def _first(figures: Mapping[str, object], name: str) -> float | None:
    known = [other for other in _COLUMNS[name] if other in figures]
    if not known and name.endswith("accuracy"):
        validation = name.startswith("val_")
        known = [
            other
            for other in figures
            if other.endswith("_accuracy") and other.startswith("val_") == validation
        ]
    return number(figures[known[0]]) if known else None


def number(value: object) -> float | None:
    """Return a finite number, `None` for anything else."""
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return found if math.isfinite(found) else None


def read(given: object) -> list[dict[str, float | None]]:
    """Read a history: what `fit` returned, a table, columns, or a list of epochs.

    Args:
        given: Keras's `History`; a mapping from a figure's name to its values, one an epoch, such
            as a pandas table; or a mapping for each epoch. `None` is an empty history.

    Raises:
        ValueError: it is none of these, or its columns differ in length.
    """
    given = getattr(given, "history", given)  # as Keras returns it
    if given is None:
        return []
    if hasattr(given, "keys"):
        given = _by_epoch({str(name): _values(name, given[name]) for name in given.keys()})  # noqa: SIM118 - a pandas table iterates over its columns, but has no `items` of values
    if not isinstance(given, Iterable):
        raise ValueError(f"`history` is {type(given).__name__}. Expected figures of each epoch.")
    epochs = list(given)
    if not all(isinstance(figures, Mapping) for figures in epochs):
        raise ValueError("`history` holds what is no mapping. Expected figures of each epoch.")
    if len(epochs) > MAX_EPOCHS:
        raise ValueError(f"`history` has {len(epochs):,} epochs. Expected at most {MAX_EPOCHS:,}.")
    found = [epoch(figures) for figures in epochs]
    if epochs and not any(value is not None for figures in found for value in figures.values()):
        raise ValueError(
            f"`history` has none of {', '.join(_COLUMNS)}. Received: {_listed(epochs[0])}."
        )
    return found


def _values(name: object, column: object) -> list[object]:
    if isinstance(column, str) or not isinstance(column, Iterable):
        raise ValueError(f"`history` holds one value of `{name}`. Expected one an epoch.")
    return list(column)


def _by_epoch(columns: Mapping[str, list[object]]) -> list[dict[str, object]]:
    lengths = {len(column) for column in columns.values()}
    if len(lengths) > 1:
        raise ValueError(
            f"`history` has columns of {min(lengths)} to {max(lengths)} epochs. Expected as many"
            " values in each."
        )
    count = lengths.pop() if lengths else 0
    return [{name: column[at] for name, column in columns.items()} for at in range(count)]


def _listed(figures: Mapping[str, object]) -> str:
    return ", ".join(str(name) for name in list(figures)[:8])[:200]
