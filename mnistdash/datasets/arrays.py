"""Images and labels that are in memory already, in a notebook."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from mnistdash.datasets import conversion, dataset, errors

_NAMES = ("x_train", "y_train", "x_test", "y_test")
_SOURCE = "`dataset`"


def converted(
    arrays: Sequence[object], class_names: Sequence[str] | None = None
) -> conversion.Converted:
    """Convert arrays as files of them are converted; the order of the test images stays.

    Args:
        arrays: `(x_test, y_test)` or `(x_train, y_train, x_test, y_test)`. Without training images
            the set has none: nothing can be trained on it here.
        class_names: K names, in order.

    Raises:
        DataError: something can't be read in one way only.
    """
    given = dict(zip(_NAMES[-len(arrays) :], map(_as_array, arrays), strict=True))
    if len(arrays) == 4:
        return conversion.convert(conversion.Raw(source=_SOURCE, **given), class_names=class_names)
    twice = {"x_train": given["x_test"], "y_train": given["y_test"]}
    called = {"x_train": "x_test", "y_train": "y_test"}
    raw = conversion.Raw(source=_SOURCE, called=called, **given, **twice)
    found = conversion.convert(raw, class_names=class_names)
    doubts = [
        (said.replace("training and test images", "images"), offer)
        for said, offer in zip(found.questions, found.offers, strict=True)
        if "training images too" not in said  # each is: they stand for both parts here
    ]
    return dataclasses.replace(
        found,
        x_train=found.x_train[:0],
        y_train=found.y_train[:0],
        notes=(*found.notes, "There are no training images."),
        questions=tuple(said for said, _ in doubts),
        offers=tuple(offer for _, offer in doubts),
    )


def are(converted: conversion.Converted, known: dataset.Dataset) -> bool:
    """Tell whether images are those of a data set: all of them, or the test images alone.

    Raises:
        DataError: the known training images can't be read.
    """
    tested = (
        known.class_names == converted.class_names
        and np.array_equal(known.y_test, converted.y_test)
        and np.array_equal(known.x_test, converted.x_test)
    )
    if not tested or not len(converted.x_train):
        return tested
    return np.array_equal(known.y_train, converted.y_train) and np.array_equal(
        known.x_train, converted.x_train
    )


def _as_array(values: object) -> np.ndarray:
    try:
        return np.asarray(values)
    except Exception as error:  # every library refuses in its own way
        said = (str(error).splitlines() or [type(error).__name__])[0].split(". ")[0][:120]
        raise errors.unusable(_SOURCE, said, expected="arrays, as numpy reads them") from None
