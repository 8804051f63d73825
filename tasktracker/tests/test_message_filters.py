"""One set of filters: the API, the page and the live stream let through the same messages."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ingestion import filters, people
from ingestion.models import Message, Source
from knowledge.models import Atom, Project, Task, Topic
from proposals.tests.factories import make_message, make_quote
from tasktracker.core.consumers import EventConsumer
from tasktracker.core.events import MessageDeleted, MessageReceived, MessagesImported, TopicCreated, emit
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.pages import Page
from tasktracker.tests.support import some

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Person:
    return make_person("owner", role="admin")


@pytest.fixture
def said(owner: Person) -> dict[str, Message]:
    """Messages by a short name, with what stands on them."""
    workspace = owner.workspace
    rows = {
        "export": make_message(workspace, "the export dies with a 500", author="Ann", category="bug"),
        "thanks": make_message(workspace, "thanks!", author="Bob", verdict="noise"),
        "invoice": make_message(workspace, "where is the Invoice-17 of March?", author="Ann at work"),
    }
    project = Project.objects.create(workspace=workspace, name="Billing")
    task = Task.objects.create(workspace=workspace, title="Fix it", project=project)
    task.quotes.add(make_quote(workspace, rows["export"]))
    topic = Topic.objects.create(workspace=workspace, name="Invoices", project=project)
    atom = Atom.objects.create(workspace=workspace, type="question", title="Where?")
    atom.topics.add(topic)
    atom.quotes.add(make_quote(workspace, rows["invoice"]))
    people.join_people(
        workspace=workspace, participant_ids=[rows[name].author_id or 0 for name in ("export", "invoice")]
    )
    return rows


CASES: list[tuple[dict[str, str], set[str]]] = [
    ({}, {"export", "thanks", "invoice"}),
    ({"author": "Ann"}, {"export", "invoice"}),
    ({"author": "Ann at work"}, {"export", "invoice"}),
    ({"author": "Bob"}, {"thanks"}),
    ({"verdict": "noise"}, {"thanks"}),
    ({"category": "bug"}, {"export"}),
    ({"project": "Billing"}, {"export", "invoice"}),
    ({"project": "Other"}, set()),
    ({"has_task": "true"}, {"export"}),
    ({"has_task": "false"}, {"thanks", "invoice"}),
    ({"q": "invoic"}, {"invoice"}),
    ({"contains": "voice-1"}, {"invoice"}),
    ({"contains": "voice-1", "verdict": "noise"}, set()),
    ({"source": "chat", "author": "Ann", "project": "Billing", "has_task": "true"}, {"export"}),
]


def test_api_page_and_stream_agree(owner: Person, said: dict[str, Message]) -> None:
    api, browser, ids = owner.api, owner.browser, [row.pk for row in said.values()]
    for query, expected in CASES:
        wanted = {said[name].pk for name in expected}
        answer = api.get("/api/messages", query)
        assert {row["id"] for row in answer.json()["results"]} == wanted, query
        asked = filters.of_stream({"since": "5", "types": "a", **query})
        assert filters.matching_ids(workspace_id=owner.workspace.pk, ids=ids, wanted=asked) == wanted, query
    for query, expected in some(CASES, 3, 1):
        wanted = {said[name].pk for name in expected}
        page = Page.of(browser.get("/messages/", query))
        assert {int(tag.attrs["data-key-id"]) for tag in page.all("li", data_key_id="")} == wanted, query
        for name, value in query.items():
            if name not in ("source", "verdict", "category", "project", "has_task"):
                assert value in [tag.attrs.get("value") for tag in page.all("input", name=name)], query


def test_a_value_that_makes_no_sense_finds_nothing(owner: Person, said: dict[str, Message]) -> None:
    browser, ids = owner.browser, [row.pk for row in said.values()]
    for query in ({"verdict": "loud"}, {"has_task": "maybe"}, {"since": "2026-02-31"}):
        assert not Page.of(browser.get("/messages/", query)).all("li", data_key_id=""), query
        assert "since" in query or not filters.matching_ids(workspace_id=owner.workspace.pk, ids=ids, wanted=query)


def stream(owner: Person, query: dict[str, str]) -> EventConsumer:
    consumer: Any = EventConsumer()
    consumer.access = SimpleNamespace(workspace=owner.workspace, wall=None)
    consumer.last, consumer.types = 0, set()
    consumer.sift(query)
    return consumer  # type: ignore[no-any-return]


def test_the_stream_asks_the_messages_once_for_all_that_came(owner: Person, said: dict[str, Message]) -> None:
    workspace = owner.workspace
    for kind in (MessageReceived, MessageDeleted):
        for row in said.values():
            emit(
                kind(
                    workspace_id=workspace.pk,
                    object_id=row.pk,
                    source=row.source_id,
                    channel=row.channel_id,
                    author=row.author_id,
                )
            )
    emit(TopicCreated(workspace_id=workspace.pk, object_id=1))
    stream(owner, {})._news()  # numbers them

    def told(**query: str) -> list[tuple[str, int]]:
        events = stream(owner, query)._news().events
        return [(event["type"], event["object"]["id"]) for event in events if event["type"] != "message.deleted"]

    topic = ("topic.created", 1)
    received = {name: ("message.received", row.pk) for name, row in said.items()}
    assert told() == [*received.values(), topic]
    assert told(verdict="noise") == [received["thanks"], topic]
    assert told(author=str(said["invoice"].author_id)) == [received["export"], received["invoice"], topic]
    assert told(has_task="true", since="0") == [received["export"], topic]
    assert told(channel=str(said["export"].channel_id)) == [*received.values(), topic]
    assert told(channel="999") == told(source="999") == [topic]
    assert told(source="chat") == [*received.values(), topic]
    gone = [event for event in stream(owner, {"verdict": "noise"})._news().events if event["type"] == "message.deleted"]
    assert len(gone) == 3
    with CaptureQueriesContext(connection) as plain:
        stream(owner, {})._news()
    with CaptureQueriesContext(connection) as asked:
        stream(owner, {"verdict": "noise", "project": "Billing"})._news()
    assert len(asked) == len(plain) + 1


def test_a_batch_is_told_where_one_of_its_messages_is_asked_for(owner: Person, said: dict[str, Message]) -> None:
    workspace, other = owner.workspace, Source.objects.create(workspace=owner.workspace, name="other", kind="import")
    ids = [row.pk for row in said.values()]
    chat, channel = said["export"].source_id, str(said["export"].channel_id)
    for source, first, last in ((chat, min(ids), max(ids)), (chat, ids[1], ids[1]), (other.pk, min(ids), max(ids))):
        emit(MessagesImported(workspace_id=workspace.pk, object_id=source, count=1, first=first, last=last))
    stream(owner, {})._news()  # numbers them

    def told(**query: str) -> list[tuple[int, int]]:
        return [(event["object"]["id"], event["data"]["first"]) for event in stream(owner, query)._news().events]

    whole, thanks, empty = (chat, min(ids)), (chat, ids[1]), (other.pk, min(ids))
    assert told() == [whole, thanks, empty]
    assert (
        told(verdict="noise") == told(author="Bob") == told(channel=channel) == told(source="chat") == [whole, thanks]
    )
    assert told(author="Ann") == told(q="invoice") == told(project="Billing", source=str(chat)) == [whole]
    assert (
        told(author="Zed") == told(channel="999") == told(source="nobody") == told(q="invoice", verdict="noise") == []
    )
    with CaptureQueriesContext(connection) as plain:
        told()
    with CaptureQueriesContext(connection) as asked:
        told(verdict="noise", channel=channel)
    assert len(asked) == len(plain) + 1


def test_the_choices_of_a_form(owner: Person, said: dict[str, Message]) -> None:
    choices = owner.api.get("/api/messages/filters").json()
    assert [row["name"] for row in choices["projects"]] == ["Billing"]
    assert [row["name"] for row in choices["filters"]] == list(dict.fromkeys(row["name"] for row in choices["filters"]))
    assert {row["name"] for row in choices["filters"]} == set(filters.NAMES)
    assert all(row["choices"] in choices for row in choices["filters"] if row["choices"])
