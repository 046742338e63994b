"""Time from server start to the overview's figures, beside a one-line Streamlit app.

    MNISTDASH_DATA=../shared/data python tests/benchmarks/startup.py

Alternating, median of five after one warm-up round each; the same browser for all.
"""

import os
import pathlib
import platform
import statistics
import tempfile
import time

import server
from playwright import sync_api

ROUNDS = 5


def main() -> None:
    """Print both medians, their ratio, and whether TensorFlow was mapped into the dashboard."""
    with tempfile.TemporaryDirectory() as folder, server.browser() as browser:
        one_line = pathlib.Path(folder, "one_line", "app.py")
        one_line.parent.mkdir()
        one_line.write_text('import streamlit as st; st.write("Test accuracy")\n')
        os.environ["MNISTDASH_HOME"] = folder
        seconds = {"one line": [], "dashboard": []}
        for number in range(ROUNDS + 1):
            for name, script in (("one line", one_line), ("dashboard", server.REPO / "app.py")):
                taken, tensorflow = _first_figures(script, browser)
                if number:
                    seconds[name].append(taken)
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    for name, values in seconds.items():
        print(f"{name:10} median {medians[name]:.2f} s of", *(f"{value:.2f}" for value in values))
    print(f"ratio      {medians['dashboard'] / medians['one line']:.2f}")
    print(f"TensorFlow in the dashboard's process: {'yes' if tensorflow else 'no'}")


def _first_figures(script: pathlib.Path, browser: sync_api.Browser) -> tuple[float, bool]:
    page = browser.new_page()
    begun = time.perf_counter()
    with server.serving(server.streamlit(script)) as (url, process):
        _open(page, url)
        page.get_by_text("Test accuracy").wait_for()
        taken = time.perf_counter() - begun
        mapped = pathlib.Path(f"/proc/{process}/maps").read_text()
        page.close()
    return taken, "tensorflow/" in mapped


def _open(page: sync_api.Page, url: str) -> None:
    while True:
        try:
            page.goto(url)
            return
        except sync_api.Error:
            time.sleep(0.02)  # the server does not listen yet


if __name__ == "__main__":
    main()
