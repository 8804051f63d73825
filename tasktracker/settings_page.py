"""The settings page: sources, providers, agents, schedules, the day's cap, members, tokens.

What is seldom done is done in the administration.
"""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from analysis import spending
from analysis.forms import AssignmentForm
from analysis.models import Agent, Assignment, Provider, TaskConfig
from analysis.provider_pages import has_ollama
from analysis.schedule_forms import SpendingCapForm
from analysis.schedule_pages import listed
from ingestion import selectors as ingestion
from tasktracker.account_forms import TokenForm
from tasktracker.core import services
from tasktracker.core.enums import Role, TokenScope
from tasktracker.core.errors import Invalid
from tasktracker.core.events import recheck_member
from tasktracker.core.models import ApiToken, Membership
from tasktracker.core.permissions import access_for, page
from tasktracker.core.stepup import proven


@page()
@require_GET
def settings(request: HttpRequest) -> HttpResponse:
    """Everything that is set up here. Keys and secrets are never shown, only whether there is one."""
    workspace = access_for(request).workspace
    return shown(request, SpendingCapForm(spending.cap_of(workspace), workspace))


def shown(request: HttpRequest, cap_form: SpendingCapForm) -> HttpResponse:
    """The page, with the form of the cap as it stands, mistakes and all."""
    access = access_for(request)
    workspace = access.workspace
    is_admin = access.allows(Role.ADMIN)
    context = {
        "look_for_ollama": is_admin and not has_ollama(workspace),
        "assigning": AssignmentForm(workspace) if is_admin else None,
        "task_configs": TaskConfig.objects.filter(workspace=workspace).select_related("project").order_by("name")[:100],
        "sources": ingestion.sources(workspace)[:100],
        "providers": Provider.objects.filter(workspace=workspace)[:100],
        "agents": Agent.objects.filter(workspace=workspace).select_related("provider")[:100],
        "assignments": Assignment.objects.filter(workspace=workspace).select_related("agent", "project")[:100],
        "schedules": listed(workspace),
        "cap_form": cap_form,
        "used": spending.used_today(workspace, spending.cap_of(workspace)),
        "members": Membership.objects.filter(workspace=workspace)
        .select_related("user")
        .order_by("user__username")[:300],
        "token_form": TokenForm(access),
        "tokens": ApiToken.objects.filter(workspace=workspace, user_id=request.user.pk).order_by("-id")[:100],
    }
    return render(request, "tasktracker/settings.html", context, status=422 if cap_form.errors else 200)


@page(Role.ADMIN)
@require_POST
def save_spending_cap(request: HttpRequest) -> HttpResponseBase:
    """What all runs may use in a day."""
    access = access_for(request)
    form = SpendingCapForm(spending.cap_of(access.workspace), access.workspace, request.POST)
    if form.save(access.user) is None:
        return shown(request, form)
    messages.success(request, "The day's cap is saved. It holds from the next call on.")
    return redirect("settings")


@page(Role.VIEWER)
@require_POST
@proven(lambda request: request.POST.get("scope") == TokenScope.ADMIN)
def create_token(request: HttpRequest) -> HttpResponse:
    """A token of one's own, which never does more than its scope and one's own role; shown this once."""
    access = access_for(request)
    form = TokenForm(access, request.POST)
    if not form.is_valid():
        raise Invalid("A token needs a label of at most 80 letters, and a choice of those that are offered.")
    values = form.values()
    token = services.create_token(user=access.user, workspace=access.workspace, **values)
    return render(request, "tasktracker/token.html", {"token": token, **values})


@page(Role.VIEWER)
@require_POST
def revoke_token(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Take back a token: one's own, or as an admin anybody's here."""
    access = access_for(request)
    found = ApiToken.objects.filter(workspace=access.workspace)
    if access.role is not Role.ADMIN:
        found = found.filter(user=access.user)
    token = get_object_or_404(found, pk=pk)
    token.delete()
    recheck_member(token.workspace_id, token.user_id)  # it may have a socket open
    messages.success(request, "The token is revoked.")
    return redirect("settings")
