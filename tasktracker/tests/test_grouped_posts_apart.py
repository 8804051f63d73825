"""Posts that are written together have nothing to do with each other: not their faults, and not their cookies."""

import json
import time
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import override_settings
from rest_framework.test import APIClient

from ingestion.grouped import Recorder
from tasktracker.core.enums import Role
from tasktracker.core.grouped import Grouped
from tasktracker.core.http import http_application
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.core.throttling import UserThrottle, counters
from tasktracker.core.wsgi import Message

BODY = {"source": "posts", "external_id": "1", "author": "Ann", "text": "hello", "sent_at": "2026-11-01T10:00:00Z"}
HOSTILE = {
    "deep": b'{"metadata": ' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    "NUL in the source": json.dumps(BODY | {"external_id": "2", "source": "\x00"}).encode(),
    "half a pair in the source": json.dumps(BODY | {"external_id": "2", "source": "\ud800"}).encode(),
    "half a pair in the author": json.dumps(BODY | {"external_id": "2", "author": {"id": "\ud800"}}).encode(),
    "half a pair in the channel": json.dumps(BODY | {"external_id": "2", "channel": "\ud800"}).encode(),
    "NUL in the metadata": json.dumps(BODY | {"external_id": "1", "metadata": {"a": "\x00"}}).encode(),
    "no number": b'{"metadata": {"a": NaN}}',
    "no JSON": b"\xff",
    "an id of nothing": json.dumps(BODY | {"external_id": "\u200b"}).encode(),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_post_leaves_its_neighbours_in_their_group(name: str) -> None:
    person = make_person("wanda", role="reviewer")
    api = APIClient(headers={"Authorization": f"Bearer {person.token}"})
    assert api.post("/api/messages", BODY, format="json").status_code == 201
    good = json.dumps(BODY | {"external_id": "good"}).encode()
    made, none = Recorder()([(person.token, good), (person.token, HOSTILE[name])], lambda tokens: [True] * len(tokens))
    assert made is not None
    assert json.loads(made)["external_id"] == "good"
    assert none is None


class Server:
    """The whole of our HTTP, called in this process."""

    def __init__(self) -> None:
        self.application = http_application(
            lambda inner: Grouped(inner, path="/api/messages", role=Role.REVIEWER, record=Recorder())
        )

    async def post(self, person: Person, number: str, **headers: str) -> tuple[int, dict[str, str]]:
        """Status and headers."""
        body = json.dumps(BODY | {"external_id": number}).encode()
        sent = {"host": "testserver", "authorization": f"Bearer {person.token}", "content-type": "application/json"}
        sent |= {"content-length": str(len(body))} | headers
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": "POST",
            "path": "/api/messages",
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
        }
        answer: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            answer.append(message)

        await self.application(scope, receive, send)
        return answer[0]["status"], {name.decode(): value.decode() for name, value in answer[0]["headers"]}


@pytest.fixture
def people(transactional_db: None) -> Iterator[tuple[Person, Person]]:
    with override_settings(ALLOWED_HOSTS=["testserver"]):
        yield make_person("wanda", role="reviewer"), make_person("mallory", workspace="other", role="reviewer")


@pytest.mark.parametrize("more", [{}, {"idempotency-key": "k"}])
async def test_a_cookie_for_one_caller_is_given_to_nobody_else(
    people: tuple[Person, Person], more: dict[str, str]
) -> None:
    wanda, mallory = people
    server = Server()
    status, headers = await server.post(mallory, "m", cookie="csrftoken=bad", **more)
    assert status == 201
    assert "set-cookie" in headers
    for number in ("1", "2", "3"):
        status, headers = await server.post(wanda, number)
        assert status == 201
        assert "set-cookie" not in headers


async def test_what_goes_to_django_after_all_counts_once(
    people: tuple[Person, Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    wanda, _ = people
    # One window, however long the test takes.
    monkeypatch.setattr(UserThrottle, "parse_rate", lambda self, rate: (4, 10**9))
    counters().delete(f"{settings.CACHES['default']['KEY_PREFIX']}:rate:{wanda.user.pk}:{int(time.time() // 10**9)}")
    server = Server()
    # The first is Django's own; the others are known already, which is Django's to say.
    assert [(await server.post(wanda, "same"))[0] for _ in range(5)] == [201, 200, 200, 200, 429]
