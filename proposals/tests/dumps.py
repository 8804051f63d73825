"""The whole database as data, but for history, events and the ledger: for "before equals after"."""

from typing import Any

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


def dump() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every other table, in order of its primary key."""
    tables = sorted(set(connection.introspection.table_names()) - HISTORY)
    rows = {}
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f'SELECT t::text FROM "{table}" t ORDER BY 1')
            rows[table] = cursor.fetchall()
    return rows
