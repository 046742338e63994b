"""Training images as tiles that can be judged, one of them large: what a training shall correct."""

import functools

import numpy as np
import streamlit as st

from mnistdash import corrections, datasets, verdicts
from mnistdash.ui import card_steps, gallery, session, verdicts_view, words

PAGE_SIZE = 60
_CHOSEN = "training_image"  # session key: index of the image whose card is open
_PAGE = "training_page"  # session key: of the tiles, from 1
_OF = "training_images_of"  # session key: which data set these two are of
_STEPS = "training-steps"
_TILE_PX = 56


def tiles(dataset: datasets.Dataset, indices: np.ndarray, likely: np.ndarray, *, key: str) -> None:
    """Show training images beside what they were read as, to be judged like test images.

    Args:
        dataset: whose training images.
        indices: of the images, in order, int64 `(k,)`.
        likely: the label that each most likely should have, uint8 `(k,)`.
        key: Streamlit key.
    """
    if session.get(_OF) != dataset.sha256:
        session.forget(_CHOSEN, _PAGE)
        session.put(_OF, dataset.sha256)
    verdicts_view.trouble()
    st.caption(_sentence(dataset))
    many, one = st.columns((5, 3), gap="large")
    with many:
        page = _page(len(indices))
        names, given = dataset.class_names, dataset.y_train[indices[page]]
        gallery.tiles(
            dataset.x_train[indices[page]],
            indices=indices[page],
            true_names=[names[label] for label in given],
            pred_names=[names[label] for label in likely[page]],
            right=given == likely[page],
            alts=_alts(dataset, indices[page], likely[page]),
            chosen=session.get(_CHOSEN),
            on_choose=functools.partial(_open, indices),
            tile_px=_TILE_PX,
            name_length=max(map(len, names)),
            ink=dataset.ink,
            key=key,
            **verdicts_view.on_training_tiles(dataset, indices[page], likely[page]),
        )
    with one, st.container(key="card"), st.container(key="card-sheet", gap="small"):
        _card(dataset, indices, likely)


def _page(count: int) -> slice:
    """Show the page numbers, if there are several, and return the places of the images on it."""
    pages = -(-count // PAGE_SIZE)
    session.hold_to(_PAGE, range(1, pages + 1).__contains__, 1)
    if pages > 1:
        st.pagination(pages, key=_PAGE)
    first = (session.get(_PAGE, 1) - 1) * PAGE_SIZE
    return slice(first, first + PAGE_SIZE)


def _alts(dataset: datasets.Dataset, indices: np.ndarray, likely: np.ndarray) -> list[str]:
    names, given = dataset.class_names, dataset.y_train[indices]
    return [
        f"Training image {index}: labelled {names[label]}, most like {names[other]}"
        for index, label, other in zip(indices, given, likely, strict=True)
    ]


def _card(dataset: datasets.Dataset, indices: np.ndarray, likely: np.ndarray) -> None:
    """Show the chosen image large, with the way to its neighbours and the verdict on it."""
    found = np.flatnonzero(indices == session.get(_CHOSEN, -1))
    place = int(found[0]) if len(found) else -1
    first = max(0, place - verdicts_view.STEPS_AHEAD)
    near = slice(first, place + verdicts_view.STEPS_AHEAD) if len(found) else slice(0, 0)
    offered = verdicts_view.on_training_tiles(dataset, indices[near], likely[near])
    judged = offered.pop("judged")
    alt = _alts(dataset, indices[found], likely[found])[0] if len(found) else None
    card_steps.card_steps(
        alt,
        before=max(place, 0),
        after=len(indices) - 1 - place,
        inside=alt is not None,
        on_move=functools.partial(_move, indices),
        on_close=functools.partial(session.forget, _CHOSEN),
        around=(judged, place - first) if judged else None,
        key=_STEPS,
        **offered,
    )
    if alt is None:
        st.caption("Choose an image: 2 gives another label, 3 leaves it out, 1 keeps it.")
        return
    st.html(f'<h2 class="verdict"><span class="index">#{indices[place]}</span></h2>')
    st.caption(words.plain(alt))
    image = dataset.x_train[indices[place]]
    gallery.picture(image, label=alt, size_px=224, ink=dataset.ink, key="training-picture")


def _sentence(dataset: datasets.Dataset) -> str:
    made = corrections.of_verdicts(verdicts_view.said(dataset, verdicts.TRAIN).values())
    if not made:
        return "What you judge here can be corrected in the next training."
    drop = sum(label is None for _, label in made)
    told = f"{words.number_of(len(made) - drop, 'image')} to relabel, {words.count(drop)} to drop"
    return f"{told}: Train offers to learn with these corrections."


def _open(indices: np.ndarray, index: int) -> None:
    _show(indices, index, card_steps.steps_since_choice(_STEPS))


def _move(indices: np.ndarray, steps: int) -> None:
    _show(indices, session.get(_CHOSEN, -1), steps)


def _show(indices: np.ndarray, index: int, steps: int) -> None:
    """Open the card of the image so many steps on from another, and turn to its page."""
    found = np.flatnonzero(indices == index)
    if len(found):
        place = min(max(int(found[0]) + steps, 0), len(indices) - 1)
        session.put(_CHOSEN, int(indices[place]))
        session.put(_PAGE, place // PAGE_SIZE + 1)
