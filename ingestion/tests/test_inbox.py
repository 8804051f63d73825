"""The inbox: stored once, worked off once, and nothing in it is forgotten."""

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from ingestion import inbox, services, transitions
from ingestion.drafts import ChannelDraft
from ingestion.models import Channel, Delivery, Message, MessageRevision, Source
from ingestion.tasks import sweep_deliveries
from ingestion.tests import telegram_files as files
from ingestion.tests.telegram_files import LIVE_CHAT, START
from ingestion.tests.telegram_updates import BOT_ID, GROUP, live, live_service, raw, update
from tasktracker.core.models import Event
from tasktracker.core.tests.factories import Person
from tasktracker.tests.support import count, wait_for


@pytest.fixture
def source(owner: Person) -> Source:
    source = services.ensure_source(workspace=owner.workspace, name="Telegram", kind="telegram")
    source.config = {"bot_id": BOT_ID}
    source.save()
    return source


def receive(source: Source, *updates: dict[str, Any]) -> None:
    inbox.store(source_id=source.pk, deliveries=[(str(one["update_id"]), raw(one)) for one in updates])


def states() -> list[str]:
    return list(Delivery.objects.order_by("pk").values_list("status", flat=True))


def test_a_delivery_becomes_a_message_with_its_event(source: Source) -> None:
    receive(source, update(live(5)))
    (taken,) = inbox.work_off(source_id=source.pk)
    message = Message.objects.select_related("channel", "author").get()
    assert (message.channel.external_id, message.external_id, message.text) == (LIVE_CHAT, "5", "hello")
    assert taken.content == update(live(5))
    assert states() == ["processed"]
    assert list(Event.objects.values_list("type", flat=True)) == ["message.received"]


def test_the_same_delivery_again_changes_nothing(source: Source) -> None:
    receive(source, update(live(5)), update(live(5)))
    receive(source, update(live(5, "another text under the same id")))
    assert len(inbox.work_off(source_id=source.pk)) == 1
    assert inbox.work_off(source_id=source.pk) == []
    assert (Delivery.objects.count(), Message.objects.get().text) == (1, "hello")


def test_an_edit_replaces_the_text_and_keeps_the_old_one(source: Source) -> None:
    receive(source, update(live(5, "we ship on Monday")))
    receive(source, update(live(5, "we ship on Friday", edit_date=START + 999), "edited_message", update_id=9))
    inbox.work_off(source_id=source.pk)
    assert Message.objects.get().text == "we ship on Friday"
    assert MessageRevision.objects.get().text == "we ship on Monday"


def test_an_edit_that_comes_before_its_message_stays(source: Source) -> None:
    receive(
        source, update(live(5, "new", edit_date=START + 999), "edited_message", update_id=9), update(live(5, "old"))
    )
    inbox.work_off(source_id=source.pk)
    assert Message.objects.get().text == "new"


def test_the_same_chat_live_and_imported_is_one_message_each(source: Source, owner: Person, tmp_path: Path) -> None:
    in_topic = {"message_thread_id": 1, "is_topic_message": True}
    root = live_service(1, forum_topic_created={"name": "Release"}, **in_topic)
    receive(
        source,
        update(root),
        update(live(2, "see doc", entities=[{"type": "text_link", "offset": 4, "length": 3, "url": "https://e.x"}])),
        update(live(3, "a reply in the topic", reply_to_message=root, **in_topic)),
    )
    inbox.work_off(source_id=source.pk)
    history = services.ensure_source(workspace=owner.workspace, name="history", kind="import")
    text = ["see ", {"type": "text_link", "text": "doc", "href": "https://e.x"}]
    export = files.chat(
        files.service(1, "topic_created", title="Release"),
        files.message(2, text, text_entities=...),
        files.message(3, "a reply in the topic", reply_to_message_id=1),
        files.message(4, "only in the export"),
    )
    report = services.import_export(source=history, path=files.write(tmp_path, export))
    assert (report.created, report.unchanged, report.updated) == (1, 3, 0)
    assert Channel.objects.count() == 1
    assert [(m.text, m.thread, m.reply_to) for m in Message.objects.order_by("sent_at")] == [
        ("", "1", ""),
        ("see doc (https://e.x)", "", ""),
        ("a reply in the topic", "1", ""),
        ("only in the export", "", ""),
    ]


