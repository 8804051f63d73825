"""F9 with real processes: each Slack event three times, shuffled, from several threads at once: one message each."""

import hashlib
import hmac
import json
import random
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from ingestion.models import Delivery, Message, Source
from tasktracker.core.tests.factories import Person
from tasktracker.tests.support import LiveStack, count, wait_for

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_each_event_three_times_is_one_message_each(owner: Person, live_stack: LiveStack) -> None:
    source = Source(workspace=owner.workspace, name="Slack", kind="slack")
    source.set_secret(SECRET)
    source.save()
    events = count(60, 3_000)
    numbers = [number for number in range(events) for _ in range(3)]
    random.shuffle(numbers)

    def send(number: int) -> int:
        event = {"type": "message", "channel": "C1", "user": "U1", "text": f"number {number}"}
        event["ts"] = f"{1767340860 + number}.000200"
        body = json.dumps({"type": "event_callback", "event_id": f"Ev{number}", "event": event}).encode()
        at = str(int(time.time()))
        said = hmac.new(SECRET.encode(), f"v0:{at}:".encode() + body, hashlib.sha256).hexdigest()
        headers = {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": f"v0={said}"}
        return client.post(f"/webhook/slack/{source.uid}", content=body, headers=headers).status_code

    with httpx.Client(base_url=live_stack.url, timeout=20) as client, ThreadPoolExecutor(8) as pool:
        assert set(pool.map(send, numbers)) == {200}
    assert Delivery.objects.count() == events

    def all_here() -> bool:
        return Message.objects.count() == events

    wait_for(all_here, timeout=20 + events / 20)
    assert set(Delivery.objects.values_list("status", flat=True)) == {"processed"}
