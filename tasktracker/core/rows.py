"""Hand-written statements, and rows of several models from one, for the few paths where the ORM is what costs."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import psycopg
from django.db import connection, models

PREPARE_AFTER = 5


@contextmanager
def planned_cursor() -> Iterator[psycopg.Cursor[Any]]:
    """A cursor for statements that come again and again: the server plans each once for a connection.

    Django's own cursor writes the parameters into the statement, so that each is a new one; here they go beside it,
    in binary where the statement says %b. Errors are Django's.
    """
    connection.ensure_connection()
    raw: psycopg.Connection[Any] = connection.connection
    if raw.prepare_threshold is None:
        raw.prepare_threshold = PREPARE_AFTER  # Django's cursors prepare nothing, whatever this says
    with connection.wrap_database_errors, psycopg.Cursor(raw) as cursor:
        yield cursor


@cache
def columns(model: type[models.Model], alias: str) -> str:
    """All columns of `model` for a SELECT, in the order that `instances` reads them."""
    return ", ".join(f'"{alias}"."{field.column}"' for field in model._meta.concrete_fields)


def instances(kinds: Sequence[type[models.Model]], row: Sequence[Any]) -> list[Any]:
    """The saved instances in one row of `columns` side by side; None where an outer join found none."""
    found: list[Any] = []
    at = 0
    for kind in kinds:
        names, pk, converted = _layout(kind)
        values = list(row[at : at + len(names)])
        at += len(names)
        if values[pk] is None:
            found.append(None)
            continue
        for place, convert in converted:
            values[place] = convert(values[place], None, connection)
        found.append(kind.from_db(connection.alias, names, values))
    return found


@cache
def _layout(model: type[models.Model]) -> tuple[list[str], int, list[tuple[int, Callable[..., Any]]]]:
    """Attribute names, the place of the primary key, and what the ORM does with a value on its way in (JSON)."""
    fields: list[Any] = list(model._meta.concrete_fields)
    converted = [(at, field.from_db_value) for at, field in enumerate(fields) if hasattr(field, "from_db_value")]
    return [field.attname for field in fields], fields.index(model._meta.pk), converted
