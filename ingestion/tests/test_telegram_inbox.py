"""What comes from Telegram live, beside plain messages: moves of a chat, reactions, albums, copies of an import."""

import json
from pathlib import Path
from typing import Any

import pytest

from ingestion import inbox, services
from ingestion.models import Channel, Delivery, LinkedChat, Message, Source
from ingestion.tests import telegram_files as files
from ingestion.tests.telegram_files import LIVE_CHAT
from ingestion.tests.telegram_updates import BOB, BOT_ID, GROUP, live, live_service, update
from tasktracker.core.tests.factories import Person
from tasktracker.tests.support import LONG

OLD: dict[str, Any] = {"id": -77, "type": "group", "title": "Dev"}
MOVE = live_service(9, chat=OLD, migrate_to_chat_id=int(LIVE_CHAT))
ARRIVAL = live_service(1, migrate_from_chat_id=-77)

# To empty the database costs more than such a test: in make test it is rolled back.
pytestmark = pytest.mark.django_db(transaction=LONG)


@pytest.fixture
def source(owner: Person) -> Source:
    source = services.ensure_source(workspace=owner.workspace, name="Telegram", kind="telegram")
    source.config = {"bot_id": BOT_ID}
    source.save()
    return source


def receive(source: Source, *updates: dict[str, Any]) -> None:
    """Updates that have come, worked off."""
    first = Delivery.objects.count()
    pairs = [(str(first + place), json.dumps(one).encode()) for place, one in enumerate(updates, 1)]
    inbox.store(source_id=source.pk, deliveries=pairs)
    while inbox.work_off(source_id=source.pk):
        continue


def stored() -> list[tuple[str, str, str]]:
    """(chat, id, text) of each message, oldest id first."""
    rows = Message.objects.select_related("channel").order_by("pk")
    return [(row.channel.external_id, row.external_id, row.text) for row in rows]


class TestAGroupBecomesASupergroup:
    @pytest.mark.parametrize(
        "moves", [(MOVE, ARRIVAL), (ARRIVAL, MOVE), (MOVE, MOVE)], ids=["in order", "late", "twice"]
    )
    def test_the_channel_goes_on_with_what_was_said_before(self, source: Source, moves: tuple[Any, ...]) -> None:
        before = [live(5, "before", chat=OLD), live(6, "an answer", chat=OLD, reply_to_message=live(5, chat=OLD))]
        receive(source, *(update(one, update_id=1) for one in (*before, *moves, live(5, "after"))))
        assert Channel.objects.get().external_id == LIVE_CHAT
        assert {row for row in stored() if row[2]} == {
            (LIVE_CHAT, str(5 - 10**9), "before"),
            (LIVE_CHAT, str(6 - 10**9), "an answer"),
            (LIVE_CHAT, "5", "after"),
        }
        assert Message.objects.get(text="an answer").reply_to == str(5 - 10**9)

    def test_what_was_late_in_coming_from_the_old_group_finds_it(self, source: Source) -> None:
        receive(source, update(MOVE), update(live(5, "late", chat=OLD)))
        receive(source, update(live(5, "edited", chat=OLD, edit_date=files.START + 4000), "edited_message"))
        assert (LIVE_CHAT, str(5 - 10**9), "edited") in stored()
        assert Channel.objects.count() == 1

    @pytest.mark.long
    def test_an_export_of_the_supergroup_is_the_same_messages(self, source: Source, tmp_path: Path) -> None:
        receive(source, update(live(5, "hello", chat=OLD)), update(MOVE), update(ARRIVAL), update(live(7, "hello")))
        path = files.write(tmp_path, files.chat(files.message(5 - 10**9, "hello"), files.message(7, "hello")))
        report = services.import_export(source=source, path=path)
        assert (report.created, report.errors) == (0, 0)

    def test_what_was_imported_of_the_supergroup_before_is_not_doubled(self, source: Source, tmp_path: Path) -> None:
        path = files.write(tmp_path, files.chat(files.message(5 - 10**9, "hello")))
        services.import_export(source=source, path=path)
        receive(source, update(live(5, "hello", chat=OLD)), update(live(6, "and on", chat=OLD)), update(MOVE))
        ids = set(Message.objects.filter(channel__external_id=LIVE_CHAT).values_list("external_id", flat=True))
        assert ids == {str(5 - 10**9), str(6 - 10**9), str(9 - 10**9)}

    @pytest.mark.long
    def test_it_stays_with_the_workspace_that_it_was_linked_to(self, source: Source, stranger: Person) -> None:
        LinkedChat.objects.create(bot=source, external_id="-77", source=source)
        receive(source, update(live(5, "before", chat=OLD)), update(MOVE), update(live(5, "after")))
        assert LinkedChat.objects.get().external_id == LIVE_CHAT
        assert set(Delivery.objects.values_list("status", flat=True)) == {"processed"}


