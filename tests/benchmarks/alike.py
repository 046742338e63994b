"""How well small features find what whole ones find, what they cost, and how soon Why stands.

    MNISTDASH_DATA=../shared/data python tests/benchmarks/alike.py

The starter's features of MNIST's 60,000 training images: the twelve nearest to each of 500 test
images by the cosine of whole float32 features, beside those that `features` finds; how long it
takes to gather them on one thread, and to ask once. Then, in a browser, from the click on Why to
all of its rows for test images, the first on a server just started, n = 20: on Draw, and on the
card of the starter's errors.
"""

import contextlib
import os
import platform
import statistics
import tempfile
import time

import numpy as np
import server
from playwright import sync_api

from mnistdash import artifacts, classifier, datasets, features, store

ASKED, NEAREST, TIMES = 500, 12, 20
RUN = "starter-mnist"


def main() -> None:
    """Print the agreement, the size and the seconds."""
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    digits, model = datasets.load("mnist"), classifier.starter()
    began = time.perf_counter()
    found = features.gather(model.features, digits.x_train)
    size = len(features.write(found))
    print(f"gathered in {time.perf_counter() - began:.1f} s, {size:,} bytes")
    _agreement(model, found, digits)
    with contextlib.ExitStack() as stack:
        os.environ["MNISTDASH_HOME"] = stack.enter_context(tempfile.TemporaryDirectory())
        _keep(found, digits.sha256)
        browser = stack.enter_context(server.browser())
        for where, clicks in (("Draw", _clicks_on_why), ("the card", _clicks_on_the_card)):
            with server.served(server.streamlit(server.REPO / "app.py")) as url:
                first, *later = (1000 * seconds for seconds in clicks(browser.new_page(), url))
            print(f"click on Why to its rows on {where}, the first: {first:.0f} ms")
            print(f"later: median {statistics.median(later):.0f} ms, slowest {max(later):.0f} ms")


def _agreement(
    model: classifier.Classifier, found: features.Features, digits: datasets.Dataset
) -> None:
    whole = model.features(digits.x_train)
    lengths = np.linalg.norm(whole, axis=1)
    same, seconds = 0, 0.0
    for asked in model.features(digits.x_test[:ASKED]):
        exact = np.argsort(-(whole @ asked) / lengths, kind="stable")[:NEAREST]
        began = time.perf_counter()
        nearest, _ = found.nearest(asked, NEAREST)
        seconds += time.perf_counter() - began
        same += len(set(exact.tolist()) & set(nearest.tolist()))
    print(f"{same / (ASKED * NEAREST):.3f} of the {NEAREST} nearest to {ASKED} images agree")
    print(f"a question takes {1000 * seconds / ASKED:.1f} ms")


def _keep(found: features.Features, sha256: str) -> None:
    """Keep the features with the starter, in the store that the server opens."""
    db = store.Store(store.default_url())
    db.add_starters()
    db.request_study(RUN)
    db.finish_study(RUN, artifacts.features(sha256), features.write(found))
    db.close()


def _clicks_on_why(page: sync_api.Page, url: str) -> list[float]:
    """Measure a click for each of some test images, in seconds."""
    page.goto(f"{url}/draw")
    seconds = []
    for _ in range(TIMES + 1):
        page.get_by_role("button", name="Sample").click()
        page.get_by_text("labelled").wait_for()
        _settle(page)
        began = time.perf_counter()
        page.get_by_text("Why?").click()
        page.get_by_text("strongest channels").wait_for()
        seconds.append(time.perf_counter() - began)
        _settle(page)
        page.get_by_text("Why?").click()
        page.get_by_text("strongest channels").wait_for(state="detached")
    return seconds


def _clicks_on_the_card(page: sync_api.Page, url: str) -> list[float]:
    """Measure a click for each of the starter's most confident errors, in seconds."""
    page.goto(f"{url}/gallery?run={RUN}")
    page.locator(".tile").first.click()
    why = page.locator("[class*=st-key-card-why] summary")
    why.wait_for()
    page.wait_for_timeout(2_000)  # somebody looks at the card first
    seconds = []
    for _ in range(TIMES + 1):
        _settle(page)
        began = time.perf_counter()
        why.click()
        page.locator(".st-key-neighbours .tile").nth(4).wait_for()
        seconds.append(time.perf_counter() - began)
        _settle(page)
        why.click()
        page.locator(".st-key-neighbours").wait_for(state="detached")
        page.keyboard.press("ArrowRight")
    return seconds


def _settle(page: sync_api.Page) -> None:
    page.wait_for_timeout(400)
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')


if __name__ == "__main__":
    main()
