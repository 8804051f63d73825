"""Changing by hand what people have accepted. Decisions at the review desk have their own journal, in proposals."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import ProtectedError, Q

from ingestion.models import Quote
from knowledge import handwork, vectors
from knowledge.kinds import MODELS
from knowledge.linking import change_link, link_atoms, unlink_atoms
from knowledge.merging import merge_atom, merge_topic, split_topic
from knowledge.models import Atom, Confirmation, Edit, Task, Topic
from knowledge.projects import change_project, create_project, delete_project
from knowledge.undoing import take_back
from tasktracker.core.errors import Conflict, Invalid
from tasktracker.core.events import AtomCreated, TaskCreated, TopicCreated, emit
from tasktracker.core.models import User, Workspace

__all__ = [
    "change_atom",
    "change_link",
    "change_project",
    "change_task",
    "change_topic",
    "confirm_quote",
    "create_atom",
    "create_project",
    "create_task",
    "create_topic",
    "delete_atom",
    "delete_project",
    "delete_task",
    "delete_topic",
    "link_atoms",
    "merge_atom",
    "merge_topic",
    "split_topic",
    "take_back",
    "unlink_atoms",
]

Values = Mapping[str, Any]
MANY = ("topics", "atoms")


@transaction.atomic
def create_topic(*, workspace: Workspace, by: User, values: Values) -> Topic:
    """A topic made by hand."""
    topic = Topic.objects.create(workspace=workspace, **values)
    _made(topic, by)
    emit(TopicCreated(workspace_id=workspace.pk, object_id=topic.pk), by=by)
    return topic


@transaction.atomic
def create_atom(*, workspace: Workspace, by: User, values: Values) -> Atom:
    """An atom made by hand; `topics` are those of the workspace."""
    plain, many = _split(values)
    atom = Atom.objects.create(workspace=workspace, **plain)
    _set_many(atom, many)
    _made(atom, by)
    emit(AtomCreated(workspace_id=workspace.pk, object_id=atom.pk, atom_type=atom.type), by=by)
    return atom


@transaction.atomic
def create_task(*, workspace: Workspace, by: User | None, values: Values) -> Task:
    """A task made by hand; `by` nobody where somebody asked for it in a chat who has no login."""
    plain, many = _split(values)
    task = Task.objects.create(workspace=workspace, **plain)
    _set_many(task, many)
    _made(task, by)
    emit(TaskCreated(workspace_id=workspace.pk, object_id=task.pk), by=by)
    return task


def change_topic(*, topic_id: int, by: User, values: Values, seen: datetime | None = None) -> Topic:
    """Change a topic by hand; `status` may become active or archived."""
    topic: Topic = _change(Topic, topic_id, by=by, values=values, seen=seen)
    return topic


def change_atom(*, atom_id: int, by: User, values: Values, seen: datetime | None = None) -> Atom:
    """Change an atom by hand; `status` may become active or retired."""
    atom: Atom = _change(Atom, atom_id, by=by, values=values, seen=seen)
    return atom


def change_task(*, task_id: int, by: User | None, values: Values, seen: datetime | None = None) -> Task:
    """Change a task by hand, its status included; emits task.updated when anything changed."""
    task: Task = _change(Task, task_id, by=by, values=values, seen=seen)
    return task


def confirm_quote(*, kind: str, object_id: int, quote_id: int, by: User) -> Edit:
    """Say that a topic, atom or task still holds although the message that it quotes was edited.

    That is about the newest version of the message: the next edit asks again. A task rests on the quotes of its atoms
    too. Raises `Invalid` for a quote that is not its own, or that nothing was edited about.
    """
    with transaction.atomic():
        hand = handwork.take(MODELS[kind], object_id, by=by)
        own = Q(tasks=object_id) | Q(atoms__tasks=object_id) if kind == "task" else Q(**{f"{kind}s": object_id})
        quote = Quote.objects.select_related("message").filter(own, pk=quote_id, is_stale=True).first()
        if quote is None or quote.message.deleted_at is not None:
            raise Invalid("There is no such quote here, or nothing about it was edited.")
        known = Confirmation.objects.filter(kind=kind, object_id=object_id, quote=quote).first()
        if known is None:
            hand.journal.create(
                Confirmation,
                workspace_id=hand.row.workspace_id,
                kind=kind,
                object_id=object_id,
                quote_id=quote.pk,
                edited_at=quote.message.edited_at,
            )
        elif not hand.journal.update(known, edited_at=quote.message.edited_at):
            raise Invalid("Somebody has said so already.")
        return hand.keep(Edit.Verb.CONFIRM)


def delete_topic(*, topic_id: int, by: User) -> None:
    """Remove a topic; its atoms stay. Raises `Conflict` (in_use) where others were merged into it."""
    _delete(Topic, topic_id, "topic")


def delete_atom(*, atom_id: int, by: User) -> None:
    """Remove an atom with its links. Raises `Conflict` (in_use) where others were merged into it."""
    _delete(Atom, atom_id, "atom")


def delete_task(*, task_id: int, by: User) -> None:
    """Remove a task."""
    _delete(Task, task_id, "task")


def _change(model: type[Any], pk: int, *, by: User | None, values: Values, seen: datetime | None = None) -> Any:
    """Write what differs, through the journal; history has a row when anything did."""
    plain, many = _split(values)
    status = plain.pop("status", None)
    with transaction.atomic():
        hand = handwork.take(model, pk, by=by, seen=seen)
        hand.write(plain)
        for name, rows in many.items():
            hand.join(name, rows)
        if status is not None:
            hand.move(status)
        if hand.fields:
            handwork.touch(hand.row)
            hand.keep(Edit.Verb.EDIT)
    return hand.row


def _made(row: Topic | Atom | Task, by: User | None) -> None:
    handwork.Hand(row, by).keep(Edit.Verb.MAKE)


def _delete[M: (Topic, Atom, Task)](model: type[M], pk: int, kind: str) -> None:
    with transaction.atomic():
        row = handwork.held(model, pk)
        try:
            row.delete()
        except ProtectedError:
            raise Conflict(
                "Others were merged into this, so it can't be deleted. Put it away instead.", code="in_use"
            ) from None
        vectors.forget(kind, [pk])


def _split(values: Values) -> tuple[dict[str, Any], dict[str, Any]]:
    plain = {name: value for name, value in values.items() if name not in MANY}
    return plain, {name: value for name, value in values.items() if name in MANY}


def _set_many(row: Any, many: Values) -> None:
    for name, rows in many.items():
        getattr(row, name).set(rows)
