"""The answer that moves with the pen: before it is lifted, undone, cleared, brought back."""

from collections.abc import Callable, Sequence

import numpy as np
from playwright import sync_api

OpenPage = Callable[..., sync_api.Page]
Settled = Callable[[sync_api.Page], None]
Points = Sequence[tuple[float, float]]
ZERO = [(140 + 55 * np.sin(t), 140 - 80 * np.cos(t)) for t in np.linspace(0, 2 * np.pi, 40)]
BAR = [(140, 40), (140, 140), (140, 240)]
OTHER_BAR = [(120, 40), (120, 240)]
TWO_FRAMES = "() => new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)))"


def put_down(page: sync_api.Page, points: Points) -> None:
    """Draw through points of the canvas with the mouse, and leave the pen where it ends."""
    box = page.locator("canvas.upper-canvas").bounding_box()
    for place, (x, y) in enumerate(points):
        page.mouse.move(box["x"] + x, box["y"] + y)
        if place == 0:
            page.mouse.down()


def press(page: sync_api.Page, name: str) -> None:
    """Press a button of the canvas, and wait until what follows is painted."""
    page.get_by_role("button", name=name).click()
    page.evaluate(TWO_FRAMES)


def answer(page: sync_api.Page) -> sync_api.Locator:
    """Find the answer in large type."""
    return page.locator("div.answer")


def read_aloud(page: sync_api.Page) -> sync_api.Locator:
    """Find what a screen reader is told: the server's answers alone."""
    return page.locator(".aloud")


def seen(page: sync_api.Page) -> str:
    """Read the 28x28 pixels that the model sees."""
    image = page.get_by_role("img", name="The 28x28 pixels that the model sees")
    return image.evaluate("(canvas) => canvas.toDataURL()")


def bars(page: sync_api.Page) -> np.ndarray:
    """Read the probabilities beside the bars."""
    rows = page.locator(".bars .row").all_inner_texts()
    return np.array([float(row.split()[-1]) for row in rows])


def test_answer_moves_with_the_mouse(page: sync_api.Page, app_url: str, settled: Settled) -> None:
    """A zero is read before the pen is lifted, and the server then says the same in its place.

    Of two strokes drawn in one go the server hears once. Undo, redo and reset show at once.
    """
    sent: list[str | bytes] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    with page.expect_response("**/pen/*.net"):
        page.goto(f"{app_url}/draw")
    page.get_by_text("The canvas is empty.").wait_for()
    settled(page)
    put_down(page, ZERO)
    sync_api.expect(answer(page)).to_have_text("0")
    assert read_aloud(page).inner_text() == ""
    sync_api.expect(page.get_by_text("The canvas is empty.")).to_have_count(0)
    page.evaluate(TWO_FRAMES)
    zero, image = bars(page), seen(page)
    page.mouse.up()
    sync_api.expect(read_aloud(page)).to_have_text("0, probability 1.00.")
    assert np.abs(bars(page) - zero).max() < 0.02
    settled(page)
    sent.clear()
    put_down(page, BAR)
    page.mouse.up()
    put_down(page, OTHER_BAR)
    page.evaluate(TWO_FRAMES)
    barred = seen(page)
    assert barred != image
    page.mouse.up()
    sync_api.expect(read_aloud(page)).not_to_have_text("0, probability 1.00.")
    assert len(sent) == 1
    press(page, "Undo")
    press(page, "Undo")
    assert seen(page) == image
    sync_api.expect(read_aloud(page)).to_have_text("0, probability 1.00.")
    press(page, "Redo")
    press(page, "Redo")
    assert seen(page) == barred
    press(page, "Reset canvas & history")
    sync_api.expect(answer(page)).to_have_count(0)


def test_brought_back_drawing_is_drawn_on(open_page: OpenPage, settled: Settled) -> None:
    """After a look at another page the next stroke is read with the first, by the browser too.

    Whoever leaves the page with the pen hardly lifted arrives on a page that is not empty.
    """
    page = open_page("draw")
    put_down(page, ZERO)
    page.mouse.up()
    sync_api.expect(read_aloud(page)).to_contain_text("0, probability")
    settled(page)
    sidebar = page.get_by_test_id("stSidebar")
    sidebar.get_by_role("link", name="Overview").click()
    page.get_by_role("heading", name="Overview").wait_for()
    settled(page)
    sidebar.get_by_role("link", name="Draw").click()
    sync_api.expect(read_aloud(page)).to_contain_text("0, probability")
    settled(page)
    image, zero = seen(page), bars(page)
    put_down(page, [(135, 135), (146, 146)])  # a slip of the pen beside a zero, alone a stroke
    page.evaluate(TWO_FRAMES)
    assert answer(page).inner_text() == "0"
    assert np.abs(bars(page) - zero).max() < 0.02
    page.mouse.up()
    put_down(page, BAR)
    page.evaluate(TWO_FRAMES)
    assert seen(page) != image
    page.mouse.up()
    sidebar.get_by_role("link", name="Overview").click()
    page.get_by_role("heading", name="Overview").wait_for()


def test_without_a_network_the_server_answers(page: sync_api.Page, app_url: str) -> None:
    """Where the browser gets no weights, nothing is shown until the pen is lifted: then all is."""
    page.route("**/pen/*.net", lambda route: route.fulfill(status=404))
    with page.expect_response("**/pen/*.net"):
        page.goto(f"{app_url}/draw")
    page.get_by_text("The canvas is empty.").wait_for()
    put_down(page, ZERO)
    page.evaluate(TWO_FRAMES)
    assert answer(page).count() == 0
    page.mouse.up()
    sync_api.expect(read_aloud(page)).to_contain_text("0, probability")
    sync_api.expect(page.locator(".bars .row")).to_have_count(10)
