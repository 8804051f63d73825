"""The same chat by its webhook and from its export: one message each, whichever comes first, however often."""

import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from ingestion import inbox, services, telegram_hook
from ingestion.models import Channel, Delivery, Message, MessageRevision, Participant, Source
from ingestion.tests import telegram_files as files
from ingestion.tests.export_files import CHANNELS, USERS, pack, said
from ingestion.tests.telegram_files import START
from ingestion.tests.telegram_updates import live, live_service, update
from ingestion.tests.test_telegram_updates import TWINS
from ingestion.webhooks.calls import hmac_hex
from tasktracker.core.models import Event
from tasktracker.core.tests.factories import Person
from tasktracker.core.throttling import counters
from tasktracker.tests.support import count

pytestmark = pytest.mark.django_db(transaction=True)

SIGNING = "a-signing-secret-of-slack"
EDITED = START + 99_999


@dataclass(frozen=True)
class Chat:
    """A chat as it was said live, in the order of time, and as a file; `ids` are those of its messages."""

    kind: str
    secret: str
    bodies: list[dict[str, Any]]
    export: Callable[[Path], Path]
    ids: list[str]


def telegram() -> Chat:
    """A message of every kind that Telegram has, and a topic with a chain of answers."""
    exported, bodies = [], []
    for number, (_, record, message) in enumerate(TWINS, start=10):
        edited = {"edited_unixtime": str(EDITED)} if "edited" in record else {}
        exported.append({**record, "id": number, "date_unixtime": str(START + number * 60), **edited})
        lived = {**message, "message_id": number, "date": START + number * 60}
        bodies.append(update(lived))
        if edited:
            bodies.append(update({**lived, "edit_date": EDITED}, "edited_message", update_id=9_000))
            lived.pop("edit_date")
            bodies[-2] = update({**lived, "text": "as it was sent"})
    topic = {"message_thread_id": 100, "is_topic_message": True}
    root = live_service(100, forum_topic_created={"name": "Release"}, **topic)
    exported.append(files.service(100, "topic_created", title="Release"))
    bodies.append(update(root))
    for number in (101, 102, 103):
        exported.append(files.message(number, f"answer {number}", reply_to_message_id=number - 1))
        bodies.append(update(live(number, f"answer {number}", reply_to_message=live(number - 1), **topic)))
    ids = [str(record["id"]) for record in exported]
    return Chat("telegram", "123456789:TEST", bodies, lambda folder: files.write(folder, files.chat(*exported)), ids)


def slack() -> Chat:
    """A thread, an answer shown in the channel too, an edit, a file, bots, and what Slack notes itself."""
    ts = [f"{1767340800 + number * 60}.000100" for number in range(9)]
    edited = {"user": "U1", "ts": f"{EDITED}.000000"}
    records = [
        said("who ships &lt;main&gt; &amp; when?", ts=ts[0], thread_ts=ts[0], reply_count=2),
        said("<@U1> I do", ts=ts[1], thread_ts=ts[0], user="U2"),
        said("on Monday", ts=ts[2], thread_ts=ts[0], subtype="thread_broadcast"),
        said("on Friday, sorry", ts=ts[3], edited=edited),
        said("the log", ts=ts[4], files=[{"id": "F1", "name": "a.log", "mimetype": "text/plain", "size": 12}]),
        said("build 7 is green", ts=ts[5], user=..., subtype="bot_message", bot_id="B1", username="Builder"),
        said("waves", ts=ts[6], subtype="me_message"),
        said("<@U2> has joined the channel", ts=ts[7], user="U2", subtype="channel_join"),
        said("see <https://e.x|the page> in <#C0000002|ops>", ts=ts[8]),
    ]
    events = [{"channel": "C0000001", **record} for record in records]
    events[3] = {"channel": "C0000001", **said("on Thursday", ts=ts[3])}
    changed = {"type": "message", "subtype": "message_changed", "hidden": True, "channel": "C0000001", "ts": ts[4]}
    # Slack tells of a change also when only a preview was added to the message.
    events += [{**changed, "message": records[3]}, {**changed, "message": records[8]}]
    bodies = [
        {"type": "event_callback", "event_id": f"Ev{number:03}", "event": event} for number, event in enumerate(events)
    ]
    # A root and its answer shown in the channel stand in the file of a day once more.
    days = {"dev/2026-01-02.json": records, "dev/2026-01-03.json": [records[2]]}
    members = {"channels.json": CHANNELS, "users.json": USERS, **days}
    return Chat("slack", SIGNING, bodies, lambda folder: pack(folder / "export.zip", members), ts)


