"""A store in a file of its own for each test."""

import pathlib
from collections.abc import Iterator

import pytest

from mnistdash import store


@pytest.fixture
def path(tmp_path: pathlib.Path) -> pathlib.Path:
    """Where the SQLite file of a test lies."""
    return tmp_path / "runs.sqlite3"


@pytest.fixture
def db(path: pathlib.Path) -> Iterator[store.Store]:
    """An empty store in a real file."""
    opened = store.Store(f"sqlite:///{path}")
    yield opened
    opened.close()
