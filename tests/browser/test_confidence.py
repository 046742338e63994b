"""Charts of confidence and the table of classes in a real browser: what is chosen is looked at."""

import re
from collections.abc import Callable

from playwright import sync_api

from mnistdash import class_rates, confidence, evaluation, store

OpenPage = Callable[..., sync_api.Page]
Settled = Callable[[sync_api.Page], None]
Starter = tuple[store.Run, evaluation.Evaluation]


def shown(page: sync_api.Page, text: str) -> None:
    """Wait until the gallery says how many images it shows."""
    page.wait_for_url("**/gallery?**")
    main = page.get_by_test_id("stMain")
    sync_api.expect(main).to_contain_text(re.compile(text.replace(" ", r"\s")))


def test_bin_opens_its_images_by_mouse_and_key(
    open_page: OpenPage, settled: Settled, starter: Starter
) -> None:
    """A pointer reads a bin, a click opens as many images as it says; so does Enter on the next."""
    run, answers = starter
    bins = confidence.equal_width(answers.confidence, answers.right)
    total = f"{len(answers):,}".replace(",", " ")
    page = open_page("confidence", run=run.id)
    chart = page.locator(".st-key-reliability")
    chart.locator(".target").first.hover()
    sync_api.expect(chart.locator(".said")).to_contain_text("Confidence")
    chart.locator(".target").first.click()
    shown(page, f"{bins[0].images} of {total} test image")
    page.go_back()
    settled(page)
    chart.locator(".target").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    shown(page, f"{bins[1].images} of {total} test image")


def test_bin_opens_its_images_by_finger(
    browser: sync_api.Browser, app_url: str, starter: Starter
) -> None:
    """A tap on a column of the histogram, on a phone."""
    run, answers = starter
    first = confidence.equal_width(answers.confidence, answers.right, 20)[0]
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    page.goto(f"{app_url}/confidence?run={run.id}")
    page.locator(".st-key-confidence-histogram .target").first.tap()
    shown(page, f"{first.images} of")
    context.close()


def test_class_table_sorts_and_opens_errors(open_page: OpenPage, starter: Starter) -> None:
    """The lowest recall first at a click on its head; the row opens the errors of its class."""
    run, answers = starter
    rates = class_rates.class_rates(answers.matrix)
    worst = min(rates, key=lambda each: each.recall.value)
    page = open_page("", run=run.id)
    table = page.locator(".classes")
    table.get_by_role("button", name="recall").click()
    row = table.locator("tbody tr").first
    assert row.locator("th").inner_text() == str(worst.label)
    row.locator("td").nth(2).click()
    shown(page, f"{worst.images - worst.right} of {len(answers.errors)} errors")
    assert f"true={worst.label}" in page.url
