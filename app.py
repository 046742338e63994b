"""The frame of the dashboard: pages, the chosen run, and what goes on."""

import streamlit as st

from mnistdash import store
from mnistdash.ui import document, frame, link, state, words

SITE = {  # the file of each page: its title and symbol
    "pages/overview.py": ("Overview", ":material/dashboard:"),
    "pages/confusion.py": ("Confusion", ":material/grid_on:"),
    "pages/gallery.py": ("Gallery", ":material/gallery_thumbnail:"),
    "pages/draw.py": ("Draw", ":material/draw:"),
    "pages/train.py": ("Train", ":material/model_training:"),
    "pages/compare.py": ("Compare", ":material/compare_arrows:"),
    "pages/data.py": ("Data", ":material/database:"),
}


def main() -> None:
    """Run the page asked for, with the frame around it."""
    st.set_page_config(
        page_title="mnistdash",
        page_icon=frame.ICON,
        layout="wide",
        initial_sidebar_state=frame.SIDEBAR_PX,
    )
    frame.style()
    pages = [frame.page(path, title, icon) for path, (title, icon) in SITE.items()]
    page = st.navigation(pages, position="hidden")

    link.read()
    try:
        runs = state.open_store().runs()
    except store.StoreError as error:
        st.error(words.sentence(str(error)), icon=":material/error:")
        st.stop()

    with st.sidebar:
        st.html('<p class="brand">mnistdash</p>')
        frame.run_picker(runs)
        run = next((run for run in runs if run.id == link.current().run), None)
        frame.test_set_picker(run)
        frame.drop_foreign_classes(run)
        frame.training_line(runs)
        frame.menu(pages, page, run)
        frame.data_line(run)
    frame.tab_title(page.title, run)

    link.write()  # before the page: once it has called st.stop(), nothing can be written any more
    page.run()
    link.write()  # what the page itself changed


if __name__ == "__main__":
    main()
else:  # the server has imported this file: it is told to run it as a script, and in what document
    app = st.App(__file__, middleware=[document.STYLED])
