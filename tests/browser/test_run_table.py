"""The table of runs on its page in a real browser: what is deleted, renamed, stopped and seen."""

import csv
import dataclasses
import re
from collections.abc import Callable, Iterator

import pytest
from playwright import sync_api

from mnistdash import recipes, store

OpenPage = Callable[..., sync_api.Page]
Settled = Callable[[sync_api.Page], None]
DENSE = recipes.PRESETS["dense-tutorial"].recipe
PHONE = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/130 Mobile Safari"


@pytest.fixture(autouse=True)
def only_my_runs(app_store: store.Store) -> Iterator[None]:
    """Forget this test's runs."""
    before = {run.id for run in app_store.runs()}
    yield
    for run in app_store.runs():
        if run.id not in before:
            app_store.delete(run.id)


def add(
    app_store: store.Store, name: str, *, seed: int = 0, accuracy: float = 0.97, **facts: object
) -> store.Run:
    """Bring a finished run into the store, as somebody else's training does."""
    recipe = dataclasses.replace(DENSE, seed=seed)
    run = app_store.enqueue(recipe, "optdigits", name=name, **facts)
    app_store.start(run.id)
    app_store.finish(
        run.id,
        status="finished",
        history=[dict.fromkeys(("loss", "accuracy", "val_loss", "val_accuracy"), 0.5)] * 3,
        seconds=1.0,
        test_accuracy=accuracy,
        test_errors=round(500 * (1 - accuracy)),
    )
    return app_store.run(run.id)


def box(page: sync_api.Page, name: str) -> sync_api.Locator:
    """Find the box of a run."""
    return page.get_by_role("checkbox", name=re.compile(f"Choose {name}"))


def row(page: sync_api.Page, run: store.Run) -> sync_api.Locator:
    """Find the row of a run."""
    return page.locator(f"tr[data-id='{run.id}']")


def rerun(page: sync_api.Page, settled: Settled) -> None:
    """Run the page again without touching the table."""
    page.get_by_text("Keep every epoch's answers to the test images").click()
    settled(page)


def test_delete_takes_the_run_that_was_chosen(
    open_page: OpenPage, settled: Settled, app_store: store.Store
) -> None:
    """Another run appears on top and one is pinned in between: still the chosen one is deleted."""
    add(app_store, "older", seed=1)
    chosen = add(app_store, "chosen", seed=2)
    page = open_page("train")
    box(page, "chosen").check()
    settled(page)
    appeared = add(app_store, "appeared", seed=3)
    app_store.pin("starter-optdigits", True)
    try:
        rerun(page, settled)
        row(page, appeared).wait_for()
        assert page.locator("tbody tr[data-id]").first.get_attribute("data-id") == (
            "starter-optdigits"
        )
        assert box(page, "chosen").is_checked()
        assert page.get_by_role("checkbox", checked=True, name="Choose").count() == 1
        page.get_by_role("button", name="Delete", exact=True).click()
        asked = page.get_by_text(re.compile("^Delete chosen · seed 2, 97.00.%, made 20"))
        asked.wait_for()
        page.get_by_test_id("stPopoverBody").get_by_role("button", name="Delete").click()
        row(page, chosen).wait_for(state="detached")
        assert app_store.run(chosen.id) is None
        assert app_store.run(appeared.id) is not None
        assert page.get_by_role("checkbox", checked=True, name="Choose").count() == 0
        box(page, "older").check()
        page.get_by_role("button", name="Name and note").wait_for()
    finally:
        app_store.pin("starter-optdigits", False)


