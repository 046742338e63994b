"""Two presses at once: each does all that it does."""

from collections.abc import Callable

import pytest
from playwright import sync_api

SCRIPT = """
import time

import streamlit as st

from mnistdash.ui import session


def slowly(name):
    for _ in range(20):
        session.count(name)
        time.sleep(0.01)


for name in ("First", "Second"):
    st.button(name, on_click=slowly, args=(name,))
st.text(f"{session.get('First', 0)} and {session.get('Second', 0)}")
"""


@pytest.fixture(scope="module")
def url(serve: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of two buttons whose work takes a fifth of a second each."""
    script = tmp_path_factory.mktemp("presses") / "app.py"
    script.write_text(SCRIPT)
    return serve(script)


def test_second_press_leaves_the_work_of_the_first_whole(page: sync_api.Page, url: str) -> None:
    """Both buttons pressed within a fifth of a second: twenty steps each."""
    page.goto(url)
    page.get_by_role("button", name="First").click()
    page.get_by_role("button", name="Second").click(no_wait_after=True)
    page.get_by_text("20 and 20", exact=True).wait_for()
