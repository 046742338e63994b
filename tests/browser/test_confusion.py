"""The confusion page in a real browser: a click on a cell shows exactly that cell's images."""

import pathlib
import re
from collections.abc import Callable, Iterator

import pytest
from playwright import sync_api

from mnistdash import evaluation, store

OpenPage = Callable[..., sync_api.Page]
Settled = Callable[[sync_api.Page], None]
Choose = Callable[[sync_api.Page, str, str], None]
Starter = tuple[store.Run, evaluation.Evaluation]

FRAMED = """(grid) => Array.from(grid.querySelectorAll('[aria-selected=true]'),
  ({dataset}) => [dataset.i - 1, dataset.j - 1])"""


def grid(page: sync_api.Page) -> sync_api.Locator:
    """Find the heatmap."""
    return page.get_by_role("grid", name="Confusion matrix")


def framed(page: sync_api.Page) -> list[tuple[int, int]]:
    """Find what is chosen on the heatmap: a cell, or a label, whose other side is -1."""
    return [tuple(place) for place in grid(page).evaluate(FRAMED)]


def cell(page: sync_api.Page, true_class: int, pred_class: int) -> sync_api.Locator:
    """Find a cell."""
    return grid(page).locator(f"[data-i='{true_class + 1}'][data-j='{pred_class + 1}']")


def click_cell(page: sync_api.Page, place: tuple[int, int]) -> None:
    """Move the mouse to a cell, as a hand does, and click it."""
    cell(page, *place).scroll_into_view_if_needed()
    box = cell(page, *place).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - 3, y - 3)
    page.mouse.move(x, y)
    page.mouse.click(x, y)


def images(page: sync_api.Page) -> sync_api.Locator:
    """Find the tiles of the chosen cell."""
    return page.locator(".st-key-cell-images [role=listitem] .tile")


def counted(number: int) -> str:
    """Write the sentence above the tiles."""
    return f"{number} image" + ("" if number == 1 else "s")


def chip(page: sync_api.Page, words: str) -> sync_api.Locator:
    """Find the chip that names a filter."""
    return page.locator("[class*=st-key-chip-]").get_by_role("button", name=words)


def test_every_cell_shows_its_images(
    open_page: OpenPage, settled: Settled, starter: Starter
) -> None:
    """Under each clicked cell stand as many images as the cell says, each of that kind."""
    run, answers = starter
    page = open_page("confusion", run=run.id)
    expected = {(pair.true_class, pair.pred_class): pair.count for pair in answers.pairs()}
    shown = (
        grid(page)
        .locator(".shown")
        .evaluate_all(
            "(cells) => cells.map(({dataset: {i, j}, ariaLabel}) => [i - 1, j - 1, ariaLabel])"
        )
    )
    assert {(i, j): said for i, j, said in shown} == {
        (i, j): f"{i} read as {j}: {counted(count)}" for (i, j), count in expected.items()
    }
    for (true_class, pred_class), count in expected.items():
        click_cell(page, (true_class, pred_class))
        chip(page, f"true {true_class}").wait_for()
        chip(page, f"read as {pred_class}").wait_for()
        sync_api.expect(page.get_by_text(counted(count), exact=True)).to_be_visible()
        settled(page)  # a cell with as many images as the one before has the same sentence
        wanted = answers.select(true_class=true_class, pred_class=pred_class)
        last = images(page).nth(count - 1)
        sync_api.expect(last).to_have_attribute("data-index", str(wanted[-1]))
        alts = images(page).evaluate_all("(tiles) => tiles.map((tile) => tile.ariaLabel)")
        assert len(alts) == count
        assert {int(alt.split()[1].rstrip(":")) for alt in alts} == set(wanted.tolist())
        assert all(f": {true_class} read as {pred_class}, " in alt for alt in alts)


def test_second_click_clears_and_a_third_chooses_again(
    open_page: OpenPage, settled: Settled, starter: Starter
) -> None:
    """A click on the chosen cell takes filter and frame away; the next click sets them again."""
    run, answers = starter
    largest = answers.pairs()[0]
    place = (largest.true_class, largest.pred_class)
    page = open_page("confusion", run=run.id)
    assert not framed(page)
    click_cell(page, place)
    sync_api.expect(images(page)).to_have_count(largest.count)
    settled(page)
    assert framed(page) == [place]
    click_cell(page, place)
    page.get_by_text("No cell is chosen yet.").wait_for()
    settled(page)
    assert not framed(page)
    click_cell(page, place)
    sync_api.expect(images(page)).to_have_count(largest.count)
    settled(page)
    assert framed(page) == [place]


