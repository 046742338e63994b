"""The heatmap in a real browser: keyboard, names, the frame, themes, widths, slow servers."""

import re
from collections.abc import Callable

import pytest
from playwright import sync_api

Settled = Callable[[sync_api.Page], None]

# Class k of n is read as k + 1 by k + 1 images and as k + 2 by one, and correct 100 + k times.
SCRIPT = """
import string

import numpy as np
import streamlit as st

from mnistdash import datasets
from mnistdash.ui import frame, heatmap

st.set_page_config(layout="wide")
frame.style()
count = int(st.query_params.get("count", 10))
names = [f"{k}" for k in range(count)]
if "words" in st.query_params:
    names = [f"number {k}" for k in range(count)]
if "letters" in st.query_params:
    names = list(string.digits + string.ascii_uppercase + string.ascii_lowercase)[:count]
if "fashion" in st.query_params:
    names = datasets.class_names("fashion_mnist")
matrix = np.diag(np.arange(100, 100 + count)) + ("full" in st.query_params)
for k in range(count):
    matrix[k, (k + 1) % count] = k + 1
    matrix[k, (k + 2) % count] = 1
if "many" in st.query_params:
    matrix[0, 1] = 12_345


def choose(true_class, pred_class):
    st.session_state.chosen = true_class, pred_class
    st.session_state.calls = st.session_state.get("calls", 0) + 1


heatmap.heatmap(
    matrix,
    names,
    shares="shares" in st.query_params,
    diagonal=st.toggle("Diagonal", value="full" in st.query_params),
    chosen=st.session_state.get("chosen", (None, None)),
    on_choose=choose,
    key="map",
)
st.button("Choose 2 for 3", on_click=lambda: choose(2, 3))
chosen, calls = (st.session_state.get(key) for key in ("chosen", "calls"))
st.text(f"chosen {chosen} calls {calls}")
"""


