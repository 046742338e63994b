"""An empty store for each test: in a file, and on Postgres where the file isn't meant."""

import pathlib
from collections.abc import Iterator

import pytest

from mnistdash import store


@pytest.fixture
def path(tmp_path: pathlib.Path) -> pathlib.Path:
    """Where the SQLite file of a test lies."""
    return tmp_path / "runs.sqlite3"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Let what needs a store, and not its file, hold on both kinds of database."""
    if "address" in metafunc.fixturenames and "path" not in metafunc.fixturenames:
        metafunc.parametrize("address", ["sqlite", "postgres"], indirect=True)


@pytest.fixture
def address(request: pytest.FixtureRequest) -> str:
    """The address of a database without anything in it."""
    if getattr(request, "param", "sqlite") == "postgres":
        return request.getfixturevalue("postgres_url")
    return f"sqlite:///{request.getfixturevalue('path')}"


@pytest.fixture
def db(address: str) -> Iterator[store.Store]:
    """An empty store."""
    opened = store.Store(address)
    yield opened
    opened.close()
