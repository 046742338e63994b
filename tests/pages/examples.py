"""Runs and drawings with known errors, images of one's own, and a hand that does damage."""

import dataclasses
import io
import pathlib
import sqlite3
import zipfile

import numpy as np
import pytest

from mnistdash import artifacts, datasets, evaluation, recipes, store

STARTER = pathlib.Path(__file__).parents[2] / "mnistdash" / "starter" / "optdigits.zip"
TINY = recipes.Recipe(layers="flatten dense16", epochs=2)
# True class, predicted class, how many: 20 errors among the 500 test images of optdigits.
MISTAKES = ((4, 9, 9), (3, 5, 6), (7, 1, 4), (0, 6, 1))
DAMAGE_MODEL = "UPDATE artifacts SET data = x'00' WHERE run_id = ? AND name = 'model.tflite'"
HOSTILE = ("<b>ant</b>", "**bee** [x](y)")
LETTERS = (*"abcdefghijklmnopqrstuvwxy", "<i>*z*</i>")


def add_run(
    db: store.Store, name: str, mistakes: tuple[tuple[int, int, int], ...], *, seed: int = 0
) -> store.Run:
    """Bring a run with known errors through the store, as the trainer would."""
    dataset = datasets.load("optdigits")
    probs = probs_with(dataset.y_test, mistakes)
    answers = evaluation.Evaluation(dataset.y_test, probs)
    target = io.BytesIO()
    np.save(target, probs)
    with zipfile.ZipFile(STARTER) as shipped:
        model = shipped.read("model.tflite")
    run = db.enqueue(dataclasses.replace(TINY, seed=seed), "optdigits", name=name)
    assert db.start(run.id)
    db.finish(
        run.id,
        status="finished",
        artifacts={"probs.npy": target.getvalue(), "model.tflite": model},
        dataset_sha256=dataset.sha256,
        history=[dict.fromkeys(("loss", "accuracy", "val_loss", "val_accuracy"), 0.5)] * 2,
        seconds=1.5,
        test_accuracy=answers.accuracy,
        test_errors=len(answers.errors),
        test_loss=answers.loss,
    )
    return db.run(run.id)


def probs_with(y_true: np.ndarray, mistakes: tuple[tuple[int, int, int], ...]) -> np.ndarray:
    """Answer every image rightly with 0.91, but the first of some classes wrongly with 0.64."""
    probs = np.full((len(y_true), 10), 0.01, np.float32)
    probs[np.arange(len(y_true)), y_true] = 0.91
    for true_class, pred_class, count in mistakes:
        for image in np.flatnonzero(y_true == true_class)[:count]:
            probs[image] = 0.04
            probs[image, pred_class] = 0.64
    return probs


def bring(
    db: store.Store,
    name: str,
    *,
    keep: str,
    dataset: str = "optdigits",
    sha256: str | None = None,
    validation: int = 0,
) -> store.Run:
    """Bring a run with the errors of `MISTAKES`, of which "probs", "sure" or "answers" are kept.

    Its answers to so many images stand for those to validation images, where there are any.
    """
    images = datasets.load("optdigits")
    probs = probs_with(images.y_test, MISTAKES)
    y_pred, confidence = probs.argmax(axis=1), probs.max(axis=1)
    kept = {
        "probs": {artifacts.PROBS: artifacts.write_probs(probs)},
        "sure": {artifacts.ANSWERS: artifacts.write_answers(y_pred, confidence)},
        "answers": {artifacts.ANSWERS: artifacts.write_answers(y_pred, None)},
    }[keep]
    run = db.bring(
        name=name,
        dataset=dataset,
        dataset_sha256=sha256 or images.sha256,
        class_names=images.class_names,
    )
    if validation:
        held_out = probs[:validation], images.y_test[:validation]
        kept |= {artifacts.VALIDATION: artifacts.write_validation(*held_out)}
    errors = int((y_pred != images.y_test).sum())
    db.finish(
        run.id,
        status="finished",
        artifacts=kept | {artifacts.LABELS: artifacts.write_labels(images.y_test)},
        test_accuracy=1 - errors / len(probs),
        test_errors=errors,
    )
    return db.run(run.id)


def bring_answers(db: store.Store, like: store.Run, probs: np.ndarray) -> store.Run:
    """Bring a run with these probabilities of the test images that another run has."""
    images = datasets.load(like.dataset)
    run = db.bring(
        name="elsewhere",
        dataset=like.dataset,
        dataset_sha256=images.sha256,
        class_names=images.class_names,
    )
    answers = evaluation.Evaluation(images.y_test, probs)
    db.finish(
        run.id,
        status="finished",
        artifacts={
            artifacts.PROBS: artifacts.write_probs(probs),
            artifacts.LABELS: artifacts.write_labels(images.y_test),
        },
        test_accuracy=answers.accuracy,
        test_errors=len(answers.errors),
    )
    return db.run(run.id)


def keep_drawings(db: store.Store, labels: tuple[int, ...]) -> None:
    """Keep the same upright stroke under these labels; it was read as a 1."""
    image = np.zeros((28, 28), np.uint8)
    image[4:24, 13:15] = 255
    for label in labels:
        db.keep_drawing(image, label, strokes=[], answer=1, confidence=0.9, run_name="starter")


def alter(home: pathlib.Path, statement: str, *values: object) -> None:
    """Change the database behind the store's back."""
    with sqlite3.connect(home / "mnistdash.sqlite3") as connection:
        assert connection.execute(statement, values).rowcount == 1
    connection.close()


def few_or_many(
    folder: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
    db: store.Store,
    names: tuple[str, ...],
) -> store.Run:
    """Bring images of one's own with these classes, and a run that reads one last as the first."""
    classes = len(names)
    labels = np.tile(np.arange(classes, dtype=np.uint8), 3)
    images = np.random.default_rng(0).integers(0, 255, (len(labels), 28, 28), dtype=np.uint8)
    write_images(folder / "own.npz", images, labels, names)
    monkeypatch.setenv("MNISTDASH_DATA", str(folder))
    probs = np.full((len(labels), classes), 0.2 / (classes - 1), np.float32)
    probs[np.arange(len(labels)), labels] = 0.8
    probs[classes - 1] = np.roll(probs[classes - 1], 1)
    target = io.BytesIO()
    np.save(target, probs)
    run = db.enqueue(dataclasses.replace(TINY, classes=classes), "own", name="mine")
    assert db.start(run.id)
    answers = evaluation.Evaluation(labels, probs)
    db.finish(
        run.id,
        status="finished",
        artifacts={"probs.npy": target.getvalue(), "model.tflite": b"none"},
        dataset_sha256=datasets.load("own").sha256,
        history=[dict.fromkeys(("loss", "accuracy", "val_loss", "val_accuracy"), 0.5)] * 2,
        seconds=1.5,
        test_accuracy=answers.accuracy,
        test_errors=1,
        test_loss=answers.loss,
    )
    return db.run(run.id)


def write_images(
    path: pathlib.Path, images: np.ndarray, labels: np.ndarray, names: tuple[str, ...]
) -> None:
    """Write images, the same to learn from and to test with, with their classes' names."""
    np.savez(
        path, x_train=images, y_train=labels, x_test=images, y_test=labels, class_names=names
    )  # fmt: skip
