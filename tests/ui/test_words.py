"""How numbers, times and answers are written."""

import dataclasses

import pytest

from mnistdash import recipes, store
from mnistdash.ui import words

THIN = "\N{THIN SPACE}"
JOINER = "\N{WORD JOINER}"


@pytest.mark.parametrize(
    ("fraction", "text"), [(0, "0.00"), (1, "100.00"), (0.9813, "98.13"), (0.12345, "12.35")]
)
def test_percent(fraction: float, text: str) -> None:
    """Two decimals and a thin space."""
    assert words.percent(fraction) == f"{text}{THIN}%"


def test_interval() -> None:
    """One sign for both ends."""
    assert words.interval(0.9784, 0.98379) == f"97.84-98.38{THIN}%"


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (999, "999"), (1000, f"1{THIN}000"), (1234567, f"1{THIN}234{THIN}567")],
)
def test_count(number: int, text: str) -> None:
    """Thousands stand apart by thin spaces."""
    assert words.count(number) == text


@pytest.mark.parametrize(("number", "end"), [(0, "s"), (1, ""), (2, "s"), (1000, "s")])
def test_plurals(number: int, end: str) -> None:
    """One image, all other numbers of images; the same for errors."""
    assert words.images(number) == f"{words.count(number)} image{end}"
    assert words.images(number, "test") == f"{words.count(number)} test image{end}"
    assert words.errors(number) == f"{words.count(number)} error{end}"


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
    assert words.duration(seconds) == text


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
    assert words.moment(timestamp) == text


def test_read_as_uses_the_class_names() -> None:
    """Digits and clothes are named alike."""
    assert words.read_as(4, 9, tuple("0123456789")) == "4 read as 9"
    names = ("T-shirt/top", "Trouser")
    assert words.read_as(0, 1, names) == "T-shirt/top read as Trouser"


def test_alternative_text_says_index_classes_and_probability() -> None:
    """A person who can't see a tile hears what it shows."""
    digits = tuple("0123456789")
    assert words.alt(9634, 4, 9, 0.876, digits) == "Image 9634: 4 read as 9, probability 0.88"
    assert words.alt(0, 7, 7, 0.999, digits) == "Image 0: 7 correct, probability 1.00"


def run_of(name: str, **changes: object) -> store.Run:
    """Make a run of `dense-tutorial` with some settings changed."""
    facts = dict.fromkeys(field.name for field in dataclasses.fields(store.Run))
    recipe = dataclasses.replace(recipes.PRESETS["dense-tutorial"].recipe, **changes)
    return store.Run(**{**facts, "name": name, "recipe": recipe})


def test_a_run_is_told_from_its_sisters() -> None:
    """Name, seed and what differs from the preset; of other names there is no preset."""
    assert words.run_title(run_of("dense-tutorial")) == "dense-tutorial · seed 0"
    changed = run_of("dense-tutorial", seed=1, epochs=10)
    assert words.run_title(changed) == "dense-tutorial · seed 1 · 10 epochs"
    assert words.run_title(run_of("mine", epochs=10)) == "mine · seed 0"
    unreadable = dataclasses.replace(changed, recipe=None)
    assert words.run_title(unreadable) == "dense-tutorial"


def test_long_names_are_cut_in_the_middle() -> None:
    """Begin and end stay, where names differ; ten characters are ten with the ellipsis."""
    assert words.middle("0123456789", 10) == "0123456789"
    assert words.middle("0123456789a", 10) == "01234…789a"
    assert len(words.middle("x" * 99, 10)) == 10


def test_a_reason_is_one_sentence() -> None:
    """It ends with one full stop, whether it came with one or not."""
    run = run_of("dense-tutorial")
    for reason in ("The disk is full", "The disk is full."):
        assert words.ending(dataclasses.replace(run, reason=reason)) == "The disk is full."
    assert words.ending(dataclasses.replace(run, status="cancelled")) == "Cancelled."


def test_p_values_are_never_zero() -> None:
    """Three decimals; below them the bound."""
    assert words.p_value(0.0344) == "p = 0.034"
    assert words.p_value(0.0004) == "p < 0.001"


def test_markup_in_a_name_is_shown_as_it_is() -> None:
    """No picture is fetched, no word is bold, no list begins; a hyphen inside stays bare."""
    assert words.plain("![](http://x/y)") == rf"\!\[\](http\:{JOINER}//x/y)"
    assert words.plain("dense-tutorial") == "dense-tutorial"
    assert words.plain("- a") == r"\- a"
    assert words.plain("1. a") == r"1\. a"


def test_versions() -> None:
    """Each with its name, ours as it tells its commit."""
    found = {"mnistdash": "0.1.0 (9f8935e)", "keras": "3.15.1"}
    assert words.versions(found) == "mnistdash 0.1.0 (9f8935e), keras 3.15.1"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("www.a.b", f"www{JOINER}.a.b"),
        ("see https://a.b/c", rf"see https\:{JOINER}//a.b/c"),
        ("me@a.bc", f"me{JOINER}@a.bc"),
        (":material/home:", rf"\:{JOINER}material/home\:"),
        ("at 12:30, :smile:", rf"at 12\:30, \:{JOINER}smile\:"),
        ("a -> b -- c <= d a->b", rf"a -{JOINER}\> b -{JOINER}- c \<{JOINER}= d a-\>b"),
        ("Fig. 3: www and @home", rf"Fig. 3\: www and {JOINER}@home"),
    ],
)
def test_addresses_symbols_and_arrows_are_texts(text: str, shown: str) -> None:
    """An unseen joiner keeps Markdown from making links, pictures and arrows of them."""
    assert words.plain(text) == shown


def test_sentence_shows_code_as_code() -> None:
    """Lines in backticks stay code; a lone backtick, somebody else's, is shown."""
    said = words.sentence("`x_*` is *no* text: `x = x[:2]`.")
    assert said == r"`x_*` is \*no\* text\: `x = x[:2]`\."
    assert words.sentence("it`s *") == r"it\`s \*"


def test_nouns_take_their_number() -> None:
    """One class, no classes, a thousand test images, all with their own space."""
    assert words.number_of(1, "class") == "1 class"
    assert words.number_of(0, "class") == "0 classes"
    assert words.images(1000, "test") == f"1{THIN}000 test images"
