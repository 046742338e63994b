"""What the component is told of curves, and the contrast of their colours."""

import dataclasses
import json
import pathlib
import re
import tomllib

import pytest
from streamlit.testing import v1 as streamlit_testing

from mnistdash.charts import learning
from mnistdash.ui import curves
from tests.charts import examples

pytestmark = pytest.mark.usefixtures("scanned_once")

UI = pathlib.Path(curves.__file__).parent
REPO = UI.parents[1]
CSS = (UI / "curves.css").read_text()
THIN = "\N{THIN SPACE}"


def test_runs_asked_for_together_are_told_by_their_seed() -> None:
    """What they share is said in their title once."""
    runs = [examples.run_with((0.5,), seed=3), examples.run_with((0.5,), seed=4)]
    sisters = [dataclasses.replace(run, request="a") for run in runs]
    assert curves.names_of(sisters) == ["seed 3", "seed 4"]
    assert curves.names_of(runs) == ["mine · seed 3", "mine · seed 4"]


def test_component_is_told_of_a_diverged_run() -> None:
    """What is no number reaches the browser as a gap: JSON knows none."""

    def script(runs: list) -> None:
        from mnistdash.ui import curves

        curves.curves(runs, key="curves")

    runs = [examples.run_with((0.5, float("nan")))]
    app = streamlit_testing.AppTest.from_function(script, args=(runs,), default_timeout=30).run()
    assert not app.exception
    told = json.loads(app.get_by_key("curves").proto.json, parse_constant=pytest.fail)
    (line,) = told[0]["charts"][1]["lines"]
    assert [value for _, value, _ in line["points"]] == [0.5, None]


# --- colours --------------------------------------------------------------------------------


def luminance(colour: str) -> float:
    """Return the relative luminance of `#rrggbb`.

    Source: WCAG 2.2, relative luminance.
    """
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    """Return the contrast of two colours, 1 to 21."""
    dark, light = sorted((luminance(first), luminance(second)))
    return (light + 0.05) / (dark + 0.05)


PAIRS = re.findall(r"--([a-z]+-[a-z0-9]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", CSS)


@pytest.mark.parametrize(("name", "light", "dark"), PAIRS)
def test_colours_stand_out_in_both_themes(name: str, light: str, dark: str) -> None:
    """Lines have a contrast of 3 with the page, text one of 4.5."""
    theme = tomllib.loads((REPO / ".streamlit" / "config.toml").read_text())["theme"]
    least = 4.5 if name == "text-quiet" else 3
    assert contrast(light, theme["light"]["backgroundColor"]) >= least
    assert contrast(dark, theme["dark"]["backgroundColor"]) >= least


def test_every_run_has_a_colour() -> None:
    """The style has as many colours as are given out, no two of them alike."""
    runs = [(light, dark) for name, light, dark in PAIRS if name.startswith("run-")]
    assert len(runs) == len(set(runs)) == learning.NUM_COLOURS
    for place in range(learning.NUM_COLOURS):
        assert f".run-{place} {{" in CSS


def test_text_is_never_small() -> None:
    """No text of a chart is below 11 pixels."""
    assert min(int(size) for size in re.findall(r"font-size: (\d+)px", CSS)) >= 11
