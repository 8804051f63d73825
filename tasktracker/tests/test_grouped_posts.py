"""Posts that are written together answer as those that Django writes alone, and what was answered is stored."""

import http.client
import json
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest

from ingestion.models import Message
from tasktracker.core.models import ApiToken, Event
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.support import LiveStack, count

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.live]


class Caller:
    """One connection to the server; each post gives status, headers and body."""

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        self.connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)
        self.token = token

    def post(self, number: int | str, headers: dict[str, str] | None = None, **more: Any) -> tuple[int, Any, Any]:
        body = {"source": "posts", "external_id": str(number), "author": "Ann", "text": f"Message {number}"}
        body |= {"sent_at": "2026-11-01T10:00:00Z", **more}
        sent = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json", **(headers or {})}
        self.connection.request("POST", "/api/messages", json.dumps(body), sent)
        answer = self.connection.getresponse()
        text = answer.read()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, found, json.loads(text) if "json" in found["content-type"] else None


@pytest.fixture
def writer(transactional_db: None) -> Person:
    return make_person("wanda", role="reviewer")


@pytest.fixture
def caller(web: LiveStack, writer: Person) -> Caller:
    """Who has posted once, so that source, channel and author are there."""
    made = Caller(web.url, writer.token)
    assert made.post("first")[0] == 201
    return made


def test_the_answer_is_the_one_that_django_gives(caller: Caller) -> None:
    # A key of idempotency always goes to Django.
    status, headers, body = caller.post("a", {"Idempotency-Key": "k"})
    fast_status, fast_headers, fast_body = caller.post("b")
    assert (status, fast_status) == (201, 201)
    per_request = ("date", "content-length")
    assert {name: value for name, value in headers.items() if name not in per_request} == {
        name: value for name, value in fast_headers.items() if name not in per_request
    }
    one, two = Message.objects.get(external_id="a"), Message.objects.get(external_id="b")
    own = ("id", "external_id", "text", "url", "received_at")
    assert {key: value for key, value in body.items() if key not in own} == {
        key: value for key, value in fast_body.items() if key not in own
    }
    assert (body["id"], fast_body["id"]) == (one.pk, two.pk)
    assert (one.source_id, one.channel_id, one.author_id, one.verdict) == (
        two.source_id,
        two.channel_id,
        two.author_id,
        two.verdict,
    )
    assert Event.objects.filter(type="message.received", object_id=two.pk).count() == 1


def test_what_is_not_plain_is_judged_as_ever(caller: Caller, writer: Person, web: LiveStack) -> None:
    assert caller.post("a")[0] == 201
    assert caller.post("a")[0] == 200
    assert caller.post("a", text="Another text", edited_at="2026-11-02T10:00:00Z")[2]["text"] == "Another text"
    assert caller.post("b", text="  ")[0] == 400
    assert caller.post("c", {"Authorization": "Bearer tt_nobody"})[0] == 401
    assert caller.post("d", {"X-Workspace": "elsewhere"})[0] == 404
    assert caller.post("e", {"Host": "elsewhere.example"})[0] == 400
    assert caller.post("f", source="another")[0] == 201
    assert caller.post("g", author={"id": "Ann", "name": "Anna"})[2]["author"]["name"] == "Anna"
    viewer = Caller(web.url, make_person("vera", role="viewer").token)
    assert viewer.post("h")[0] == 403
    ApiToken.objects.filter(user=writer.user).delete()
    assert caller.post("i")[0] == 401
    stored = Counter(Message.objects.values_list("external_id", flat=True))
    assert stored == Counter(["first", "a", "f", "g"])


def test_a_workspace_never_writes_into_another(caller: Caller, web: LiveStack) -> None:
    other = make_person("otto", workspace="elsewhere", role="reviewer")
    stranger = Caller(web.url, other.token)
    assert stranger.post("x")[0] == 201
    both = [caller, stranger]
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda who: who.post("same")[0], both)) == [201, 201]
    assert set(Message.objects.filter(external_id="same").values_list("workspace__slug", flat=True)) == {
        "acme",
        "elsewhere",
    }


def test_many_at_once_are_each_stored_once(caller: Caller, web: LiveStack, writer: Person) -> None:
    callers, each = 12, count(10, 200)

    def work(number: int) -> list[int]:
        mine = Caller(web.url, writer.token)
        # Every second one is sent by two callers.
        return [mine.post(f"{number // 2 if n % 2 else number}-{n}")[0] for n in range(each)]

    with ThreadPoolExecutor(callers) as pool:
        answers = Counter(status for found in pool.map(work, range(callers)) for status in found)
    ids = list(Message.objects.exclude(external_id="first").values_list("pk", flat=True))
    assert answers == {201: len(ids), 200: callers * each - len(ids)}
    assert answers[200] > 0
    events = Counter(
        Event.objects.filter(type="message.received", object_id__in=ids).values_list("object_id", flat=True)
    )
    assert events == Counter(ids)


@pytest.mark.long
def test_what_was_answered_before_a_kill_is_stored(
    caller: Caller, start_stack: Callable[..., LiveStack], web: LiveStack, writer: Person
) -> None:
    answered: list[str] = []
    enough = threading.Event()

    def work(number: int) -> None:
        mine = Caller(web.url, writer.token)
        for n in range(10_000):
            try:
                if mine.post(f"{number}-{n}")[0] == 201:
                    answered.append(f"{number}-{n}")
            except (OSError, http.client.HTTPException):
                return
            if len(answered) > 40:
                enough.set()

    with ThreadPoolExecutor(4) as pool:
        working = [pool.submit(work, number) for number in range(4)]
        assert enough.wait(30)
        web.kill("web")
        for each in working:
            each.result(timeout=60)
    assert set(answered) <= set(Message.objects.values_list("external_id", flat=True))
    web.start("web")
    web.wait_ready()
