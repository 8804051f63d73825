"""What a Telegram export's messages become: ids as in the live chat, authors, replies, topics, albums, media."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ingestion.drafts import MessageDraft, PersonDraft, Skipped
from ingestion.tests.telegram_files import CHAT, LIVE_CHAT, chat, draft, drafts, message, read, service, write

NOT_INCLUDED = "(File not included. Change data exporting settings to download.)"


@pytest.mark.parametrize(
    ("chat_type", "bare", "live"),
    [
        ("private_supergroup", CHAT, LIVE_CHAT),
        ("public_supergroup", 42, "-1000000000042"),
        ("public_channel", CHAT, LIVE_CHAT),
        ("private_channel", CHAT, LIVE_CHAT),
        ("private_group", 987, "-987"),
        ("personal_chat", 12, "12"),
        ("bot_chat", 13, "13"),
        ("saved_messages", 14, "14"),
        (None, 15, "15"),
    ],
)
def test_chat_ids_are_those_of_the_live_api(tmp_path: Path, chat_type: Any, bare: int, live: str) -> None:
    assert draft(tmp_path, message(1), type=chat_type, id=bare).channel.external_id == live


@pytest.mark.parametrize(
    ("facts", "title"),
    [
        ({}, "Dev"),
        ({"name": None}, "Untitled chat"),
        ({"name": None, "type": "personal_chat"}, "Deleted account"),
        ({"name": None, "type": "saved_messages"}, "Saved Messages"),
        ({"name": " Dev\n team "}, "Dev team"),
    ],
)
def test_chat_titles(tmp_path: Path, facts: dict[str, Any], title: str) -> None:
    assert draft(tmp_path, message(1), **facts).channel.title == title


@pytest.mark.parametrize(
    ("from_", "from_id", "person"),
    [
        ("Bob", "user12", PersonDraft("12", "Bob")),
        (None, "user12", PersonDraft("12", "Deleted account")),
        (..., "user12", PersonDraft("12", "Deleted account")),
        ("Dev", f"channel{CHAT}", PersonDraft(LIVE_CHAT, "Dev")),
        ("Old group", "chat34", PersonDraft("-34", "Old group")),
        ("Bob", ..., PersonDraft("name:Bob", "Bob")),
        ("Bob", 12, PersonDraft("12", "Bob")),
        ("News", (2 << 32) + 7, PersonDraft("-1000000000007", "News")),
        (None, ..., None),
    ],
    ids=[
        "user",
        "from_null",
        "from_missing",
        "from_id_channel",
        "from_id_chat",
        "no_id",
        "old_id",
        "old_channel",
        "nobody",
    ],
)
def test_author(tmp_path: Path, from_: Any, from_id: Any, person: PersonDraft | None) -> None:
    assert draft(tmp_path, message(1, **{"from": from_, "from_id": from_id})).author == person


def test_a_bot_is_known_by_its_buttons_from_then_on(tmp_path: Path) -> None:
    by_bot = {"from": "CI", "from_id": "user99"}
    first, second, third, fourth = drafts(
        tmp_path,
        message(1, **by_bot, inline_bot_buttons=[[{"type": "url", "text": "open"}]]),
        message(2, **by_bot),
        message(3),
        message(4, via_bot="@gif", inline_bot_buttons=[[{}]]),
    )
    assert [each.author.is_bot for each in (first, second, third, fourth) if each.author] == [True, True, False, False]
    assert fourth.metadata["via_bot"] == "@gif"


def test_the_other_side_of_a_bot_chat_is_a_bot(tmp_path: Path) -> None:
    bot, person = drafts(tmp_path, message(1, from_id="user13"), message(2), type="bot_chat", id=13)
    assert [each.author and each.author.is_bot for each in (bot, person)] == [True, False]


def test_date_unixtime_is_used(tmp_path: Path) -> None:
    found = draft(tmp_path, message(1, date="2026-01-02T23:00:00", date_unixtime="1767340860"))
    assert found.sent_at == datetime(2026, 1, 2, 8, 1, tzinfo=UTC)


def test_date_unixtime_missing(tmp_path: Path) -> None:
    path = write(tmp_path, chat(message(1, date="2026-07-02T10:00:00", date_unixtime=...)))
    for zone, hour in ((UTC, 10), (ZoneInfo("Europe/Kyiv"), 7)):
        (found,) = read(path, timezone=zone)
        assert isinstance(found, MessageDraft)
        assert found.sent_at == datetime(2026, 7, 2, hour, tzinfo=UTC)


def test_edited(tmp_path: Path) -> None:
    plain, edited, old = drafts(
        tmp_path,
        message(1),
        message(2, edited="2026-01-02T10:05:00", edited_unixtime="1767341100"),
        message(3, edited="1970-01-01T03:00:00"),
    )
    assert plain.edited_at is None
    assert edited.edited_at == datetime(2026, 1, 2, 8, 5, tzinfo=UTC)
    assert old.edited_at is None  # exports of 2018 and 2019 write 1970 for "never"


def test_negative_migrated_ids(tmp_path: Path) -> None:
    first, second = drafts(tmp_path, message(-999999990), message(-999999980, reply_to_message_id=-999999990))
    assert (first.external_id, second.external_id, second.reply_to) == ("-999999990", "-999999980", "-999999990")
    assert first.metadata["migrated"] is True
    assert first.channel.external_id == LIVE_CHAT


def test_reply(tmp_path: Path) -> None:
    assert drafts(tmp_path, message(1), message(2, reply_to_message_id=1))[1].reply_to == "1"


def test_reply_to_a_message_outside_the_file(tmp_path: Path) -> None:
    assert draft(tmp_path, message(50, reply_to_message_id=7)).reply_to == "7"


def test_reply_to_a_message_in_another_chat(tmp_path: Path) -> None:
    found = draft(tmp_path, message(50, reply_to_message_id=7, reply_to_peer_id="channel9"))
    assert found.reply_to == ""
    assert found.metadata == {"reply_to_channel": "-1000000000009", "reply_to_message": "7"}
    assert draft(tmp_path, message(50, reply_to_message_id=7, reply_to_peer_id=f"channel{CHAT}")).reply_to == "7"


def test_topic_chain_through_3_replies(tmp_path: Path) -> None:
    found = drafts(
        tmp_path,
        service(1, "topic_created", title="Release"),
        service(2, "topic_created", title="Bugs"),
        message(3, reply_to_message_id=1),
        message(4, reply_to_message_id=3),
        message(5, reply_to_message_id=2),
        message(6, reply_to_message_id=4),
        message(7, reply_to_message_id=6),
        message(8),
        message(9, reply_to_message_id=8),
    )
    assert [each.thread for each in found] == ["1", "2", "1", "1", "2", "1", "1", "", ""]
    assert [each.thread_title for each in found][2:8] == ["Release", "Release", "Bugs", "Release", "Release", ""]
    # to stand in a topic is not to answer the message that made it
    assert [each.reply_to for each in found] == ["", "", "", "3", "", "4", "6", "", "8"]


def test_topic_edit_changes_the_title_from_then_on(tmp_path: Path) -> None:
    found = drafts(
        tmp_path,
        service(1, "topic_created", title="Release"),
        message(2, reply_to_message_id=1),
        service(3, "topic_edit", new_title="Release 2", reply_to_message_id=1),
        service(4, "topic_edit", new_icon_emoji_id=5, reply_to_message_id=1),
        service(5, "topic_edit", new_title="Which one?"),
        message(6, reply_to_message_id=2),
    )
    assert [each.thread_title for each in found] == ["Release", "Release", "Release 2", "Release 2", "", "Release 2"]


def test_topics_are_found_when_ids_are_out_of_order(tmp_path: Path) -> None:
    found = drafts(
        tmp_path,
        service(10, "topic_created", title="Release"),
        message(30, reply_to_message_id=10),
        message(20, reply_to_message_id=10),
        message(40, reply_to_message_id=20),
        message(41, reply_to_message_id=30),
    )
    assert {each.thread for each in found} == {"10"}


def photo(id_: int, text: str = "", **facts: Any) -> dict[str, Any]:
    return message(id_, text, **{"photo": f"photos/{id_}.jpg", "date_unixtime": "1767340860", **facts})


def test_album_of_4_photos_with_one_caption(tmp_path: Path) -> None:
    found = drafts(tmp_path, message(1), photo(2), photo(3, "the four screens"), photo(4), photo(5), message(6))
    assert [each.external_id for each in found] == ["1", "2", "3", "4", "5", "6"]
    assert [each.metadata.get("album") for each in found] == [None, "2", "2", "2", "2", None]
    assert [each.text for each in found][1:5] == ["", "the four screens", "", ""]


def test_photos_that_are_no_album(tmp_path: Path) -> None:
    found = drafts(
        tmp_path,
        photo(1, "one"),
        photo(2, "two"),
        photo(4),
        photo(5, from_id="user13"),
        photo(6, date_unixtime="1767340960", from_id="user13"),
    )
    assert [each for each in found if "album" in each.metadata] == []


def test_an_album_at_the_end_of_the_file(tmp_path: Path) -> None:
    assert [each.metadata["album"] for each in drafts(tmp_path, photo(8), photo(9))] == ["8", "8"]


def test_unsupported_type(tmp_path: Path) -> None:
    items = read(write(tmp_path, chat({"id": 1, "type": "unsupported"}, {"id": 2, "type": "hologram"}, message(3))))
    assert [type(item) for item in items] == [Skipped, Skipped, MessageDraft]
    assert items[0] == Skipped("message 1", "type 'unsupported' has no content")


def test_file_placeholder_text_in_photo(tmp_path: Path) -> None:
    placeholder, path, named = drafts(
        tmp_path,
        message(1, "", photo=NOT_INCLUDED, width=8, height=8),
        message(2, "", photo="photos/photo_1@02-01-2026.jpg"),
        message(3, "", file=f"a.pdf {NOT_INCLUDED}", file_name="a.pdf", mime_type="application/pdf", file_size=9),
    )
    assert placeholder.metadata == {"media": "photo", "included": False}
    assert path.metadata == {"media": "photo", "path": "photos/photo_1@02-01-2026.jpg"}
    assert named.metadata == {
        "media": "file",
        "included": False,
        "file_name": "a.pdf",
        "mime_type": "application/pdf",
        "size": 9,
    }
    assert {each.kind for each in (placeholder, path, named)} == {"media"}


def test_a_sticker_has_its_emoji_and_no_text(tmp_path: Path) -> None:
    found = draft(tmp_path, message(1, "", file=NOT_INCLUDED, media_type="sticker", sticker_emoji="🔥"))
    assert (found.kind, found.text, found.metadata["sticker_emoji"]) == ("sticker", "", "🔥")


@pytest.mark.parametrize(
    ("facts", "media"),
    [
        ({"file": NOT_INCLUDED, "media_type": "voice_message", "duration_seconds": 7}, "voice_message"),
        ({"location_information": {"latitude": 50.4, "longitude": 30.5}}, "location"),
        ({"contact_information": {"first_name": "A", "last_name": "", "phone_number": "1"}}, "contact"),
        ({"game_title": "Chess"}, "game"),
    ],
)
def test_other_media(tmp_path: Path, facts: dict[str, Any], media: str) -> None:
    found = draft(tmp_path, message(1, "", **facts))
    assert (found.kind, found.metadata["media"]) == ("media", media)


@pytest.mark.parametrize(
    ("value", "name"), [("News", "News"), (None, "Deleted account"), ("", "Deleted account"), (..., "")]
)
def test_forwarded_from(tmp_path: Path, value: Any, name: str) -> None:
    assert draft(tmp_path, message(1, forwarded_from=value)).forwarded_from == name


def test_signature_and_reactions(tmp_path: Path) -> None:
    given = [
        {"type": "emoji", "count": 2, "emoji": "👍", "recent": [{"from": "A", "from_id": "user1"}]},
        {"type": "custom_emoji", "count": 1, "document_id": "7"},
    ]
    found = draft(tmp_path, message(1, author="Ann", from_id=f"channel{CHAT}", reactions=given), type="public_channel")
    assert found.metadata == {"signature": "Ann", "reactions": {"👍": 2, "custom_emoji": 1}}


def test_service_messages(tmp_path: Path) -> None:
    joined, pinned = drafts(
        tmp_path,
        service(1, "invite_members", members=["Ann", None]),
        service(2, "pin_message", message_id=1),
    )
    assert (joined.kind, joined.text, joined.author) == ("service", "", PersonDraft("11", "Ann"))
    assert joined.metadata == {"action": "invite_members", "members": ["Ann", None]}
    assert pinned.metadata == {"action": "pin_message", "message_id": 1}


@pytest.mark.parametrize(
    "record",
    [
        "text",
        None,
        [],
        {},
        {"id": "x", "type": "message"},
        {"id": True, "type": "message", "date_unixtime": "1767340860"},
        {"id": 2**70, "type": "message", "date_unixtime": "1767340860"},
        {"id": 5, "type": "message"},
        {"id": 5, "type": "message", "date": "soon", "date_unixtime": "99999999999999"},
    ],
)
def test_a_record_that_is_no_message_is_skipped_with_a_reason(tmp_path: Path, record: Any) -> None:
    skipped, kept = read(write(tmp_path, chat(record, message(9))))
    assert isinstance(skipped, Skipped)
    assert skipped.reason
    assert isinstance(kept, MessageDraft)


def test_a_full_export_has_all_chats_and_left_chats(tmp_path: Path) -> None:
    account = {
        "about": "Here is the data you requested from Telegram.",
        "personal_information": {"user_id": 1, "first_name": "A"},
        "contacts": {"about": "", "list": [{"user_id": 5, "name": "C", "type": "x", "id": 6}]},
        "chats": {
            "about": "This page lists all chats.",
            "list": [
                chat(service(1, "topic_created", title="Release"), message(2, reply_to_message_id=1)),
                {"type": "saved_messages", "id": 3, "messages": [message(3)]},
                {"name": "No id", "type": "personal_chat", "messages": [message(4), message(5)]},
                chat(message(2, reply_to_message_id=1), id=77),
            ],
        },
        "left_chats": {"about": "", "list": [chat(message(6), name="Left", type="private_group", id=5)]},
    }
    items = read(write(tmp_path, account))
    found = [
        (item.channel.external_id, item.channel.title, item.external_id, item.thread)
        for item in items
        if isinstance(item, MessageDraft)
    ]
    assert found == [
        (LIVE_CHAT, "Dev", "1", "1"),
        (LIVE_CHAT, "Dev", "2", "1"),
        ("3", "Saved Messages", "3", ""),
        ("-1000000000077", "Dev", "2", ""),  # the topics of one chat are not those of the next
        ("-5", "Left", "6", ""),
    ]
    assert [item for item in items if isinstance(item, Skipped)] == [
        Skipped("chat 'No id'", "has no id and type before its messages")
    ]


def test_same_file_twice(tmp_path: Path) -> None:
    path = write(tmp_path, chat(message(1), photo(2), photo(3), service(4, "pin_message")))
    assert read(path) == read(path)


@pytest.mark.long
def test_the_demo_export_of_the_data_folder() -> None:
    folder = Path(__file__).resolve().parents[3] / "shared" / "data" / "demo" / "telegram"
    if not folder.is_dir():
        pytest.skip("no ../shared/data/demo/telegram")
    items = read(folder)
    assert len(items) == len(json.loads((folder / "result.json").read_text())["messages"])
    assert all(isinstance(item, MessageDraft) for item in items)
    replies = [item for item in items if isinstance(item, MessageDraft) and item.reply_to]
    assert len(replies) == 141
    times = [item.sent_at for item in items if isinstance(item, MessageDraft)]
    assert times == sorted(times)
    assert times[-1] - times[0] < timedelta(days=40)
