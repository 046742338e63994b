"""Files that came through the browser: read in a process of their own, kept or refused."""

import dataclasses
import hashlib
import io
import os
import pathlib
import pickle
import signal
import threading
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping

import numpy as np
import pytest
from PIL import Image

from mnistdash import datasets
from mnistdash.datasets import child, uploads

LABELS = np.arange(60) % 3


@pytest.fixture
def images() -> np.ndarray:
    """Sixty different images of noise with a rim of 0, as uint8 `(60, 28, 28)`."""
    noise = np.random.default_rng(0).integers(0, 256, (60, 28, 28)).astype(np.uint8)
    noise[:, :4] = noise[:, -4:] = noise[:, :, :4] = noise[:, :, -4:] = 0
    return noise


@pytest.fixture
def all_uploads() -> Iterator[uploads.Uploads]:
    """The uploads of one dashboard."""
    opened = uploads.Uploads()
    yield opened
    for upload in opened.all():
        opened.stop(upload.id)


@pytest.fixture
def add(all_uploads: uploads.Uploads) -> Callable[..., uploads.Upload]:
    """A function that uploads files, as names and bytes, and returns how that ended."""

    def start(files: Mapping[str, bytes], **wish: object) -> uploads.Upload:
        given = [uploads.File(name, data) for name, data in files.items()]
        return ended(all_uploads, all_uploads.start(uploads.Wish(files=given, **wish)))

    return start


def ended(every: uploads.Uploads, upload: uploads.Upload) -> uploads.Upload:
    """Wait until an upload is read."""
    deadline = time.monotonic() + 60
    while every.find(upload.id).under_way:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return every.find(upload.id)


def npz(**arrays: np.ndarray) -> bytes:
    """Write an `.npz`, with pickles in it if there are objects."""
    target = io.BytesIO()
    np.savez_compressed(target, **arrays)
    return target.getvalue()


def pictures(images: np.ndarray, names: tuple[str, ...] = ("a", "b", "c")) -> bytes:
    """Write a ZIP of PNGs, one folder a class."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for number, image in enumerate(images):
            png = io.BytesIO()
            Image.fromarray(image).save(png, "PNG")
            archive.writestr(f"{names[number % len(names)]}/{number}.png", png.getvalue())
    return target.getvalue()


def test_zip_of_pictures_is_added(
    home: pathlib.Path, add: Callable[..., uploads.Upload], images: np.ndarray
) -> None:
    """Known by the file's name, with its classes, its notes, and nothing left on the way."""
    upload = add({"My shapes.zip": pictures(images)})
    assert (upload.status, upload.name) == ("added", "My shapes")
    own = datasets.load("My shapes")
    assert own.class_names == ("a", "b", "c")
    assert (own.num_train, len(own.x_test)) == (51, 9)
    assert "There were no test images" in own.notes[-1]
    assert sorted(path.name for path in (home / "data").rglob("*")) == [".uploads", "My shapes.npz"]


def test_options_are_used(add: Callable[..., uploads.Upload], images: np.ndarray) -> None:
    """Name, class names, invert and transpose, and test images in a file of their own."""
    turned = 255 - images.swapaxes(1, 2)
    files = {"one.npz": npz(x=turned[:40], y=LABELS[:40]), "two.npz": npz(x=turned[40:],
             y=LABELS[40:])}  # fmt: skip
    upload = add(files, name="Formen", test="two.npz", class_names=["Kreis", "<b>", "ب"],
                 invert=True, transpose=True)  # fmt: skip
    assert (upload.status, upload.sentence) == ("added", "")
    own = datasets.load("Formen")
    assert own.class_names == ("Kreis", "<b>", "ب")
    np.testing.assert_array_equal(own.x_test, images[40:])


def test_several_files_make_one_set(add: Callable[..., uploads.Upload], images: np.ndarray) -> None:
    """A training and a test table; a browser may send their names with a folder before them."""

    def table(images: np.ndarray, labels: np.ndarray) -> bytes:
        rows = np.column_stack([labels, images.reshape(len(images), -1)])
        return "\n".join(",".join(map(str, row)) for row in rows.tolist()).encode()

    files = {"C:\\x\\train.csv": table(images[:40], LABELS[:40]),
             "../test.csv": table(images[40:], LABELS[40:])}  # fmt: skip
    assert add(files).status == "added"
    np.testing.assert_array_equal(datasets.load("images").x_test, images[40:])


