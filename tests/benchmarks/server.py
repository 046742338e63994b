"""What the benchmarks of pages share: a browser, and Streamlit servers of their own."""

import contextlib
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator

from playwright import sync_api

REPO = pathlib.Path(__file__).parents[2]
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


@contextlib.contextmanager
def browser() -> Iterator[sync_api.Browser]:
    """Start Debian's Chromium, or the one that `MNISTDASH_CHROMIUM` names."""
    chromium = os.environ.get("MNISTDASH_CHROMIUM") or shutil.which("chromium")
    with sync_api.sync_playwright() as playwright:
        instance = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield instance
        instance.close()


@contextlib.contextmanager
def serving(script: pathlib.Path) -> Iterator[tuple[str, int]]:
    """Start a server of a script from the repository's folder; yield its address and process."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = str(probe.getsockname()[1])
    command = [sys.executable, "-m", "streamlit", "run", str(script)]
    server = subprocess.Popen(
        [*command, "--server.headless", "true", "--server.port", port],
        cwd=REPO,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield f"http://localhost:{port}", server.pid
    finally:
        server.kill()
        server.wait()


@contextlib.contextmanager
def served(script: pathlib.Path) -> Iterator[str]:
    """Start a server and wait until it answers; yield its address."""
    with serving(script) as (url, _):
        while True:
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/_stcore/health"):
                break
            time.sleep(0.1)
        yield url
