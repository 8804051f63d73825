"""Reading what people have accepted. What a person may see starts at the `…_visible_to` functions."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, IntegerField, OuterRef, Prefetch, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from ingestion.models import Message, Quote
from knowledge.handwork import edits_of
from knowledge.models import Atom, AtomLink, Edit, Task, Topic
from tasktracker.core.enums import AtomType, LinkType
from tasktracker.core.models import Event, StatusChange, User


def topics_visible_to(user: User) -> QuerySet[Topic]:
    """The topics of the workspaces in which `user` is a member."""
    return Topic.objects.filter(workspace__memberships__user=user)


def atoms_visible_to(user: User) -> QuerySet[Atom]:
    """The atoms of the workspaces in which `user` is a member."""
    return Atom.objects.filter(workspace__memberships__user=user)


def tasks_visible_to(user: User) -> QuerySet[Task]:
    """The tasks of the workspaces in which `user` is a member."""
    return Task.objects.filter(workspace__memberships__user=user)


def with_counts(topics: QuerySet[Topic]) -> QuerySet[Topic]:
    """Topics with `n_atoms` (active ones) and `n_messages` (of their own quotes and their atoms')."""
    atoms = Atom.objects.filter(topics=OuterRef("pk"), status=Atom.Status.ACTIVE).order_by()
    said = Message.objects.filter(Q(quotes__topics=OuterRef("pk")) | Q(quotes__atoms__topics=OuterRef("pk"))).order_by()
    return topics.annotate(n_atoms=_counted(atoms, "pk"), n_messages=_counted(said, "pk"))


def still_open(atoms: QuerySet[Atom], *kinds: AtomType) -> QuerySet[Atom]:
    """Those of these types that hold and that nothing solves: a solution that was retired or undone solves nothing."""
    solved = AtomLink.objects.filter(to_atom=OuterRef("pk"), type=LinkType.SOLVES, from_atom__status=Atom.Status.ACTIVE)
    return atoms.filter(~Exists(solved), type__in=kinds, status=Atom.Status.ACTIVE, valid_to=None)


def messages_of(topic: Topic) -> QuerySet[Message]:
    """The messages that a topic rests on, itself or through its atoms, oldest first."""
    quotes = Quote.objects.filter(Q(topics=topic) | Q(atoms__topics=topic))
    return (
        Message.objects.filter(pk__in=quotes.values("message_id"), workspace=topic.workspace_id)
        .select_related("source", "channel", "author")
        .order_by("sent_at", "id")
    )


def links_between(atoms: Iterable[Atom]) -> list[tuple[int, int, str]]:
    """(from, to, type) of the links whose both ends are among `atoms`."""
    keys = [atom.pk for atom in atoms]
    found = AtomLink.objects.filter(from_atom__in=keys, to_atom__in=keys)
    return list(found.values_list("from_atom_id", "to_atom_id", "type"))


def with_quotes[M: (Topic, Atom, Task)](rows: QuerySet[M]) -> QuerySet[M]:
    """Rows with their quotes, and the messages and authors of those, in a fixed number of queries."""
    quotes = Quote.objects.select_related("message__author", "message__channel", "message__source")
    quotes = quotes.prefetch_related("confirmations")
    return rows.prefetch_related(Prefetch("quotes", queryset=quotes.order_by("message__sent_at", "id")))


def trail_atoms(task: Task) -> list[Atom]:
    """The atoms that a task rests on, with topics and quotes."""
    return list(with_quotes(task.atoms.all()).prefetch_related("topics").order_by("valid_from", "id"))


@dataclass(frozen=True, slots=True)
class Happened:
    """A line of an object's history: an event type, a move of its status, or a change by hand with its fields."""

    at: datetime
    what: str
    by: str | None
    note: str = ""
    edit: int | None = None
    changes: list[dict[str, str]] = field(default_factory=list)
    undone_by: str | None = None


def history_of(kind: str, row: Any) -> list[Happened]:
    """What happened to a topic, atom or task, newest first."""
    events = Event.objects.filter(workspace=row.workspace_id, object_kind=kind, object_id=row.pk).select_related("by")
    moves = StatusChange.objects.filter(kind=row._meta.label_lower, object_id=row.pk).select_related("by")
    found = [Happened(event.at, event.type, event.by.get_username() if event.by else None) for event in events]
    found += [
        Happened(
            move.at,
            f"{move.from_status} → {move.to_status}",
            move.by.get_username() if move.by else None,
            move.note,
        )
        for move in moves
    ]
    found += [
        Happened(
            edit.at,
            f"by hand: {edit.verb}",
            edit.by.get_username() if edit.by else None,
            edit=edit.pk,
            changes=edit.fields,
            undone_by=edit.undone_by.get_username() if edit.undone_by else None,
        )
        for edit in edits_of(kind, row.pk).exclude(verb=Edit.Verb.MAKE)  # the event of its making says that
    ]
    return sorted(found, key=lambda one: one.at, reverse=True)


def _counted(rows: QuerySet[Any], key: str) -> Any:
    # one group of all rows: a subquery may not be an aggregate of the outer query
    counted = rows.annotate(_one=Value(1)).values("_one").annotate(n=Count(key, distinct=True)).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
