"""Settings pages of task configurations: which extra fields the model fills, and how they look on a card."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from analysis.forms import TaskConfigForm, schema_of
from analysis.models import TaskConfig
from analysis.task_fields import fields_of, schema_error
from tasktracker.core.enums import Role
from tasktracker.core.permissions import page, posted_by, workspace_for

PAGE = "analysis/settings/task_config.html"
EXAMPLE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "severity": {"enum": ["S1", "S2", "S3"], "description": "S1 when customers can't work"},
        "customer": {"type": "string", "description": "who reported it, as named in the chat"},
    },
}


def find(request: HttpRequest, pk: int) -> TaskConfig:
    """The configuration, for a member of its workspace; 404 for anybody else."""
    return get_object_or_404(TaskConfig.objects.filter(workspace=workspace_for(request)), pk=pk)


@page(Role.MANAGER)
@require_http_methods(["GET", "POST"])
def new_task_config(request: HttpRequest) -> HttpResponseBase:
    """A form with an example, and what becomes of it."""
    return form_page(request, TaskConfig(workspace=workspace_for(request), schema=EXAMPLE))


@page()
@require_http_methods(["GET", "POST"])
def task_config(request: HttpRequest, pk: int) -> HttpResponseBase:
    """One configuration: a manager changes it, everybody else sees it."""
    return form_page(request, find(request, pk))


def form_page(request: HttpRequest, row: TaskConfig) -> HttpResponseBase:
    access, posted = posted_by(request, Role.MANAGER)
    shown = row.schema
    form = TaskConfigForm(row, access.workspace, posted)
    saved = form.save(access.user)
    if saved is not None:
        messages.success(request, f"{saved.name} is saved. The next run fills these fields.")
        return redirect("analysis:task_config", pk=saved.pk)
    context = {"config": row, "form": form, **preview_of(shown)}
    return render(request, PAGE, context, status=422 if form.errors else 200)


def preview_of(schema: Any) -> dict[str, Any]:
    """The fields of a schema, or what is wrong with it."""
    error = schema_error(schema)
    return {"wrong": error, "fields": [] if error else fields_of(schema)}


@page(Role.MANAGER)
@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """How the fields that are being typed would look."""
    try:
        context = preview_of(schema_of(request.POST.get("schema", "")))
    except forms.ValidationError as error:
        context = {"wrong": error.messages[0], "fields": []}
    return render(request, f"{PAGE}#preview", context)


@page(Role.MANAGER)
@require_POST
def delete_task_config(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Remove a configuration; tasks keep what was filled."""
    row = find(request, pk)
    row.delete()
    messages.success(request, f"{row.name} is deleted. Tasks keep what was filled.")
    return redirect("settings")
