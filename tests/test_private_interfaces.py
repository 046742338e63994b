"""Private interfaces of libraries: each may go away tomorrow, and the work goes on without it."""

import ast
import builtins
import pathlib
import time
import types
import zipfile
from collections.abc import Iterator, Mapping

import distributed
import numpy as np
import pytest
import streamlit as st
from ai_edge_litert import interpreter
from streamlit.runtime import app_session
from streamlit.runtime.scriptrunner_utils import script_requests
from streamlit.runtime.state import safe_session_state
from streamlit.testing import v1 as streamlit_testing

from mnistdash import classifier, engine, recipes, store
from mnistdash.training import session
from mnistdash.ui import link, presses, sparing

REPO = pathlib.Path(__file__).parents[1]
FILES = sorted([REPO / "app.py", *(REPO / "pages").glob("*.py"), *REPO.glob("mnistdash/**/*.py")])
# Libraries that document their first level alone: what lies below is theirs to move.
GUARDED = ("streamlit", "tensorflow", "keras", "distributed", "dask")
# Each of these has a test below.
USED = {
    "streamlit.runtime.app_session",
    "streamlit.runtime.scriptrunner",
    "streamlit.runtime.pages_manager",
    "streamlit.runtime.scriptrunner_utils.script_requests",
    "streamlit.runtime.state.safe_session_state",
    "tensorflow.python.eager.context",
}


def private_imports(path: pathlib.Path) -> set[tuple[str, bool]]:
    """Find what a file imports from inside a library, and whether a `try` or `with` is around."""
    found = set()

    def visit(node: ast.AST, *, guarded: bool) -> None:
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            root, *below = name.split(".")
            private = any(part.startswith("_") for part in below)
            if private or (root in GUARDED and below):
                found.add((name, guarded))
        inner = guarded or isinstance(node, ast.Try | ast.With)
        for child in ast.iter_child_nodes(node):
            visit(child, guarded=inner)

    visit(ast.parse(path.read_text()), guarded=False)
    return found


def test_every_private_interface_is_known_and_imported_where_it_is_used() -> None:
    """What is imported from inside a library is listed here, and its absence is caught."""
    found = set().union(*map(private_imports, FILES))
    assert {name for name, _ in found} == USED
    assert all(guarded for _, guarded in found), found


def without(monkeypatch: pytest.MonkeyPatch, package: str, *, instead: object = None) -> None:
    """Let a package be gone for this program, or another; the library still finds its own parts."""
    real = builtins.__import__

    def find(name: str, scope: Mapping | None = None, *rest: object, **named: object) -> object:
        if name != package or not (scope or {}).get("__name__", "").startswith("mnistdash"):
            return real(name, scope, *rest, **named)
        if instead is None:
            raise ImportError(name)
        return instead

    monkeypatch.setattr(builtins, "__import__", find)


@pytest.fixture
def dashboard(home: pathlib.Path, scanned_once: None) -> Iterator[streamlit_testing.AppTest]:
    """The dashboard of a server just started, with a link to one class of a starter run."""
    st.cache_resource.clear()
    at = streamlit_testing.AppTest.from_file(str(REPO / "app.py"), default_timeout=60)
    at.query_params.update({"run": "starter-optdigits", "true": "3"})
    yield at
    st.cache_resource.clear()


def test_links_are_read_without_streamlits_script_context(
    monkeypatch: pytest.MonkeyPatch, dashboard: streamlit_testing.AppTest
) -> None:
    """Without the module that knows Back and Forward a link still opens its view."""
    without(monkeypatch, "streamlit.runtime")
    assert link._went_back_or_forward() is False
    shown(dashboard.run())


PAGES_WITHOUT_EFFECT = types.SimpleNamespace(
    pages_manager=types.SimpleNamespace(PagesManager=types.SimpleNamespace())
)


