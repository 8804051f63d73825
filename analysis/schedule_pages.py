"""Settings pages of schedules: what starts runs by itself, when it is due next, and what became of the last start."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from analysis.models import Schedule
from analysis.schedule_forms import ScheduleForm
from analysis.times import moment_in_words, occasion_in_words
from tasktracker.core.enums import Role
from tasktracker.core.models import Workspace
from tasktracker.core.permissions import page, posted_by, workspace_for

PAGE = "analysis/settings/schedule.html"
SHOWN = 100


def find(request: HttpRequest, pk: int) -> Schedule:
    """The schedule, for a member of its workspace; 404 for anybody else."""
    rows = Schedule.objects.filter(workspace=workspace_for(request))
    return get_object_or_404(rows.select_related("workspace", "source", "provider", "last_run"), pk=pk)


@page(Role.MANAGER)
@require_http_methods(["GET", "POST"])
def new_schedule(request: HttpRequest) -> HttpResponseBase:
    """A form with plain times first, and what becomes of it."""
    return form_page(request, Schedule(workspace=workspace_for(request)))


@page()
@require_http_methods(["GET", "POST"])
def schedule(request: HttpRequest, pk: int) -> HttpResponseBase:
    """One schedule: a manager changes it, everybody else sees it."""
    return form_page(request, find(request, pk))


def form_page(request: HttpRequest, row: Schedule) -> HttpResponseBase:
    access, posted = posted_by(request, Role.MANAGER)
    shown = told(row) if row.pk else {}
    form = ScheduleForm(row, access.workspace, posted)
    saved = form.save(access.user)
    if saved is not None:
        messages.success(request, f"{saved.name} is saved: {told(saved)['next']}.")
        return redirect("analysis:schedule", pk=saved.pk)
    context = {"schedule": row, "form": form, **shown}
    return render(request, PAGE, context, status=422 if form.errors else 200)


def told(row: Schedule) -> dict[str, Any]:
    """A stored schedule in words: its `occasion`, and when it comes `next` by the workspace's clock."""
    if not row.is_active:
        following = "switched off, it starts nothing"
    elif row.next_at is None:
        following = "not due: its times can't be read, write them anew"
    elif row.cron:
        following = f"due {moment_in_words(row.next_at, row.workspace.zone, timezone.now())}"
    else:
        following = "looked at every minute"
    return {"occasion": occasion_in_words(row.cron, row.at_least), "next": following}


def listed(workspace: Workspace) -> list[tuple[Schedule, dict[str, Any]]]:
    """The schedules of a workspace by name, each with its words, for the settings page."""
    rows = Schedule.objects.filter(workspace=workspace).select_related("workspace", "source", "last_run")
    return [(row, told(row)) for row in rows.order_by("name")[:SHOWN]]


@page(Role.MANAGER)
@require_POST
def delete_schedule(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Remove a schedule; the runs that it started stay."""
    row = find(request, pk)
    row.delete()
    messages.success(request, f"{row.name} is deleted. The runs that it started stay.")
    return redirect("settings")