def test_a_topic_has_its_newest_title(source: Source) -> None:
    in_topic = {"message_thread_id": 1, "is_topic_message": True}
    root = live_service(1, forum_topic_created={"name": "Release"}, **in_topic)
    receive(
        source,
        update(root),
        update(live(2, reply_to_message=root, **in_topic)),
        update(live_service(3, forum_topic_edited={"name": "Release 2"}, reply_to_message=root, **in_topic)),
        update(live(4, reply_to_message=root, **in_topic)),
        update(live(5, reply_to_message=live(4), **in_topic)),
    )
    inbox.work_off(source_id=source.pk)
    titles = Message.objects.order_by("sent_at").values_list("thread_title", flat=True)
    assert list(titles) == ["Release", "Release", "Release 2", "Release 2", "Release 2"]


def test_the_bot_s_own_post_is_kept_as_its_own(source: Source) -> None:
    own = {"id": int(BOT_ID), "is_bot": True, "first_name": "Tracker"}
    inbox.record_own_post(source_id=source.pk, message=live(5, **{"from": own}))
    message = Message.objects.get()
    assert (message.is_own, message.verdict, message.verdict_reason) == (True, "noise", "own_post")


def test_what_is_no_message_is_ignored_with_its_reason(source: Source) -> None:
    receive(source, {"update_id": 1, "my_chat_member": {"chat": GROUP}})
    inbox.work_off(source_id=source.pk)
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.error) == ("ignored", "an update with my_chat_member")


class TestWithSeveralWorkspaces:
    @pytest.fixture(autouse=True)
    def _another(self, stranger: Person) -> None:
        return

    def test_an_unknown_chat_is_put_aside(self, source: Source) -> None:
        receive(source, update(live(5)))
        (taken,) = inbox.work_off(source_id=source.pk)
        assert (taken.status, states()) == ("unclaimed", ["unclaimed"])
        assert not Message.objects.exists()
        assert not Channel.objects.exists()

    def test_a_chat_that_the_workspace_knows_is_recorded(self, source: Source) -> None:
        services.ensure_channel(workspace_id=source.workspace_id, draft=ChannelDraft("telegram", LIVE_CHAT, "Dev"))
        receive(source, update(live(5)))
        inbox.work_off(source_id=source.pk)
        assert states() == ["processed"]

    def test_a_chat_that_another_workspace_knows_is_put_aside(self, source: Source, stranger: Person) -> None:
        draft = ChannelDraft("telegram", LIVE_CHAT, "Dev")
        services.ensure_channel(workspace_id=stranger.workspace.pk, draft=draft)
        receive(source, update(live(5)))
        inbox.work_off(source_id=source.pk)
        assert states() == ["unclaimed"]

    def test_what_was_put_aside_is_recorded_when_the_chat_is_claimed(self, source: Source) -> None:
        receive(source, update(live(5)))
        inbox.work_off(source_id=source.pk)
        services.ensure_channel(workspace_id=source.workspace_id, draft=ChannelDraft("telegram", LIVE_CHAT, "Dev"))
        assert transitions.again([Delivery.objects.get().pk]) == 1
        inbox.work_off(source_id=source.pk)
        assert (states(), Message.objects.count()) == (["processed"], 1)

    def test_a_group_that_becomes_a_supergroup_stays_known(self, source: Source) -> None:
        old = {"id": -77, "type": "group", "title": "Dev"}
        services.ensure_channel(workspace_id=source.workspace_id, draft=ChannelDraft("telegram", "-77", "Dev"))
        receive(source, update(live_service(9, chat=old, migrate_to_chat_id=int(LIVE_CHAT))), update(live(10)))
        inbox.work_off(source_id=source.pk)
        assert states() == ["processed", "processed"]


def fails_on(text: str, error: Exception) -> Callable[..., Any]:
    """`record_message` that fails for one text."""
    record = services.record_message

    def failing(**arguments: Any) -> Any:
        if arguments["draft"].text == text:
            raise error
        return record(**arguments)

    return failing


def age() -> None:
    """Make what is in the inbox old enough for the sweep."""
    Delivery.objects.update(received_at=timezone.now() - timedelta(minutes=1))


