"""One database behind an address: connections, transactions, and files that are none."""

import concurrent.futures
import pathlib
import re
import sqlite3
import threading
import time

import numpy as np
import pytest

from mnistdash import store
from mnistdash.store import database
from tests.store import examples

# --- connections ----------------------------------------------------------------------------


def test_reading_connections_hold_to_the_rules(db: store.Store, path: pathlib.Path) -> None:
    """Those that only read keep foreign keys, wait for a writer, and leave no transaction open."""
    db.runs()
    with db._read() as connection:
        found = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("foreign_keys", "busy_timeout", "journal_mode")
        ]
        assert found == [1, 30_000, "wal"]
        assert not connection.connection.dbapi_connection.in_transaction


def test_many_readers_open_few_files(db: store.Store) -> None:
    """A hundred threads that read at once share what fifteen connections open."""
    files = pathlib.Path("/proc/self/fd")
    if not files.is_dir():
        pytest.skip("There is no /proc here to count open files in.")
    before = len(list(files.iterdir()))
    with concurrent.futures.ThreadPoolExecutor(100) as pool:
        assert list(pool.map(lambda _: db.runs(), range(1000))) == [[]] * 1000
    assert len(list(files.iterdir())) - before <= 15 * 3  # database, log and its index


def test_writer_waits_for_a_locked_database(db: store.Store, path: pathlib.Path) -> None:
    """While another program holds the file pages read on; a writer waits, and succeeds."""
    run_id = examples.finished(db)
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    threading.Timer(0.7, lambda: other.execute("COMMIT")).start()
    began = time.monotonic()
    assert db.run(run_id).name == "run 0"
    assert time.monotonic() - began < 0.5
    db.rename(run_id, "patient")
    assert time.monotonic() - began > 0.5
    assert db.run(run_id).name == "patient"
    other.close()


# --- one transaction ------------------------------------------------------------------------


def test_results_are_all_or_none(db: store.Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """An artifact too large leaves the run as it was, without the artifacts before it."""
    monkeypatch.setattr(database, "_MAX_ARTIFACT", 1000)
    run_id = examples.enqueue(db).id
    db.start(run_id)
    with pytest.raises(store.StoreError, match=r"weights\.npz is larger than"):
        db.finish(
            run_id, artifacts=examples.ARTIFACTS | {"weights.npz": bytes(1001)}, **examples.RESULTS
        )
    run = db.run(run_id)
    assert (run.status, run.test_accuracy, run.history) == ("running", None, ())
    assert sorted(db.run(run_id).artifacts) == []
    db.finish(run_id, status="failed", reason="too large")
    assert db.run(run_id).status == "failed"


def test_full_disk_leaves_old_runs_intact(db: store.Store, path: pathlib.Path) -> None:
    """When SQLite may grow no further the sentence says so, and nothing half is there."""
    old, new = examples.finished(db, 0), examples.enqueue(db, 1).id
    db.start(new)
    with db._write() as connection:  # the limit is one of a connection: of the writer's
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(store.StoreError, match="The disk is full: nothing was saved"):
        db.finish(new, artifacts={"probs.npy": bytes(500_000)}, **examples.RESULTS)
    assert db.run(new).status == "running"
    assert db.artifact(old, "weights.npz") == b"weights"


# --- damage to the file ---------------------------------------------------------------------


def refusal(url: str) -> str:
    """Open what can't be opened, and return the sentence, which names no folder and no secret."""
    with pytest.raises(store.StoreError) as refused:
        store.Store(url).runs()
    sentence = str(refused.value)
    assert len(sentence) < 250
    assert "secret" not in sentence
    assert not re.search(r"(^|\s)/|/tmp|Traceback|sqlalche", sentence)
    return sentence


def test_missing_file_begins_a_new_store(path: pathlib.Path) -> None:
    """Only where nothing was a new store is made."""
    assert store.Store(f"sqlite:///{path}").runs() == []
    assert path.stat().st_size


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "is empty"), (b"hello" * 1000, "not a database"), (b"\0" * 4096, "not a database")],
    ids=["empty", "text", "zeros"],
)
def test_file_that_is_no_store_is_left_as_it_is(
    path: pathlib.Path, content: bytes, words: str
) -> None:
    """The sentence names the role and the remedy; not a byte is changed."""
    path.write_bytes(content)
    sentence = refusal(f"sqlite:///{path}")
    assert words in sentence
    assert "The database of runs" in sentence
    assert "Restore it from a copy" in sentence
    assert path.read_bytes() == content


@pytest.mark.parametrize("share", [0.1, 0.5, 0.8])
def test_truncated_file_is_left_as_it_is(db: store.Store, path: pathlib.Path, share: float) -> None:
    """A file cut short is refused with the remedy, and can still be given to a rescuer."""
    examples.finished(db)
    db.close()
    cut = path.read_bytes()[: int(share * path.stat().st_size)]
    path.write_bytes(cut)
    sentence = refusal(f"sqlite:///{path}")
    assert "damaged" in sentence
    assert "Restore it from a copy" in sentence
    assert path.read_bytes() == cut


