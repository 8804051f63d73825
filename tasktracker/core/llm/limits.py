"""Who may call now: the places of a provider, and turns, over all workers; told by advisory locks of PostgreSQL.

What a worker holds goes back by itself when it dies, with its connection.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.db import DatabaseError, connection

from tasktracker.core.llm.types import RateLimited

POLL_SECONDS = 0.05  # between two looks for a place that another process gave back; our own is told at once
RETRY_SECONDS = 5.0

# The planner stops at the first place that is free: the lock is taken in the filter, row by row.
_TAKE = """
SELECT n FROM generate_series(1, %s) AS n WHERE pg_try_advisory_lock(hashtextextended(%s || n, 7401)) LIMIT 1
"""
_GIVE_BACK = "SELECT pg_advisory_unlock(hashtextextended(%s || %s, 7401))"
_TURN = {
    True: (
        "SELECT pg_try_advisory_lock(hashtextextended(%s, 7402))",
        "SELECT pg_advisory_unlock(hashtextextended(%s, 7402))",
    ),
    False: (
        "SELECT pg_try_advisory_lock_shared(hashtextextended(%s, 7402))",
        "SELECT pg_advisory_unlock_shared(hashtextextended(%s, 7402))",
    ),
}


class _Freed:
    """Tells the threads of this process that one of them gave a place back."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.count = 0

    def tell(self) -> None:
        with self._changed:
            self.count += 1
            self._changed.notify_all()

    def wait(self, seen: int, seconds: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self.count != seen, seconds)


_freed = _Freed()


@contextmanager
def place(key: str, count: int, *, patience: float) -> Iterator[None]:
    """Hold one of the `count` places of `key` for what stands in the `with`; 0 is as many as come.

    Raises `RateLimited` when none was free for `patience` seconds.
    """
    if count < 1:
        yield
        return
    number = _wait_for(lambda: _ask(_TAKE, count, f"{key}#"), patience)
    if number is None:
        raise RateLimited("The provider's places are all taken.", retry_after=RETRY_SECONDS)
    try:
        yield
    finally:
        _give_back(_GIVE_BACK, f"{key}#", str(number))


@contextmanager
def turn(key: str, *, alone: bool) -> Iterator[None]:
    """Do what stands in the `with` while nobody does it `alone` under this key, or, `alone`, while nobody else does.

    Waits as long as it takes; a call that is waited for has an end.
    """
    take, give_back = _TURN[alone]
    while not _wait_for(lambda: _ask(take, key), POLL_SECONDS):
        pass
    try:
        yield
    finally:
        _give_back(give_back, key)


def _wait_for(take: Callable[[], Any], patience: float) -> Any:
    """What `take` gave as soon as it was true, or its last answer after `patience` seconds."""
    deadline = time.monotonic() + patience
    while True:
        seen = _freed.count
        taken = take()
        if taken or time.monotonic() >= deadline:
            return taken
        _freed.wait(seen, POLL_SECONDS)


def _ask(sql: str, *values: Any) -> Any:
    """The one value of the one row; None where there is no row."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        row = cursor.fetchone()
    return row[0] if row else None


def _give_back(sql: str, *values: Any) -> None:
    with suppress(DatabaseError):  # the connection is gone, and the lock with it
        _ask(sql, *values)
    _freed.tell()
