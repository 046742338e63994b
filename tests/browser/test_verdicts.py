"""Verdicts at the hand's speed: by key on card and tile, kept whatever the server is doing."""

import pathlib
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from playwright import sync_api

from mnistdash import artifacts, datasets, evaluation, store, suspects, verdicts
from tests.browser import conftest

OpenPage = Callable[..., sync_api.Page]
Settled = Callable[[sync_api.Page], None]
Starter = tuple[store.Run, evaluation.Evaluation]
FAULTS = ("model", "label", "picture")


def tile(page: sync_api.Page, position: int, key: str = "gallery") -> sync_api.Locator:
    """Find a tile by its place on the page."""
    return page.locator(f"[class*='st-key-{key}'] [role=listitem] .tile").nth(position)


def mark(page: sync_api.Page, position: int, key: str = "gallery") -> sync_api.Locator:
    """Find what bears the mark of a tile's verdict."""
    return tile(page, position, key).locator(".paper")


def until(page: sync_api.Page, holds: Callable[[], bool]) -> bool:
    """Wait up to three seconds until something holds."""
    for _ in range(60):
        if holds():
            return True
        page.wait_for_timeout(50)
    return False


@pytest.fixture
def kept(app_store: store.Store, starter: Starter) -> Iterator[Callable[[], dict[int, tuple]]]:
    """A function that reads what "me" said; nothing is left of it afterwards."""
    sha256 = starter[0].dataset_sha256

    def read() -> dict[int, tuple]:
        found = app_store.verdicts(sha256, "test", "me")
        return {index: (said.fault, said.label, said.note) for index, said in found.items()}

    yield read
    found = app_store.verdicts(sha256, "test", "me").values()
    app_store.judge(
        verdicts.Verdict(**vars(said) | {"fault": "none", "label": None}) for said in found
    )


def test_ten_verdicts_in_a_row_and_back(
    open_page: OpenPage, starter: Starter, kept: Callable[[], dict]
) -> None:
    """A click, then ten times a key and an arrow, 60 ms apart, from the click on: ten verdicts.

    The same keys on the way back take back what they said.
    """
    run, answers = starter
    page = open_page("gallery", run=run.id, sort="index")
    tile(page, 14).wait_for()
    errors = answers.errors[:10].tolist()
    tile(page, 0).click()
    for step in range(10):
        page.keyboard.press("123"[step % 3])
        page.wait_for_timeout(60)
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(60)
    sync_api.expect(page.locator("h2.verdict")).to_contain_text(f"#{answers.errors[10]} ")
    labels = [int(answers.y_pred[i]) if n % 3 == 1 else None for n, i in enumerate(errors)]
    said = {index: (FAULTS[n % 3], labels[n], "") for n, index in enumerate(errors)}
    assert until(page, lambda: kept() == said), kept()
    sync_api.expect(mark(page, 9)).to_have_attribute("data-verdict", "M")
    for step in reversed(range(3, 10)):
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("123"[step % 3])
    sync_api.expect(mark(page, 3)).to_have_attribute("data-verdict", "")
    sync_api.expect(page.locator("h2.verdict")).to_contain_text(f"#{errors[3]} ")
    assert until(page, lambda: list(kept()) == errors[:3]), kept()


