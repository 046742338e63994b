"""Charts drawn for files: bars in proportion, titles of axes, lines that end at the chart."""

import pathlib
import re

import numpy as np
import pytest

from mnistdash import confidence, ui
from mnistdash.charts import described, drawn, learning, sureness
from tests.charts import examples


def chart(**parts: object) -> described.Chart:
    """Make a chart with these parts."""
    return described.Chart(
        said="", across="epoch", up="Loss, nats", ticks_across=(), ticks_up=(), **parts
    )


def spots(**parts: object) -> list[list[tuple[float, float]]]:
    """Return the points of each line that is drawn."""
    found = examples.read(drawn.panel(chart(**parts)))
    lines = [re.findall(r"([\d.]+) ([\d.]+)", path.attrib["d"]) for path in found.iter("path")]
    return [[(float(x), float(y)) for x, y in line] for line in lines]


def test_bars_are_as_high_as_their_counts() -> None:
    """Thirty correct and ten wrong ones: a third as high, each saying its bin."""
    right = np.repeat([True, False], [30, 10])
    bins = confidence.equal_width(np.full(40, 0.97, np.float32), right, 20)
    found = examples.read(drawn.panel(sureness.histogram(bins, logarithmic=False)))
    correct, wrong = examples.said(found)
    heights = [examples.number(bar, "height") for bar in (correct, wrong)]
    assert heights[0] == pytest.approx(3 * heights[1], rel=1e-3)
    assert "30 of 40 images correct" in correct.find("title").text.replace("\N{THIN SPACE}", " ")
    assert {"Images", "confidence: the probability of the answer, 0 to 1", "correct", "wrong"} <= (
        set(examples.texts(found))
    )


@pytest.mark.parametrize("by", ["width", "mass"])
def test_reliability_marks_accuracy_interval_and_confidence(by: str) -> None:
    """Of four images two are correct: half as high, the mark of 0.8 above it, with the count."""
    sure, right = np.full(4, 0.8, np.float32), np.array([True, True, False, False])
    made = {"width": sureness.reliability_by_width, "mass": sureness.reliability_by_mass}[by]
    bins = {"width": confidence.equal_width, "mass": confidence.equal_mass}[by](sure, right)
    found = examples.read(drawn.panel(made(bins)))
    assert {"4", "accuracy", "mean confidence", "Accuracy, %"} <= set(examples.texts(found))
    (level,) = [it for it in found.iter("line") if it.attrib["stroke-width"] == "2.5"]
    top = (
        examples.number(examples.said(found)[0], "y")
        if by == "width"
        else max(examples.number(it, "cy") for it in found.iter("circle"))
    )
    assert examples.number(level, "y1") < top, "0.8 lies above 0.5"


def test_line_ends_where_it_leaves_the_chart() -> None:
    """A steep start is cut at the upper edge, in proportion; what is outside is not drawn."""
    steep = described.Line(kind="training", points=((0, 3.0), (0.5, 0.5), (1, 0.5)))
    outside = described.Line(kind="validation", points=((0, 2), (1, 3)))
    inside = described.Line(kind="curve", points=((0, 1), (1, 0)))
    cut, whole = spots(lines=(steep, outside, inside))
    (left, top), (right, bottom) = whole
    assert cut[0][1] == pytest.approx(top - 0.02 * (bottom - top), abs=0.02)
    share = (3 - 1.02) / 2.5 * 0.5
    assert cut[0][0] == pytest.approx(left + share * (right - left), abs=0.02)
    assert cut[1:] == [((left + right) / 2, (top + bottom) / 2), (right, (top + bottom) / 2)]


def test_points_of_a_short_line_are_marked() -> None:
    """One epoch is a dot, the best a ring; a long line is a line alone."""
    one = described.Line(kind="training", points=((0.5, 0.5),), dots=True)
    best = described.Line(kind="best", points=((0.5, 0.5),))
    long = described.Line(kind="run-0", points=tuple((n / 99, 0.5) for n in range(100)), dots=True)
    found = examples.read(drawn.panel(chart(lines=(one, best, long))))
    assert [circle.attrib["fill"] == "none" for circle in found.iter("circle")] == [False, True]


def test_long_names_below_columns_stand_upright() -> None:
    """Ten digits lie, ten words stand, and none is cut at the edge."""
    for name, turned in (("7", False), ("Ankle boot", True)):
        ticks = tuple((n / 10 + 0.05, name) for n in range(10))
        made = described.Chart(
            said="", across="class", up="Images", ticks_across=ticks, ticks_up=()
        )
        found = examples.read(drawn.panel(made))
        named = [it for it in found.iter("text") if it.text == name]
        assert len(named) == 10
        assert all(("transform" in it.attrib) == turned for it in named)


def test_lines_look_as_on_the_pages() -> None:
    """Each run's line has the light theme's colour and the dashes of the page's curve."""
    css = (pathlib.Path(ui.__file__).parent / "curves.css").read_text()
    for place in range(learning.NUM_COLOURS):
        colour, _, dash = drawn._STROKES[f"run-{place}"]
        assert f"--run-{place}: light-dark({colour}," in css
        rule = re.search(rf"\.run-{place} {{(.*)}}", css)[1]
        assert (f"dasharray: {dash};" in rule) if dash else ("dasharray" not in rule)
