"""How numbers, times and names are written, on pages and in reports."""

import dataclasses

import pytest

from mnistdash import recipes, store, wording

THIN = "\N{THIN SPACE}"


@pytest.mark.parametrize(
    ("fraction", "text"), [(0, "0.00"), (1, "100.00"), (0.9813, "98.13"), (0.12345, "12.35")]
)
def test_percent(fraction: float, text: str) -> None:
    """Two decimals and a thin space."""
    assert wording.percent(fraction) == f"{text}{THIN}%"


def test_interval() -> None:
    """One sign for both ends."""
    assert wording.interval(0.9784, 0.98379) == f"97.84-98.38{THIN}%"


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (999, "999"), (1000, f"1{THIN}000"), (1234567, f"1{THIN}234{THIN}567")],
)
def test_count(number: int, text: str) -> None:
    """Thousands stand apart by thin spaces."""
    assert wording.count(number) == text


@pytest.mark.parametrize(("number", "end"), [(0, "s"), (1, ""), (2, "s"), (1000, "s")])
def test_plurals(number: int, end: str) -> None:
    """One image, all other numbers of images; the same for errors."""
    assert wording.images(number) == f"{wording.count(number)} image{end}"
    assert wording.images(number, "test") == f"{wording.count(number)} test image{end}"
    assert wording.errors(number) == f"{wording.count(number)} error{end}"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "0 s"),
        (0.4, "0 s"),
        (8.2, "8 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (125, "2 min 5 s"),
        (3599.4, "59 min 59 s"),
        (3599.6, "1 h 0 min"),
        (4200, "1 h 10 min"),
        (90_000, "25 h 0 min"),
    ],
)
def test_duration(seconds: float, text: str) -> None:
    """Seconds, minutes with seconds, hours with minutes; never less than nothing."""
    assert wording.duration(seconds) == text


@pytest.mark.parametrize(
    ("timestamp", "text"),
    [
        (0, "1970-01-01 00:00"),
        (1_795_250_075, "2026-11-21 08:34"),
        (2_147_483_648, "2038-01-19 03:14"),
    ],
)
def test_moment(timestamp: float, text: str) -> None:
    """A time is written in UTC, after January 2038 too."""
    assert wording.moment(timestamp) == text


def run_of(name: str, **changes: object) -> store.Run:
    """Make a run of `dense-tutorial` with some settings changed."""
    facts = dict.fromkeys(field.name for field in dataclasses.fields(store.Run))
    recipe = dataclasses.replace(recipes.PRESETS["dense-tutorial"].recipe, **changes)
    return store.Run(**{**facts, "name": name, "recipe": recipe})


def test_a_run_is_told_from_its_sisters() -> None:
    """Name, seed and what differs from the preset; of other names there is no preset."""
    assert wording.run_title(run_of("dense-tutorial")) == "dense-tutorial · seed 0"
    changed = run_of("dense-tutorial", seed=1, epochs=10)
    assert wording.run_title(changed) == "dense-tutorial · seed 1 · 10 epochs"
    assert wording.run_title(run_of("mine", epochs=10)) == "mine · seed 0"
    unreadable = dataclasses.replace(changed, recipe=None)
    assert wording.run_title(unreadable) == "dense-tutorial"


def test_nouns_take_their_number() -> None:
    """One class, no classes, a thousand test images, all with their own space."""
    assert wording.number_of(1, "class") == "1 class"
    assert wording.number_of(0, "class") == "0 classes"
    assert wording.images(1000, "test") == f"1{THIN}000 test images"


def test_every_setting_of_a_recipe_has_a_name() -> None:
    """What the form asks and what a report tells are called alike, and none is left out."""
    assert set(wording.SETTINGS) == set(recipes.Recipe.__dataclass_fields__)
