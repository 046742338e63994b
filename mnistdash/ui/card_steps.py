"""Previous, next and close of the card, and its verdict: by button, key and finger, none lost."""

import dataclasses
import functools
import pathlib
import re
from collections.abc import Callable, Sequence

import streamlit as st

from mnistdash.ui import judging, session

MAX_STEPS = 1_000_000  # more than anybody presses while a card is open

_HERE = pathlib.Path(__file__).parent
_HANDLED = "card_steps_handled"  # session key: the mount last heard of, and its steps taken
_MOUNT = re.compile(r"[0-9a-z]{1,16}")

_component = st.components.v2.component(
    "mnistdash.card_steps",
    html='<div class="steps"></div>',
    css=(_HERE / "card_steps.css").read_text(encoding="utf-8"),
    js=judging.JAVASCRIPT + (_HERE / "card_steps.js").read_text(encoding="utf-8"),
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Count:
    """What a browser says it was told to do.

    The steps are counted from the moment the component came up and sent as a sum: of several
    messages that come while a page runs, the last says all.
    """

    mount: str  # names this component in this window: a reloaded page counts anew
    steps: int  # onward less backward
    chosen_at: int  # the sum when a tile was last chosen: only what came later moves from it
    said: object = None  # verdicts, untrusted, for `judging` to read


def card_steps(
    label: str | None,
    *,
    before: int,
    after: int,
    inside: bool,
    on_move: Callable[[int], None],
    on_close: Callable[[], None],
    around: tuple[Sequence[list], int] | None = None,
    class_names: Sequence[str] = (),
    on_judge: judging.Judge | None = None,
    key: str,
) -> None:
    """Show the way from one image to its neighbours, and the keys for it.

    Call it on every run, with a card or without: the keys pressed while the first card is on its
    way count as well.

    Args:
        label: what the card shows, for who can't see it; `None` without a card.
        before: images before this one.
        after: images after it.
        inside: whether it is itself one of them.
        on_move: called with the steps to take, negative ones backward.
        on_close: called when the card is closed.
        around: images that few steps lead to, in order, as `judging` tells them, and the place of
            this one among them; `None` where they can't be judged.
        class_names: of the data set.
        on_judge: called with new verdicts.
        key: Streamlit key.
    """
    told = {
        "label": label,
        "before": int(before),
        "after": int(after),
        "inside": bool(inside),
        "handled": list(session.get(_HANDLED, ("", 0))),
        "judged": judging.told(around and around[0], class_names, key),
    }
    if around is not None:
        told["judged"]["shown"] = around[1]
    _component(
        data=[told],
        key=key,
        on_steps_change=lambda: _hear(key, on_move, on_judge),
        on_close_change=functools.partial(_close, key, on_close),
    )


def counted(value: object) -> Count | None:
    """Return what a browser counted, or `None` if that is no count.

    Args:
        value: whatever the browser sent: a page can't trust it.
    """
    if not isinstance(value, dict) or set(value) != {"mount", "steps", "chosen_at", "said"}:
        return None
    mount, *sums = (value[name] for name in ("mount", "steps", "chosen_at"))
    if not isinstance(mount, str) or not _MOUNT.fullmatch(mount):
        return None
    if any(type(number) is not int or abs(number) > MAX_STEPS for number in sums):
        return None
    return Count(mount=mount, steps=sums[0], chosen_at=sums[1], said=value["said"])


def steps_since_choice(key: str) -> int:
    """Return the steps that were made since a tile was chosen, and take them as handled.

    Choice and steps can come in one message, and nothing says which is handled first.
    """
    count = counted(session.sent(key, "steps"))
    if count is None:
        return 0
    session.put(_HANDLED, (count.mount, count.steps))
    return count.steps - count.chosen_at


def _hear(key: str, on_move: Callable[[int], None], on_judge: judging.Judge | None) -> None:
    count = counted(session.sent(key, "steps"))
    if count is not None and on_judge is not None:
        judging.hear(key, count.mount, count.said, on_judge)
    _move(key, on_move)


def _move(key: str, on_move: Callable[[int], None]) -> None:
    count = counted(session.sent(key, "steps"))
    if count is None:
        return
    mount, handled = session.get(_HANDLED, ("", 0))
    session.put(_HANDLED, (count.mount, count.steps))
    steps = count.steps - (handled if mount == count.mount else 0)
    if steps:
        on_move(steps)


def _close(key: str, on_close: Callable[[], None]) -> None:
    if session.chosen(key, "close") is True:
        on_close()
