"""Changing by hand what people have accepted. Decisions at the review desk have their own journal, in proposals."""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError, Q

from knowledge import desk, transitions, vectors
from knowledge.linking import change_link, link_atoms, unlink_atoms
from knowledge.models import Atom, AtomLink, Project, Task, Topic
from tasktracker.core.errors import Conflict, Invalid, NotFound
from tasktracker.core.events import AtomCreated, DomainEvent, TaskCreated, TaskUpdated, TopicCreated, emit
from tasktracker.core.models import User, Workspace
from tasktracker.core.transitions import lock

__all__ = [
    "change_atom",
    "change_link",
    "change_project",
    "change_task",
    "change_topic",
    "create_atom",
    "create_project",
    "create_task",
    "create_topic",
    "delete_atom",
    "delete_task",
    "delete_topic",
    "link_atoms",
    "merge_atom",
    "merge_topic",
    "unlink_atoms",
]

Values = Mapping[str, Any]
MANY = ("topics", "atoms")


def create_project(*, workspace: Workspace, values: Values) -> Project:
    """A new project; raises `Conflict` (exists) for a name that is taken."""
    return _named(lambda: Project.objects.create(workspace=workspace, **values))


def change_project(*, project_id: int, values: Values) -> Project:
    """Change a project; the last part of its version grows, unless a version is given."""
    with transaction.atomic():
        project = lock(Project, project_id)
        before = {name: getattr(project, name) for name in values}
        if before != dict(values):
            _set(project, values)
            if "version" not in values:
                head, _, tail = project.version.rpartition(".")
                project.version = f"{head}.{int(tail) + 1}" if tail.isdigit() else project.version
        return _named(lambda: _saved(project))


@transaction.atomic
def create_topic(*, workspace: Workspace, by: User, values: Values) -> Topic:
    """A topic made by hand."""
    topic = Topic.objects.create(workspace=workspace, **values)
    emit(TopicCreated(workspace_id=workspace.pk, object_id=topic.pk), by=by)
    return topic


@transaction.atomic
def create_atom(*, workspace: Workspace, by: User, values: Values) -> Atom:
    """An atom made by hand; `topics` are those of the workspace."""
    plain, many = _split(values)
    atom = Atom.objects.create(workspace=workspace, **plain)
    _set_many(atom, many)
    emit(AtomCreated(workspace_id=workspace.pk, object_id=atom.pk, atom_type=atom.type), by=by)
    return atom


@transaction.atomic
def create_task(*, workspace: Workspace, by: User, values: Values) -> Task:
    """A task made by hand."""
    plain, many = _split(values)
    task = Task.objects.create(workspace=workspace, **plain)
    _set_many(task, many)
    emit(TaskCreated(workspace_id=workspace.pk, object_id=task.pk), by=by)
    return task


def change_topic(*, topic_id: int, by: User, values: Values) -> Topic:
    """Change a topic by hand; `status` may become active or archived."""
    return _change(Topic, topic_id, by=by, values=values)


def change_atom(*, atom_id: int, by: User, values: Values) -> Atom:
    """Change an atom by hand; `status` may become active or retired."""
    return _change(Atom, atom_id, by=by, values=values)


def change_task(*, task_id: int, by: User, values: Values) -> Task:
    """Change a task by hand, its status included; emits task.updated when anything changed."""
    return _change(Task, task_id, by=by, values=values)


def delete_topic(*, topic_id: int, by: User) -> None:
    """Remove a topic; its atoms stay. Raises `Conflict` (in_use) where others were merged into it."""
    _delete(Topic, topic_id, "topic")


def delete_atom(*, atom_id: int, by: User) -> None:
    """Remove an atom with its links. Raises `Conflict` (in_use) where others were merged into it."""
    _delete(Atom, atom_id, "atom")


def delete_task(*, task_id: int, by: User) -> None:
    """Remove a task."""
    _delete(Task, task_id, "task")


def merge_topic(*, topic_id: int, into_id: int, by: User) -> Topic:
    """Merge a topic into another one: atoms, quotes and keywords move, the loser keeps `merged_into`."""
    with transaction.atomic():
        loser, winner = _two(Topic, topic_id, into_id)
        winner.quotes.add(*loser.quotes.values_list("pk", flat=True))
        moved = list(loser.atoms.values_list("pk", flat=True))
        winner.atoms.add(*moved)
        loser.atoms.clear()
        extra = [word for word in loser.keywords if word not in winner.keywords]
        if extra:
            winner.keywords = [*winner.keywords, *extra]
            winner.save(update_fields=["keywords", "updated_at"])
        transitions.move_item(loser, to=Topic.Status.MERGED, by=by, into=winner)
        Topic.objects.filter(merged_into=loser).update(merged_into=winner)
    return winner


