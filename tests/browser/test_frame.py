"""The frame in a real browser: the menu, the tab, and where the reader is taken."""

import itertools
import re
from collections.abc import Callable, Iterator

import pytest
from playwright import sync_api

from mnistdash import evaluation, store

OpenPage = Callable[..., sync_api.Page]
Settled = Callable[[sync_api.Page], None]
Starter = tuple[store.Run, evaluation.Evaluation]
PHONE = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/130 Mobile Safari"
LEVELS = "(headings) => headings.map((heading) => Number(heading.tagName[1]))"
SHIFTS = """window.shifts = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts += entry.value;
}).observe({ type: "layout-shift", buffered: true });"""
PAGES = ("Overview", "Confusion", "Gallery", "Confidence", "Draw", "Train", "Compare", "Data")


@pytest.fixture
def phone(browser: sync_api.Browser) -> Iterator[sync_api.Page]:
    """A phone of 390 x 844 with a finger."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, user_agent=PHONE
    )
    yield context.new_page()
    context.close()


def link(page: sync_api.Page, name: str) -> sync_api.Locator:
    """Find a page's link in the menu."""
    return page.locator(".st-key-menu").get_by_role("link", name=name)


def test_menu_closes_when_a_page_is_chosen_on_a_phone(
    phone: sync_api.Page, app_url: str, settled: Settled
) -> None:
    """A tap on a page's name shows the page, not the menu over it."""
    phone.goto(f"{app_url}/confusion")
    phone.get_by_role("heading", name="Confusion", exact=True).wait_for()
    settled(phone)
    phone.get_by_test_id("stExpandSidebarButton").tap()
    link(phone, "Overview").tap()
    phone.get_by_role("heading", name="Overview").wait_for()
    sync_api.expect(link(phone, "Overview")).not_to_be_in_viewport()
    assert phone.get_by_role("heading", name="Overview").bounding_box()["x"] >= 0


def test_nothing_moves_while_a_page_comes(
    browser: sync_api.Browser, app_url: str, settled: Settled
) -> None:
    """Landed on by a link, wide: a layout shift of at most 0.1, as is called good (web.dev/cls)."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    context.add_init_script(SHIFTS)
    moved = {}
    for name in PAGES:
        page = context.new_page()
        page.goto(f"{app_url}/{name.lower() if name != 'Overview' else ''}")
        page.get_by_role("heading", name=name, exact=True, level=1).wait_for()
        settled(page)
        page.wait_for_timeout(250)
        moved[name] = page.evaluate("shifts")
        page.close()
    context.close()
    assert max(moved.values()) <= 0.1, moved


def test_every_page_says_where_one_is(
    open_page: OpenPage, settled: Settled, starter: Starter
) -> None:
    """One link is the current one, for the ear too; the tab names page and run.

    The first heading is the page's name, and none jumps over a level.
    """
    run, _ = starter
    page = open_page("", run=run.id)
    for name in PAGES:
        link(page, name).click()
        page.get_by_role("heading", name=name, exact=True, level=1).wait_for()
        settled(page)
        current = page.locator(".st-key-menu [aria-current=page]")
        sync_api.expect(current).to_have_count(1)
        sync_api.expect(current).to_contain_text(name)
        sync_api.expect(page).to_have_title(f"{name} · starter · seed 0 · mnistdash")
        levels = page.locator("h1, h2, h3, h4").evaluate_all(LEVELS)
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after <= before + 1 for before, after in itertools.pairwise(levels)), name


def test_page_change_is_one_entry_of_the_history(
    open_page: OpenPage, settled: Settled, starter: Starter
) -> None:
    """Links carry the view: the page they lead to keeps it and rewrites nothing."""
    run, answers = starter
    pair = answers.pairs()[0]
    page = open_page("gallery", run=run.id, true=pair.true_class)
    before = page.evaluate("history.length")
    link(page, "Confusion").click()
    page.get_by_role("heading", name="Confusion", exact=True).wait_for()
    settled(page)
    page.wait_for_timeout(300)
    assert page.evaluate("history.length") == before + 1
    assert re.search(rf"confusion\?.*true={pair.true_class}", page.url)


def test_focused_page_link_is_framed(open_page: OpenPage) -> None:
    """Who comes by keyboard sees where he is."""
    page = open_page("")
    link(page, "Gallery").focus()
    page.keyboard.press("Tab")
    outline = link(page, "Confidence").evaluate("(a) => getComputedStyle(a).outlineStyle")
    assert outline == "solid"


@pytest.mark.parametrize("wide", [True, False])
def test_click_on_a_sample_shows_what_it_changed(
    phone: sync_api.Page, page: sync_api.Page, app_url: str, settled: Settled, wide: bool
) -> None:
    """Data: the numbers of a clicked sample are in the window, on a phone too."""
    window = page if wide else phone
    window.goto(f"{app_url}/data")
    tile = window.locator("[class*=st-key-samples] button.tile").last
    tile.scroll_into_view_if_needed()
    settled(window)
    index = tile.get_attribute("data-index")
    tile.click() if wide else tile.tap()
    sync_api.expect(window.get_by_label("Test image")).to_have_value(index)
    sync_api.expect(window.get_by_label("Test image")).to_be_in_viewport()
    picture = window.locator(".st-key-data-picture .tile")
    sync_api.expect(picture).to_have_attribute("aria-label", re.compile(rf"Image {index}\b"))
    sync_api.expect(picture).to_be_in_viewport()


def test_half_a_screen_shows_all_of_a_page(
    page: sync_api.Page, open_page: OpenPage, starter: Starter
) -> None:
    """1000 pixels with the menu open: nothing scrolls sideways, no canvas and no words are cut."""
    page.set_viewport_size({"width": 1000, "height": 800})
    cut = "(all) => all.filter((e) => e.scrollWidth > e.clientWidth).map((e) => e.innerText)"
    for name in ("", "confusion", "gallery", "draw", "train"):
        open_page(name, run=starter[0].id)
        main = page.get_by_test_id("stMain")
        assert main.evaluate("(e) => e.scrollWidth - e.clientWidth") == 0, name
        words = main.locator("[data-testid=stPageLink] p, button p, label p")
        assert words.evaluate_all(cut) == []
        if name == "draw":
            canvas = page.locator("canvas.upper-canvas").bounding_box()
            column = page.get_by_test_id("stColumn").first.bounding_box()
            assert canvas["x"] + canvas["width"] <= column["x"] + column["width"]
