"""The Draw page: who answers, uploads however named, drawings kept."""

import dataclasses
import io
import pathlib
import re
import types

import numpy as np
import pytest
from PIL import Image
from streamlit.testing import v1 as streamlit_testing

from mnistdash import artifacts, classifier, datasets, ink, store, study
from mnistdash.ui import camera, state
from tests.pages import examples, screen


def test_empty_canvas_says_so(db: store.Store) -> None:
    """Before anything is drawn the page says what to do, and answers nothing."""
    reading = screen.reading(screen.open_page("draw"))
    assert "The canvas is empty." in reading["empty"]
    assert reading["answer"] is None


def test_any_finished_run_answers_drawings(mine: store.Run) -> None:
    """The drawing page begins with the MNIST starter and offers every finished run."""
    at = screen.open_page("draw")
    choice = at.multiselect(key="draw_runs")
    assert choice.value == ["starter-mnist"]
    assert len(choice.options) == 3


def test_draw_is_answered_by_runs_with_a_model(db: store.Store) -> None:
    """A run without one says so in a line, and is none to choose."""
    mine = examples.bring(db, "forest", keep="probs")
    at = screen.open_page("draw", run=mine.id)
    assert "forest · brought came without a model: other runs answer here." in screen.text(at)
    assert not any("forest" in option for option in at.multiselect[0].options)


@pytest.mark.parametrize("tells_layers", [True, False])
def test_why_offers_what_a_model_has(
    mine: store.Run, monkeypatch: pytest.MonkeyPatch, tells_layers: bool
) -> None:
    """Which pixels carry the answer, always; where no layer is named, what is missing is said."""
    if not tells_layers:
        monkeypatch.setattr(classifier, "_layers", lambda model: classifier._NoLayers())
    at = screen.open_page("draw")
    at.multiselect(key="draw_runs").set_value([mine.id]).run()
    at.session_state["sample_digit"] = ("optdigits", 0)
    at.session_state["why"] = True
    at.run()
    assert not at.exception
    said = screen.text(at)
    assert "Which pixels carry the answer" in said
    assert ("Of all 1 297 training images" in said) is tells_layers
    assert ("strongest channels" in said) is tells_layers
    assert ("This model does not tell what its last layer receives." in said) is not tells_layers
    assert ("This model has no layers that keep the image's form." in said) is not tells_layers