def test_question_on_screen_is_the_one_answered(
    open_page: OpenPage, settled: Settled, app_store: store.Store
) -> None:
    """Asked about one run, another is ticked and Delete pressed at once: that one is not lost."""
    first, second = add(app_store, "first", seed=1), add(app_store, "second", seed=2)
    page = open_page("train")
    box(page, "first").check()
    page.get_by_role("button", name="Delete", exact=True).click()
    confirm = page.get_by_test_id("stPopoverBody").get_by_role("button", name="Delete")
    confirm.wait_for()
    confirm.evaluate(
        """(button, [leave, take]) => {
            const runs = [...document.querySelectorAll("*")].map((each) => each.shadowRoot)
                .find((root) => root?.querySelector(".runs"));
            runs.querySelector(`tr[data-id="${leave}"] input`).click();
            runs.querySelector(`tr[data-id="${take}"] input`).click();
            button.click();
        }""",
        [first.id, second.id],
    )
    page.wait_for_timeout(500)
    settled(page)
    assert app_store.run(second.id) is not None, "it was never named"
    assert app_store.run(first.id) is not None, "it was chosen no longer"


def test_name_and_note_typed_and_saved_at_once(
    open_page: OpenPage, settled: Settled, app_store: store.Store
) -> None:
    """Six times: type a name, Tab, type a note, press Save in the same breath; both are there."""
    run = add(app_store, "draft")
    page = open_page("train")
    box(page, "draft").check()
    page.get_by_role("button", name="Name and note").click()
    name = page.get_by_label("Name", exact=True)
    name.wait_for()
    kept = []
    for turn in range(6):
        name.click()
        page.keyboard.press("Control+a")
        page.keyboard.type(f"name {turn}", delay=20)
        page.keyboard.press("Tab")
        page.keyboard.press("Control+a")
        page.keyboard.type(f"note {turn}", delay=20)
        page.get_by_role("button", name="Save").click()
        page.wait_for_timeout(400)
        settled(page)
        found = app_store.run(run.id)
        kept.append((found.name, found.note))
    assert kept == [(f"name {turn}", f"note {turn}") for turn in range(6)]
    sync_api.expect(row(page, run)).to_contain_text("name 5")
    sync_api.expect(row(page, run)).to_contain_text("note 5")


def test_half_a_note_outlives_the_end_of_a_training(
    open_page: OpenPage, settled: Settled, app_store: store.Store
) -> None:
    """While a note is typed its run finishes and another is asked for: the note is still there."""
    run = app_store.enqueue(DENSE, "optdigits", name="busy")
    app_store.start(run.id)
    page = open_page("train")
    box(page, "busy").check()
    page.get_by_role("button", name="Name and note").click()
    note = page.get_by_label("Note", exact=True)
    note.click()
    page.keyboard.type("half a", delay=20)
    app_store.enqueue(dataclasses.replace(DENSE, seed=9), "optdigits", name="next")
    app_store.finish(run.id, status="finished", test_accuracy=0.9, test_errors=50, seconds=1.0)
    page.get_by_test_id("stMain").get_by_role("link", name="Show").wait_for()
    settled(page)
    page.keyboard.type(" note", delay=20)
    page.get_by_role("button", name="Save").click()
    sync_api.expect(row(page, run)).to_contain_text("half a note")
    assert app_store.run(run.id).note == "half a note"


