"""Predictions and histories as files: what is read, and what is refused."""

import io
import json

import numpy as np
import pandas as pd
import pytest

from mnistdash import spreadsheet
from mnistdash.bringing import answers, files

NAMES = ("0", "1", "2")
PROBS = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.2, 0.2, 0.6], [0.5, 0.3, 0.2]])
Y_PRED = PROBS.argmax(axis=1)


def npy(array: np.ndarray) -> bytes:
    """Write an array as numpy does."""
    target = io.BytesIO()
    np.save(target, array)
    return target.getvalue()


def npz(**arrays: np.ndarray) -> bytes:
    """Write arrays as numpy does."""
    target = io.BytesIO()
    np.savez(target, **arrays)
    return target.getvalue()


def csv(table: object, **options: object) -> bytes:
    """Write a table as pandas does."""
    return pd.DataFrame(table).to_csv(**options).encode()


def read(file_name: str, data: bytes, names: tuple[str, ...] = NAMES) -> answers.Answers:
    """Read a file as answers to its rows."""
    found = files.predictions(file_name, data, names)
    return answers.read(
        found.values,
        num_images=4,
        class_names=names,
        confidences=found.confidences,
        what=file_name,
    )


SHUFFLED = pd.DataFrame(PROBS).iloc[[2, 0, 3, 1]]


@pytest.mark.parametrize(
    ("file_name", "data"),
    [
        ("p.npy", npy(PROBS)),
        ("p.npz", npz(probs=PROBS, other=np.zeros(3))),
        ("p.npz", npz(whatever=PROBS)),
        ("header.csv", csv(PROBS, index=False)),
        ("bare.csv", csv(PROBS, index=False, header=False)),
        ("index.csv", csv(PROBS)),
        ("bare_index.csv", csv(PROBS, header=False)),
        ("semicolon.csv", csv(PROBS, sep=";", index=False)),
        ("tab.tsv", csv(PROBS, sep="\t", index=False)),
        ("byte_order_mark.csv", b"\xef\xbb\xbf" + csv(PROBS)),
        ("windows.csv", csv(PROBS, lineterminator="\r\n")),
        ("from_one.csv", csv(PROBS).replace(b"\n3,", b"\n4,").replace(b"\n2,", b"\n3,")
         .replace(b"\n1,", b"\n2,").replace(b"\n0,", b"\n1,")),
        ("shuffled.csv", SHUFFLED.to_csv().encode()),
        ("other_order.csv", csv({c: PROBS[:, int(c)] for c in "201"}, index=False)),
        ("with_truth.csv", csv({**dict(zip(NAMES, PROBS.T, strict=True)), "true": Y_PRED})),
    ],
)  # fmt: skip
def test_probabilities_are_read(file_name: str, data: bytes) -> None:
    """In test order, with a header, an index and columns in whatever order."""
    assert read(file_name, data).probs == pytest.approx(PROBS, abs=1e-6)


@pytest.mark.parametrize(
    ("file_name", "data"),
    [
        ("a.npy", npy(Y_PRED)),
        ("a.npz", npz(y_pred=Y_PRED)),
        ("bare.csv", csv(Y_PRED, index=False, header=False)),
        ("header.csv", csv({"prediction": Y_PRED}, index=False)),
        ("kaggle.csv", csv({"ImageId": [1, 2, 3, 4], "Label": Y_PRED}, index=False)),
        ("shuffled.csv", csv({"id": [3, 1, 0, 2], "class": Y_PRED[[3, 1, 0, 2]]}, index=False)),
        ("bare_index.csv", csv(Y_PRED, header=False)),
    ],
)
def test_answers_alone_are_read(file_name: str, data: bytes) -> None:
    """A column of classes, a file as it is handed in at Kaggle."""
    found = read(file_name, data)
    assert found.y_pred.tolist() == Y_PRED.tolist()
    assert (found.probs, found.confidence) == (None, None)


def test_answers_with_their_confidences() -> None:
    """Two columns, or two arrays."""
    sure = [0.5, 0.25, 0.75, 1.0]
    table = csv({"predicted class": Y_PRED, "confidence": sure}, index=False)
    for found in (read("a.csv", table), read("a.npz", npz(y_pred=Y_PRED, confidence=sure))):
        assert found.y_pred.tolist() == Y_PRED.tolist()
        assert found.confidence.tolist() == sure


