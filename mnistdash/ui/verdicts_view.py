"""Verdicts on the images of a page: who judges, what was said, and what follows from it."""

import functools
import operator
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st

from mnistdash import datasets, evaluation, findings, store, verdicts
from mnistdash.ui import judging, link, session, state, words

STEPS_AHEAD = 64  # images on each side that keys may judge before the server has answered
_PERSON = "judge"  # session key: who judges
_VISITOR = "visitor"  # session key: the name of who is logged in, empty for nobody
_TROUBLE = "verdict_trouble"  # session key: why what was said is not kept
_READ = "verdicts_read"  # session key: what came of a file of verdicts, counted to empty its box
_FILES = "verdict_files"
_FILE = "verdict_file"
_BOX = "verdicts_box"


def person() -> str:
    """Return who judges in this visit: the name given, else who is logged in, else "me"."""
    typed = " ".join(store.clean_text(str(session.get(_PERSON) or "")).split())
    return typed[: verdicts.MAX_PERSON] or _visitor() or verdicts.ME


def said(dataset: datasets.Dataset, split: str = verdicts.TEST) -> Mapping[int, verdicts.Verdict]:
    """Return what this person said of a data set's images, by index; nothing where none can."""
    if not _can_be_judged(dataset):
        return {}
    return state.open_store().verdicts(dataset.sha256, split, person())


def told(
    dataset: datasets.Dataset, answers: evaluation.Evaluation, indices: np.ndarray
) -> list[list] | None:
    """Tell a component of test images and the verdicts on them; `None` where nobody can judge.

    Args:
        dataset: whose test images.
        answers: of one run.
        indices: of the images, int64 `(k,)`.
    """
    if not _can_be_judged(dataset) or state.open_store().read_only_because:
        return None
    likely = _likely(answers, tuple(indices.tolist()))
    return entries(indices, answers.y_true[indices], likely, said(dataset))


def on_tiles(
    dataset: datasets.Dataset, answers: evaluation.Evaluation, indices: np.ndarray
) -> dict[str, Any]:
    """Return the arguments of `gallery.tiles` that let a person judge the test images shown."""
    return {
        "judged": told(dataset, answers, indices),
        "class_names": dataset.class_names,
        "on_judge": judge_with(dataset),
    }


def on_training_tiles(
    dataset: datasets.Dataset, indices: np.ndarray, likely: np.ndarray
) -> dict[str, Any]:
    """Return the arguments of `gallery.tiles` that let a person judge training images.

    Args:
        dataset: whose training images.
        indices: of the images shown, int64 `(k,)`.
        likely: the label that each most likely should have, uint8 `(k,)`.
    """
    known = said(dataset, verdicts.TRAIN)
    images = entries(indices, dataset.y_train[indices], likely.tolist(), known)
    return {
        "judged": None if state.open_store().read_only_because else images,
        "class_names": dataset.class_names,
        "on_judge": judge_with(dataset, verdicts.TRAIN),
    }


def entries(
    indices: np.ndarray,
    truth: np.ndarray,
    likely: Sequence[int | None],
    known: Mapping[int, verdicts.Verdict],
) -> list[list]:
    """Write images as `judging.js` takes them.

    Args:
        indices: of the images, int64 `(k,)`.
        truth: their labels, uint8 `(k,)`.
        likely: the label that each most likely should have, `None` where nobody knows.
        known: verdicts by index.
    """
    found = []
    for index, label, other in zip(indices.tolist(), truth.tolist(), likely, strict=True):
        verdict = known.get(index)
        spoken = (verdict.fault, verdict.label, verdict.note) if verdict else ("none", None, "")
        found.append([index, label, other, *spoken])
    return found


def around(
    dataset: datasets.Dataset,
    answers: evaluation.Evaluation,
    index: int,
    before: np.ndarray,
    after: np.ndarray,
) -> tuple[list[list], int] | None:
    """Tell of an image and of those that few steps lead to; `None` where nobody can judge.

    Args:
        dataset: whose test images.
        answers: of one run.
        index: of the image shown.
        before: indices of those selected that stand before it, in order, int64 `(k,)`.
        after: of those behind it.

    Returns:
        The images in order, and the place of the one shown.
    """
    earlier, later = before[-STEPS_AHEAD:], after[:STEPS_AHEAD]
    images = told(dataset, answers, np.concatenate([earlier, [index], later]).astype(np.int64))
    return None if images is None else (images, len(earlier))


def judge_with(dataset: datasets.Dataset, split: str = verdicts.TEST) -> judging.Judge:
    """Return what keeps the verdicts on a data set's images that a browser sends."""
    return functools.partial(_judge, dataset, split)


def _judge(dataset: datasets.Dataset, split: str, found: Sequence[judging.Said]) -> None:
    images = dataset.x_test if split == verdicts.TEST else dataset.x_train
    fitting = [
        verdicts.Verdict(
            dataset_sha256=dataset.sha256,
            split=split,
            index=each.index,
            image=verdicts.content(images[each.index]),
            person=person(),
            fault=each.fault,
            label=each.label,
            note=store.clean_text(each.note)[: verdicts.MAX_NOTE],
            judged_at=time.time(),
        )
        for each in found
        if each.index < len(images)
        and (each.label is not None) is (each.fault == verdicts.LABEL)
        and (each.label is None or each.label < len(dataset.class_names))
    ]
    try:
        state.open_store().judge(fitting)
    except store.StoreError as error:
        session.put(_TROUBLE, str(error))