def test_all_training_images_are_looked_through_once(
    mine: store.Run, db: store.Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of about a hundred at once, of all after a press, when the worker has ended its study.

    Features of images that were replaced since do not count.
    """
    monkeypatch.setattr(state, "NEIGHBOURS_AMONG", 100)
    db.request_study(mine.id)
    db.finish_study(mine.id, artifacts.features("0" * 64), b"of other images")
    at = screen.open_page("draw")
    at.multiselect(key="draw_runs").set_value([mine.id]).run()
    at.session_state["sample_digit"] = ("optdigits", 0)
    at.session_state["why"] = True
    at.run()
    # Every thirteenth of 1,297 images, so 100 of them.
    assert "Of 100 of 1 297 training images" in screen.text(at)
    places = [int(re.search(r"\d+", tile)[0]) for tile in screen.tiles(at, "neighbours")]
    assert all(place % 13 == 0 for place in places)
    assert max(places) > 100
    screen.button(at, "Look among all 1\u2009297").click().run()
    assert "Waiting for the worker" in screen.text(at)
    assert study.perform(mine.id, artifacts.FEATURES, db.url)
    at.run()
    assert "Of all 1 297 training images" in screen.text(at)
    assert len(screen.tiles(at, "neighbours")) == 12
    assert not [button for button in at.button if button.label.startswith("Look among")]


def test_study_that_failed_says_why_and_can_be_asked_for_again(
    mine: store.Run, db: store.Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason stands beside the button."""
    monkeypatch.setattr(state, "NEIGHBOURS_AMONG", 100)
    db.request_study(mine.id)
    db.abandon_study(mine.id, "The disk is full.")
    at = screen.open_page("draw")
    at.multiselect(key="draw_runs").set_value([mine.id]).run()
    at.session_state["sample_digit"] = ("optdigits", 0)
    at.session_state["why"] = True
    at.run()
    assert "The disk is full." in screen.text(at)
    assert screen.button(at, "Look among all 1\u2009297")


def test_drawing_kept_meanwhile_breaks_no_page(
    db: store.Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody keeps a drawing between the two reads of a page: it is shown the next time."""
    examples.keep_drawings(db, (1, 7))
    known = db.drawing_ids()[:1]
    monkeypatch.setattr(store.Store, "drawing_ids", lambda self: known)
    assert len(screen.tiles(screen.open_page("draw"), "my-digits")) == 1


def test_several_digits_and_a_damaged_model_are_a_sentence(
    home: pathlib.Path, mine: store.Run
) -> None:
    """A picture of two digits, read by a run whose model is damaged, says so."""
    examples.alter(home, examples.DAMAGE_MODEL, mine.id)
    sheet = np.full((100, 160), 235, np.uint8)
    sheet[20:80, 40:46] = sheet[20:80, 110:116] = 20
    target = io.BytesIO()
    Image.fromarray(sheet).save(target, "PNG")
    at = screen.open_page("draw")
    at.multiselect(key="draw_runs").set_value([mine.id]).run()
    at.get_by_key("draw_source").set_value("Upload").run()
    at.file_uploader(key="upload").upload("two.png", target.getvalue(), "image/png").run()
    assert not at.exception
    assert "The model.tflite of this run is damaged." in screen.text(at)


def send(name: str, data: bytes, kind: str = "image/png") -> streamlit_testing.AppTest:
    """Open the page and upload a file."""
    at = screen.open_page("draw")
    at.get_by_key("draw_source").set_value("Upload").run()
    at.file_uploader(key="upload").upload(name, data, kind).run()
    assert not at.exception
    return at


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("digit.png", b"just words", "not a PNG, JPEG, WebP, BMP or GIF picture"),
        ("phone.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "This is a HEIC picture"),
    ],
)
def test_file_that_is_no_picture_is_a_sentence(
    db: store.Store, name: str, data: bytes, said: str
) -> None:
    """The page takes every file, and says what is wrong with it in its own words."""
    assert said in screen.text(send(name, data))


def read_as(monkeypatch: pytest.MonkeyPatch, reading: ink.Reading) -> None:
    """Have every picture read so."""
    monkeypatch.setattr(ink, "read_picture", lambda data, **models: reading)


def digits(*indices: int) -> tuple[ink.Digit, ...]:
    """Return test images of optdigits as digits of a picture."""
    images = datasets.load("optdigits").x_test
    return tuple(ink.Digit(image=images[index], box=(0.0, 0.0, 1.0, 1.0)) for index in indices)


def picture() -> bytes:
    """Write a grey PNG."""
    target = io.BytesIO()
    Image.new("L", (60, 60), 200).save(target, "PNG")
    return target.getvalue()


def number_of_tiles(at: streamlit_testing.AppTest) -> int:
    """Count the digits that stand side by side; none where there is but one."""
    try:
        return len(screen.tiles(at, "number"))
    except KeyError:
        return 0


def test_close_picture_is_read_the_other_way_at_a_press(
    db: store.Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one, then as two, then as one again; another picture is read anew."""
    read_as(monkeypatch, ink.Reading(digits=digits(0), other=digits(1, 2), close=True))
    at = send("close.png", picture())
    for way, tiles in (("several", 2), ("one", 0), ("several", 2)):
        screen.button(at, f"Read it as {way}").click().run()
        assert number_of_tiles(at) == tiles
        at.run()
        assert number_of_tiles(at) == tiles
    read_as(monkeypatch, ink.Reading(digits=digits(3)))
    at.file_uploader(key="upload").upload("other.png", picture(), "image/png").run()
    assert number_of_tiles(at) == 0
    assert not [button for button in at.button if button.label.startswith("Read it as")]


def test_doubtful_digit_of_several_is_marked_and_the_chosen_one_shown(
    db: store.Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mark and a word for the full square, none for a one; what was left out is said."""
    square = ink.Digit(image=np.full((28, 28), 255, np.uint8), box=(0.0, 0.0, 1.0, 1.0))
    left_out = (ink.LeftOut(count=3, what="lines"),)
    one = dataclasses.replace(square, image=ink.from_strokes([[(0.5, 0.0), (0.5, 1.0)]]))
    read_as(monkeypatch, ink.Reading(digits=(one, square), left_out=left_out))
    at = send("two.png", picture())
    assert "Left out: 3 lines." in screen.text(at)
    assert "? not sure" in screen.text(at)
    certain, doubtful = screen.tiles(at, "number")
    assert certain.startswith("Digit 1: ")
    assert "not sure" not in certain
    assert "Digit 2: " in doubtful
    assert "not sure: Not sure this is a digit: it holds more ink" in doubtful
    at.session_state["picture_digit"] = 2
    at.run()
    assert "Digit 2 of 2" in screen.text(at)
    assert screen.reading(at)["answer"] is not None


@pytest.mark.parametrize(
    ("url", "gives"),
    [
        (None, True),
        ("http://localhost:8501/draw", True),
        ("http://127.0.0.1:8501/draw", True),
        ("http://[::1]:8501/draw", True),
        ("https://digits.example.org/draw", True),
        ("http://digits.example.org/draw", False),
        ("http://192.168.0.7:8501/draw", False),
    ],
)
def test_camera_needs_https_or_this_machine(url: str | None, gives: bool) -> None:
    """Browsers lend it to no other page."""
    assert camera.is_lent(url) is gives


def test_page_without_a_camera_says_the_way_out(
    db: store.Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a browser lends none, Upload is named instead."""
    monkeypatch.setattr(camera, "is_lent", lambda url: False)
    at = screen.open_page("draw")
    at.get_by_key("draw_source").set_value("Camera").run()
    assert "Choose Upload instead: on a phone it offers the camera too." in screen.text(at)
    assert not at.get("camera_input")


@pytest.mark.parametrize("name", ["../../x.png", "<img src=x onerror=alert(1)>.png", "=cmd|'.png"])
def test_name_of_an_upload_is_shown_nowhere(db: store.Store, name: str) -> None:
    """An animation under a hostile name is answered, its first picture; the name is not used."""
    sheet = np.full((60, 60), 230, np.uint8)
    sheet[10:50, 28:33] = 20
    target = io.BytesIO()
    pictures = [Image.fromarray(sheet), Image.fromarray(sheet.T)]
    pictures[0].save(target, "GIF", save_all=True, append_images=pictures[1:])
    at = send(name, target.getvalue(), "image/gif")
    kinds = ("markdown", "caption", "html", "warning")
    said = "".join(element.value for kind in kinds for element in at.get(kind))
    assert "Its first picture is read." in said
    probs = screen.reading(at)["answer"]["probs"]
    assert probs.index(max(probs)) == 1
    assert name not in said


def test_draw_shows_class_names_as_they_are(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, db: store.Store
) -> None:
    """In the answer, its bars, the sentence of doubt and a sample's label: no HTML, no Markdown."""
    run = examples.few_or_many(tmp_path, monkeypatch, db, examples.HOSTILE)
    even = types.SimpleNamespace(
        probs=lambda images: np.full((len(images), 2), 0.5, np.float32), num_classes=2
    )
    monkeypatch.setattr(state, "load_classifier", lambda _: even)
    at = screen.open_page("draw", run=run.id)
    next(button for button in at.button if button.label == "Sample").click().run()
    assert not at.exception
    reading = screen.reading(at)
    assert reading["names"] == list(examples.HOSTILE)
    assert "nearly as much like **bee** [x](y) as like <b>ant" in reading["answer"]["doubt"]
    assert reading["answer"]["about"].split("labelled ")[1] in examples.HOSTILE
    assert not [button for button in at.button if button.label == "Keep"]
