"""People and rooms for tests: an owner, a colleague, and a stranger who is a member elsewhere."""

import secrets
from dataclasses import dataclass

from django.test import Client
from rest_framework.test import APIClient

from tasktracker.core import services
from tasktracker.core.enums import Role, TokenScope
from tasktracker.core.models import ApiToken, Membership, User, Workspace

PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Person:
    """A user with a token in one workspace."""

    user: User
    workspace: Workspace
    token: str

    @property
    def api(self) -> APIClient:
        """An API client with the person's bearer token."""
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {self.token}")
        return client

    @property
    def browser(self) -> Client:
        """A logged-in browser that checks CSRF like a real one."""
        client = Client(enforce_csrf_checks=True)
        client.force_login(self.user)
        return client


def make_person(username: str, *, workspace: str = "acme", role: str = "reviewer") -> Person:
    """A member with a token; user and workspace are made when missing.

    Somebody new is made of rows: the services look first for what may be there, which is thrice as many statements.
    """
    user = User.objects.filter(username=username).first()
    if user is None:
        room = Workspace.objects.filter(slug=workspace).first() or services.ensure_workspace(slug=workspace)
        user = User(username=username, is_staff=role in (Role.MANAGER, Role.ADMIN))
        user.set_unusable_password()
        user.save(force_insert=True)
        Membership.objects.create(workspace=room, user=user, role=role)
    else:
        membership = services.ensure_member(username=username, workspace_slug=workspace, role=role)
        user, room = membership.user, membership.workspace
    token = services.TOKEN_PREFIX + secrets.token_urlsafe(32)
    ApiToken.objects.create(
        user=user, workspace=room, digest=services.digest(token), hint=token[-4:], scope=TokenScope.ADMIN
    )
    return Person(user, room, token)
