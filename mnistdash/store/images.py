"""Images that people added, where a database is named: for every machine that shares it."""

import dataclasses
import hashlib
import time
from collections.abc import Callable, Mapping
from typing import TypeVar

import sqlalchemy as sa

from mnistdash import datasets
from mnistdash.store import database, errors, schema

T = TypeVar("T")
_images = schema.images
_LISTED = sa.select(_images.c.name, _images.c.sha256)


class Images(database.Database):
    """What a store knows of added images."""

    def images(self) -> dict[str, str]:
        """Return the names of the sets kept, each with the SHA-256 of its bytes."""
        with self._read() as connection:
            return {name: sha256 for name, sha256 in connection.execute(_LISTED)}

    def images_data(self, name: str) -> bytes:
        """Return the bytes of a set.

        Raises:
            StoreError: there is none of that name (any more).
        """
        with self._read() as connection:
            data = connection.scalar(sa.select(_images.c.data).where(_images.c.name == name))
        if data is None:
            raise errors.StoreError(f"{name} is gone: it was removed or renamed.")
        return data

    def keep_images(self, name: str, data: bytes, *, replace: bool = False) -> None:
        """Keep a set under a name that is free, or to be replaced.

        Raises:
            StoreError: the name is taken, or the database can't be written.
        """
        row = {"sha256": hashlib.sha256(data).hexdigest(), "data": data, "created_at": time.time()}
        try:
            with self._write() as connection:
                if replace:
                    connection.execute(sa.delete(_images).where(_images.c.name == name))
                connection.execute(sa.insert(_images).values(name=name, **row))
        except errors.StoreError as error:
            raise _taken(name, error) from None

    def rename_images(self, old: str, new: str) -> None:
        """Give a set another name that is free.

        Raises:
            StoreError: there is no such set, the name is taken, or nothing can be written.
        """
        try:
            with self._write() as connection:
                renamed = sa.update(_images).where(_images.c.name == old).values(name=new)
                found = connection.execute(renamed).rowcount
        except errors.StoreError as error:
            raise _taken(new, error) from None
        if not found:
            raise errors.StoreError(f"{old} is gone: it was removed or renamed.")

    def remove_images(self, name: str) -> None:
        """Keep a set no longer; one that is gone already is no trouble."""
        with self._write() as connection:
            connection.execute(sa.delete(_images).where(_images.c.name == name))


def _taken(name: str, error: errors.StoreError) -> errors.StoreError:
    """Say of a name that somebody else has taken meanwhile that it is taken."""
    if isinstance(error.__cause__, sa.exc.IntegrityError):
        return errors.StoreError(f"There is a data set {name} already: choose another name.")
    return error


@dataclasses.dataclass(frozen=True)
class Keeper:
    """A store as `datasets` keeps images in it; its errors are those of data."""

    url: str
    _store: Images = dataclasses.field(compare=False, repr=False)

    def listed(self) -> Mapping[str, str]:
        """Return the names, each with the SHA-256 of what is kept under it."""
        return self._asked(self._store.images)

    def fetch(self, name: str) -> bytes:
        """Return what is kept under a name."""
        return self._asked(self._store.images_data, name)

    def keep(self, name: str, data: bytes, *, replace: bool = False) -> None:
        """Keep images under a name that is free, or to be replaced."""
        self._asked(self._store.keep_images, name, data, replace=replace)

    def rename(self, old: str, new: str) -> None:
        """Keep the same images under another name that is free."""
        self._asked(self._store.rename_images, old, new)

    def remove(self, name: str) -> None:
        """Keep the images under this name no longer."""
        self._asked(self._store.remove_images, name)

    def _asked(self, question: Callable[..., T], *arguments: object, **options: object) -> T:
        try:
            return question(*arguments, **options)
        except errors.StoreError as error:
            raise datasets.DataError(str(error)) from None


def share(runs: Images) -> None:
    """Let this process keep added images in a store, if it is not the home folder's own.

    Whoever opens a store to show, to train or to add says so: the dashboard, the worker, the
    command line, a notebook.
    """
    own = runs.url == database.home_url() or runs.read_only_because is not None
    datasets.keep_in(None if own else Keeper(runs.url, runs))