def merge_atom(*, atom_id: int, into_id: int, by: User) -> Atom:
    """Merge an atom into another one: quotes, topics, tasks and links move, the loser keeps `merged_into`."""
    with transaction.atomic():
        loser, winner = _two(Atom, atom_id, into_id)
        winner.quotes.add(*loser.quotes.values_list("pk", flat=True))
        winner.topics.add(*loser.topics.values_list("pk", flat=True))
        winner.tasks.add(*loser.tasks.values_list("pk", flat=True))
        for link in AtomLink.objects.filter(Q(from_atom=loser) | Q(to_atom=loser)):
            start = winner if link.from_atom_id == loser.pk else link.from_atom
            end = winner if link.to_atom_id == loser.pk else link.to_atom
            if start.pk != end.pk:
                AtomLink.objects.get_or_create(
                    from_atom=start, to_atom=end, type=link.type, defaults={"workspace_id": link.workspace_id}
                )
            link.delete()
        transitions.move_item(loser, to=Atom.Status.MERGED, by=by, into=winner)
        Atom.objects.filter(merged_into=loser).update(merged_into=winner)
    return winner


def _change[M: (Topic, Atom, Task)](model: type[M], pk: int, *, by: User, values: Values) -> M:
    plain, many = _split(values)
    status = plain.pop("status", None)
    with transaction.atomic():
        row: Any = _held(model, pk)
        changed = _set(row, plain)
        if changed:
            _saved(row)
        if _set_many(row, many):
            changed = True
        if status is not None and status != row.status:
            if isinstance(row, Task):
                row = transitions.move_task(row, to=status, by=by).row
            else:
                row = transitions.move_item(row, to=status, by=by).row
            changed = True
        if changed and isinstance(row, Task):
            event: DomainEvent = TaskUpdated(workspace_id=row.workspace_id, object_id=row.pk, status=row.status)
            emit(event, by=by)
    found: M = row
    return found


def _delete[M: (Topic, Atom, Task)](model: type[M], pk: int, kind: str) -> None:
    with transaction.atomic():
        row = _held(model, pk)
        try:
            row.delete()
        except ProtectedError:
            raise Conflict(
                "Others were merged into this, so it can't be deleted. Put it away instead.", code="in_use"
            ) from None
        vectors.forget(kind, [pk])


def _held[M: (Topic, Atom, Task)](model: type[M], pk: int) -> M:
    """The row, locked, with the desk held first."""
    workspace_id = model._default_manager.filter(pk=pk).values_list("workspace_id", flat=True).first()
    if workspace_id is None:
        raise NotFound(f"There is no {model._meta.verbose_name} {pk}.")
    desk.hold(workspace_id)
    return lock(model, pk)


def _two[M: (Topic, Atom)](model: type[M], loser_id: int, winner_id: int) -> tuple[M, M]:
    if loser_id == winner_id:
        raise Invalid("It can't be merged into itself.")
    loser, winner = _held(model, loser_id), lock(model, winner_id)
    if loser.workspace_id != winner.workspace_id:
        raise NotFound(f"There is no {model._meta.verbose_name} {winner_id}.")
    if winner.status != "active":
        raise Conflict(f"The other one is {winner.status}.", code="wrong_state", status=winner.status)
    return loser, winner


def _split(values: Values) -> tuple[dict[str, Any], dict[str, Any]]:
    plain = {name: value for name, value in values.items() if name not in MANY}
    return plain, {name: value for name, value in values.items() if name in MANY}


def _set(row: Any, values: Values) -> bool:
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in changed.items():
        setattr(row, name, value)
    return bool(changed)


def _set_many(row: Any, many: Values) -> bool:
    changed = False
    for name, rows in many.items():
        field = getattr(row, name)
        if {one.pk for one in rows} != set(field.values_list("pk", flat=True)):
            field.set(rows)
            changed = True
    return changed


def _saved[M: (Project, Topic, Atom, Task)](row: M) -> M:
    row.save()
    return row


def _named(make: Any) -> Project:
    try:
        with transaction.atomic():
            project: Project = make()
            return project
    except IntegrityError:
        raise Conflict("There is a project with this name already.", code="exists") from None
