"""A training in a real browser, with a real worker: started, watched, stopped, killed."""

import contextlib
import itertools
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
    lines = page.locator(".curves .chart:first-child path[data-points]")
    return sum(int(count) for count in lines.evaluate_all("all => all.map(e => e.dataset.points)"))


def wait_for_points(page: sync_api.Page, more_than: int, *, timeout_ms: int = END_MS) -> int:
    """Wait until the curve has more points than that; return how many."""
    deadline = time.monotonic() + timeout_ms / 1000
    while (found := points(page)) <= more_than:
        assert time.monotonic() < deadline, f"the curve stayed at {found} points"
        page.wait_for_timeout(100)
    return found


def ids(app_store: store.Store) -> set[str]:
    """Return the ids of all runs."""
    return {run.id for run in app_store.runs()}


def asked_for_since(app_store: store.Store, before: set[str]) -> store.Run:
    """Wait for the run that was asked for."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        found = [run for run in app_store.runs() if run.id not in before]
        if found:
            return found[0]
        time.sleep(0.05)
    raise AssertionError("nothing was asked for")


def type_into(page: sync_api.Page, label: str, text: str) -> None:
    """Type over what an input holds, as fast as people do, and stay in it."""
    page.get_by_label(label, exact=True).and_(page.locator("input")).first.focus()
    page.keyboard.press("Control+A")
    page.keyboard.type(text, delay=20)


def press(page: sync_api.Page, *, held_ms: int) -> None:
    """Press Train where it is now, without waiting for anything."""
    box = train_button(page).bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    if held_ms:
        page.wait_for_timeout(held_ms)
    page.mouse.up()


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
    row = page.get_by_role("table", name="All runs").get_by_role("row").nth(1)
    sync_api.expect(row).to_contain_text(re.compile(f"finished.*{ended.test_errors}"))
    page.get_by_role("link", name="See where it fails").click()
    page.get_by_role("heading", name="Overview").wait_for()
    sync_api.expect(page.locator(".st-key-facts, .facts").first).to_contain_text(percent)
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
    page.locator(f".st-key-training-waits-{waiting.id}").get_by_role("button", name="Stop").click()
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


# --- at the hand's speed --------------------------------------------------------------------


@pytest.mark.parametrize("held_ms", [0, 150])
def test_what_was_typed_is_trained(
    open_page: OpenPage, settled: Settled, choose: Choose, app_store: store.Store, held_ms: int
) -> None:
    """A number typed and Train clicked at once, fast or held: the number typed is trained."""
    page = open_page("train")
    ask_for(page, settled, choose, epochs=1, seed=20)
    for label, typed, setting in (
        ("Epochs", "3", "epochs"),
        ("Batch size", "64", "batch_size"),
        ("Learning rate", "0,002", "learning_rate"),
        ("Seed", str(21 + held_ms), "seed"),
        ("Epochs", "2", "epochs"),
    ):
        before = ids(app_store)
        type_into(page, label, typed)
        press(page, held_ms=held_ms)
        run = asked_for_since(app_store, before)
        assert getattr(run.recipe, setting) == float(typed.replace(",", "."))
        settled(page)


def test_what_was_typed_is_trained_by_finger(
    browser: sync_api.Browser,
    app_url: str,
    settled: Settled,
    choose: Choose,
    app_store: store.Store,
) -> None:
    """On a phone: typed, tapped at once, trained; progress and curves come into view."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    page.goto(f"{app_url}/train")
    page.get_by_test_id("stHeading").first.wait_for()
    settled(page)
    ask_for(page, settled, choose, epochs=200, seed=30, batch_size=1)
    for typed in ("199", "198"):
        before = ids(app_store)
        type_into(page, "Epochs", typed)
        train_button(page).scroll_into_view_if_needed()
        box = train_button(page).bounding_box()
        page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        run = asked_for_since(app_store, before)
        assert run.recipe.epochs == int(typed)
        wait_for_points(page, 0, timeout_ms=COLD_MS)
        page.wait_for_timeout(1500)  # a smooth scroll, and the one after it
        live = page.locator(".st-key-training-live")
        for seen in (live.get_by_test_id("stProgress"), *live.locator(".chart > svg").all()):
            box = seen.bounding_box()
            assert 0 <= box["y"] < box["y"] + box["height"] <= 844
        app_store.request_cancel(run.id)
        page.get_by_role("button", name="Stop").wait_for(state="detached", timeout=STOP_MS)
    context.close()


@pytest.mark.parametrize("held_ms", [0, 300])
@pytest.mark.parametrize("typed", ["2000", "abc"])
def test_what_cannot_be_read_is_not_trained(
    open_page: OpenPage,
    settled: Settled,
    choose: Choose,
    app_store: store.Store,
    typed: str,
    held_ms: int,
) -> None:
    """Out of range, or no number: nothing is trained, it stays in its box, and is said there."""
    page = open_page("train")
    ask_for(page, settled, choose, epochs=1, seed=40)
    before = ids(app_store)
    type_into(page, "Epochs", typed)
    press(page, held_ms=held_ms)
    said = page.locator(".field-trouble")
    said.get_by_text(f"between 1 and 200. Received: {typed}.").wait_for()
    settled(page)
    assert ids(app_store) == before
    epochs = page.get_by_label("Epochs", exact=True).and_(page.locator("input")).first
    assert epochs.input_value() == typed
    field, sentence = epochs.bounding_box(), said.bounding_box()
    assert 0 <= sentence["y"] - (field["y"] + field["height"]) < 30
    sync_api.expect(train_button(page)).to_be_disabled()


