"""What axe-core says of every page in both themes, and what it doesn't look at: focus, names."""

import io
import re
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from axe_playwright_python import sync_playwright as axe
from playwright import sync_api

from mnistdash import evaluation, recipes, store

OpenPage = Callable[..., sync_api.Page]
Settled = Callable[[sync_api.Page], None]
Starter = tuple[store.Run, evaluation.Evaluation]
PHONE = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/130 Mobile Safari"
PAGES = ("overview", "confusion", "gallery", "confidence", "compare", "draw", "train", "data")
EVERY_RULE = {"resultTypes": ["violations"]}
COLOURS = EVERY_RULE | {"runOnly": ["color-contrast"]}
# What in our components, which live in shadow roots, takes the focus and looks the same with it.
UNSEEN_FOCUS = """() => {
  const unseen = [];
  const look = (element) => {
    const { outlineStyle, boxShadow, backgroundColor } = getComputedStyle(element);
    return outlineStyle + boxShadow + backgroundColor;
  };
  const walk = (root) => {
    for (const element of root.querySelectorAll("*")) {
      if (element.shadowRoot) walk(element.shadowRoot);
      const focusable = element.matches("button:enabled, a[href], input, [tabindex]");
      if (root === document || !focusable || !element.checkVisibility()) continue;
      element.blur();
      const before = look(element);
      element.focus({ preventScroll: true });
      if (look(element) === before) unseen.push(element.outerHTML.slice(0, 120));
    }
  };
  walk(document);
  return unseen;
}"""
CHART_NAMES = """(charts) => charts.map(
  (chart) => chart.closest("[role=figure], [role=img]")?.ariaLabel
    ?? chart.querySelector("[role=figure], [role=img]")?.ariaLabel
)"""


@pytest.fixture
def opponent(app_store: store.Store, starter: Starter) -> Iterator[store.Run]:
    """Another run on the same images, which guesses: Compare has something of each kind to show."""
    run, answers = starter
    probs = np.random.default_rng(0).dirichlet(np.ones(10), len(answers)).astype(np.float32)
    target = io.BytesIO()
    np.save(target, probs)
    made = app_store.enqueue(recipes.Recipe(epochs=2), run.dataset, name="guesses")
    assert app_store.start(made.id)
    app_store.finish(
        made.id,
        status="finished",
        artifacts={"probs.npy": target.getvalue()},
        dataset_sha256=run.dataset_sha256,
        history=[dict.fromkeys(("loss", "accuracy", "val_loss", "val_accuracy"), 0.5)] * 2,
        test_accuracy=0.1,
        test_errors=len(evaluation.Evaluation(answers.y_true, probs).errors),
    )
    yield app_store.run(made.id)
    app_store.delete(made.id)


def faults(page: sync_api.Page, settled: Settled) -> list[tuple[str, ...]]:
    """Return theme, rule, selector and words of every serious fault of a page in both themes."""
    found = []
    # Themes differ in their colours alone.
    for scheme, options in (("light", EVERY_RULE), ("dark", COLOURS)):
        page.emulate_media(color_scheme=scheme)
        settled(page)
        page.wait_for_timeout(300)  # colours take a moment to change
        found += [
            (scheme, fault["id"], str(node["target"]), node["failureSummary"])
            for fault in axe.Axe().run(page, options=options).response["violations"]
            if fault["impact"] in ("serious", "critical")
            for node in fault["nodes"]
        ]
    return found


@pytest.mark.parametrize("name", PAGES)
def test_page_has_no_serious_fault(
    open_page: OpenPage, settled: Settled, starter: Starter, opponent: store.Run, name: str
) -> None:
    """With a cell chosen, a card and its boxes open, a digit answered, a run chosen, two compared.

    Nothing that takes the focus hides it, and every chart has a name.
    """
    run, answers = starter
    pair = answers.pairs()[0]
    views = {
        "confusion": {"true": pair.true_class, "pred": pair.pred_class},
        "gallery": {"index": int(answers.errors[0])},
        "compare": {"other": opponent.id},
    }
    page = open_page("" if name == "overview" else name, run=run.id, **views.get(name, {}))
    if name == "draw":
        page.get_by_role("button", name="Sample").click()
        page.locator(".bars").first.wait_for()
    elif name == "gallery":
        for box, filled in (("why", ".who"), ("near", ".how-near .least")):
            page.locator(f".st-key-card-{box} summary").click()
            page.locator(filled).first.wait_for()
    elif name == "train":
        page.get_by_role("checkbox", name=re.compile("Choose guesses")).check()
        page.locator(".curves svg").first.wait_for()
    assert faults(page, settled) == []
    page.keyboard.press("Tab")  # from here on the focus is a keyboard's
    assert page.evaluate(UNSEEN_FOCUS) == []
    names = page.locator(".js-plotly-plot, .curves .chart svg, .columns svg").evaluate_all(
        CHART_NAMES
    )
    assert all(names), names


def test_sheet_on_a_phone_has_no_serious_fault(
    browser: sync_api.Browser, app_url: str, settled: Settled, starter: Starter
) -> None:
    """A card over the dimmed page, opened by a finger."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, user_agent=PHONE
    )
    page = context.new_page()
    page.goto(f"{app_url}/gallery?run={starter[0].id}")
    page.locator("button.tile").first.tap()
    page.locator(".verdict").wait_for()
    settled(page)
    found = faults(page, settled)
    context.close()
    assert found == []
