"""Images of a class and weights of a value, as charts."""

import numpy as np
import pytest

from mnistdash.charts import amounts, drawn
from tests.charts import examples


def test_classes_have_a_column_for_each_split() -> None:
    """Of 40 and 20 training images the second is half as high, of 10 test images a quarter."""
    made = amounts.of_classes({"training": (40, 20), "test": (10, 10)}, ("zero", "one"))
    found = examples.read(drawn.panel(made))
    heights = [examples.number(bar, "height") for bar in examples.said(found)]
    assert [height / heights[0] for height in heights] == pytest.approx(
        [1, 0.25, 0.5, 0.25], abs=1e-3
    )
    assert examples.said(found)[0].find("title").text == "zero: 40 training images, 10 test images"
    assert {"Images", "class", "zero", "one", "training images"} <= set(examples.texts(found))


def test_weights_are_steps_over_their_values() -> None:
    """Two bins of one and four weights: a quarter and all of the height, from edge to edge."""
    layer = {"layer": "dense16", "edges": [-1.0, 0.0, 1.0], "start": [1, 4], "end": [4, 1]}
    (made,) = amounts.of_weights([layer])
    start, end = made.lines
    assert start.points == ((0, 0.25), (0.5, 0.25), (0.5, 1), (1, 1))
    assert [y for _, y in end.points] == [1, 1, 0.25, 0.25]
    assert (made.up, made.across) == ("dense16: number of weights", "value of a weight")
    assert [text for _, text in made.ticks_across] == ["-1.0", "-0.5", "0.0", "0.5", "1.0"]


def test_answer_marks_label_and_answer() -> None:
    """A four read as 9 with 0.6: the answer is three times as high as the label's 0.2."""
    probs = np.full(10, 0.025, np.float32)
    probs[[4, 9]] = 0.2, 0.6
    made = amounts.of_answer(probs, "0123456789", true_class=4)
    kinds = {column.bars[0][0]: column for column in made.columns}
    assert set(kinds) == {"plain", "right", "wrong"}
    assert kinds["wrong"].bars[0][1] == pytest.approx(3 * kinds["right"].bars[0][1])
    assert (kinds["wrong"].note, kinds["right"].note) == ("0.60", "0.20")
    assert made.legend == (("right", "true class"), ("wrong", "answer"))
    unknown = amounts.of_answer(probs, "0123456789", true_class=None)
    assert unknown.legend == (("answered", "answer"),)
    drawn.panel(made)


def test_of_many_classes_the_likeliest_have_a_bar() -> None:
    """Of 26 letters ten, the most probable first, and the true one where it is not among them."""
    probs = np.arange(26, dtype=np.float32)
    assert amounts.likeliest(probs, None) == list(range(25, 15, -1))
    assert amounts.likeliest(probs, 3) == [*range(25, 15, -1), 3]
    assert amounts.likeliest(probs[:12], 3) == list(range(12))
