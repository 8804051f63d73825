"""Invitations by link: made by an admin (or a manager, for roles below), shown once, good for some days and uses."""

import secrets
from datetime import timedelta
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import BooleanField, Count, Exists, ExpressionWrapper, OuterRef, Q, QuerySet
from django.utils import timezone

from tasktracker.core.account_models import Invitation, InvitationUse
from tasktracker.core.enums import Role
from tasktracker.core.errors import Conflict, Forbidden, Invalid, NotFound
from tasktracker.core.models import Membership, User, Workspace
from tasktracker.core.permissions import Access
from tasktracker.core.services import digest, set_staff

DAYS = 7
MOST_DAYS = 90
MOST_USES = 500
NAMES_LOCK = 7202
BELOW_MANAGER = [role for role in Role if role.rank < Role.MANAGER.rank]


def roles_to_give(access: Access) -> list[Role]:
    """The roles that a person may invite to: an admin all, a manager those below, everybody else none."""
    if access.allows(Role.ADMIN):
        return list(Role)
    return BELOW_MANAGER if access.allows(Role.MANAGER) else []


def _stands() -> Any:
    """Whether who made it may still give its role: else a link kept in a pocket would let in who was removed."""
    makers = Membership.objects.filter(
        user=OuterRef("created_by"), workspace=OuterRef("workspace"), user__is_active=True
    )
    stands = Q(Exists(makers.filter(role=Role.ADMIN)))
    stands |= Q(Exists(makers.filter(role=Role.MANAGER)), role__in=BELOW_MANAGER)
    return ExpressionWrapper(stands, output_field=BooleanField())


def listed(workspace: Workspace) -> QuerySet[Invitation]:
    """The invitations of a workspace, newest first, each with how often it was `used`."""
    rows = Invitation.objects.filter(workspace=workspace).select_related("created_by").annotate(used=Count("uses"))
    rows = rows.annotate(stands=_stands())
    return rows.order_by("-id")


def state_of(invitation: Invitation, used: int) -> str:
    """open, used, expired or revoked; `invitation` has the annotation `stands`."""
    if invitation.revoked_at is not None or not getattr(invitation, "stands", False):
        return "revoked"
    if used >= invitation.max_uses:
        return "used"
    return "expired" if invitation.expires_at <= timezone.now() else "open"


@transaction.atomic
def invite(
    *, access: Access, role: Role, email: str = "", days: int = DAYS, max_uses: int = 1
) -> tuple[Invitation, str]:
    """A new invitation and its token, which is seen this once. `days` is 1 to 90, `max_uses` 1 to 500."""
    if role not in roles_to_give(access):
        raise Forbidden(f"Your role {access.role} can't invite somebody as {role}.")
    if not (1 <= days <= MOST_DAYS and 1 <= max_uses <= MOST_USES):
        raise Invalid(f"An invitation is good for 1 to {MOST_DAYS} days and 1 to {MOST_USES} people.")
    token = secrets.token_urlsafe(32)
    made = Invitation.objects.create(
        workspace=access.workspace,
        role=role,
        email=email,
        digest=digest(token),
        max_uses=max_uses,
        created_by=access.user,
        expires_at=timezone.now() + timedelta(days=days),
    )
    return made, token


@transaction.atomic
def revoke(*, access: Access, invitation_id: int) -> Invitation:
    """Take back an invitation that the person could have made; who came by it stays."""
    found = Invitation.objects.select_for_update().filter(workspace=access.workspace, pk=invitation_id).first()
    if found is None:
        raise NotFound("There is no such invitation here.")
    if Role(found.role) not in roles_to_give(access):
        raise Forbidden(f"Your role {access.role} can't take back an invitation as {found.role}.")
    if found.revoked_at is None:
        found.revoked_at = timezone.now()
        found.save(update_fields=["revoked_at"])
    return found


def find(token: str) -> tuple[Invitation, str] | None:
    """The invitation of a token and its state; None where nobody was ever invited so."""
    rows = Invitation.objects.select_related("workspace", "created_by").annotate(used=Count("uses"), stands=_stands())
    found = rows.filter(digest=digest(token)).first()
    return (found, state_of(found, found.used)) if found is not None else None


@transaction.atomic
def accept(*, token: str, user: User) -> Membership:
    """Make `user` a member. Who is one already stays as they are, and uses nothing up.

    Raises `Conflict` (code `invitation_used`, `_expired`, `_revoked`) and `NotFound`.
    """
    invitation = _locked(token)
    return _join(invitation, user)


@transaction.atomic
def join(*, token: str, username: str, password: str) -> Membership:
    """A new account, and its membership. Raises as `accept`, and `Invalid` for a name or password that won't do."""
    invitation = _locked(token)
    user = User(username=User.normalize_username(username), email=invitation.email)
    _refuse_taken(user.username)
    try:
        validate_password(password, user)
        user.set_password(password)
        user.full_clean()
    except ValidationError as error:
        raise Invalid(" ".join(error.messages)) from None
    user.save()
    return _join(invitation, user)


def _refuse_taken(username: str) -> None:
    """Raise `Invalid` for a name that somebody has, whatever its case; of two who ask at once the second one waits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [NAMES_LOCK])
    if User.objects.filter(username__iexact=username).exists():
        raise Invalid("Somebody has this name already.", field="username")


def _locked(token: str) -> Invitation:
    """The invitation under a lock, so that the last use is given once."""
    rows = Invitation.objects.select_for_update().annotate(stands=_stands())
    found = rows.filter(digest=digest(token)).first()
    if found is None:
        raise NotFound("There is no such invitation.")
    state = state_of(found, found.uses.count())
    if state != "open":
        raise Conflict(f"This invitation is {state}. Ask for a new one.", code=f"invitation_{state}")
    return found


def _join(invitation: Invitation, user: User) -> Membership:
    membership, made = Membership.objects.get_or_create(
        workspace_id=invitation.workspace_id, user=user, defaults={"role": invitation.role}
    )
    if made:
        InvitationUse.objects.create(invitation=invitation, user=user)
        set_staff(user=user)
    return membership
