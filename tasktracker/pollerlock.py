"""One poller for each bot, told by an advisory lock of PostgreSQL: it goes away with the process that holds it."""

import logging
from typing import Any

import psycopg
from django.db import connection

log = logging.getLogger(__name__)

_TAKE = "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))"
# A half-open connection is noticed within half a minute, on both sides.
_KEEPALIVE = {"keepalives": 1, "keepalives_idle": 15, "keepalives_interval": 5, "keepalives_count": 3}


class PollerLock:
    """A lock on a name, held through a connection of its own: Django's are closed between two uses."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._held = False

    async def hold(self) -> bool:
        """Whether the lock is held after this call, which takes it (again) where it can.

        Raises `psycopg.OperationalError` when the database is away; the lock is lost then.
        """
        try:
            if self._connection is None:
                self._connection = await _connect()
            if self._held:
                await self._connection.execute("SELECT 1")
            else:
                cursor = await self._connection.execute(_TAKE, [self._name])
                row = await cursor.fetchone()
                self._held = bool(row and row[0])
        except psycopg.Error:
            await self.release()
            raise
        return self._held

    async def release(self) -> None:
        """Let go; twice is harmless."""
        held, self._connection, self._held = self._connection, None, False
        if held is not None:
            await held.close()


async def _connect() -> psycopg.AsyncConnection[Any]:
    params = dict(connection.get_connection_params())
    for name in ("context", "cursor_factory", "pool"):  # Django's own, for its synchronous connections
        params.pop(name, None)
    params = {"connect_timeout": 5, **_KEEPALIVE, **params}
    return await psycopg.AsyncConnection.connect(**params, autocommit=True)
