"""Verdicts as values: what is none, what follows, and the way to a spreadsheet and back."""

import numpy as np
import pytest

from mnistdash import verdicts

SET = "a" * 64
IMAGES = np.arange(5 * 784, dtype=np.uint32).reshape(5, 28, 28).astype(np.uint8)
IMAGES[:, 0, 0] = np.arange(5)
NAMES = ("=one", "two", "three")


def said(index: int, fault: str = "model", **facts: object) -> verdicts.Verdict:
    """A verdict of "me" on one of the five images."""
    known = {"dataset_sha256": SET, "split": "test", "person": "me", "judged_at": 1.25}
    known |= {"image": verdicts.content(IMAGES[index]), "index": index, "fault": fault}
    return verdicts.Verdict(**known | facts)


def read(text: str) -> list[verdicts.Verdict]:
    """Read a file on the five images."""
    return verdicts.from_csv(text, lambda split: IMAGES, sha256=SET, num_classes=3)


@pytest.mark.parametrize(
    "facts",
    [
        {"fault": "label"},
        {"fault": "label", "label": 62},
        {"fault": "label", "label": True},
        {"fault": "model", "label": 1},
        {"fault": "mine"},
        {"split": "validation"},
        {"person": ""},
        {"note": "x" * 301},
        {"image": "A" * 64},
        {"judged_at": float("nan")},
    ],
)
def test_what_is_no_verdict_is_refused(facts: dict) -> None:
    """A label belongs to the fault "label" and to it alone; the rest has its range."""
    with pytest.raises(ValueError, match="none that a verdict can have"):
        said(1, **facts)


def test_labels_if_verdicts_hold() -> None:
    """Only verdicts on labels change labels; what lies beyond the images is left out."""
    judged = {1: said(1, "label", label=2), 2: said(2), 4: said(4, "label", label=0)}
    y_true = np.array([0, 1, 1, 0], np.uint8)
    assert verdicts.held(y_true, judged).tolist() == [0, 2, 1, 0]
    assert y_true.tolist() == [0, 1, 1, 0]
    assert verdicts.counts(judged, np.array([1, 2, 3])) == {"model": 1, "label": 1}


def test_verdicts_go_to_a_spreadsheet_and_back() -> None:
    """A note that begins a formula is safe in the file, and read back as it was."""
    judged = [said(0, note='=1+1, "so"'), said(3, "label", label=0, person="@you"), said(4)]
    text = verdicts.to_csv(judged, NAMES)
    assert "\"'=1+1" in text
    assert '"\'@you"' in text
    assert read(text) == judged


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda text: "a,b\n1,2\n", "no file of verdicts"),
        (lambda text: "\x00", "no file of verdicts"),
        (lambda text: text.replace('"picture"', '"mine"'), "Line 3 .* expected model"),
        (lambda text: text.replace('"test",2', '"test",1'), "Line 3 is on another image"),
        (lambda text: text.replace('"test",2', '"test",5'), "Line 3 is on another image"),
        (lambda text: text.replace('"test",2', '"test",-2'), "Line 3 .*`index`"),
        (lambda text: text.replace('"label",1', '"label",3'), "class 3 of 3"),
        (lambda text: text.replace('"label",1', '"label",'), "Line 2 .*`label`"),
    ],
)
def test_file_that_does_not_fit_is_refused(change: object, told: str) -> None:
    """Other columns, no verdict, other images, other classes: a sentence with the line."""
    text = verdicts.to_csv([said(1, "label", label=1), said(2, "picture")], NAMES)
    assert len(read(text)) == 2
    with pytest.raises(ValueError, match=told):
        read(change(text))
