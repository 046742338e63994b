"""Back and Forward in a real browser, quickly and slowly, as on any site."""

import re
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from playwright import sync_api

from mnistdash import artifacts, datasets, evaluation, store

OpenPage = Callable[..., sync_api.Page]
Settled = Callable[[sync_api.Page], None]
Starter = tuple[store.Run, evaluation.Evaluation]
SLOW_MS = 3_500  # longer than any memory of the links just replaced


def link(page: sync_api.Page, name: str) -> sync_api.Locator:
    """Find a page's link in the menu."""
    return page.locator(".st-key-menu").get_by_role("link", name=name)


def chips(page: sync_api.Page, *words: str) -> None:
    """Expect just these filters on the page."""
    found = page.locator("[class*=st-key-chip-]")
    sync_api.expect(found).to_have_count(len(words))
    for chip, word in zip(found.all(), words, strict=True):
        sync_api.expect(chip).to_contain_text(word)


@pytest.fixture
def traced(app_store: store.Store) -> Iterator[store.Run]:
    """A run of two epochs, with the answers of both, that reads every eight of optdigits as a 3."""
    images = datasets.load("optdigits")
    y_pred = np.where(images.y_test == 8, 3, images.y_test).astype(np.uint8)
    answers = artifacts.write_answers(y_pred, np.full(len(y_pred), 0.5, np.float32))
    run = app_store.bring(
        name="eights as threes",
        dataset="optdigits",
        dataset_sha256=images.sha256,
        class_names=images.class_names,
        epochs=2,
        trace=True,
    )
    names = (artifacts.ANSWERS, artifacts.epoch(0), artifacts.epoch(1))
    app_store.finish(
        run.id,
        status="finished",
        artifacts=dict.fromkeys(names, answers),
        history=[{"epoch": 0, "accuracy": 0.9}, {"epoch": 1, "accuracy": 0.9}],
        test_accuracy=0.9,
        test_errors=48,
    )
    yield app_store.run(run.id)
    app_store.delete(run.id)


@pytest.mark.parametrize("pause_ms", [0, SLOW_MS])
def test_back_and_forward_between_cells(
    open_page: OpenPage, settled: Settled, starter: Starter, pause_ms: int
) -> None:
    """A cell, another, Back, Back, Forward: each shows what was there, at once or after a while."""
    run, answers = starter
    first, second = answers.pairs()[:2]
    page = open_page("confusion", run=run.id)

    def choose(pair: evaluation.Pair) -> None:
        cell = f"{pair.true_class} read as {pair.pred_class}: {pair.count} image"
        page.get_by_role("gridcell", name=cell).click()
        chips(page, f"true {pair.true_class}", f"read as {pair.pred_class}")

    choose(first)
    choose(second)
    page.wait_for_timeout(pause_ms)
    page.go_back()
    chips(page, f"true {first.true_class}", f"read as {first.pred_class}")
    page.go_back()
    page.get_by_text("No cell is chosen yet.").wait_for()
    page.go_forward()
    chips(page, f"true {first.true_class}", f"read as {first.pred_class}")
    page.go_forward()
    chips(page, f"true {second.true_class}", f"read as {second.pred_class}")
    page.evaluate("history.back(); setTimeout(() => history.back(), 60)")
    page.get_by_text("No cell is chosen yet.").wait_for()


def test_back_and_forward_between_pages(
    open_page: OpenPage, settled: Settled, starter: Starter
) -> None:
    """Overview, Gallery, Confusion, Back, Back, Forward: one entry a page, none a trap."""
    run, _ = starter
    page = open_page("", run=run.id)
    for name in ("Gallery", "Confusion"):
        link(page, name).click()
        page.get_by_role("heading", name=name, level=1).wait_for()
        settled(page)
    for step, name in ((-1, "Gallery"), (-1, "Overview"), (1, "Gallery"), (1, "Confusion")):
        page.evaluate(f"history.go({step})")
        page.get_by_role("heading", name=name, level=1).wait_for()


