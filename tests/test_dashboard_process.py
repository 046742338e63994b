"""The dashboard's own process: it never imports TensorFlow, and begins without a network."""

import os
import pathlib
import socket
import subprocess
import sys
import time

import pytest
from streamlit.web import bootstrap

from tests.benchmarks import memory, server

REPO = pathlib.Path(__file__).parents[1]
TRAINER_SECONDS = 120

# The trainer is a real one: what comes back from its worker must not import anything either.
SCRIPT = f"""
import sys, time

from streamlit.runtime import pages_manager
from streamlit.testing import v1
from streamlit.testing.v1 import app_test

from mnistdash.ui import state


class Pages(pages_manager.PagesManager):
    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        pages_manager.PagesManager.uses_pages_directory = False


def check(where):
    heavy = sorted({{"tensorflow", "keras", "cleanlab", "sklearn"}} & set(sys.modules))
    if heavy:
        sys.exit(f"{{where}} brought {{heavy}} into the dashboard's process")


app_test.PagesManager = Pages
at = v1.AppTest.from_file("app.py", default_timeout=60)
at.query_params["index"] = "0"
at.run()
check("overview")
for name in ("confusion", "gallery", "confidence", "draw", "compare", "data", "train"):
    at.switch_page(f"pages/{{name}}.py").run()
    assert at.title[0].value == name.capitalize(), name
    assert not at.exception, name
    check(name)
trainer = state.open_engine()
deadline = time.monotonic() + {TRAINER_SECONDS}
while not (trainer.ready or trainer.trouble) and time.monotonic() < deadline:
    time.sleep(0.2)
check("the trainer")
assert trainer.ready, trainer.trouble or "the trainer was not ready in time"
trainer.close()
print("clean")
"""


def test_no_page_imports_tensorflow(tmp_path: pathlib.Path) -> None:
    """All pages and a real trainer leave TensorFlow and cleanlab out of the dashboard's process."""
    # AppTest looks for app.py beside the script that runs it.
    script = tmp_path / "render.py"
    script.write_text(SCRIPT.replace('"app.py"', repr(str(REPO / "app.py"))), encoding="utf-8")
    log = tmp_path / "log.txt"
    with log.open("w") as output:  # no pipe: processes of the worker may hold it open
        ended = subprocess.run(
            [sys.executable, str(script)],
            cwd=REPO,
            env=os.environ | {"PYTHONPATH": str(REPO)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            timeout=2 * TRAINER_SECONDS,
            check=False,
        )
    assert ended.returncode == 0, log.read_text()[-2000:]
    assert "clean" in log.read_text()


def test_server_begins_without_asking_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says where it can be opened and looks up no name: who answers may be out of reach."""
    asked = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *name, **_: asked.append(name) or [])
    for screen in ("DISPLAY", "WAYLAND_DISPLAY"):  # with one, Streamlit asks less
        monkeypatch.delenv(screen, raising=False)
    bootstrap._print_url(False)
    assert asked == []


def test_sessions_leave_no_files_open(monkeypatch: pytest.MonkeyPatch, home: pathlib.Path) -> None:
    """Once Streamlit has forgotten those that left, as many files are open as after the first."""
    if not pathlib.Path("/proc/self/fd").is_dir():
        pytest.skip("There is no /proc here to count open files in.")
    monkeypatch.setenv("STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL", "1")
    with server.serving(server.streamlit(REPO / "app.py")) as (url, pid):
        server.wait(url)
        memory.visit(url, "")
        before = memory.open_files(pid).total()
        for page in memory.PAGES[:4] * 4:
            memory.visit(url, page)
        deadline = time.monotonic() + 20
        # What runs in a circle is freed when Python next looks for garbage.
        while memory.open_files(pid).total() > before + 3 and time.monotonic() < deadline:
            time.sleep(1)
            memory.visit(url, "")
        assert memory.open_files(pid).total() <= before + 3  # the last visit's own
