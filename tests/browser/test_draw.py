"""The canvas in a real browser: drawn with the mouse, read, cleared, kept; and pictures."""

import io
import json
import pathlib
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from PIL import Image
from playwright import sync_api

from mnistdash import datasets

OpenPage = Callable[..., sync_api.Page]
Settled = Callable[[sync_api.Page], None]
Stroke = Sequence[tuple[float, float]]
REPO = pathlib.Path(__file__).parents[2]
PEN_DIGITS = REPO.parent / "shared" / "data" / "pen_digits_dev.json"
MNIST = REPO.parent / "shared" / "data" / "mnist.npz"
PHONE = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/130 Mobile Safari"
ANSWER_MS = 20_000
ONE: list[Stroke] = [[(0.5, 0.0), (0.5, 0.3), (0.49, 0.6), (0.48, 1.0)]]
ROUND = np.linspace(0, 2 * np.pi, 25)
ZERO: list[Stroke] = [[(0.5 + 0.36 * np.sin(t), 0.5 - 0.5 * np.cos(t)) for t in ROUND]]


def draw(
    page: sync_api.Page, strokes: Sequence[Stroke], *, left: float, top: float, side: float
) -> None:
    """Draw strokes with the mouse, fitted into a square of the canvas given in pixels."""
    points = np.concatenate([np.asarray(stroke, float) for stroke in strokes])
    low, span = points.min(axis=0), np.ptp(points, axis=0).max()
    canvas = page.locator("canvas.upper-canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    for stroke in strokes:
        placed = (np.asarray(stroke, float) - low) / span * side
        placed += (box["x"] + left, box["y"] + top)
        page.mouse.move(*placed[0])
        page.mouse.down()
        for x, y in placed[1:]:
            page.mouse.move(x, y)
        page.mouse.up()


def touch(page: sync_api.Page, points: Stroke) -> None:
    """Move a finger along points of the page, as the browser's own touch events."""
    finger = page.context.new_cdp_session(page)
    for index, (x, y) in enumerate(points):
        kind = "touchMove" if index else "touchStart"
        event = {"type": kind, "touchPoints": [{"x": float(x), "y": float(y)}]}
        finger.send("Input.dispatchTouchEvent", event)
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def answer(page: sync_api.Page) -> sync_api.Locator:
    """Find the answer in large type."""
    return page.locator("div.answer")


def clear(page: sync_api.Page, settled: Settled) -> None:
    """Empty the canvas."""
    page.get_by_role("button", name="Clear", exact=True).click()
    page.get_by_text("The canvas is empty.").wait_for()
    settled(page)
    page.locator("canvas.upper-canvas").wait_for()


@pytest.mark.parametrize(("label", "strokes"), [("1", ONE), ("0", ZERO)])
def test_drawn_digit_is_read(
    open_page: OpenPage, settled: Settled, label: str, strokes: list[Stroke]
) -> None:
    """A one and a zero drawn with the mouse are read, with ten bars and the 28x28 picture."""
    page = open_page("draw")
    page.get_by_text("The canvas is empty.").wait_for()
    draw(page, strokes, left=70, top=60, side=150)
    sync_api.expect(answer(page)).to_have_text(label, timeout=ANSWER_MS)
    settled(page)
    assert page.locator(".bars .row").count() == 10
    assert page.get_by_role("img", name="The 28x28 pixels that the model sees").count() == 1
    assert page.get_by_text("The canvas is empty.").count() == 0


def test_ten_pen_digits_small_and_in_a_corner(open_page: OpenPage, settled: Settled) -> None:
    """Of ten digits of real writers, drawn small in a corner, at least nine are read rightly."""
    if not PEN_DIGITS.is_file():
        pytest.skip("No ../shared/data beside the repository: no pen digits to draw.")
    written = json.loads(PEN_DIGITS.read_text())
    digits = [next(each for each in written if each["label"] == label) for label in range(10)]
    page = open_page("draw")
    read = []
    for digit in digits:
        draw(page, digit["strokes"], left=20, top=150, side=100)
        answer(page).wait_for(timeout=ANSWER_MS)
        settled(page)
        read.append(answer(page).inner_text())
        clear(page, settled)
    right = sum(int(said) == digit["label"] for said, digit in zip(read, digits, strict=True))
    assert right >= 9, read


@pytest.mark.parametrize("width", [320, 360])
def test_finger_draws_on_a_small_phone(
    browser: sync_api.Browser, app_url: str, settled: Settled, width: int
) -> None:
    """On a phone 320 or 360 pixels wide a finger draws a zero, nothing scrolls, it is read."""
    context = browser.new_context(
        viewport={"width": width, "height": 740}, has_touch=True, is_mobile=True, user_agent=PHONE
    )
    page = context.new_page()
    page.goto(f"{app_url}/draw")
    page.get_by_text("The canvas is empty.").wait_for()
    settled(page)
    canvas = page.locator("canvas.upper-canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    scrolled = "document.querySelector('[data-testid=stMain]').scrollTop"
    before = page.evaluate(scrolled)
    touch(page, [(box["x"] + 140 + 150 * (x - 0.5), box["y"] + 60 + 150 * y) for x, y in ZERO[0]])
    sync_api.expect(answer(page)).to_have_text("0", timeout=ANSWER_MS)
    assert page.evaluate(scrolled) == before
    context.close()


def test_clear_empties_the_canvas(open_page: OpenPage, settled: Settled) -> None:
    """After Clear there is no answer and no ink, and another digit can be drawn."""
    page = open_page("draw")
    draw(page, ONE, left=70, top=60, side=150)
    sync_api.expect(answer(page)).to_have_text("1", timeout=ANSWER_MS)
    clear(page, settled)
    assert answer(page).count() == 0
    draw(page, ZERO, left=70, top=60, side=150)
    sync_api.expect(answer(page)).to_have_text("0", timeout=ANSWER_MS)


def test_drawing_survives_a_change_of_page(open_page: OpenPage, settled: Settled) -> None:
    """A look at the overview and back: the drawing is still there with its answer."""
    page = open_page("draw")
    draw(page, ZERO, left=70, top=60, side=150)
    sync_api.expect(answer(page)).to_have_text("0", timeout=ANSWER_MS)
    settled(page)
    sidebar = page.get_by_test_id("stSidebar")
    sidebar.get_by_role("link", name="Overview").click()
    page.get_by_role("heading", name="Overview").wait_for()
    settled(page)
    sidebar.get_by_role("link", name="Draw").click()
    sync_api.expect(answer(page)).to_have_text("0", timeout=ANSWER_MS)
    settled(page)
    # A second stroke adds to the first: had the drawing come back as a picture only, it would
    # be read alone.
    draw(page, [[(0.0, 0.0), (0.3, 0.3)]], left=200, top=200, side=5)
    settled(page)
    sync_api.expect(answer(page)).to_have_text("0", timeout=ANSWER_MS)


def test_uploaded_picture_is_read(open_page: OpenPage) -> None:
    """A PNG of a real test image, dark on white and four times its size, is read as its label."""
    if MNIST.is_file():
        with np.load(MNIST) as archive:
            image, label = archive["x_test"][0], int(archive["y_test"][0])
    else:
        data = datasets.load("optdigits")
        image, label = data.x_test[0], int(data.y_test[0])
    target = io.BytesIO()
    Image.fromarray(255 - image).resize((112, 112), Image.Resampling.BICUBIC).save(target, "PNG")
    page = open_page("draw")
    page.get_by_text("Upload", exact=True).click()
    page.locator("input[type=file]").set_input_files(
        {"name": "seven.png", "mimeType": "image/png", "buffer": target.getvalue()}
    )
    sync_api.expect(answer(page)).to_have_text(str(label), timeout=ANSWER_MS)


def test_upload_beyond_the_limit_is_refused(open_page: OpenPage) -> None:
    """The widget refuses a file of 12 MB, and so does the server when one is sent past it."""
    page = open_page("draw")
    page.get_by_text("Upload", exact=True).click()
    sent: list[sync_api.Request] = []
    page.on("request", lambda request: sent.append(request) if request.method == "PUT" else None)
    file = {"name": "digit.png", "mimeType": "image/png", "buffer": b"only words, no picture"}
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_test_id("stAlert").wait_for()
    large = file | {"buffer": bytes(12 * 2**20)}
    headers = {"X-Xsrftoken": sent[0].all_headers().get("x-xsrftoken", "")}
    refused = page.request.put(sent[0].url, headers=headers, multipart={"file": large})
    assert refused.status == 413
    page.locator("input[type=file]").set_input_files(large)
    page.get_by_text("must be 11").wait_for()


def test_text_renamed_png_is_refused(open_page: OpenPage) -> None:
    """A text file with the name of a picture gives one sentence and no traceback."""
    page = open_page("draw")
    page.get_by_text("Upload", exact=True).click()
    page.locator("input[type=file]").set_input_files(
        {"name": "digit.png", "mimeType": "image/png", "buffer": b"only words, no picture"}
    )
    warning = page.get_by_test_id("stAlert")
    sync_api.expect(warning).to_contain_text("not a PNG, JPEG, WebP, BMP or GIF picture")
    assert page.get_by_test_id("stException").count() == 0
    assert answer(page).count() == 0
