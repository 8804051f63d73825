"""Walls inside a workspace: what a member does not see of sources that only some may read.

Managers see every source, since they say who does. For the others a message of a source that is closed to them is not
there; what rests on messages is there while one of them is open to them, with the words of that one only, or where it
rests on none.

`access_for` puts the wall up for its request, `Middleware` takes it down. Between the two the managers of models that
hold words, or rest on them, leave out what lies behind the wall: no page or endpoint can forget to. A transaction is a
service at work, for whom the permission was checked before it began: it sees everything, or an approved task would
lose the quotes that its approver may not read. Jobs and commands have no wall.

A queryset that was made when its module was loaded knows no wall: hand it to `within` when it is used.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection, models
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.module_loading import import_string

type Hidden = frozenset[int]
type Link = tuple[str, str, str]


class Wall:
    """The sources that a member may not read; a request asks for them once, and only where something is read."""

    def __init__(self, user_id: int, workspace_id: int) -> None:
        self._user_id, self._workspace_id = user_id, workspace_id

    @cached_property
    def hidden(self) -> Hidden:
        return self.now()

    def now(self) -> Hidden:
        """As it stands at this moment: for whoever stays longer than a request."""
        closed: Hidden = import_string(settings.CLOSED_SOURCES)(user_id=self._user_id, workspace_id=self._workspace_id)
        return closed


_wall: ContextVar[Wall | None] = ContextVar("wall", default=None)
_outside: ContextVar[int] = ContextVar("outside", default=0)


def put_up(wall: Wall | None) -> None:
    """From here on this request sees what lies before the wall; None is no wall."""
    _wall.set(wall)


def hidden() -> Hidden:
    """Ids of the sources that must not be seen here and now."""
    wall = _wall.get()
    return frozenset() if wall is None or _depth() > _outside.get() else wall.hidden


@contextmanager
def kept_up() -> Iterator[None]:
    """Inside a transaction that is no service's, but stands around a whole view: only those within it see all."""
    token = _outside.set(_depth())
    try:
        yield
    finally:
        _outside.reset(token)


def _depth() -> int:
    """How many transactions and savepoints are open."""
    return connection.in_atomic_block + len(connection.savepoint_ids)


@contextmanager
def behind(wall: Wall | None) -> Iterator[None]:
    """Look at things as a member does, outside of a request: `with walls.behind(access.wall):`."""
    token = _wall.set(wall)
    try:
        yield
    finally:
        _wall.reset(token)


class Middleware:
    """Takes the wall down when a request is over: the thread goes on to somebody else's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with behind(None):
            return self.get_response(request)


def source_of(event: dict[str, Any]) -> int | None:
    """The source that an event is about, or where what it is about was said."""
    about: dict[str, Any] = event["object"]
    source: int | None = about["id"] if about["kind"] == "source" else event["data"].get("source")
    return source


def tells_of(event: dict[str, Any], closed: Hidden) -> bool:
    """Whether an event is about one of the closed sources, or something that was said there."""
    return source_of(event) in closed


@dataclass(frozen=True, slots=True)
class Words:
    """Rows that are, or hold, words of one message: `path` leads to its source, such as `quote__message__source`."""

    path: str

    def before(self, rows: QuerySet[Any], closed: Hidden) -> QuerySet[Any]:
        return rows.exclude(**{f"{self.path}__in": closed})


@dataclass(frozen=True, slots=True)
class Resting:
    """Rows that rest on messages: seen while one of them is, or where there is none.

    Each of `links` leads to messages: a model ("app.Model"), its column for the row's key, its path to the source.
    """

    links: tuple[Link, ...]

    def before(self, rows: QuerySet[Any], closed: Hidden) -> QuerySet[Any]:
        open_ones, any_at_all = Q(), Q()
        for label, owner, path in self.links:
            # The base manager: a wall inside the wall would only ask the same again.
            own = apps.get_model(label)._base_manager.filter(**{owner: OuterRef("pk")})
            open_ones |= Q(Exists(own.exclude(**{f"{path}__in": closed})))
            any_at_all |= Q(Exists(own))
        return rows.filter(open_ones | ~any_at_all)


@dataclass(frozen=True, slots=True)
class Between:
    """Rows that mean something only while what they point at is seen: `names` are their foreign keys."""

    names: tuple[str, ...]

    def before(self, rows: QuerySet[Any], closed: Hidden) -> QuerySet[Any]:
        for name in self.names:
            target: Any = rows.model._meta.get_field(name).related_model
            rows = rows.filter(**{f"{name}__in": target._default_manager.all()})
        return rows


class Manager[M: models.Model](models.Manager[M]):
    """Of a model that says by `WALL` what of it lies behind one."""

    def get_queryset(self) -> QuerySet[M]:
        return within(super().get_queryset())


def within[M: models.Model](rows: QuerySet[M]) -> QuerySet[M]:
    """What of `rows` lies before the wall."""
    wall: Words | Resting | Between | None = getattr(rows.model, "WALL", None)
    closed = hidden() if wall is not None else frozenset()
    return wall.before(rows, closed) if wall is not None and closed else rows
