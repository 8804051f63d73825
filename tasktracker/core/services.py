"""Changing the ground floor: members, tokens, heartbeats."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from tasktracker.core.account_models import TotpDevice
from tasktracker.core.enums import Role, TokenScope
from tasktracker.core.errors import Invalid
from tasktracker.core.models import ApiToken, Heartbeat, IdempotentRequest, Membership, User, Workspace

REQUESTS_KEPT = timedelta(days=7)  # a client that asks again asks within minutes
TOKEN_PREFIX = "tt_"  # noqa: S105 (what a token begins with, so that a leaked one is recognised)


def digest(token: str) -> str:
    """SHA-256 of a token, hex: what is stored. A random 256-bit token needs no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


@transaction.atomic
def ensure_workspace(*, slug: str, name: str = "") -> Workspace:
    """The workspace with this slug, made when missing."""
    if slug != slugify(slug) or not slug:
        raise Invalid(f"{slug!r} is no workspace name: use small letters, digits and hyphens.")
    return Workspace.objects.get_or_create(slug=slug, defaults={"name": name or slug.replace("-", " ").capitalize()})[0]


@transaction.atomic
def ensure_member(
    *, username: str, workspace_slug: str = "default", role: str | None = None, workspace_name: str = ""
) -> Membership:
    """User, workspace and membership, each made when missing; `role` changes a membership that is there.

    A new member without `role` is a reviewer; the first member of a workspace is its admin.
    """
    if role is not None and role not in Role.values:
        raise Invalid(f"{role!r} is no role: use one of {', '.join(Role.values)}.")
    workspace = ensure_workspace(slug=workspace_slug, name=workspace_name)
    user, made = User.objects.get_or_create(username=username)
    if made:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    first = not workspace.memberships.exists()
    membership, made = Membership.objects.get_or_create(
        workspace=workspace,
        user=user,
        defaults={"role": role or (Role.ADMIN if first else Role.REVIEWER)},
    )
    if not made and role and membership.role != role:
        membership.role = role
        membership.save(update_fields=["role", "updated_at"])
    set_staff(user=user)
    return membership


def set_staff(*, user: User) -> None:
    """`is_staff` comes with the role manager or admin in any workspace, and goes with it."""
    staff = user.memberships.filter(role__in=[Role.MANAGER, Role.ADMIN]).exists()
    if user.is_staff != staff:
        user.is_staff = staff
        user.save(update_fields=["is_staff"])


@transaction.atomic
def create_token(
    *,
    user: User,
    workspace: Workspace,
    label: str = "",
    scope: TokenScope = TokenScope.ADMIN,
    expires_at: datetime | None = None,
) -> str:
    """A new bearer token for `user` in `workspace`. This is the only time that it is seen."""
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    ApiToken.objects.create(
        user=user,
        workspace=workspace,
        label=label,
        digest=digest(token),
        hint=token[-4:],
        scope=scope,
        expires_at=expires_at,
    )
    return token


@transaction.atomic
def set_random_password(*, user: User) -> str:
    """Give `user` a new random password and return it; it is stored only as a hash. Logins and links to one end."""
    password = "-".join(secrets.token_hex(3) for _ in range(4))
    user.set_password(password)
    user.save(update_fields=["password"])
    user.password_links.filter(used_at__isnull=True).delete()
    Session.objects.filter(login__user=user).delete()
    return password


@transaction.atomic
def forget_second_step(*, user: User) -> None:
    """Let `user` sign in with the password alone: the device and the codes are lost."""
    TotpDevice.objects.filter(user=user).delete()
    user.passkeys.all().delete()
    user.recovery_codes.all().delete()


def beat(*, name: str, detail: dict[str, Any] | None = None) -> None:
    """Say that the part `name` lives."""
    # In one statement: several processes of one name begin at the same moment.
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=name, at=timezone.now(), detail=detail or {})],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["at", "detail"],
    )


def forget_requests() -> None:
    """Let go of the answers that are kept for a second asking, and of what they hold, after a week."""
    IdempotentRequest.objects.filter(created_at__lt=timezone.now() - REQUESTS_KEPT).delete()
