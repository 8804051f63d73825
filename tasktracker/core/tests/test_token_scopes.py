"""What a token may do at most: over every address of the API, and never more than its owner."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tasktracker.core import services
from tasktracker.core.consumers import EventConsumer
from tasktracker.core.enums import Role, TokenScope
from tasktracker.core.models import ApiToken
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.support import empty_valkey, some
from tasktracker.tests.test_access_matrix import EXPECTED, LOGIN, OPEN, Visitor, World, ask, filled, world

__all__ = ["world"]  # the fixture

API = [(address, method, role) for address, methods in EXPECTED.items() for method, role in methods.items()]
API = [entry for entry in API if entry[0].startswith("api/")]
# The highest role that a token of each scope acts in; said here once more, so that a change is seen.
HIGHEST = {"read": "viewer", "ingest": "reviewer", "review": "reviewer", "write": "manager", "admin": "admin"}
SENDS = {"api/messages", "api/messages/bulk"}


def may(scope: TokenScope, address: str, method: str, role: str) -> bool:
    """What the scope promises, for the token of an admin."""
    if role in (OPEN, LOGIN):
        return True
    if scope is TokenScope.INGEST:
        return method == "post" and address in SENDS
    if scope is TokenScope.READ and method != "get":
        return False
    return Role(HIGHEST[scope]).rank >= Role(role).rank


def token_of(person: Person, scope: TokenScope) -> str:
    return services.create_token(user=person.user, workspace=person.workspace, scope=scope)


@pytest.mark.parametrize("scope", list(TokenScope))
def test_each_scope_reaches_what_it_should_and_no_more(scope: TokenScope, world: World, owner: Person) -> None:
    visitor = Visitor(token_of(owner, scope))
    wrong = []
    for number, (address, method, role) in enumerate(some(API, 12, list(TokenScope).index(scope))):
        answer = ask(world.client, visitor, method, filled(address, world))
        reached = answer.status_code not in (401, 403)
        if reached != may(scope, address, method, role):
            wrong.append(f"{method} /{address}: {answer.status_code} {answer.content[:200]!r}")
        if number % 12 == 0:
            empty_valkey()
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("scope", list(TokenScope))
def test_no_scope_lifts_its_owner(scope: TokenScope, db: None) -> None:
    viewer = make_person("viewer", role="viewer")
    headers = {"Authorization": f"Bearer {token_of(viewer, scope)}", "host": "localhost"}
    body: dict[str, Any] = {
        "source": "s",
        "external_id": "1",
        "author": "a",
        "text": "t",
        "sent_at": "2026-01-01T00:00Z",
    }
    for path in ("/api/messages", "/api/topics", "/api/providers"):
        assert Client(headers=headers).post(path, body, content_type="application/json").status_code == 403, path


def test_a_token_for_ingest_sends_messages_and_reads_nothing(owner: Person) -> None:
    headers = {"Authorization": f"Bearer {token_of(owner, TokenScope.INGEST)}", "host": "localhost"}
    client = Client(headers=headers)
    body = {"source": "s", "external_id": "1", "author": "a", "text": "t", "sent_at": "2026-01-01T00:00:00Z"}
    assert client.post("/api/messages", body, content_type="application/json").status_code == 201
    answer = client.get("/api/messages")
    assert (answer.status_code, answer.json()["code"]) == (403, "scope")


@pytest.mark.parametrize("scope", list(TokenScope))
def test_a_socket_is_for_tokens_that_read(scope: TokenScope, owner: Person) -> None:
    user, access = EventConsumer()._identify(token_of(owner, scope), None)
    assert user == owner.user
    assert (access is None) == (scope is TokenScope.INGEST)
    assert access is None or access.role == HIGHEST[scope]


def test_the_command_and_the_page_make_what_they_say(owner: Person) -> None:
    assert ApiToken.objects.get(user=owner.user).scope == TokenScope.ADMIN
    client = Client(headers={"host": "localhost"})
    client.force_login(owner.user)
    for data, scope, days in [
        ({}, "read", 90),
        ({"scope": "review", "expires": "7"}, "review", 7),
        ({"scope": "admin", "expires": ""}, "admin", None),
    ]:
        ApiToken.objects.all().delete()
        assert client.post("/settings/tokens/", {"label": "x", **data}).status_code == 200
        made = ApiToken.objects.get()
        assert made.scope == scope
        assert made.last_used_at is None
        if days is None:
            assert made.expires_at is None
        else:
            assert made.expires_at is not None
            assert abs(made.expires_at - timezone.now() - timedelta(days=days)) < timedelta(minutes=1)


def test_a_viewer_is_offered_no_scope_above_their_role(db: None) -> None:
    client = Client(headers={"host": "localhost"})
    client.force_login(make_person("viewer", role="viewer").user)
    assert client.post("/settings/tokens/", {"scope": "write"}).status_code == 400
    assert client.post("/settings/tokens/", {"scope": "admin", "expires": "1"}).status_code == 400
