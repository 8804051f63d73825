"""Reading the ground floor: events since a given id, workspaces of a person."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Max, Min, QuerySet

from tasktracker.core.events import number_events
from tasktracker.core.models import Event, User, Workspace

REPLAY_LIMIT = 5_000


@dataclass(frozen=True, slots=True)
class Replay:
    """Events of one workspace after some id, oldest first; `reset` when the gap is too old to be told."""

    events: list[dict[str, Any]]
    last: int
    reset: bool = False


def workspaces_of(user: User) -> QuerySet[Workspace]:
    """The workspaces in which `user` is a member."""
    return Workspace.objects.filter(memberships__user=user)


def frame(event: Event) -> dict[str, Any]:
    """An event as the socket and `/api/events` give it."""
    return {
        "id": event.seq,
        "type": event.type,
        "object": {"kind": event.object_kind, "id": event.object_id},
        "at": event.at.isoformat(),
        "data": event.data,
    }


def last_event_id(workspace_id: int) -> int:
    """The newest public id of the workspace, 0 before the first."""
    number_events()
    return Event.objects.filter(workspace_id=workspace_id, seq__isnull=False).aggregate(last=Max("seq"))["last"] or 0


def events_since(workspace_id: int, since: int, *, limit: int = REPLAY_LIMIT) -> Replay:
    """Events with an id above `since`. `reset` when more than `limit` wait or older ones are gone."""
    number_events()
    numbered = Event.objects.filter(seq__isnull=False)
    ends = numbered.aggregate(first=Min("seq"), last=Max("seq"))
    first, last = ends["first"] or 1, ends["last"] or 0
    if since > last or (since and since < first - 1):
        return Replay([], last_event_id(workspace_id), reset=True)
    rows = list(numbered.filter(workspace_id=workspace_id, seq__gt=since).order_by("seq")[: limit + 1])
    if len(rows) > limit:
        return Replay([], last_event_id(workspace_id), reset=True)
    return Replay([frame(row) for row in rows], rows[-1].seq or since if rows else since)


def events_page(workspace_id: int, since: int, *, limit: int) -> Replay:
    """Up to `limit` events with an id above `since`, oldest first, for a client that pages through the log."""
    number_events()
    numbered = Event.objects.filter(workspace_id=workspace_id, seq__gt=since).order_by("seq")
    rows = list(numbered[:limit])
    return Replay([frame(row) for row in rows], rows[-1].seq or since if rows else since)
