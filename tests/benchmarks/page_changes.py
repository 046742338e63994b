"""Time of a page change, layout shifts, and processor time of one run of each page.

    MNISTDASH_DATA=../shared/data python tests/benchmarks/page_changes.py [--times N]
        [--app PATH [--python PATH]] [--processor-time]

A page change is the time from the press on a link of the menu to the last change of the page's
document, components' own trees included, before 400 ms of silence. The first visit in a browser
without a cache and the second one are told apart. Layout shifts are summed from a page's landing,
and from a press on; those within half a second of a press, which the metric leaves out, are given
as well. Processor time is the server's for one run of the page shown, nothing else going on: it is
asked for by a client that draws nothing, since a browser at work on the other thread of the same
core makes a server's milliseconds longer. All pages were visited by then. With another checkout
everything is measured on both, in turns; what it depends on may be another environment's.
"""

import argparse
import asyncio
import contextlib
import os
import pathlib
import platform
import statistics
import sys
import tempfile

import psutil
import server
import visiting
from playwright import sync_api

PAGES = {"": "Overview", "confusion": "Confusion", "gallery": "Gallery",
         "confidence": "Confidence", "compare": "Compare", "draw": "Draw", "train": "Train",
         "data": "Data"}  # fmt: skip
SILENCE_MS = 400
WARM_RUNS = 3  # of a page that was gone to, before its processor time is taken
RUNS = 25  # in a row, for it
DESK = {"viewport": {"width": 1400, "height": 1000}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
SIZES = {"1400 px": DESK, "390 px": PHONE}
PROBE = """() => {
  const probe = (window.probe = { pressed: 0, last: 0, calm: 0, all: 0 });
  const inMain = (node) => {
    for (let root; (root = node.getRootNode()) instanceof ShadowRoot; ) node = root.host;
    return (node.closest ? node : node.parentElement)?.closest?.('[data-testid="stMain"]');
  };
  const observer = new MutationObserver((records) => {
    if (records.some(({ target }) => inMain(target))) probe.last = performance.now();
  });
  const all = { subtree: true, childList: true, attributes: true, characterData: true };
  observer.observe(document, all);
  const attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (options) {
    const root = attach.call(this, options);
    observer.observe(root, all);
    return root;
  };
  addEventListener("pointerdown", () => (probe.pressed = performance.now()), true);
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      probe.all += entry.value;
      if (!entry.hadRecentInput) probe.calm += entry.value;
    }
  }).observe({ type: "layout-shift", buffered: true });
}"""
SETTLED = f"""(title) => document.querySelector("h1")?.textContent === title
  && document.querySelector('[data-test-script-state="notRunning"]')
  && performance.now() - Math.max(probe.last, probe.pressed) > {SILENCE_MS}"""
# The menu's, which were Streamlit's page links once.
LINKS = '[data-testid="stSidebar"] :is(.st-key-menu, [data-testid="stPageLink"]) a'
LINK = f"""(name) => Array.from(document.querySelectorAll('{LINKS}')).findIndex((link) =>
  link.getAttribute("href").split("?")[0].split("/").at(-1) === name)"""
Figures = dict[tuple[str, ...], list[float]]


def main() -> None:
    """Print what was measured as tables, beside the other checkout if there is one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--app", type=pathlib.Path, help="another checkout, to compare with")
    parser.add_argument("--python", default=sys.executable, help="of its environment")
    parser.add_argument("--processor-time", action="store_true", help="nothing but that")
    parser.add_argument("--times", type=int, default=5)
    chosen = parser.parse_args()
    folders = {"ours": server.REPO} | ({"other": chosen.app.resolve()} if chosen.app else {})
    for name in [name for name in PAGES if not all(_has(each, name) for each in folders.values())]:
        print(f"{PAGES.pop(name)} is left out: the other checkout has no such page.")
    load = os.getloadavg()[0]
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()},", end=""
    )
    print(f" load at the start {load:.1f}, n = {chosen.times}")
    found: Figures = {}
    pythons = {"ours": sys.executable, "other": chosen.python}
    with contextlib.ExitStack() as stack:
        servers = {
            name: stack.enter_context(_server(folder, pythons[name]))
            for name, folder in folders.items()
        }
        asyncio.run(_processor_times(servers, found, chosen.times))
        _report_processor_times(found, list(folders))
        if chosen.processor_time:
            return
        browser = stack.enter_context(server.browser())
        for _ in range(chosen.times):
            for size, options in SIZES.items():
                for name, (url, _) in servers.items():
                    _changes(browser, url, options, found, (name, size))
                    _landings(browser, url, options, found, (name, size))
    for name in folders:
        _report(found, name)


def _has(folder: pathlib.Path, name: str) -> bool:
    return (folder / "pages" / f"{name or 'overview'}.py").is_file()


@contextlib.contextmanager
def _server(
    folder: pathlib.Path, python: str
) -> "contextlib.AbstractContextManager[tuple[str, int]]":
    """Start the application of a checkout with a home of its own, and look at it once."""
    with tempfile.TemporaryDirectory() as home:
        os.environ |= {"MNISTDASH_HOME": home, "PYTHONPATH": str(folder), "MNISTDASH_DOWNLOAD": "0"}
        command = server.streamlit(folder / "app.py", python)
        with server.serving(command, folder=folder) as (url, pid):
            server.wait(url)
            yield url, pid


def _open(
    browser: sync_api.Browser, address: str, title: str, options: dict
) -> tuple[sync_api.BrowserContext, sync_api.Page]:
    """Land on a page in a browser without a cache, and wait until it is still."""
    context = browser.new_context(**options)
    page = context.new_page()
    page.add_init_script(f"({PROBE})()")
    page.goto(address)
    page.wait_for_function(SETTLED, arg=title, timeout=120_000)
    return context, page


def _landings(
    browser: sync_api.Browser, url: str, options: dict, found: Figures, whose: tuple[str, str]
) -> None:
    for name, title in PAGES.items():
        context, page = _open(browser, f"{url}/{name}", title, options)
        shifts = page.evaluate("probe.calm")
        found.setdefault((*whose, title, "landing shift"), []).append(shifts)
        context.close()


def _changes(
    browser: sync_api.Browser, url: str, options: dict, found: Figures, whose: tuple[str, str]
) -> None:
    """Go through all pages twice, from the overview to the overview."""
    context, page = _open(browser, url, "Overview", options)
    for visit in ("first", "warm"):
        for name in (*list(PAGES)[1:], ""):
            figures = _change(page, name, touch="has_touch" in options)
            for what, value in zip(("ms", "shift", "all shifts"), figures, strict=True):
                found.setdefault((*whose, PAGES[name], f"{visit} {what}"), []).append(value)
    context.close()


def _change(page: sync_api.Page, name: str, *, touch: bool) -> tuple[float, float, float]:
    opener = page.get_by_test_id("stExpandSidebarButton")
    if touch and opener.is_visible():
        opener.tap()
        page.wait_for_timeout(SILENCE_MS)
    link = page.locator(LINKS).nth(page.evaluate(LINK, name))
    page.evaluate("probe.calm = probe.all = 0")
    link.tap() if touch else link.click()
    page.wait_for_function(SETTLED, arg=PAGES[name], timeout=60_000)
    return tuple(page.evaluate("[probe.last - probe.pressed, probe.calm, probe.all]"))


async def _processor_times(servers: dict[str, tuple[str, int]], found: Figures, times: int) -> None:
    """Let every page run some times in a row on each server in turn, nothing else going on."""
    async with contextlib.AsyncExitStack() as stack:
        visits = {
            whose: (await stack.enter_async_context(visiting.visit(url)), psutil.Process(pid))
            for whose, (url, pid) in servers.items()
        }
        for visit, _ in visits.values():
            for name in PAGES:
                visit.go_to(name)
                await visit.run()
        for _ in range(times):
            for name, title in PAGES.items():
                for whose, (visit, process) in visits.items():
                    visit.go_to(name)
                    taken = await _processor_time(visit, process)
                    found.setdefault((whose, title, "cpu"), []).append(taken)


async def _processor_time(visit: visiting.Visit, process: psutil.Process) -> float:
    """Return the server's processor time for one run of the page shown, in milliseconds."""
    for _ in range(WARM_RUNS):
        await visit.run()
    before = process.cpu_times()
    for _ in range(RUNS):
        await visit.run()
    after = process.cpu_times()
    return 1000 * (after.user + after.system - before.user - before.system) / RUNS


def _report(found: Figures, whose: str) -> None:
    for size in SIZES:
        print(f"\n{whose}, {size}")
        print("                press to last change, ms,    layout shift, largest:")
        print("                median (slowest) of the      landing  page    (with that just")
        print("                first visit and later ones   on it    change  after a press)")
        for title in PAGES.values():
            one = {
                key[-1]: values for key, values in found.items() if key[:-1] == (whose, size, title)
            }
            times = "  ".join(
                f"{_median(one[f'{visit} ms']):4.0f} ({max(one[f'{visit} ms']):4.0f})"
                for visit in ("first", "warm")
            )
            landed = max(one["landing shift"])
            changed = max(one["first shift"] + one["warm shift"])
            pressed = max(one["first all shifts"] + one["warm all shifts"])
            print(f"  {title:12}  {times}      {landed:.3f}    {changed:.3f}  ({pressed:.3f})")


def _report_processor_times(found: Figures, whose: list[str]) -> None:
    print(
        f"\nprocessor time of one run, ms, median (slowest) of {RUNS} in a row: {', '.join(whose)}"
    )
    for title in PAGES.values():
        values = [found[name, title, "cpu"] for name in whose]
        shown = "  ".join(f"{_median(each):5.1f} ({max(each):5.1f})" for each in values)
        ratio = f"  {_median(values[0]) / _median(values[1]):.2f}" if len(values) > 1 else ""
        print(f"  {title:9} {shown}{ratio}", flush=True)


_median = statistics.median

if __name__ == "__main__":
    main()