def reaction(number: int, old: str, new: str) -> dict[str, Any]:
    """One person's change, as the Bot API has it."""
    lists = {
        name: [{"type": "emoji", "emoji": emoji} for emoji in emojis]
        for name, emojis in (("old_reaction", old), ("new_reaction", new))
    }
    told = {"chat": GROUP, "message_id": number, "user": BOB, "date": files.START + 90, **lists}
    return {"update_id": 1, "message_reaction": told}


class TestReactions:
    def test_are_counted_at_their_message_and_outlive_an_edit(self, source: Source) -> None:
        receive(source, update(live(5)), reaction(5, "", "👍"), reaction(5, "", "👍🔥"), reaction(5, "👍", ""))
        assert Message.objects.get().metadata["reactions"] == {"👍": 1, "🔥": 1}
        receive(source, update(live(5, "edited", edit_date=files.START + 4000), "edited_message"))
        message = Message.objects.get()
        assert (message.text, message.metadata["reactions"]) == ("edited", {"👍": 1, "🔥": 1})
        receive(source, reaction(5, "👍🔥", ""))
        assert Message.objects.get().metadata["reactions"] == {}

    def test_of_a_channel_are_told_as_their_sum(self, source: Source) -> None:
        total = [
            {"type": {"type": "emoji", "emoji": "👍"}, "total_count": 4},
            {"type": {"type": "custom_emoji", "custom_emoji_id": "1"}, "total_count": 2},
        ]
        told = {"chat": GROUP, "message_id": 5, "date": files.START + 90, "reactions": total}
        receive(source, update(live(5)), {"update_id": 1, "message_reaction_count": told})
        assert Message.objects.get().metadata["reactions"] == {"👍": 4, "custom_emoji": 2}

    def test_to_what_is_not_here_are_put_down_as_that(self, source: Source) -> None:
        receive(source, reaction(5, "", "👍"))
        assert list(Delivery.objects.values_list("status", "error")) == [
            ("ignored", "reactions to a message that is not here")
        ]


def test_album_of_4_photos_with_one_caption(source: Source) -> None:
    photo = {"photo": [{"file_id": "a", "file_size": 10}], "media_group_id": "77"}
    receive(
        source, *(update(live(n, ..., **photo, **({"caption": "the plan"} if n == 5 else {}))) for n in range(5, 9))
    )
    rows = Message.objects.order_by("external_id").values_list("text", "kind", "metadata__media_group_id")
    assert list(rows) == [("the plan", "media", "77"), *[("", "media", "77")] * 3]


def test_live_message_already_stored_then_imported_and_the_other_way(source: Source, tmp_path: Path) -> None:
    path = files.write(tmp_path, files.chat(files.message(5, "first live"), files.message(6, "first imported")))
    receive(source, update(live(5, "first live")))
    report = services.import_export(source=source, path=path)
    assert (report.created, report.unchanged) == (1, 1)
    receive(source, update(live(6, "first imported")))
    assert [text for _, _, text in stored()] == ["first live", "first imported"]


def test_edited_version_newer_or_older_than_stored(source: Source) -> None:
    def edit(text: str, at: int) -> dict[str, Any]:
        return update(live(5, text, edit_date=files.START + 1000 + at), "edited_message")

    receive(source, update(live(5, "as sent")), edit("second", 20), edit("first, late", 10), edit("third", 30))
    assert [text for _, _, text in stored()] == ["third"]
    assert list(Message.objects.get().revisions.values_list("text", flat=True)) == ["second", "as sent"]


@pytest.mark.long
@pytest.mark.parametrize(
    ("facts", "kind", "text"),
    [
        ({"poll": {"question": "When?", "options": [{"text": "Friday"}, {"text": "Monday"}]}}, "poll", "When?"),
        ({"sticker": {"emoji": "🔥"}}, "sticker", ""),
        ({"caption": "the log", "document": {"file_name": "a.log"}}, "media", "the log"),
        (
            {"text": "forwarded", "forward_origin": {"type": "user", "sender_user": {"first_name": "Eve"}}},
            "message",
            "forw",
        ),
    ],
    ids=["poll", "sticker", "caption", "forward"],
)
def test_kinds_of_messages(source: Source, facts: dict[str, Any], kind: str, text: str) -> None:
    receive(source, update(live(5, **{"text": ..., **facts})))
    message = Message.objects.get()
    assert (message.kind, message.text[: len(text)]) == (kind, text)
    assert message.forwarded_from == ("Eve" if "forward_origin" in facts else "")
