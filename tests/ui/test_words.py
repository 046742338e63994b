"""How names, answers and sentences are written on pages."""

import dataclasses

import pytest

from mnistdash import store
from mnistdash.ui import words

JOINER = "\N{WORD JOINER}"


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


def test_long_names_are_cut_in_the_middle() -> None:
    """Begin and end stay, where names differ; ten characters are ten with the ellipsis."""
    assert words.middle("0123456789", 10) == "0123456789"
    assert words.middle("0123456789a", 10) == "01234…789a"
    assert len(words.middle("x" * 99, 10)) == 10


def test_a_reason_is_one_sentence() -> None:
    """It ends with one full stop, whether it came with one or not."""
    run = store.Run(**dict.fromkeys(field.name for field in dataclasses.fields(store.Run)))
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
