"""Images added by command: converted, kept, listed, renamed, removed; and what is read again."""

import os
import pathlib

import numpy as np
import pytest

from mnistdash import __main__ as command
from mnistdash import datasets, recipes, store
from mnistdash.datasets import files, kept, naming

LABELS = np.arange(60) % 10


@pytest.fixture
def images() -> np.ndarray:
    """Sixty different images of noise with a rim of 0, as uint8 `(60, 28, 28)`."""
    noise = np.random.default_rng(0).integers(0, 256, (60, 28, 28)).astype(np.uint8)
    noise[:, :4] = noise[:, -4:] = noise[:, :, :4] = noise[:, :, -4:] = 0
    return noise


@pytest.fixture
def file(tmp_path: pathlib.Path, images: np.ndarray) -> pathlib.Path:
    """Floats of 0-1 without test images, in `My Digits.npz` outside of the data folder."""
    path = tmp_path / "My Digits.npz"
    np.savez(path, x=images / 255, y=LABELS)
    return path


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> list[str]:
    """Run `data …` and return the lines it printed."""
    assert command.main(["data", *map(str, arguments)]) == 0
    return capsys.readouterr().out.splitlines()


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """Run `data …`, which is refused, and return its one sentence."""
    assert command.main(["data", *map(str, arguments)]) == 1
    out, sentence = capsys.readouterr()
    assert (out, sentence.count("\n")) == ("", 1)
    return sentence


def test_images_are_added_and_everything_is_said(
    capsys: pytest.CaptureFixture[str],
    home: pathlib.Path,
    file: pathlib.Path,
    images: np.ndarray,
) -> None:
    """One checked file in the home folder, known by the file's name, with its notes."""
    lines = run(capsys, "add", file)
    assert lines == [
        "My Digits: 50 training and 10 test images of 10 classes.",
        "  Pixels of 0-1 were multiplied by 255.",
        "  There were no test images: a sixth of each class, 10 of 60 images, was set aside for the"
        " test.",
    ]
    assert [path.name for path in (home / "data").iterdir()] == ["My Digits.npz"]
    file.unlink()
    own = datasets.load("My Digits")
    assert [f"  {note}" for note in own.notes] == lines[1:]
    both = {image.tobytes() for part in (own.x_train, own.x_test) for image in part}
    assert both == {image.tobytes() for image in images}
    with pytest.raises(ValueError, match="read-only"):
        own.x_train[0] = 0
    assert "My Digits            here" in run(capsys, "list")


def test_options_are_used(
    capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path, images: np.ndarray
) -> None:
    """Name, classes, test, invert and transpose together."""
    turned = 255 - images.swapaxes(1, 2)
    np.savez(tmp_path / "a.npz", x=turned[:40], y=LABELS[:40] % 3)
    np.savez(tmp_path / "b.npz", x=turned[40:], y=LABELS[40:] % 3)
    lines = run(capsys, "add", tmp_path / "a.npz", "--test", tmp_path / "b.npz", "--name", "Formen",
                "--classes", "Kreis,Dreieck,*Stern*", "--invert", "--transpose")  # fmt: skip
    assert lines[0] == "Formen: 40 training and 20 test images of 3 classes."
    own = datasets.load("Formen")
    assert own.class_names == ("Kreis", "Dreieck", "*Stern*")
    np.testing.assert_array_equal(own.x_test, images[40:])


def test_questions_are_printed_and_kept(
    capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path, images: np.ndarray
) -> None:
    """A bright ground is asked about, when added and wherever the images are shown."""
    np.savez(tmp_path / "a.npz", x=255 - images, y=LABELS)
    lines = run(capsys, "add", tmp_path / "a.npz")
    assert any(line.startswith("  Look at this: The images have") for line in lines)
    assert "bright ground" in datasets.load("a").questions[0]


