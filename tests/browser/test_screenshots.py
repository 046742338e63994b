"""Every page in light and dark, on a screen and on a phone: pictures to look at, and silence."""

import pathlib
import re
from collections.abc import Callable, Iterator

import pytest
from playwright import sync_api

from mnistdash import evaluation, store

Settled = Callable[[sync_api.Page], None]
Starter = tuple[store.Run, evaluation.Evaluation]
SCREENSHOTS = pathlib.Path(__file__).parents[2] / "screenshots"
PAGES = ("overview", "confusion", "gallery", "confidence", "compare", "draw", "train", "data")
PHONE = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/130 Mobile Safari"
# Streamlit looks for its server under the page's own path before it looks at the root.
PROBED = re.compile(r"/[a-z]+/_stcore/(health|host-config)$")


class Witness:
    """Notes what a page says in the console and which requests fail or leave this machine."""

    def __init__(self, page: sync_api.Page) -> None:
        self.said: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.said.append(f"error: {error}"))
        page.on("request", self._request)

    def _console(self, message: sync_api.ConsoleMessage) -> None:
        probe = PROBED.search(message.location.get("url", ""))
        if message.type == "error" and not probe:
            self.said.append(f"console: {message.text} {message.location.get('url', '')}")

    def _request(self, request: sync_api.Request) -> None:
        if not re.match(r"(https?|wss?)://localhost[:/]|data:|blob:", request.url):
            self.said.append(f"left this machine: {request.url}")


def link_to(name: str, starter: Starter) -> str:
    """Return the link to a page with something chosen on it."""
    run, answers = starter
    largest = answers.pairs()[0]
    chosen = f"true={largest.true_class}&pred={largest.pred_class}"
    index = answers.select(true_class=largest.true_class, pred_class=largest.pred_class)[0]
    view = {"confusion": f"&{chosen}", "gallery": f"&index={index}"}.get(name, "")
    path = "" if name == "overview" else name
    return f"{path}?run={run.id}{view}"


@pytest.fixture(scope="module", params=[1400, 400])
def screen(
    browser: sync_api.Browser, request: pytest.FixtureRequest
) -> Iterator[tuple[sync_api.BrowserContext, int]]:
    """A screen, or a phone, for all pages in turn; and its width."""
    width = request.param
    phone = {"user_agent": PHONE, "has_touch": True, "is_mobile": True} if width == 400 else {}
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme="light", **phone
    )
    yield context, width
    context.close()


@pytest.mark.parametrize("name", PAGES)
def test_page_is_calm_and_fits(
    screen: tuple[sync_api.BrowserContext, int],
    app_url: str,
    settled: Settled,
    starter: Starter,
    name: str,
) -> None:
    """No error, no traceback, no request to another machine, nothing that scrolls sideways."""
    context, width = screen
    page = context.new_page()
    witness = Witness(page)
    page.goto(f"{app_url}/{link_to(name, starter)}")
    page.get_by_role("heading", name=name.capitalize(), exact=True).wait_for()
    settled(page)
    page.wait_for_function(
        "() => [...document.querySelectorAll('[data-testid=stPlotlyChart]')]"
        ".every((chart) => chart.querySelector('.main-svg'))"
    )
    content = page.get_by_test_id("stMain")
    height = content.evaluate("(main) => main.scrollHeight")
    page.set_viewport_size({"width": width, "height": min(height, 4000)})
    settled(page)
    SCREENSHOTS.mkdir(exist_ok=True)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        settled(page)
        page.screenshot(path=SCREENSHOTS / f"{name}-{scheme}-{width}.png")
    overflow = page.evaluate(
        "[document.scrollingElement, document.querySelector('[data-testid=stMain]')]"
        ".map((element) => element.scrollWidth - element.clientWidth)"
    )
    said = content.inner_text()
    page.close()
    assert overflow == [0, 0]
    assert witness.said == []
    assert "Traceback" not in said
    assert "encountered an error" not in said