@pytest.fixture(scope="module")
def url(serve: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a page with nothing but a heatmap."""
    script = tmp_path_factory.mktemp("heatmap") / "script.py"
    script.write_text(SCRIPT, encoding="utf-8")
    return serve(script)


@pytest.fixture
def opened(page: sync_api.Page, url: str, settled: Settled) -> Callable[..., sync_api.Page]:
    """A function that opens the page with these words in its link."""

    def follow(query: str = "") -> sync_api.Page:
        page.goto(f"{url}?{query}")
        cell(page, 0, 1).wait_for()
        settled(page)
        return page

    return follow


def cell(page: sync_api.Page, true_class: int, pred_class: int) -> sync_api.Locator:
    """Find a cell, or with -1 a label."""
    return page.locator(f"[data-i='{true_class + 1}'][data-j='{pred_class + 1}']")


def said(page: sync_api.Page) -> str:
    """Read what Python knows of the choices."""
    return page.get_by_text("chosen ").inner_text()


def framed(page: sync_api.Page) -> list[str]:
    """Say what is chosen on the heatmap."""
    return page.locator("[aria-selected=true]").evaluate_all("(all) => all.map((b) => b.ariaLabel)")


def focused(page: sync_api.Page) -> str:
    """Name the cell that has the focus."""
    return page.evaluate(
        "[...document.querySelectorAll('[data-testid=stBidiComponentIsolated]')]"
        ".map((host) => host.shadowRoot.activeElement?.ariaLabel).find(Boolean) ?? ''"
    )


# --- names ----------------------------------------------------------------------------------


def test_a_screen_reader_hears_a_table(opened: Callable[..., sync_api.Page]) -> None:
    """A named grid of rows, with labels on both axes and a sentence for each of its cells."""
    page = opened()
    grid = page.get_by_role("grid", name="Confusion matrix")
    sync_api.expect(grid.get_by_role("row")).to_have_count(11)
    sync_api.expect(grid.get_by_role("gridcell")).to_have_count(100)
    for axis, role in (("true", "rowheader"), ("predicted", "columnheader")):
        sync_api.expect(grid.get_by_role(role)).to_have_count(10)
        grid.get_by_role(role, name=re.compile(f"^{axis} 4: ")).wait_for()
    for name in ("4 read as 5: 5 images", "4 read as 6: 1 image", "4 read as 9: 0 images"):
        grid.get_by_role("gridcell", name=name, exact=True).wait_for()
    assert grid.get_by_role("gridcell", name="4 correct: not shown").is_disabled()
    page.get_by_text("Diagonal").click()
    grid.get_by_role("gridcell", name="4 correct: 104 images", exact=True).wait_for()


def test_all_names_of_fashion_are_on_both_axes(opened: Callable[..., sync_api.Page]) -> None:
    """Ten whole names along each side, the last one too, inside the heatmap, on a phone."""
    page = opened("fashion")
    page.set_viewport_size({"width": 390, "height": 844})
    field = page.locator(".heatmap").bounding_box()
    for role in ("rowheader", "columnheader"):
        labels = page.get_by_role(role)
        sync_api.expect(labels).to_have_text(
            ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker",
             "Bag", "Ankle boot"]
        )  # fmt: skip
        whole = labels.evaluate_all(
            "(all) => all.map((l) => l.scrollWidth <= l.clientWidth + 1"
            " && l.scrollHeight <= l.clientHeight + 1)"
        )
        assert all(whole)
        box = labels.last.bounding_box()
        assert box["x"] + box["width"] <= field["x"] + field["width"] + 1


def test_hover_is_a_sentence(opened: Callable[..., sync_api.Page]) -> None:
    """The mouse over a cell brings its count and its share; away, the sentence goes."""
    page = opened()
    cell(page, 8, 9).hover()
    tip = page.locator(".tip")
    sync_api.expect(tip).to_have_text("8 read as 9: 9 images, 7.6\N{THIN SPACE}% of all true 8")
    page.get_by_text("chosen ").hover()
    sync_api.expect(tip).to_be_hidden()


def test_numbers_are_counts_or_shares(opened: Callable[..., sync_api.Page]) -> None:
    """Nine eights of 118 are 7.6 %; a thousand has its thin space, one image its singular."""
    page = opened()
    sync_api.expect(cell(page, 8, 9)).to_have_text("9")
    opened("shares")
    sync_api.expect(cell(page, 8, 9)).to_have_text("7.6")
    opened("many")
    cell(page, 0, 1).hover()
    sync_api.expect(page.locator(".tip")).to_have_text(
        "0 read as 1: 12\N{THIN SPACE}345 images, 99.2\N{THIN SPACE}% of all true 0"
    )


# Where each label's writing is, in CSS pixels.
WRITING = """(all) => all.map((label) => {
  const range = new Range();
  range.selectNodeContents(label);
  const { left, right, top, bottom } = range.getBoundingClientRect();
  const middle = (top + bottom) / 2;
  return [left, right, middle - 4, middle + 4]; // a letter's height; the line is taller
})"""


@pytest.mark.parametrize("names", ["letters", "numbers"])
def test_all_62_classes_are_named_beside_each_other(
    page: sync_api.Page, opened: Callable[..., sync_api.Page], names: str
) -> None:
    """In 520 pixels labels stand in lanes: all can be seen, none touches another."""
    page.set_viewport_size({"width": 1400, "height": 900})
    opened(f"count=62&{names}")
    for role in ("rowheader", "columnheader"):
        labels = page.get_by_role(role)
        assert labels.count() == 62
        assert page.locator(f"[role={role}].spare").count() == 0
        places = labels.evaluate_all(WRITING)
        for k, (left, right, top, bottom) in enumerate(places):
            for other in places[k + 1 : k + 4]:
                apart = other[0] >= right - 0.5 or other[1] <= left + 0.5
                assert apart or other[2] >= bottom or other[3] <= top, (role, k)


def test_a_small_heatmap_says_that_not_all_are_named(
    page: sync_api.Page, opened: Callable[..., sync_api.Page]
) -> None:
    """On a phone every third of 62 labels stands there, which is said; a finger brings the rest."""
    page.set_viewport_size({"width": 390, "height": 844})
    opened("count=62&letters")
    page.get_by_text("predicted class, every 3rd named").wait_for()
    assert page.locator("[role=rowheader]:not(.spare)").count() == 21


def test_names_stand_upright_only_where_they_have_to(
    page: sync_api.Page, opened: Callable[..., sync_api.Page]
) -> None:
    """Over two wide cells a word is written as words are; over ten narrow ones it stands."""
    page.set_viewport_size({"width": 1400, "height": 900})
    for count, upright in ((2, False), (10, True)):
        opened(f"count={count}&words")
        modes = page.get_by_role("columnheader").evaluate_all(
            "(all) => all.map((label) => getComputedStyle(label).writingMode)"
        )
        assert {mode.startswith("vertical") for mode in modes} == {upright}


@pytest.mark.parametrize("width", [390, 1400])
def test_clicks_land_on_every_cell_of_62_classes(
    page: sync_api.Page, opened: Callable[..., sync_api.Page], width: int
) -> None:
    """In the corners and in the middle: on each cell's first, middle and last painted pixel."""
    page.set_viewport_size({"width": width, "height": 900})
    opened("count=62&letters&full")
    calls = 0
    for place in ((0, 0), (0, 61), (61, 0), (61, 61), (31, 30)):
        box = cell(page, *place).bounding_box()
        last = box["width"] - 1.7  # behind it is the gap to the next one
        for inside, expected in ((0.5, place), (box["width"] / 2, (None, None)), (last, place)):
            page.mouse.click(box["x"] + inside, box["y"] + inside)
            calls += 1
            page.get_by_text(f"chosen {expected} calls {calls}", exact=True).wait_for()


# --- hands ----------------------------------------------------------------------------------


def test_the_frame_does_not_wait_for_the_server(opened: Callable[..., sync_api.Page]) -> None:
    """The clicked cell is framed in the same moment, before any answer."""
    page = opened()
    framed_at_once = cell(page, 4, 5).evaluate(
        """(cell) => {
          cell.click();
          const frame = cell.getRootNode().querySelector(".frame").getBoundingClientRect();
          const box = cell.getBoundingClientRect();
          return cell.ariaSelected == "true" && Math.abs(frame.x + 2 - box.x) < 1
            && Math.abs(frame.y + 2 - box.y) < 1;
        }"""
    )
    assert framed_at_once


def test_answers_to_earlier_clicks_move_no_frame(opened: Callable[..., sync_api.Page]) -> None:
    """Eight cells clicked faster than the server answers: the frame never goes back to one."""
    page = opened()
    page.evaluate(
        """() => {
          window.seen = [];
          const map = [...document.querySelectorAll("[data-testid=stBidiComponentIsolated]")]
            .map((host) => host.shadowRoot).find((root) => root.querySelector(".heatmap"));
          const note = () => {
            const now = map.querySelector("[aria-selected=true]")?.ariaLabel ?? "none";
            if (now !== seen.at(-1)) seen.push(now);
          };
          new MutationObserver(note).observe(map.querySelector("[role=grid]"),
            {subtree: true, attributes: true, attributeFilter: ["aria-selected"]});
        }"""
    )
    boxes = [cell(page, k, k + 1).bounding_box() for k in range(1, 9)]
    for box in boxes:
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.wait_for_timeout(60)
    page.get_by_text("chosen (8, 9)").wait_for()
    assert page.evaluate("seen") == [f"{k} read as {k + 1}: {k + 1} images" for k in range(1, 9)]


def test_second_click_clears_and_labels_choose_one_class(
    opened: Callable[..., sync_api.Page], settled: Settled
) -> None:
    """A cell, the same again, a row, a column, the same again: each is one call."""
    page = opened()
    for place, expected in (
        ((4, 5), "(4, 5)"),
        ((4, 5), "(None, None)"),
        ((4, -1), "(4, None)"),
        ((-1, 4), "(None, 4)"),
        ((-1, 4), "(None, None)"),
    ):
        calls = int(said(page).split()[-1].replace("None", "0"))
        cell(page, *place).click()
        page.get_by_text(f"chosen {expected} calls {calls + 1}", exact=True).wait_for()
        settled(page)
        assert len(framed(page)) == (expected != "(None, None)")


def test_a_double_click_ends_as_it_began(opened: Callable[..., sync_api.Page]) -> None:
    """Two clicks on one cell, however fast, choose it and clear it."""
    page = opened()
    cell(page, 4, 5).dblclick()
    page.get_by_text("chosen (None, None)").wait_for()
    assert not framed(page)


def test_empty_cells_are_not_chosen(opened: Callable[..., sync_api.Page]) -> None:
    """A click on a cell without images, or on the hidden diagonal, does nothing."""
    page = opened()
    cell(page, 4, 9).click(force=True)
    cell(page, 4, 4).click(force=True)
    page.wait_for_timeout(300)
    assert said(page) == "chosen None calls None"
    assert not framed(page)


def test_the_frame_follows_what_is_chosen_elsewhere(opened: Callable[..., sync_api.Page]) -> None:
    """After a click on the heatmap, a choice made beside it moves the frame, and can be cleared."""
    page = opened()
    cell(page, 4, 5).click()
    page.get_by_text("chosen (4, 5)").wait_for()
    page.get_by_role("button", name="Choose 2 for 3").click()
    page.get_by_text("chosen (2, 3)").wait_for()
    sync_api.expect(cell(page, 2, 3)).to_have_attribute("aria-selected", "true")
    assert framed(page) == ["2 read as 3: 3 images"]
    cell(page, 2, 3).click()
    page.get_by_text("chosen (None, None)").wait_for()


def test_keyboard_walks_and_chooses(opened: Callable[..., sync_api.Page], settled: Settled) -> None:
    """One Tab enters, arrows walk over all cells and labels, Enter and Space choose, Tab leaves."""
    page = opened()
    page.get_by_role("switch").or_(page.get_by_role("checkbox")).first.focus()
    page.keyboard.press("Tab")
    assert focused(page) == "0 correct: not shown"
    for key, name in (
        ("ArrowRight", "0 read as 1: 1 image"),
        ("ArrowDown", "1 correct: not shown"),
        ("End", "1 read as 9: 0 images"),
        ("ArrowRight", "1 read as 9: 0 images"),
        ("Home", "1 read as 0: 0 images"),
        ("ArrowLeft", "true 1: 104 images, 3 wrong"),
        ("Control+End", "9 correct: not shown"),
        ("ArrowDown", "9 correct: not shown"),
        ("Control+Home", "0 correct: not shown"),
        ("ArrowUp", "predicted 0: 111 images, 11 wrong"),
        ("ArrowDown", "0 correct: not shown"),
        ("ArrowRight", "0 read as 1: 1 image"),
    ):
        page.keyboard.press(key)
        assert focused(page) == name, key
    page.keyboard.press("Enter")
    page.get_by_text("chosen (0, 1) calls 1").wait_for()
    settled(page)
    assert (focused(page), framed(page)) == ("0 read as 1: 1 image", ["0 read as 1: 1 image"])
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    page.get_by_text("chosen (0, 2) calls 2").wait_for()
    settled(page)
    assert focused(page) == "0 read as 2: 1 image"
    page.keyboard.press("Tab")
    assert focused(page) == ""
    page.keyboard.press("Shift+Tab")
    assert focused(page) == "0 read as 2: 1 image"


# Its number and its classes in the message to the server, replaced by a value of the same length.
@pytest.mark.parametrize("forged", ["[1,4.5]", "[0,4,5]", '"1,4,5"', "true   ", "[1,4]  "])
def test_forged_choice_is_ignored(
    page: sync_api.Page, url: str, settled: Settled, forged: str
) -> None:
    """What is no choice reaches nobody and breaks nothing."""
    sent = []

    def forge(route: sync_api.WebSocketRoute) -> None:
        server = route.connect_to_server()

        def forward(message: str | bytes) -> None:
            sent.append(b"[1,4,5]" in message)
            server.send(message.replace(b"[1,4,5]", forged.encode()))

        route.on_message(forward)

    page.route_web_socket("**/_stcore/stream*", forge)
    page.goto(url)
    cell(page, 4, 5).click()
    settled(page)
    assert any(sent)
    assert said(page) == "chosen None calls None"
    assert page.get_by_test_id("stException").count() == 0


# --- looks ----------------------------------------------------------------------------------

CONTRASTS = """(cells) => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", {willReadFrequently: true});
  const luminance = (colour, under) => {
    for (const paint of [under, colour]) {
      canvas.fillStyle = paint;
      canvas.fillRect(0, 0, 1, 1);
    }
    const [r, g, b] = Array.from(canvas.getImageData(0, 0, 1, 1).data, (part) => {
      part /= 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = getComputedStyle(document.querySelector("[data-testid=stApp]")).backgroundColor;
  return cells.map((cell) => {
    const { color, backgroundColor } = getComputedStyle(cell);
    const levels = [luminance(backgroundColor, ground), luminance(color, backgroundColor)];
    return (Math.max(...levels) + 0.05) / (Math.min(...levels) + 0.05);
  });
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_number_and_label_can_be_read(
    page: sync_api.Page, opened: Callable[..., sync_api.Page], theme: str
) -> None:
    """On the palest and the strongest shade of both colours, text has a contrast of 4.5."""
    page.emulate_media(color_scheme=theme)
    opened()
    page.get_by_text("Diagonal").click()
    cell(page, 4, 4).and_(page.locator(".shown")).wait_for()
    assert page.locator(".shown").count() == 30
    contrasts = page.locator(".shown, .label, .title").evaluate_all(CONTRASTS)
    assert len(contrasts) == 30 + 20 + 2
    assert min(contrasts) >= 4.5


@pytest.mark.parametrize(("width", "count"), [(320, 10), (390, 10), (390, 62), (1400, 62)])
def test_nothing_scrolls_sideways_and_cells_are_square(
    page: sync_api.Page, opened: Callable[..., sync_api.Page], width: int, count: int
) -> None:
    """All cells fit into the width, and a chosen one of 62 classes is framed and known."""
    page.set_viewport_size({"width": width, "height": 900})
    opened(f"count={count}")
    overflow = page.get_by_test_id("stMain").evaluate("(e) => e.scrollWidth - e.clientWidth")
    assert overflow == 0
    box = cell(page, count - 1, count - 1).bounding_box()
    assert box["width"] == pytest.approx(box["height"], abs=0.1)
    assert box["x"] + box["width"] <= width
    cell(page, count - 2, count - 1).click()
    page.get_by_text(f"chosen ({count - 2}, {count - 1})").wait_for()
