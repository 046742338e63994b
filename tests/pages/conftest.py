"""A server just started, without a worker, and the runs that its pages find."""

import gc
import pathlib
from collections.abc import Iterator

import pytest
import streamlit as st
from streamlit.runtime import pages_manager
from streamlit.testing.v1 import app_test

from mnistdash import artifacts, engine, store
from mnistdash.ui import state
from tests.pages import examples


class Pages(pages_manager.PagesManager):
    """Streamlit's pages as a real server knows them.

    `AppTest` forgets before each run that `st.navigation` was called once, and would run a file
    of `pages/` without `app.py` around it.
    """

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **options)
        pages_manager.PagesManager.uses_pages_directory = False


class Trainer:
    """An engine that only notes what it is asked to train and to study."""

    trouble: str | None = None
    remark: str | None = None
    ready = True

    def __init__(self, db: store.Store) -> None:
        self._db = db
        self.submitted: list[str] = []
        self.visits = 0

    def visit(self) -> None:
        """Be there already, and count who comes."""
        self.visits += 1

    def submit(self, run_id: str) -> None:
        """Note a run."""
        self.submitted.append(run_id)

    def study(self, run_id: str, kind: str = artifacts.FEATURES) -> None:
        """Note in the store that a study is wanted."""
        self._db.request_study(run_id, kind)


@pytest.fixture(autouse=True, scope="module")
def frozen() -> Iterator[None]:
    """No search for garbage among what other tests imported.

    `AppTest` has Streamlit search all memory after each run of a page: with TensorFlow's objects in
    it, that takes longer than the page.
    """
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(autouse=True)
def fresh_server(
    home: pathlib.Path, scanned_once: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """The caches of a server just started, without a worker process or a thread."""
    monkeypatch.setattr(app_test, "PagesManager", Pages)
    monkeypatch.setattr(engine, "Engine", Trainer)
    monkeypatch.setattr(state, "read_ahead", lambda *_: None)  # no thread outlives its test
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


@pytest.fixture
def db(home: pathlib.Path) -> store.Store:
    """The store that the pages use, with the starter runs in it."""
    opened = store.Store(store.default_url())
    opened.add_starters()
    return opened


@pytest.fixture
def no_runs(db: store.Store) -> store.Store:
    """The store that the pages use, with nothing in it."""
    for run in db.runs():
        db.delete(run.id)
    return db


@pytest.fixture
def mine(db: store.Store) -> store.Run:
    """A finished run on optdigits with the errors of `MISTAKES`, beside the starters."""
    return examples.add_run(db, "mine", examples.MISTAKES)
