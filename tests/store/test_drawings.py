"""Drawings that people kept come back as they were, and damaged ones hide no other."""

import pathlib

import numpy as np
import pytest

from mnistdash import store
from mnistdash.store import drawings
from tests.store import examples


def keep(db: store.Store, label: int = 4) -> None:
    """Keep a drawing of one bright pixel, answered as 9."""
    image = np.zeros((28, 28), np.uint8)
    image[label, 0] = 255
    strokes = [[(0.0, 1.5), (2.0, 3.0)], [(4.0, 4.0)]]
    db.keep_drawing(image, label, strokes=strokes, answer=9, confidence=0.75, run_name="starter")


def test_drawing_comes_back(db: store.Store) -> None:
    """Image, label, pen and answer are as they were, the newest first; deleted ones are gone."""
    keep(db, 4)
    keep(db, 7)
    newest, oldest = db.drawings()
    assert (newest.label, oldest.label, newest.answer, newest.confidence) == (7, 4, 9, 0.75)
    assert newest.strokes == [[(0.0, 1.5), (2.0, 3.0)], [(4.0, 4.0)]]
    assert newest.image[7, 0] == 255
    assert newest.image.sum(dtype=int) == 255
    assert db.drawing_ids() == (oldest.id, newest.id)
    db.delete_drawing(newest.id)
    assert db.drawing_ids() == (oldest.id,)


@pytest.mark.parametrize(
    ("image", "label"),
    [
        (np.zeros((28, 28), np.float32), 4),
        (np.zeros((27, 28), np.uint8), 4),
        (np.zeros((1, 28, 28), np.uint8), 4),
        (np.zeros((28, 28), np.uint8), 10),
        (np.zeros((28, 28), np.uint8), -1),
    ],
)
def test_what_is_no_drawing_is_refused(db: store.Store, image: np.ndarray, label: int) -> None:
    """Only uint8 (28, 28) with a label of 0-9 is kept."""
    with pytest.raises(ValueError, match="A drawing is uint8"):
        db.keep_drawing(image, label, strokes=[], answer=9, confidence=0.5, run_name="run")


def test_drawings_are_limited(db: store.Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """One more than allowed is refused with the remedy."""
    monkeypatch.setattr(drawings, "MAX_DRAWINGS", 2)
    keep(db)
    keep(db)
    with pytest.raises(store.StoreError, match="2 drawings are kept already"):
        keep(db)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("image", b""),
        ("image", bytes(783)),
        ("image", "text"),
        ("image", 784),
        ("label", 10),
        ("label", 4.5),
        ("label", "four"),
        ("answer", -1),
        ("confidence", "sure"),
        ("confidence", 1.5),
        ("created_at", "today"),
        ("strokes", "nonsense"),
        ("strokes", "[[[1]]]"),
        ("strokes", "[[[NaN, 1]]]"),
        ("strokes", f"[[[{examples.NINES}, 1]]]"),
        ("strokes", "[" * 100_000),
    ],
)
def test_damaged_drawing_hides_no_other(
    db: store.Store, path: pathlib.Path, column: str, value: object
) -> None:
    """It is left out, and the others are listed."""
    keep(db, 4)
    examples.edit(path, f"UPDATE drawings SET {column} = ?", value)
    keep(db, 7)
    assert [drawing.label for drawing in db.drawings()] == [7]
