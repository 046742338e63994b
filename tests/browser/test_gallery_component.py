"""The tiles in a real browser: mouse, keyboard, forged clicks, themes and widths."""

import io
import statistics
import time
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image
from playwright import sync_api

Settled = Callable[[sync_api.Page], None]

# Every picture has a block of full ink in the middle. Tile k has the index 1000 + k.
SCRIPT = """
import numpy as np
import streamlit as st

from mnistdash.ui import gallery

st.set_page_config(layout="wide")
count = int(st.query_params.get("count", 30))
first = 1000 + 100 * st.session_state.get("turned", 0)
images = np.zeros((count, 28, 28), np.uint8)
images[:, 8:20, 8:20] = 255
long = ["a name of forty letters is a long name.."] * count


def choose(index):
    st.session_state.chosen = index
    st.session_state.calls = st.session_state.get("calls", 0) + 1
    st.session_state.turned = st.session_state.get("turned", 0) + ("turning" in st.query_params)


gallery.tiles(
    images,
    indices=np.arange(first, first + count),
    pred_names=(
        long
        if "long" in st.query_params
        else ["T-shirt/top" if k % 2 else "9" for k in range(count)]
    ),
    probabilities=np.full(count, 0.625),
    true_names=long if "long" in st.query_params else None,
    right=np.arange(count) % 3 == 0,
    alts=[f"Image {first + k}" for k in range(count)],
    chosen=st.session_state.get("chosen"),
    on_choose=None if "plain" in st.query_params else choose,
    ink="photo" not in st.query_params,
    key="tiles",
)
gallery.picture(
    images[0],
    label="One image large",
    size_px=112,
    ink="photo" not in st.query_params,
    key="one",
)
st.button("Again")
st.text(f"chosen {st.session_state.get('chosen')} calls {st.session_state.get('calls', 0)}")
"""