def test_names_are_made_free_or_refused(
    capsys: pytest.CaptureFixture[str], file: pathlib.Path
) -> None:
    """The same file twice is "(2)"; a name asked for must be one, and free whatever its case."""
    run(capsys, "add", file)
    assert run(capsys, "add", file)[0].startswith("My Digits (2): 50 training")
    assert "already" in refused(capsys, "add", file, "--name", "my digits")
    assert "already" in refused(capsys, "add", file, "--name", "MNIST".lower())
    for name in ("../x", "a/b", "", "x" * 41, "<b>"):
        assert naming.RULE in refused(capsys, "add", file, "--name", name)
    mnist = file.with_name("mnist.npz")
    file.rename(mnist)
    assert run(capsys, "add", mnist)[0].startswith("mnist (2): 50 training")


def test_added_images_are_renamed_and_removed(
    capsys: pytest.CaptureFixture[str], home: pathlib.Path, file: pathlib.Path
) -> None:
    """The file is renamed, then deleted; what was loaded before is forgotten, runs follow."""
    run(capsys, "add", file)
    before = datasets.load("My Digits")
    db = store.Store(store.default_url())
    asked = db.enqueue(recipes.Recipe(), "My Digits", name="mine")
    assert run(capsys, "rename", "My Digits", "my digits") == ["My Digits is called my digits."]
    assert datasets.load("my digits").sha256 == before.sha256
    assert db.run(asked.id).dataset == "my digits"
    assert not datasets.on_this_machine("My Digits")
    assert run(capsys, "remove", "my digits") == ["my digits is removed."]
    assert not list((home / "data").iterdir())
    assert datasets.names() == ("optdigits",)


def test_only_added_images_are_renamed_and_removed(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: pathlib.Path,
    home: pathlib.Path,
    file: pathlib.Path,
) -> None:
    """No file of the data folder, nothing published, nothing by a path."""
    monkeypatch.setenv("MNISTDASH_DATA", str(tmp_path))
    assert "No images were added under the name 'My Digits'" in refused(
        capsys, "remove", "My Digits"
    )
    assert "published" in refused(capsys, "remove", "optdigits")
    (home / "data").mkdir()
    for name in ("../My Digits", str(file), "", "*"):
        assert "No images were added" in refused(capsys, "remove", name)
        assert "No images were added" in refused(capsys, "rename", name, "free")
    assert file.exists()


def test_failed_write_leaves_nothing(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    home: pathlib.Path,
    file: pathlib.Path,
) -> None:
    """A disk that is full at the last moment: a sentence, and no half file."""

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert "My Digits could not be kept: the disk is full." in refused(capsys, "add", file)
    assert not list((home / "data").iterdir())


def test_damage_of_added_images_is_seen(
    capsys: pytest.CaptureFixture[str], home: pathlib.Path, file: pathlib.Path
) -> None:
    """Other pixels in a file that was added: named when they are read; removed meanwhile, too."""
    run(capsys, "add", file)
    path = home / "data" / "My Digits.npz"
    with np.load(path) as archive:
        arrays = dict(archive)
    np.savez(path, **arrays | {"x_train": 255 - arrays["x_train"]})
    own = datasets.load("My Digits")
    with pytest.raises(datasets.DataError, match="changed or damaged since it was added"):
        own.x_train.shape  # noqa: B018 - read at its first use
    path.unlink()
    with pytest.raises(datasets.DataError, match="is gone"):
        own.x_train.shape  # noqa: B018 - read at its first use


def test_what_is_not_offered_is_listed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    """The file and the reason, a line each."""
    (tmp_path / "labels.npz").write_bytes(b"<html>")
    monkeypatch.setenv("MNISTDASH_DATA", str(tmp_path))
    assert any(
        line.startswith("labels.npz           not offered: labels.npz is a web page")
        for line in run(capsys)
    )


