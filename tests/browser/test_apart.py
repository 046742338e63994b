"""A part of a page that runs alone leaves what stands beside it in its place."""

import pathlib
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


PICTURES = """
import streamlit as st

from mnistdash.ui import apart, session


@apart.part
def part():
    for number in range(2):
        st.button(f"Picture {number}", on_click=session.put, args=("picture", number))
    number = session.get("picture", 0)
    st.html(f"<p>Picture {number} is shown</p><i>{'x' * 20_000}</i>")


part()
"""
FAR_AWAY = """(() => {
  const { send } = WebSocket.prototype;
  WebSocket.prototype.send = function (message) {
    setTimeout(() => send.call(this, message), 400);
  };
})()"""


def test_large_picture_comes_again_from_far_away(
    page: sync_api.Page, serve: Callable[..., str], tmp_path: pathlib.Path
) -> None:
    """What a browser had when it asked is shown, though it may have dropped it meanwhile."""
    script = tmp_path / "app.py"
    script.write_text(PICTURES)
    page.add_init_script(FAR_AWAY)
    page.goto(serve(script))
    page.get_by_role("button", name="Picture 1").click()
    page.get_by_text("Picture 1 is shown").wait_for()
    page.get_by_role("button", name="Picture 1").click()
    page.get_by_role("button", name="Picture 0").click(no_wait_after=True)
    page.get_by_text("Picture 0 is shown").wait_for(timeout=5000)
