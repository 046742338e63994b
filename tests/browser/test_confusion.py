"""The heatmap in a real browser: a click on a cell shows exactly that cell's images."""

import pathlib
from collections.abc import Callable

from playwright import sync_api

from mnistdash import evaluation, store

OpenPage = Callable[..., sync_api.Page]
Settled = Callable[[sync_api.Page], None]
Choose = Callable[[sync_api.Page, str, str], None]
Starter = tuple[store.Run, evaluation.Evaluation]

# The frames over the cells, with the middle of each on the screen.
CELLS = """(plot) => {
  const {xaxis, yaxis} = plot._fullLayout;
  const box = plot.getBoundingClientRect();
  const markers = plot._fullData.find((trace) => trace.customdata);
  return Array.from(markers.customdata, ([row, column]) => ({
    cell: [Number(row), Number(column)],
    x: box.left + xaxis._offset + xaxis.d2p(column),
    y: box.top + yaxis._offset + yaxis.d2p(row),
  }));
}"""


FRAMED = """(plot) => Array.from(plot.querySelectorAll('.points path'))
  .flatMap((frame, number) => getComputedStyle(frame).opacity > 0 ? [number] : [])
  .map((number) => Array.from(plot._fullData[1].customdata[number], Number))"""


def framed(page: sync_api.Page) -> list[tuple[int, int]]:
    """Find the cells that have a frame."""
    return [tuple(cell) for cell in page.locator(".js-plotly-plot").evaluate(FRAMED)]


def cells(page: sync_api.Page) -> dict[tuple[int, int], tuple[float, float]]:
    """Find the place on the screen of each cell that can be clicked."""
    page.evaluate("document.querySelector('[data-testid=stMain]').scrollTo(0, 0)")
    found = page.locator(".js-plotly-plot").evaluate(CELLS)
    return {tuple(each["cell"]): (each["x"], each["y"]) for each in found}


def click_cell(page: sync_api.Page, cell: tuple[int, int]) -> None:
    """Move the mouse to a cell, as a hand does, and click it."""
    x, y = cells(page)[cell]
    page.mouse.move(x - 3, y - 3)
    page.mouse.move(x, y)
    page.mouse.click(x, y)


def images(page: sync_api.Page) -> sync_api.Locator:
    """Find the tiles below the heatmap."""
    return page.locator(".st-key-cell-images [role=listitem] .tile")


def counted(number: int) -> str:
    """Write the sentence above the tiles."""
    return f"{number} image" + ("" if number == 1 else "s")


def chip(page: sync_api.Page, words: str) -> sync_api.Locator:
    """Find the chip that names a filter."""
    return page.locator("[class*=st-key-chip-]").get_by_role("button", name=words)


def test_every_cell_shows_its_images(
    open_page: OpenPage, settled: Settled, starter: Starter
) -> None:
    """Under each clicked cell stand as many images as the cell says, each of that kind."""
    run, answers = starter
    page = open_page("confusion", run=run.id)
    expected = {(pair.true_class, pair.pred_class): pair.count for pair in answers.pairs()}
    assert set(cells(page)) == set(expected)
    for (true_class, pred_class), count in expected.items():
        click_cell(page, (true_class, pred_class))
        chip(page, f"true {true_class}").wait_for()
        chip(page, f"read as {pred_class}").wait_for()
        sync_api.expect(page.get_by_text(counted(count), exact=True)).to_be_visible()
        settled(page)  # a cell with as many images as the one before has the same sentence
        wanted = answers.select(true_class=true_class, pred_class=pred_class)
        last = images(page).nth(count - 1)
        sync_api.expect(last).to_have_attribute("data-index", str(wanted[-1]))
        alts = images(page).evaluate_all("(tiles) => tiles.map((tile) => tile.ariaLabel)")
        assert len(alts) == count
        assert {int(alt.split()[1].rstrip(":")) for alt in alts} == set(wanted.tolist())
        assert all(f": {true_class} read as {pred_class}, " in alt for alt in alts)


def test_second_click_clears_and_a_third_chooses_again(
    open_page: OpenPage, settled: Settled, starter: Starter
) -> None:
    """A click on the chosen cell takes filter and frame away; the next click sets them again."""
    run, answers = starter
    largest = answers.pairs()[0]
    cell = (largest.true_class, largest.pred_class)
    page = open_page("confusion", run=run.id)
    assert not framed(page)
    click_cell(page, cell)
    sync_api.expect(images(page)).to_have_count(largest.count)
    settled(page)
    assert framed(page) == [cell]
    click_cell(page, cell)
    page.get_by_text("No cell is chosen yet.").wait_for()
    settled(page)
    assert not framed(page)
    click_cell(page, cell)
    sync_api.expect(images(page)).to_have_count(largest.count)
    settled(page)
    assert framed(page) == [cell]