def test_a_conversion_is_done_once(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: pathlib.Path,
    home: pathlib.Path,
    file: pathlib.Path,
) -> None:
    """A file in the data folder is read again only when it has changed."""
    monkeypatch.setenv("MNISTDASH_DATA", str(tmp_path))
    reads: list[object] = []
    read = files.read
    monkeypatch.setattr(files, "read", lambda paths: reads.append(paths) or read(paths))
    first = datasets.load("My Digits")
    datasets.forget()
    second = datasets.load("My Digits")
    assert len(reads) == 1
    assert (first.sha256, first.notes) == (second.sha256, second.notes)
    np.testing.assert_array_equal(first.x_train, second.x_train)
    assert datasets.names() == ("optdigits", "My Digits")
    os.utime(file, ns=(1, 1))
    datasets.forget()
    datasets.load("My Digits")
    assert len(reads) == 2
    assert len(list((home / "data" / ".converted").iterdir())) == 1


def test_home_that_can_not_be_written_does_without(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, file: pathlib.Path
) -> None:
    """The conversion is then done by every process, and adding is refused in a sentence."""
    monkeypatch.setenv("MNISTDASH_DATA", str(file.parent))
    (tmp_path / "nowhere").write_text("no folder")
    monkeypatch.setenv("MNISTDASH_HOME", str(tmp_path / "nowhere"))
    assert len(datasets.load("My Digits").x_test) == 10
    with pytest.raises(datasets.DataError, match="the home folder can't be written"):
        datasets.add([file])


def test_few_conversions_are_kept(tmp_path: pathlib.Path, file: pathlib.Path) -> None:
    """The oldest of thirteen goes."""
    converted = datasets.conversion.convert(files.read([file]))
    for number in range(13):
        kept.cache(tmp_path / "c", tmp_path / str(number), "now", converted)
    assert len(list((tmp_path / "c").iterdir())) == 12
    assert kept.cached(tmp_path / "c", tmp_path / "12", "now") is not None
    assert kept.cached(tmp_path / "c", tmp_path / "12", "later") is None


def test_sets_are_named_after_what_files_share(
    capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path, images: np.ndarray
) -> None:
    """KMNIST's files are `kmnist`, whichever of them is named first."""
    for name, array in (("imgs", images), ("labels", LABELS)):
        np.savez(tmp_path / f"kmnist-train-{name}.npz", array)
    (line, *_) = run(capsys, "add", *sorted(tmp_path.iterdir()))
    assert line.startswith("kmnist: 50 training")
    (line, *_) = run(capsys, "add", tmp_path / "kmnist-train-labels.npz")
    assert line.startswith("kmnist (2): 50 training")


def test_removal_by_another_process_is_noticed(
    home: pathlib.Path, file: pathlib.Path, tmp_path: pathlib.Path, images: np.ndarray
) -> None:
    """A set loaded here and renamed, replaced or removed elsewhere is not served from memory."""
    datasets.add([file], name="mine")
    before = datasets.load("mine")
    (home / "data" / "mine.npz").rename(home / "data" / "yours.npz")  # as another process does it
    with pytest.raises(datasets.DataError, match="mine is not on this machine"):
        datasets.load("mine")
    assert datasets.load("yours").sha256 == before.sha256
    other = tmp_path / "other.npz"
    np.savez(other, x=images[:30], y=LABELS[:30])
    kept.write(home / "data" / "yours.npz", datasets.adding.converted([other]))
    assert datasets.load("yours").num_train + len(datasets.load("yours").x_test) == 30


def test_change_of_a_file_in_the_data_folder_makes_a_copy(
    home: pathlib.Path, file: pathlib.Path, monkeypatch: pytest.MonkeyPatch, images: np.ndarray
) -> None:
    """The file stays as it is; added images are changed in place, or copied where that is asked."""
    monkeypatch.setenv("MNISTDASH_DATA", str(file.parent))
    assert datasets.change("My Digits", transpose=True) == "My Digits (2)"
    turned = {image.T.tobytes() for image in images}
    assert {image.tobytes() for image in datasets.load("My Digits (2)").x_test} < turned
    assert datasets.change("My Digits (2)", transpose=True) == "My Digits (2)"
    assert datasets.load("My Digits (2)").sha256 == datasets.load("My Digits").sha256
    assert datasets.change("My Digits (2)", copy=True, invert=True) == "My Digits (2) (2)"
    assert datasets.names() == ("optdigits", "My Digits", "My Digits (2)", "My Digits (2) (2)")
