"""What people take along of a run's answers: tables for spreadsheets, and arrays with images."""

from collections.abc import Sequence

import numpy as np

from mnistdash import artifacts, datasets, evaluation, spreadsheet


def answers_csv(
    answers: evaluation.Evaluation, names: Sequence[str], indices: np.ndarray | None = None
) -> str:
    """Write what a run answered as CSV, classes by their names.

    In the form that `python -m mnistdash add` reads.

    Args:
        answers: of one run.
        names: of its K classes.
        indices: of the images, in order, int64 `(k,)`; all by default.
    """
    chosen = np.arange(len(answers)) if indices is None else indices
    columns = {
        "index": chosen.tolist(),
        "true class": [names[label] for label in answers.y_true[chosen]],
        "predicted class": [names[label] for label in answers.y_pred[chosen]],
    }
    if answers.has_confidence:
        columns["confidence"] = [round(float(sure), 6) for sure in answers.confidence[chosen]]
    return spreadsheet.text(columns, zip(*columns.values(), strict=True))


def images_npz(
    dataset: datasets.Dataset, answers: evaluation.Evaluation, indices: np.ndarray
) -> bytes:
    """Write images with their labels and what a run answered, as arrays for numpy.

    Args:
        dataset: whose test images.
        answers: of one run.
        indices: of the images, in order, int64 `(k,)`.

    Returns:
        A `.npz` of `x` uint8 `(k, 28, 28)`, ink bright; `y` and `y_pred` uint8 `(k,)`; `index`
        int64 `(k,)`; `class_names` `(K,)`; and where known `probs` float32 `(k, K)`, else
        `confidence` float32 `(k,)`.
    """
    arrays = {
        "x": dataset.x_test[indices],
        "y": answers.y_true[indices],
        "y_pred": answers.y_pred[indices],
        "index": indices,
        "class_names": np.array(dataset.class_names, str),
    }
    if answers.probs is not None:
        arrays["probs"] = answers.probs[indices]
    elif answers.has_confidence:
        arrays["confidence"] = answers.confidence[indices]
    return artifacts.write_arrays(arrays, compressed=True)


def matrix_csv(matrix: np.ndarray, names: Sequence[str]) -> str:
    """Write a confusion matrix as CSV: a row a true class, a column a predicted one.

    Args:
        matrix: int64 `(K, K)`.
        names: of the K classes.
    """
    lines = ([name, *counts] for name, counts in zip(names, matrix.tolist(), strict=True))
    return spreadsheet.text(["true class", *(f"read as {name}" for name in names)], lines)
