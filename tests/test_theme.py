"""The theme and the style sheets: WCAG 2's contrasts on both grounds, and braces that close."""

import pathlib
import re
import tomllib

import numpy as np
import pytest

from mnistdash import figures

REPO = pathlib.Path(__file__).parents[1]
SHEETS = sorted((REPO / "mnistdash/ui").glob("*.css"))
THEMES = {
    name: colours
    for name, colours in tomllib.loads(
        (REPO / ".streamlit/config.toml").read_text(encoding="utf-8")
    )["theme"].items()
    if name in ("light", "dark")
}
GROUNDS = ("backgroundColor", "secondaryBackgroundColor")
TEXT, MARK = 4.5, 3.0
# Properties whose colour is written with; every other colour is a mark.
WRITTEN = {"color", "fill", "--right", "--wrong", "--index", "--accent", "--text-quiet"}
COLOUR = re.compile(r"([\w-]+):[^;{}]*?light-dark\((#\w+), (#\w+)\)")


def luminance(colour: str) -> float:
    """Return the relative luminance of `#rrggbb` (WCAG 2.2)."""
    channels = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(ink: str, ground: str, share: float = 1.0) -> float:
    """Return the contrast of a colour on another that it covers by a share of 0-1."""
    pairs = [(int(ink[k : k + 2], 16), int(ground[k : k + 2], 16)) for k in (1, 3, 5)]
    mixed = "#" + "".join(f"{round(a * share + b * (1 - share)):02x}" for a, b in pairs)
    low, high = sorted([luminance(mixed), luminance(ground)])
    return (high + 0.05) / (low + 0.05)


def least_contrast(ink: str, theme: str, share: float = 1.0) -> float:
    """Return a colour's contrast on the less favourable ground of a theme."""
    return min(contrast(ink, THEMES[theme][ground], share) for ground in GROUNDS)


def sheet_colours() -> list[tuple[str, str, str, str]]:
    """Return every pair of colours of the style sheets: sheet, property, light and dark."""
    return [(sheet.name, *found) for sheet in SHEETS for found in COLOUR.findall(sheet.read_text())]


def test_contrast_is_that_of_the_standard() -> None:
    """Black on white is 21, #767676 on white the palest grey for text, and half a cover is grey."""
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#767676", "#FFFFFF") == pytest.approx(4.54, abs=0.005)
    assert contrast("#000000", "#FFFFFF", 0.5) == contrast("#808080", "#FFFFFF")


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(
    ("name", "least"),
    [("textColor", TEXT), ("codeTextColor", TEXT), ("linkColor", TEXT), ("primaryColor", MARK)],
)
def test_colour_of_the_theme_is_seen(name: str, least: float, theme: str) -> None:
    """Text and links can be read on both grounds; what is chosen can be told from them."""
    assert least_contrast(THEMES[theme][name], theme) >= least


@pytest.mark.parametrize("theme", THEMES)
def test_text_on_a_primary_button_is_read(theme: str) -> None:
    """Streamlit writes it in white, whatever the button's colour."""
    assert contrast("#FFFFFF", THEMES[theme]["primaryColor"]) >= TEXT


@pytest.mark.parametrize(
    ("sheet", "name", "light", "dark"), [c for c in sheet_colours() if c[1] != "--ground"]
)
def test_colour_of_a_sheet_is_seen(sheet: str, name: str, light: str, dark: str) -> None:
    """What is written has a contrast of 4.5, marks and lines one of 3, in both themes."""
    least = TEXT if name in WRITTEN else MARK
    assert least_contrast(light, "light") >= least
    assert least_contrast(dark, "dark") >= least


def test_ground_of_a_sheet_is_that_of_the_theme() -> None:
    """What lies over the page has the page's ground, on which the other contrasts hold."""
    grounds = {colours[2:] for colours in sheet_colours() if colours[1] == "--ground"}
    page = tuple(THEMES[theme]["backgroundColor"].lower() for theme in ("light", "dark"))
    assert grounds == {page}


def test_meaning_has_its_colours_in_one_place() -> None:
    """The accent, right, wrong and index are written in page.css, once each, and links match."""
    found = sheet_colours()
    meant = {name: pair for _, name, *pair in found if name in WRITTEN and name.startswith("--")}
    for name in ("--accent", "--right", "--wrong", "--index"):
        assert [sheet for sheet, _, *pair in found if pair == meant[name]] == ["page.css"]
    links = [THEMES[theme]["linkColor"].lower() for theme in ("light", "dark")]
    assert meant["--accent"] == links


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(
    ("sheet", "rule", "least"),
    [
        ("page.css", r"\.quiet \{\s*opacity: ([\d.]+)", TEXT),
        ("page.css", r"stCaptionContainer\"\] \{\s*opacity: ([\d.]+)", TEXT),
        ("page.css", r"\.marks \{[^}]*currentColor (\d+)%", TEXT),
        ("page.css", r"\.bars \.plain i \{\s*opacity: ([\d.]+)", MARK),
        ("heatmap.css", r"\.title \{[^}]*currentcolor (\d+)%", TEXT),
        ("sorting.css", r"--quiet: color-mix\(in srgb, var\(--st-text-color\) (\d+)%", TEXT),
        ("card_steps.css", r"\.grip::before \{[^}]*opacity: ([\d.]+)", MARK),
    ],
)
def test_what_is_fainter_than_the_text_is_seen(
    sheet: str, rule: str, least: float, theme: str
) -> None:
    """The text's colour at a share of its strength can still be read, or told from the ground."""
    share = float(re.search(rule, (REPO / "mnistdash/ui" / sheet).read_text()).group(1))
    share = share / 100 if share > 1 else share
    assert least_contrast(THEMES[theme]["textColor"], theme, share) >= least


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("colour", [figures.ACCENT, figures.GREY])
def test_series_of_a_figure_are_seen(colour: str, theme: str) -> None:
    """One colour serves both themes."""
    assert least_contrast(colour, theme) >= MARK


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_rules_close_before_the_next_begins(sheet: pathlib.Path) -> None:
    """No rule falls into another: rules stand alone, or in one @media or @container rule."""
    depth, at_rule = 0, False
    text = re.sub(r"/\*.*?\*/", "", sheet.read_text(), flags=re.DOTALL)
    for before, brace in re.findall(r"([^{}]*)([{}])", text):
        if brace == "{" and depth == 0:
            at_rule = before.strip().startswith("@")
        depth += 1 if brace == "{" else -1
        assert 0 <= depth <= 1 + at_rule, before
    assert depth == 0
