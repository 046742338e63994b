"""Sliders that change an image in the browser, and the answer that turns."""

import base64
import pathlib
import re
from collections.abc import Callable

import numpy as np
from playwright import sync_api

from mnistdash import artifacts, classifier, datasets, evaluation, nearness, store

OpenPage = Callable[..., sync_api.Page]
Settled = Callable[[sync_api.Page], None]
Starter = tuple[store.Run, evaluation.Evaluation]
REPO = pathlib.Path(__file__).parents[2]
MODULE = REPO / "mnistdash" / "ui" / "how_near.js"
RUN = """async ([code, asked]) => {
  const { changed } = await import(`data:text/javascript;base64,${code}`);
  return asked.map(([image, change]) => Array.from(changed(Uint8Array.from(image), change)));
}"""
MNIST = REPO.parent / "shared" / "data" / "mnist.npz"
MOST_STEPS = 16


def test_browser_changes_images_as_python_does(page: sync_api.Page) -> None:
    """40 drawn changes of all kinds at once, and each end of each kind: within one grey level."""
    draws = np.random.default_rng(0)
    changes = [
        nearness.Change(
            **{kind.name: draws.uniform(kind.low, kind.high) for kind in nearness.KINDS}
        )
        for _ in range(40)
    ]
    changes += [
        nearness.Change(**{kind.name: end})
        for kind in nearness.KINDS
        for end in (kind.low, kind.high, kind.neutral + kind.step)
    ]
    images = datasets.load("optdigits").x_test[: len(changes)]
    expected = np.concatenate([
        nearness.changed(image, [change]) for image, change in zip(images, changes, strict=True)
    ])  # fmt: skip
    page.goto("about:blank")
    asked = [
        [image.ravel().tolist(), vars(change)]
        for image, change in zip(images, changes, strict=True)
    ]
    found = page.evaluate(RUN, [base64.b64encode(MODULE.read_bytes()).decode(), asked])
    apart = np.abs(np.array(found).reshape(-1, 28, 28) - expected.astype(int))
    assert np.ptp(expected, axis=(1, 2)).min() > 50
    assert apart.max() <= 1
    assert (apart > 0).mean() < 0.001


def a_near_one(
    db: store.Store, run: store.Run, answers: evaluation.Evaluation
) -> tuple[int, nearness.Flip]:
    """Find an error that a few steps of a slider upwards turn, and those steps."""
    digits = np.load(MNIST) if run.dataset == "mnist" else vars(datasets.load(run.dataset))
    images = digits["x_test"]
    model = classifier.Classifier(db.artifact(run.id, artifacts.MODEL))
    for index in answers.errors.tolist():
        for flip in nearness.flips(model.probs, images[index]):
            steps = (flip.value - flip.kind.neutral) / flip.kind.step
            if 2 <= steps <= MOST_STEPS:
                return index, flip
    raise LookupError("No error of the starter is near another answer.")


def test_slider_to_a_flip(
    open_page: OpenPage, settled: Settled, starter: Starter, app_store: store.Store
) -> None:
    """Steps to one before the flip leave the answer, the next turns it, Reset brings it back.

    The card stays; pressing the sentence leads to the flip; where the browser gets no network the
    server answers; the next image begins anew.
    """
    run, answers = starter
    index, flip = a_near_one(app_store, run, answers)
    before, after = (re.compile(rf"^{name} [✓✕]$") for name in (answers.y_pred[index], flip.answer))
    steps = round((flip.value - flip.kind.neutral) / flip.kind.step)
    page = open_page("gallery", run=run.id, index=index)
    withheld: list[sync_api.Route] = []
    for network in ("sent", "withheld"):
        if network == "withheld":
            page.route("**/pen/*.net", lambda route: (withheld.append(route), route.abort()))
            page.reload()
        page.locator(".st-key-card-near summary").click()
        now = page.locator(".how-near .now")
        sync_api.expect(now).to_have_text(before)
        slider = page.locator(".how-near .slide").nth(nearness.KINDS.index(flip.kind))
        slider.locator("input").focus()
        for _ in range(steps - 1):
            page.keyboard.press("ArrowRight")
        page.wait_for_timeout(100)
        sync_api.expect(now).to_have_text(before)
        page.keyboard.press("ArrowRight")
        sync_api.expect(now).to_have_text(after)
        page.get_by_role("button", name="Reset").click()
        sync_api.expect(now).to_have_text(before)
        slider.get_by_role("button").click()
        sync_api.expect(now).to_have_text(after)
        sync_api.expect(page.locator(".verdict")).to_contain_text(f"#{index} ")
    assert withheld
    settled(page)
    page.locator("h1").click()
    page.keyboard.press("ArrowRight")
    sync_api.expect(page.locator(".verdict")).not_to_contain_text(f"#{index} ")
    sync_api.expect(page.get_by_role("button", name="Reset")).to_be_disabled()
