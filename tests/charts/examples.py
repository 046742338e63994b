"""Runs with a history made by hand, and files read back."""

import dataclasses
from collections.abc import Sequence
from xml.etree import ElementTree

import numpy as np

from mnistdash import recipes, store
from mnistdash.charts import svg


def run_with(
    losses: tuple[float | None, ...] = (),
    val_losses: tuple[float | None, ...] = (),
    *,
    samples: tuple[tuple, ...] = (),
    epochs: int = 5,
    seed: int = 0,
    best_epoch: int | None = None,
    status: str = "running",
) -> store.Run:
    """Make a run with this history; an accuracy is 1 less its loss."""
    db = store.Store("sqlite://")
    recipe = recipes.Recipe(layers="flatten dense16", epochs=epochs, seed=seed)
    run = db.enqueue(recipe, "optdigits", name="mine")
    padded = val_losses or (None,) * len(losses)
    history = [
        {"epoch": n, "loss": a, "val_loss": b, "accuracy": rest(a), "val_accuracy": rest(b)}
        for n, (a, b) in enumerate(zip(losses, padded, strict=True))
    ]
    return dataclasses.replace(
        run,
        status=status,
        history=tuple(history),
        live=store.Live(samples=samples),
        best_epoch=best_epoch,
    )


def rest(loss: float | None) -> float | None:
    """Return the accuracy that goes with a loss in these tests."""
    return None if loss is None else 1 - loss


def read(*panels: svg.Panel, title: str = "A figure", of: str = "") -> ElementTree.Element:
    """Write drawings as a file and read that as XML, elements without their namespace."""
    written = svg.file(panels, title=title, subtitle=of)
    assert "var(" not in written, "a file has no page's colours"
    found = ElementTree.fromstring(written)
    for element in found.iter():
        element.tag = element.tag.split("}")[1]
    return found


def texts(found: ElementTree.Element) -> list[str]:
    """Return all that is written, plain spaces between thousands."""
    return [(each.text or "").replace("\N{THIN SPACE}", " ") for each in found.iter("text")]


def number(element: ElementTree.Element, name: str) -> float:
    """Return an attribute of an element as a number."""
    return float(element.attrib[name])


def said(found: ElementTree.Element, kind: str = "rect") -> Sequence[ElementTree.Element]:
    """Return the elements that say something to a pointer."""
    return [each for each in found.iter(kind) if each.find("title") is not None]


def matrix() -> np.ndarray:
    """Ten of each class, all correct but two fours read as 9 and one nine read as 4."""
    counts = np.diag(np.full(10, 10))
    counts[4, 4], counts[4, 9] = 8, 2
    counts[9, 9], counts[9, 4] = 9, 1
    return counts
