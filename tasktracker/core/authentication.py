"""How the API knows who calls: a bearer token, or the session of the pages (with CSRF)."""

from collections.abc import Sequence
from typing import Any

from django.db import models
from django.utils import timezone
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from tasktracker.core.models import ApiToken, User, Workspace
from tasktracker.core.rows import columns, instances, planned_cursor
from tasktracker.core.services import digest

USED_EVERY = 60  # seconds between two writes of last_used_at

# By hand: it is the first thing that every call of the API asks. Whoever asks more at once joins it to `t`.
OWNER_COLUMNS = f"m.role, {columns(ApiToken, 't')}, {columns(User, 'u')}, {columns(Workspace, 'w')}"
OWNER_TABLES = """
core_apitoken t
JOIN core_user u ON u.id = t.user_id AND u.is_active
JOIN core_workspace w ON w.id = t.workspace_id
JOIN core_membership m ON m.user_id = t.user_id AND m.workspace_id = t.workspace_id
"""
OWNER = f"SELECT {OWNER_COLUMNS} FROM {OWNER_TABLES} WHERE t.digest = %s"  # noqa: S608  # they are of our models


def token_owner(token: str) -> ApiToken | None:
    """The live token with its user, workspace and current `role`, in one query; None when there is none."""
    with planned_cursor() as cursor:
        cursor.execute(OWNER, [digest(token)])
        row = cursor.fetchone()
    return owner_in(row)[0] if row is not None else None


def owner_in(row: Sequence[Any], *more: type[models.Model]) -> list[Any]:
    """The token in a row of `OWNER_COLUMNS`, as `token_owner` gives it, and what stands behind: instances of `more`."""
    found, user, workspace, *others = instances((ApiToken, User, Workspace, *more), row[1:])
    found.user, found.workspace, found.role = user, workspace, row[0]
    return [found if found.is_live else None, *others]


def touch(token: ApiToken) -> None:
    """Remember that the token was used, at most once a minute."""
    now = timezone.now()
    if token.last_used_at is None or (now - token.last_used_at).total_seconds() > USED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
        token.last_used_at = now


class BearerAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer TOKEN`."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        scheme, _, value = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        token = token_owner(value.strip())
        if token is None:
            raise exceptions.AuthenticationFailed("This token is not known, was revoked, or has expired.")
        http: Any = request._request
        http.user = token.user  # before anything is written: whoever asks who it was does not ask the session
        touch(token)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class SessionAuthentication(authentication.SessionAuthentication):
    """The pages' session; an anonymous caller gets 401 rather than 403."""

    def authenticate_header(self, request: Request) -> str:
        return "Session"

    def enforce_csrf(self, request: Any) -> None:
        super().enforce_csrf(request)
