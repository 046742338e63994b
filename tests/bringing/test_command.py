"""`python -m mnistdash add`: what it keeps and says, and what it refuses with code 1."""

import json
import pathlib

import numpy as np
import pytest

from mnistdash import __main__ as command
from mnistdash import artifacts, store


@pytest.fixture
def db(home: pathlib.Path) -> store.Store:
    """The store of this machine, with the starters in it."""
    del home
    opened = store.Store(store.default_url())
    opened.add_starters()
    return opened


@pytest.fixture
def folder(tmp_path: pathlib.Path, db: store.Store) -> pathlib.Path:
    """A folder with the optdigits starter's predictions, its model, and a history."""
    np.save(tmp_path / "probs.npy", db.probs("starter-optdigits"))
    np.save(tmp_path / "short.npy", db.probs("starter-optdigits")[:-1])
    model = db.artifact("starter-optdigits", artifacts.MODEL)
    (tmp_path / "model.tflite").write_bytes(model)
    (tmp_path / "log.csv").write_text("epoch,accuracy,loss\n0,0.5,2\n1,0.75,1\n")
    (tmp_path / "log.json").write_text(json.dumps({"cost": [1, 2]}))
    return tmp_path


def add(folder: pathlib.Path, **options: str) -> int:
    """Run the command with files of the folder."""
    words = ["add", "from files", "--dataset", "optdigits"]
    for name, value in options.items():
        words += [f"--{name}", str(folder / value)]
    return command.main(words)


def test_a_run_is_added(
    db: store.Store, folder: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With its history and its model; what it came to and where it is are printed."""
    assert add(folder, predictions="probs.npy", history="log.csv", model="model.tflite") == 0
    run = next(run for run in db.runs() if run.name == "from files")
    assert (run.origin, run.test_errors, len(run.history), run.has_model) == (
        "brought", db.run("starter-optdigits").test_errors, 2, True)  # fmt: skip
    said = capsys.readouterr().out
    assert said.startswith("from files: 96.40% of 500 test images, 18 wrong.")
    assert f"?run={run.id}" in said


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"predictions": "short.npy"}, "short.npy answers 499 images"),
        ({"predictions": "nowhere.npy"}, "nowhere.npy can't be read"),
        ({"predictions": "model.tflite"}, "model.tflite is of no known kind"),
        (
            {"predictions": "probs.npy", "history": "log.json"},
            "log.json can't be read as a history",
        ),
        ({"predictions": "probs.npy", "model": "probs.npy"}, "This is no LiteRT model"),
    ],
)
def test_what_does_not_fit_is_refused(
    db: store.Store,
    folder: pathlib.Path,
    capsys: pytest.CaptureFixture[str],
    options: dict[str, str],
    sentence: str,
) -> None:
    """One sentence, exit code 1, no run."""
    assert add(folder, **options) == 1
    out, said = capsys.readouterr()
    assert (out, said.count("\n")) == ("", 1)
    assert sentence in said
    assert len(db.runs()) == 2
