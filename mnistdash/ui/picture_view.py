"""An uploaded or photographed picture: the digits found in it, and the answers to them."""

import html
import typing

import numpy as np
import streamlit as st

from mnistdash import classifier, explain, ink, store
from mnistdash.ink import decoding
from mnistdash.ui import (
    answer_files,
    apart,
    camera,
    drawing,
    gallery,
    reveal,
    session,
    state,
    why,
    words,
)

_READ = "picture_read"  # session key: a picture's id and its reading, the way that was chosen last
_CHOSEN = "picture_digit"  # session key: the place of the digit shown in full, from 1
_ONE = "one-digit"  # key of the part of the page that shows it


class Upload(typing.Protocol):
    """A file as Streamlit's uploader and camera give it."""

    file_id: str

    def getvalue(self) -> bytes:
        """Return its content."""


def upload(runs: list[store.Run]) -> None:
    """Take a file, and show the answers to what is in it."""
    chosen = st.file_uploader(
        "A picture of one digit or more", key="upload", max_upload_size=decoding.MAX_MB
    )
    if chosen is None:
        st.caption(
            f"PNG, JPEG, WebP, BMP or GIF, up to {decoding.MAX_MB} MB: choose it, paste it, or drop"
            " it anywhere on this page. Nothing is kept unless you say so."
        )
        return
    _picture(runs, chosen)


def photograph(runs: list[store.Run]) -> None:
    """Take a photograph, and show the answers to what is in it."""
    taken = camera.photograph()
    if taken is not None:
        _picture(runs, taken)


@apart.part
def _picture(runs: list[store.Run], file: Upload) -> None:
    """Show the answers to a picture; only this part runs again when a digit is chosen."""
    try:
        reading = _reading(file)
        animated = ink.is_animation(file.getvalue())
    except ValueError as error:
        st.warning(words.sentence(str(error)), icon=":material/warning:")
        return
    if animated:
        st.caption("This is an animation. Its first picture is read.")
    if len(reading.digits) > 1:
        answered = _several(runs, reading)
    else:
        _notes(reading)
        answered = drawing.answered(runs, reading.images[0], plain=None, strokes=[])
    answer_files.of_drawing(answered)
    why.why(answered)


def _reading(file: Upload) -> ink.Reading:
    """Return how a picture is read: found once, then the way that was chosen last.

    Raises:
        ValueError: the file can't be used, or there is no digit in it.
    """
    known, reading = session.get(_READ, (None, None))
    if known != file.file_id:
        reading = ink.read_picture(
            file.getvalue(), probs=classifier.starter().probs, digit_probs=classifier.digit_probs
        )
        session.put(_READ, (file.file_id, reading))
        session.forget(_CHOSEN)
    return reading


def _notes(reading: ink.Reading) -> None:
    """Say what was left out, and offer the other way to read where it is close."""
    if reading.note:
        st.caption(reading.note)
    if reading.close:
        way = "one" if len(reading.other) == 1 else "several"
        st.button(f"Read it as {way}", icon=":material/swap_horiz:", on_click=_read_other_way)


def _read_other_way() -> None:
    file_id, reading = session.get(_READ)
    session.put(_READ, (file_id, reading.swapped()))
    session.forget(_CHOSEN)


def _several(runs: list[store.Run], reading: ink.Reading) -> why.Answered | None:
    """Show several digits as tiles, and the one that was chosen in full."""
    images, run = reading.images, runs[0]
    names = state.class_names(run)
    try:
        every = state.load_classifier(run.id).probs(
            np.concatenate(list(map(explain.variants, images)))
        )
    except store.StoreError as error:
        st.warning(words.sentence(str(error)), icon=":material/warning:")
        return None
    by_digit = every.reshape(len(images), -1, len(names))  # the digit itself, then its variants
    doubts = [
        drawing.doubt(run, probs, image, names)
        for probs, image in zip(by_digit, images, strict=True)
    ]
    st.html(_in_a_row([names[probs[0].argmax()] for probs in by_digit], doubts))
    _notes(reading)
    _tiles(images, by_digit[:, 0], names, doubts)
    place = session.get(_CHOSEN)
    if place is None:
        st.caption("Choose a digit to see its full answer.")
        return None
    with st.container(key=_ONE):
        st.subheader(f"Digit {place} of {len(images)}")
        answered = drawing.answered(runs, images[place - 1], plain=None, strokes=[])
        reveal.here(_ONE)
    return answered


def _in_a_row(answers: list[str], doubts: list[str]) -> str:
    """Write the answers in reading order, the doubtful ones with a mark."""
    said = (
        f"<span>{html.escape(name)}{'<small>?</small>' if doubt else ''}</span>"
        for name, doubt in zip(answers, doubts, strict=True)
    )
    return f'<div class="answer row" aria-live="polite">{" ".join(said)}</div>'


def _tiles(
    images: np.ndarray, probs: np.ndarray, names: tuple[str, ...], doubts: list[str]
) -> None:
    answers = [names[label] for label in probs.argmax(axis=1)]
    alts = [
        f"Digit {place}: {name}{f', not sure: {doubt}' if doubt else ''}"
        for place, (name, doubt) in enumerate(zip(answers, doubts, strict=True), start=1)
    ]
    if any(doubts):
        st.html('<p class="marks"><span><b>?</b> not sure</span></p>')
    gallery.tiles(
        images,
        indices=range(1, len(images) + 1),
        pred_names=answers,
        probabilities=probs.max(axis=1),
        marks=["?" if doubt else "" for doubt in doubts],
        alts=alts,
        chosen=session.get(_CHOSEN),
        on_choose=_choose,
        key="number",
    )


def _choose(place: int) -> None:
    session.put(_CHOSEN, place)
    reveal.ask(_ONE)
