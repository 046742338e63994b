"""Connections to Postgres that are given up when the server falls silent.

A server that is stopped keeps its connections open and lets others in: whoever asks it would wait
for ever.
"""

import time
from collections.abc import Generator
from typing import Self, TypeVar

import psycopg

T = TypeVar("T")

QUIET_SECONDS = 5.0  # nobody asks a server again that has just been silent: no page waits for two
_silent: dict[tuple[object, ...], float] = {}  # host and port -> since when it is silent


class Connection(psycopg.Connection):
    """A connection that waits for its server as long as `patience` says, in seconds."""

    patience = 30.0
    server: tuple[object, ...] = ()  # its host and port

    @classmethod
    def connect(cls, *args: object, **options: object) -> Self:
        """Connect to a server.

        Raises:
            OperationalError: it refuses, or is silent, or was so a moment ago.
        """
        server = (options.get("host"), options.get("port"))
        if time.monotonic() < _silent.get(server, -QUIET_SECONDS) + QUIET_SECONDS:
            raise psycopg.OperationalError("it was silent a moment ago")
        try:
            made = super().connect(*args, **options)
        except psycopg.errors.ConnectionTimeout:
            _silent[server] = time.monotonic()
            raise
        _silent.pop(server, None)
        made.server = server
        return made

    def wait(self, gen: Generator[int, int, T], *args: object, **options: object) -> T:
        """Wait for what the server says.

        Raises:
            OperationalError: it says nothing for too long.
        """
        try:
            return super().wait(_watched(gen, self.patience), *args, **options)
        except TimeoutError:
            _silent[self.server] = time.monotonic()
            self.pgconn.finish()  # in the middle of a question, it is of no use any more
            raise psycopg.OperationalError("it is silent") from None


def _watched(gen: Generator[int, int, T], patience: float) -> Generator[int, int, T]:
    """Pass on what a driver waits for, and what has become ready.

    Raises:
        TimeoutError: nothing has, for that many seconds.
    """
    try:
        awaited = next(gen)
        heard = time.monotonic()
        while True:
            ready = yield awaited
            now = time.monotonic()
            if ready:
                heard = now
            elif now > heard + patience:
                raise TimeoutError
            awaited = gen.send(ready)
    except StopIteration as end:
        return end.value