def test_chip_is_removed(open_page: OpenPage, settled: Settled, starter: Starter) -> None:
    """A click on a chip takes that filter away, here and in the link."""
    run, answers = starter
    largest = answers.pairs()[0]
    page = open_page("confusion", run=run.id)
    click_cell(page, (largest.true_class, largest.pred_class))
    chip(page, f"read as {largest.pred_class}").click()
    settled(page)
    of_class = len(answers.select(true_class=largest.true_class))
    sync_api.expect(page.get_by_text(counted(of_class), exact=True)).to_be_visible()
    sync_api.expect(images(page)).to_have_count(of_class)
    assert framed(page) == [(largest.true_class, -1)]
    assert "pred=" not in page.url
    chip(page, f"true {largest.true_class}").click()
    page.get_by_text("No cell is chosen yet.").wait_for()


def test_select_boxes_do_the_same(open_page: OpenPage, choose: Choose, starter: Starter) -> None:
    """Two select boxes choose a cell without a mouse on the chart."""
    run, answers = starter
    largest = answers.pairs()[0]
    page = open_page("confusion", run=run.id)
    choose(page, "True class", str(largest.true_class))
    choose(page, "Predicted class", str(largest.pred_class))
    sync_api.expect(page.get_by_text(counted(largest.count), exact=True)).to_be_visible()
    sync_api.expect(images(page)).to_have_count(largest.count)


def test_right_answers_are_shown_on_request(
    open_page: OpenPage, settled: Settled, starter: Starter
) -> None:
    """The switch adds the diagonal in the colour of correct ones, and no error's shade changes."""
    run, answers = starter
    page = open_page("confusion", run=run.id)
    shades = grid(page).locator(".shown:not(.correct)").evaluate_all
    colours = "(cells) => cells.map((cell) => getComputedStyle(cell).backgroundColor)"
    before = shades(colours)
    page.get_by_text("Show correct ones too").click()
    cell(page, 3, 3).and_(page.locator(".shown")).wait_for()
    assert shades(colours) == before
    assert len(before) == len(answers.pairs())
    red, green, blue = cell(page, 3, 3).evaluate(
        """(cell) => {
          const canvas = new OffscreenCanvas(1, 1).getContext("2d");
          canvas.fillStyle = getComputedStyle(cell).backgroundColor;
          canvas.fillRect(0, 0, 1, 1);
          return Array.from(canvas.getImageData(0, 0, 1, 1).data).slice(0, 3);
        }"""
    )
    assert green > blue > red
    click_cell(page, (3, 3))
    count = f"{answers.matrix[3, 3]:,}".replace(",", "\N{THIN SPACE}")
    sync_api.expect(page.get_by_text(f"{count} images", exact=True)).to_be_visible()


def test_tile_opens_its_card_in_the_gallery(
    open_page: OpenPage, settled: Settled, starter: Starter
) -> None:
    """A click on an image of a cell goes on to its card."""
    run, answers = starter
    largest = answers.pairs()[0]
    index = answers.select(true_class=largest.true_class, pred_class=largest.pred_class)[0]
    page = open_page("confusion", run=run.id, true=largest.true_class, pred=largest.pred_class)
    images(page).first.click()
    page.get_by_role("heading", name="Gallery").wait_for()
    sync_api.expect(page.locator(".verdict")).to_contain_text(f"#{index}")
    settled(page)
    assert f"index={index}" in page.url


def test_first_visit_by_deep_link_has_the_frame(
    serve: Callable[..., str], page: sync_api.Page, settled: Settled, tmp_path: pathlib.Path
) -> None:
    """A server's very first visitor, by a link to a page, sees the sidebar and that cell."""
    url = serve("app.py", MNISTDASH_HOME=str(tmp_path), MNISTDASH_DATA=None, MNISTDASH_DOWNLOAD="0")
    page.goto(f"{url}/confusion?true=3&pred=2")
    chip(page, "true 3").wait_for()
    settled(page)
    sync_api.expect(page.get_by_test_id("stSidebar").get_by_role("link")).to_have_count(8)
    assert page.get_by_test_id("stException").count() == 0
    assert images(page).count() > 0


def test_a_largest_confusion_chooses_its_cell(
    open_page: OpenPage, settled: Settled, starter: Starter
) -> None:
    """A click in the list marks its pair at once, and then its cell and its images."""
    run, answers = starter
    third = answers.pairs()[2]
    page = open_page("confusion", run=run.id)
    pair = page.locator(".st-key-top-pairs button").nth(2)
    assert pair.evaluate("(button) => (button.click(), button.ariaPressed)") == "true"
    settled(page)
    sync_api.expect(images(page)).to_have_count(third.count)
    assert framed(page) == [(third.true_class, third.pred_class)]


