"""Time from server start to the overview's figures, beside a one-line Streamlit app.

    MNISTDASH_DATA=../shared/data python tests/benchmarks/startup.py

Alternating, median of five after one warm-up round each; the same browser for all.
"""

import os
import pathlib
import platform
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

from playwright import sync_api

REPO = pathlib.Path(__file__).parents[2]
ROUNDS = 5
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


def main() -> None:
    """Print both medians, their ratio, and whether TensorFlow was mapped into the dashboard."""
    with tempfile.TemporaryDirectory() as folder, sync_api.sync_playwright() as playwright:
        one_line = pathlib.Path(folder, "one_line", "app.py")
        one_line.parent.mkdir()
        one_line.write_text('import streamlit as st; st.write("Test accuracy")\n')
        os.environ["MNISTDASH_HOME"] = folder
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("MNISTDASH_CHROMIUM") or shutil.which("chromium"),
            args=FLAGS,
        )
        seconds = {"one line": [], "dashboard": []}
        for number in range(ROUNDS + 1):
            for name, script in (("one line", one_line), ("dashboard", REPO / "app.py")):
                taken, tensorflow = _first_figures(script, browser)
                if number:
                    seconds[name].append(taken)
        browser.close()
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    for name, values in seconds.items():
        print(f"{name:10} median {medians[name]:.2f} s of", *(f"{value:.2f}" for value in values))
    print(f"ratio      {medians['dashboard'] / medians['one line']:.2f}")
    print(f"TensorFlow in the dashboard's process: {'yes' if tensorflow else 'no'}")


def _first_figures(script: pathlib.Path, browser: sync_api.Browser) -> tuple[float, bool]:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    page = browser.new_page()
    options = ["--server.port", str(port), "--server.headless", "true"]
    begun = time.perf_counter()
    server = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", str(script), *options],
        cwd=REPO,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _open(page, f"http://localhost:{port}/")
        page.get_by_text("Test accuracy").wait_for()
        taken = time.perf_counter() - begun
        mapped = pathlib.Path(f"/proc/{server.pid}/maps").read_text()
        return taken, "tensorflow/" in mapped
    finally:
        page.close()
        server.kill()
        server.wait()


def _open(page: sync_api.Page, url: str) -> None:
    while True:
        try:
            page.goto(url)
            return
        except sync_api.Error:
            time.sleep(0.02)  # the server does not listen yet


if __name__ == "__main__":
    main()
