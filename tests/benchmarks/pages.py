"""Pen move to bars, pen up to answer, click on a cell to its images, Train to first progress.

    MNISTDASH_DATA=../shared/data python tests/benchmarks/pages.py [--gradio PYTHON]

Pen up is measured beside a page with nothing but the canvas and, where a Python that has gradio and
tensorflow is named, beside a Gradio sketchpad, alternating, n = 20 each. Pen move counts from the
move to the bars that the browser itself drew after it. The server's processor time is what a four
of two strokes costs it beyond what it spends anyway, drawn at a hand's speed; `--of FOLDER` draws
on another checkout, and does nothing else. The click on Train counts to the first figure of the
first epoch: once on a server just started, while TensorFlow is imported, and then with another seed
each time.
"""

import argparse
import contextlib
import itertools
import os
import pathlib
import platform
import re
import statistics
import tempfile
import time

import psutil
import server
from playwright import sync_api

Point = tuple[float, float]

TIMES = 20
TRAININGS = 8
GRADIO, LABEL = "gradio sketchpad", ".output-class"
SERVERS = ".aloud, .drawn"  # what only a server's answer writes
PLAIN = """
import streamlit as st
import streamlit_drawable_canvas
def clear():
    st.session_state["cleared"] = st.session_state.get("cleared", 0) + 1
drawn = streamlit_drawable_canvas.st_canvas(
    height=280, width=280, key=f"canvas-{st.session_state.get('cleared', 0)}"
)
st.button("Clear", on_click=clear)
if drawn.json_data and drawn.json_data["objects"]:
    st.html('<div class="answer drawn">drawn</div>')
"""
FOURS = 20
IDLE_SECONDS = 15
FOUR = (((100, 50), (70, 150), (190, 150)), ((150, 70), (150, 240)))  # pixels of the canvas
LIFTED_MS = 250  # between its strokes, the hand on its way
# The time of each change of the bars, less that of the last move of the pen before it.
WATCH = """() => {
  window.waits = [];
  let moved = 0;
  addEventListener('pointermove', (event) => (moved = event.timeStamp), true);
  const changed = () => waits.push(performance.now() - moved);
  const bars = document.querySelector('.bars');
  const what = { subtree: true, attributes: true, attributeFilter: ['style'] };
  new MutationObserver(changed).observe(bars, what);
}"""
CELLS = """() => Array.from(document.querySelectorAll('.st-key-heatmap *'))
  .map((host) => host.shadowRoot?.querySelector('[role=grid]')).filter(Boolean)
  .flatMap((grid) => Array.from(grid.querySelectorAll('.shown'), (cell) => {
    const box = cell.getBoundingClientRect();
    return [box.left + box.width / 2, box.top + box.height / 2,
      cell.dataset.i - 1, cell.dataset.j - 1];
  }))"""


