"""The Confusion page: cells, chips and the largest confusions."""

import json

from mnistdash import datasets, store
from tests.pages import screen


def test_diagonal_cell_shows_the_rightly_read(mine: store.Run) -> None:
    """True 4 read as 4 is a question about right answers, and is answered."""
    fours = int((datasets.load("optdigits").y_test == 4).sum()) - 9
    at = screen.open_page("confusion", run=mine.id, true=4, pred=4)
    assert f"{fours} images" in screen.text(at)
    gallery = screen.text(screen.open_page("gallery", run=mine.id, true=4, pred=4))
    assert f"{fours} of 500 test images of mine" in gallery


def test_chips_remove_one_filter_each(mine: store.Run) -> None:
    """The cross beside `true 4` leaves `read as 9`, and the other leaves nothing."""
    at = screen.open_page("confusion", run=mine.id, true=4, pred=9)
    at.button(key="chip-true").click().run()
    assert at.session_state["true"] is None
    assert "9 images" in screen.text(at)
    at.button(key="chip-pred").click().run()
    assert "No cell is chosen yet." in screen.text(at)


def test_chip_leaves_what_was_chosen_in_the_same_moment(mine: store.Run) -> None:
    """A class chosen and a chip clicked at once: the chip takes only its own filter away."""
    at = screen.open_page("confusion", run=mine.id, true=4, pred=9)
    at.selectbox(key="pred").set_value(3)
    at.button(key="chip-true").click().run()
    assert (at.session_state["true"], at.session_state["pred"]) == (None, 3)


def test_confusion_has_headings_in_order(mine: store.Run) -> None:
    """One title, and below it nothing but headings of the second level."""
    at = screen.open_page("confusion", run=mine.id, true=4, pred=9)
    assert [title.value for title in at.title] == ["Confusion"]
    assert [header.value for header in at.header] == ["Largest confusions", "9 images"]
    assert not at.subheader


def test_largest_confusions_show_three_images_each(mine: store.Run) -> None:
    """Nine fours read as 9 come first, with three of their images; the chosen one is marked."""
    at = screen.open_page("confusion", run=mine.id, true=4, pred=9)
    (sent,) = json.loads(at.get_by_key("top-pairs").proto.json)
    first = sent["pairs"][0]
    assert (first["said"], first["images"], first["pictures"]) == ("4 read as 9", "9 images", 3)
    assert first["classes"] == sent["chosen"] == [4, 9]
