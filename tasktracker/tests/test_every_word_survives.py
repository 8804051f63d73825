"""kill -9 of bot, web and worker at random while three platforms send: what was acknowledged is stored, once."""

import http.client
import json
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection

from ingestion import telegram_hook
from ingestion.models import Delivery, Source
from ingestion.webhooks.calls import hmac_hex
from tasktracker.core.tests.factories import Person
from tasktracker.tests.fake_bot_api import BotProcess, FakeBotApi, Json, group_message
from tasktracker.tests.support import LiveStack, count, wait_for

pytestmark = [pytest.mark.live, pytest.mark.long, pytest.mark.django_db(transaction=True)]

UPDATES = count(300, 10_000)
KILLS = count(3, 15)
LIMIT = 90  # seconds after the last acknowledgement by which nothing may be left to do
SENDERS = 6
BACKLOG = 400  # deliveries that may wait: the flow lasts as long as the work on it, however slow the machine
OTHER_CHAT = {"id": -1009876543210, "type": "supergroup", "title": "Ops"}
SIGNING = "a-signing-secret-of-slack"
EDITED_AT = 1767500000


@dataclass(frozen=True)
class Wanted:
    """What one platform sends: bodies by the id of their delivery, and the newest text of each message by its id."""

    bodies: dict[str, Json]
    texts: dict[str, str]


def telegram(size: int, first: int, **facts: Any) -> Wanted:
    """Updates from `first` on; every fourth edits the message two before it."""
    wanted = Wanted({}, {})
    for number in range(1, size + 1):
        edits = number % 4 == 0
        message = number - 2 if edits else number
        text = f"the upload of {message} fails" + (" since Monday" if edits else "")
        body = group_message(message, text, **facts, **({"edit_date": EDITED_AT + number} if edits else {}))
        kind = "edited_message" if edits else "message"
        wanted.bodies[str(first + number)] = {"update_id": first + number, kind: body}
        wanted.texts[str(message)] = text
    return wanted


def slack(size: int) -> Wanted:
    """Events of one channel; every fourth changes the message two before it."""
    wanted = Wanted({}, {})
    for number in range(1, size + 1):
        edits = number % 4 == 0
        ts = f"{1767340800 + (number - 2 if edits else number)}.000100"
        text = f"invoice {ts} is missing" + (" again" if edits else "")
        said: Json = {"type": "message", "user": "U1", "text": text, "ts": ts}
        event = {**said, "channel": "C1"}
        if edits:
            said["edited"] = {"user": "U1", "ts": f"{EDITED_AT + number}.000000"}
            event = {"type": "message", "subtype": "message_changed", "channel": "C1", "ts": ts, "message": said}
        key = f"Ev{number:06}"
        wanted.bodies[key] = {"type": "event_callback", "event_id": key, "event": event}
        wanted.texts[ts] = text
    return wanted


@dataclass
class Sender:
    """A platform that brings what it has by POST, and comes again until it is told 200."""

    url: str
    source: Source
    headers: Callable[[bytes], dict[str, str]]
    acknowledged: set[str] = field(default_factory=set)
    statuses: set[int] = field(default_factory=set)

    def bring(self, key: str, body: Json) -> None:
        raw = json.dumps(body).encode()
        wait_for(lambda: self._post(raw) == 200, timeout=120)
        self.acknowledged.add(key)

    def _post(self, raw: bytes) -> int:
        """The status; 0 where there was no whole answer."""
        parts = urlsplit(self.url)
        caller = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)
        try:
            headers = {"Content-Type": "application/json", "Host": "localhost", **self.headers(raw)}
            caller.request("POST", parts.path, raw, headers)
            status = caller.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            caller.close()
        self.statuses.add(status)
        return status


class Flow:
    """Holds up whoever sends by HTTP while too much waits; Telegram's poller takes no more than it works off."""

    def __init__(self) -> None:
        self.may_go_on = threading.Event()
        self.is_over = False

    def __enter__(self) -> "Flow":
        return self

    def __exit__(self, *_: object) -> None:
        """Nobody sends on after a failure."""
        self.is_over = True
        self.may_go_on.set()

    def stored(self) -> int:
        """How many deliveries there are; on the way the flow is let go or held."""
        if unprocessed() < BACKLOG:
            self.may_go_on.set()
        else:
            self.may_go_on.clear()
        return Delivery.objects.count()


@pytest.fixture
def api() -> Iterator[FakeBotApi]:
    with FakeBotApi.started() as api:
        yield api


def made(owner: Person, kind: str, secret: str, **config: Any) -> Source:
    source = Source(workspace=owner.workspace, name=f"brought by {kind}", kind=kind, config=config)
    source.set_secret(secret)
    source.save()
    return source


def signed(raw: bytes) -> dict[str, str]:
    at = str(int(time.time()))
    return {
        "X-Slack-Request-Timestamp": at,
        "X-Slack-Signature": f"v0={hmac_hex(SIGNING, f'v0:{at}:'.encode() + raw)}",
    }


