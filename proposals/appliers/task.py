"""An approved task: made from a proposal, or changed by one."""

from datetime import date
from typing import Any

from ingestion.models import Message
from knowledge.kinds import Item
from knowledge.models import Atom, Task
from proposals.appliers import common
from proposals.models import Proposal
from proposals.resolving import person_named, project_named, project_of
from tasktracker.core.enums import Priority, TaskCategory
from tasktracker.core.journal import Journal

PLAIN = ("title", "description", "category", "priority", "labels", "fields")


class TaskApplier:
    """Tasks."""

    def make(self, proposal: Proposal, journal: Journal) -> Item:
        payload = proposal.payload
        project = project_of(proposal)
        assignee = _assignee(proposal, payload.get("assignee"))
        if assignee is None and not payload.get("assignee") and project is not None:
            assignee = project.default_assignee
        task = journal.create(
            Task,
            workspace_id=proposal.workspace_id,
            project=project,
            title=payload["title"],
            description=payload.get("description", ""),
            category=payload.get("category", TaskCategory.CHORE),
            priority=payload.get("priority", Priority.MEDIUM),
            assignee=assignee,
            due=_day(payload.get("due")),
            labels=payload.get("labels", []),
            fields=payload.get("fields", {}),
        )
        self._connect(proposal, task, journal)
        return task

    def update(self, proposal: Proposal, target: Item, journal: Journal) -> None:
        self.absorb(proposal, target, journal, common.changed_fields(proposal))

    def absorb(self, proposal: Proposal, target: Item, journal: Journal, fields: dict[str, Any]) -> None:
        assert isinstance(target, Task)  # noqa: S101  # the registry is keyed by kind
        values = {key: fields[key] for key in PLAIN if key in fields}
        if "due" in fields:
            values["due"] = _day(fields["due"])
        if "assignee" in fields:
            values["assignee_id"] = _pk(_assignee(proposal, fields["assignee"]))
        if "project" in fields:
            values["project_id"] = _pk(project_named(proposal.workspace_id, fields["project"]))
        journal.update(target, **values)
        self._connect(proposal, target, journal)

    def _connect(self, proposal: Proposal, task: Task, journal: Journal) -> None:
        common.add_evidence(proposal, task, journal)
        atoms = Atom.objects.filter(workspace_id=proposal.workspace_id, pk__in=proposal.payload.get("atoms") or [])
        journal.add(task, "atoms", atoms.values_list("pk", flat=True))


def _assignee(proposal: Proposal, name: int | str | None) -> Any:
    authors = Message.objects.filter(quotes__evidence__proposal=proposal).values_list("author_id", flat=True)
    return person_named(proposal.workspace_id, name, among=authors)


def _day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None


def _pk(row: Any) -> int | None:
    return None if row is None else int(row.pk)