def test_one_that_fails_holds_up_nobody_and_is_set_aside_in_the_end(
    source: Source, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    receive(source, update(live(5, "poison")), update(live(6, "fine")))
    monkeypatch.setattr(services, "record_message", fails_on("poison", ValueError("bad \x00 poison")))
    assert [taken.delivery_id for taken in inbox.work_off(source_id=source.pk)] == [Delivery.objects.last().pk]  # type: ignore[union-attr]
    assert states() == ["received", "processed"]
    assert not inbox.has_new(source_id=source.pk), "it is left to the sweep"
    for attempt in range(2, transitions.MAX_ATTEMPTS + 1):
        age()
        sweep_deliveries()
        assert Delivery.objects.get(external_id="7005").attempts == attempt
    failed = Delivery.objects.get(external_id="7005")
    assert failed.status == "failed"
    assert failed.error.startswith("ValueError in ")
    assert "poison" not in failed.error
    assert "poison" not in caplog.text
    monkeypatch.undo()
    assert transitions.again([failed.pk]) == 1
    inbox.work_off(source_id=source.pk)
    assert Message.objects.count() == 2


def test_a_database_that_goes_away_is_nobody_s_fault(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    receive(source, update(live(5, "first")), update(live(6, "second")))
    monkeypatch.setattr(services, "record_message", fails_on("second", OperationalError("gone")))
    assert len(inbox.work_off(source_id=source.pk)) == 1, "what was done before is told"
    with pytest.raises(OperationalError):
        inbox.work_off(source_id=source.pk)
    assert Delivery.objects.get(external_id="7006").attempts == 0
    monkeypatch.undo()
    assert len(inbox.work_off(source_id=source.pk)) == 1
    assert Message.objects.count() == 2


def test_the_sweep_leaves_what_has_just_come_to_its_receiver(source: Source) -> None:
    receive(source, update(live(5)))
    assert inbox.sweep() == 0
    age()
    assert inbox.sweep() == 1
    assert inbox.sweep() == 0
    assert states() == ["processed"]


@pytest.mark.django_db(transaction=True)
def test_every_update_thrice_shuffled_by_many_at_once(owner: Person) -> None:
    """Eight receivers that are sweepers as well: each delivery is worked off by one of them, once."""
    source = services.ensure_source(workspace=owner.workspace, name="Telegram", kind="telegram")
    updates = [update(live(number, f"text {number}")) for number in range(1, count(20, 600))]
    shuffled = random.Random(5).sample(updates * 3, len(updates) * 3)
    done: Counter[int] = Counter()

    def work(part: list[dict[str, Any]]) -> list[int]:
        mine: list[int] = []
        try:
            for at in range(0, len(part), 7):
                receive(source, *part[at : at + 7])
                mine += [taken.delivery_id for taken in inbox.work_off(source_id=source.pk)]
        finally:
            connection.close()
        return mine

    with ThreadPoolExecutor(8) as pool:
        for mine in pool.map(work, (shuffled[at::8] for at in range(8))):
            done.update(mine)

    def all_worked_off() -> bool:
        done.update(taken.delivery_id for taken in inbox.work_off(source_id=source.pk))
        return not inbox.has_new(source_id=source.pk)

    wait_for(all_worked_off)
    assert set(done.values()) == {1}
    assert Delivery.objects.filter(status="processed").count() == len(updates)
    assert Message.objects.count() == len(updates)
    assert Event.objects.filter(type="message.received").count() == len(updates)


def test_a_delivery_is_kept_for_a_month_and_its_id_for_good(source: Source) -> None:
    receive(source, update(live(5)), update(live(6)), update(live(7)))
    assert len(inbox.work_off(source_id=source.pk, limit=2)) == 2
    old, waiting = Delivery.objects.order_by("pk").first(), Delivery.objects.order_by("pk").last()
    assert old is not None
    assert waiting is not None
    long_ago = timezone.now() - inbox.KEEP - timedelta(hours=1)
    Delivery.objects.filter(pk__in=[old.pk, waiting.pk]).update(received_at=long_ago)
    assert inbox.forget_old() == 1
    assert inbox.forget_old() == 0
    assert [len(bytes(one)) > 0 for one in Delivery.objects.order_by("pk").values_list("raw", flat=True)] == [
        False,
        True,
        True,
    ]
    receive(source, update(live(5)))
    assert Delivery.objects.count() == 3
