"""The Data page: counts, samples, and files of one's own."""

import dataclasses
import pathlib
import re
import threading
import time

import numpy as np
import pytest

from mnistdash import datasets, store
from mnistdash.ui import state
from tests.pages import examples, screen


def test_data_page_counts_and_shows_numbers(db: store.Store) -> None:
    """1297 training and 500 test images; an image's label and one-hot vector agree."""
    at = screen.open_page("data")
    said = screen.text(at)
    assert re.search(r"Training images\s*1 297 ", said)
    assert re.search(r"Test images\s*500 ", said)
    at.text_input(key="data_index-optdigits").set_value("500").run()
    assert "Test image must be a whole number between 0 and 499. Received: 500." in screen.text(at)
    at.text_input(key="data_index-optdigits").set_value("17").run()
    label = int(datasets.load("optdigits").y_test[17])
    assert f"Label {label}" in screen.text(at)
    assert " ".join("1" if c == label else "0" for c in range(10)) in screen.text(at)


def test_charts_have_names(mine: store.Run) -> None:
    """What the figures say of themselves reaches the page, for people who can't see them."""
    written = [html.proto.body for html in screen.open_page("data").get("html")]
    names = re.findall(r'aria-label="([^":]+)', "".join(written))
    assert set(names) == {"Images in each class", "28x28 pixels as numbers from 0 to 255"}


