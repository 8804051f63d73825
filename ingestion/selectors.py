"""Reading what was said. Everything starts at `visible_to`."""

from collections.abc import Iterable

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import Q, QuerySet

from ingestion import people, walls
from ingestion.models import Channel, Message, Participant, Source
from tasktracker.core.enums import MessageCategory, Verdict
from tasktracker.core.models import User, Workspace
from tasktracker.core.paths import is_number

CONTEXT = 5
# (name, type of its value, which of the lists below holds its choices) for a client that makes a form of them.
FILTERS = (
    ("source", "id_or_name", "sources"),
    ("channel", "id", "channels"),
    ("author", "id_or_name", "authors"),
    ("project", "id_or_name", "projects"),
    ("verdict", "choice", "verdicts"),
    ("category", "choice", "categories"),
    ("has_task", "boolean", ""),
    ("since", "datetime", ""),
    ("until", "datetime", ""),
    ("q", "words", ""),
    ("contains", "text", ""),
)


def visible_to(user: User) -> QuerySet[Message]:
    """The messages that `user` may read: those of their workspaces."""
    return Message.objects.filter(workspace__memberships__user=user)


def messages(workspace: Workspace) -> QuerySet[Message]:
    """A workspace's messages with what a row shows, newest first."""
    return (
        Message.objects.filter(workspace=workspace)
        .select_related("source", "channel", "author")
        .order_by("-sent_at", "-id")
    )


def matching(rows: QuerySet[Message], text: str) -> QuerySet[Message]:
    """Those with every word of `text`, by the full-text index; a word may be a beginning."""
    words = [word for word in "".join(c if c.isalnum() else " " for c in text).split() if word]
    if not words:
        return rows.filter(text__icontains=text.strip()) if text.strip() else rows
    query = SearchQuery(" & ".join(f"{word}:*" for word in words), search_type="raw", config="simple")
    return rows.annotate(words=SearchVector("text", config="simple")).filter(words=query)


def of_source(rows: QuerySet[Message], wanted: str) -> QuerySet[Message]:
    """Those of a source named by id or by name."""
    return rows.filter(Q(source_id=int(wanted)) if is_number(wanted) else Q(source__name=wanted))


def of_author(rows: QuerySet[Message], wanted: str) -> QuerySet[Message]:
    """Those of an author named by id or by name, whichever of the person's accounts wrote them."""
    if not is_number(wanted):
        return rows.filter(author__in=people.named(wanted))
    return rows.filter(author_id__in=list(people.accounts([int(wanted)]).values_list("pk", flat=True)))


def around(message: Message, *, size: int = CONTEXT) -> tuple[list[Message], list[Message]]:
    """Up to `size` messages before and after, in the same channel and thread, oldest first in both."""
    same = (
        Message.objects.filter(channel=message.channel_id, thread=message.thread, workspace=message.workspace_id)
        .select_related("author", "channel")
        .exclude(kind=Message.Kind.SERVICE)
    )
    earlier = Q(sent_at__lt=message.sent_at) | Q(sent_at=message.sent_at, id__lt=message.pk)
    later = Q(sent_at__gt=message.sent_at) | Q(sent_at=message.sent_at, id__gt=message.pk)
    before = list(same.filter(earlier).order_by("-sent_at", "-id")[:size])[::-1]
    return before, list(same.filter(later).order_by("sent_at", "id")[:size])


def thread_of(message: Message, *, limit: int = 50) -> list[Message]:
    """The conversation that a message answers to, oldest first: the messages that it replies to, and its replies."""
    same = Message.objects.filter(channel=message.channel_id).select_related("author", "channel")
    chain: list[Message] = []
    wanted, met = message.reply_to, {message.external_id}
    while wanted and wanted not in met and len(chain) < limit:
        met.add(wanted)
        parent = same.filter(external_id=wanted).first()
        if parent is None:
            break
        chain.append(parent)
        wanted = parent.reply_to
    replies = same.filter(reply_to=message.external_id).order_by("sent_at", "id")[:limit]
    return [*reversed(chain), *replies]


def sources(workspace: Workspace) -> QuerySet[Source]:
    """The sources of a workspace that whoever asks may read, by name."""
    return walls.sources(Source.objects.filter(workspace=workspace)).order_by("name")


def filter_choices(workspace: Workspace) -> dict[str, list[dict[str, object]]]:
    """What a filter form offers: sources, channels, authors and projects of the workspace, and the fixed choices."""

    def choices(rows: Iterable[tuple[int, str]]) -> list[dict[str, object]]:
        return [{"id": pk, "name": name} for pk, name in rows]

    return {
        "sources": choices(sources(workspace).values_list("id", "name")),
        "channels": choices(
            walls.channels(Channel.objects.filter(workspace=workspace)).values_list("id", "title")[:500]
        ),
        "authors": choices(
            walls.people(Participant.objects.filter(workspace=workspace, same_as=None)).values_list("id", "name")[:500]
        ),
        "projects": choices(workspace.projects.order_by("name").values_list("id", "name")[:500]),
        "verdicts": [{"id": value, "name": label} for value, label in Verdict.choices],
        "categories": [{"id": value, "name": label} for value, label in MessageCategory.choices],
        "filters": [{"name": name, "type": kind, "choices": offered} for name, kind, offered in FILTERS],
    }
