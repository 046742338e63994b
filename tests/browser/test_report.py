"""The report of a run as people open it: as a file, with the network off."""

import pathlib
from collections.abc import Callable

from playwright import sync_api


def test_report_opens_without_a_network(
    open_page: Callable[..., sync_api.Page], tmp_path: pathlib.Path
) -> None:
    """Taken from Overview, it shows every picture, asks for nothing and fits a phone and paper."""
    page = open_page("")
    page.get_by_role("button", name="Report").click()
    with page.expect_download() as taken:
        page.get_by_role("button", name="Save as HTML").click()
    file = tmp_path / "report.html"
    taken.value.save_as(file)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.context.set_offline(True)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(file.as_uri())
    widths = page.eval_on_selector_all("img", "all => all.map((image) => image.naturalWidth)")
    assert set(widths) == {28}
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert "run=" in page.get_by_role("link").get_attribute("href")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 688, "height": 990})  # A4 within its margins
    cut = "all => all.filter((box) => box.scrollWidth > box.clientWidth).length"
    assert page.eval_on_selector_all("main, .wide, .beside", cut) == 0
    page.context.set_offline(False)