def test_every_acknowledged_word_is_stored_once_whoever_is_killed(
    api: FakeBotApi, owner: Person, start_stack: Callable[..., LiveStack], tmp_path: Path
) -> None:
    """Updates by polling, updates by webhook and Slack's events, each three times and shuffled."""
    dice = random.Random(11)
    stack = start_stack(variables={"TELEGRAM_API_URL": api.url})
    hooked = made(owner, "telegram", "987654321:OTHER", bot_id="987654321", webhook="https://tracker.example")
    team = made(owner, "slack", SIGNING)
    secret = {telegram_hook.HEADER: telegram_hook.secret_token(hooked)}
    senders = {
        "hooked": Sender(f"{stack.url}/webhook/telegram/{hooked.uid}", hooked, lambda _: secret),
        "slack": Sender(f"{stack.url}/webhook/slack/{team.uid}", team, signed),
    }
    wanted = {
        "polled": telegram(UPDATES // 3, 5_000),
        "hooked": telegram(UPDATES // 3, 700_000, chat=OTHER_CHAT),
        "slack": slack(UPDATES - 2 * (UPDATES // 3)),
    }
    api.batch = 20
    api.shape = lambda batch: dice.sample(batch * 3, len(batch) * 3)
    calls = [(name, key) for name in senders for key in wanted[name].bodies] * 3
    random.Random(12).shuffle(calls)

    flow = Flow()

    def send(part: Sequence[tuple[str, str]]) -> None:
        for name, key in part:
            flow.may_go_on.wait(LIMIT)
            if flow.is_over:
                return
            senders[name].bring(key, wanted[name].bodies[key])

    with BotProcess.started(tmp_path, api.url) as bot, ThreadPoolExecutor(SENDERS) as pool, flow:
        api.deliver(*wanted["polled"].bodies.values())
        sending = [pool.submit(send, calls[at::SENDERS]) for at in range(SENDERS)]
        killed = kill_at_random(stack, bot, flow, random.Random(13))
        wait_for(lambda: flow.stored() and all(each.done() for each in sending), timeout=count(120, 1800))
        for each in sending:
            each.result()
        bot.wait(lambda: not api.unconfirmed, timeout=count(60, 600))
        acknowledged = time.monotonic()
        wait_for(lambda: not unprocessed(), timeout=LIMIT)
        took = time.monotonic() - acknowledged
    stack.wait_ready()

    assert set(killed) == {"bot", "web", "worker"}
    assert took < LIMIT
    polled = Source.objects.get(kind="telegram", config__bot_id="123456789")
    for name, source in (("polled", polled), ("hooked", hooked), ("slack", team)):
        if name in senders:
            assert (senders[name].statuses, senders[name].acknowledged) == ({200}, set(wanted[name].bodies))
        assert deliveries_of(source) == sorted((key, 1, "processed") for key in wanted[name].bodies), name
        # One row each, with its newest words, however shuffled they came.
        assert messages_of(source) == sorted((key, 1, text) for key, text in wanted[name].texts.items()), name
    assert events_of_new_messages() == (sum(len(each.texts) for each in wanted.values()),) * 2


def kill_at_random(stack: LiveStack, bot: BotProcess, flow: Flow, dice: random.Random) -> list[str]:
    """kill -9 to one of the three at random moments of the flow, each of them in turn; who was killed.

    Whoever was killed is started again at once, and may be killed again before it stands.
    """
    marks = sorted(dice.sample(range(UPDATES // 10, UPDATES * 9 // 10), KILLS))
    killed: list[str] = []
    for number, mark in enumerate(marks):
        wait_for(lambda mark=mark: flow.stored() >= mark, timeout=600, every=0.03)
        if number % 3 == 0:
            turn = dice.sample(("bot", "web", "worker"), 3)
        name = turn[number % 3]
        killed.append(name)
        if name == "bot":
            bot.kill()
            bot.start()
        else:
            stack.kill(name)
            stack.start(name)
    return killed


def unprocessed() -> int:
    return Delivery.objects.filter(status=Delivery.Status.RECEIVED).count()


def deliveries_of(source: Source) -> list[tuple[Any, ...]]:
    return rows(
        "SELECT external_id, count(*), min(status) FROM ingestion_delivery WHERE source_id = %s GROUP BY 1 ORDER BY 1",
        source.pk,
    )


def messages_of(source: Source) -> list[tuple[Any, ...]]:
    return rows(
        "SELECT external_id, count(*), min(text) FROM ingestion_message WHERE source_id = %s AND NOT is_own"
        " GROUP BY 1 ORDER BY 1",
        source.pk,
    )


def events_of_new_messages() -> tuple[int, int]:
    """How many tell of a new message, and of how many messages."""
    (found,) = rows("SELECT count(*), count(DISTINCT object_id) FROM core_event WHERE type = 'message.received'")
    return (int(found[0]), int(found[1]))


def rows(query: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchall())
