"""How the API knows who calls: a bearer token, or the session of the pages (with CSRF)."""

from typing import Any

from django.db.models import OuterRef, Subquery
from django.utils import timezone
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from tasktracker.core.models import ApiToken, Membership, User
from tasktracker.core.services import digest

USED_EVERY = 60  # seconds between two writes of last_used_at


def token_owner(token: str) -> ApiToken | None:
    """The live token with its user, workspace and current `role`, in one query; None when there is none."""
    role = Membership.objects.filter(user=OuterRef("user"), workspace=OuterRef("workspace")).values("role")
    found = (
        ApiToken.objects.filter(digest=digest(token), user__is_active=True)
        .select_related("user", "workspace")
        .annotate(role=Subquery(role))
        .first()
    )
    return found if found is not None and found.is_live and found.role else None


def touch(token: ApiToken) -> None:
    """Remember that the token was used, at most once a minute."""
    now = timezone.now()
    if token.last_used_at is None or (now - token.last_used_at).total_seconds() > USED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)


class BearerAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer TOKEN`."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        scheme, _, value = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        token = token_owner(value.strip())
        if token is None:
            raise exceptions.AuthenticationFailed("This token is not known, was revoked, or has expired.")
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
