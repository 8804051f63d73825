"""The whole database as data, but for history, events and the ledger: for "before equals after"."""

from collections.abc import Sequence
from functools import cache

from django.db import connection

HISTORY = {
    "core_auditentry",
    "core_statuschange",
    "proposals_reviewaction",
    "core_event",
    "core_llmcall",
    "core_idempotentrequest",
    "core_heartbeat",
    "django_migrations",
    "django_session",
}


@cache
def tables() -> tuple[str, ...]:
    """Every table by name."""
    with connection.cursor() as cursor:
        return tuple(sorted(connection.introspection.table_names(cursor)))


@cache
def looking() -> str:
    """One statement that names each table in which a row is `%(like)s`."""
    parts = (f"SELECT '{t}' WHERE EXISTS (SELECT FROM \"{t}\" t WHERE t::text ILIKE %(like)s)" for t in tables())
    return " UNION ALL ".join(parts)


def rows_of(names: Sequence[str], row: str = "t::text") -> dict[str, list[str]]:
    """The rows of these tables as words, in their order; `row` is how SQL says one of table `t`. One statement."""
    parts = (f'SELECT {n} AS n, {row} AS row FROM "{name}" t' for n, name in enumerate(names))
    rows: dict[str, list[str]] = {name: [] for name in names}
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts) + " ORDER BY n, row")
        for n, said in cursor.fetchall():
            rows[names[n]].append(said)
    return rows


def dump() -> dict[str, list[str]]:
    """Every row of every other table."""
    return rows_of([name for name in tables() if name not in HISTORY])
