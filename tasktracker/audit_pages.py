"""The page of the audit log: who did what, readable for a person, by object, kind, person and time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from analysis.models import Agent, Provider
from ingestion.models import Participant, Source
from knowledge import projects
from knowledge.models import Project
from tasktracker.core import audit, members
from tasktracker.core.audit_models import AuditEntry
from tasktracker.core.enums import Role
from tasktracker.core.errors import Invalid
from tasktracker.core.htmx import wants_fragment
from tasktracker.core.models import User
from tasktracker.core.paths import is_number
from tasktracker.core.people_api import wanted
from tasktracker.core.permissions import page, workspace_for

PAGE_SIZE = 50
OFFERED = 300  # people in the filter
FILTERS = ("kind", "object_id", "by", "since")
# Where an object is to be seen.
PAGES = {
    "source": "ingestion:source",
    "project": "knowledge:project",
    "provider": "analysis:provider",
    "agent": "analysis:agent",
    "task_config": "analysis:task_config",
    "schedule": "analysis:schedule",
    "run": "analysis:run",
    "proposal": "proposals:proposal",
    "topic": "knowledge:topic",
    "atom": "knowledge:atom",
    "task": "knowledge:task",
    "person": "person",
}
# Fields that hold an id, and the name that stands for it.
NAMES: dict[str, tuple[Any, str]] = {
    "user_id": (User, "username"),
    "manager_id": (User, "username"),
    "set_by_id": (User, "username"),
    "created_by_id": (User, "username"),
    "default_assignee_id": (Participant, "name"),
    "provider_id": (Provider, "name"),
    "agent_id": (Agent, "name"),
    "project_id": (Project, "name"),
    "source_id": (Source, "name"),
}
DID = {
    "approve": "approved",
    "reject": "rejected",
    "merge": "merged",
    "snooze": "put off",
    "edit": "edited",
    "supersede": "replaced",
    "undo": "took back a decision on",
    "make": "made",
    "split": "split",
    "confirm": "confirmed",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One entry as it is read. `changes` is (field, before, after); a secret has neither."""

    pk: int
    at: datetime
    who: str
    did: str
    what: str
    url: str
    history_url: str
    changes: list[tuple[str, str, str]]


@page(Role.MANAGER)
@require_GET
def audit_page(request: HttpRequest) -> HttpResponse:
    """The log, newest first, by keyset; the filters are in the address."""
    chosen = {name: value for name in FILTERS if (value := request.GET.get(name, "").replace("\x00", "").strip())}
    problem = ""
    workspace = workspace_for(request)
    found = audit.entries(workspace=workspace)
    try:
        found = audit.entries(workspace=workspace, **wanted(chosen))
    except Invalid as error:
        problem = error.detail  # the form says so; a filter that makes no sense filters nothing
    before = request.GET.get("before", "")
    if is_number(before, digits=15):
        found = found.filter(pk__lt=int(before))
    rows = list(found[: PAGE_SIZE + 1])
    shown = rows[:PAGE_SIZE]
    context = {
        "lines": lines_of(shown),
        "next": f"?{urlencode(chosen | {'before': shown[-1].pk})}" if len(rows) > PAGE_SIZE else "",
        "chosen": chosen,
        "problem": problem,
        "kinds": sorted(audit.KINDS),
        "people": [(str(row.user_id), row.user.get_username()) for row in members.listed(workspace)[:OFFERED]],
    }
    return render(request, "tasktracker/audit.html" + ("#rows" if wants_fragment(request) else ""), context)


def lines_of(entries: Iterable[AuditEntry]) -> list[Line]:
    """Entries for a reader, ids by their names; one query for each kind of name at most."""
    entries = list(entries)
    names = _names(entries)
    return [_line(entry, names) for entry in entries]


def _line(entry: AuditEntry, names: dict[tuple[Any, int], str]) -> Line:
    kind = entry.kind.replace("_", " ")
    subject = entry.title
    if "user_id" in entry.changes and not subject:
        ids = entry.changes["user_id"]
        subject = names.get((User, ids[1] or ids[0]), "somebody whose account is gone")
    gone = entry.verb == "removed" or entry.kind not in PAGES
    return Line(
        pk=entry.pk,
        at=entry.at,
        who=_who(entry),
        did=DID.get(entry.verb, entry.verb),
        what=f"{kind} {subject or '#' + str(entry.object_id)}",
        url="" if gone else reverse(PAGES[entry.kind], args=[entry.object_id]),
        history_url=f"?kind={entry.kind}&object_id={entry.object_id}",
        changes=[_change(name, value, names) for name, value in sorted(entry.changes.items()) if _differs(name, value)],
    )


def _who(entry: AuditEntry) -> str:
    if entry.by is not None:
        return entry.by.get_username()
    if entry.by_id is not None:
        return "an account that is gone"
    return "a policy" if entry.changes.get("auto") else "the system"


def _differs(name: str, value: Any) -> bool:
    return value == "hidden" or (value[0] != value[1] and name not in ("user_id", "name", "auto"))


def _change(name: str, value: Any, names: dict[tuple[Any, int], str]) -> tuple[str, str, str]:
    label = name.removesuffix("_id").removeprefix("sealed_").replace("_", " ")
    if value == "hidden":
        return label, "", ""
    before, after = (_words(name, one, names) for one in value)
    return label, before or "nothing", after or "nothing"


def _words(name: str, value: Any, names: dict[tuple[Any, int], str]) -> str:
    if value in (None, "", [], {}):
        return ""
    if name in ("team", "glossary", "priority_rules"):
        people = {(name, pk): who for (model, pk), who in names.items() if model is Participant}
        return projects.in_words(name, value, people)
    model = NAMES.get(name, (None, ""))[0]
    if model is not None:
        return names.get((model, value), f"#{value}")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ", ".join(value)
    return str(value)


def _names(entries: Iterable[AuditEntry]) -> dict[tuple[Any, int], str]:
    wanted_ids: dict[tuple[Any, str], set[int]] = {}
    for entry in entries:
        for name in entry.changes.keys() & NAMES.keys():
            ids = {one for one in entry.changes[name] if isinstance(one, int)}
            wanted_ids.setdefault(NAMES[name], set()).update(ids)
        teams = entry.changes.get("team") or () if entry.kind == "project" else ()
        if teams:
            ids = {one["participant"] for team in teams for one in team or ()}
            wanted_ids.setdefault((Participant, "name"), set()).update(ids)
    return {
        (model, pk): name
        for (model, field), ids in wanted_ids.items()
        for pk, name in model._default_manager.filter(pk__in=ids).values_list("pk", field)
    }