CHATS = [telegram(), slack()]


@pytest.fixture(autouse=True)
def _no_job_on_its_way() -> Iterator[None]:
    yield
    counters().flushdb()


@pytest.fixture(params=CHATS, ids=[chat.kind for chat in CHATS])
def chat(request: pytest.FixtureRequest) -> Chat:
    found: Chat = request.param
    return found


@pytest.fixture
def channel(owner: Person, chat: Chat) -> Source:
    source = Source(workspace=owner.workspace, name="live", kind=chat.kind, config={"bot_id": "123456789"})
    source.set_secret(chat.secret)
    source.save()
    return source


def bring(source: Source, bodies: list[dict[str, Any]]) -> None:
    """By the source's address, each more than once and in any order; then all of it is worked off."""
    client = Client(enforce_csrf_checks=True, headers={"host": "localhost"})
    times = count(2, 3)
    for body in random.Random(3).sample(bodies * times, len(bodies) * times):
        raw = json.dumps(body).encode()
        at = str(int(time.time()))
        headers = {
            telegram_hook.HEADER: telegram_hook.secret_token(source),
            "X-Slack-Request-Timestamp": at,
            "X-Slack-Signature": f"v0={hmac_hex(SIGNING, f'v0:{at}:'.encode() + raw)}",
        }
        url = f"/webhook/{source.kind}/{source.uid}"
        assert client.post(url, raw, content_type="application/json", headers=headers).status_code == 200
    inbox.work_off_for(source_id=source.pk)
    assert list(Delivery.objects.exclude(status="processed").values_list("external_id", "status", "error")) == []
    assert Delivery.objects.count() == len(bodies)


def stored() -> list[tuple[Any, ...]]:
    """What is kept of each message, but who is called what: a list of people may come later."""
    fields = ("external_id", "kind", "text", "sent_at", "edited_at", "reply_to", "thread", "author__external_id")
    return list(Message.objects.order_by("external_id").values_list("channel_id", *fields))


def told() -> dict[str, int]:
    """How many events of messages there are, by type; an import tells of whole batches."""
    kinds = Event.objects.filter(type__startswith="message").order_by().values_list("type", flat=True)
    return Counter(kinds)


def said_once(chat: Chat) -> None:
    """One message for each id, one channel, one event of a new message each, nobody twice."""
    assert sorted(Message.objects.values_list("external_id", flat=True)) == sorted(chat.ids)
    assert Channel.objects.filter(messages__isnull=False).distinct().count() == 1
    people = list(Participant.objects.values_list("external_id", flat=True))
    assert len(people) == len(set(people))
    assert not Message.objects.filter(text__in=("as it was sent", "on Thursday")).exists()


def test_the_same_chat_live_and_then_imported(chat: Chat, channel: Source, owner: Person, tmp_path: Path) -> None:
    bring(channel, chat.bodies)
    said_once(chat)
    before, events = stored(), told()
    history = services.ensure_source(workspace=owner.workspace, name="history", kind="import")
    path = chat.export(tmp_path)
    for _ in range(2):
        report = services.import_export(source=history, path=path)
        assert (report.created, report.updated, report.errors) == (0, 0, 0)
        assert report.unchanged >= len(chat.ids)
        assert stored() == before
    said_once(chat)
    assert told() == events


def test_the_same_chat_imported_twice_and_then_live(chat: Chat, channel: Source, owner: Person, tmp_path: Path) -> None:
    history = services.ensure_source(workspace=owner.workspace, name="history", kind="import")
    path = chat.export(tmp_path)
    assert services.import_export(source=history, path=path).created == len(chat.ids)
    again = services.import_export(source=history, path=path)
    assert (again.created, again.updated, again.errors) == (0, 0, 0)
    before = stored()
    bring(channel, chat.bodies)
    said_once(chat)
    assert stored() == before
    assert not MessageRevision.objects.exists()
    assert not Event.objects.filter(type="message.edited").exists()
