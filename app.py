"""The frame of the dashboard: pages, the chosen run, and what goes on."""

import streamlit as st

from mnistdash import moment, store
from mnistdash.ui import document, frame, guards, link, menu, pen, presses, sparing, state, words

SITE = {  # the file of each page: its title and its Material symbol
    "pages/overview.py": ("Overview", "dashboard"),
    "pages/confusion.py": ("Confusion", "grid_on"),
    "pages/gallery.py": ("Gallery", "gallery_thumbnail"),
    "pages/confidence.py": ("Confidence", "speed"),
    "pages/compare.py": ("Compare", "compare_arrows"),
    "pages/draw.py": ("Draw", "draw"),
    "pages/train.py": ("Train", "model_training"),
    "pages/data.py": ("Data", "database"),
}


def main() -> None:
    """Run the page asked for, with the frame around it."""
    frame.style()
    pages = {frame.page(path, title): symbol for path, (title, symbol) in SITE.items()}
    page = st.navigation(list(pages), position="hidden")
    with link.read_once(), moment.one():
        _show(page, pages)


def _show(page: st.Page, pages: dict[st.Page, str]) -> None:
    link.read(page.url_path)
    try:
        runs = state.open_store().runs()
    except store.StoreError as error:
        frame.head(page.title, None)
        st.error(words.sentence(str(error)), icon=":material/error:")
        st.stop()

    with st.sidebar:
        frame.run_picker(runs)
        run = next((run for run in runs if run.id == link.current().run), None)
        frame.test_set_picker(run)
        frame.drop_foreign(run, runs)
        menu.menu(pages, page, run, frame.images_shown(run))
        frame.missing_images()
        frame.training_line(runs)  # it comes and goes: below what a hand may be on its way to
    frame.head(page.title, run)

    link.write()  # before the page: once it has called st.stop(), nothing can be written any more
    page.run()
    link.write()  # what the page itself changed


if __name__ == "__main__":
    main()
else:  # the server has imported this file: it is told to run it as a script, and in what document
    presses.hear_all()
    sparing.spare()
    app = st.App(
        __file__,
        middleware=[document.STYLED],
        routes=[pen.route()],
        on_script_error=guards.told,
    )
