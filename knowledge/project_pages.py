"""Pages of projects: the list, and one project with its rules and its versions."""

from django.contrib import messages
from django.db.models import IntegerField, OuterRef, Q, Subquery
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from knowledge import projects
from knowledge.models import Project, Task
from knowledge.models.tasks import OPEN
from knowledge.project_forms import PLACES, ProjectForm
from knowledge.views import id_of, text_of
from tasktracker.core.enums import Role
from tasktracker.core.htmx import wants_fragment
from tasktracker.core.permissions import access_for, page, posted_by, workspace_for

PAGE_SIZE = 50
COUNTED = 1_000  # open tasks of a project; beyond it the list says "1,000+"


class CountOf(Subquery):
    """How many rows a subquery has. One that is cut off bounds the work, whatever the table holds."""

    template = "(SELECT count(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


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
    open_ones = Task.objects.filter(project=OuterRef("pk"), status__in=OPEN).order_by().values("pk")
    rows = list(
        found.select_related("manager", "default_assignee")
        .annotate(n_open=CountOf(open_ones[: COUNTED + 1]))
        .order_by("name", "id")[: PAGE_SIZE + 1]
    )
    more = urlencode(({"q": q} if q else {}) | {"after": str(rows[PAGE_SIZE - 1].pk)}) if len(rows) > PAGE_SIZE else ""
    context = {"projects": rows[:PAGE_SIZE], "next": f"?{more}" if more else "", "q": q, "counted": COUNTED}
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
    access, posted = posted_by(request, Role.MANAGER)
    form = ProjectForm(row, access.workspace, posted)
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