def test_page_with_choices_of_its_own_is_one_entry(
    open_page: OpenPage, settled: Settled, traced: store.Run
) -> None:
    """The run compared with, the epoch and the page that nobody chose add nothing to the way."""
    page = open_page("", run=traced.id)
    names = ("Compare", "Gallery", "Confusion", "Compare")
    before = page.evaluate("history.length")
    for number, name in enumerate(names, start=1):
        link(page, name).click()
        page.get_by_role("heading", name=name, level=1).wait_for()
        settled(page)
        assert page.evaluate("history.length") == before + number
        assert page.url.endswith(f"?run={traced.id}")
    for name in ("Confusion", "Gallery", "Compare", "Overview"):
        page.evaluate("history.back()")  # a step in the midst of another page's run
        page.get_by_role("heading", name=name, level=1).wait_for()


@pytest.mark.parametrize("pause_ms", [0, SLOW_MS])
def test_tile_of_another_page_is_one_entry(
    open_page: OpenPage, settled: Settled, traced: store.Run, pause_ms: int
) -> None:
    """Confusion, a cell, one of its images, Back: the cell; Back: no cell; twice Forward: image."""
    page = open_page("confusion", run=traced.id)
    before = page.evaluate("history.length")
    page.get_by_role("gridcell", name="8 read as 3:").click()
    tile = page.locator(".st-key-cell-images .tile").nth(1)
    index = tile.get_attribute("data-index")
    tile.click()
    page.get_by_role("heading", name="Gallery", level=1).wait_for()
    current = page.locator(".st-key-gallery .tile[aria-current=true]")
    sync_api.expect(current).to_have_attribute("data-index", index)
    chips(page, "true 8", "read as 3")
    settled(page)
    assert page.evaluate("history.length") == before + 2
    page.wait_for_timeout(pause_ms)
    page.go_back()
    page.get_by_role("heading", name="Confusion", level=1).wait_for()
    chips(page, "true 8", "read as 3")
    page.go_back()
    page.get_by_text("No cell is chosen yet.").wait_for()
    page.evaluate("history.go(2)")
    page.get_by_role("heading", name="Gallery", level=1).wait_for()
    sync_api.expect(current).to_have_attribute("data-index", index)


def test_back_goes_from_image_to_image_and_leaves_the_site(
    open_page: OpenPage, settled: Settled, starter: Starter
) -> None:
    """Two images opened, Back shows the first, Back the gallery; before the first page is none."""
    run, answers = starter
    first, second = answers.select(order="confident")[:2]
    page = open_page("gallery", run=run.id)
    for index in (first, second):
        page.locator(f".st-key-gallery .tile[data-index='{index}']").click()
        page.wait_for_url(re.compile(rf"index={index}\b"))
        settled(page)
    page.go_back()
    page.wait_for_url(re.compile(rf"index={first}\b"))
    current = page.locator(".st-key-gallery .tile[aria-current=true]")
    sync_api.expect(current).to_have_attribute("data-index", str(first))
    page.go_back()
    sync_api.expect(current).to_have_count(0)
    page.go_back()
    page.wait_for_url("about:blank")


def test_a_link_without_a_view_is_no_trap(
    page: sync_api.Page, app_url: str, settled: Settled
) -> None:
    """Who comes by the bare address gets out again: Back past it leads where he came from."""
    page.goto("about:blank")
    page.goto(f"{app_url}/gallery")
    page.wait_for_url(re.compile("run="))
    settled(page)
    page.go_back()
    settled(page)
    page.go_back()
    page.wait_for_url("about:blank")


def test_forged_link_is_no_trap(open_page: OpenPage, settled: Settled, starter: Starter) -> None:
    """What can't be is dropped from it in at most one step, and Back leads out of it."""
    run, _ = starter
    forged = {"index": "199999", "epoch": "7", "page": "99999", "conf": "nan", "other": "deadbeef"}
    page = open_page("data", run=run.id)
    before = page.evaluate("history.length")
    page = open_page("gallery", run=run.id, **forged)
    sync_api.expect(page).to_have_url(re.compile(rf"/gallery\?run={run.id}$"))
    assert page.evaluate("history.length") <= before + 2
    for _ in range(2):
        if "/gallery" in page.url:
            page.go_back()
            settled(page)
    assert "/data" in page.url
