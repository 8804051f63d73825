"""Settings page of the rotation: who is on duty when, and being away."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.formats import date_format
from django.views.decorators.http import require_http_methods, require_POST

from proposals import duty as rota
from proposals.duty_forms import AwayForm, DutyForm
from proposals.models import Digest, Duty
from tasktracker.core.enums import Role
from tasktracker.core.permissions import access_for, page, posted_by

PAGE = "proposals/duty.html"


@page()
@require_http_methods(["GET", "POST"])
def show(request: HttpRequest) -> HttpResponseBase:
    """Who is on duty in the next two weeks; a manager sets the order, the turn and the hour of the digest."""
    access, posted = posted_by(request, Role.MANAGER)
    row = Duty.objects.filter(workspace=access.workspace).select_related("workspace").first()
    form = DutyForm(row, access.workspace, posted)
    saved = form.save(access.user)
    if saved is not None:
        messages.success(request, "The rotation is saved." if saved.is_active else "The rotation is switched off.")
        return redirect("proposals:duty")
    return render(request, PAGE, told(request, row, form), status=422 if form.errors else 200)


@page(Role.REVIEWER)
@require_POST
def away(request: HttpRequest) -> HttpResponseBase:
    """One's own absence: the next one stands in until the end of that day."""
    access = access_for(request)
    form = AwayForm(request.POST)
    until = form.cleaned_data["until"] if form.is_valid() else None
    if form.errors:
        messages.error(request, "That is no day. Nothing was changed.")
        return redirect("proposals:duty")
    rota.set_away(workspace=access.workspace, user=access.user, until=until)
    told = f"You are away until {date_format(until, 'j F')}. The next one stands in." if until else "You are back."
    messages.success(request, told)
    return redirect("proposals:duty")


def told(request: HttpRequest, row: Duty | None, form: DutyForm) -> dict[str, Any]:
    access = access_for(request)
    places = rota.places_of(row) if row else []
    today = rota.today(access.workspace)
    return {
        "duty": row,
        "form": form,
        "places": [(place, place.is_away(today)) for place in places],
        "mine": next((place for place in places if place.user_id == access.user.pk), None),
        "today": today,
        "now": rota.on_duty(row, today, places) if row else None,
        "coming": rota.coming(row) if row else [],
        "digests": Digest.objects.filter(workspace=access.workspace).select_related("user")[:7],
    }
