"""Doors to the gallery: what is chosen on another page is looked at there."""

from mnistdash.ui import link, session

_IMAGE, _PAIR = "go_to_image", "go_to_pair"  # session keys: chosen, on the way to the gallery
_GALLERY = "pages/gallery.py"


def open_image(index: int) -> None:
    """Note that an image was chosen: the page goes on to its card in the gallery."""
    session.put(_IMAGE, index)


def open_pair(true_class: int, pred_class: int) -> None:
    """Note that a pair of classes was chosen: the page goes on to its errors in the gallery."""
    session.put(_PAIR, (true_class, pred_class))


def follow() -> None:
    """Go on to the gallery if an image, or a pair of classes, was chosen on this page."""
    index, pair = session.take(_IMAGE), session.take(_PAIR)
    if pair is not None:
        link.go(_GALLERY, true=pair[0], pred=pair[1], index=None, page=None)
    if index is not None:
        # On which page its tile is, the gallery finds.
        link.go(_GALLERY, index=index, page=None)