@pytest.fixture(scope="module")
def url(serve: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a page with nothing but tiles."""
    script = tmp_path_factory.mktemp("gallery") / "script.py"
    script.write_text(SCRIPT, encoding="utf-8")
    return serve(script)


def tile(page: sync_api.Page, position: int) -> sync_api.Locator:
    """Find a tile of the grid by its place."""
    return page.locator("[role=list] .tile").nth(position)


def said(page: sync_api.Page) -> str:
    """Read what Python knows of the clicks."""
    return page.get_by_text("chosen ").inner_text()


def focused(page: sync_api.Page) -> str:
    """Name the tile that has the focus."""
    return page.evaluate(
        "[...document.querySelectorAll('[data-testid=stBidiComponentIsolated]')]"
        ".map((host) => host.shadowRoot.activeElement?.ariaLabel).find(Boolean) ?? ''"
    )


def test_click_calls_back_once(page: sync_api.Page, url: str, settled: Settled) -> None:
    """A click reports its index once, marks its tile, and later runs don't report it again."""
    page.goto(url)
    tile(page, 7).click()
    settled(page)
    assert said(page) == "chosen 1007 calls 1"
    assert tile(page, 7).get_attribute("aria-current") == "true"
    assert page.locator("[role=list] [aria-current=true]").count() == 1
    page.get_by_role("button", name="Again").click()
    settled(page)
    assert said(page) == "chosen 1007 calls 1"


def test_mark_does_not_wait_for_the_server(page: sync_api.Page, url: str) -> None:
    """The clicked tile is marked in the same moment, before any answer."""
    page.goto(url)
    tile(page, 5).wait_for()
    marked = tile(page, 5).evaluate("(tile) => (tile.click(), tile.ariaCurrent)")
    assert marked == "true"


def test_keyboard_walks_and_chooses(page: sync_api.Page, url: str, settled: Settled) -> None:
    """One Tab enters, arrows, Home and End move, Enter and Space choose, the focus stays."""
    page.goto(url)
    tile(page, 0).wait_for()
    columns = page.locator("[role=list]").evaluate(
        "(grid) => getComputedStyle(grid).gridTemplateColumns.split(' ').length"
    )
    tile(page, 0).focus()
    steps = {
        "ArrowRight": 1001,
        "ArrowDown": 1001 + columns,
        "ArrowLeft": 1000 + columns,
        "ArrowUp": 1000,
        "End": 1029,
        "Home": 1000,
    }
    for key, index in steps.items():
        page.keyboard.press(key)
        assert focused(page) == f"Image {index}", key
    page.keyboard.press("ArrowUp")
    assert focused(page) == "Image 1000", "there is no row above"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    settled(page)
    assert (said(page), focused(page)) == ("chosen 1001 calls 1", "Image 1001")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    settled(page)
    assert (said(page), focused(page)) == ("chosen 1002 calls 2", "Image 1002")


def test_grid_is_one_tab_stop(page: sync_api.Page, url: str, settled: Settled) -> None:
    """Tab leaves the grid at once, and Shift+Tab comes back to the tile that was left."""
    page.goto(url)
    tile(page, 4).click()
    settled(page)
    page.keyboard.press("Tab")
    assert focused(page) == ""
    page.keyboard.press("Shift+Tab")
    assert focused(page) == "Image 1004"


def test_turning_the_page_keeps_nodes_and_focus(
    page: sync_api.Page, url: str, settled: Settled
) -> None:
    """New images reuse the old elements, and the focus stays in its place."""
    page.goto(f"{url}?turning=1")
    tile(page, 6).evaluate("(tile) => (tile.seen = true)")
    tile(page, 6).click()
    settled(page)
    assert tile(page, 6).get_attribute("aria-label") == "Image 1106"
    assert tile(page, 6).evaluate("(tile) => tile.seen") is True
    assert focused(page) == "Image 1106"


# 1003 in the message to the server, replaced by a value of the same length.
@pytest.mark.parametrize("forged", ["9999", "true", "null", "1e03", "[10]", '"10"', " -10"])
def test_forged_click_is_ignored(
    page: sync_api.Page, url: str, settled: Settled, forged: str
) -> None:
    """A value that no tile has, or that is no whole number, reaches nobody and breaks nothing."""
    sent = []

    def forge(route: sync_api.WebSocketRoute) -> None:
        server = route.connect_to_server()

        def forward(message: str | bytes) -> None:
            sent.append(b",1003]" in message)
            server.send(message.replace(b",1003]", b"," + forged.encode() + b"]"))

        route.on_message(forward)

    page.route_web_socket("**/_stcore/stream*", forge)
    page.goto(url)
    tile(page, 3).click()
    settled(page)
    assert any(sent)
    assert said(page) == "chosen None calls 0"
    assert page.get_by_test_id("stException").count() == 0


@pytest.mark.parametrize(("theme", "ink_is_dark"), [("light", True), ("dark", False)])
def test_ink_follows_the_theme(
    page: sync_api.Page, url: str, theme: str, ink_is_dark: bool
) -> None:
    """Ink is dark on light paper and light on dark, small and large."""
    page.emulate_media(color_scheme=theme)
    page.goto(url)
    for picture in (tile(page, 4).locator(".paper"), page.locator(".single .paper")):
        picture.wait_for()
        pixels = np.asarray(Image.open(io.BytesIO(picture.screenshot())).convert("L"))
        ink = pixels[len(pixels) // 2, len(pixels) // 2]
        ground = pixels[len(pixels) // 2, 4]
        assert (ink < 70 and ground > 200) if ink_is_dark else (ink > 200 and ground < 70)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_photograph_is_no_negative(page: sync_api.Page, url: str, theme: str) -> None:
    """A photograph is bright on black in both themes, small and large."""
    page.emulate_media(color_scheme=theme)
    page.goto(f"{url}?photo=1")
    for picture in (tile(page, 4).locator(".paper"), page.locator(".single .paper")):
        picture.wait_for()
        pixels = np.asarray(Image.open(io.BytesIO(picture.screenshot())).convert("L"))
        assert pixels[len(pixels) // 2, len(pixels) // 2] == 255
        assert pixels[len(pixels) // 2, 4] == 0


def test_picture_is_crisp(page: sync_api.Page, url: str) -> None:
    """A picture at four times its size has two colours only: nothing is blurred."""
    page.goto(url)
    paper = page.locator(".single .paper")
    paper.wait_for()
    pixels = np.asarray(Image.open(io.BytesIO(paper.screenshot())).convert("L"))
    assert pixels.shape == (112, 112)
    dark, light = np.unique(pixels[8:-8, 8:-8])
    assert light - dark > 150
    assert (pixels == dark).sum() >= (4 * 12) ** 2


@pytest.mark.parametrize("width", [320, 400, 1400])
def test_nothing_scrolls_sideways(page: sync_api.Page, url: str, width: int) -> None:
    """The tiles wrap and use the whole width, on a telephone too."""
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{url}?count=200")
    tile(page, 199).wait_for()
    overflow = page.evaluate(
        "[document.scrollingElement, document.querySelector('[data-testid=stMain]')]"
        ".map((element) => element.scrollWidth - element.clientWidth)"
    )
    assert overflow == [0, 0]
    grid = page.locator("[role=list]").bounding_box()
    rights = [tile(page, k).bounding_box() for k in range(30)]
    assert max(box["x"] + box["width"] for box in rights) == pytest.approx(
        grid["x"] + grid["width"], abs=5
    )


def test_names_of_both_classes_stay_in_their_tile(page: sync_api.Page, url: str) -> None:
    """Forty letters, read as another class: neither name reaches into the next tile."""
    page.goto(f"{url}/?long=1")
    wrong = tile(page, 1)
    wrong.locator(".true").wait_for()
    room = wrong.bounding_box()
    for part in (".true", ".said", ".name"):
        box = wrong.locator(part).bounding_box()
        assert box["x"] >= room["x"] - 1
        assert box["x"] + box["width"] <= room["x"] + room["width"] + 1
    assert wrong.locator(".true").get_attribute("title").endswith("name..")


def test_long_name_is_shortened_and_kept(page: sync_api.Page, url: str) -> None:
    """A class name too long for its tile ends in an ellipsis and is whole in its tooltip."""
    page.set_viewport_size({"width": 1400, "height": 800})
    page.goto(url)
    name = tile(page, 1).locator(".name")
    assert name.get_attribute("title") == "T-shirt/top"
    inside = tile(page, 1).evaluate(
        "(tile) => tile.querySelector('.answer').offsetWidth <= tile.clientWidth"
    )
    assert inside is True


def test_plain_tiles_are_pictures(page: sync_api.Page, url: str) -> None:
    """Without a callback there is nothing to press: every tile is an image with its words."""
    page.goto(f"{url}?plain=1")
    tile(page, 0).wait_for()
    assert page.locator("[role=list] button").count() == 0
    assert page.get_by_role("img", name="Image 1000").count() == 1


def test_two_hundred_tiles_answer_quickly(page: sync_api.Page, url: str, settled: Settled) -> None:
    """A click on one of 200 tiles runs the page; the time is printed (`pytest -s`)."""
    page.goto(f"{url}?count=200")
    settled(page)
    seconds = []
    for position in range(10, 20):
        tile(page, position).wait_for()
        start = time.perf_counter()
        tile(page, position).click()
        page.get_by_text(f"chosen {1000 + position} ").wait_for()
        seconds.append(time.perf_counter() - start)
    print(
        f"\n200 tiles, click to rerun: median {statistics.median(seconds) * 1000:.0f} ms, "
        f"{min(seconds) * 1000:.0f}-{max(seconds) * 1000:.0f} ms, n = {len(seconds)}"
    )
    assert statistics.median(seconds) < 2
