"""Everything about one person as a JSON file, written as a stream: accounts, what they said, what stands on it."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from ingestion import people, people_log
from ingestion.models import Message, Participant, Quote
from knowledge.models import Atom, Task, Topic
from proposals.models import Proposal
from tasktracker.core.errors import NotFound
from tasktracker.core.models import User, Workspace

CHUNK = 500


def export_person(*, workspace: Workspace, participant_id: int, by: User | None = None) -> Iterator[str]:
    """Note in the audit log that it was taken, and return the file in pieces.

    `{"accounts": […], "messages": […], "quotes": […], "topics": […], "atoms": […], "tasks": […], "proposals": […],
    "assigned_tasks": […]}`, times ISO 8601. Raises `NotFound`.
    """
    rows = list(people.accounts([participant_id]).filter(workspace=workspace).select_related("user").order_by("pk"))
    if not rows:
        raise NotFound("There is no such person.")
    changes = {"accounts": [None, [row.pk for row in rows]]}
    people_log.note(workspace_id=workspace.pk, participant_id=participant_id, verb="exported", by=by, changes=changes)
    return _pieces(rows)


def _pieces(rows: list[Participant]) -> Iterator[str]:
    quotes = Quote.objects.filter(message__author__in=rows)
    ours = quotes.values("pk")
    parts: dict[str, Iterable[Any]] = {
        "accounts": map(_account, rows),
        "messages": map(_message, _messages(rows)),
        "quotes": quotes.order_by("pk").values("id", "message", "start", "end", "text", "is_stale").iterator(CHUNK),
        "topics": Topic.objects.filter(quotes__in=ours).order_by("pk").distinct().values("id", "name", "description"),
        "atoms": Atom.objects.filter(quotes__in=ours)
        .order_by("pk")
        .distinct()
        .values("id", "type", "title", "content"),
        "tasks": _tasks(Task.objects.filter(quotes__in=ours)),
        "proposals": Proposal.objects.filter(evidence__quote__in=ours)
        .order_by("pk")
        .distinct()
        .values("id", "kind", "status", "title", "payload", "created_at"),
        "assigned_tasks": _tasks(Task.objects.filter(assignee__in=rows)),
    }
    yield "{"
    for number, (name, entries) in enumerate(parts.items()):
        yield f"{',' if number else ''}\n{json.dumps(name)}: ["
        for place, entry in enumerate(entries):
            yield f"{',' if place else ''}\n{json.dumps(entry, cls=DjangoJSONEncoder, ensure_ascii=False)}"
        yield "]"
    yield "\n}\n"


def _messages(rows: list[Participant]) -> Iterator[Message]:
    said = Message.objects.filter(author__in=rows).select_related("source", "channel").prefetch_related("revisions")
    return iter(said.order_by("pk").iterator(chunk_size=CHUNK))


def _tasks(rows: Any) -> Iterable[dict[str, Any]]:
    found: Iterable[dict[str, Any]] = (
        rows.order_by("pk").distinct().values("id", "title", "description", "status", "created_at")
    )
    return found


def _account(row: Participant) -> dict[str, Any]:
    return {
        "id": row.pk,
        "platform": row.platform,
        "external_id": row.external_id,
        "name": row.name,
        "is_bot": row.is_bot,
        "login": row.user.get_username() if row.user else None,
        "joined_to": row.same_as_id,
        "erased_at": row.erased_at,
        "since": row.created_at,
    }


def _message(row: Message) -> dict[str, Any]:
    return {
        "id": row.pk,
        "author": row.author_id,
        "source": row.source.name,
        "channel": row.channel.title,
        "external_id": row.external_id,
        "kind": row.kind,
        "sent_at": row.sent_at,
        "edited_at": row.edited_at,
        "deleted_at": row.deleted_at,
        "reply_to": row.reply_to,
        "forwarded_from": row.forwarded_from,
        "text": row.text,
        "metadata": row.metadata,
        "verdict": row.verdict,
        "category": row.category,
        "earlier_texts": [{"text": one.text, "replaced_at": one.replaced_at} for one in row.revisions.all()],
    }
