"""Uploads are gone on to once added, and give their memory back where Streamlit lets them."""

import io
import pathlib
import threading
import types

import numpy as np
import pytest
from streamlit.runtime import scriptrunner

from mnistdash import datasets, moment
from mnistdash.ui import adding_view, link, state


def test_what_was_added_since_the_run_began_is_offered(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    """The frame has listed the images when an upload ends; the page goes on to it none the less."""
    x, y = np.zeros((4, 28, 28), np.uint8), np.array([0, 1, 0, 1], np.uint8)
    x[:, 3, 3] = range(1, 5)
    np.savez(tmp_path / "mine.npz", x_train=x, y_train=y, x_test=x, y_test=y)
    upload = types.SimpleNamespace(id="a", name="mine", status="added", sentence="")
    uploads = types.SimpleNamespace(all=lambda: [upload], forget=lambda _: None)
    monkeypatch.setattr(state, "open_uploads", lambda: uploads)
    monkeypatch.setattr("streamlit.session_state", {adding_view._MINE: ["a"]})
    with moment.one():
        assert "mine" not in datasets.names()
        adding = threading.Thread(target=datasets.add, args=([tmp_path / "mine.npz"],))
        adding.start()
        adding.join()
        adding_view.follow()
        assert link.current().images == "mine"
        assert "mine" in datasets.names()


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
