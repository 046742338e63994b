"""Two presses at once: each does all that it does, on whichever page the second one leads to."""

from collections.abc import Callable

import pytest
from playwright import sync_api

SCRIPT = """
import time

import streamlit as st

from mnistdash.ui import presses, session

if not hasattr(presses, "heard"):
    presses.heard = presses.hear_all()


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


# A run of this server takes a fifth of a second to begin, and another one without looking up.
PAGES = """
import time

import streamlit as st
from streamlit.runtime.scriptrunner import script_cache

from mnistdash.ui import link, presses, session

if not hasattr(script_cache, "bytecode"):
    presses.hear_all()
    script_cache.bytecode = script_cache.ScriptCache.get_bytecode

    def slowly(*args):
        time.sleep(0.2)
        return script_cache.bytecode(*args)

    script_cache.ScriptCache.get_bytecode = slowly


def first():
    st.title("First")
    st.toggle("Lamp", key="lamp", persist_state="session", on_change=session.count, args=("turns",))
    st.toggle("Fan", **link.bound("all"))
    st.button("Ring", on_click=session.count, args=("rings",))


def second():
    st.title("Second")
    st.toggle("Fan", **link.bound("all"))
    kept = [session.get(name, 0) for name in ("turns", "rings", "lamp", "all")]
    st.text("turned {}, rung {}, lamp {}, fan {}".format(*kept))


page = st.navigation([st.Page(first, default=True), st.Page(second)])
link.read(page.url_path)
time.sleep(0.2)
page.run()
"""
GO = """() => {
  history.pushState({}, "", "/second?by_menu=1");
  dispatchEvent(new PopStateEvent("popstate", { state: {} }));
}"""


@pytest.fixture(scope="module")
def pages_url(serve: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of two pages that begin slowly."""
    script = tmp_path_factory.mktemp("pages") / "app.py"
    script.write_text(PAGES)
    return serve(script)


@pytest.mark.parametrize("pause_ms", [40, 150, 300])
def test_press_is_heard_before_the_page_it_leaves(
    page: sync_api.Page, pages_url: str, pause_ms: int
) -> None:
    """A switch, another, a button and another page, faster and slower than a run begins."""
    page.goto(pages_url)
    page.get_by_role("heading", name="First").wait_for()
    page.get_by_text("Lamp").click()
    page.wait_for_timeout(pause_ms)
    page.get_by_text("Fan").click(no_wait_after=True)
    page.get_by_role("button", name="Ring").click(no_wait_after=True)
    page.wait_for_timeout(pause_ms)
    page.evaluate(GO)
    page.get_by_role("heading", name="Second").wait_for()
    page.get_by_text("turned 1, rung 1, lamp True, fan True", exact=True).wait_for(timeout=3000)
