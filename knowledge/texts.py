"""The text of an object that is embedded and searched, in Python and in SQL, and whose text may not leave the house."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, F, Func, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.functions import NullIf

from ingestion.models import Message
from knowledge.models import Atom, Task, Topic

OWNERS: dict[str, type[models.Model]] = {"topic": Topic, "atom": Atom, "task": Task, "message": Message}
# What says it, the title first; joined by a line break where it says anything.
COLUMNS = {
    "topic": ("name", "description", "keywords"),
    "atom": ("title", "content"),
    "task": ("title", "description"),
    "message": ("text",),
}
# Where its words are from.
SOURCES = {
    "topic": ("quotes__message__source",),
    "atom": ("quotes__message__source",),
    "task": ("quotes__message__source", "atoms__quotes__message__source"),
    "message": ("source",),
}


def text_of(kind: str, row: models.Model) -> str:
    """What an object says, its title first."""
    values = [getattr(row, name) for name in COLUMNS[kind]]
    return joined(*(" ".join(value) if isinstance(value, list) else value for value in values))


def joined(*parts: str) -> str:
    """Those parts that say anything, each on a line of its own."""
    return "\n".join(filter(None, parts))


def joined_in_sql(*parts: Any) -> Func:
    """What `joined` says, of expressions."""
    said = (NullIf(part, Value("")) for part in parts)
    return Func(Value("\n"), *said, function="concat_ws", output_field=TextField())


def text_in_sql(kind: str) -> Func:
    """What `text_of` says, to the letter: a row whose two texts differ would be embedded again and again."""
    return joined_in_sql(*(_column(OWNERS[kind], name) for name in COLUMNS[kind]))


def local_only(kind: str) -> QuerySet[Any]:
    """Objects that rest, wholly or in part, on words of a source that is for local models only."""
    return resting_on(OWNERS[kind], *SOURCES[kind])


def resting_on(owner: type[models.Model], *paths: str) -> QuerySet[Any]:
    """Rows of `owner` of which one of the paths leads to such a source."""
    rows, said = owner._default_manager.order_by(), Q()
    for path in paths:  # each by itself: joined together they would be multiplied
        said |= Q(Exists(rows.filter(pk=OuterRef("pk"), **{f"{path}__local_only": True})))
    return rows.filter(said)


def title_of(kind: str, row: Any) -> str:
    """One line for a list."""
    if kind == "message":
        return " ".join(row.text.split())[:120]
    return str(row.name if kind == "topic" else row.title)


def _column(owner: type[models.Model], name: str) -> Any:
    if isinstance(owner._meta.get_field(name), ArrayField):
        return Func(F(name), Value(" "), function="array_to_string", output_field=TextField())
    return F(name)
