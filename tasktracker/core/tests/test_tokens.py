"""Bearer tokens: stored as a hash, bound to a workspace, gone with the membership."""

from datetime import timedelta

from django.utils import timezone

from tasktracker.core import services
from tasktracker.core.models import ApiToken, Membership
from tasktracker.core.tests.factories import Person


def test_a_token_opens_its_workspace(owner: Person) -> None:
    answer = owner.api.get("/api/config")
    assert answer.status_code == 200
    assert answer.json()["workspace"]["slug"] == "acme"
    assert answer.json()["role"] == "admin"


def test_no_token_and_a_wrong_one_are_401(owner: Person) -> None:
    api = owner.api
    api.credentials()
    assert api.get("/api/config").status_code == 401
    api.credentials(HTTP_AUTHORIZATION="Bearer tt_wrong")
    answer = api.get("/api/config")
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "authentication_failed"


def test_an_expired_token_is_401(owner: Person) -> None:
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert owner.api.get("/api/config").status_code == 401


def test_a_token_ends_with_the_membership(owner: Person) -> None:
    Membership.objects.filter(user=owner.user).delete()
    assert owner.api.get("/api/config").status_code == 401


def test_the_token_itself_is_stored_nowhere(owner: Person) -> None:
    row = ApiToken.objects.get(user=owner.user)
    assert row.digest == services.digest(owner.token)
    assert owner.token not in str(row.__dict__)


def test_another_workspace_is_404(owner: Person, stranger: Person) -> None:
    answer = owner.api.get("/api/config", headers={"X-Workspace": "elsewhere"})
    assert answer.status_code == 404
    assert owner.browser.get("/api/config", headers={"X-Workspace": "elsewhere"}).status_code == 404


def test_a_session_acts_in_the_workspace_that_it_names(owner: Person) -> None:
    services.ensure_member(username="owner", workspace_slug="zeta", role="viewer")
    assert owner.browser.get("/api/config").json()["workspace"]["slug"] == "acme"
    answer = owner.browser.get("/api/config", headers={"X-Workspace": "zeta"}).json()
    assert (answer["workspace"]["slug"], answer["role"]) == ("zeta", "viewer")


def test_a_call_by_token_asks_no_session(owner: Person) -> None:
    body = {"source": "s", "external_id": "1", "author": "a", "text": "t", "sent_at": "2026-01-01T00:00:00Z"}
    answer = owner.api.post("/api/messages", body, format="json")
    assert answer.status_code == 201
    assert "Cookie" not in answer.headers.get("Vary", "")
