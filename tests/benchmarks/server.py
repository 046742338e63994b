"""What the benchmarks of pages share: a browser, and servers of their own."""

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


def streamlit(script: pathlib.Path, python: str = sys.executable) -> list[str]:
    """Return the command that serves a script, but for its port."""
    headless = ["--server.headless", "true"]
    return [python, "-m", "streamlit", "run", str(script), *headless, "--server.port"]


@contextlib.contextmanager
def serving(command: list[str], *, folder: pathlib.Path = REPO) -> Iterator[tuple[str, int]]:
    """Start a server in the repository's folder; yield its address and process.

    Args:
        command: to which the port is added.
        folder: another checkout's, whose settings count then.
    """
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = str(probe.getsockname()[1])
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    server = subprocess.Popen([*command, port], cwd=folder, **quiet)
    try:
        yield f"http://localhost:{port}", server.pid
    finally:
        server.kill()
        server.wait()


@contextlib.contextmanager
def served(command: list[str]) -> Iterator[str]:
    """Start a server and wait until it answers; yield its address."""
    with serving(command) as (url, _):
        wait(url)
        yield url


def wait(url: str) -> None:
    """Wait until a server answers."""
    while True:
        with contextlib.suppress(OSError), urllib.request.urlopen(url):
            return
        time.sleep(0.1)
