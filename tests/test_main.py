"""The same work without a browser: what the commands print, refuse and really train."""

import dataclasses
import io
import json
import os
import pathlib
import pty
import re
import subprocess
import sys
import threading
import types

import numpy as np
import pytest

from mnistdash import __main__ as command
from mnistdash import classifier, datasets, hands, outliers, recipes, store

REPO = pathlib.Path(__file__).parents[1]
KEYS = {"run", "test_accuracy", "test_errors", "test_loss", "train_seconds", "epochs"}


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run a command that is refused, and return its one sentence."""
    assert command.main(list(arguments)) == 1
    out, sentence = capsys.readouterr()
    assert out == ""
    assert sentence.count("\n") == 1
    assert "Traceback" not in sentence
    return sentence


# --- runs -----------------------------------------------------------------------------------


def test_runs_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """A new store lists the starters, a line each."""
    assert command.main(["runs"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert any(re.fullmatch(r"starter-mnist +finished +0\.99\d\d +\S.*", line) for line in lines)


def test_runs_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """One array, an object a run, every run with the same keys."""
    assert command.main(["runs", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert {run["run"] for run in listed} == {"starter-mnist", "starter-optdigits"}
    assert all(set(run) >= KEYS | {"name", "dataset", "status", "seed"} for run in listed)
    assert all(run["epochs"] == recipes.STARTERS[run["dataset"]].epochs for run in listed)


def test_report_is_one_file(
    capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is named after the run, unless told otherwise; no such run, and no folder, are said.

    A terminal is shown a bar that fills up.
    """
    monkeypatch.chdir(tmp_path)
    with monkeypatch.context() as terminal:
        terminal.setattr(sys.stderr, "isatty", lambda: True)
        assert command.main(["report", "starter-optdigits"]) == 0
    shown = capsys.readouterr()
    assert "starter-optdigits.html: " in shown.out
    bars = [line.count("#") for line in shown.err.split("\r[")[1:]]
    assert bars == sorted(bars)
    assert (bars[0], bars[-1]) == (0, 30)
    page = (tmp_path / "starter-optdigits.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert "No finished run is called 'mine'" in refused(capsys, "report", "mine")
    nowhere = str(tmp_path / "no" / "where.html")
    sentence = refused(capsys, "report", "starter-optdigits", "--output", nowhere)
    assert "can't be written" in sentence


def test_unreadable_run_is_listed_too(capsys: pytest.CaptureFixture[str]) -> None:
    """A damaged run has a line without numbers, and null in JSON."""
    db = store.Store(store.default_url())
    run_id = db.enqueue(recipes.Recipe(), "mnist", name="damaged").id
    db._update(run_id, recipe="{")
    assert command.main(["runs"]) == 0
    assert re.search(rf"{run_id} +unreadable +- +damaged", capsys.readouterr().out)
    assert command.main(["runs", "--json"]) == 0
    listed = {run["run"]: run for run in json.loads(capsys.readouterr().out)}
    assert (listed[run_id]["status"], listed[run_id]["seed"]) == ("unreadable", None)


def test_damaged_store_is_a_sentence(
    home: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that is no database is refused, not replaced."""
    (home / "mnistdash.sqlite3").write_bytes(b"no database" * 500)
    assert "Restore it from a copy" in refused(capsys, "runs")
    assert (home / "mnistdash.sqlite3").read_bytes() == b"no database" * 500


# --- data -----------------------------------------------------------------------------------


def test_data_sets_are_listed(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is here, a file of one's own included, and what could be fetched."""
    images, labels = np.zeros((1, 28, 28), np.uint8), np.zeros(1, np.uint8)
    np.savez(tmp_path / "own.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    monkeypatch.setenv("MNISTDASH_DATA", str(tmp_path))
    assert command.main(["data"]) == 0
    lines = [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        ["optdigits", "here"],
        ["own", "here"],
        ["mnist", "not here; `data fetch` gets it"],
        ["fashion_mnist", "not here; `data fetch` gets it"],
    ]


def test_fetch_says_what_it_can_fetch(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a name, and with one that nobody offers."""
    assert "mnist or fashion_mnist" in refused(capsys, "data", "fetch")
    for name in ("optdigits", "../x", ""):
        assert "Only mnist and fashion_mnist can be" in refused(capsys, "data", "fetch", name)


def test_fetch_without_a_network_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A closed port in place of the server."""
    known = datasets.published.KNOWN["mnist"]
    closed = (("mnist.npz", "http://127.0.0.1:1/mnist.npz", known.files[0][2]),)
    monkeypatch.setitem(
        datasets.published.KNOWN, "mnist", command.dataclasses.replace(known, files=closed)
    )
    assert command.main(["data", "fetch", "mnist"]) == 1
    assert "MNIST could not be downloaded: the network does not answer" in capfd.readouterr().err


# --- train ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["dense-tutorial"], "python -m mnistdash data fetch mnist"),
        (["dense-tutorial", "--dataset", "nowhere"], "expected nowhere.npz in the data folder"),
        (["dense-tutorial", "--dataset", "../x"], "A data set's name has 1 to 40 letters"),
        (["dense-tutorial", "--epochs", "0"], "`epochs` must be a whole number between 1 and 200"),
        (["dense-tutorial", "--epochs", "201"], "Received: epochs=201"),
        (["dense-tutorial", "--seed", "-1"], "`seed` must be a whole number between 0 and"),
        (["dense-tutorial", "--seed", "9" * 400], "`seed` must be"),
    ],
)
def test_training_is_refused(
    capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    """One sentence and exit code 1, before TensorFlow is imported or a run is made."""
    assert sentence in refused(capsys, "train", *arguments)
    assert store.Store(store.default_url()).runs() == []


def test_same_training_under_way_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """What a dashboard trains at this moment is not trained again beside it."""
    recipe = recipes.PRESETS["cnn-one-epoch"].recipe
    db = store.Store(store.default_url())
    run_id = db.enqueue(recipe, "optdigits", name="elsewhere").id
    db.start(run_id)
    sentence = refused(capsys, "train", "cnn-one-epoch", "--dataset", "optdigits")
    assert f"under way already, as run {run_id}" in sentence
    assert db.run(run_id).status == "running"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["train"],
        ["train", "unknown"],
        ["train", "dense-wide", "--epochs", "two"],
        ["train", "dense-wide", "--epochs", "9" * 5000],
        ["starter", "fashion_mnist"],
        ["data", "get"],
        ["fly"],
    ],
    ids=range(8),
)
def test_misspelled_commands_end_with_code_2(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    """The usage is shown, as the shell expects."""
    with pytest.raises(SystemExit) as ended:
        command.main(arguments)
    assert ended.value.code == 2
    assert "usage: python -m mnistdash" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("loss", "accuracy", "figures"),
    [(0.25, 0.9, "loss 0.2500  accuracy 0.9000"), (None, None, ""), (None, 0.9, "")],
)
def test_progress_bar_by_hand(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    loss: float | None,
    accuracy: float | None,
    figures: str,
) -> None:
    """The middle of the second of four epochs is 3/8 of the bar; before a step no figures."""
    progress = types.SimpleNamespace(
        epoch=1, epochs=4, step=5, steps=10, loss=loss, accuracy=accuracy, seconds=1.0
    )
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with command._progress_shown(command._training) as on_progress:
        on_progress(progress)
    bar = "#" * 11 + " " * 19
    assert capsys.readouterr().err.rstrip() == f"\r[{bar}] epoch 2 of 4  {figures}".rstrip()


@pytest.mark.timeout(240)
def test_one_epoch_is_trained_on_a_terminal(home: pathlib.Path) -> None:
    """One JSON object on the output, a bar on the terminal, and the run in the store.

    An epoch of 1,297 small digits in six batches reads more than a third of the 500 rightly;
    guessing reads a tenth.
    """
    master, terminal = pty.openpty()
    shown = io.BytesIO()
    reader = threading.Thread(target=_copy, args=(master, shown), daemon=True)
    reader.start()
    preset = ("train", "cnn-one-epoch", "--dataset", "optdigits", "--epochs", "1", "--json")
    done = subprocess.run(
        [sys.executable, "-m", "mnistdash", *preset],
        cwd=REPO, stdout=subprocess.PIPE, stderr=terminal, text=True, check=False,
    )  # fmt: skip
    os.close(terminal)
    reader.join(timeout=10)
    on_terminal = shown.getvalue().decode()
    assert done.returncode == 0, on_terminal
    assert "epoch 1 of 1" in on_terminal
    assert "Traceback" not in on_terminal

    facts = json.loads(done.stdout)
    assert set(facts) >= KEYS
    assert facts["epochs"] == 1
    assert facts["test_accuracy"] > 0.34
    assert facts["test_errors"] == round(500 * (1 - facts["test_accuracy"]))
    db = store.Store(f"sqlite:///{home}/mnistdash.sqlite3")
    run = db.run(facts["run"])
    assert (run.name, run.dataset, run.finished) == ("cnn-one-epoch", "optdigits", True)
    assert db.probs(run.id).shape == (500, 10)
    assert (db.probs(run.id).argmax(axis=1) != datasets.load("optdigits").y_test).sum() == (
        facts["test_errors"]
    )


def _copy(source: int, target: io.BytesIO) -> None:
    """Read a terminal until its other end is closed."""
    try:
        while chunk := os.read(source, 4096):
            target.write(chunk)
    except OSError:  # Linux says so when the other end is closed
        pass


def test_detector_is_trained_and_written(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A model is written that answers; trained on little, on optdigits, for one epoch."""
    real = datasets.load("optdigits")
    few = real.x_train[:300], real.y_train[:300]
    digits = dataclasses.replace(real, read_train=lambda: few, count_train=None)
    for amount in ("WRITTEN", "PAIRS", "PENNED_PAIRS", "SCRIBBLES"):
        monkeypatch.setattr(outliers, amount, 64)
    monkeypatch.setattr(hands, "training_set", lambda digits, seed: digits)
    stem = [np.array([(5.0, 0.0), (5.0, 10.0)])]
    monkeypatch.setattr(hands, "pen_digits", lambda writers: ([stem], np.ones(1, np.uint8)))
    monkeypatch.setattr(recipes, "DETECTOR", dataclasses.replace(recipes.DETECTOR, epochs=1))
    target = tmp_path / "detector.tflite"
    letters = dataclasses.replace(digits, class_names=tuple("acdefhkmnp"))
    assert command._train_detector(target, digits, letters) == 0
    written = classifier.Classifier(target.read_bytes())
    assert written.probs(digits.x_test[:3]).shape == (3, len(classifier.KINDS))
    assert f"{target.stat().st_size} B" in capsys.readouterr().out
