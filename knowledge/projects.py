"""Projects: made, changed, removed. Each change is a version, kept for ever; a run keeps those that it worked with."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError, QuerySet

from ingestion.models import Participant
from knowledge import project_rules as rules
from knowledge.models import Project, ProjectVersion
from tasktracker.core import audit
from tasktracker.core.errors import Conflict, Invalid
from tasktracker.core.events import ProjectChanged, emit
from tasktracker.core.models import User, Workspace
from tasktracker.core.transitions import lock

Values = Mapping[str, Any]
PLAIN = ("name", "description", "keywords", "glossary", "components", "team", "priority_rules", "language")
PEOPLE = ("default_assignee", "manager")
# What a version holds, by these names; people by id.
KEPT = (*PLAIN, *PEOPLE)


@dataclass(frozen=True, slots=True)
class Change:
    """A field as it was and as it became, in words for a person."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Version:
    """One version with what it changed; the first one changed nothing."""

    number: str
    part: str
    at: datetime
    by: str | None
    changes: list[Change]


def visible_to(user: User) -> QuerySet[Project]:
    """The projects of the workspaces in which `user` is a member."""
    return Project.objects.filter(workspace__memberships__user=user)


@transaction.atomic
def create_project(*, workspace: Workspace, values: Values, by: User | None = None) -> Project:
    """A new project at version 1.0.0; raises `Conflict` (exists) for a name that is taken, `Invalid` for the rest."""
    project = Project(workspace=workspace, version=rules.FIRST)
    _set(project, _checked(project, values))
    _save(project, by=by)
    _keep(project, part=ProjectVersion.Part.FIRST, by=by)
    emit(ProjectChanged(workspace_id=workspace.pk, object_id=project.pk, version=project.version), by=by)
    return project


@transaction.atomic
def change_project(*, project_id: int, values: Values, by: User | None = None, seen: str | None = None) -> Project:
    """Change a project; its version grows as `project_rules.part_of` says, not at all where nothing changed.

    `seen` is the version that the person had before them: `Conflict` (changed) when it is another one by now.
    """
    project = lock(Project, project_id)
    if seen is not None and seen != project.version:
        raise Conflict(
            f"{project.name} was changed meanwhile and is at version {project.version}. Look at it, then save again.",
            code="changed",
            version=project.version,
        )
    before = kept_of(project)
    was = project.version
    _set(project, _checked(project, values))
    after = kept_of(project)
    part = rules.part_of(before, after)
    if not part:
        return project
    if not project.versions.filter(number=was).exists():  # one that came into being before there were versions
        ProjectVersion.objects.create(project=project, number=was, part=ProjectVersion.Part.FIRST, rules=before)
    project.version = rules.grown(was, part)
    _save(project, by=by)
    _keep(project, part=part, by=by)
    emit(ProjectChanged(workspace_id=project.workspace_id, object_id=project.pk, version=project.version), by=by)
    return project


@transaction.atomic
def delete_project(*, project_id: int, by: User | None = None) -> None:
    """Remove a project with its versions; topics and tasks stay without one. `Conflict` (in_use) where it is needed."""
    project = lock(Project, project_id)
    workspace_id = project.workspace_id
    try:
        with audit.acting(by):
            project.delete()
    except ProtectedError:
        raise Conflict("Other things rest on this project, so it can't be deleted.", code="in_use") from None
    emit(ProjectChanged(workspace_id=workspace_id, object_id=project_id, version=""), by=by)


def kept_of(project: Project) -> dict[str, Any]:
    """A project as its version keeps it: JSON, people by id."""
    plain = {name: getattr(project, name) for name in PLAIN}
    return plain | {name: getattr(project, f"{name}_id") for name in PEOPLE}


def versions_now(workspace_id: int) -> dict[str, str]:
    """`{project id: number}` of every project, as a run keeps it (JSON has words for keys)."""
    rows = Project.objects.filter(workspace=workspace_id).order_by("pk").values_list("pk", "version")
    return {str(pk): number for pk, number in rows}


def named(versions: Mapping[str, str]) -> list[tuple[int, str, str]]:
    """(id, name as it is now, number) of `{project id: number}`, by name; projects that are gone fall out."""
    rows = Project.objects.filter(pk__in=[int(pk) for pk in versions]).order_by("name").values_list("pk", "name")
    return [(pk, name, versions[str(pk)]) for pk, name in rows] if versions else []


def rules_at(versions: Mapping[str, str]) -> list[dict[str, Any]]:
    """The rules of `{project id: number}` as they were then, by project id; of one that kept none, as they are now."""
    ids = [int(pk) for pk in versions]
    kept = {
        row.project_id: row.rules
        for row in ProjectVersion.objects.filter(project__in=ids, number__in=versions.values())
        if versions[str(row.project_id)] == row.number
    }
    missing = {row.pk: kept_of(row) for row in Project.objects.filter(pk__in=set(ids) - kept.keys())}
    found = kept | missing
    return [found[pk] for pk in sorted(found)]


