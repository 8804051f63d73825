"""The moves of tasks, topics and atoms: the only writes of their status."""

from typing import Any

from knowledge.models import Atom, Task, Topic
from tasktracker.core.enums import TaskStatus
from tasktracker.core.errors import Invalid
from tasktracker.core.models import User
from tasktracker.core.transitions import Allowed, Moved, move

# People move a task as they like.
TASK: Allowed = {status: set(TaskStatus) - {status} for status in TaskStatus}
TOPIC: Allowed = {
    Topic.Status.ACTIVE: {Topic.Status.MERGED, Topic.Status.ARCHIVED},
    Topic.Status.ARCHIVED: {Topic.Status.ACTIVE, Topic.Status.MERGED},
    Topic.Status.MERGED: {Topic.Status.ACTIVE},
}
ATOM: Allowed = {
    Atom.Status.ACTIVE: {Atom.Status.MERGED, Atom.Status.RETIRED},
    Atom.Status.RETIRED: {Atom.Status.ACTIVE, Atom.Status.MERGED},
    Atom.Status.MERGED: {Atom.Status.ACTIVE},
}


def move_task(task: Task, *, to: str, by: User | None) -> Moved[Task]:
    """Set a task's status; quiet when it has it already."""
    if to not in TaskStatus.values:
        raise Invalid(f"{to!r} is no status: use one of {', '.join(TaskStatus.values)}.")
    return move(Task, task.pk, to=to, allowed=TASK, workspace_id=task.workspace_id, by=by)


def move_item[M: (Topic, Atom)](item: M, *, to: str, by: User | None, into: M | None = None) -> Moved[M]:
    """Set the status of a topic or atom; `into` belongs to merged and to nothing else."""
    if (to == "merged") != (into is not None) or to not in type(item).Status.values:
        raise Invalid(f"{to!r} can't be set like this.")
    allowed = TOPIC if isinstance(item, Topic) else ATOM
    model: Any = type(item)
    also = {"merged_into": into}
    return move(model, item.pk, to=to, allowed=allowed, workspace_id=item.workspace_id, by=by, also=also)


def go_back[M: (Topic, Atom)](item: M, *, to: str, by: User | None, into: M | None = None) -> Moved[M]:
    """Give a topic or atom the status that it had before a move which is taken back, an archived one as well."""
    model: Any = type(item)
    allowed: Allowed = {status: set(model.Status.values) - {status} for status in model.Status.values}
    also = {"merged_into": into}
    return move(model, item.pk, to=to, allowed=allowed, workspace_id=item.workspace_id, by=by, also=also)


def reactivate(item: Topic | Atom, *, by: User | None) -> None:
    """Bring back what was merged or put away."""
    if isinstance(item, Topic):
        move_item(item, to=Topic.Status.ACTIVE, by=by)
    else:
        move_item(item, to=Atom.Status.ACTIVE, by=by)