def test_images_of_a_cell_are_in_sight(
    open_page: OpenPage, settled: Settled, starter: Starter
) -> None:
    """At 1400 x 900, nothing has to be scrolled to see what a click has brought."""
    run, answers = starter
    largest = answers.pairs()[0]
    page = open_page("confusion", run=run.id)
    click_cell(page, (largest.true_class, largest.pred_class))
    settled(page)
    box = images(page).first.bounding_box()
    assert box["y"] + box["height"] < 900


@pytest.fixture
def phone(
    browser: sync_api.Browser, app_url: str, settled: Settled, starter: Starter
) -> Iterator[sync_api.Page]:
    """The confusion page on a phone of 390 x 844."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    page.goto(f"{app_url}/confusion?run={starter[0].id}")
    grid(page).wait_for()
    settled(page)
    yield page
    context.close()


def tap(page: sync_api.Page, pair: evaluation.Pair) -> None:
    """Touch a cell, wherever it is at that moment."""
    box = cell(page, pair.true_class, pair.pred_class).bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def test_a_tap_shows_the_cell_tapped(
    phone: sync_api.Page, settled: Settled, starter: Starter
) -> None:
    """The first tap shows its own images below the heatmap, the second those of the second."""
    for pair in starter[1].pairs()[:2]:
        tap(phone, pair)
        chip(phone, f"true {pair.true_class}").wait_for()
        chip(phone, f"read as {pair.pred_class}").wait_for()
        settled(phone)
        alts = images(phone).evaluate_all("(tiles) => tiles.map((tile) => tile.ariaLabel)")
        said = f": {pair.true_class} read as {pair.pred_class}, "
        assert len(alts) == pair.count
        assert all(said in alt for alt in alts)
    assert images(phone).first.bounding_box()["y"] < 844
    main = phone.get_by_test_id("stMain")
    assert main.evaluate("(main) => main.scrollWidth - main.clientWidth") == 0


def test_of_six_quick_taps_the_last_counts(
    phone: sync_api.Page, settled: Settled, starter: Starter
) -> None:
    """Taps that don't wait for the page: the frame and the images are those of the last."""
    pairs = starter[1].pairs()[:6]
    for pair in pairs:
        tap(phone, pair)
        assert framed(phone) == [(pair.true_class, pair.pred_class)]
    last = pairs[-1]
    chip(phone, f"true {last.true_class}").wait_for()
    sync_api.expect(images(phone).first).to_have_attribute(
        "aria-label", re.compile(f": {last.true_class} read as {last.pred_class}, ")
    )
    settled(phone)
    assert framed(phone) == [(last.true_class, last.pred_class)]
    assert f"true={last.true_class}&pred={last.pred_class}" in phone.url


def swipe(page: sync_api.Page, start: sync_api.Locator, *, by_px: int = -200) -> float:
    """Draw a finger up or down from the middle of an element; return how far the page went."""
    main = page.get_by_test_id("stMain")
    start.evaluate("(element) => element.scrollIntoView({block: 'center'})")
    before = main.evaluate("(main) => main.scrollTop")
    box = start.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    touch = page.context.new_cdp_session(page)
    for step in range(11):
        kind = "touchMove" if step else "touchStart"
        points = [{"x": x, "y": y + by_px * step / 10}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        page.wait_for_timeout(16)
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_timeout(300)
    return main.evaluate("(main) => main.scrollTop") - before


def test_a_swipe_on_the_heatmap_scrolls(phone: sync_api.Page) -> None:
    """A finger that begins on the heatmap moves the page and chooses nothing."""
    assert swipe(phone, grid(phone)) > 100
    assert not framed(phone)


@pytest.mark.parametrize("width", [390, 1400])
def test_nothing_moves_while_the_heatmap_comes(
    page: sync_api.Page, app_url: str, settled: Settled, starter: Starter, width: int
) -> None:
    """Its place has its height before its script has run, as soon as the page has its style."""
    page.set_viewport_size({"width": width, "height": 844})
    page.add_init_script(
        """window.heights = new Set();
        const look = () => {
          const room = document.querySelector(".st-key-heatmap");
          if (room && getComputedStyle(room).getPropertyValue("--wrong")) {
            heights.add(room.offsetHeight);
          }
          requestAnimationFrame(look);
        };
        look();"""
    )
    page.goto(f"{app_url}/confusion?run={starter[0].id}")
    grid(page).wait_for()
    settled(page)
    assert len(page.evaluate("[...heights]")) == 1