def test_two_at_once_do_not_mix(all_uploads: uploads.Uploads, images: np.ndarray) -> None:
    """The same file names and other images: two sets of their own."""
    wishes = [
        uploads.Wish(files=[uploads.File("mine.npz", npz(x=part, y=LABELS[:30]))])
        for part in (images[:30], images[30:])
    ]
    first, second = (all_uploads.start(wish) for wish in wishes)
    assert [u.name for u in (first, second)] == ["mine", "mine (2)"]
    for upload, part in ((first, images[:30]), (second, images[30:])):
        own = datasets.load(ended(all_uploads, upload).name)
        both = {image.tobytes() for x in (own.x_train, own.x_test) for image in x}
        assert both == {image.tobytes() for image in part}


def test_all_sessions_see_it_until_it_is_closed(
    all_uploads: uploads.Uploads, images: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever reloads the page finds the upload again; its end is told for ten minutes."""
    wish = uploads.Wish(files=[uploads.File("mine.npz", npz(x=images, y=LABELS))])
    started = all_uploads.start(wish)
    assert [upload.id for upload in all_uploads.all()] == [started.id]
    all_uploads.forget(started.id)  # it is still under way
    assert ended(all_uploads, started).status == "added"
    assert not all_uploads.find(started.id).told
    all_uploads.tell(started.id)
    assert all_uploads.find(started.id).told
    all_uploads.forget(started.id)
    assert all_uploads.all() == []
    again = ended(all_uploads, all_uploads.start(wish))
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 601)
    assert all_uploads.find(again.id) is None


def test_nothing_is_overwritten(
    all_uploads: uploads.Uploads, add: Callable[..., uploads.Upload], images: np.ndarray
) -> None:
    """A name that is taken, or on its way, is refused before anything is read."""
    file = uploads.File("mine.npz", npz(x=images, y=LABELS))
    add({file.name: file.data}, name="mine")
    for name in ("mine", "MINE", "optdigits", "../x", "x" * 41):
        with pytest.raises(datasets.DataError, match=r"already|A data set's name"):
            all_uploads.start(uploads.Wish(files=[file], name=name))
    all_uploads.start(uploads.Wish(files=[file], name="other"))
    with pytest.raises(datasets.DataError, match="already"):
        all_uploads.start(uploads.Wish(files=[file], name="other"))
    assert add({"mnist.npz": file.data}, name="mnist").sentence.startswith(
        "There is a data set mnist already"
    )


def bomb() -> bytes:
    """Write an `.npz` that claims to hold 1.9 GB of pixels, as one of a few kilobytes can."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, array in (("x", np.zeros((1, 40, 40))), ("y", np.arange(150_000) % 3)):
            entry = io.BytesIO()
            np.save(entry, array)
            data = entry.getvalue()
            if name == "x":
                data = data.replace(b"(1, 40, 40), }     ", b"(150000, 40, 40), }")
            archive.writestr(f"{name}.npy", data)
        archive.getinfo("x.npy").file_size = 128 + 150_000 * 40 * 40 * 8
    return target.getvalue()


class Evil:
    """What runs code as soon as it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        """Make a file that must never be."""
        return pathlib.Path.touch, (pathlib.Path("/tmp/mnistdash-was-unpickled"),)


def hostile(images: np.ndarray) -> Iterator[tuple[str, bytes, str]]:
    """Yield files that must be refused: their names, bytes, and a part of the sentence."""
    objects = np.array([Evil() for _ in range(60)], object)
    yield "objects.npz", npz(x=images, y=objects), "Python objects, which could run code"
    yield "mine.pkl", pickle.dumps(Evil()), "is a pickle, which could run code"
    yield "cut.npz", npz(x=images, y=LABELS)[:5000], "it is incomplete or no .npz file"
    yield "bomb.npz", bomb(), "more memory than there is here"
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../a/1.png", b"x")
    yield "out.zip", target.getvalue(), "a path in it leads out of it"
    yield "page.npz", b"<html>moved</html>", "is a web page, not data"
    yield "empty.csv", b"", "it is empty"
    yield "text.csv", b"just words\nand more\n", "columns"
    yield "one.png", b"\x89PNG\r\n\x1a\n" + bytes(50), "is one picture"
    yield "nan.npz", npz(x=np.full((60, 28, 28), np.nan), y=LABELS), "np.nan_to_num(x)"
    yield "many.npz", npz(x=images, y=np.arange(60) * 5), "classes"


def test_hostile_files_are_refused_in_a_sentence(
    add: Callable[..., uploads.Upload], images: np.ndarray
) -> None:
    """Bombs, pickles, ways out, damage: one sentence each, nothing kept, nothing run."""
    for name, data, said in hostile(images):
        if name == "many.npz":
            data = npz(x=np.repeat(images, 2, axis=0), y=np.arange(120))
        upload = add({name: data})
        assert upload.status == "refused", name
        assert said in upload.sentence, upload.sentence
        assert "Traceback" not in upload.sentence
        assert "published" not in upload.sentence
    assert not pathlib.Path("/tmp/mnistdash-was-unpickled").exists()
    assert datasets.names() == ("optdigits",)


def test_limits_are_said_at_once(all_uploads: uploads.Uploads) -> None:
    """None, too many, 33 MB, twice the same name: no process is started."""
    empty = uploads.File("a.npz", b"")
    large = [uploads.File(f"{n}.npz", bytes(17 * 2**20)) for n in range(2)]
    for files, said in (
        ([], "There are no files yet"),
        ([dataclasses.replace(empty, name=f"{n}") for n in range(17)], "These are 17 files."),
        (large, "The files have 34.0 MB together; the page takes 32."),
        ([empty, empty], "There are two files a.npz"),
    ):
        with pytest.raises(datasets.DataError, match=said):
            all_uploads.start(uploads.Wish(files=files))
    assert all_uploads.all() == []


def test_queue_has_an_end(
    all_uploads: uploads.Uploads, images: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One is read at a time, eight may wait; one that waits is stopped and never read."""
    go_on = threading.Event()
    monkeypatch.setattr(all_uploads, "_convert", lambda *_: go_on.wait(60))
    wish = uploads.Wish(files=[uploads.File("a.npz", b"x")])
    started = [all_uploads.start(wish) for _ in range(uploads.MAX_WAITING)]
    with pytest.raises(datasets.DataError, match="8 sets wait"):
        all_uploads.start(wish)
    for upload in started:
        all_uploads.stop(upload.id)
    go_on.set()
    assert {upload.sentence for upload in all_uploads.all()} == {"Stopped: nothing was added."}


@pytest.mark.parametrize(
    ("sent", "said"),
    [(signal.SIGKILL, "ended unexpectedly"), (signal.SIGXCPU, "longer than 5 minutes")],
)
def test_process_that_dies_is_a_sentence(
    add: Callable[..., uploads.Upload],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: pathlib.Path,
    images: np.ndarray,
    sent: signal.Signals,
    said: str,
) -> None:
    """Whatever a decoder does to its process, the dashboard says so and goes on."""
    package = tmp_path / "dying.py"
    package.write_text(f"import os\nos.kill(os.getpid(), {int(sent)})\n")
    name = child.__name__
    monkeypatch.setattr(child, "__name__", "dying")
    monkeypatch.setattr(datasets, "__file__", str(tmp_path / "a" / "b" / "c.py"))
    assert said in add({"a.npz": npz(x=images, y=LABELS)}).sentence
    monkeypatch.undo()
    assert child.__name__ == name


def test_published_images_are_recognised(
    home: pathlib.Path,
    add: Callable[..., uploads.Upload],
    monkeypatch: pytest.MonkeyPatch,
    images: np.ndarray,
) -> None:
    """Under any name they become MNIST itself; a second time nothing is added."""
    labels = (np.arange(60) % 10).astype(np.uint8)
    arrays = {"x_train": images[:40], "y_train": labels[:40], "x_test": images[40:],
              "y_test": labels[40:]}  # fmt: skip
    sums = {key: hashlib.sha256(array.tobytes()).hexdigest() for key, array in arrays.items()}
    known = dataclasses.replace(datasets.published.KNOWN["mnist"], sums=sums, num_test=20)
    monkeypatch.setitem(datasets.published.KNOWN, "mnist", known)
    first = add({"digits.npz": npz(**arrays)})
    assert (first.name, first.sentence) == (
        "mnist", "These are the images of MNIST as published: they are offered as MNIST."
    )  # fmt: skip
    assert datasets.load("mnist").verified
    second = add({"digits.npz": npz(**arrays)}, name="copy")
    assert second.sentence.endswith("which are here already: nothing was added.")
    assert [path.name for path in (home / "data").glob("*.npz")] == ["mnist.npz"]


def test_what_a_killed_dashboard_left_is_removed(home: pathlib.Path) -> None:
    """A folder of an upload two days old goes, one of a moment ago stays."""
    for name, age in (("old", 2 * 86_400), ("new", 0)):
        folder = home / "data" / ".uploads" / name
        folder.mkdir(parents=True)
        os.utime(folder, (time.time() - age,) * 2)
    uploads.Uploads()
    assert [path.name for path in (home / "data" / ".uploads").iterdir()] == ["new"]


def test_no_limit_differs_from_the_servers() -> None:
    """The page, the reader and the server say the same number of megabytes."""
    import tomllib

    config = pathlib.Path(__file__).parents[2] / ".streamlit" / "config.toml"
    assert tomllib.loads(config.read_text())["server"]["maxUploadSize"] == uploads.MAX_MB
