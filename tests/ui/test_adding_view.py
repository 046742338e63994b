"""Uploads give their memory back once they are written, where Streamlit lets them."""

import io
import types

import pytest
from streamlit.runtime import scriptrunner

from mnistdash.ui import adding_view


def test_files_are_let_go_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each file of this visit is removed from Streamlit's memory by its id."""
    removed: list[tuple[str, str]] = []
    manager = types.SimpleNamespace(
        remove_file=lambda session_id, file_id: removed.append((session_id, file_id))
    )
    context = types.SimpleNamespace(uploaded_file_mgr=manager, session_id="visit")
    monkeypatch.setattr(scriptrunner, "get_script_run_ctx", lambda: context)
    adding_view._release([types.SimpleNamespace(file_id="a"), types.SimpleNamespace(file_id="b")])
    assert removed == [("visit", "a"), ("visit", "b")]


@pytest.mark.parametrize("context", [None, types.SimpleNamespace(session_id="visit")])
def test_without_the_interface_nothing_breaks(
    monkeypatch: pytest.MonkeyPatch, context: object
) -> None:
    """No context, or another one than today's: the files stay until the visit ends."""
    monkeypatch.setattr(scriptrunner, "get_script_run_ctx", lambda: context)
    adding_view._release([io.BytesIO(b"x")])
