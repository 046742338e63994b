"""The Overview page: one run at a glance."""

import json
import pathlib
import re
from collections.abc import Callable

import pytest

from mnistdash import datasets, report, store
from tests.pages import examples, screen

_DAMAGE = "UPDATE artifacts SET data = x'00' WHERE run_id = ?"


def test_overview_states_the_headline_figures(mine: store.Run) -> None:
    """20 errors among 500: 96.00 % with its interval (hand-checked), best and worst class."""
    said = screen.text(screen.open_page("overview", run=mine.id))
    assert "96.00 % 93.90-97.40 %" in said
    assert re.search(r"Errors\s*20 of 500 images", said)
    labels = datasets.load("optdigits").y_test
    fours = int((labels == 4).sum())
    assert re.search(rf"Worst class\s*4 {100 * (1 - 9 / fours):.2f} %", said)
    assert re.search(r"Best class\s*1 100.00 %", said)


def test_overview_ranks_the_confusions(mine: store.Run) -> None:
    """Largest first, in words, with up to three images each; the most confident errors beside."""
    at = screen.open_page("overview", run=mine.id)
    (sent,) = json.loads(at.get_by_key(f"pairs-{mine.id}").proto.json)
    assert [(pair["said"], pair["images"], pair["pictures"]) for pair in sent["pairs"]] == [
        ("4 read as 9", "9 images", 3),
        ("3 read as 5", "6 images", 3),
        ("7 read as 1", "4 images", 3),
        ("0 read as 6", "1 image", 1),
    ]
    assert len(screen.tiles(at, f"confident-{mine.id}")) == 12


def test_overview_has_a_row_a_class(mine: store.Run, db: store.Store) -> None:
    """The errors of the rows are the 20 of the run; a run without errors has its table too."""
    at = screen.open_page("overview", run=mine.id)
    (sent,) = json.loads(at.get_by_key(f"classes-{mine.id}").proto.json)
    wrong = {row["label"]: row["values"]["images"] - row["values"]["right"] for row in sent["rows"]}
    assert {label: count for label, count in wrong.items() if count} == {0: 1, 3: 6, 4: 9, 7: 4}
    perfect = examples.add_run(db, "perfect", ())
    at = screen.open_page("overview", run=perfect.id)
    (sent,) = json.loads(at.get_by_key(f"classes-{perfect.id}").proto.json)
    assert {row["said"] for row in sent["rows"]} == {""}


def test_report_is_made_when_its_box_is_opened(
    home: pathlib.Path, mine: store.Run, db: store.Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once, with progress; again when a note has changed; without the answers a sentence."""
    shares: list[float] = []
    write = report.write

    def noted(told: report.Contents, on_progress: Callable[[float], None]) -> str:
        return write(told, lambda share: (shares.append(share), on_progress(share)))

    monkeypatch.setattr(report, "write", noted)
    at = screen.open_page("overview", run=mine.id)
    assert not at.download_button
    at.session_state["report"] = True
    for note, made in (("", 1), ("", 1), ("for the talk", 2)):
        db.annotate(mine.id, note)
        at.run()
        assert not at.exception
        assert shares.count(1.0) == made
        assert "Save as HTML" in at.download_button[0].label
    db.annotate(mine.id, "")
    examples.alter(home, f"{_DAMAGE} AND name = 'probs.npy'", mine.id)
    at.run()
    assert not at.exception
    assert not at.download_button
    assert "damaged" in screen.text(at)