def test_verdict_is_found_by_another_server(
    open_page: OpenPage,
    page: sync_api.Page,
    starter: Starter,
    settled: Settled,
    kept: Callable[[], dict],
    app_home: pathlib.Path,
    serve: Callable[..., str],
) -> None:
    """A tile of Overview judged by key; a label by Shift and a note by hand; all there again.

    Figures typed into the note are no verdicts.
    """
    run, answers = starter
    open_page(run=run.id)
    confident = answers.select(order="confident").tolist()
    tile(page, 1, "confident").focus()
    page.keyboard.press("3")
    sync_api.expect(mark(page, 1, "confident")).to_have_attribute("data-verdict", "P")
    tile(page, 0, "confident").click()
    page.locator("h2.verdict").wait_for()
    settled(page)
    other = next(c for c in range(10) if c not in (answers.y_true[confident[0]], 2))
    page.keyboard.press(f"Shift+Digit{other}")
    page.get_by_placeholder("Note").fill("120 of 3")
    page.keyboard.press("Enter")
    expected = {confident[0]: ("label", other, "120 of 3"), confident[1]: ("picture", None, "")}
    assert until(page, lambda: kept() == expected)
    data = str(pathlib.Path("../shared/data")) if run.dataset == "mnist" else None
    again = serve(
        "app.py", MNISTDASH_HOME=str(app_home), MNISTDASH_DATA=data, MNISTDASH_DOWNLOAD="0"
    )
    page.goto(f"{again}/gallery?run={run.id}&verdict=judged")
    sync_api.expect(mark(page, 0)).to_have_attribute("data-verdict", f"→{other}")
    sync_api.expect(mark(page, 1)).to_have_attribute("data-verdict", "P")
    tile(page, 0).click()
    sync_api.expect(page.get_by_placeholder("Note")).to_have_value("120 of 3")


@pytest.fixture
def trained_on(starter: Starter) -> np.ndarray:
    """The labels of the images that the starter learnt from."""
    if starter[0].dataset != "mnist":
        return datasets.load(starter[0].dataset).y_train
    with np.load(conftest.REPO / conftest.SHARED_DATA / "mnist.npz") as archive:
        return archive["y_train"]


@pytest.fixture
def doubted(
    app_store: store.Store, starter: Starter, trained_on: np.ndarray
) -> Iterator[Callable[[], dict[int, tuple]]]:
    """A function that reads verdicts on training images, the last 20 of which are suspect."""
    run, sha256 = starter[0], starter[0].dataset_sha256
    quality = np.ones(len(trained_on), np.float32)
    quality[-20:] = np.linspace(0, 0.5, 20)
    judged = suspects.Judged(
        quality=quality,
        likely=(trained_on + 1) % 10,
        contradicted=quality < 1,
        confident=quality < 0.1,
    )
    found = suspects.write(suspects.Suspects(test=judged, train=judged, judges=None))
    app_store.request_study(run.id, artifacts.SUSPECTS)
    app_store.finish_study(run.id, artifacts.suspects(sha256), found)

    def read() -> dict[int, tuple]:
        told = app_store.verdicts(sha256, "train", "me")
        return {index: (said.fault, said.label) for index, said in told.items()}

    yield read
    said = app_store.verdicts(sha256, "train", "me").values()
    app_store.judge(
        verdicts.Verdict(**vars(each) | {"fault": "none", "label": None}) for each in said
    )


def test_training_images_are_judged_and_offered_to_train(
    open_page: OpenPage,
    starter: Starter,
    trained_on: np.ndarray,
    doubted: Callable[[], dict],
    settled: Settled,
) -> None:
    """Six by key on Data, 60 ms apart, the last taken back: after a reload Train offers four.

    Two labels and two pictures; of the other the model is to blame, and nothing is corrected.
    """
    page = open_page("data", run=starter[0].id)
    key = f"suspects-{starter[0].dataset}"
    tile(page, 0, key).scroll_into_view_if_needed()
    tile(page, 0, key).click()
    for step in range(6):
        page.keyboard.press("231"[step % 3])
        page.wait_for_timeout(60)
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(60)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("1")
    first, other = len(trained_on) - 20, (trained_on[-20:] + 1) % 10
    expected = {
        first: ("label", other[0]),
        first + 1: ("picture", None),
        first + 2: ("model", None),
        first + 3: ("label", other[3]),
        first + 4: ("picture", None),
    }
    assert until(page, lambda: doubted() == expected), doubted()
    page.get_by_text("2 images to relabel, 2 to drop").wait_for()
    page.reload()
    sync_api.expect(mark(page, 0, key)).to_have_attribute("data-verdict", f"→{other[0]}")
    sync_api.expect(mark(page, 5, key)).to_have_attribute("data-verdict", "")
    page.get_by_test_id("stSidebar").get_by_role("link", name="Train").click()
    page.get_by_text("With 4 corrections").click()
    settled(page)
    sync_api.expect(page.get_by_test_id("stMain")).to_contain_text("preset: 4 corrections")
