"""The menu in a real browser: plain links, followed in place, at the hand's speed."""

import re
from collections.abc import Callable

from playwright import sync_api

from mnistdash import evaluation, store

OpenPage = Callable[..., sync_api.Page]
Settled = Callable[[sync_api.Page], None]
Starter = tuple[store.Run, evaluation.Evaluation]
DEAF = 'addEventListener("popstate", (event) => event.stopImmediatePropagation(), true)'


def link(page: sync_api.Page, name: str) -> sync_api.Locator:
    """Find a page's link in the menu."""
    return page.get_by_role("navigation", name="Pages").get_by_role("link", name=name)


def heading(page: sync_api.Page, name: str) -> sync_api.Locator:
    """Find the title of a page."""
    return page.get_by_role("heading", name=name, exact=True, level=1)


def test_a_page_is_opened_in_a_tab_of_its_own(open_page: OpenPage, starter: Starter) -> None:
    """With the control key a link is a browser's: the page here stays, the other has its view."""
    run, _ = starter
    page = open_page("", run=run.id)
    with page.context.expect_page() as opened:
        link(page, "Gallery").click(modifiers=["ControlOrMeta"])
    tab = opened.value
    heading(tab, "Gallery").wait_for()
    assert re.search(rf"/gallery\?run={run.id}$", tab.url)
    tab.close()
    assert heading(page, "Overview").is_visible()


def test_a_press_right_after_a_change_keeps_it(open_page: OpenPage, starter: Starter) -> None:
    """A cell and at once a page of the menu: its link is of before, and the cell stays chosen."""
    run, answers = starter
    pair = answers.pairs()[0]
    page = open_page("confusion", run=run.id)
    cell = f"{pair.true_class} read as {pair.pred_class}: {pair.count} image"
    both = [page.get_by_role("gridcell", name=cell), link(page, "Gallery")]
    page.evaluate(
        "([cell, link]) => { cell.click(); setTimeout(() => link.click(), 20); }",
        [each.element_handle() for each in both],
    )
    heading(page, "Gallery").wait_for()
    sync_api.expect(page.locator("[class*=st-key-chip-]")).to_have_count(2)
    page.wait_for_url(re.compile(rf"gallery\?.*true={pair.true_class}&pred={pair.pred_class}$"))


def test_a_page_begins_at_its_top(open_page: OpenPage, settled: Settled, starter: Starter) -> None:
    """However far the page before was scrolled; its address has nothing of how it was reached."""
    page = open_page("gallery", run=starter[0].id)
    main = page.get_by_test_id("stMain")
    main.evaluate("(main) => main.scrollTo(0, 600)")
    link(page, "Train").click()
    heading(page, "Train").wait_for()
    settled(page)
    sync_api.expect(heading(page, "Train")).to_be_in_viewport()
    assert re.search(r"/train\?run=[\w-]+$", page.url)
    link(page, "Train").click()  # the page shown is no other entry
    settled(page)
    page.go_back()
    heading(page, "Gallery").wait_for()


def test_links_work_without_streamlit(
    page: sync_api.Page, open_page: OpenPage, starter: Starter
) -> None:
    """Where it does not listen for the address any more, a press loads the page it leads to."""
    page.add_init_script(DEAF)
    open_page("", run=starter[0].id)
    link(page, "Draw").click()
    heading(page, "Draw").wait_for()


def test_copied_link_shows_the_same(
    open_page: OpenPage, settled: Settled, starter: Starter
) -> None:
    """Of a card just opened, by key and where http has no clipboard; the server is not asked.

    It opens the same card in a new session, with its answer and ten probabilities.
    """
    run, answers = starter
    page = open_page("gallery", run=run.id, true=int(answers.y_true[answers.errors[0]]))
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator(".st-key-gallery [role=listitem] .tile").first.click()
    settled(page)
    card = page.locator(".verdict").inner_text()
    page.evaluate(
        """() => {
          WebSocket.prototype.send = () => { window.asked = true; };
          window.board = navigator.clipboard;
        }"""
    )
    button = page.locator(".st-key-menu button")
    for script in ("", "Object.defineProperty(navigator, 'clipboard', { value: undefined })"):
        page.evaluate("() => board.writeText('')")
        page.evaluate(script or "null")
        button.press("Enter")
        sync_api.expect(button).to_have_text(re.compile("Copied"))
        page.wait_for_function("async (link) => await board.readText() === link", arg=page.url)
    assert not page.evaluate("window.asked")
    page.goto(page.url)
    sync_api.expect(page.locator(".verdict")).to_have_text(card)
    sync_api.expect(page.locator(".bars .row")).to_have_count(10)
