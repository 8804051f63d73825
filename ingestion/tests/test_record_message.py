"""The one door: each message once, the newest text, nothing that PostgreSQL refuses."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from ingestion import services
from ingestion.drafts import ChannelDraft, MessageDraft, PersonDraft
from ingestion.models import Message, MessageRevision, Source
from ingestion.storage import Place
from tasktracker.core.errors import Invalid
from tasktracker.core.models import Event
from tasktracker.core.tests.factories import Person

AT = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
DRAFT = MessageDraft(
    channel=ChannelDraft("telegram", "-1001", "Billing"),
    external_id="5",
    author=PersonDraft("user1", "Dana"),
    text="The EU invoice export fails since Tuesday.",
    sent_at=AT,
)


@pytest.fixture
def source(owner: Person) -> Source:
    return services.ensure_source(workspace=owner.workspace, name="bot", kind="telegram")


def types() -> list[str]:
    return list(Event.objects.order_by("id").values_list("type", flat=True))


def test_a_message_is_stored_once_with_one_event(source: Source) -> None:
    first = services.record_message(source=source, draft=DRAFT)
    second = services.record_message(source=source, draft=DRAFT)
    assert (first.outcome, second.outcome) == ("created", "unchanged")
    assert first.message.pk == second.message.pk
    assert first.message.url == "https://t.me/c/1/5"
    assert types() == ["message.received"]


def test_a_message_of_slack_leads_back_to_slack(source: Source) -> None:
    draft = replace(DRAFT, channel=ChannelDraft("slack", "C0AB12", "ops"), external_id="1794042000.000200")
    assert services.record_message(source=source, draft=draft).message.url == "", "of which team, nobody has told"
    source.state = {"slack_team": {"domain": "dev-team", "token": "x"}}
    assert services.record_message(
        source=source, draft=replace(draft, external_id="1794042000.000300")
    ).message.url == ("https://dev-team.slack.com/archives/C0AB12/p1794042000000300")


def test_what_is_told_of_a_new_message_is_what_was_stored(source: Source) -> None:
    draft = replace(
        DRAFT,
        edited_at=AT + timedelta(minutes=1),
        reply_to="4",
        thread="2",
        thread_title="Release",
        forwarded_from="Ilya",
        metadata={"media": "photo", "n": [1, None]},
    )
    told = services.record_message(source=source, draft=draft, is_own=True).message
    stored = Message.objects.get()
    for field in Message._meta.concrete_fields:
        if field.name != "received_at":
            assert getattr(told, field.attname) == getattr(stored, field.attname), field.name
    assert abs(told.received_at - stored.received_at) < timedelta(minutes=1)
    assert (told.channel, told.author, told.source) == (stored.channel, stored.author, stored.source)
    assert told.channel.title == "Billing"
    told.category = "bug"
    told.save(update_fields=["category"])  # an UPDATE: it is no new row
    assert Message.objects.get().category == "bug"


def test_a_message_without_an_author_or_a_known_chat_is_stored(source: Source) -> None:
    assert services.record_message(source=source, draft=replace(DRAFT, author=None)).message.author is None
    elsewhere = ChannelDraft("telegram", "-1002", "Sales")
    message = services.record_message(source=source, draft=replace(DRAFT, channel=elsewhere)).message
    assert (str(message.channel), str(message.author)) == ("Sales", "Dana")


def test_a_place_of_another_message_is_not_taken(source: Source) -> None:
    first = services.record_message(source=source, draft=DRAFT).message
    place = Place(first.channel, first.author)
    others = [
        replace(DRAFT, channel=ChannelDraft("telegram", "-1002", "Sales")),
        replace(DRAFT, external_id="6", author=PersonDraft("user2", "Ilya")),
        replace(DRAFT, external_id="7", author=None),
    ]
    told = [services.record_message(source=source, draft=draft, place=place).message for draft in others]
    assert [(row.channel.external_id, row.author and row.author.name) for row in told] == [
        ("-1002", "Dana"),
        ("-1001", "Ilya"),
        ("-1001", None),
    ]
    place = Place(first.channel, None)
    assert services.record_message(source=source, draft=replace(DRAFT, external_id="8"), place=place).message.author


def test_a_live_and_an_imported_copy_are_one_message(source: Source, owner: Person) -> None:
    services.record_message(source=source, draft=DRAFT)
    other = services.ensure_source(workspace=owner.workspace, name="history", kind="import")
    assert services.record_messages(source=other, drafts=[DRAFT]).counts()["unchanged"] == 1
    assert Message.objects.get().source == source


def test_a_later_edit_replaces_the_text_and_keeps_the_old_one(source: Source) -> None:
    message = services.record_message(source=source, draft=DRAFT).message
    quote = services.quote_passage(message=message, start=4, end=21)
    assert quote.text == "EU invoice export"
    edited = replace(DRAFT, text="The EU invoice preview fails.", edited_at=AT + timedelta(minutes=5))
    assert services.record_message(source=source, draft=edited).outcome == "updated"
    assert services.record_message(source=source, draft=edited).outcome == "unchanged"
    message.refresh_from_db()
    quote.refresh_from_db()
    assert message.text == "The EU invoice preview fails."
    assert MessageRevision.objects.get().text == DRAFT.text
    assert quote.is_stale
    assert types() == ["message.received", "message.edited"]


def test_an_older_edit_that_comes_late_changes_nothing(source: Source) -> None:
    newer = replace(DRAFT, text="third", edited_at=AT + timedelta(minutes=9))
    older = replace(DRAFT, text="second", edited_at=AT + timedelta(minutes=5))
    services.record_message(source=source, draft=newer)
    assert services.record_message(source=source, draft=older).outcome == "unchanged"
    assert services.record_messages(source=source, drafts=[older]).counts()["unchanged"] == 1
    assert Message.objects.get().text == "third"


def test_a_persons_verdict_outlives_an_edit(source: Source, owner: Person) -> None:
    message = services.record_message(source=source, draft=DRAFT).message
    services.set_verdict(message_id=message.pk, by=owner.user, verdict="noise")
    services.record_message(source=source, draft=replace(DRAFT, text="Why is it red?", edited_at=AT + timedelta(1)))
    message.refresh_from_db()
    assert (message.verdict, message.verdict_by) == ("noise", "person")


@pytest.mark.parametrize(
    "text",
    ["a\x00b", "half \ud83d a pair", "x" * 300_000, "\u202egnp.exe", "e\u0301" * 50, ""],
    ids=["NUL", "lone surrogate", "oversize", "bidi override", "combining", "empty"],
)
def test_text_that_breaks_inserts_is_stored_clean(source: Source, text: str) -> None:
    metadata: dict[str, Any] = {"\x00": "\ud800", "n": float("nan"), "big": 10**400}
    message = services.record_message(source=source, draft=replace(DRAFT, text=text, metadata=metadata)).message
    message.refresh_from_db()
    assert "\x00" not in message.text
    assert len(message.text) <= 20_000
    assert message.metadata.get("cut", False) is (len(text) > 20_000)


def test_a_message_without_an_id_is_refused_and_the_rest_is_kept(source: Source) -> None:
    with pytest.raises(Invalid):
        services.record_message(source=source, draft=replace(DRAFT, external_id="\x00 "))
    report = services.record_messages(source=source, drafts=[DRAFT, replace(DRAFT, external_id="")])
    assert report.counts() == {"seen": 2, "created": 1, "updated": 0, "unchanged": 0, "skipped": 0, "errors": 1}
    assert report.reasons


def test_a_renamed_chat_and_person_are_renamed_here(source: Source) -> None:
    services.record_message(source=source, draft=DRAFT)
    later = replace(
        DRAFT,
        external_id="6",
        channel=ChannelDraft("telegram", "-1001", "Money"),
        author=PersonDraft("user1", "Dana K"),
    )
    message = services.record_message(source=source, draft=later).message
    assert (message.channel.title, str(message.author)) == ("Money", "Dana K")
    assert Message.objects.values("channel", "author").distinct().count() == 1


@pytest.mark.django_db(transaction=True)
def test_eight_threads_with_the_same_message_store_one(source: Source) -> None:
    outcomes: list[str] = []
    barrier = threading.Barrier(8)

    def record() -> None:
        try:
            barrier.wait(30)
            outcomes.append(services.record_message(source=source, draft=DRAFT).outcome)
        finally:
            connection.close()

    threads = [threading.Thread(target=record) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(outcomes) == ["created"] + ["unchanged"] * 7
    assert Message.objects.count() == 1
