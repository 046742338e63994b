"""A file that has to stay where it is, and a server that has to answer."""

import contextlib
import pathlib
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from mnistdash import store
from mnistdash.store import patient, reaching
from tests import postgres
from tests.store import examples


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page waits a second for an answer (two to be let in), and half of one to ask again."""
    monkeypatch.setattr(reaching, "PAGE_SECONDS", 1)
    monkeypatch.setattr(patient, "QUIET_SECONDS", 0.5)


def refused(question: Callable[[], object]) -> tuple[str, float]:
    """Ask what can't be answered: the sentence, and how many seconds it took."""
    began = time.monotonic()
    with pytest.raises(store.StoreError) as refusal:
        question()
    return str(refusal.value), time.monotonic() - began


# --- SQLite's file --------------------------------------------------------------------------


def test_file_that_was_removed_is_said_and_not_made_anew(
    db: store.Store, path: pathlib.Path
) -> None:
    """Neither reading nor writing goes on without it; put back, all is as it was."""
    run_id = examples.finished(db)
    path.rename(path.with_suffix(".away"))
    for question in (db.runs, lambda: db.rename(run_id, "lost"), lambda: examples.enqueue(db, 1)):
        assert "was removed while it was in use" in refused(question)[0]
        assert not path.exists()
    path.with_suffix(".away").rename(path)
    db.rename(run_id, "back")
    assert [run.name for run in db.runs()] == ["back"]


def test_another_file_in_its_place_is_left_as_it_is(db: store.Store, path: pathlib.Path) -> None:
    """What was put there meanwhile is not written into, and its runs are not taken for ours."""
    run_id = examples.finished(db)
    path.rename(path.with_suffix(".away"))
    sqlite3.connect(path).close()
    path.write_bytes(b"")
    assert "is another file" in refused(db.runs)[0]
    assert "is another file" in refused(lambda: db.delete(run_id))[0]
    assert path.read_bytes() == b""


def test_connection_made_later_makes_no_file(db: store.Store, path: pathlib.Path) -> None:
    """Also between the look at the file and the opening of it nothing is made."""
    db.close()
    path.unlink()
    with pytest.raises(sqlite3.OperationalError, match="unable to open"):
        sqlite3.connect(db._file.uri, uri=True)
    assert not path.exists()


# --- a server -------------------------------------------------------------------------------


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that takes connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_silent_server_costs_a_page_its_patience_once(soon: None, silent: int) -> None:
    """The first page waits, one right after it does not."""
    url = f"postgresql+psycopg://user:secret@127.0.0.1:{silent}/db"
    said, seconds = refused(lambda: store.Store(url))
    assert "does not answer" in said
    assert "secret" not in said
    assert seconds < 3.0
    said, seconds = refused(lambda: store.Store(url))
    assert "silent a moment ago" in said
    assert seconds < 0.3


def test_server_that_is_stopped_is_given_up_and_found_again(
    soon: None, cluster: postgres.Cluster, postgres_url: str
) -> None:
    """All its processes stop under an open store: a sentence, again one, and then the runs."""
    db = store.Store(postgres_url)
    run_id = examples.finished(db)
    with cluster.paused():
        for question in (db.runs, db.runs, lambda: db.rename(run_id, "lost")):
            said, seconds = refused(question)
            assert "does not answer" in said
            assert seconds < 2.0
    time.sleep(0.5)
    assert [run.name for run in db.runs()] == ["run 0"]
    db.close()


def test_more_questions_than_connections_are_told_to_come_back(
    soon: None, postgres_url: str
) -> None:
    """Those that a silent server still holds up leave none for the next page, which says so."""
    db = store.Store(postgres_url)
    with contextlib.ExitStack() as held:
        for _ in range(15):
            held.enter_context(db._read())
        said, seconds = refused(db.runs)
    assert "is busy" in said
    assert seconds < 2.0
    db.close()


def test_writer_waits_longer_for_another_ones_transaction(soon: None, postgres_url: str) -> None:
    """A lock that is held longer than a page waits keeps a writer, and refuses none."""
    db, other = store.Store(postgres_url), store.Store(postgres_url)
    run_id = examples.finished(db)
    held = threading.Event()

    def hold() -> None:
        with other._write() as connection:
            connection.exec_driver_sql("LOCK TABLE runs IN EXCLUSIVE MODE")
            held.set()
            time.sleep(1.4)

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(5)
    db.rename(run_id, "patient")
    holder.join()
    assert db.run(run_id).name == "patient"
    db.close()
    other.close()