def versions_of(project: Project, *, limit: int = 50) -> list[Version]:
    """The newest versions with what each changed, newest first. A fixed number of queries."""
    rows = list(project.versions.select_related("by").order_by("-id")[: limit + 1])
    people = _names(rows)
    return [
        Version(
            number=row.number,
            part=row.part,
            at=row.at,
            by=row.by.get_username() if row.by else None,
            changes=[] if before is None else changes(before.rules, row.rules, people),
        )
        for row, before in zip(rows[:limit], [*rows[1:], None], strict=False)
    ]


def changes(before: Values, after: Values, people: Mapping[tuple[str, int], str]) -> list[Change]:
    """What is different, in words. `people` names (field, id)."""
    return [
        Change(name, in_words(name, before.get(name), people), in_words(name, after.get(name), people))
        for name in KEPT
        if before.get(name) != after.get(name)
    ]


def in_words(name: str, value: Any, people: Mapping[tuple[str, int], str]) -> str:
    """A field's value on one line for each entry, as it is typed on the page."""
    if not value:
        return ""
    if name == "glossary":
        return "\n".join(f"{term}{rules.EQUALS}{meaning}" for term, meaning in value.items())
    if name == "priority_rules":
        return "\n".join(f"{rule['priority']}: {', '.join(rule['keywords'])}" for rule in value)
    if name == "team":
        lines = ((people.get((name, one["participant"]), "somebody"), one["components"]) for one in value)
        return "\n".join(f"{who}: {', '.join(owned)}" if owned else who for who, owned in lines)
    if name in PEOPLE:
        return people.get((name, value), "somebody")
    return ", ".join(value) if isinstance(value, list) else str(value)


def names_of(project: Project) -> dict[tuple[str, int], str]:
    """(field, id) → name of everybody whom the project names as it is now."""
    return _names([ProjectVersion(rules=kept_of(project))])


def _names(rows: list[ProjectVersion]) -> dict[tuple[str, int], str]:
    wanted = {one["participant"] for row in rows for one in row.rules.get("team") or ()}
    assigned = {row.rules.get("default_assignee") for row in rows} - {None}
    managers = {row.rules.get("manager") for row in rows} - {None}
    found: dict[tuple[str, int], str] = {}
    for pk, name in Participant.objects.filter(pk__in=wanted | assigned).values_list("pk", "name"):
        found["team", pk] = found["default_assignee", pk] = name
    for pk, name in User.objects.filter(pk__in=managers).values_list("pk", "username"):
        found["manager", pk] = name
    return found


def _checked(project: Project, values: Values) -> dict[str, Any]:
    """Values as they are stored, or `Invalid` with the field."""
    values = dict(values)
    checked: dict[str, Any] = {}
    if "name" in values or not project.pk:
        checked["name"] = " ".join(str(values.get("name") or "").split())
        if not checked["name"] or len(checked["name"]) > 120:
            raise Invalid("A project has a name of at most 120 letters.", field="name")
    if "description" in values:
        checked["description"] = str(values["description"] or "").strip()
    for name in ("keywords", "components"):
        if name in values:
            checked[name] = rules.words_of(values[name], name)
    if "glossary" in values:
        checked["glossary"] = rules.glossary_of(values["glossary"])
    if "priority_rules" in values:
        checked["priority_rules"] = rules.priority_rules_of(values["priority_rules"])
    if "language" in values:
        checked["language"] = rules.language_of(values["language"])
    components = checked.get("components", project.components)
    # A component that goes leaves its owners without it.
    checked["team"] = rules.team_of(values.get("team", project.team), components, strict="team" in values)
    if "team" in values:
        _check_team(project, checked["team"])
    return checked | _checked_people(project, values)


def _check_team(project: Project, team: list[dict[str, Any]]) -> None:
    ids = {one["participant"] for one in team}
    if Participant.objects.filter(workspace=project.workspace_id, pk__in=ids).count() != len(ids):
        raise Invalid("Everybody in the team is somebody who speaks in this workspace.", field="team")


def _checked_people(project: Project, values: Values) -> dict[str, Any]:
    checked = {name: values[name] for name in PEOPLE if name in values}
    assignee, manager = checked.get("default_assignee"), checked.get("manager")
    if assignee is not None and assignee.workspace_id != project.workspace_id:
        raise Invalid("The default assignee is somebody who speaks in this workspace.", field="default_assignee")
    if manager is not None and not manager.memberships.filter(workspace=project.workspace_id).exists():
        raise Invalid("The manager has to be a member of this workspace.", field="manager")
    return checked


def _set(project: Project, values: Values) -> None:
    for name, value in values.items():
        setattr(project, name, value)


def _save(project: Project, *, by: User | None) -> None:
    try:
        with transaction.atomic(), audit.acting(by):
            project.save()
    except IntegrityError:
        raise Conflict("There is a project with this name already.", code="exists", field="name") from None


def _keep(project: Project, *, part: str, by: User | None) -> None:
    ProjectVersion.objects.create(project=project, number=project.version, part=part, rules=kept_of(project), by=by)
