"""The list of pages, as one component: a list of Streamlit's own links is a message for each."""

import pathlib

import streamlit as st

from mnistdash import store
from mnistdash.ui import link, words

_HERE = pathlib.Path(__file__).parent

_component = st.components.v2.component(
    "mnistdash.menu",
    html="<nav aria-label='Pages'></nav><p></p>",
    js=(_HERE / "menu.js").read_text(encoding="utf-8"),
    isolate_styles=False,
)


def menu(pages: dict[st.Page, str], current: st.Page, run: store.Run | None, images: str) -> None:
    """Show the list of pages; on a phone it closes when one is chosen.

    Args:
        pages: all of them, in order, each with the name of its Material symbol.
        current: the one shown.
        run: the one shown; the picker, which may cut its name, says all of it on hover.
        images: which images are shown, said below the list; may be empty.
    """
    shown = {
        "pages": [[page.url_path, page.title, symbol] for page, symbol in pages.items()],
        "current": current.url_path,
        # A link that carries the view has nothing to rewrite on the page that it leads to.
        "view": link.params(),
        "marker": link.BY_MENU,
        "run": words.run_title(run) if run else "",
        "images": images,
    }
    _component(data=[shown], key="menu")
