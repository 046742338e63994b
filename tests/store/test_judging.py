"""Verdicts come back by image and person, change and go; damaged ones hide no other."""

import pathlib

import pytest
import sqlalchemy as sa

from mnistdash import store, verdicts
from mnistdash.store import judging, schema
from tests.store import examples

SET = "a" * 64


def said(index: int, fault: str = "model", **facts: object) -> verdicts.Verdict:
    """A verdict of "me" on a test image."""
    image = f"{index:064x}"
    known = {"dataset_sha256": SET, "split": "test", "person": "me", "judged_at": 1.5}
    return verdicts.Verdict(index=index, image=image, fault=fault, **known | facts)


def test_verdicts_come_back(db: store.Store) -> None:
    """Of two people on three images of two splits each finds what that person said, by index."""
    mine = [said(9, "label", label=4, note="a nine, 9 \u2192 4"), said(3), said(3, split="train")]
    db.judge([*mine, said(9, "picture", person="you")])
    assert db.verdicts(SET, "test", "me") == {3: mine[1], 9: mine[0]}
    assert list(db.verdicts(SET, "test", "me")) == [3, 9]
    assert db.verdicts(SET, "train", "me") == {3: mine[2]}
    assert db.verdicts(SET, "test", "you")[9].fault == "picture"
    assert db.verdicts("b" * 64, "test", "me") == {}


def test_last_word_holds_and_none_takes_it_back(db: store.Store) -> None:
    """Model, then label, then none: one verdict, another one, nothing; in one list as well."""
    db.judge([said(3)])
    db.judge([said(3, "label", label=8)])
    assert db.verdicts(SET, "test", "me")[3].label == 8
    db.judge([said(3, "none"), said(4), said(5), said(5, "none")])
    assert list(db.verdicts(SET, "test", "me")) == [4]


def test_verdicts_are_limited(db: store.Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """One more than allowed is refused whole; one in place of another is not more."""
    monkeypatch.setattr(judging, "MAX_VERDICTS", 2)
    db.judge([said(1), said(2)])
    with pytest.raises(store.StoreError, match="2 verdicts are kept"):
        db.judge([said(1, "picture"), said(3)])
    db.judge([said(1, "label", label=0)])
    assert [v.fault for v in db.verdicts(SET, "test", "me").values()] == ["label", "model"]


@pytest.mark.parametrize(
    ("column", "value"),
    [("label", 7), ("label", "x"), ("image", "text"), ("fault", "mine"), ("judged_at", "today")],
)
def test_damaged_verdict_hides_no_other(
    db: store.Store, path: pathlib.Path, column: str, value: object
) -> None:
    """It is left out, and the others are there."""
    db.judge([said(1, "label", label=4)])
    examples.edit(path, f"UPDATE verdicts SET {column} = ?", value)
    db.judge([said(2)])
    assert list(db.verdicts(SET, "test", "me")) == [2]


def test_older_database_gets_the_table(path: pathlib.Path) -> None:
    """One made before people could judge: opened anew, it keeps verdicts."""
    old = store.Store(f"sqlite:///{path}")
    with old._write() as connection:
        schema.verdicts.drop(connection)
        step = schema.migrations.c.name == "people can judge images"
        connection.execute(sa.delete(schema.migrations).where(step))
    old.close()
    opened = store.Store(f"sqlite:///{path}")
    opened.judge([said(1)])
    assert list(opened.verdicts(SET, "test", "me")) == [1]
    opened.close()
