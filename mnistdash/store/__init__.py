"""The store: runs, what they left behind, and drawings, as rows of one database."""

from mnistdash.store import archive, drawings, images, studies
from mnistdash.store.database import default_url
from mnistdash.store.drawings import MAX_DRAWINGS
from mnistdash.store.errors import StoreError, Unreachable
from mnistdash.store.images import share as share_images
from mnistdash.store.rows import BROUGHT, RESUMABLE, STATUSES, UNDER_WAY, Drawing, Live, Run, Study
from mnistdash.store.runs import ID_PATTERN, MAX_WAITING, STALE_SECONDS

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
    "default_url",
    "share_images",
]


class Store(archive.Archive, drawings.Drawings, images.Images, studies.Studies):
    """Everything that is kept, behind one SQLAlchemy address; safe to share between threads.

    Args:
        url: such as `sqlite:////tmp/runs.sqlite3` or `postgresql+psycopg://user@host/name`.

    Raises:
        StoreError: the database can't be opened, is none, or was made by a newer version.
    """
