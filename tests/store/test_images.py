"""Images kept in a database that is named: two machines find, rename and remove the same."""

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from mnistdash import __main__ as command
from mnistdash import datasets, recipes, store
from mnistdash.datasets import shared, uploads

LABELS = np.arange(60) % 3
# Another machine, with a home folder of its own: answers a question a line until it is told to end.
OTHER = """
import json, sys
from mnistdash import datasets, store
store.share_images(store.Store(sys.argv[1]))
for line in sys.stdin:
    try:
        said = eval(line, {"datasets": datasets})
    except datasets.DataError as error:
        said = f"refused: {error}"
    print(json.dumps(said), flush=True)
"""


@pytest.fixture
def url(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a database beside the home folder, named by the environment."""
    address = f"sqlite:///{tmp_path}/shared.sqlite3"
    monkeypatch.setenv("MNISTDASH_DATABASE_URL", address)
    return address


@pytest.fixture
def images() -> np.ndarray:
    """Sixty different images of noise, as uint8 `(60, 28, 28)`."""
    return np.random.default_rng(0).integers(0, 128, (60, 28, 28)).astype(np.uint8)


@pytest.fixture
def file(tmp_path: pathlib.Path, images: np.ndarray) -> pathlib.Path:
    """The images with three classes in `shapes.npz`."""
    path = tmp_path / "shapes.npz"
    np.savez(path, x=images, y=LABELS, class_names=np.array(["عربي", "<b>", "c"]))
    return path


@pytest.fixture
def ask(url: str, tmp_path: pathlib.Path) -> Iterator[Callable[[str], object]]:
    """A function that asks another process, with another home, about the same database."""
    home = tmp_path / "elsewhere"
    with contextlib.closing(_process(url, home)) as questions:
        next(questions)
        yield questions.send


def _process(url: str, home: pathlib.Path) -> Iterator[object]:
    with subprocess.Popen(
        [sys.executable, "-c", OTHER, url],
        env=os.environ | {"MNISTDASH_HOME": str(home)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        question = yield
        try:
            while True:
                print(question, file=process.stdin, flush=True)
                question = yield json.loads(process.stdout.readline())
        finally:
            process.stdin.close()


def eventually(ask: Callable[[str], object], question: str, answer: object) -> None:
    """Ask until the other process has looked at the names again: a second at most."""
    deadline = time.monotonic() + 1.5
    while (said := ask(question)) != answer and time.monotonic() < deadline:
        time.sleep(0.1)
    assert said == answer


def test_two_machines_share_images(
    capsys: pytest.CaptureFixture[str],
    home: pathlib.Path,
    file: pathlib.Path,
    images: np.ndarray,
    ask: Callable[[str], object],
    url: str,
) -> None:
    """Added here, loaded there with all its facts; renamed and removed here, noticed there."""
    assert ask("datasets.names()") == ["optdigits"]
    assert command.main(["data", "add", str(file)]) == 0
    assert not list((home / "data").glob("*.npz"))
    eventually(ask, "datasets.names()", ["optdigits", "shapes"])
    assert ask("datasets.load('shapes').class_names") == ["عربي", "<b>", "c"]
    assert ask("int(datasets.load('shapes').x_train.sum() + datasets.load('shapes').x_test.sum())"
               ) == int(images.sum())  # fmt: skip
    here = datasets.load("shapes")
    assert ask("datasets.load('shapes').sha256") == here.sha256
    run = store.Store(url).enqueue(recipes.Recipe(classes=3), "shapes", name="mine")
    assert command.main(["data", "rename", "shapes", "forms"]) == 0
    assert store.Store(url).run(run.id).dataset == "forms"
    eventually(ask, "datasets.on_this_machine('shapes')", False)
    assert "is not on this machine" in str(ask("datasets.load('shapes').name"))
    assert ask("datasets.load('forms').sha256") == here.sha256
    assert command.main(["data", "remove", "forms"]) == 0
    eventually(ask, "datasets.names()", ["optdigits"])
    assert str(ask("datasets.load('forms').name")).startswith("refused: forms is not on this")
    assert capsys.readouterr().err == ""


def test_change_is_noticed(file: pathlib.Path, ask: Callable[[str], object], url: str) -> None:
    """Images inverted here are read again there, under the same name."""
    command.main(["data", "add", str(file)])
    before = ask("datasets.load('shapes').sha256")
    assert datasets.change("shapes", invert=True) == "shapes"
    assert datasets.load("shapes").sha256 != before
    eventually(ask, "datasets.load('shapes').sha256", datasets.load("shapes").sha256)


def test_a_copy_here_is_read_once(
    file: pathlib.Path, home: pathlib.Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database is asked for the bytes once; a copy that was damaged is fetched anew."""
    command.main(["data", "add", str(file)])
    asked: list[str] = []
    fetch = store.Store.images_data
    monkeypatch.setattr(
        store.Store, "images_data", lambda self, name: asked.append(name) or fetch(self, name)
    )
    for _ in range(3):
        datasets.forget()
        assert datasets.load("shapes").x_train.shape == (51, 28, 28)
    assert asked == ["shapes"]
    (copy,) = (home / "data" / ".shared").iterdir()
    copy.unlink()  # as the oldest copy goes when there are many
    assert datasets.load("shapes").read_train()[0].shape == (51, 28, 28)
    assert asked == ["shapes", "shapes"]


def test_upload_goes_into_the_database(file: pathlib.Path, home: pathlib.Path, url: str) -> None:
    """What came through the browser is there after the home folder is gone."""
    db = store.Store(url)
    store.share_images(db)
    every = uploads.Uploads()
    upload = every.start(uploads.Wish(files=[uploads.File("forms.npz", file.read_bytes())]))
    while every.find(upload.id).under_way:
        time.sleep(0.02)
    assert every.find(upload.id).status == "added"
    assert db.images().keys() == {"forms"}
    assert not list((home / "data").glob("*.npz"))
    assert datasets.is_added("forms")
    with pytest.raises(datasets.DataError, match="There is a data set forms already"):
        every.start(uploads.Wish(files=[uploads.File("a", b"x")], name="Forms"))


def test_name_taken_elsewhere_meanwhile(file: pathlib.Path, url: str) -> None:
    """Two machines keep the same name at once: the second is told so, the first set stays."""
    db = store.Store(url)
    db.keep_images("a", b"first")
    with pytest.raises(store.StoreError, match="There is a data set a already"):
        db.keep_images("a", b"second")
    db.keep_images("b", b"other")
    with pytest.raises(store.StoreError, match="There is a data set a already"):
        db.rename_images("b", "a")
    assert db.images_data("a") == b"first"
    db.keep_images("a", b"third", replace=True)
    assert db.images_data("a") == b"third"
    db.remove_images("a")
    with pytest.raises(store.StoreError, match="a is gone"):
        db.images_data("a")
    with pytest.raises(store.StoreError, match="a is gone"):
        db.rename_images("a", "c")


def test_damaged_bytes_are_a_sentence(file: pathlib.Path, url: str) -> None:
    """What is no set, or has another sum, is named; the name can still be removed."""
    db = store.Store(url)
    store.share_images(db)
    db.keep_images("bad", b"no set")
    with pytest.raises(datasets.DataError, match=r"can't be used|damaged"):
        datasets.load("bad")
    datasets.remove("bad")
    assert datasets.names() == ("optdigits",)


def test_too_large_a_set_is_refused(
    file: pathlib.Path,
    url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """More than 64 MB packed stay out of the database, with the way on."""
    monkeypatch.setattr(shared, "MAX_BYTES", 10_000)
    assert command.main(["data", "add", str(file)]) == 1
    assert "shapes is too large for the database: packed it has" in capsys.readouterr().err
    assert store.Store(url).images() == {}


def test_database_that_does_not_answer(
    file: pathlib.Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The names of a moment ago are still offered; adding is refused in a sentence."""
    command.main(["data", "add", str(file)])

    def silent(*_: object, **__: object) -> None:
        raise store.StoreError("The database of runs does not answer.")

    for name in ("images", "keep_images"):
        monkeypatch.setattr(store.Store, name, silent)
    db = store.Store(url)
    datasets.keep_in(None)
    store.share_images(db)
    assert datasets.names() == ("optdigits",)
    with pytest.raises(datasets.DataError, match="does not answer"):
        datasets.add([file])


def test_files_of_the_home_folder_stay_beside(
    file: pathlib.Path, home: pathlib.Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sets added before a database was named are offered; of two with one name, the shared one."""
    monkeypatch.delenv("MNISTDASH_DATABASE_URL")
    command.main(["data", "add", str(file)])
    command.main(["data", "add", str(file), "--name", "old"])
    monkeypatch.setenv("MNISTDASH_DATABASE_URL", url)
    db = store.Store(url)
    store.share_images(db)
    packed = home / "packed.npz"
    datasets.kept.write(packed, datasets.kept.converted(datasets.kept.in_memory(
        datasets.adding.converted([file], invert=True))), packed=True)  # fmt: skip
    db.keep_images("shapes", packed.read_bytes())
    datasets.forget()
    assert datasets.names() == ("optdigits", "old", "shapes")
    assert "inverted" in " ".join(datasets.load("shapes").notes)
    assert datasets.unreadable()[0][1].endswith("is taken by images in the database.")
    datasets.rename("old", "older")
    assert (home / "data" / "older.npz").is_file()
