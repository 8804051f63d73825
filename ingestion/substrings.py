"""The index by which parts of words are found: trigrams, where the server has the extension pg_trgm.

The embedded server has none, and larger ones may not let us make it: then such a search looks at each message that the
other filters leave. It is the same query either way. Django writes `icontains` as UPPER(…) LIKE UPPER(…), so that is
the expression of the index.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, connections

log = logging.getLogger(__name__)

EXTENSION = "pg_trgm"
INDEX = "message_trigrams"
TABLE = "ingestion_message"
COMMAND = "manage.py substring_index"
LARGE = 1_000_000  # messages; the index of more takes minutes, and an upgrade does not wait for it
LOCK = 7203

SCHEMA_OF = """
SELECT quote_ident(nspname) FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace WHERE extname = %s
"""
# Not valid: it was broken off while it was made. It finds nothing, and is paid for with every message.
VALIDITY = """
SELECT indisvalid FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
WHERE indrelid = to_regclass(%s) AND relname = %s
"""
ROWS = "SELECT reltuples FROM pg_class WHERE oid = %s::regclass"


@dataclass(frozen=True, slots=True)
class State:
    """Whether there is an index that is used, and one line about it for whoever runs the server."""

    has_index: bool
    told: str


def state(*, using: str = "default") -> State:
    """What there is; changes nothing."""
    with connections[using].cursor() as cursor:
        return _state(cursor)


def ensure(*, using: str = "default", upgrading: bool = False) -> State:
    """Make extension and index where they are missing and may be made; what there is then. Never in a transaction.

    Writers are not held up. Whatever the server refuses is told, not raised. While `upgrading`, a table of more than
    LARGE messages is left for the command.
    """
    if connections[using].in_atomic_block:
        return State(False, f"No index in a transaction: {COMMAND} makes it.")
    with connections[using].cursor() as cursor, _alone(cursor) as is_alone:
        if not is_alone:
            return State(False, "Another process makes the index just now.")
        if _validity(cursor):
            return _state(cursor)
        try:
            return _make(cursor, upgrading=upgrading)
        except DatabaseError as error:
            reason = str(error).partition("\n")[0]
            return State(False, f"Parts of words are found without an index ({reason}); {COMMAND} tries again.")


def drop(*, using: str = "default") -> State:
    """Take the index away, and leave the extension. Never in a transaction."""
    with connections[using].cursor() as cursor:
        cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {INDEX}")
        return _state(cursor)


def _make(cursor: Any, *, upgrading: bool) -> State:
    if _schema(cursor) is None:
        if not _is_available(cursor):
            return _state(cursor)
        cursor.execute(f"CREATE EXTENSION IF NOT EXISTS {EXTENSION}")
    cursor.execute(ROWS, [TABLE])
    if upgrading and cursor.fetchone()[0] > LARGE:
        return _state(cursor)
    cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {INDEX}")
    # The extension may lie in a schema that is not searched.
    operators = f"{_schema(cursor)}.gin_trgm_ops"
    cursor.execute(f"CREATE INDEX CONCURRENTLY {INDEX} ON {TABLE} USING gin (upper(text) {operators})")
    # Without figures about the expression the planner takes every part of a word for a frequent one.
    cursor.execute(f"ANALYZE {TABLE}")
    return _state(cursor)


def _state(cursor: Any) -> State:
    if (is_valid := _validity(cursor)) is not None:
        if is_valid:
            return State(True, f"Parts of words are found by the index {INDEX}.")
        return State(False, f"The index {INDEX} was broken off, and only costs: {COMMAND} makes it anew.")
    if _schema(cursor) is not None:
        return State(False, f"Parts of words are found without an index: {COMMAND} makes it.")
    if _is_available(cursor):
        return State(False, f"Parts of words are found without an index: {COMMAND} makes it, with {EXTENSION}.")
    return State(False, f"Parts of words are found without an index: this server has no {EXTENSION}.")


def _schema(cursor: Any) -> str | None:
    """Where the extension lies, quoted; None where it was not made."""
    cursor.execute(SCHEMA_OF, [EXTENSION])
    row = cursor.fetchone()
    return str(row[0]) if row else None


def _is_available(cursor: Any) -> bool:
    cursor.execute("SELECT 1 FROM pg_available_extensions WHERE name = %s", [EXTENSION])
    return cursor.fetchone() is not None


def _validity(cursor: Any) -> bool | None:
    cursor.execute(VALIDITY, [TABLE, INDEX])
    row = cursor.fetchone()
    return bool(row[0]) if row else None


@contextmanager
def _alone(cursor: Any) -> Iterator[bool]:
    """Whether nobody else is at it: an index under way looks like one that was broken off."""
    cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
    (is_ours,) = cursor.fetchone()
    try:
        yield is_ours
    finally:
        if is_ours:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