def main() -> None:
    """Print medians and 95th percentiles in milliseconds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gradio", metavar="PYTHON", help="an interpreter with gradio")
    parser.add_argument("--of", metavar="FOLDER", help="another checkout to draw on")
    asked = parser.parse_args()
    gradio = asked.gradio
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        plain = pathlib.Path(folder, "plain", "app.py")
        plain.parent.mkdir()
        plain.write_text(PLAIN)
        os.environ["MNISTDASH_HOME"] = folder
        browser = stack.enter_context(server.browser())
        here = pathlib.Path(asked.of).resolve() if asked.of else server.REPO
        if asked.of:
            os.environ["PYTHONPATH"] = str(here)
        command = server.streamlit(here / "app.py")
        ours, pid = stack.enter_context(server.serving(command, folder=here))
        server.wait(ours)
        _cost_of_a_digit(browser, ours, pid)
        if asked.of:
            return
        addresses = {"draw page": f"{ours}/draw"}
        addresses["plain canvas page"] = stack.enter_context(server.served(server.streamlit(plain)))
        if gradio:
            sketchpad = pathlib.Path(__file__).with_name("gradio_page.py")
            addresses[GRADIO] = stack.enter_context(server.served([gradio, str(sketchpad)]))
        _report("pen up to answer", _pen_up(browser, addresses))
        _report("pen move to bars", {"draw page": _pen_moves(browser, ours)})
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.goto(f"{ours}/confusion")
        _report("click to images", {"confusion page": _clicks(page)})
        with server.served(server.streamlit(server.REPO / "app.py")) as fresh:
            page.goto(f"{fresh}/train")
            first, *later = [_train_to_progress(page, seed) for seed in range(TRAININGS + 1)]
        print(f"Train to first progress, server just started: {first:.0f} ms, n = 1")
        _report("Train to first progress", {"warm worker": later})


def _report(what: str, times: dict[str, list[float]]) -> None:
    for name, values in times.items():
        ordered = sorted(values)
        print(
            f"{what}, {name}: median {statistics.median(values):.0f} ms,"
            f" 95 % {ordered[int(0.95 * (len(ordered) - 1))]:.0f} ms,"
            f" slowest {ordered[-1]:.0f} ms, n = {len(values)}"
        )
    first, *others = times
    for other in others:
        ratio = statistics.median(times[first]) / statistics.median(times[other])
        print(f"{what}: {first} / {other} {ratio:.2f}")


def _pen_up(browser: sync_api.Browser, addresses: dict[str, str]) -> dict[str, list[float]]:
    """Measure every page in turn, the first time not counted."""
    pages = {name: browser.new_page() for name in addresses}
    for name, page in pages.items():
        page.goto(addresses[name])
    times: dict[str, list[float]] = {name: [] for name in pages}
    for number in range(TIMES + 1):
        for name, page in pages.items():
            page.bring_to_front()
            taken = _pen_up_on_gradio(page) if name == GRADIO else _pen_up_to_answer(page)
            if number:
                times[name].append(taken)
    return times


def _pen_up_to_answer(page: sync_api.Page) -> float:
    _empty(page)
    return _draw_a_one(page, page.locator("canvas.upper-canvas"), SERVERS)


def _pen_up_on_gradio(page: sync_api.Page) -> float:
    page.get_by_role("button", name="Clear canvas").click()
    page.wait_for_function(f"() => !document.querySelector('{LABEL}')?.innerText")
    page.get_by_role("button", name="Brush").click()
    page.wait_for_timeout(1500)
    return _draw_a_one(page, page.locator("canvas").last, LABEL)


def _draw_a_one(page: sync_api.Page, canvas: sync_api.Locator, answer: str) -> float:
    box = canvas.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2 - 100
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, 9):
        page.mouse.move(x - step, y + 24 * step)
    begun = time.perf_counter()
    page.mouse.up()
    page.wait_for_function(f"() => document.querySelector('{answer}')?.innerText", polling=5)
    return 1000 * (time.perf_counter() - begun)


def _cost_of_a_digit(browser: sync_api.Browser, address: str, pid: int) -> None:
    """Print what a drawn four costs the server, in seconds of processor time."""
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    page.goto(f"{address}/draw")
    process = psutil.Process(pid)
    spent, taken = 0.0, 0.0
    for number in range(FOURS + 1):
        _empty(page)
        begun, before = time.perf_counter(), sum(process.cpu_times()[:2])
        _draw_a_four(page)
        page.wait_for_timeout(1200)
        if number:
            spent += sum(process.cpu_times()[:2]) - before
            taken += time.perf_counter() - begun
    before = sum(process.cpu_times()[:2])
    page.wait_for_timeout(1000 * IDLE_SECONDS)
    idle = (sum(process.cpu_times()[:2]) - before) / IDLE_SECONDS
    page.close()
    cost = 1000 * (spent - idle * taken) / FOURS
    print(f"a drawn four: {cost:.1f} ms of the server's processor, n = {FOURS}")


def _draw_a_four(page: sync_api.Page) -> None:
    box = page.locator("canvas.upper-canvas").bounding_box()
    at = None
    for stroke in FOUR:
        way = [stroke[0]] if at is None else _between(at, stroke[0], LIFTED_MS // 16)
        for x, y in way:
            page.mouse.move(box["x"] + x, box["y"] + y)
            page.wait_for_timeout(10)
        page.mouse.down()
        for start, end in itertools.pairwise(stroke):
            for x, y in _between(start, end, 12):
                page.mouse.move(box["x"] + x, box["y"] + y)
                page.wait_for_timeout(10)
        page.mouse.up()
        at = stroke[-1]


def _between(start: Point, end: Point, steps: int) -> list[Point]:
    return [
        tuple(a + (b - a) * step / steps for a, b in zip(start, end, strict=True))
        for step in range(1, steps + 1)
    ]


def _pen_moves(browser: sync_api.Browser, address: str) -> list[float]:
    """Measure while a pen draws fours, one over the other, the first not counted."""
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    with page.expect_response("**/pen/*.net"):
        page.goto(f"{address}/draw")
    _empty(page)
    _draw_a_four(page)
    page.evaluate(WATCH)
    for _ in range(TIMES // 4):
        _empty(page)
        _draw_a_four(page)
    waits = page.evaluate("() => waits")
    page.close()
    return waits


def _empty(page: sync_api.Page) -> None:
    page.locator("canvas.upper-canvas").wait_for()
    page.get_by_role("button", name="Clear", exact=True).click()
    page.wait_for_function("() => !document.querySelector('div.answer')")
    _settle(page)


def _clicks(page: sync_api.Page) -> list[float]:
    page.locator(".st-key-heatmap .shown").first.wait_for()
    _settle(page)
    taken = []
    for x, y, true_class, pred_class in page.evaluate(CELLS)[:TIMES]:
        begun = time.perf_counter()
        page.mouse.click(x, y)
        page.wait_for_function(
            "([i, j]) => location.search.includes(`true=${i}&pred=${j}`) &&"
            " document.querySelector('[data-testid=stApp]').dataset.testScriptState =="
            " 'notRunning'",
            arg=[true_class, pred_class],
            polling=5,
        )
        taken.append(1000 * (time.perf_counter() - begun))
        _settle(page)
    return taken


def _train_to_progress(page: sync_api.Page, seed: int) -> float:
    """Train the preset that the form opens on, and wait for its end."""
    field = page.get_by_label("Seed", exact=True)
    field.fill(str(seed))
    field.press("Enter")
    _settle(page)
    begun = time.perf_counter()
    page.get_by_test_id("stBaseButton-primary").click()
    page.get_by_text(re.compile(r"epoch \d+ of")).first.wait_for(timeout=60_000)
    taken = 1000 * (time.perf_counter() - begun)
    page.get_by_text(re.compile("has finished")).first.wait_for(timeout=60_000)
    _settle(page)
    return taken


def _settle(page: sync_api.Page) -> None:
    page.wait_for_timeout(400)
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')


if __name__ == "__main__":
    main()
