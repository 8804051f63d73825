"""`/api/sources`: CRUD for admins; a secret goes in and never comes out."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from ingestion.models import Source
from tasktracker.core.locks import one_at_a_time
from tasktracker.core.tests.factories import Person

SECRET = "123456:CANARY-secret-of-a-bot-000000000"


def test_a_secret_is_sealed_and_never_returned(owner: Person) -> None:
    made = owner.api.post("/api/sources", {"name": "bot", "kind": "telegram", "secret": SECRET}, format="json")
    assert made.status_code == 201
    body = made.json()
    assert body["has_secret"] is True
    assert "secret" not in body
    listed = owner.api.get("/api/sources")
    assert SECRET.encode() not in listed.content
    assert Source.objects.get().open_secret() == SECRET
    with connection.cursor() as cursor:
        cursor.execute("SELECT s::text FROM ingestion_source s")
        assert SECRET not in str(cursor.fetchall())


def test_a_source_is_changed_switched_off_and_deleted(owner: Person) -> None:
    pk = owner.api.post("/api/sources", {"name": "bot", "kind": "telegram"}, format="json").json()["id"]
    changed = owner.api.patch(f"/api/sources/{pk}", {"is_active": False, "name": "Bot"}, format="json").json()
    assert (changed["is_active"], changed["name"]) == (False, "Bot")
    assert owner.api.delete(f"/api/sources/{pk}").status_code == 204


def test_a_name_is_taken_once(owner: Person) -> None:
    owner.api.post("/api/sources", {"name": "bot", "kind": "telegram"}, format="json")
    again = owner.api.post("/api/sources", {"name": "bot", "kind": "telegram"}, format="json")
    assert (again.status_code, again.json()["code"]) == (409, "exists")


def test_a_source_with_messages_is_not_deleted(owner: Person) -> None:
    body = {"source": "s", "external_id": "1", "author": "A", "text": "It fails.", "sent_at": "2026-11-02T10:00Z"}
    source = owner.api.post("/api/messages", body, format="json").json()["source"]
    answer = owner.api.delete(f"/api/sources/{source}")
    assert (answer.status_code, answer.json()["code"]) == (409, "in_use")


@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_a_stranger_gets_404(owner: Person, stranger: Person, method: str) -> None:
    pk = owner.api.post("/api/sources", {"name": "bot", "kind": "telegram"}, format="json").json()["id"]
    assert getattr(stranger.api, method)(f"/api/sources/{pk}").status_code == 404


def test_only_an_admin_writes(owner: Person, colleague: Person) -> None:
    assert colleague.api.get("/api/sources").status_code == 200
    assert colleague.api.post("/api/sources", {"name": "x", "kind": "api"}, format="json").status_code == 403


def test_a_new_secret_is_shown_once(owner: Person) -> None:
    pk = owner.api.post("/api/sources", {"name": "hook", "kind": "webhook"}, format="json").json()["id"]
    secret = owner.api.post(f"/api/sources/{pk}/rotate-secret").json()["secret"]
    assert secret.startswith("whsec_")
    assert Source.objects.get().open_secret() == secret
    assert secret.encode() not in owner.api.get(f"/api/sources/{pk}").content


def test_the_secret_before_stays_valid_for_a_day_and_no_longer(owner: Person) -> None:
    pk = owner.api.post("/api/sources", {"name": "hook", "kind": "webhook"}, format="json").json()["id"]
    first, second = (owner.api.post(f"/api/sources/{pk}/rotate-secret").json()["secret"] for _ in range(2))
    source = Source.objects.get()
    assert source.open_secrets() == [second, first]
    source.previous_secret_until = timezone.now() - timedelta(seconds=1)
    assert source.open_secrets() == [second]
    source.set_secret("typed by hand")
    assert (source.open_secrets(), source.sealed_previous_secret) == (["typed by hand"], "")


def test_a_bots_token_is_not_ours_to_make(owner: Person) -> None:
    pk = owner.api.post("/api/sources", {"name": "bot", "kind": "telegram"}, format="json").json()["id"]
    assert owner.api.post(f"/api/sources/{pk}/rotate-secret").status_code == 400


def test_the_test_of_a_source_says_what_is_missing(owner: Person) -> None:
    pk = owner.api.post("/api/sources", {"name": "bot", "kind": "telegram"}, format="json").json()["id"]
    answer = owner.api.post(f"/api/sources/{pk}/test").json()
    assert answer == {"ok": False, "detail": "No bot token yet: set it as the secret of this source."}
    owner.api.patch(f"/api/sources/{pk}", {"kind": "api"}, format="json")
    assert owner.api.post(f"/api/sources/{pk}/test").json()["ok"] is True


def test_one_source_is_tested_at_a_time(owner: Person) -> None:
    pk = owner.api.post("/api/sources", {"name": "bot", "kind": "api"}, format="json").json()["id"]
    with one_at_a_time(user=owner.user, seconds=60):
        answer = owner.api.post(f"/api/sources/{pk}/test")
    assert (answer.status_code, answer.json()["code"]) == (429, "already_running")
    assert 0 < int(answer["Retry-After"]) <= 60
    assert owner.api.post(f"/api/sources/{pk}/test").status_code == 200


def test_filters_and_days_are_written_and_wrong_ones_are_named(owner: Person) -> None:
    body = {"name": "s", "kind": "api", "filters": {"skip": {"authors": [" CI ", "CI", ""]}, "take": {"channels": []}}}
    made = owner.api.post("/api/sources", {**body, "retention_days": 30, "last_error": "mine"}, format="json").json()
    assert made["filters"] == {"skip": {"authors": ["CI"]}}
    assert (made["retention_days"], made["last_error"], made["last_error_at"]) == (30, "", None)
    for filters, told in (
        ([], "object"),
        ({"drop": {}}, "drop"),
        ({"take": {"authors": []}}, "authors"),
        ({"skip": {"authors": "CI"}}, "skip.authors is a list"),
        ({"skip": {"patterns": ["x" * 201]}}, "200 letters"),
        ({"skip": {"patterns": [str(n) for n in range(201)]}}, "201 entries"),
    ):
        answer = owner.api.patch(f"/api/sources/{made['id']}", {"filters": filters}, format="json")
        assert answer.status_code == 400
        assert told in str(answer.json()), filters
    assert owner.api.patch(f"/api/sources/{made['id']}", {"retention_days": 0}, format="json").status_code == 400
