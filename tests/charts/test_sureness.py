"""Where things stand in the charts of confidence, and what they say."""

import numpy as np
import pytest

from mnistdash import confidence
from mnistdash.charts import sureness

SURE = np.array([0.32, 0.35, 0.91, 0.92, 0.97, 0.97], np.float32)
RIGHT = np.array([False, False, True, False, True, True])


def test_histogram_stands_a_hundred_twice_as_high_as_ten() -> None:
    """On the logarithmic scale; one is seen, none is not; on the even one it is a tenth."""
    sure = np.repeat(np.array([0.125, 0.325, 0.525, 0.725], np.float32), [100, 10, 1, 1])
    bins = confidence.equal_width(sure, sure < 0.7, 20)
    chart = sureness.histogram(bins, logarithmic=True)
    hundred, ten, one, none = (column.bars[0][1] for column in chart.columns)
    assert (hundred, none) == (1, 0)
    assert hundred - ten == pytest.approx(ten - one)
    assert one > 0
    assert [text for _, text in chart.ticks_up] == ["1", "10", "100"]
    even = sureness.histogram(bins, logarithmic=False)
    assert [round(column.bars[0][1], 3) for column in even.columns] == [1, 0.1, 0.01, 0]


def test_reliability_shows_each_bin_with_its_count() -> None:
    """Of two sure ones one is correct: 50 % high, the mark at their mean confidence, 0.915."""
    chart = sureness.reliability_by_width(confidence.equal_width(SURE, RIGHT, 20))
    middle = chart.columns[1]
    assert (middle.left, middle.right) == pytest.approx((0.9, 0.95))
    assert middle.note == "2"
    assert (middle.bars, middle.level) == ((("accuracy", 0.5),), pytest.approx(0.915))
    said = middle.said.replace("\N{THIN SPACE}", " ")
    assert said.startswith("Confidence 0.91-0.92, mean 0.915: 1 of 2 images correct, 50.00 % (9.45")


def test_bins_of_equal_mass_are_as_wide_as_their_share() -> None:
    """Three bins of two images a third each, all within the chart."""
    chart = sureness.reliability_by_mass(confidence.equal_mass(SURE, RIGHT, 3))
    widths = [column.right - column.left for column in chart.columns]
    assert widths == pytest.approx([1 / 3] * 3)
    heights = [height for it in chart.columns for height in (it.dot, it.level, *it.reach)]
    assert all(0 <= height <= 1 for height in heights)


def test_coverage_says_what_is_left_at_each_step() -> None:
    """Half of six images, the surest first: two of three correct, one error left."""
    found = confidence.coverage(SURE, RIGHT)
    chart = sureness.coverage_curve(found, 6, 0.5)
    half = next(column for column in chart.columns if column.right == pytest.approx(0.5))
    said = half.said.replace("\N{THIN SPACE}", " ")
    assert "50.00 % of the images answered, 66.67 % of them correctly, 1 error left" in said
    curve, now = chart.lines
    assert (curve.points[0][0], curve.points[-1][0]) == (pytest.approx(1 / 3), 1)
    assert now.points == ((0.5, 0), (0.5, 1))
