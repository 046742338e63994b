"""A model trained elsewhere: seen growing, stopped from the page, looked at; and one from files."""

import io
import os
import pathlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from playwright import sync_api

from mnistdash import store

REPO = pathlib.Path(__file__).parents[2]
BEGIN_MS = 120_000  # TensorFlow is loaded first
END_MS = 60_000
NAME = "cnn from elsewhere"
# In batches of 2 an epoch takes a second: it goes on until somebody presses Stop.
SCRIPT = f"""
import keras, mnistdash
from mnistdash import datasets
digits = datasets.load("optdigits")
layers = keras.layers
body = [layers.Conv2D(4, 3, activation="relu"), layers.MaxPooling2D(4), layers.Flatten()]
model = keras.Sequential([keras.Input((28, 28, 1)), *body, layers.Dense(10, activation="softmax")])
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(digits.x_train / 255, digits.y_train, epochs=400, batch_size=2, verbose=0,
          callbacks=[mnistdash.Logger({NAME!r}, dataset="optdigits")])
"""


@pytest.fixture
def elsewhere(app_home: pathlib.Path) -> Iterator[Callable[[], subprocess.Popen]]:
    """A function that starts a plain script that trains, in a process of its own."""
    started = []

    def start() -> subprocess.Popen:
        env = os.environ | {"MNISTDASH_HOME": str(app_home), "MNISTDASH_DOWNLOAD": "0"}
        started.append(subprocess.Popen([sys.executable, "-c", SCRIPT], cwd=REPO, env=env))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture(autouse=True)
def cleared(app_store: store.Store) -> Iterator[None]:
    """Leave the shared store as it was."""
    before = {run.id for run in app_store.runs()}
    yield
    for run in app_store.runs():
        if run.id not in before:
            app_store.delete(run.id)


def points(page: sync_api.Page) -> int:
    """Count the points of the curves of accuracy."""
    lines = page.locator(".curves .chart:first-child path[data-points]")
    return sum(int(count) for count in lines.evaluate_all("all => all.map(e => e.dataset.points)"))


def wait_for_points(page: sync_api.Page, more_than: int) -> int:
    """Wait until the curves have more points than that; return how many."""
    deadline = time.monotonic() + END_MS / 1000
    while (found := points(page)) <= more_than:
        assert time.monotonic() < deadline, f"the curve stayed at {found} points"
        page.wait_for_timeout(100)
    return found


def test_a_training_elsewhere_is_seen_stopped_and_looked_at(
    open_page: Callable[..., sync_api.Page],
    app_store: store.Store,
    elsewhere: Callable[[], subprocess.Popen],
    settled: Callable[[sync_api.Page], None],
) -> None:
    """On a page that was open before; nothing is clicked but Stop and the links."""
    page = open_page("train")
    process = elsewhere()
    card = page.locator(".st-key-training-live")
    card.get_by_text(f"{NAME} · brought").wait_for(timeout=BEGIN_MS)
    first = wait_for_points(page, more_than=0)
    wait_for_points(page, more_than=first + 1)
    card.get_by_role("button", name="Stop").click()
    card.get_by_text("has finished").wait_for(timeout=END_MS)
    assert process.wait(timeout=60) == 0
    run = next(run for run in app_store.runs() if run.name == NAME)
    assert (run.status, run.has_model) == ("finished", True)
    sync_api.expect(card).to_contain_text(f"Stopped in epoch {len(run.history)}.")

    card.get_by_role("link", name="See where it fails").click()
    page.get_by_role("heading", name="Overview").wait_for()
    settled(page)
    sync_api.expect(page.get_by_text(f"{NAME} · brought").first).to_be_visible()
    page.locator(".tiles button, [data-index]").first.click()
    page.get_by_role("heading", name="Gallery").wait_for()
    settled(page)
    sync_api.expect(page.locator(".st-key-card")).to_contain_text("read as")


def test_a_run_is_added_from_files(
    open_page: Callable[..., sync_api.Page],
    app_store: store.Store,
    choose: Callable[[sync_api.Page, str, str], None],
    settled: Callable[[sync_api.Page], None],
) -> None:
    """Typed, chosen and pressed at once: refused in a sentence, then taken and linked to."""
    page = open_page("train")
    page.get_by_role("button", name="Add a run").click()
    form = page.locator(".st-key-bringing-form")
    form.wait_for()
    choose(page, "Answers to the test images of", "optdigits")
    target = io.BytesIO()
    np.save(target, app_store.probs("starter-optdigits"))
    short = io.BytesIO()
    np.save(short, app_store.probs("starter-optdigits")[:-1])
    upload = form.locator("input[type=file]").first
    upload.set_input_files(
        {"name": "short.npy", "mimeType": "application/octet-stream", "buffer": short.getvalue()}
    )
    form.get_by_text("short.npy").first.wait_for()
    form.get_by_label("Name", exact=True).focus()
    page.keyboard.type("from a file", delay=20)
    form.get_by_role("button", name="Add", exact=True).click()
    form.get_by_text("answers 499 images, but there are 500 test images").wait_for()

    form.get_by_role("button", name="Remove short.npy").click()
    form.get_by_text("short.npy").first.wait_for(state="detached")
    settled(page)  # a hand looks for the file meanwhile
    upload.set_input_files(
        {"name": "probs.npy", "mimeType": "application/octet-stream", "buffer": target.getvalue()}
    )
    form.get_by_text("probs.npy").first.wait_for()
    form.get_by_role("button", name="Add", exact=True).click()
    said = page.locator(".st-key-brought")
    said.get_by_text("is added").wait_for()
    run = next(run for run in app_store.runs() if run.name == "from a file")
    assert run.test_errors == app_store.run("starter-optdigits").test_errors
    said.get_by_role("link", name="See where it fails").click()
    page.get_by_role("heading", name="Overview").wait_for()
    settled(page)
    sync_api.expect(page.get_by_text("from a file · brought").first).to_be_visible()
