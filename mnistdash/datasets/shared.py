"""Images kept where several machines find them: the door to a database, and copies here."""

import contextlib
import hashlib
import pathlib
import tempfile
import threading
import time
from collections.abc import Mapping
from typing import Protocol

from mnistdash.datasets import errors, kept

MAX_BYTES = 64 * 2**20  # of a set as it is kept, packed
_BELIEVED_SECONDS = 1.0  # a listing is asked for again after that: others add and remove, too
_MAX_COPIES = 12


class Keeper(Protocol):
    """What keeps packed images under their names; it raises `DataError` where it can't."""

    def listed(self) -> Mapping[str, str]:
        """Return the names, each with the SHA-256 of what is kept under it."""

    def fetch(self, name: str) -> bytes:
        """Return what is kept under a name."""

    def keep(self, name: str, data: bytes, *, replace: bool = False) -> None:
        """Keep images under a name that is free, or to be replaced."""

    def rename(self, old: str, new: str) -> None:
        """Keep the same images under another name that is free."""

    def remove(self, name: str) -> None:
        """Keep the images under this name no longer."""


class Shelf:
    """Sets in a keeper, asked for as seldom as that can be done; safe to share by threads."""

    def __init__(self, keeper: Keeper) -> None:
        self.keeper = keeper
        self._listed: dict[str, str] = {}
        self._until = 0.0
        self._lock = threading.Lock()

    def listed(self) -> dict[str, str]:
        """Return the names and sums of a moment ago, or the last known ones."""
        with self._lock:
            if time.monotonic() > self._until:
                with contextlib.suppress(errors.DataError):  # whoever asks for one is told
                    self._listed = dict(self.keeper.listed())
                self._until = time.monotonic() + _BELIEVED_SECONDS
            return self._listed

    def forget(self) -> None:
        """Ask anew when the names are needed next."""
        self._until = 0.0

    def keep(self, name: str, packed: pathlib.Path, *, replace: bool = False) -> None:
        """Keep a file that `kept.write` has packed.

        Raises:
            DataError: it is larger than 64 MB, or the database can't keep it.
        """
        size = packed.stat().st_size
        if size > MAX_BYTES:
            raise errors.DataError(
                f"{name} is too large for the database: packed it has {size / 2**20:.0f} MB."
                f" Expected at most {MAX_BYTES // 2**20} MB. To mend it:"
                " `x, y = x[: len(x) // 2], y[: len(y) // 2]`, or put it into the folder"
                " MNISTDASH_DATA of every machine."
            )
        self.keeper.keep(name, packed.read_bytes(), replace=replace)
        self.forget()

    def read(self, name: str, copies: pathlib.Path) -> kept.Kept:
        """Read a set, fetching it only if no copy is here.

        Args:
            name: one of `listed()`.
            copies: the folder of copies.

        Raises:
            DataError: it is gone, or damaged.
        """
        found = kept.read(self._copy(name, copies), name=name)
        return kept.with_train(
            found, lambda: kept.read(self._copy(name, copies), name=name).read_train()
        )

    def _copy(self, name: str, copies: pathlib.Path) -> pathlib.Path:
        wanted = self.listed().get(name)
        if wanted is None:
            raise errors.DataError(f"{name} is gone: it was removed or renamed.")
        path = copies / f"{wanted}.npz"
        if not path.is_file():
            data = self.keeper.fetch(name)
            if hashlib.sha256(data).hexdigest() != wanted:
                self.forget()
                raise errors.DataError(f"{name} was changed or damaged since it was added.")
            path = _written(path, data)
        return path


def _written(path: pathlib.Path, data: bytes) -> pathlib.Path:
    """Write a copy and let the oldest ones go; where the home folder can't be written, elsewhere.

    A copy that is used again is not made younger: fetching a set anew is no great matter.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError:
        path = pathlib.Path(tempfile.mkdtemp(prefix="mnistdash-")) / path.name
    try:
        with kept.replacing(path) as stream:
            stream.write(data)
    except OSError as error:
        why = "the disk is full" if error.errno == 28 else "the home folder can't be written"
        raise errors.DataError(f"Images from the database could not be copied: {why}.") from None
    old = sorted(path.parent.glob("*.npz"), key=lambda each: each.stat().st_mtime_ns)
    for each in old[:-_MAX_COPIES]:
        each.unlink(missing_ok=True)
    return path
