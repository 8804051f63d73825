"""Idempotency-Key: the same request again gets the first answer and does nothing."""

from ingestion.models import Message
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
