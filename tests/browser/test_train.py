"""A training in a real browser, with a real worker: started, watched, stopped, killed."""

import contextlib
import re
import time
import urllib.parse
from collections.abc import Callable, Iterator

import psutil
import pytest
from playwright import sync_api

from mnistdash import datasets, store

OpenPage = Callable[..., sync_api.Page]
Settled = Callable[[sync_api.Page], None]
Choose = Callable[[sync_api.Page, str, str], None]
COLD_MS = 90_000  # the first training waits for TensorFlow
END_MS = 60_000
STOP_MS = 15_000


@pytest.fixture(autouse=True)
def nothing_under_way(app_store: store.Store) -> Iterator[None]:
    """Stop what a failed test left, and forget this test's runs."""
    before = {run.id for run in app_store.runs()}
    yield
    for run in app_store.runs():
        if run.under_way:
            app_store.request_cancel(run.id)
    deadline = time.monotonic() + 30
    while any(run.under_way for run in app_store.runs()) and time.monotonic() < deadline:
        time.sleep(0.2)
    for run in app_store.runs():
        if run.id not in before and not run.under_way:
            app_store.delete(run.id)


def fill(page: sync_api.Page, settled: Settled, label: str, value: object) -> None:
    """Type into an input and leave it."""
    field = page.get_by_label(label, exact=True).and_(page.locator("input")).first
    field.fill(str(value))
    field.press("Enter")
    settled(page)


def ask_for(
    page: sync_api.Page,
    settled: Settled,
    choose: Choose,
    *,
    epochs: int,
    seed: int = 0,
    batch_size: int = 32,
) -> None:
    """Set up a small training on optdigits.

    In batches of 32 an epoch takes a hundredth of a second; in batches of 1 a training of 200
    epochs doesn't end while a test looks at it.
    """
    choose(page, "Images", "optdigits")
    fill(page, settled, "Layers", "flatten dense64")
    fill(page, settled, "Epochs", epochs)
    fill(page, settled, "Batch size", batch_size)
    fill(page, settled, "Seed", seed)


def train_button(page: sync_api.Page) -> sync_api.Locator:
    """Find the button that starts a training."""
    return page.get_by_test_id("stBaseButton-primary")


def points(page: sync_api.Page) -> int:
    """Count the points of the first chart of a training: 0 while there is none."""
    return page.evaluate(
        "() => [...document.querySelectorAll('.js-plotly-plot')].slice(0, 1)"
        ".flatMap((plot) => plot._fullData ?? [])"
        ".reduce((sum, trace) => sum + (trace.x?.length ?? 0), 0)"
    )


def wait_for_points(page: sync_api.Page, more_than: int, *, timeout_ms: int = END_MS) -> int:
    """Wait until the curve has more points than that; return how many."""
    deadline = time.monotonic() + timeout_ms / 1000
    while (found := points(page)) <= more_than:
        assert time.monotonic() < deadline, f"the curve stayed at {found} points"
        page.wait_for_timeout(100)
    return found


def newest(app_store: store.Store) -> store.Run:
    """Return the run asked for last."""
    return app_store.runs()[0]


def worker(app_url: str) -> psutil.Process:
    """Find the process in which the server's trainings run: the one that holds TensorFlow."""
    port = str(urllib.parse.urlsplit(app_url).port)
    server = next(
        process
        for process in psutil.process_iter(["cmdline"])
        if "streamlit" in (line := process.info["cmdline"] or []) and port in line
    )
    for process in server.children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if any("tensorflow" in mapped.path for mapped in process.memory_maps()):
                return process
    raise AssertionError("no process of the server holds TensorFlow")


def test_curve_grows_and_survives_a_reload(
    open_page: OpenPage, settled: Settled, choose: Choose, app_store: store.Store
) -> None:
    """Start, watch the curve grow, reload in the middle, see its end here and on the overview."""
    page = open_page("train")
    ask_for(page, settled, choose, epochs=200)
    train_button(page).click()
    first = wait_for_points(page, 0, timeout_ms=COLD_MS)
    wait_for_points(page, first)
    run = newest(app_store)
    assert run.status == "running"
    page.reload()
    page.get_by_test_id("stProgress").first.wait_for()
    wait_for_points(page, first)
    page.get_by_text(re.compile("has finished")).wait_for(timeout=END_MS)
    settled(page)
    ended = app_store.run(run.id)
    assert ended.finished
    assert ended.test_accuracy > 0.8
    assert len(ended.history) == 200
    percent = f"{100 * ended.test_accuracy:.2f}"
    sync_api.expect(page.get_by_test_id("stMain")).to_contain_text(percent)
    assert page.get_by_test_id("stDataFrame").count() == 1
    page.get_by_role("link", name="See where it fails").click()
    page.get_by_role("heading", name="Overview").wait_for()
    sync_api.expect(page.locator(".facts").first).to_contain_text(percent)
    settled(page)
    assert f"run={run.id}" in page.url


def test_second_tab_sees_the_same_training(
    open_page: OpenPage,
    settled: Settled,
    choose: Choose,
    app_url: str,
    app_store: store.Store,
) -> None:
    """Another visitor sees the training too, on the Train page and in the sidebar elsewhere."""
    page = open_page("train")
    ask_for(page, settled, choose, epochs=200, seed=5, batch_size=1)
    train_button(page).click()
    wait_for_points(page, 0, timeout_ms=COLD_MS)
    other = page.context.new_page()
    other.goto(app_url)
    other.get_by_test_id("stSidebar").get_by_text(re.compile("^Training")).wait_for()
    other.get_by_test_id("stSidebar").get_by_role("link", name="Train").click()
    wait_for_points(other, 0)
    other.close()


