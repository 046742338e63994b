"""What a run left behind beside its row, checked when it is read."""

import numpy as np
import sqlalchemy as sa

from mnistdash import artifacts
from mnistdash.store import errors, rows, runs, schema, sealing

_artifacts = schema.artifacts


class Results(runs.Runs):
    """What a store keeps of runs as bytes."""

    def artifact(self, run_id: str, name: str) -> bytes:
        """Return an artifact's bytes.

        Raises:
            StoreError: it is not there, or its bytes are not those that were written.
        """
        with self._read() as connection:
            row = connection.execute(
                sa.select(_artifacts.c.data, _artifacts.c.sha256).where(
                    _artifacts.c.run_id == run_id, _artifacts.c.name == name
                )
            ).first()
        if row is None:
            raise errors.StoreError(f"This run has no {name} (any more).")
        # SQLite keeps what it is given: in a damaged file bytes may have become text.
        whole = isinstance(row.data, bytes)
        if not whole or sealing.artifact_seal(run_id, name, row.data) != row.sha256:
            raise self._damaged(run_id, name)
        return row.data

    def predictions(
        self, run_id: str, epoch: int | None = None
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Return what a run answered for the test images, where only the answers are kept.

        Args:
            run_id: the run.
            epoch: counted from 0, of a run that keeps each epoch's answers; `None` for the end.

        Returns:
            The predicted classes, uint8 `(n,)`, and their probabilities, float16 `(n,)`, or
            `None` where nobody knows them.

        Raises:
            StoreError: they are missing or damaged.
        """
        name = artifacts.ANSWERS if epoch is None else artifacts.epoch(epoch)
        data = self.artifact(run_id, name)
        try:
            return artifacts.read_answers(data)
        except ValueError:
            raise self._damaged(run_id, name) from None

    def probs(self, run_id: str) -> np.ndarray:
        """Return a finished run's test probabilities, float32 `(n, K)`.

        Raises:
            StoreError: they are missing or damaged.
        """
        data, run = self.artifact(run_id, artifacts.PROBS), self.run(run_id)
        try:
            probs = artifacts.read_probs(data)
            if run is not None and run.classes not in (None, probs.shape[1]):
                raise ValueError
        except ValueError:
            raise self._damaged(run_id, artifacts.PROBS) from None
        return probs

    def labels(self, run_id: str) -> np.ndarray | None:
        """Return the labels of a run's test images, uint8 `(n,)`; `None` where none were kept.

        Raises:
            StoreError: they are damaged.
        """
        run = self.run(run_id)
        if run is None or artifacts.LABELS not in run.artifacts:
            return None
        try:
            return artifacts.read_labels(self.artifact(run_id, artifacts.LABELS))
        except ValueError:
            raise self._damaged(run_id, artifacts.LABELS) from None

    def validation(self, run_id: str) -> tuple[np.ndarray, np.ndarray] | None:
        """Return a run's probabilities of validation images, and their labels.

        Returns:
            float32 `(v, K)` and uint8 `(v,)`, or `None` where none are kept.

        Raises:
            StoreError: they are damaged.
        """
        run = self.run(run_id)
        if run is None or artifacts.VALIDATION not in run.artifacts:
            return None
        try:
            return artifacts.read_validation(self.artifact(run_id, artifacts.VALIDATION))
        except ValueError:
            raise self._damaged(run_id, artifacts.VALIDATION) from None

    def histograms(self, run_id: str) -> list[dict]:
        """Return how training moved each layer's weights: `layer`, `edges`, `start`, `end`.

        Raises:
            StoreError: they are missing or damaged.
        """
        data = self.artifact(run_id, artifacts.HISTOGRAMS)
        try:
            return artifacts.read_histograms(data)
        except ValueError:
            raise self._damaged(run_id, artifacts.HISTOGRAMS) from None

    def _damaged(self, run_id: str, name: str) -> errors.StoreError:
        run = self.run(run_id)
        again = "Add" if run is not None and run.origin == rows.BROUGHT else "Train"
        return errors.StoreError(f"The {name} of this run is damaged. {again} it again.")