def test_class_names_as_answers() -> None:
    """Words are answers, with a header and without one."""
    names = ("cat", "dog", "bird")
    words = [names[c] for c in Y_PRED]
    for data in (csv(words, index=False, header=False), csv({"class": words}, index=False)):
        assert read("words.csv", data, names).y_pred.tolist() == Y_PRED.tolist()


def test_what_was_written_for_a_spreadsheet_is_read() -> None:
    """Class names that look like formulas come back from the file that this program writes."""
    names = ("+", "-", "=")
    lines = [[index, names[label]] for index, label in enumerate(Y_PRED)]
    text = spreadsheet.text(("index", "predicted class"), lines)
    given = files.predictions("a.csv", text.encode(), names)
    found = answers.read(given.values, num_images=len(Y_PRED), class_names=names)
    assert found.y_pred.tolist() == Y_PRED.tolist()


def test_what_was_put_in_order_is_said() -> None:
    """Rows by their index, columns by their names."""
    assert files.predictions("a.csv", SHUFFLED.to_csv().encode(), NAMES).notes == (
        "The rows were put into test order by their index.",
    )
    turned = csv(PROBS[:, ::-1], index=False).replace(b"0,1,2", b"2,1,0")
    assert "order of the classes" in files.predictions("a.csv", turned, NAMES).notes[0]


@pytest.mark.parametrize(
    ("file_name", "data", "sentence"),
    [
        ("a.pkl", b"x", "a.pkl is of no known kind. Expected predictions as .npy, .npz or .csv"),
        ("a.npy", b"hello", "it is damaged, or no file of numpy's"),
        ("a.npz", npz(a=PROBS, b=PROBS), "has the arrays a, b. Expected one called probs"),
        ("a.csv", b"", "can't be read as a table"),
        ("a.csv", b"index,answer\n", "has no rows"),
        ("a.csv", b"index,answer\n0,1\n1,1\n1,2\n3,0\n", "the column index is no index"),
        ("a.csv", csv(PROBS).replace(b"0.8", b""), "holds nan in row 1, column 1"),
        ("a.csv", csv(PROBS[:3]), "a.csv answers 3 images"),
        ("a.csv", csv(np.ones((4, 5)) / 5, index=False), "has 5 columns"),
    ],
)
def test_what_is_no_predictions_is_refused(file_name: str, data: bytes, sentence: str) -> None:
    """One sentence names the file."""
    with pytest.raises(answers.LogError) as caught:
        read(file_name, data)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_objects_are_never_unpickled() -> None:
    """An array of Python objects is refused before anything in it runs."""

    class Trap:
        def __reduce__(self) -> tuple:
            return (pytest.fail, ("unpickled",))

    target = io.BytesIO()
    np.save(target, np.array([Trap()], object), allow_pickle=True)
    with pytest.raises(answers.LogError, match="holds Python objects"):
        files.predictions("a.npy", target.getvalue(), NAMES)


@pytest.mark.parametrize(
    ("file_name", "data"),
    [
        ("log.csv", b"epoch,accuracy,loss,val_loss\n0,0.5,2,1.5\n1,0.75,1,NA\n"),
        ("log.csv", b"epoch;accuracy;loss;val_loss\n0;0.5;2;1.5\n1;0.75;1;NA\n"),
        ("log.json", json.dumps({"loss": [2, 1], "accuracy": [0.5, 0.75],
                                 "val_loss": [1.5, None]}).encode()),
        ("log.json", b'[{"loss": 2, "acc": 0.5, "val_loss": 1.5},'
         b' {"loss": 1, "acc": 0.75, "val_loss": NaN}]'),
    ],
)  # fmt: skip
def test_histories_are_read(file_name: str, data: bytes) -> None:
    """As Keras's `CSVLogger` writes them, and as JSON."""
    first, second = files.history(file_name, data)
    assert (first["loss"], first["accuracy"], first["val_loss"]) == (2, 0.5, 1.5)
    assert (second["loss"], second["accuracy"], second["val_loss"]) == (1, 0.75, None)


@pytest.mark.parametrize(
    ("file_name", "data", "sentence"),
    [
        ("log.csv", b"1,2,3\n", "it has no header"),
        ("log.csv", b"a,b\n1,2\n", "none of loss"),
        ("log.json", b"{", "can't be read as a history"),
        ("log.json", b"[" * 100_000, "can't be read as a history"),
        ("log.json", b"[1]", "no mapping"),
    ],
)
def test_what_is_no_history_is_refused(file_name: str, data: bytes, sentence: str) -> None:
    """One sentence names the file."""
    with pytest.raises(answers.LogError, match=sentence):
        files.history(file_name, data)
