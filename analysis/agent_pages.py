"""Settings pages of agents: the form with its past versions, the playground, who does what; and of task fields."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from analysis import agents
from analysis.forms import AgentForm, AssignmentForm
from analysis.models import Agent, AgentVersion, Assignment, Provider
from analysis.playground import Told, told_of
from tasktracker.core.enums import Purpose, Role
from tasktracker.core.errors import Invalid
from tasktracker.core.htmx import fragment
from tasktracker.core.locks import one_at_a_time
from tasktracker.core.paths import is_number
from tasktracker.core.permissions import access_for, page, posted_by, workspace_for

TRY_SECONDS = 90
TEXT_LIMIT = 4_000
VERSIONS = 50
PAGE = "analysis/settings/agent.html"


def find(request: HttpRequest, pk: int) -> Agent:
    """The agent, for a member of its workspace; 404 for anybody else."""
    return get_object_or_404(Agent.objects.filter(workspace=workspace_for(request)).select_related("provider"), pk=pk)


@page(Role.ADMIN)
@require_http_methods(["GET", "POST"])
def new_agent(request: HttpRequest) -> HttpResponseBase:
    """An empty form, and what becomes of it."""
    row = Agent(workspace=workspace_for(request), purpose=Purpose.EXTRACT_KNOWLEDGE)
    return form_page(request, row)


@page()
@require_http_methods(["GET", "POST"])
def agent(request: HttpRequest, pk: int) -> HttpResponseBase:
    """One agent: an admin changes it and tries it out, everybody else sees it."""
    return form_page(request, find(request, pk))


def form_page(request: HttpRequest, row: Agent) -> HttpResponseBase:
    access, posted = posted_by(request, Role.ADMIN)
    form = AgentForm(row, access.workspace, posted)
    saved = form.save(access.user)
    if saved is not None:
        messages.success(request, f"{saved.name} is saved as version {saved.version}.")
        return redirect("analysis:agent", pk=saved.pk)
    return render(request, PAGE, about(row, form), status=422 if form.errors else 200)


def about(row: Agent, form: AgentForm) -> dict[str, Any]:
    """What the page of an agent shows."""
    found = list(row.versions.select_related("by")[:VERSIONS]) if row.pk else []
    names = dict(Provider.objects.filter(workspace_id=row.workspace_id).values_list("pk", "name"))
    return {
        "agent": row,
        "form": form,
        "versions": [
            (one, changes(one, before, names)) for one, before in zip(found, [*found[1:], None], strict=False)
        ],
        "assignments": Assignment.objects.filter(agent=row).select_related("project") if row.pk else [],
        "is_offline": bool(row.provider_id and row.provider.kind == "offline"),
        "sample": SAMPLES.get(row.purpose, SAMPLES[""]),
        "text_limit": TEXT_LIMIT,
    }


SAMPLES = {
    "": "Olena: The CSV export dies with a timeout since Tuesday, for everybody with more than 10k rows.\n"
    "Marek: I can reproduce it. The query has no index on created_at, I add one today.",
    Purpose.JUDGE_SAME: "The CSV export runs into a timeout.\n\nExport of large tables fails after 30 seconds.",
}


def changes(one: AgentVersion, before: AgentVersion | None, names: dict[int, str]) -> list[tuple[str, str, str]]:
    """(field, as it was, as it became) of one version."""
    if before is None:
        return []
    found = []
    for name in agents.KEPT:
        old, new = getattr(before, name), getattr(one, name)
        if old == new:
            continue
        if name == "provider_id":
            name, old, new = "provider", before.provider_name, one.provider_name
        if name == "fallbacks":
            old, new = (", ".join(names.get(pk, f"#{pk}") for pk in ids) for ids in (old, new))
        found.append((name, str(old), str(new)))
    return found


@page(Role.ADMIN)
@require_POST
def delete_agent(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Remove an agent; its work falls to the default provider."""
    row = find(request, pk)
    agents.delete_agent(agent=row)
    messages.success(request, f"{row.name} is deleted.")
    return redirect("settings")


@page(Role.ADMIN)
@require_POST
def try_agent(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The playground: the exact prompt of a pasted text, the answer, and what it took."""
    row = find(request, pk)
    text = request.POST.get("text", "").replace("\x00", "").replace("\r\n", "\n").strip()
    if not text:
        raise Invalid("Paste a text first.")
    if len(text) > TEXT_LIMIT:
        raise Invalid(f"The text may have {TEXT_LIMIT} letters.")
    number = request.POST.get("version", "")
    asked = agents.at_version(row, int(number)) if is_number(number, digits=9) else row
    with one_at_a_time(user=access_for(request).user, seconds=TRY_SECONDS):
        told: Told = told_of(asked, text)
    context = {"told": told, "agent": row, "tried": asked.version}
    if not getattr(request, "htmx", None):
        context |= about(row, AgentForm(row, row.workspace)) | {"sample": text}
    return fragment(request, f"{PAGE}#told", context)


@page(Role.ADMIN)
@require_POST
def assign(request: HttpRequest) -> HttpResponseBase:
    """Give an agent its work, in a project or everywhere."""
    form = AssignmentForm(workspace_for(request), request.POST)
    if not form.is_valid():
        raise Invalid("Choose an agent of this workspace.")
    found = form.save(workspace_for(request))
    messages.success(request, f"{found.agent.name} does it from the next run on.")
    return redirect("settings")


@page(Role.ADMIN)
@require_POST
def unassign(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Take the work back; the default provider does it."""
    row = get_object_or_404(Assignment.objects.filter(workspace=workspace_for(request)), pk=pk)
    row.delete()
    messages.success(request, "The default provider does it from the next run on.")
    return redirect("settings")
