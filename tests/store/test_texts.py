"""Texts as they are kept."""

import pytest

from mnistdash import store
from mnistdash.store import texts
from tests.store import examples


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("plain text, é 試 🖊", "plain text, é 試 🖊"),
        ("two\nlines\r\nand three", "two\nlines\nand three"),
        ("tab\tand\N{NO-BREAK SPACE}space", "tab and space"),
        ("a\0b\x07c\x1b[31m\N{RIGHT-TO-LEFT OVERRIDE}d\udc80", "abc[31md"),
        ("👩\N{ZERO WIDTH JOINER}🔬", "👩\N{ZERO WIDTH JOINER}🔬"),
    ],
)
def test_what_is_typed_is_kept_without_control_characters(typed: str, kept: str) -> None:
    """Letters, lines and emoji stay; white space is a space; what can't be shown is gone."""
    assert texts.clean(typed) == kept


def test_no_text_of_a_run_holds_what_cant_be_shown(db: store.Store) -> None:
    """Name, note and reason, whoever writes them, and no database stumbles over a NUL."""
    run_id = examples.enqueue(db).id
    db.start(run_id)
    db.rename(run_id, "a\0b")
    db.annotate(run_id, "first\0\n\x1b[31msecond\udc80")
    db.finish(run_id, status="failed", reason="it\0 fell")
    run = db.run(run_id)
    assert (run.name, run.note, run.reason) == ("a b", "first\n[31msecond", "it fell")