# --- what is seen ---------------------------------------------------------------------------

WATCH_FRAMES = """async (milliseconds) => {
  const root = () => [...document.querySelectorAll(".st-key-training-curves *")]
    .find((element) => element.shadowRoot?.querySelector(".curves"))?.shadowRoot;
  const drawn = (svg) => {
    const { width, height } = svg.getBoundingClientRect();
    const paths = [...svg.querySelectorAll("path[data-points]")];
    return width > 0 && height > 0 && paths.some((path) => path.getAttribute("d").length > 0);
  };
  const seen = { frames: 0, blank: 0 };
  const end = performance.now() + milliseconds;
  while (performance.now() < end) {
    await new Promise(requestAnimationFrame);
    const charts = [...(root()?.querySelectorAll(".chart > svg") ?? [])];
    seen.frames += 1;
    if (charts.length !== 2 || !charts.every(drawn)) seen.blank += 1;
  }
  return seen;
}"""


def test_growing_curves_never_blink_and_are_in_view(
    open_page: OpenPage, settled: Settled, choose: Choose, app_store: store.Store
) -> None:
    """Pressed at 1400 x 900: progress and both charts are in the window, in every frame."""
    page = open_page("train")
    ask_for(page, settled, choose, epochs=200, seed=50, batch_size=4)
    press(page, held_ms=0)
    wait_for_points(page, 0, timeout_ms=COLD_MS)
    live = page.locator(".st-key-training-live")
    for seen in (live.get_by_test_id("stProgress"), *live.locator(".chart > svg").all()):
        box = seen.bounding_box()
        assert 0 <= box["y"] < box["y"] + box["height"] <= 900
        assert 0 <= box["x"] < box["x"] + box["width"] <= 1400
    wait_for_points(page, 1)  # one point alone is no line yet
    first = points(page)
    seen = page.evaluate(WATCH_FRAMES, 5000)
    print(f"\n{seen['blank']} of {seen['frames']} frames blank, {points(page) - first} new points")
    assert seen["frames"] > 20
    assert seen["blank"] == 0
    assert points(page) > first


def test_value_of_a_point_is_said(
    open_page: OpenPage, settled: Settled, choose: Choose, app_store: store.Store
) -> None:
    """By keyboard, mouse and finger the nearest epoch's value is written below the chart."""
    page = open_page("train")
    ask_for(page, settled, choose, epochs=4, seed=51)
    fill(page, settled, "Validation share", "0.2")
    train_button(page).click()
    page.get_by_text(re.compile("has finished")).wait_for(timeout=COLD_MS)
    settled(page)
    run = newest(app_store)
    chart = page.locator(".curves .chart").first
    said = chart.locator(".said")
    values = [f"{100 * epoch['val_accuracy']:.2f}" for epoch in run.history]
    sync_api.expect(said).to_contain_text(f"epoch 4: validation accuracy {values[3]}")
    svg = chart.locator("> svg")
    sync_api.expect(svg).to_have_attribute("aria-label", re.compile("^Accuracy over 4 epochs"))
    svg.focus()
    svg.press("Home")
    sync_api.expect(said).to_contain_text("epoch 1: training accuracy")
    svg.press("ArrowRight")
    sync_api.expect(said).to_contain_text(f"epoch 1: validation accuracy {values[0]}")
    dots = chart.locator("path.validation:not(.dots)").get_attribute("d")
    x, y = map(float, re.findall(r"[\d.]+", dots)[2:4])  # of the second epoch
    box = svg.bounding_box()
    page.mouse.move(box["x"] + x, box["y"] + y)
    sync_api.expect(said).to_contain_text(f"epoch 2: validation accuracy {values[1]}")


def test_page_asks_seldom_once_nothing_trains(
    page: sync_api.Page,
    open_page: OpenPage,
    settled: Settled,
    choose: Choose,
    app_store: store.Store,
) -> None:
    """While a training runs the page looks for news; after its end once in four seconds."""
    sent: list[object] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    open_page("train")
    ask_for(page, settled, choose, epochs=30, seed=52)
    press(page, held_ms=0)
    page.get_by_text(re.compile("has finished")).wait_for(timeout=COLD_MS)
    settled(page)
    page.wait_for_timeout(500)
    assert len(sent) > 2
    sent.clear()
    page.wait_for_timeout(3500)
    assert len(sent) <= 1


def test_tab_goes_as_one_reads(open_page: OpenPage) -> None:
    """From the preset to Train, Tab goes along the rows from left to right."""
    page = open_page("train")
    page.get_by_role("combobox", name="Preset").focus()
    visited = []
    for _ in range(60):
        place = page.evaluate(
            "() => { const e = document.activeElement, b = e.getBoundingClientRect();"
            " return [e.matches('input, button[kind=primary]'), b.top + b.height / 2, b.left,"
            " e.closest('button')?.innerText ?? '']; }"
        )
        if place[0]:
            visited.append((place[1], place[2]))
        if "Train" in place[3]:
            break
        page.keyboard.press("Tab")
    assert len(visited) >= 12, "two boxes, the layers, eight settings, seeds, the switch, Train"
    for (y, x), (next_y, next_x) in itertools.pairwise(visited):
        same_row = abs(next_y - y) < 24
        assert next_x > x if same_row else next_y > y


def test_headings_do_not_jump(open_page: OpenPage) -> None:
    """One heading of the first level, and below it only the second."""
    page = open_page("train")
    headings = page.get_by_test_id("stMain").get_by_role("heading")
    levels = headings.evaluate_all("all => all.map((heading) => heading.tagName)")
    assert levels == ["H1", "H2"]
