"""The card at the hand's speed: keys, clicks, taps, and where it stands on a screen and a phone."""

from collections.abc import Callable, Iterator

import pytest
from playwright import sync_api

from mnistdash import evaluation, store

OpenPage = Callable[..., sync_api.Page]
Settled = Callable[[sync_api.Page], None]
Choose = Callable[[sync_api.Page, str, str], None]
Starter = tuple[store.Run, evaluation.Evaluation]
PHONE = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/130 Mobile Safari"
FOCUSED = """() => {
  let active = document.activeElement;
  const inCard = active.closest('.st-key-card-sheet') !== null;
  while (active.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
  return [inCard, active.dataset.index ?? active.className.split(' ')[0]];
}"""
SCROLLED = "document.querySelector('[data-testid=stMain]').scrollTop"


def tile(page: sync_api.Page, position: int) -> sync_api.Locator:
    """Find a tile of the gallery by its place on the page."""
    return page.locator(".st-key-gallery [role=listitem] .tile").nth(position)


def press(page: sync_api.Page, name: str) -> sync_api.Locator:
    """Find a button of the card."""
    return page.locator(".st-key-card-steps").get_by_role("button", name=name, exact=True)


def shown(page: sync_api.Page, index: int) -> None:
    """Wait until the card shows an image."""
    sync_api.expect(page.locator(".verdict")).to_contain_text(f"#{index} ")


def closed(page: sync_api.Page) -> None:
    """Wait until no card is shown."""
    sync_api.expect(page.locator(".verdict")).to_have_count(0)


def inside_window(page: sync_api.Page, box: str = ".st-key-card-sheet") -> bool:
    """Tell whether the whole card is inside the window."""
    box, window = page.locator(box).bounding_box(), page.viewport_size
    ends = box["x"] + box["width"] <= window["width"], box["y"] + box["height"] <= window["height"]
    return box["x"] >= 0 and box["y"] >= 0 and all(ends) and box["height"] > 300


def swipe(page: sync_api.Page, x: float, y: float, by: float) -> None:
    """Move a finger down the screen, or up."""
    finger = page.context.new_cdp_session(page)
    places = [("touchStart", y), *(("touchMove", y + by * part / 10) for part in range(1, 11))]
    for kind, at in places:
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": at}]})
        page.wait_for_timeout(16)
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


@pytest.fixture
def gallery(open_page: OpenPage, starter: Starter) -> sync_api.Page:
    """All images by index, a hundred and twenty tiles: tile k shows image k."""
    page = open_page("gallery", run=starter[0].id, all=1, sort="index")
    tile(page, 119).wait_for()
    return page


