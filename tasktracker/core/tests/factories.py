"""People and rooms for tests: an owner, a colleague, and a stranger who is a member elsewhere."""

from dataclasses import dataclass

from django.test import Client
from rest_framework.test import APIClient

from tasktracker.core import services
from tasktracker.core.models import User, Workspace

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
    """A member with a token; user and workspace are made when missing."""
    membership = services.ensure_member(username=username, workspace_slug=workspace, role=role)
    token = services.create_token(user=membership.user, workspace=membership.workspace)
    return Person(membership.user, membership.workspace, token)
