"""Pages of projects: the list, and one project with its rules and its versions."""

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from knowledge import projects
from knowledge.models import Project
from knowledge.project_forms import PLACES, ProjectForm
from knowledge.views import id_of, text_of
from tasktracker.core.enums import Role, TaskStatus
from tasktracker.core.htmx import wants_fragment
from tasktracker.core.permissions import access_for, page, require, workspace_for

PAGE_SIZE = 50
OPEN = (TaskStatus.OPEN, TaskStatus.IN_PROGRESS)


@page()
@require_GET
def listed(request: HttpRequest) -> HttpResponse:
    """Projects by name, with their open tasks; by keyset."""
    found = Project.objects.filter(workspace=workspace_for(request))
    q = text_of(request, "q")
    if q:
        found = found.filter(Q(name__icontains=q) | Q(description__icontains=q))
    after = id_of(request.GET.get("after", ""))
    if after is not None:
        edge = get_object_or_404(Project, workspace=workspace_for(request), pk=after)
        found = found.filter(Q(name__gt=edge.name) | Q(name=edge.name, id__gt=edge.pk))
    rows = list(
        found.select_related("manager", "default_assignee")
        .annotate(n_open=Count("tasks", filter=Q(tasks__status__in=OPEN)))
        .order_by("name", "id")[: PAGE_SIZE + 1]
    )
    more = urlencode(({"q": q} if q else {}) | {"after": str(rows[PAGE_SIZE - 1].pk)}) if len(rows) > PAGE_SIZE else ""
    context = {"projects": rows[:PAGE_SIZE], "next": f"?{more}" if more else "", "q": q}
    return render(request, "knowledge/projects.html" + ("#rows" if wants_fragment(request) else ""), context)


@page(Role.MANAGER)
@require_http_methods(["GET", "POST"])
def new_project(request: HttpRequest) -> HttpResponseBase:
    """An empty form, and what becomes of it."""
    return form_page(request, Project(workspace=workspace_for(request)))


@page()
@require_http_methods(["GET", "POST"])
def project(request: HttpRequest, pk: int) -> HttpResponseBase:
    """One project: a manager changes it, everybody else reads it."""
    rows = projects.visible_to(access_for(request).user).filter(workspace=workspace_for(request))
    return form_page(request, get_object_or_404(rows.select_related("manager", "default_assignee"), pk=pk))


def form_page(request: HttpRequest, row: Project) -> HttpResponseBase:
    access = require(request, Role.MANAGER) if request.method == "POST" else access_for(request)
    form = ProjectForm(row, access.workspace, request.POST if request.method == "POST" else None)
    if request.method == "POST":
        saved = form.save(access.user)
        if saved is not None:
            messages.success(request, f"{saved.name} is at version {saved.version}.")
            return redirect("knowledge:project", pk=saved.pk)
    context = {
        "project": row,
        "form": form,
        "versions": projects.versions_of(row) if row.pk else [],
        "shown": [(PLACES.get(name, ""), name, form.initial[name]) for name in projects.KEPT if name not in HEAD],
        "manager": row.manager.get_username() if row.manager else "",
    }
    return render(request, "knowledge/project.html", context, status=422 if form.errors else 200)


# What a reader sees at the top, apart from the rules.
HEAD = ("name", "description", "manager")


@page(Role.MANAGER)
@require_POST
def delete_project(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Remove a project; its topics and tasks stay, without one."""
    row = get_object_or_404(Project.objects.filter(workspace=workspace_for(request)), pk=pk)
    projects.delete_project(project_id=row.pk, by=access_for(request).user)
    messages.success(request, f"{row.name} is deleted.")
    return redirect("knowledge:projects")
