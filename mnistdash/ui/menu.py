"""The list of pages and the link to what is shown, as one component.

A list of Streamlit's own links is a message for each; a press on "Copy link" asks nobody.
"""

import html
import pathlib
import urllib.parse

import streamlit as st

from mnistdash import store
from mnistdash.ui import link, words

_HERE = pathlib.Path(__file__).parent

_component = st.components.v2.component(
    "mnistdash.menu",
    html="""<nav aria-label="Pages"></nav>
<button type="button"><span aria-hidden="true" translate="no">link</span>
<span aria-live="polite">Copy link</span></button>
<input readonly hidden aria-label="Link to what is shown, to be copied by hand">
<p></p>""",
    js=(_HERE / "menu.js").read_text(encoding="utf-8"),
    isolate_styles=False,
)


def menu(pages: dict[st.Page, str], current: st.Page, run: store.Run | None, images: str) -> None:
    """Show the list of pages, which on a phone closes when one is chosen, and "Copy link".

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


def copied_with(**shown: object) -> None:
    """Let "Copy link" say what a page shows by its own choice, and its address leaves open.

    Args:
        **shown: fields of the view.
    """
    asked, told = (urllib.parse.urlencode(it) for it in (link.params(), link.params(**shown)))
    if told != asked:
        said = f'data-link-of="{html.escape(asked)}" data-link-to="{html.escape(told)}"'
        st.html(f"<span hidden {said}></span>")
