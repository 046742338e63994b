"""Pictures as people send them are read whole, and what is no digit is left out and said."""

import gc
import itertools
import json
import pathlib
import weakref

import cv2
import numpy as np
import pytest

from mnistdash import classifier, ink
from mnistdash.ink import joining
from tests.ink import pictures

CASES = pathlib.Path(__file__).parent / "cases"
EXPECTED = {name: digits for name, digits in json.loads((CASES / "cases.json").read_text()).items()}
READ = sorted(name for name, digits in EXPECTED.items() if digits)
ONE, FIVE = [[(0, 0), (0, 100)]], [[(0, 30), (0, 50), (50, 60), (50, 90), (0, 100)]]


def read(data: bytes) -> ink.Reading:
    """Read a picture with the models that the dashboard asks."""
    probs = classifier.starter().probs
    return ink.read_picture(data, probs=probs, digit_probs=classifier.digit_probs)


def sheet(*placed: tuple[list, tuple[int, int]], size: int = 400, pen: int = 10) -> np.ndarray:
    """A page with several drawings, each strokes and a place."""
    pages = [pictures.page(strokes, side=size, at=at, pen=pen) for strokes, at in placed]
    return np.min(pages, axis=0)


@pytest.mark.parametrize("name", READ)
def test_every_case_is_read_whole(name: str) -> None:
    """Open fours, flagged fives, figures with axes and whole pages give their digits, in order."""
    images = read((CASES / name).read_bytes()).images
    assert len(images) == len(EXPECTED[name])
    labels = classifier.starter().probs(images).argmax(axis=1)
    assert labels.tolist() == EXPECTED[name]


@pytest.mark.parametrize("name", [name for name in READ if len(EXPECTED[name]) == 1])
def test_both_ways_of_reading_agree_on_one_digit(name: str) -> None:
    """A picture of one digit gives the very image that it gives where one digit is asked for."""
    data = (CASES / name).read_bytes()
    assert (read(data).images == ink.from_picture(data)).all()


def test_line_of_writing_is_left_out_and_said() -> None:
    """Above ten digits stands a line of letters: ten are read, and the line is named."""
    reading = read((CASES / "words-above.jpg").read_bytes())
    assert ink.LeftOut(1, "line of writing") in reading.left_out
    assert "1 line of writing" in reading.note


def test_picture_that_was_read_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing keeps a picture's sheet, of megabytes, once its digits are found."""
    sheets = []

    class Watched(joining.Sheet):
        def __init__(self, *given: object) -> None:
            super().__init__(*given)
            sheets.append(weakref.ref(self))

    monkeypatch.setattr(joining, "Sheet", Watched)
    assert len(read((CASES / "split-8-434.png").read_bytes()).images) == 1
    gc.collect()
    assert [sheet() for sheet in sheets] == [None]


def test_dot_is_no_digit() -> None:
    """One dot on paper holds too little ink, for both ways of reading."""
    for way in (ink.from_picture, read):
        with pytest.raises(ValueError, match="too little ink"):
            way((CASES / "dot.png").read_bytes())


def test_heic_is_named_with_the_way_out() -> None:
    """An iPhone's own format is refused by its name, with where the iPhone changes it."""
    for way in (ink.from_picture, read):
        with pytest.raises(ValueError, match=r"HEIC.*Most Compatible"):
            way((CASES / "phone.heic").read_bytes())


def test_digits_are_read_in_rows() -> None:
    """Four digits in two rows come back from the left and from the top, each with its box."""
    seven = pictures.SEVEN
    drawn = [(seven, (60, 50)), (ONE, (260, 60)), (ONE, (90, 250)), (seven, (240, 240))]
    reading = ink.read_picture(pictures.saved(sheet(*drawn)))
    expected = [ink.from_strokes(strokes) for strokes, _ in drawn]
    assert reading.images.shape == (4, 28, 28)
    assert reading.images.dtype == np.uint8
    assert all(
        pictures.likeness(*pair) > 0.9 for pair in zip(reading.images, expected, strict=True)
    )
    for digit, (_, at) in zip(reading.digits, drawn, strict=True):
        assert np.array(digit.box[:2]) * 400 == pytest.approx(np.array(at) - 5, abs=4)


