"""A new password ends API tokens where the person wants it, and the log of each workspace says so."""

from typing import Any

import pytest
from django.test import Client

from tasktracker.core import passwords, services
from tasktracker.core.audit_models import AuditEntry
from tasktracker.core.models import ApiToken, User
from tasktracker.core.tests.factories import PASSWORD, Person, make_person
from tasktracker.tests.pages import Page

pytestmark = pytest.mark.django_db
OTHER = "another long password"
LOCAL = {"host": "localhost"}


@pytest.fixture
def ada(owner: Person) -> Person:
    found = make_person("ada")
    found.user.set_password(PASSWORD)
    found.user.save()
    return found


def logged_in(user: User, password: str = PASSWORD) -> Client:
    client = Client(headers=LOCAL)
    assert client.post("/login/", {"username": user.username, "password": password}).status_code == 302
    return client


def tokens_of(person: Person) -> int:
    return ApiToken.objects.filter(user=person.user).count()


def log_of(person: Person) -> list[tuple[str, str, Any, Any]]:
    """What the log of the workspace says of the person's password and tokens: kind, verb, by whom, what."""
    rows = AuditEntry.objects.filter(kind__in=["member", "token"], verb__in=["changed", "removed"]).order_by("id")
    return [(row.kind, row.verb, row.by_id, row.changes.get("api_tokens")) for row in rows]


def test_a_change_ends_api_tokens_where_the_box_is_ticked(ada: Person) -> None:
    client = logged_in(ada.user)
    box = Page.of(client.get("/settings/account/")).one("input", name="end_tokens")
    assert "checked" not in box.attrs
    data = {"password": PASSWORD, "new": OTHER, "again": OTHER}
    client.post("/settings/account/password/", data)
    assert ada.api.get("/api/config").status_code == 200
    assert log_of(ada) == [("member", "changed", ada.user.pk, None)]
    services.create_token(user=ada.user, workspace=ada.workspace)
    other = make_person("eve")
    data = {"password": OTHER, "new": PASSWORD, "again": PASSWORD, "end_tokens": "on"}
    client.post("/settings/account/password/", data)
    assert client.get("/settings/account/").status_code == 200
    assert (tokens_of(ada), tokens_of(other)) == (0, 1)
    assert ada.api.get("/api/config").status_code == 401
    mine = ada.user.pk
    assert log_of(ada)[1:] == [("token", "removed", mine, None)] * 2 + [("member", "changed", mine, [2, 0])]
    assert PASSWORD not in str(list(AuditEntry.objects.values()))


def test_a_reset_ends_them_unless_the_box_is_cleared(owner: Person, ada: Person) -> None:
    for given, left in (({}, 1), ({"end_tokens": "on"}, 0)):
        path = f"/password/{passwords.make_link(user=ada.user, by=None)}/"
        client = Client(headers=LOCAL)
        assert "checked" in Page.of(client.get(path)).one("input", name="end_tokens").attrs
        client.post(path, {"new_password1": OTHER, "new_password2": OTHER, **given})
        assert tokens_of(ada) == left
        logged_in(ada.user, OTHER)
    assert log_of(ada)[-1] == ("member", "changed", ada.user.pk, [1, 0])
    told = Page.of(owner.browser.get("/settings/audit/?kind=member")).text
    assert "api tokens" in told