@pytest.mark.parametrize("instead", [None, PAGES_WITHOUT_EFFECT], ids=("gone", "without effect"))
def test_first_visit_by_a_link_to_a_page_without_streamlits_pages_manager(
    monkeypatch: pytest.MonkeyPatch, dashboard: streamlit_testing.AppTest, instead: object
) -> None:
    """It lands on the first page, with the view of the link, and never in a circle."""
    without(monkeypatch, "streamlit.runtime", instead=instead)
    shown(dashboard.switch_page("pages/confusion.py").run())


def shown(at: streamlit_testing.AppTest) -> None:
    """Hold that the first page shows the view of the link."""
    assert not at.exception
    assert [title.value for title in at.title] == ["Overview"]
    assert (at.session_state["run"], at.session_state["true"]) == ("starter-optdigits", 3)


@pytest.mark.parametrize("instead", [None, types.SimpleNamespace()], ids=("gone", "without parts"))
def test_presses_without_streamlits_memory_and_queue(
    monkeypatch: pytest.MonkeyPatch, instead: object
) -> None:
    """Where neither is to be found, or has its parts, nothing is changed and nothing falls."""
    memory, merge = (
        safe_session_state.SafeSessionState.on_script_will_rerun,
        script_requests._coalesce_widget_states,
    )
    for package in ("streamlit.runtime.state", "streamlit.runtime.scriptrunner_utils"):
        without(monkeypatch, package, instead=instead)
    presses.hear_all()
    assert safe_session_state.SafeSessionState.on_script_will_rerun is memory
    assert script_requests._coalesce_widget_states is merge


@pytest.mark.parametrize(
    "instead",
    [None, types.SimpleNamespace(), types.SimpleNamespace(app_session=types.SimpleNamespace())],
    ids=("gone", "without a session", "without parts"),
)
def test_runs_without_streamlits_session_and_memory(
    monkeypatch: pytest.MonkeyPatch, instead: object
) -> None:
    """Where neither is to be found, or has its parts, nothing is changed and nothing falls."""
    memory = safe_session_state.SafeSessionState
    before = memory.filtered_state, app_session._populate_theme_msg
    for package in ("streamlit.runtime", "streamlit.runtime.state"):
        without(monkeypatch, package, instead=instead)
    sparing.spare()
    assert (memory.filtered_state, app_session._populate_theme_msg) == before


def test_training_without_tensorflows_context(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the threads can't be changed any more, a training ends as well, with those it has."""
    without(monkeypatch, "tensorflow.python.eager")
    images, labels = np.zeros((64, 28, 28), np.uint8), np.arange(64, dtype=np.uint8) % 10
    data = types.SimpleNamespace(x_train=images, y_train=labels, x_test=images, y_test=labels)
    recipe = recipes.Recipe(layers="flatten dense8", epochs=1)
    had = session._threads_in_use()
    for wished in (had[0] + 1, 1), (had[0] + 2, 1):
        monkeypatch.setattr(session, "threads_for", lambda recipe, wished=wished: wished)
        outcome = session.train(recipe, data)
        assert (outcome.status, outcome.threads) == ("finished", had)


def test_older_models_without_a_litert_that_keeps_all_tensors(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where the experimental argument is gone, older models answer, and tell no layers."""

    class Plain(interpreter.Interpreter):
        def __init__(self, model_content: bytes, num_threads: int) -> None:
            super().__init__(model_content=model_content, num_threads=num_threads)

    monkeypatch.setattr(interpreter, "Interpreter", Plain)
    with zipfile.ZipFile(REPO / "mnistdash" / "starter" / "optdigits.zip") as files:
        answers = classifier.Classifier(files.read("model.tflite"))
    image = np.zeros((28, 28), np.uint8)
    assert answers.probs(image[None]).shape == (1, 10)
    assert answers.activations(image) == {}


def test_dashboard_without_dasks_subprocess_cluster(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    """No training can start, which is said; nothing else falls."""
    monkeypatch.delattr(distributed, "SubprocessCluster")
    started = engine.Engine(store.Store(f"sqlite:///{tmp_path}/runs.sqlite3"))
    started.submit("a-run")  # it wakes
    for _ in range(600):
        if started.trouble:
            break
        time.sleep(0.1)
    assert "did not start (AttributeError)" in started.trouble
    started.close()
