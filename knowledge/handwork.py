"""A change by hand: the desk held, every write in a journal, one row of history that a reader understands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone

from knowledge import desk, transitions
from knowledge.kinds import kind_of
from knowledge.models import Atom, Edit, Task, Topic
from tasktracker.core.errors import Conflict, NotFound
from tasktracker.core.events import AtomUpdated, TaskUpdated, TopicUpdated, emit
from tasktracker.core.journal import Journal, snapshot
from tasktracker.core.models import User
from tasktracker.core.transitions import lock

LONGEST = 10_000  # characters of a value in the history
STATES = ("status", "merged_into")


@dataclass(slots=True)
class Hand:
    """Somebody at work on one row, which is locked inside the caller's transaction."""

    row: Any
    by: User | None
    journal: Journal = field(default_factory=Journal)
    fields: list[dict[str, str]] = field(default_factory=list)

    def write(self, values: Mapping[str, Any]) -> None:
        """Set columns of the row, never its status; only what differs is written."""
        old = {name: words(getattr(self.row, name)) for name in values}
        changed = [name for name, value in values.items() if getattr(self.row, name) != value]
        if self.journal.update(self.row, **values):
            for name in changed:
                self.tell(name, old[name], words(values[name]))

    def join(self, name: str, wanted: Sequence[models.Model]) -> None:
        """Make the many-to-many field hold `wanted` and nothing else."""
        relation: Any = self.row._meta.get_field(name)
        through, mine, theirs = (
            relation.remote_field.through, relation.m2m_column_name(), relation.m2m_reverse_name(),
        )  # fmt: skip
        had = {one.pk: str(one) for one in getattr(self.row, name).all()}
        keep = {one.pk: str(one) for one in wanted}
        if had.keys() == keep.keys():
            return
        for link in through._default_manager.filter(**{mine: self.row.pk}).exclude(**{f"{theirs}__in": list(keep)}):
            self.journal.delete(link)
        add_links(self.journal, through, [{mine: self.row.pk, theirs: pk} for pk in keep if pk not in had])
        self.tell(name, "; ".join(had.values()), "; ".join(keep.values()))

    def move(self, to: str, *, into: Any = None) -> None:
        """Set the status, through transitions."""
        if to == self.row.status:
            return
        names = ["status", "merged_into_id"] if hasattr(self.row, "merged_into_id") else ["status"]
        before = snapshot(self.row, names)
        if isinstance(self.row, Task):
            self.row = transitions.move_task(self.row, to=to, by=self.by).row
        else:
            self.row = transitions.move_item(self.row, to=to, by=self.by, into=into).row
        self.journal.record(self.row, before=before, after=snapshot(self.row, names))
        self.tell("status", words(before["status"]), words(to))

    def tell(self, name: str, old: str, new: str) -> None:
        """A line for the reader of the history."""
        self.fields.append({"name": name, "old": old[:LONGEST], "new": new[:LONGEST]})

    def keep(self, verb: str, *, other: int | None = None) -> Edit:
        """The row of history; whoever has it open hears that it was changed."""
        edit = Edit.objects.create(
            workspace_id=self.row.workspace_id,
            kind=kind_of(self.row),
            object_id=self.row.pk,
            other_id=other,
            verb=verb,
            by=self.by,
            fields=self.fields,
            changes=self.journal.changes,
        )
        if verb != Edit.Verb.MAKE:
            announce(self.row, by=self.by)
        return edit


def take(model: type[Any], pk: int, *, by: User | None, seen: datetime | None = None) -> Hand:
    """The row in hand: the desk held first, then locked. Call inside a transaction.

    `seen` is the row's `updated_at` when the person read it: raises `Conflict` `changed_meanwhile` where it is newer.
    """
    row = held(model, pk)
    if seen is not None and row.updated_at != seen:
        last = Edit.objects.filter(kind=kind_of(row), object_id=pk).select_related("by").first()
        who = last.by.get_username() if last is not None and last.by and last.at > seen else "Somebody"
        raise Conflict(f"{who} changed this while you were writing. Look at it anew.", code="changed_meanwhile")
    return Hand(row, by)


def held(model: type[Any], pk: int) -> Any:
    """The row, locked, with the desk held first; raises `NotFound`."""
    workspace_id = model._default_manager.filter(pk=pk).values_list("workspace_id", flat=True).first()
    if workspace_id is None:
        raise NotFound(f"There is no {model._meta.verbose_name} {pk}.")
    desk.hold(workspace_id)
    return lock(model, pk)


def touch(row: Any) -> None:
    """Say that the row changed, where only its relations did: its vector and open forms go by `updated_at`."""
    row.updated_at = timezone.now()
    type(row)._default_manager.filter(pk=row.pk).update(updated_at=row.updated_at)


def announce(row: Topic | Atom | Task, *, by: User | None) -> None:
    """Emit topic.updated, atom.updated or task.updated."""
    ids: dict[str, Any] = {"workspace_id": row.workspace_id, "object_id": row.pk, "status": row.status}
    if isinstance(row, Task):
        emit(TaskUpdated(**ids), by=by)
    elif isinstance(row, Atom):
        emit(AtomUpdated(**ids, atom_type=row.type), by=by)
    else:
        emit(TopicUpdated(**ids), by=by)


def add_links(journal: Journal, through: type[Any], wanted: Sequence[Mapping[str, Any]]) -> None:
    """Rows of a many-to-many table that are not there yet, in one INSERT."""
    for link in through._default_manager.bulk_create([through(**values) for values in wanted]):
        journal.made(link)


def edits_of(kind: str, pk: int) -> "models.QuerySet[Edit]":
    """What was done by hand to an object, and with it as the other one; newest first."""
    return (
        Edit.objects.filter(Q(object_id=pk) | Q(other_id=pk), kind=kind)
        .select_related("by", "undone_by")
        .order_by("-id")
    )


def words(value: Any) -> str:
    """A value for a reader."""
    if value is None or value == "" or value == [] or value == {}:
        return ""
    if isinstance(value, models.Model):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {words(one)}" for name, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(words(one) for one in value)
    return str(value)