def test_newer_store_is_left_as_it_is(db: store.Store, path: pathlib.Path) -> None:
    """A store of a later program is named with both versions."""
    examples.finished(db)
    examples.edit(path, "UPDATE meta SET value = '99' WHERE key = 'schema'")
    db.close()
    before = path.read_bytes()
    sentence = refusal(f"sqlite:///{path}")
    assert "has version 99, this program reads version 2" in sentence
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "table",
    ["runs (a)", "artifacts (a)", "meta (a)", "meta (key TEXT PRIMARY KEY, value TEXT)"],
)
def test_database_of_another_program_is_left_as_it_is(path: pathlib.Path, table: str) -> None:
    """Tables that are called like ours and are not ours are neither used nor joined by ours."""
    with sqlite3.connect(path) as connection:
        connection.execute(f"CREATE TABLE {table}")
    connection.close()
    before = path.read_bytes()
    assert "of another program" in refusal(f"sqlite:///{path}") or "not of this program" in refusal(
        f"sqlite:///{path}"
    )
    assert path.read_bytes() == before


def test_other_tables_may_stand_beside_ours(path: pathlib.Path) -> None:
    """A team's database can hold more than runs."""
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE people (name TEXT)")
    connection.close()
    assert store.Store(f"sqlite:///{path}").runs() == []


def test_store_of_missing_columns_is_a_sentence(db: store.Store, path: pathlib.Path) -> None:
    """A store made by a program that kept less is refused, not answered with nonsense."""
    examples.edit(path, "UPDATE meta SET value = value")
    with sqlite3.connect(path) as connection:
        connection.execute("ALTER TABLE runs DROP COLUMN test_loss")
    connection.close()
    assert "not of this program" in refusal(f"sqlite:///{path}")


# --- addresses ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "postgresql//user:secret@host/db",
        "postgresql://user:secret@host:port/db",
        "postgresql+psycopg://user:secret@127.0.0.1:1/db",
        "oracle9://user:secret@host/db",
        "sqlite:",
    ],
)
def test_wrong_address_is_a_sentence_without_the_password(url: str) -> None:
    """Whatever is wrong with the address, its password is not repeated."""
    assert refusal(url)


def test_missing_folder_is_a_sentence(tmp_path: pathlib.Path) -> None:
    """A chosen file in a folder that is not there, and a folder in place of the file."""
    for url in (f"sqlite:///{tmp_path}/none/runs.sqlite3", f"sqlite:///{tmp_path}"):
        assert "can't be opened" in refusal(url)
    assert not (tmp_path / "none").exists()


def test_read_only_store_can_be_looked_at(db: store.Store, path: pathlib.Path) -> None:
    """Where nothing can be written runs are shown, and a training is refused with a reason."""
    run_id = examples.finished(db)
    db.close()
    seen = store.Store(f"sqlite:///file:{path}?mode=ro&uri=true")
    assert seen.run(run_id).finished
    np.testing.assert_array_equal(seen.probs(run_id), examples.PROBS)
    with pytest.raises(store.StoreError, match="you can look, but not train"):
        examples.enqueue(seen, 1)


def test_home_folder_is_made(home: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a chosen database it lies in the home folder; one that can't be made is named."""
    monkeypatch.setenv("MNISTDASH_HOME", str(home / "new" / "folder"))
    assert store.default_url() == f"sqlite:///{home}/new/folder/mnistdash.sqlite3"
    assert (home / "new" / "folder").is_dir()
    (home / "file").write_text("no folder")
    monkeypatch.setenv("MNISTDASH_HOME", str(home / "file"))
    with pytest.raises(store.StoreError, match="Set MNISTDASH_HOME to a folder that can"):
        store.default_url()


def test_home_that_cant_be_written_can_be_looked_at(
    home: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is there is shown and stays as it is to the byte; whoever writes is told why not."""
    mine = store.Store.to_show()
    mine.rename("starter-mnist", "mine")
    mine.close()
    before = (home / "mnistdash.sqlite3").read_bytes()
    monkeypatch.setattr(database.os, "access", lambda *_: False)
    db = store.Store.to_show()
    assert sorted(run.name for run in db.runs()) == ["mine", "starter"]
    with pytest.raises(store.StoreError, match="you can look at what is here, but nothing is"):
        db.rename("starter-mnist", "yours")
    assert (home / "mnistdash.sqlite3").read_bytes() == before


def test_home_that_cant_be_made_shows_the_starters(
    home: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its reason is named, nothing is written, and a chosen database has no part in it."""
    (home / "file").write_text("no folder")
    monkeypatch.setenv("MNISTDASH_HOME", str(home / "file" / "home"))
    db = store.Store.to_show()
    assert {run.id for run in db.runs()} == {"starter-optdigits", "starter-mnist"}
    assert "(Not a directory)" in db.read_only_because
    with pytest.raises(store.StoreError, match="nothing is trained or kept"):
        examples.enqueue(db)
    monkeypatch.setenv("MNISTDASH_DATABASE_URL", f"sqlite:///{home}/chosen.sqlite3")
    assert store.Store.to_show().read_only_because is None


def test_chosen_database_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """`MNISTDASH_DATABASE_URL` is used as it is."""
    monkeypatch.setenv("MNISTDASH_DATABASE_URL", "postgresql://host/db")
    assert store.default_url() == "postgresql://host/db"


def test_store_in_memory(tmp_path: pathlib.Path) -> None:
    """`sqlite://` keeps everything in this process, for all its threads, and writes no file."""
    db = store.Store("sqlite://")
    run_id = examples.finished(db)
    with concurrent.futures.ThreadPoolExecutor(1) as thread:
        assert thread.submit(db.run, run_id).result().finished
    assert store.Store("sqlite://").runs() == []
    assert list(tmp_path.iterdir()) == []