def test_the_other_way_of_reading_is_kept_and_swapped() -> None:
    """A four in two strokes apart is one digit; the other way it is two, and back."""
    reading = read((CASES / "split-4-210.png").read_bytes())
    assert (len(reading.digits), len(reading.other)) == (1, 2)
    assert reading.swapped().digits == reading.other
    assert reading.swapped().swapped().digits == reading.digits


def test_model_sees_a_shadowed_digit_otherwise() -> None:
    """A 0 half in shadow, whose lit half alone is likelier ink, is whole where a model is asked."""
    turns = np.linspace(0, 2 * np.pi, 40)
    zero = [[(60 + 60 * np.cos(turn), 70 + 70 * np.sin(turn)) for turn in turns]]
    picture = pictures.page(zero, side=300, at=(90, 80), pen=20)
    down, right = np.mgrid[:300, :300]
    picture = np.where(right + 1.5 * down > 380, picture, picture * 0.5).astype(np.uint8)
    whole = ink.from_strokes(zero)
    assert pictures.likeness(read(pictures.saved(picture)).images[0], whole) > 0.8
    alone = ink.read_picture(pictures.saved(picture))
    assert pictures.likeness(alone.images[0], whole) < 0.5


def test_small_digits_on_a_large_page_are_found() -> None:
    """Twelve sevens of 1/40 of the page's height are read, in a picture of three megapixels."""
    large = np.full((2000, 1500), 220, np.uint8)
    for x, y in itertools.product(range(200, 1400, 300), (300, 900, 1500)):
        strokes = np.array(pictures.SEVEN[0]) // 2 + (x, y)
        cv2.polylines(large, [strokes.astype(np.int32)], False, 40, 6, cv2.LINE_AA)
    reading = ink.read_picture(pictures.saved(large, "JPEG"))
    assert len(reading.digits) == 12
    seven = ink.from_strokes(pictures.SEVEN)
    assert min(pictures.likeness(image, seven) for image in reading.images) > 0.8


def test_rows_written_closely_stay_rows() -> None:
    """Two rows of three whose digits nearly touch the row below are six digits."""
    drawn = [(FIVE, (x, y)) for y in (40, 142) for x in (60, 160, 260)]
    assert len(ink.read_picture(pictures.saved(sheet(*drawn, pen=8))).digits) == 6


def test_low_marks_among_digits_are_left_out() -> None:
    """Three circles of a third of the height beside five sevens are no zeros."""
    picture = sheet(*((pictures.SEVEN, (x, 60)) for x in range(40, 640, 120)), size=700)
    for x in (60, 300, 540):
        cv2.circle(picture, (x, 400), 18, 40, 6, cv2.LINE_AA)
    reading = ink.read_picture(pictures.saved(picture))
    assert len(reading.digits) == 5
    assert reading.left_out == (ink.LeftOut(3, "small marks"),)


def test_rules_frames_and_dots_are_no_digits() -> None:
    """A 7 in a frame with an underline and dots beside it is one digit."""
    picture = sheet((pictures.SEVEN, (150, 120)))
    cv2.rectangle(picture, (30, 30), (370, 370), 40, 3)
    cv2.line(picture, (120, 270), (300, 270), 40, 4)
    for x in (60, 80, 100):
        cv2.circle(picture, (x, 330), 4, 40, -1)
    reading = read(pictures.saved(picture))
    assert len(reading.digits) == 1
    assert pictures.likeness(reading.images[0], ink.from_strokes(pictures.SEVEN)) > 0.9
    assert {some.what for some in reading.left_out} >= {"line"}
