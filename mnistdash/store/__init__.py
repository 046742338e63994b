"""The store: runs, what they left behind, drawings and verdicts, as rows of one database."""

import contextlib
from typing import Self

from mnistdash.store import archive, database, drawings, images, judging, studies
from mnistdash.store.database import default_url
from mnistdash.store.drawings import MAX_DRAWINGS
from mnistdash.store.errors import StoreError, Unreachable
from mnistdash.store.images import share as share_images
from mnistdash.store.rows import BROUGHT, RESUMABLE, STATUSES, UNDER_WAY, Drawing, Live, Run, Study
from mnistdash.store.runs import ID_PATTERN, MAX_WAITING, STALE_SECONDS
from mnistdash.store.texts import clean as clean_text

__all__ = [
    "BROUGHT",
    "ID_PATTERN",
    "MAX_DRAWINGS",
    "MAX_WAITING",
    "RESUMABLE",
    "STALE_SECONDS",
    "STATUSES",
    "UNDER_WAY",
    "Drawing",
    "Live",
    "Run",
    "Store",
    "StoreError",
    "Study",
    "Unreachable",
    "clean_text",
    "default_url",
    "share_images",
]


class Store(archive.Archive, drawings.Drawings, images.Images, judging.Judging, studies.Studies):
    """Everything that is kept, behind one SQLAlchemy address; safe to share between threads.

    Args:
        url: such as `sqlite:////tmp/runs.sqlite3` or `postgresql+psycopg://user@host/name`.

    Raises:
        StoreError: the database can't be opened, is none, or was made by a newer version.
    """

    @classmethod
    def to_show(cls) -> Self:
        """Open the store that was chosen, with the starter runs in it.

        Where the home folder can't be written, what is there can be looked at.

        Raises:
            StoreError: as above, or a file of secrets can't be read.
        """
        because = database.read_only_because()
        if because is None:
            db = cls(default_url())
            db.add_starters()
            return db
        *first, last = database.urls_to_look_at()
        for url in first:
            with contextlib.suppress(StoreError):
                return cls._to_look_at(url, because)
        return cls._to_look_at(last, because)

    @classmethod
    def _to_look_at(cls, url: str, because: str) -> Self:
        db = cls(url)
        db.runs()  # SQLite notices late that it can't read
        with contextlib.suppress(StoreError):
            db.add_starters()  # to one in memory
        db.read_only_because = because
        return db
