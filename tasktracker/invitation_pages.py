"""Pages of invitations: the list with its form, and where somebody comes in."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from tasktracker.account_forms import InviteForm, JoinForm
from tasktracker.core import invitations, inviting_mail
from tasktracker.core.enums import Role
from tasktracker.core.lockout import count_guess
from tasktracker.core.models import Membership
from tasktracker.core.permissions import SESSION_KEY, Access, access_for, page

SHOWN = 50


def panel(access: Access, form: InviteForm | None = None) -> dict[str, Any]:
    """What `tasktracker/invitations.html#panel` reads."""
    rows: list[Any] = list(invitations.listed(access.workspace)[:SHOWN])
    gives = invitations.roles_to_give(access)
    told = [
        {"row": row, "state": state, "may_revoke": state == "open" and row.role in gives}
        for row in rows
        for state in [invitations.state_of(row, row.used)]
    ]
    return {"invitations": told, "invite_form": form or InviteForm(access)}


@page(Role.MANAGER)
@require_http_methods(["GET", "POST"])
def all_invitations(request: HttpRequest) -> HttpResponse:
    """The invitations of the workspace; a POST makes one and shows its link, this once."""
    access = access_for(request)
    if request.method == "GET":
        return render(request, "tasktracker/invitations.html", panel(access))
    form = InviteForm(access, request.POST)
    if not form.is_valid():
        return render(request, "tasktracker/invitations.html", panel(access, form), status=422)
    made, token = invitations.invite(access=access, **form.values())
    link = request.build_absolute_uri(reverse("join", args=[token]))
    context = {
        "title": "The new invitation",
        "link": link,
        "mailed": inviting_mail.send_later(invitation=made, link=link),
        "what": f"Whoever opens it becomes a member of {access.workspace} as {made.role}.",
        "until": made.expires_at,
        "back": reverse("invitations"),
    }
    return render(request, "tasktracker/link.html", context)


@page(Role.MANAGER)
@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Take an invitation back."""
    invitations.revoke(access=access_for(request), invitation_id=pk)
    messages.success(request, "The invitation is taken back: its link opens nothing any more.")
    return redirect("invitations")


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def join(request: HttpRequest, token: str) -> HttpResponseBase:
    """Where an invitation leads: a new account, or one more workspace for somebody who is logged in."""
    found = invitations.find(token)
    if found is None:
        # Only what nobody was ever given is a guess.
        count_guess(username="a link", address=request.META.get("REMOTE_ADDR", ""))
        return render(request, "registration/link_gone.html", {"state": "unknown", "what": "invitation"}, status=404)
    invitation, state = found
    if state != "open":
        return render(request, "registration/link_gone.html", {"state": state, "what": "invitation"}, status=410)
    context: dict[str, Any] = {"invitation": invitation, "token": token}
    if request.user.is_authenticated:
        if request.method == "GET":
            return render(request, "registration/join.html", context)
        return welcome(request, invitations.accept(token=token, user=request.user))
    form = JoinForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return render(request, "registration/join.html", {**context, "form": form}, status=422 if form.errors else 200)
    membership = invitations.join(
        token=token, username=form.cleaned_data["username"], password=form.cleaned_data["password"]
    )
    login(request, membership.user, backend="django.contrib.auth.backends.ModelBackend")
    return welcome(request, membership)


def welcome(request: HttpRequest, membership: Membership) -> HttpResponseBase:
    """To the dashboard of the workspace that was joined."""
    request.session[SESSION_KEY] = membership.workspace_id
    messages.success(request, f"Welcome to {membership.workspace}. Your role is {membership.role}.")
    return redirect("dashboard")
