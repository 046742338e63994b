"""What the browser is told of an answer, and what it may fetch to answer itself."""

import dataclasses
import pathlib

import pytest
from starlette import requests, responses

from mnistdash import artifacts, recipes, store
from mnistdash.ui import pen, state
from tests.pages import examples


@pytest.fixture
def db(home: pathlib.Path) -> store.Store:
    """The store of the pages, with the starter runs in it."""
    state.open_store.clear()
    pen._network.cache_clear()
    return state.open_store()


def fetch(path: str) -> responses.Response:
    """Ask the server for a path as a browser does."""
    name = path.removeprefix("pen/")
    scope = {"type": "http", "method": "GET", "headers": [], "path_params": {"name": name}}
    return pen._answer(requests.Request(scope))


def test_network_of_a_run_is_fetched_once(db: store.Store) -> None:
    """The starter's is at most 350 kB, the engine 20 kB; both may be kept for ever."""
    for path, most in ((pen.network(db.run("starter-mnist")), 350_000), (pen.ENGINE, 20_000)):
        answer = fetch(path)
        assert answer.status_code == 200
        assert len(answer.body) <= most
        assert "immutable" in answer.headers["cache-control"]


def test_run_without_recipe_or_weights_has_no_network(db: store.Store) -> None:
    """A brought run, one without its weights, and one too large are answered by the server."""
    run = db.run("starter-mnist")
    large = recipes.Recipe(layers="flatten dense4096")
    kept = run.artifacts - {artifacts.WEIGHTS}
    for change in ({"recipe": None}, {"recipe": large}, {"artifacts": kept}):
        assert pen.network(dataclasses.replace(run, **change)) is None


@pytest.mark.parametrize("name", ["pen/nobody-1.net", "pen/starter-mnist-1.net", "pen/../app.py"])
def test_what_no_page_names_is_not_found(db: store.Store, name: str) -> None:
    """Another run's, an older one's under the same name, and a file of the server."""
    assert fetch(name).status_code == 404


def test_damaged_weights_are_not_found(db: store.Store, home: pathlib.Path) -> None:
    """A browser that gets none draws on with the server's answers."""
    path = pen.network(db.run("starter-mnist"))
    damage = examples.DAMAGE_MODEL.replace(artifacts.MODEL, artifacts.WEIGHTS)
    examples.alter(home, damage, "starter-mnist")
    assert fetch(path).status_code == 404
