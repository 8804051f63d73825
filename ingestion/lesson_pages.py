"""The page of what the noise filter has learnt."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from ingestion import lessons
from tasktracker.core.enums import Role
from tasktracker.core.permissions import access_for, page, workspace_for


@page(Role.MANAGER)
@require_GET
def noise(request: HttpRequest) -> HttpResponse:
    """What flips have turned off or made noise, and what they say now and then."""
    context = {"lessons": lessons.listed(workspace_for(request)), "enough": lessons.ENOUGH}
    return render(request, "settings/noise.html", context)


@page(Role.MANAGER)
@require_POST
def take_back(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Turn a rule on again, or forget what was taught."""
    lessons.take_back(lesson_id=pk, workspace=workspace_for(request), by=access_for(request).user)
    messages.success(request, "It is taken back, and its flips are counted anew.")
    return redirect("ingestion:noise")
