"""Idempotency-Key: the same request again gets the first answer and does nothing."""

import json

import pytest
from django.db import connection

from ingestion import probing
from ingestion.models import Message, Source
from knowledge.models import Atom, AtomLink
from tasktracker.core.account_models import Invitation
from tasktracker.core.models import IdempotentRequest
from tasktracker.core.tests.factories import Person

BODY = {"source": "s", "external_id": "1", "author": "Ann", "text": "The export fails.", "sent_at": "2026-11-01T10:00Z"}


def test_the_same_key_gets_the_same_answer(owner: Person) -> None:
    first = owner.api.post("/api/messages", BODY, format="json", headers={"Idempotency-Key": "k"})
    second = owner.api.post("/api/messages", BODY, format="json", headers={"Idempotency-Key": "k"})
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json()["id"] == first.json()["id"]
    assert Message.objects.count() == 1


def test_the_same_key_for_another_request_is_409(owner: Person) -> None:
    owner.api.post("/api/messages", BODY, format="json", headers={"Idempotency-Key": "k"})
    answer = owner.api.post(
        "/api/messages", BODY | {"external_id": "2"}, format="json", headers={"Idempotency-Key": "k"}
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_mismatch")


def test_a_refused_request_leaves_the_key_free(owner: Person) -> None:
    bad = owner.api.post("/api/messages", BODY | {"text": " "}, format="json", headers={"Idempotency-Key": "k"})
    good = owner.api.post("/api/messages", BODY, format="json", headers={"Idempotency-Key": "k"})
    assert (bad.status_code, good.status_code) == (400, 201)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("sources", {"name": "hook", "kind": "webhook", "secret": "whsec_c2VjcmV0LWNhbmFyeS1vZi1hLWhvb2s="}),
        ("providers", {"name": "mine", "kind": "openai", "api_key": "sk-canary", "default_model": "m"}),
        ("schedules", {"name": "nightly", "cron": "0 7 * * 1-5"}),
        ("task-configs", {"name": "bugs"}),
        ("projects", {"name": "Billing"}),
    ],
)
def test_whatever_is_made_is_made_once(owner: Person, path: str, body: dict[str, str]) -> None:
    def send(given: dict[str, str]) -> tuple[int, dict[str, object]]:
        answer = owner.api.post(f"/api/{path}", given, format="json", headers={"Idempotency-Key": "k"})
        return answer.status_code, answer.json()

    assert send({**body, "name": ""})[0] == 400
    first = send(body)
    assert first[0] == 201, first
    assert send(body) == first
    assert send({**body, "name": "other"})[1]["code"] == "idempotency_mismatch"
    with connection.cursor() as cursor:
        cursor.execute("SELECT r::text FROM core_idempotentrequest r")
        kept = str(cursor.fetchall())
    assert not [value for name, value in body.items() if name in ("secret", "api_key") and value in kept]


def test_a_link_between_atoms_is_made_once(owner: Person) -> None:
    atoms = [Atom.objects.create(workspace=owner.workspace, type="problem", title=title).pk for title in "ab"]
    body = {"from_atom": atoms[0], "to_atom": atoms[1], "type": "supports"}
    sent = [owner.api.post("/api/atom-links", body, format="json", headers={"Idempotency-Key": "k"}) for _ in "12"]
    assert [answer.status_code for answer in sent] == [201, 201]
    assert sent[0].json() == sent[1].json()
    assert AtomLink.objects.count() == 1


def test_what_is_shown_once_is_not_kept_and_no_second_one_is_made(owner: Person) -> None:
    hook = owner.api.post("/api/sources", {"name": "hook", "kind": "webhook"}, format="json").json()["id"]
    for path in ("invitations", f"sources/{hook}/rotate-secret"):
        first, again, other = (
            owner.api.post(f"/api/{path}", {}, format="json", headers={"Idempotency-Key": key}) for key in "aab"
        )
        assert (again.status_code, again.json()["code"]) == (409, "shown_once")
        assert first.status_code == other.status_code in (200, 201)
        assert first.json() != other.json()
        assert not IdempotentRequest.objects.filter(body__isnull=False).exists()
        IdempotentRequest.objects.all().delete()
    assert Invitation.objects.count() == 2
    source = Source.objects.get()
    assert len(source.open_secrets()) == 2


def test_a_request_of_which_nobody_knows_what_became_is_not_done_twice(
    owner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = owner.api.post("/api/sources", {"name": "hook", "kind": "webhook"}, format="json").json()["id"]

    def rotate() -> tuple[int, str]:
        answer = owner.api.post(f"/api/sources/{hook}/rotate-secret", headers={"Idempotency-Key": "k"})
        return answer.status_code, answer.json().get("code", "")

    def meanwhile(**given: Source) -> str:
        told.append(rotate())  # the same request, while the first is at work
        raise RuntimeError(json.dumps(given["source"].pk))

    told: list[tuple[int, str]] = []
    with monkeypatch.context() as patch:
        patch.setattr(probing, "rotate_secret", meanwhile)
        with pytest.raises(RuntimeError):
            rotate()
    assert told == [(409, "idempotency_unknown")]
    assert rotate() == (200, ""), "it failed, so that its key is free"
