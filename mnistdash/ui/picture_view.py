"""An uploaded or photographed picture: the digits found in it, and the answers to them."""

import html

import streamlit as st

from mnistdash import classifier, ink, store
from mnistdash.ink import decoding
from mnistdash.ui import drawing, gallery, state, why, words


def picture(runs: list[store.Run], upload: object) -> None:
    """Show the answers to an uploaded or photographed digit, or to several side by side."""
    if upload is None:
        st.caption(
            f"PNG, JPEG, WebP, BMP or GIF, up to {decoding.MAX_MB} MB. Nothing is kept unless you"
            " say so."
        )
        return
    try:
        probs = classifier.starter().probs
        reading = ink.read_picture(
            upload.getvalue(), probs=probs, digit_probs=classifier.digit_probs
        )
        if ink.is_animation(upload.getvalue()):
            st.caption("This is an animation. Its first picture is read.")
    except ValueError as error:
        st.warning(words.sentence(str(error)), icon=":material/warning:")
        return
    st.caption(reading.note)
    images = reading.images
    if len(images) == 1:
        why.why(drawing.answered(runs, images[0], plain=None, strokes=[]))
        return
    try:
        probs = state.load_classifier(runs[0].id).probs(images)
    except store.StoreError as error:
        st.warning(words.sentence(str(error)), icon=":material/warning:")
        return
    names = state.class_names(runs[0])
    st.html(f'<div class="answer">{" ".join(html.escape(names[c]) for c in probs.argmax(1))}</div>')
    gallery.tiles(
        images,
        indices=range(len(images)),
        pred_names=[names[label] for label in probs.argmax(axis=1)],
        probabilities=probs.max(axis=1),
        alts=[f"Digit {place + 1}: {names[c]}" for place, c in enumerate(probs.argmax(axis=1))],
        tile_px=84,
        key="number",
    )
