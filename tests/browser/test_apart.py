"""A part of a page that runs alone leaves what stands beside it in its place."""

from collections.abc import Callable

import pytest
from playwright import sync_api

SCRIPT = """
import time

import streamlit as st
from streamlit import runtime

from mnistdash.ui import apart


@apart.part
def part():
    st.button("Part alone")


pressed = st.button("All again")
if pressed:
    # The server is busy: the page and the beginning of the part's own run are sent together.
    loop = runtime.get_instance()._get_async_objs().eventloop
    time.sleep(0.6)  # the part is pressed meanwhile
    loop.call_soon_threadsafe(time.sleep, 0.4)
part()
st.text("next")
st.text("shown again" if pressed else "shown")
"""


@pytest.fixture(scope="module")
def url(serve: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a page with a part that runs alone."""
    script = tmp_path_factory.mktemp("apart") / "app.py"
    script.write_text(SCRIPT)
    return serve(script)


def test_part_takes_no_other_place(
    page: sync_api.Page, url: str, settled: Callable[[sync_api.Page], None]
) -> None:
    """Its own run begins before a busy server has sent the page: what stands next stays."""
    page.goto(url)
    page.get_by_text("shown", exact=True).wait_for()
    settled(page)
    page.get_by_role("button", name="All again").click()
    page.get_by_role("button", name="Part alone").click(no_wait_after=True)
    page.get_by_text("shown again", exact=True).wait_for()
    settled(page)
    sync_api.expect(page.get_by_role("button", name="Part alone")).to_be_visible()
    sync_api.expect(page.get_by_text("next", exact=True)).to_be_visible()
