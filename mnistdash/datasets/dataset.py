"""Labelled images, as everything above knows them."""

import dataclasses
import functools
from collections.abc import Callable

import numpy as np


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Dataset:
    """Labelled images, split for training and test; read-only and shared.

    `x_*` are uint8 `(n, 28, 28)` with ink bright (255) on a ground of 0, `y_*` uint8 `(n,)` in
    0 to `len(class_names) - 1`, 2 to 62 classes. `sha256` identifies the contents whatever file
    they came from; `verified` says that they are the published ones. The training part, six times
    as large, is read at its first use: the pages that show errors never wait for it. That use
    raises `DataError` if it is damaged.
    `notes` say how a person's own file was converted, `questions` what in it is likely a mistake,
    and `offers` what would mend each, as of `conversion.Converted`.
    """

    name: str
    title: str
    class_names: tuple[str, ...]
    x_test: np.ndarray
    y_test: np.ndarray
    sha256: str
    verified: bool
    read_train: Callable[[], tuple[np.ndarray, np.ndarray]]
    ink: bool = True  # strokes, to be shown as ink on paper; False: photographs, shown as they are
    count_train: Callable[[], int] | None = None  # without reading them, where that is possible
    notes: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    offers: tuple[str, ...] = ()

    @functools.cached_property
    def pictured(self) -> bool:
        """Whether there are pictures, and not empty ones in place of those that were lost."""
        return bool(self.x_test[:100].any())

    @functools.cached_property
    def num_train(self) -> int:
        """How many training images there are; known without reading them.

        Raises:
            DataError: the file does not say so.
        """
        return len(self.x_train) if self.count_train is None else self.count_train()

    @functools.cached_property
    def _train(self) -> tuple[np.ndarray, np.ndarray]:
        return self.read_train()

    @property
    def x_train(self) -> np.ndarray:
        """The training images, uint8 `(n, 28, 28)`."""
        return self._train[0]

    @property
    def y_train(self) -> np.ndarray:
        """Their labels, uint8 `(n,)`."""
        return self._train[1]