@pytest.fixture(scope="module")
def phone(browser: sync_api.Browser) -> Iterator[sync_api.BrowserContext]:
    """A phone's browser: 390 pixels wide, driven by a finger."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, user_agent=PHONE, has_touch=True, is_mobile=True
    )
    yield context
    context.close()


@pytest.fixture
def touched(
    phone: sync_api.BrowserContext, app_url: str, starter: Starter, settled: Settled
) -> Iterator[sync_api.Page]:
    """The same gallery on a phone."""
    page = phone.new_page()
    page.goto(f"{app_url}/gallery?run={starter[0].id}&all=1&sort=index")
    tile(page, 119).wait_for()
    settled(page)
    yield page
    page.close()


@pytest.mark.parametrize(("presses", "apart_ms"), [(10, 60), (12, 40)])
def test_quick_keys_all_count(
    gallery: sync_api.Page, settled: Settled, presses: int, apart_ms: int
) -> None:
    """Ten presses 60 ms apart, twelve in half a second: as many images on, and as many back."""
    tile(gallery, 3).click()
    shown(gallery, 3)
    settled(gallery)
    for key, index in (("ArrowRight", 3 + presses), ("ArrowLeft", 3)):
        for _ in range(presses):
            gallery.keyboard.press(key)
            gallery.wait_for_timeout(apart_ms)
        shown(gallery, index)
        settled(gallery)
        assert f"index={index}" in gallery.url
        assert gallery.evaluate(FOCUSED) == [False, str(index)], "the focus is on its tile"


def test_keys_count_before_the_card_has_come(gallery: sync_api.Page, settled: Settled) -> None:
    """A click and two keys at once; steps, a click and a key at once: all in their order."""
    tile(gallery, 8).click()
    gallery.keyboard.press("ArrowRight")
    gallery.keyboard.press("ArrowRight")
    shown(gallery, 10)
    settled(gallery)
    for _ in range(3):
        gallery.keyboard.press("ArrowRight")
    tile(gallery, 20).click()
    gallery.keyboard.press("ArrowLeft")
    shown(gallery, 19)
    settled(gallery)
    shown(gallery, 19)


def test_key_right_behind_a_click_leaves_the_click(gallery: sync_api.Page) -> None:
    """Twelve tiles, a key some milliseconds behind each click: the image behind each is shown."""
    for position in range(12):
        tile(gallery, position).click()
        gallery.keyboard.press("ArrowRight")
        shown(gallery, position + 1)


def test_double_click_on_next_moves_two(gallery: sync_api.Page, settled: Settled) -> None:
    """Two clicks at once are two steps, by mouse as by key."""
    tile(gallery, 30).click()
    shown(gallery, 30)
    press(gallery, "Next").dblclick()
    shown(gallery, 32)
    settled(gallery)
    press(gallery, "Previous").dblclick()
    shown(gallery, 30)


def test_steps_over_the_border_turn_the_page(gallery: sync_api.Page) -> None:
    """From image 118 three steps lead to 121, whose tile is now the second, and in view."""
    tile(gallery, 118).click()
    shown(gallery, 118)
    for _ in range(3):
        gallery.keyboard.press("ArrowRight")
    shown(gallery, 121)
    sync_api.expect(tile(gallery, 1)).to_have_attribute("data-index", "121")
    sync_api.expect(tile(gallery, 1)).to_be_in_viewport()
    sync_api.expect(tile(gallery, 1)).to_have_attribute("aria-current", "true")


def test_escape_closes_what_is_open_first(gallery: sync_api.Page, settled: Settled) -> None:
    """With a list open, Escape closes the list and arrows walk in it; the next closes the card."""
    tile(gallery, 2).click()
    shown(gallery, 2)
    settled(gallery)
    gallery.get_by_role("combobox", name="True class").click()
    gallery.get_by_role("listbox").wait_for()
    gallery.keyboard.press("ArrowDown")
    gallery.keyboard.press("Escape")
    sync_api.expect(gallery.get_by_role("listbox")).to_have_count(0)
    settled(gallery)
    shown(gallery, 2)
    gallery.keyboard.press("Escape")
    closed(gallery)
    settled(gallery)
    assert "index=" not in gallery.url


def test_keys_in_a_text_are_no_steps(gallery: sync_api.Page, settled: Settled) -> None:
    """Arrows move the caret in the box, Alt and an arrow belong to the browser."""
    tile(gallery, 5).click()
    shown(gallery, 5)
    gallery.get_by_label("Open image #").click()
    gallery.keyboard.type("12", delay=20)
    gallery.keyboard.press("ArrowLeft")
    gallery.keyboard.press("Delete")
    gallery.keyboard.press("Enter")
    shown(gallery, 1)
    settled(gallery)
    tile(gallery, 5).focus()
    gallery.keyboard.press("Shift+ArrowRight")
    settled(gallery)
    shown(gallery, 1)


def test_index_is_typed_and_left_at_once(gallery: sync_api.Page, settled: Settled) -> None:
    """Typing and a click elsewhere open the image; so does Enter; a tile clicked then wins."""
    box = gallery.get_by_label("Open image #")
    box.click()
    gallery.keyboard.type("77", delay=20)
    gallery.get_by_role("heading", name="Gallery").click()
    shown(gallery, 77)
    settled(gallery)
    box.click()
    gallery.keyboard.type("#130", delay=20)
    gallery.keyboard.press("Enter")
    shown(gallery, 130)
    settled(gallery)
    sync_api.expect(tile(gallery, 10)).to_have_attribute("data-index", "130")
    box.click()
    gallery.keyboard.type("14", delay=20)
    tile(gallery, 12).click()
    shown(gallery, 132)
    settled(gallery)
    shown(gallery, 132)


@pytest.mark.parametrize(
    ("height", "box"),
    [(900, ".st-key-card-sheet"), (600, "[data-testid=stColumn]:has(.st-key-card)")],
)
def test_card_is_in_view_beside_its_tile(
    gallery: sync_api.Page, settled: Settled, height: int, box: str
) -> None:
    """Tile 100 far down: its card is inside the window, where that is low in a box that scrolls."""
    gallery.set_viewport_size({"width": 1400, "height": height})
    for position in (100, 0):
        tile(gallery, position).click()
        shown(gallery, position)
        settled(gallery)
        assert inside_window(gallery, box)
        sync_api.expect(tile(gallery, position)).to_be_in_viewport()


def test_focus_goes_back_to_the_tile(gallery: sync_api.Page, settled: Settled) -> None:
    """Close leaves the focus on the tile that the card showed last, by mouse and by key."""
    tile(gallery, 4).click()
    shown(gallery, 4)
    press(gallery, "Next").click()
    shown(gallery, 5)
    settled(gallery)
    press(gallery, "Close").click()
    closed(gallery)
    settled(gallery)
    assert gallery.evaluate(FOCUSED) == [False, "5"]


def test_card_is_a_sheet_on_a_phone(touched: sync_api.Page, settled: Settled) -> None:
    """A tap brings a dialog over a page that stands still; Tab stays in it, Escape closes it."""
    tile(touched, 100).tap()
    shown(touched, 100)
    settled(touched)
    assert inside_window(touched)
    sheet = touched.get_by_role("dialog")
    sync_api.expect(sheet).to_have_attribute("aria-modal", "true")
    assert sheet.get_attribute("aria-label").startswith("Image 100: ")
    assert touched.evaluate(FOCUSED)[0]
    scrolled = touched.evaluate(SCROLLED)
    assert scrolled > 1000
    for key in ("Tab", "Tab", "Tab", "Tab", "Tab", "Shift+Tab"):
        touched.keyboard.press(key)
        assert touched.evaluate(FOCUSED)[0]
    press(touched, "Next").tap()
    press(touched, "Next").tap()
    shown(touched, 102)
    settled(touched)
    assert touched.evaluate(FOCUSED)[0]
    touched.keyboard.press("Escape")
    closed(touched)
    settled(touched)
    assert touched.evaluate(FOCUSED) == [False, "102"]
    assert touched.evaluate(SCROLLED) == pytest.approx(scrolled, abs=200)


def test_tap_outside_closes_the_sheet(touched: sync_api.Page, settled: Settled) -> None:
    """A tap on the dimmed page closes and opens nothing else; so does a finger that pulls down."""
    tile(touched, 100).tap()
    shown(touched, 100)
    settled(touched)
    touched.touchscreen.tap(195, 70)
    closed(touched)
    settled(touched)
    closed(touched)
    assert touched.evaluate(FOCUSED) == [False, "100"]
    tile(touched, 101).tap()
    shown(touched, 101)
    settled(touched)
    grip = touched.locator(".st-key-card-steps .grip").bounding_box()
    swipe(touched, grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2, 120)
    closed(touched)


def test_swipe_scrolls_the_sheet_alone(touched: sync_api.Page, settled: Settled) -> None:
    """Where the card is higher than the screen a swipe scrolls it; the page behind stands still."""
    touched.set_viewport_size({"width": 390, "height": 560})
    tile(touched, 60).tap()
    shown(touched, 60)
    settled(touched)
    behind = touched.evaluate(SCROLLED)
    for _ in range(3):
        swipe(touched, 195, 450, -200)
    touched.wait_for_function("document.querySelector('.st-key-card-sheet').scrollTop > 50")
    assert touched.evaluate(SCROLLED) == behind
    assert press(touched, "Next").bounding_box()["y"] < 150, "the way on stays at hand"


def test_link_opens_the_sheet(
    touched: sync_api.Page, app_url: str, starter: Starter, settled: Settled
) -> None:
    """A link with an image shows its sheet at once, with the focus in it."""
    touched.goto(f"{app_url}/gallery?run={starter[0].id}&index=7")
    shown(touched, 7)
    settled(touched)
    assert inside_window(touched)
    assert touched.evaluate(FOCUSED)[0]


def test_errors_lead_when_correct_ones_are_shown(open_page: OpenPage, starter: Starter) -> None:
    """The order "most confident error" begins with it, whatever else is shown."""
    run, answers = starter
    page = open_page("gallery", run=run.id, all=1)
    first = answers.errors[answers.confidence[answers.errors].argmax()]
    sync_api.expect(tile(page, 0)).to_have_attribute("data-index", str(first))
