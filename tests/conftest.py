"""What every test stands on: a home of its own, no network asked for, and fresh caches."""

import functools
import importlib
import os
import pathlib
import tempfile
from collections.abc import Iterator

import pytest

from mnistdash import datasets
from tests import postgres

REPO = pathlib.Path(__file__).parents[1]
SHARED_DATA = REPO.parent / "shared" / "data"


def pytest_configure() -> None:
    """Refuse to run where a file of secrets would lead the tests to somebody's runs."""
    settings = pathlib.Path(".streamlit/secrets.toml")
    for file in (REPO / settings, pathlib.Path.home() / settings):
        if file.is_file() and "MNISTDASH_DATABASE_URL" in file.read_text():
            raise pytest.UsageError(f"{file} names a database: move it away while tests run.")


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """An empty home folder, no other setting, and no data set loaded by an earlier test."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("MNISTDASH_HOME", str(folder))
    monkeypatch.setenv("MNISTDASH_DOWNLOAD", "0")
    for name in ("MNISTDASH_DATA", "MNISTDASH_DATABASE_URL", "MNISTDASH_SCHEDULER"):
        monkeypatch.delenv(name, raising=False)
    datasets.keep_in(None)
    datasets.forget()
    return folder


@pytest.fixture
def shared_data() -> pathlib.Path:
    """The folder with the real MNIST and Fashion-MNIST; without it the test skips."""
    if not (SHARED_DATA / "mnist.npz").is_file():
        pytest.skip("No ../shared/data beside the repository: real MNIST is not tested here.")
    return SHARED_DATA.resolve()


@pytest.fixture(scope="session")
def scanned_once() -> Iterator[None]:
    """The installed packages are searched for components once, not by every `AppTest`.

    The search takes longer than most pages do.
    """
    scanner = importlib.import_module("streamlit.components.v2.manifest_scanner")
    search = functools.cache(scanner.scan_component_manifests)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scanner, "scan_component_manifests", search)
        yield


@pytest.fixture(scope="session")
def cluster() -> Iterator[postgres.Cluster]:
    """A real Postgres, shared by the tests; without one they skip, where that is allowed."""
    if postgres.programs() is None:
        if os.environ.get("MNISTDASH_REQUIRE_POSTGRES"):
            pytest.fail("Postgres is missing: apt-get install postgresql")
        pytest.skip("No Postgres on this machine (apt-get install postgresql).")
    # Its own user must be able to come here, and pytest's folders are closed to others.
    with (
        tempfile.TemporaryDirectory(prefix="postgres-") as folder,
        postgres.cluster(pathlib.Path(folder)) as server,
    ):
        yield server


@pytest.fixture
def postgres_url(cluster: postgres.Cluster) -> str:
    """The address of an empty Postgres database."""
    cluster.empty()
    return cluster.url