def test_chip_is_removed(open_page: OpenPage, settled: Settled, starter: Starter) -> None:
    """A click on a chip takes that filter away, here and in the link."""
    run, answers = starter
    largest = answers.pairs()[0]
    page = open_page("confusion", run=run.id)
    click_cell(page, (largest.true_class, largest.pred_class))
    chip(page, f"read as {largest.pred_class}").click()
    settled(page)
    of_class = len(answers.select(true_class=largest.true_class))
    sync_api.expect(page.get_by_text(counted(of_class), exact=True)).to_be_visible()
    sync_api.expect(images(page)).to_have_count(of_class)
    assert {true_class for true_class, _ in framed(page)} == {largest.true_class}
    assert "pred=" not in page.url
    chip(page, f"true {largest.true_class}").click()
    page.get_by_text("No cell is chosen yet.").wait_for()


def test_select_boxes_do_the_same(open_page: OpenPage, choose: Choose, starter: Starter) -> None:
    """Two select boxes choose a cell without a mouse on the chart."""
    run, answers = starter
    largest = answers.pairs()[0]
    page = open_page("confusion", run=run.id)
    choose(page, "True class", str(largest.true_class))
    choose(page, "Read as", str(largest.pred_class))
    sync_api.expect(page.get_by_text(counted(largest.count), exact=True)).to_be_visible()
    sync_api.expect(images(page)).to_have_count(largest.count)


def test_link_survives_a_reload(open_page: OpenPage, settled: Settled, starter: Starter) -> None:
    """The link after a click shows the same images in a new session."""
    run, answers = starter
    largest = answers.pairs()[-1]
    page = open_page("confusion", run=run.id)
    click_cell(page, (largest.true_class, largest.pred_class))
    sync_api.expect(images(page)).to_have_count(largest.count)
    settled(page)
    assert f"true={largest.true_class}&pred={largest.pred_class}" in page.url
    page.reload()
    sync_api.expect(images(page)).to_have_count(largest.count)
    chip(page, f"true {largest.true_class}").wait_for()


def test_right_answers_are_shown_on_request(
    open_page: OpenPage, settled: Settled, starter: Starter
) -> None:
    """The switch adds the diagonal; a click on it shows rightly read images."""
    run, answers = starter
    page = open_page("confusion", run=run.id)
    page.get_by_text("Show correct ones too").click()
    settled(page)
    page.wait_for_function(
        "document.querySelector('.js-plotly-plot')._fullData"
        ".some((trace) => Array.from(trace.customdata ?? []).some(([i, j]) => i == j))"
    )
    click_cell(page, (3, 3))
    count = f"{answers.matrix[3, 3]:,}".replace(",", "\N{THIN SPACE}")
    sync_api.expect(page.get_by_text(f"{count} images", exact=True)).to_be_visible()


def test_tile_opens_its_card_in_the_gallery(
    open_page: OpenPage, settled: Settled, starter: Starter
) -> None:
    """A click on an image under the heatmap goes on to its card."""
    run, answers = starter
    largest = answers.pairs()[0]
    index = answers.select(true_class=largest.true_class, pred_class=largest.pred_class)[0]
    page = open_page("confusion", run=run.id, true=largest.true_class, pred=largest.pred_class)
    images(page).first.click()
    page.get_by_role("heading", name="Gallery").wait_for()
    sync_api.expect(page.locator(".verdict")).to_contain_text(f"#{index}")
    settled(page)
    assert f"index={index}" in page.url


def test_first_visit_by_deep_link_has_the_frame(
    serve: Callable[..., str], page: sync_api.Page, settled: Settled, tmp_path: pathlib.Path
) -> None:
    """A server's very first visitor, by a link to a page, sees the sidebar and that cell."""
    url = serve("app.py", MNISTDASH_HOME=str(tmp_path), MNISTDASH_DATA=None, MNISTDASH_DOWNLOAD="0")
    page.goto(f"{url}/confusion?true=3&pred=2")
    chip(page, "true 3").wait_for()
    settled(page)
    sync_api.expect(page.get_by_test_id("stSidebar").get_by_role("link")).to_have_count(7)
    assert page.get_by_test_id("stException").count() == 0
    assert images(page).count() > 0
