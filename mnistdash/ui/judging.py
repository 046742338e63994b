"""What a browser says of images by button and key, with no verdict lost or counted twice."""

import dataclasses
import pathlib
import re
from collections.abc import Callable, Sequence

from mnistdash import verdicts
from mnistdash.ui import session

# Goes before a component's own JavaScript.
JAVASCRIPT = pathlib.Path(__file__).with_name("judging.js").read_text(encoding="utf-8")

MAX_SAID = 1_000  # in one message; a browser sends again what was not heard
_HEARD = "verdicts_heard_"  # session key, with the component's: the mount and the last number
_MOUNT = re.compile(r"[0-9a-z]{1,16}")
_MAX_NUMBER = 10**7


@dataclasses.dataclass(frozen=True, kw_only=True)
class Said:
    """What was said of one image; numbered in the order of the presses, from 1."""

    number: int
    index: int
    fault: str
    label: int | None
    note: str


Judge = Callable[[Sequence[Said]], None]


def told(images: Sequence[list] | None, class_names: Sequence[str], key: str) -> dict | None:
    """Return what a component is told to let a person judge images; `None` where nobody can.

    Args:
        images: as the JavaScript takes them; `None` where they can't be judged.
        class_names: of the data set.
        key: Streamlit key of the component.
    """
    if images is None:
        return None
    heard = list(session.get(_HEARD + key, ("", 0)))
    return {"heard": heard, "class_names": list(class_names), "images": list(images)}


def hear(key: str, mount: object, said: object, on_judge: Judge) -> None:
    """Pass on what a browser says and was not heard of yet.

    Args:
        key: Streamlit key of the component.
        mount: names the component in its window: untrusted.
        said: whatever the browser sent as a list of verdicts.
        on_judge: called with what is new, in order, if anything is.
    """
    found = read(said)
    if not found or not isinstance(mount, str) or not _MOUNT.fullmatch(mount):
        return
    known, number = session.get(_HEARD + key, ("", 0))
    new = [each for each in found if known != mount or each.number > number]
    if new:
        session.put(_HEARD + key, (mount, new[-1].number))
        on_judge(new)


def read(value: object) -> list[Said] | None:
    """Return the verdicts in a message, by number; `None` for anything that is no list of them."""
    if not isinstance(value, list) or len(value) > MAX_SAID:
        return None
    found = [_one(entry) for entry in value]
    if None in found:
        return None
    return sorted(found, key=lambda each: each.number)


def _one(entry: object) -> Said | None:
    if not isinstance(entry, list) or len(entry) != 5:
        return None
    number, index, fault, label, note = entry
    if any(type(whole) is not int or not 0 <= whole < _MAX_NUMBER for whole in (number, index)):
        return None
    if fault not in (*verdicts.FAULTS, verdicts.NONE) or not isinstance(note, str):
        return None
    if label is not None and (type(label) is not int or not 0 <= label <= verdicts.MAX_LABEL):
        return None
    return Said(number=number, index=index, fault=fault, label=label, note=note)
