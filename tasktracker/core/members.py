"""Members: their roles changed, and they themselves removed, by an admin. There is always one admin left."""

from django.db import transaction
from django.db.models import QuerySet

from tasktracker.core import audit
from tasktracker.core.enums import Role
from tasktracker.core.errors import Conflict, Invalid
from tasktracker.core.events import MemberChanged, emit, recheck_member
from tasktracker.core.models import ApiToken, Membership, User, Workspace
from tasktracker.core.services import set_staff
from tasktracker.core.transitions import lock


def listed(workspace: Workspace) -> QuerySet[Membership]:
    """The members of a workspace, by name."""
    return Membership.objects.filter(workspace=workspace).select_related("user").order_by("user__username", "id")


@transaction.atomic
def change_role(*, membership_id: int, role: str, by: User) -> Membership:
    """Give a member another role; `is_staff` comes and goes with it. The same role again changes nothing.

    Raises `Invalid` (no such role) and `Conflict` last_admin.
    """
    if role not in Role.values:
        raise Invalid(f"{role!r} is no role: use one of {', '.join(Role.values)}.", field="role")
    membership = _held(membership_id)
    if membership.role == role:
        return membership
    if role != Role.ADMIN:
        _refuse_last_admin(membership, "Make somebody else an admin first, then change this role.")
    with audit.acting(by):
        membership.role = role
        membership.save(update_fields=["role", "updated_at"])
    set_staff(user=membership.user)
    _say(membership, role=role, by=by)
    return membership


@transaction.atomic
def remove_member(*, membership_id: int, by: User) -> Membership:
    """End a membership, with the member's tokens for this workspace; what they did stays, under their name.

    Raises `Conflict` last_admin. The membership is returned as it was.
    """
    membership = _held(membership_id)
    _refuse_last_admin(membership, "Make somebody else an admin first, then remove them.")
    with audit.acting(by):
        ApiToken.objects.filter(user=membership.user, workspace=membership.workspace_id).delete()
        Membership.objects.filter(pk=membership.pk).delete()
    set_staff(user=membership.user)
    _say(membership, role="", by=by)
    return membership


@transaction.atomic
def refuse_switching_off(*, user: User) -> None:
    """Raise `Conflict` last_admin where an account, switched off, would leave a workspace without an admin."""
    for membership in Membership.objects.filter(user=user, role=Role.ADMIN).order_by("workspace_id"):
        lock(Workspace, membership.workspace_id)
        _refuse_last_admin(membership, "Make somebody else an admin first.")


def _held(membership_id: int) -> Membership:
    """The membership; the workspace is locked, so that two admins who remove each other at once don't both succeed."""
    found = Membership.objects.filter(pk=membership_id).values_list("workspace_id", flat=True).first()
    if found is not None:
        lock(Workspace, found)
    return lock(Membership, membership_id)


def _refuse_last_admin(membership: Membership, way_out: str) -> None:
    if membership.role != Role.ADMIN:
        return
    others = Membership.objects.filter(workspace=membership.workspace_id, role=Role.ADMIN, user__is_active=True)
    if not others.exclude(pk=membership.pk).exists():
        raise Conflict(f"{membership.user} is the last admin of {membership.workspace}. {way_out}", code="last_admin")


def _say(membership: Membership, *, role: str, by: User) -> None:
    recheck_member(membership.workspace_id, membership.user_id)  # before anything else is told to their sockets
    emit(MemberChanged(workspace_id=membership.workspace_id, object_id=membership.pk, role=role), by=by)
