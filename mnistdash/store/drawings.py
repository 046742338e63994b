"""The drawings that people kept."""

import secrets
import time
from collections.abc import Sequence

import numpy as np
import sqlalchemy as sa

from mnistdash.store import database, errors, rows, schema, sealing

MAX_DRAWINGS = 2_000
_drawings = schema.drawings
_DRAWING_IDS = sa.select(_drawings.c.id).order_by(_drawings.c.created_at, _drawings.c.id)


class Drawings(database.Database):
    """What a store knows of drawings."""

    def keep_drawing(
        self,
        image: np.ndarray,
        label: int,
        *,
        strokes: Sequence[Sequence[tuple[float, float]]],
        answer: int,
        confidence: float,
        run_name: str,
    ) -> None:
        """Keep a drawing.

        Args:
            image: uint8 `(28, 28)`, ink bright.
            label: what it is, 0-9.
            strokes: the pen's polylines; empty for a picture.
            answer: what the run said, 0-9.
            confidence: the probability of that answer.
            run_name: the run that said it.

        Raises:
            StoreError: 2,000 drawings are kept already.
            ValueError: the image or the label is none.
        """
        if image.shape != (28, 28) or image.dtype != np.uint8 or label not in range(10):
            raise ValueError("A drawing is uint8 (28, 28) with a label of 0-9.")
        with self._write() as connection:
            kept = connection.scalar(sa.select(sa.func.count()).select_from(_drawings))
            if kept >= MAX_DRAWINGS:
                raise errors.StoreError(
                    f"{MAX_DRAWINGS:,} drawings are kept already. Delete some first."
                )
            sealing.insert(
                connection,
                _drawings,
                id=secrets.token_hex(4),
                created_at=time.time(),
                label=int(label),
                image=image.tobytes(),
                strokes=rows.to_json([list(map(list, stroke)) for stroke in strokes]),
                answer=int(answer),
                confidence=float(confidence),
                run_name=run_name,
            )

    def drawings(self) -> list[rows.Drawing]:
        """Return every drawing that can be read, newest first."""
        query = sa.select(_drawings).order_by(_drawings.c.created_at.desc(), _drawings.c.id)
        with self._read() as connection:
            found = connection.execute(query).mappings().all()
        return [drawing for drawing in map(rows.drawing, found) if drawing is not None]

    def drawing_ids(self) -> tuple[str, ...]:
        """Return the drawings' ids, oldest first."""
        return self._kept("drawings", lambda it: tuple(it.scalars(_DRAWING_IDS)))

    def delete_drawing(self, drawing_id: str) -> None:
        """Remove a drawing."""
        with self._write() as connection:
            connection.execute(sa.delete(_drawings).where(_drawings.c.id == drawing_id))
