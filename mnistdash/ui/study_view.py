"""What can be computed about a run in the background: offered, then shown as it goes."""

import dataclasses

import streamlit as st

from mnistdash.ui import apart, state, words

_POLL_SECONDS = 1.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Offer:
    """What a person is offered: a study of a run, and how the page speaks of it."""

    run_id: str
    kind: str  # one of `artifacts.EVIDENCE`
    label: str  # of the button
    doing: str  # while it goes on
    help: str


def offer(offered: Offer) -> None:
    """Show the button that asks for a study, or how far it is; what went wrong in a line."""
    study = state.open_store().study(offered.run_id, offered.kind)
    if study is not None and study.trouble is None:
        apart.part(_under_way, every=_POLL_SECONDS, key=f"study-{offered.kind}")(offered)
        return
    if study is not None:
        with st.container(key=f"study-again-{offered.kind}", gap="xsmall"):
            st.caption(words.plain(f"That could not be done: {study.trouble}"))
            _button(offered)
        return
    _button(offered)


def _button(offered: Offer) -> None:
    closed = state.open_store().read_only_because
    st.button(
        offered.label,
        icon=":material/search:",
        key=f"study-{offered.kind}",
        on_click=_ask,
        args=(offered.run_id, offered.kind),
        disabled=closed is not None,
        help=words.sentence(closed or offered.help),
    )


def _ask(run_id: str, kind: str) -> None:
    state.open_engine().study(run_id, kind)


def _stop(run_id: str, kind: str) -> None:
    state.open_store().withdraw_study(run_id, kind)


def _under_way(offered: Offer) -> None:
    study = state.open_store().study(offered.run_id, offered.kind)
    if study is None or study.trouble is not None:
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"going-{offered.kind}"):
        st.progress(study.share, offered.doing if study.share else "Waiting for the worker")
        st.button(
            "Stop",
            icon=":material/stop:",
            key=f"stop-{offered.kind}",
            on_click=_stop,
            args=(offered.run_id, offered.kind),
            disabled=state.open_store().read_only_because is not None,
        )
