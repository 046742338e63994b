"""Pen up to answer, click on a cell to its images, Train to first progress, in a real browser.

    MNISTDASH_DATA=../shared/data python tests/benchmarks/pages.py [--gradio PYTHON]

Pen up is measured beside a page with nothing but the canvas and, where a Python that has gradio and
tensorflow is named, beside a Gradio sketchpad, alternating, n = 20 each. The click on Train counts
to the first figure of the first epoch: once on a server just started, while TensorFlow is imported,
and then with another seed each time.
"""

import argparse
import contextlib
import os
import pathlib
import platform
import re
import statistics
import tempfile
import time

import server
from playwright import sync_api

TIMES = 20
TRAININGS = 8
GRADIO, LABEL = "gradio sketchpad", ".output-class"
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
    st.html('<div class="answer">drawn</div>')
"""
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
    gradio = parser.parse_args().gradio
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        plain = pathlib.Path(folder, "plain", "app.py")
        plain.parent.mkdir()
        plain.write_text(PLAIN)
        os.environ["MNISTDASH_HOME"] = folder
        browser = stack.enter_context(server.browser())
        ours = stack.enter_context(server.served(server.streamlit(server.REPO / "app.py")))
        addresses = {"draw page": f"{ours}/draw"}
        addresses["plain canvas page"] = stack.enter_context(server.served(server.streamlit(plain)))
        if gradio:
            sketchpad = pathlib.Path(__file__).with_name("gradio_page.py")
            addresses[GRADIO] = stack.enter_context(server.served([gradio, str(sketchpad)]))
        _report("pen up to answer", _pen_up(browser, addresses))
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
    page.locator("canvas.upper-canvas").wait_for()
    page.get_by_role("button", name="Clear", exact=True).click()
    page.wait_for_function("() => !document.querySelector('div.answer')")
    _settle(page)
    return _draw_a_one(page, page.locator("canvas.upper-canvas"), "div.answer")


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
