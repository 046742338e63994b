"""A real browser and real servers for the tests of what AppTest can't drive."""

import contextlib
import functools
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import streamlit
from playwright import sync_api

from mnistdash import datasets, evaluation, store

HERE = pathlib.Path(__file__).parent
LONGEST = "test_train.py"  # with two workers it would end alone
REPO = HERE.parents[1]
SHARED_DATA = pathlib.Path("../shared/data")  # seen from the repository
START_SECONDS = 60
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# What a page does not tell by itself. Streamlit loads a component's script once its element has
# come, and says "not running" before; the canvas of the library that fetches its own is known by
# what it draws. It says "not running" too until a run has begun with what a press sent: the first
# message of each run names the server's version.
WATCHED = """(() => {
  const make = URL.createObjectURL.bind(URL);
  const alive = new WeakSet();
  let [sent, begun] = [0, 0];
  window.allAlive = () => [...document.querySelectorAll('[data-testid^="stBidiComponent"]')]
    .map((component) => component.shadowRoot ?? component)
    .every((root) => alive.has(root) || root.querySelector(".canvas-root > *"));
  window.lives = (component) => alive.add(component);
  window.allHeard = () => begun >= sent || performance.now() - sent > 2000;
  URL.createObjectURL = (file) => {
    const url = make(file);
    if (file.type !== "text/javascript") return url;
    const told = `import draw from "${url}"; export default function (given) {
      const end = draw(given); lives(given.parentElement); return end; }`;
    return make(new Blob([told], { type: file.type }));
  };
  window.WebSocket = class extends WebSocket {
    constructor(...address) {
      super(...address);
      this.addEventListener("message", ({ data }) => {
        const said = new TextDecoder("latin1").decode(data);
        if (said.includes("STREAMLIT_VERSION")) begun = performance.now();
      });
    }
    send(message) {
      sent = performance.now();
      super.send(message);
    }
  };
})()""".replace("STREAMLIT_VERSION", streamlit.__version__)
_failed = pytest.StashKey[bool]()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the browser's tests last, those that take longest first among them.

    Playwright's synchronous API leaves an event loop marked as running in the main thread, and
    no later test could call `asyncio.run` (playwright-python issue 462).
    """
    items.sort(key=lambda item: (HERE in item.path.parents, item.path.name != LONGEST))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Iterator[pytest.TestReport]:
    """Remember on the test whether it failed, for `page` to see."""
    report = yield
    if report.failed:
        item.stash[_failed] = True
    return report


@pytest.fixture(scope="session")
def browser() -> Iterator[sync_api.Browser]:
    """A headless Chromium; without one the tests skip, or fail where a browser is required."""
    chromium = os.environ.get("MNISTDASH_CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        reason = (
            "No Chromium on this machine: apt-get install chromium, or point MNISTDASH_CHROMIUM "
            "at one."
        )
        if os.environ.get("MNISTDASH_REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_api.sync_playwright() as playwright:
        instance = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        instance.new_context = functools.partial(_new_context, instance.new_context)
        yield instance
        instance.close()


@pytest.fixture(scope="session")
def desk(browser: sync_api.Browser) -> Iterator[sync_api.BrowserContext]:
    """A cache for all windows: what Streamlit loads for its pages is fetched once."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    yield context
    context.close()


@pytest.fixture
def page(desk: sync_api.BrowserContext, request: pytest.FixtureRequest) -> Iterator[sync_api.Page]:
    """A fresh window of 1400 x 900; what it showed when a test failed goes to `screenshots/`."""
    window = desk.new_page()
    yield window
    if request.node.stash.get(_failed, False):
        name = "".join(c if c.isalnum() else "_" for c in request.node.name)
        window.screenshot(path=REPO / "screenshots" / f"{name}.png", full_page=True)
    window.close()


@pytest.fixture(scope="session")
def settled() -> Callable[[sync_api.Page], None]:
    """A function that waits until Streamlit has run the page and drawn every element."""
    return _wait_until_settled


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """A function that serves a Streamlit script for the rest of the session; returns its URL.

    Call it as `serve(script, NAME=value, ...)`: the names are environment variables, None unsets
    one. The script runs from the repository, with its theme.
    """
    with contextlib.ExitStack() as servers:

        def start(script: str | pathlib.Path, **env: str | None) -> str:
            log = tmp_path_factory.mktemp("server") / "log.txt"
            return servers.enter_context(_server(script, env, log))

        yield start