def test_table_follows_while_a_training_is_under_way(
    open_page: OpenPage, settled: Settled, app_store: store.Store
) -> None:
    """Stopped and appeared elsewhere, runs change in the same rows; order, ticks, focus stay."""
    add(app_store, "best", seed=1, accuracy=0.99)
    add(app_store, "worst", seed=2, accuracy=0.90)
    page = open_page("train")
    head = page.get_by_role("columnheader", name="accuracy")
    head.get_by_role("button").click()
    box(page, "worst").check()
    page.get_by_role("button", name="Name and note").wait_for()
    box(page, "worst").evaluate("(input) => { input.closest('tr').same = true; }")
    waiting = [
        app_store.enqueue(dataclasses.replace(DENSE, seed=seed), "optdigits", name="waiting")
        for seed in (3, 4)
    ]
    rerun(page, settled)  # the trainings take their place above the table
    box(page, "worst").focus()
    sync_api.expect(row(page, waiting[0])).to_contain_text("queued")
    app_store.request_cancel(waiting[0].id)
    sync_api.expect(row(page, waiting[0])).to_contain_text("stopped", timeout=3000)
    between = add(app_store, "between", seed=5, accuracy=0.95)
    row(page, between).wait_for(timeout=3000)
    app_store.request_cancel(waiting[1].id)
    sync_api.expect(row(page, waiting[1])).to_contain_text("stopped", timeout=3000)
    ids = page.locator("tbody tr[data-id]").evaluate_all("(rows) => rows.map((r) => r.dataset.id)")
    accuracies = [app_store.run(run_id).test_accuracy or 0 for run_id in ids]
    assert accuracies == sorted(accuracies, reverse=True)
    assert head.get_attribute("aria-sort") == "descending"
    assert box(page, "worst").is_checked()
    assert box(page, "worst").evaluate("(i) => i.closest('tr').same && i.matches(':focus')")
    assert page.get_by_role("button", name="Name and note").count() == 1


def test_table_is_downloaded_as_csv(open_page: OpenPage, app_store: store.Store) -> None:
    """The file holds every run of the store, read back with its accuracy as a number."""
    add(app_store, "=1+1", accuracy=0.96)
    page = open_page("train")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download table as CSV").click()
    with download.value.path().open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert [line["id"] for line in lines] == [run.id for run in app_store.runs()]
    assert (lines[0]["name"], float(lines[0]["accuracy"])) == ("'=1+1", 0.96)


def test_two_chosen_runs_lead_to_their_comparison(
    open_page: OpenPage, settled: Settled, app_store: store.Store
) -> None:
    """Two finished runs of the same images: their curves are shown, and Compare names both."""
    one, other = add(app_store, "one", seed=1), add(app_store, "other", seed=2)
    page = open_page("train")
    box(page, "one").check()
    box(page, "other").check()
    link = page.get_by_test_id("stMain").get_by_role("link", name="Compare")
    link.wait_for()
    settled(page)
    legend = page.locator(".curves .legend").last
    sync_api.expect(legend).to_contain_text("one · seed 1")
    sync_api.expect(legend).to_contain_text("other · seed 2")
    target = link.get_attribute("href")
    assert f"run={other.id}" in target
    assert f"other={one.id}" in target


def test_table_fits_a_phone(
    browser: sync_api.Browser, app_url: str, settled: Settled, app_store: store.Store
) -> None:
    """A tap chooses, a long name is cut in the middle, nothing else is, nothing scrolls aside."""
    long_name = "a name that is longer than any telephone is wide, with an end"
    run = add(app_store, long_name[:60], seed=7)
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, user_agent=PHONE, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    page.goto(f"{app_url}/train")
    row(page, run).wait_for()
    settled(page)
    row(page, run).locator(".column-status").tap()
    assert box(page, long_name[:20]).is_checked()
    page.get_by_role("button", name="Name and note").wait_for()
    overflow = page.evaluate(
        "[document.scrollingElement, document.querySelector('[data-testid=stMain]')]"
        ".map((element) => element.scrollWidth - element.clientWidth)"
    )
    assert overflow == [0, 0]
    cut = page.locator(".runs").evaluate(
        "(runs) => [...runs.querySelectorAll('td, th, .tail, .differences, .brief, .remark')]"
        ".filter((each) => each.offsetWidth && each.scrollWidth > each.clientWidth + 1)"
        ".map((each) => each.className)"
    )
    assert [name for name in cut if name] == []
    title = row(page, run).locator(".title")
    assert title.get_attribute("title") == f"{run.name} · seed 7"
    assert title.locator(".tail").inner_text() == run.name[-12:]
    heads = page.locator(".runs").get_by_role("columnheader").all_inner_texts()
    assert [head for head in heads if head] == ["run", "accuracy", "status"]
    context.close()