def test_training_is_stopped_within_seconds_and_resumed(
    open_page: OpenPage, settled: Settled, choose: Choose, app_store: store.Store
) -> None:
    """Stopped in the middle a run is cancelled and says so; resumed it ends with all epochs."""
    page = open_page("train")
    ask_for(page, settled, choose, epochs=200, seed=7)
    train_button(page).click()
    wait_for_points(page, 3, timeout_ms=COLD_MS)
    start = time.monotonic()
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("button", name="Stop").wait_for(state="detached", timeout=STOP_MS)
    print(f"\nstopped after {time.monotonic() - start:.1f} s")
    resume = page.get_by_role("button", name=re.compile("Resume after epoch"))
    resume.wait_for(timeout=STOP_MS)
    stopped = newest(app_store)
    assert stopped.status == "cancelled"
    assert stopped.reason
    sync_api.expect(page.get_by_test_id("stMain")).to_contain_text(stopped.reason)
    assert 0 < len(stopped.history) < 200
    sync_api.expect(resume).to_contain_text(f"after epoch {len(stopped.history)}")
    resume.click()
    page.get_by_text(re.compile("has finished")).wait_for(timeout=END_MS)
    ended = app_store.run(stopped.id)
    assert ended.finished
    assert len(ended.history) == 200
    assert ended.history[: len(stopped.history)] == stopped.history


def test_slider_shows_the_errors_of_each_epoch(
    open_page: OpenPage, settled: Settled, choose: Choose, app_store: store.Store
) -> None:
    """Of a traced training the gallery shows the errors of every epoch."""
    page = open_page("train")
    ask_for(page, settled, choose, epochs=4, seed=8)
    page.get_by_text("Keep every epoch's answers to the test images").click()
    settled(page)
    train_button(page).click()
    page.get_by_text(re.compile("has finished")).wait_for(timeout=COLD_MS)
    run = newest(app_store)
    labels = datasets.load("optdigits").y_test
    errors = [int((app_store.predictions(run.id, e)[0] != labels).sum()) for e in range(4)]
    assert errors[0] > errors[3] > 0
    assert errors[3] == run.test_errors
    page = open_page("gallery", run=run.id)
    count = page.get_by_test_id("stMain")
    sync_api.expect(count).to_contain_text(f"of {run.test_errors} errors")
    slider = page.get_by_role("slider", name="After epoch")
    slider.focus()
    for epoch in (2, 1, 0):
        slider.press("ArrowLeft")
        settled(page)
        sync_api.expect(count).to_contain_text(f"of {errors[epoch]} errors")


def test_second_training_waits_for_the_first(
    open_page: OpenPage, settled: Settled, choose: Choose, app_store: store.Store
) -> None:
    """Of two trainings the second says how many are ahead, and stops at once when asked."""
    page = open_page("train")
    ask_for(page, settled, choose, epochs=200, seed=2, batch_size=1)
    train_button(page).click()
    page.get_by_role("button", name="Stop").first.wait_for()
    fill(page, settled, "Seed", 3)
    train_button(page).click()
    page.get_by_text(re.compile("1 ahead")).wait_for(timeout=END_MS)
    waiting = newest(app_store)
    assert waiting.status == "queued"
    page.locator(f".st-key-under-way-{waiting.id}").get_by_role("button", name="Stop").click()
    page.get_by_text(re.compile("1 ahead")).wait_for(state="detached", timeout=STOP_MS)
    assert app_store.run(waiting.id).status == "cancelled"


def test_double_click_starts_one(
    open_page: OpenPage, settled: Settled, choose: Choose, app_store: store.Store
) -> None:
    """Two clicks in a row ask for one training."""
    page = open_page("train")
    ask_for(page, settled, choose, epochs=200, seed=4, batch_size=1)
    before = len(app_store.runs())
    train_button(page).dblclick()
    page.get_by_role("button", name="Stop").first.wait_for()
    settled(page)
    assert len(app_store.runs()) == before + 1
    assert page.get_by_role("button", name="Stop").count() == 1


def test_killed_worker_is_said_and_replaced(
    open_page: OpenPage, settled: Settled, choose: Choose, app_url: str, app_store: store.Store
) -> None:
    """A worker killed with signal 9 fails its run with a sentence; the next training works."""
    page = open_page("train")
    ask_for(page, settled, choose, epochs=200, seed=6, batch_size=1)
    train_button(page).click()
    wait_for_points(page, 0, timeout_ms=COLD_MS)
    run = newest(app_store)
    start = time.monotonic()
    worker(app_url).kill()
    page.get_by_text(re.compile("stopped unexpectedly")).first.wait_for(timeout=STOP_MS)
    print(f"\nsaid to have been killed after {time.monotonic() - start:.1f} s")
    assert app_store.run(run.id).status == "failed"
    fill(page, settled, "Epochs", 2)
    fill(page, settled, "Batch size", 32)
    train_button(page).click()
    page.get_by_text(re.compile("has finished")).wait_for(timeout=COLD_MS)
    assert newest(app_store).finished