@pytest.fixture(scope="session")
def app_home(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """The folder in which the shared dashboard keeps its store."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def app_url(serve: Callable[..., str], app_home: pathlib.Path) -> str:
    """The address of the dashboard with a store of its own."""
    data = str(SHARED_DATA) if (REPO / SHARED_DATA).exists() else None
    return serve(
        "app.py", MNISTDASH_HOME=str(app_home), MNISTDASH_DATA=data, MNISTDASH_DOWNLOAD="0"
    )


@pytest.fixture
def app_store(app_home: pathlib.Path) -> store.Store:
    """The store of the shared dashboard, with the starter runs in it."""
    opened = store.Store(f"sqlite:///{app_home / 'mnistdash.sqlite3'}")
    opened.add_starters()
    return opened


@pytest.fixture
def starter(app_store: store.Store) -> tuple[store.Run, evaluation.Evaluation]:
    """The run that the shared dashboard opens on, MNIST's where its images are, and its answers."""
    mnist = REPO / SHARED_DATA / "mnist.npz"
    if mnist.is_file():
        run = app_store.run("starter-mnist")
        with np.load(mnist) as archive:
            labels = archive["y_test"]
    else:
        run = app_store.run("starter-optdigits")
        labels = datasets.load("optdigits").y_test
    return run, evaluation.Evaluation(labels, app_store.probs(run.id))


@pytest.fixture
def open_page(page: sync_api.Page, app_url: str) -> Callable[..., sync_api.Page]:
    """A function that follows a link to a page of the shared dashboard: a new session."""

    def follow(name: str = "", **params: object) -> sync_api.Page:
        page.goto(f"{app_url}/{name}?{urllib.parse.urlencode(params)}")
        page.get_by_test_id("stHeading").first.wait_for()
        _wait_until_drawn(page)
        return page

    return follow


@pytest.fixture
def choose(settled: Callable[[sync_api.Page], None]) -> Callable[[sync_api.Page, str, str], None]:
    """A function that chooses an option of a select box by their labels."""

    def pick(page: sync_api.Page, label: str, option: str) -> None:
        page.get_by_role("combobox", name=label).click()
        page.get_by_role("option", name=option).first.click()
        settled(page)

    return pick


def _new_context(
    make: Callable[..., sync_api.BrowserContext], **kwargs: object
) -> sync_api.BrowserContext:
    """Make a context whose pages tell which components live, and what was heard."""
    context = make(**kwargs)
    context.add_init_script(WATCHED)
    return context


def _wait_until_settled(page: sync_api.Page) -> None:
    """Wait until Streamlit has run the page and drawn every element."""
    page.wait_for_timeout(90)  # a click needs a moment to be sent
    page.wait_for_function("allHeard()")
    _wait_until_drawn(page)


def _wait_until_drawn(page: sync_api.Page) -> None:
    """Wait until the run that has begun is through, and every component lives."""
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    page.wait_for_selector('[data-testid="stSkeleton"]', state="detached")
    page.wait_for_function("allAlive()")


@contextlib.contextmanager
def _server(
    script: str | pathlib.Path, env: dict[str, str | None], log: pathlib.Path
) -> Iterator[str]:
    """Serve a script, and end the server and all that it started."""
    port = _free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(script)]
    command += ["--server.port", str(port), "--server.headless", "true"]
    command += ["--server.fileWatcherType", "none"]  # a file saved meanwhile must not rerun a page
    merged = {name: value for name, value in (os.environ | env).items() if value is not None}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=REPO, env=merged, stdout=output, stderr=output, start_new_session=True
        )
    try:
        url = f"http://localhost:{port}"
        _wait_until_healthy(url, process, log)
        yield url
    finally:
        _end_group(process)


def _free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return probe.getsockname()[1]


def _wait_until_healthy(url: str, process: subprocess.Popen[bytes], log: pathlib.Path) -> None:
    """Wait until the server answers; fail with the end of its log if it doesn't."""
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/_stcore/health"):
            return
        time.sleep(0.1)
    pytest.fail(f"Streamlit did not start. The end of its log:\n{log.read_text()[-2000:]}")


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End a process group: politely, then for good."""
    for sent in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, sent)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=3)
