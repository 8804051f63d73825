"""Webhooks that are stored together are answered as by Django, and nothing else gets past it."""

import http.client
import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest

from ingestion.models import Delivery, Source
from ingestion.tests.test_webhooks import BODIES, OTHER, SECRETS, made, signed
from ingestion.webhooks import grouped, receiving
from ingestion.webhooks.calls import Call
from tasktracker.core.tests.factories import Person
from tasktracker.tests.support import LiveStack, count

pytestmark = pytest.mark.django_db(transaction=True)


def call(url: str, address: str, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)
    try:
        connection.request("POST", address, body, {"Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders() if name.lower() != "date"}
        return answer.status, found, answer.read()
    finally:
        connection.close()


@pytest.mark.live
def test_answers_are_those_of_django_and_each_delivery_is_one_row(owner: Person, web: LiveStack) -> None:
    source = made(owner, "slack")
    there = f"/webhook/slack/{source.uid}"

    def event(number: int, secret: str = "", at: str = there, **more: Any) -> tuple[int, dict[str, str], bytes]:
        body = json.dumps({**BODIES["slack"], "event_id": f"Ev{number}", **more}).encode()
        return call(web.url, at, body, signed("slack", body, secret))

    body = json.dumps({**BODIES["slack"], "event_id": "Ev0"}).encode()
    by_django = call(web.url, there, body, {**signed("slack", body), "Cookie": "x=y"})
    event(1)  # from here on they are grouped
    assert event(2) == by_django == (200, by_django[1], b"")
    assert event(3, secret=OTHER)[0] == 401
    assert event(3, at=f"/webhook/slack/{uuid.uuid4()}")[0] == 401
    assert event(3, at=f"/webhook/github/{source.uid}")[0] == 401
    assert event(3, at=f"{there}/")[0] == 404
    status, _, said = event(3, type="url_verification", challenge="3eZbrw1a")
    assert (status, said) == (200, b"3eZbrw1a")
    assert receiving.refusals(source_id=source.pk) == 1
    Source.objects.update(is_active=False)
    assert event(4)[0] == 200
    assert Delivery.objects.count() == 4
    numbers = [number for number in range(5, count(35, 1_005)) for _ in range(3)]
    with ThreadPoolExecutor(16) as pool:
        assert {status for status, _, _ in pool.map(event, numbers)} == {200}
    assert Delivery.objects.count() == 4 + len(numbers) // 3


def test_one_look_and_one_insert_for_all_of_a_source(owner: Person, django_assert_num_queries: Any) -> None:
    slack, other = made(owner, "slack"), made(owner, "generic")
    Source.objects.filter(pk=other.pk).update(sealed_secret="v1:of-another-key")

    def one(number: int, door: str = "slack", secret: str = "") -> tuple[str, uuid.UUID, Call]:
        body = json.dumps({**BODIES[door], "event_id": f"Ev{number}"}).encode()
        headers = {name.lower(): value for name, value in signed(door, body, secret or SECRETS[door]).items()}
        at = float(headers.get("x-slack-request-timestamp") or headers["webhook-timestamp"])
        return door, (slack if door == "slack" else other).uid, Call(headers, body, at)

    calls = [*(one(number) for number in range(20)), one(7), one(99, secret=OTHER), one(1, "generic")]
    with django_assert_num_queries(4):  # the sources; begin, insert, commit
        stored, active = grouped.store(calls)
    assert stored == [True] * 21 + [False, False]
    assert active == {slack.pk}
    assert Delivery.objects.count() == 20


def test_what_is_not_plain_is_djangos() -> None:
    def asked(*more: tuple[bytes, bytes], query: bytes = b"") -> bool:
        headers = [(b"host", b"localhost"), (b"content-length", b"2"), *more]
        return grouped.plain_headers({"headers": headers, "query_string": query}) is not None

    assert asked()
    assert not asked((b"cookie", b"sessionid=1"))
    assert not asked((b"expect", b"100-continue"))
    assert not asked((b"x-slack-signature", b"1"), (b"x-slack-signature", b"2"))
    assert not asked(query=b"a=b")
    assert not grouped.plain_headers(
        {"headers": [(b"host", b"evil.example"), (b"content-length", b"2")], "query_string": b""}
    )
    assert not grouped.plain_headers(
        {"headers": [(b"host", b"localhost"), (b"content-length", b"99999")], "query_string": b""}
    )
