"""The page of members: who is here in which role, changed and removed by an admin, and the invitations."""

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from tasktracker import invitation_pages
from tasktracker.core import members
from tasktracker.core.enums import Role
from tasktracker.core.models import Membership
from tasktracker.core.paths import is_number
from tasktracker.core.permissions import access_for, page, workspace_for

PAGE_SIZE = 100
MAY = {
    Role.VIEWER: "reads everything",
    Role.REVIEWER: "decides, edits, sends messages",
    Role.MANAGER: "runs, projects and schedules as well",
    Role.ADMIN: "sources, providers and members as well",
}


@page()
@require_GET
def members_page(request: HttpRequest) -> HttpResponse:
    """Members by name, by keyset; with the invitations for those who may invite."""
    access = access_for(request)
    found = members.listed(access.workspace)
    after = request.GET.get("after", "")
    if is_number(after, digits=15):
        edge = get_object_or_404(found, pk=int(after))
        name = edge.user.get_username()
        found = found.filter(Q(user__username__gt=name) | Q(user__username=name, pk__gt=edge.pk))
    rows = list(found[: PAGE_SIZE + 1])
    context = {
        "members": rows[:PAGE_SIZE],
        "next": f"?after={rows[PAGE_SIZE - 1].pk}" if len(rows) > PAGE_SIZE else "",
        "roles": [(role.value, MAY[role]) for role in Role],
        **(invitation_pages.panel(access) if access.allows(Role.MANAGER) else {}),
    }
    return render(request, "tasktracker/members.html", context)


def find(request: HttpRequest, pk: int) -> Membership:
    """The membership, for an admin of its workspace; 404 for anybody else."""
    return get_object_or_404(Membership.objects.filter(workspace=workspace_for(request)), pk=pk)


@page(Role.ADMIN)
@require_POST
def change_role(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Give a member another role."""
    row = members.change_role(
        membership_id=find(request, pk).pk, role=request.POST.get("role", ""), by=access_for(request).user
    )
    messages.success(request, f"{row.user} is {row.role}.")
    return redirect("members")


@page(Role.ADMIN)
@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponseBase:
    """End a membership. Who removes themselves goes where they may still be."""
    me = access_for(request).user
    gone = members.remove_member(membership_id=find(request, pk).pk, by=me)
    if gone.user_id == me.pk:
        return redirect("dashboard")
    messages.success(request, f"{gone.user} is no member any more. Their tokens for this workspace are revoked.")
    return redirect("members")
