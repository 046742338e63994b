"""Images of one's own on the Data page, in a real browser: added, mended, renamed, deleted."""

import io
import zipfile
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PIL import Image
from playwright import sync_api

OpenPage = Callable[..., sync_api.Page]
Settled = Callable[[sync_api.Page], None]
NAMES = ("circle", "www.a.b <b>", "عربي")


@pytest.fixture
def data_page(open_page: OpenPage) -> Iterator[sync_api.Page]:
    """The Data page, and afterwards no images that were added."""
    page = open_page("data")
    yield page
    page.keyboard.press("Escape")
    for close in page.get_by_role("button", name="Close").all():
        close.click()


def pictures(*, count: int = 20, side: int = 40, seed: int = 0) -> dict[str, object]:
    """Draw circles, bars and rings dark on light, a folder of PNGs each, in a ZIP."""
    draw = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side]
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for number in range(3 * count):
            at = draw.uniform(side / 3, side * 2 / 3, 2)
            away = np.hypot(y - at[0], x - at[1]) / side
            shape = (away < 0.2, abs(x - at[1]) < 0.06 * side, (away > 0.15) & (away < 0.25))
            png = io.BytesIO()
            Image.fromarray(np.where(shape[number % 3], 20, 240).astype(np.uint8)).save(png, "PNG")
            archive.writestr(f"shapes/{NAMES[number % 3]}/{number}.png", png.getvalue())
    return {"name": "my shapes.zip", "mimeType": "application/zip", "buffer": target.getvalue()}


def choose(page: sync_api.Page, *files: dict[str, object]) -> None:
    """Open the form and choose files; as soon as they are at the server a hand may go on."""
    page.get_by_role("button", name="Add images").click()
    there: list[sync_api.Request] = []
    page.on("requestfinished", lambda it: there.append(it) if it.method == "PUT" else None)
    page.locator("input[type=file]").set_input_files(list(files))
    page.get_by_test_id("stFileUploader").get_by_text(files[0]["name"]).wait_for()
    while len(there) < len(files):
        page.wait_for_timeout(20)
    page.wait_for_timeout(50)  # the page says so to the server


def add(page: sync_api.Page) -> None:
    """Press Add."""
    page.get_by_role("button", name="Add", exact=True).click()


def shown(page: sync_api.Page) -> sync_api.Locator:
    """Find the box that says whose images the page shows."""
    return page.get_by_role("combobox", name="Images", exact=True)


def delete(page: sync_api.Page, name: str, settled: Settled) -> str:
    """Delete the set that is shown and return the question that was asked."""
    page.get_by_role("button", name="Delete").click()
    question = page.get_by_text(f"Delete {name}, ")
    asked = question.inner_text()
    page.get_by_role("button", name="Delete", exact=True).last.click()
    question.wait_for(state="detached")
    settled(page)
    return asked


def test_pictures_are_added_mended_renamed_and_deleted(
    data_page: sync_api.Page, settled: Settled
) -> None:
    """A name typed and Add pressed at once; the set is shown with what was said and asked."""
    page = data_page
    choose(page, pictures())
    page.get_by_role("textbox", name="Name", exact=True).click()
    page.keyboard.type("Formen ünï", delay=20)
    add(page)
    page.get_by_text("Formen ünï is added.").wait_for()
    sync_api.expect(shown(page)).to_have_value("Formen ünï")
    main = page.get_by_test_id("stMain")
    sync_api.expect(main).to_contain_text("60 pictures of 40x40 were brought to 28x28 by area")
    sync_api.expect(main).to_contain_text("circle, www\N{WORD JOINER}.a.b <b>, عربي.")
    assert main.get_by_test_id("stCaptionContainer").locator("b").count() == 0
    assert main.get_by_role("link", name="www.a.b").count() == 0
    page.get_by_role("button", name="The ground is bright: invert").click()
    page.get_by_text("images were inverted: dark became bright").wait_for()
    settled(page)
    assert page.get_by_text("have a bright ground").count() == 0
    page.get_by_role("button", name="Change").click()
    name = page.get_by_role("textbox", name="Name", exact=True)
    name.fill("")
    page.keyboard.type("shapes", delay=20)
    page.get_by_role("button", name="Rename").click()
    sync_api.expect(shown(page)).to_have_value("shapes")
    page.keyboard.press("Escape")
    assert delete(page, "shapes", settled).replace("\N{THIN SPACE}", " ") == (
        "Delete shapes, 3 classes, 60 images?"
    )
    assert "shapes" not in shown(page).input_value()


def test_reload_loses_nothing_and_two_do_not_mix(
    data_page: sync_api.Page, desk: sync_api.BrowserContext, app_url: str, settled: Settled
) -> None:
    """One reloads while hers is read, another uploads a file of the same name: both find theirs."""
    page = data_page
    choose(page, pictures(count=350, side=240))
    add(page)
    page.get_by_text("Reading my shapes").wait_for()
    page.reload()
    other = desk.new_page()
    other.goto(f"{app_url}/data")
    choose(other, pictures(count=10))
    add(other)
    other.get_by_text("my shapes (2) is added.").wait_for()
    settled(other)
    sync_api.expect(shown(other)).to_have_value("my shapes (2)")
    assert "30 pictures of 40x40" in other.get_by_test_id("stMain").inner_text()
    delete(other, "my shapes (2)", settled)
    other.close()
    page.get_by_text("my shapes is added.").wait_for()
    page.get_by_role("button", name="Show").first.click()
    sync_api.expect(shown(page)).to_have_value("my shapes")
    sync_api.expect(page.get_by_test_id("stMain")).to_contain_text("1,050 pictures of 240x240")
    settled(page)
    delete(page, "my shapes", settled)


def test_refusal_says_how_to_mend_it(data_page: sync_api.Page, settled: Settled) -> None:
    """A pickle and no file at all: a sentence, its line of Python as code, and no traceback."""
    page = data_page
    page.get_by_role("button", name="Add images").click()
    add(page)
    page.get_by_text("There are no files yet").wait_for()
    data = {"name": "mine.npz", "mimeType": "application/zip", "buffer": b"\x80\x04]\x94."}
    page.locator("input[type=file]").set_input_files([data])
    page.get_by_test_id("stFileUploader").get_by_text("mine.npz").wait_for()
    add(page)
    page.get_by_text("could run code: it is never opened").wait_for()
    settled(page)
    assert page.locator("code", has_text="np.savez('mine.npz', x=x, y=y)").is_visible()
    assert page.get_by_test_id("stException").count() == 0