def trouble() -> None:
    """Say why what was said of images is not kept."""
    told_of = session.take(_TROUBLE)
    if told_of:
        st.warning(words.sentence(told_of), icon=":material/warning:")


# --- on the pages ---------------------------------------------------------------------------


def selected(dataset: datasets.Dataset, shown: np.ndarray) -> np.ndarray:
    """Keep those of some images that have the verdict filtered by.

    Args:
        dataset: whose test images.
        shown: indices in order, int64 `(k,)`.
    """
    wanted = link.current().verdict
    if wanted is None:
        return shown
    known = said(dataset)
    faults = [known[index].fault if index in known else None for index in shown.tolist()]
    meets = {"judged": lambda fault: fault is not None, "unjudged": lambda fault: fault is None}
    fits = meets.get(wanted, functools.partial(operator.eq, wanted))
    return shown[np.array([fits(fault) for fault in faults], bool)]


def box(dataset: datasets.Dataset) -> None:
    """Let a person say who judges, and take verdicts to a file and back."""
    if not _can_be_judged(dataset):
        return
    more = st.popover(
        "Verdicts", icon=":material/gavel:", type="tertiary", key=_BOX, on_change="rerun"
    )
    if more.open:
        with more:
            _person_box()
            _files(dataset, said(dataset))


def line(dataset: datasets.Dataset, answers: evaluation.Evaluation) -> None:
    """Say what was judged of the errors, or how to judge them; first what is not kept, and why."""
    trouble()
    if not _can_be_judged(dataset):
        st.caption("These images can't be judged: their pictures are not here.")
    elif known := said(dataset):
        st.caption(findings.judged(answers, known))
    else:
        st.caption("Whose fault? Press 1 model, 2 label, 3 picture, 0 none on a card or a tile.")


def _person_box() -> None:
    st.text_input(
        "Who judges",
        key=_PERSON,
        placeholder=_visitor() or verdicts.ME,
        max_chars=verdicts.MAX_PERSON,
        persist_state="session",
        help="Verdicts are kept for each person and image, whatever runs there are.",
    )


def _files(dataset: datasets.Dataset, known: Mapping[int, verdicts.Verdict]) -> None:
    st.download_button(
        "Export",
        lambda: verdicts.to_csv(known.values(), dataset.class_names).encode(),
        file_name=f"verdicts-{dataset.name}.csv",
        mime="text/csv",
        icon=":material/download:",
        disabled=not known,
        on_click="ignore",
    )
    key = f"{_FILE}-{session.get(_FILES, 0)}"
    st.file_uploader("Import", type="csv", key=key, on_change=_import, args=(dataset, key))
    if told_of := session.take(_READ):
        st.caption(words.plain(told_of))


def _import(dataset: datasets.Dataset, key: str) -> None:
    """Keep the verdicts of a file, or say why it doesn't fit."""
    file = session.get(key)
    if file is None:
        return
    session.count(_FILES)

    def images(split: str) -> np.ndarray:
        return dataset.x_test if split == verdicts.TEST else dataset.x_train

    try:
        if file.size > verdicts.MAX_FILE_BYTES:
            raise ValueError("This file is too large for one of verdicts: 20 MB are read.")
        found = verdicts.from_csv(
            file.getvalue().decode("utf-8-sig", errors="replace"),
            images,
            sha256=dataset.sha256,
            num_classes=len(dataset.class_names),
        )
        state.open_store().judge(found)
    except (ValueError, store.StoreError, datasets.DataError) as error:
        session.put(_TROUBLE, str(error))
        return
    people = ", ".join(sorted({verdict.person for verdict in found}))
    session.put(_READ, f"{words.number_of(len(found), 'verdict')} of {people} read.")


# --- what can be judged ---------------------------------------------------------------------


def _can_be_judged(dataset: datasets.Dataset) -> bool:
    """Tell whether images have a name to be known by, and are not empty stand-ins for lost ones."""
    return bool(dataset.sha256) and dataset.pictured


@functools.lru_cache(maxsize=16)  # every press shows most of its images again
def _likely(answers: evaluation.Evaluation, indices: tuple[int, ...]) -> tuple[int | None, ...]:
    """Return the label that each image should have if its own is wrong.

    That is the answer where it differs, else the next most probable class, where that is known.
    """
    shown = np.array(indices, np.int64)
    truth, pred = answers.y_true[shown], answers.y_pred[shown]
    if answers.probs is None:
        return tuple(int(p) if p != t else None for p, t in zip(pred, truth, strict=True))
    others = np.array(answers.probs[shown])
    others[np.arange(len(shown)), truth] = -1
    return tuple(others.argmax(axis=1).tolist())


def _visitor() -> str:
    """Return the name of a visitor that Streamlit knows, which stays for a visit; else nothing."""
    if not session.has(_VISITOR):
        user = st.user.to_dict()
        named = [it for it in (user.get("name"), user.get("email")) if isinstance(it, str)]
        named = [store.clean_text(it).strip()[: verdicts.MAX_PERSON] for it in named]
        session.put(_VISITOR, next(filter(None, named), ""))
    return session.get(_VISITOR)
