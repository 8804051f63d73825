"""Pages that put every app together: the dashboard and the search."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from ingestion.models import Source
from knowledge import search as hybrid
from proposals import learning
from tasktracker import figures
from tasktracker.core.errors import NotFound
from tasktracker.core.htmx import target
from tasktracker.core.models import Workspace
from tasktracker.core.permissions import SESSION_KEY, access_of, page, workspace_for

KINDS = ("message", "topic", "atom", "task")
FOUND = 30


def charts(workspace: Workspace) -> dict[str, Any]:
    """What the charts read."""
    columns, cost, calls = figures.costs(workspace)
    return {"acceptance": figures.acceptance(workspace), "columns": columns, "cost": cost, "calls": calls}


PARTS: dict[str, Callable[[Workspace], dict[str, Any]]] = {
    "stopped": lambda workspace: {"stopped": learning.stopped(workspace)},
    "figures": lambda workspace: {"figures": figures.figures(workspace)},
    "strip": lambda workspace: {"strip": figures.strip_of(workspace)},
    "feed": lambda workspace: {"feed": figures.feed(workspace)},
    "needs": lambda workspace: {"needs": figures.needs_you(workspace)},
    "charts": charts,
}


@page()
@require_GET
def dashboard(request: HttpRequest) -> HttpResponse:
    """The whole page, or the one part of it that htmx asks for."""
    workspace = workspace_for(request)
    part = target(request)
    if part in PARTS:
        return render(request, f"tasktracker/dashboard.html#{part}", PARTS[part](workspace))
    context: dict[str, Any] = {"has_sources": Source.objects.filter(workspace=workspace).exists()}
    for read in PARTS.values():
        context |= read(workspace)
    return render(request, "tasktracker/dashboard.html", context)


@page()
@require_POST
def switch_workspace(request: HttpRequest) -> HttpResponseBase:
    """Act in another workspace of one's own from now on."""
    access = access_of(request.user, slug=request.POST.get("workspace", ""))  # type: ignore[arg-type]  # logged in
    if access is None:
        raise NotFound("There is no such workspace, or you are not a member of it.")
    request.session[SESSION_KEY] = access.workspace.pk
    return redirect("dashboard")


@page()
@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """One box over messages, topics, atoms and tasks, by words and by meaning."""
    workspace = workspace_for(request)
    q = request.GET.get("q", "").replace("\x00", "").strip()[:200]
    kind = request.GET.get("kind", "")
    kinds = [kind] if kind in KINDS else list(KINDS)
    found = hybrid.search(workspace=workspace, q=q, kinds=kinds, limit=FOUND) if q else []
    context = {"q": q, "kind": kind if kind in KINDS else "", "kinds": KINDS, "found": found}
    name = "#found" if target(request) == "found" else ""
    return render(request, f"tasktracker/search.html{name}", context)