def test_own_data_set_is_offered_and_marked(
    db: store.Store, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of one's own in the data folder is shown with its class names, as unverified."""
    monkeypatch.setenv("MNISTDASH_DATA", str(tmp_path))
    images = np.zeros((20, 28, 28), np.uint8)
    labels = np.arange(20) % 10
    names = np.array([f"leaf {c}" for c in range(10)])
    np.savez(
        tmp_path / "leaves.npz",
        x_train=images, y_train=labels, x_test=images, y_test=labels, class_names=names,
    )  # fmt: skip
    at = screen.open_page("data")
    at.selectbox(key="images").set_value("leaves").run()
    assert not at.exception
    assert "Image 3: leaf 3" in screen.tiles(at, "samples-leaves")
    assert "not against known sums" in screen.text(at)


def test_data_page_says_how_a_file_was_read_and_which_were_not(
    db: store.Store, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pixels of 0-1 become 0-255 and that is said; a text beside them is named with its reason."""
    monkeypatch.setenv("MNISTDASH_DATA", str(tmp_path))
    images = np.zeros((30, 28, 28), np.float32)
    images[:, 4:24, 13:15] = np.linspace(0.2, 1, 30)[:, None, None]
    labels = np.arange(30) % 3
    np.savez(tmp_path / "three.npz", x_train=images, y_train=labels, x_test=images, y_test=labels,
             class_names=np.array(["<b>one</b>", "two", "three"]))  # fmt: skip
    (tmp_path / "broken.npz").write_text("only words")
    at = screen.open_page("data")
    at.selectbox(key="images").set_value("three").run()
    assert not at.exception
    said = screen.text(at)
    assert "0-1" in said
    assert "255" in said
    assert [e.label for e in at.expander if e.label] == ["Not offered: 1 file in the data folder"]
    assert "broken" in said
    assert len(screen.tiles(at, "samples-three")) == 3 * 8


def test_damaged_data_set_is_a_sentence(
    db: store.Store, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A truncated file gives its name and the remedy on the Data page and on Train."""
    monkeypatch.setenv("MNISTDASH_DATA", str(tmp_path))
    (tmp_path / "mnist.npz").write_bytes(b"PK\x03\x04 and no more")
    at = screen.open_page("data")
    at.selectbox(key="images").set_value("mnist").run()
    assert not at.exception
    assert "mnist.npz can't be used" in screen.text(at)
    at = screen.open_page("train")
    at.selectbox(key="train_dataset").set_value("mnist").run()
    assert not at.exception
    assert screen.button(at, "Train").disabled
    assert "mnist.npz can't be used" in screen.text(at)


def test_data_page_does_not_wait_for_the_training_images(
    db: store.Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While they are read the page stands with all else, and says what it waits for."""
    read, go_on = datasets.pixel_moments, threading.Event()
    monkeypatch.setattr(datasets, "pixel_moments", lambda name: (go_on.wait(60), read(name))[1])
    at = screen.open_page("data")
    assert "The training images are being counted." in screen.text(at)
    assert re.search(r"Training images\s*1 297 ", screen.text(at))
    go_on.set()
    await_facts("optdigits")
    assert re.search(r"Mean pixel\s*\d+\.\d\d ", screen.text(at.run()))
    assert "being counted" not in screen.text(at)


def await_facts(name: str) -> None:
    """Wait until all that the training images tell is known."""
    dataset = datasets.load(name)
    for _ in range(600):
        if state.training_facts_known(dataset):
            return
        time.sleep(0.1)
    raise AssertionError("The training images are not counted.")


def test_damaged_training_part_is_a_sentence(
    db: store.Store,
    shared_data: pathlib.Path,
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Images altered in the training part only are named wherever they are asked for.

    The Data page opens on the images of the run that is looked at.
    """
    monkeypatch.setenv("MNISTDASH_DATA", str(tmp_path))
    with np.load(shared_data / "mnist.npz") as archive:
        arrays = {name: archive[name] for name in archive}
    arrays["x_train"][0, 0, 0] ^= 1
    np.savez(tmp_path / "mnist.npz", **arrays)
    for name in screen.PAGES:
        screen.open_page(name, run="starter-mnist")
    at = screen.open_page("data", run="starter-optdigits")
    assert at.selectbox(key="images").value == "optdigits"
    at = screen.open_page("data", run="starter-mnist")
    assert at.selectbox(key="images").value == "mnist"
    await_facts("mnist")
    assert "mnist.npz can't be used" in screen.text(at.run())
    at = screen.open_page("train")
    at.selectbox(key="train_dataset").set_value("mnist").run()
    assert not at.exception


# --- images of one's own, changed on the page -----------------------------------------------


def add_shapes(name: str = "shapes") -> None:
    """Add thirty images of three classes, bars of growing length, under a name."""
    images = np.zeros((30, 28, 28), np.uint8)
    for number, image in enumerate(images):
        image[4 : 6 + number // 2, 13:15] = 200 + number
    path = datasets.added_folder().parent / "shapes.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, x=images, y=np.arange(30) % 3)
    datasets.add([path], name=name, class_names=["<b>", "www.a.b", "عربي"])


def test_set_chosen_on_train_and_deleted_on_data(db: store.Store) -> None:
    """Train falls back to another set, and the question named what went and its runs."""
    add_shapes()
    at = screen.open_page("train")
    at.selectbox(key="train_dataset").set_value("shapes").run()
    db.enqueue(dataclasses.replace(examples.TINY, classes=3), "shapes", name="mine")
    at.switch_page("pages/data.py").run()
    at.selectbox(key="images").set_value("shapes").run()
    asked = " ".join(element.value for element in at.get("text"))
    assert asked == (
        "Delete shapes, 3 classes, 30 images? 1 run stands on them: its answers stay, without the"
        " pictures."
    )
    at.button(key="do-delete-shapes").click().run()
    assert not at.exception
    assert datasets.names() == ("optdigits",)
    assert at.selectbox(key="images").value == "optdigits"
    at.switch_page("pages/train.py").run()
    assert not at.exception
    assert at.selectbox(key="train_dataset").value == "optdigits"


def test_images_that_runs_stand_on_are_changed_in_a_copy(db: store.Store) -> None:
    """Without runs the set itself is turned; with one, another set, and the page shows it."""
    add_shapes()
    at = screen.open_page("data")
    at.selectbox(key="images").set_value("shapes").run()
    before = datasets.load("shapes").sha256
    at.button(key="menu-transpose-shapes").click().run()
    turned = datasets.load("shapes").sha256
    assert turned != before
    db.enqueue(dataclasses.replace(examples.TINY, classes=3), "shapes", name="mine")
    at.run()
    assert at.button(key="menu-transpose-shapes").label.endswith(", in a copy")
    at.button(key="menu-transpose-shapes").click().run()
    assert not at.exception
    assert at.selectbox(key="images").value == "shapes (2)"
    assert datasets.load("shapes").sha256 == turned
    assert datasets.load("shapes (2)").sha256 == before


def test_runs_follow_a_set_to_its_new_name(db: store.Store) -> None:
    """Renamed on the page; a name that is taken is refused in a sentence and nothing is lost."""
    add_shapes()
    add_shapes("other")
    run = db.enqueue(dataclasses.replace(examples.TINY, classes=3), "shapes", name="mine")
    at = screen.open_page("data")
    at.selectbox(key="images").set_value("shapes").run()
    for typed, said in (("other", "There is a data set other already"), ("../x", "A data set's")):
        at.text_input(key="new-name-shapes").set_value(typed)
        screen.button(at, "Rename").click().run()
        assert said in screen.text(at)
    at.text_input(key="new-name-shapes").set_value("  Formen   ünï ")
    screen.button(at, "Rename").click().run()
    assert not at.exception
    assert dict(at.query_params) == {"run": "starter-optdigits", "images": "Formen ünï"}
    linked = screen.open_page("data", images="Formen ünï")
    assert linked.selectbox(key="images").value == "Formen ünï"
    assert db.run(run.id).dataset == "Formen ünï"
    assert set(datasets.names()) == {"optdigits", "Formen ünï", "other"}


def test_questions_have_buttons_that_mend(db: store.Store, home: pathlib.Path) -> None:
    """A name without images, and a bright ground: each with a press, and gone after it."""
    images = 255 - np.random.default_rng(0).integers(0, 100, (30, 28, 28)).astype(np.uint8)
    path = home / "a.npz"
    np.savez(path, x=images, y=np.arange(30) % 2, class_names=np.array(["a", "b", "c"]))
    datasets.add([path], name="mine")
    at = screen.open_page("data")
    at.selectbox(key="images").set_value("mine").run()
    assert "but no images of c" in screen.text(at)
    screen.button(at, "Leave out the classes without images").click().run()
    assert datasets.load("mine").class_names == ("a", "b")
    screen.button(at, "The ground is bright: invert").click().run()
    assert not at.exception
    assert not [w for w in at.warning if "ground" in w.value or "no images" in w.value]
    assert datasets.load("mine").x_test.max() < 100
    assert "--invert" not in screen.text(at)
