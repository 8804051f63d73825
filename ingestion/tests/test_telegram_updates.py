"""A live message and the same message in an export become the same draft."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.channels import telegram
from ingestion.drafts import PersonDraft
from ingestion.tests.telegram_files import LIVE_CHAT, START, drafts, message, service
from ingestion.tests.telegram_updates import ANN, BOB, BOT_ID, GROUP, draft, live, live_service, raw, reading, update
from tasktracker.tests.support import count

FLAG = "🏴󠁧󠁢󠁥󠁮󠁧󠁿"
CHANNEL = {"id": -1009876543210, "type": "channel", "title": "Releases"}


def link(offset: int, length: int, url: str) -> dict[str, Any]:
    return {"type": "text_link", "offset": offset, "length": length, "url": url}


# name, the message in the export, the same message live
TWINS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("plain", message(5), live(5)),
    ("name of two words", message(5, **{"from": "Bob Ray"}), live(5, **{"from": {**BOB, "last_name": "Ray"}})),
    ("deleted account", message(5, **{"from": None}), live(5, **{"from": {**BOB, "first_name": ""}})),
    (
        "hidden link",
        message(5, ["see ", {"type": "text_link", "text": "doc", "href": "https://e.x/a"}, " ok"], text_entities=...),
        live(5, "see doc ok", entities=[link(4, 3, "https://e.x/a")]),
    ),
    (
        "link after characters of two UTF-16 units",
        message(
            5, [f"🎉{FLAG} ", {"type": "text_link", "text": "𝒟oc", "href": "https://e.x/a"}, "!"], text_entities=...
        ),
        live(5, f"🎉{FLAG} 𝒟oc!", entities=[link(2 + 14 + 1, 4, "https://e.x/a")]),
    ),
    (
        "link that shows its own address",
        message(5, [{"type": "text_link", "text": "e.x/a", "href": "https://e.x/a/"}], text_entities=...),
        live(5, "e.x/a", entities=[link(0, 5, "https://e.x/a/")]),
    ),
    (
        "bold and mention",
        message(5, [{"type": "bold", "text": "now"}, " ", {"type": "mention", "text": "@ann"}], text_entities=...),
        live(
            5,
            "now @ann",
            entities=[{"type": "bold", "offset": 0, "length": 3}, {"type": "mention", "offset": 4, "length": 4}],
        ),
    ),
    (
        "command",
        message(5, [{"type": "bot_command", "text": "/status"}, " please"], text_entities=...),
        live(5, "/status please", entities=[{"type": "bot_command", "offset": 0, "length": 7}]),
    ),
    (
        "edited",
        message(5, "hello all", edited="2026-01-02T12:00:00", edited_unixtime=str(START + 999)),
        live(5, "hello all", edit_date=START + 999),
    ),
    (
        "photo with caption",
        message(5, "the crash", photo="(File not included. Change data exporting settings to download.)"),
        live(5, ..., photo=[{"file_id": "a", "file_size": 10}, {"file_id": "b", "file_size": 99}], caption="the crash"),
    ),
    (
        "sticker",
        message(5, "", file="sticker.webp", media_type="sticker", sticker_emoji="👍"),
        live(5, ..., sticker={"file_id": "a", "emoji": "👍"}),
    ),
    (
        "animation",
        message(5, "", file="a.mp4", media_type="animation", mime_type="video/mp4", duration_seconds=3),
        live(
            5,
            ...,
            animation={"file_id": "a", "mime_type": "video/mp4", "duration": 3},
            document={"file_id": "a", "mime_type": "video/mp4"},
        ),
    ),
    (
        "voice",
        message(5, "", file="v.ogg", media_type="voice_message", mime_type="audio/ogg", duration_seconds=7),
        live(5, ..., voice={"file_id": "a", "mime_type": "audio/ogg", "duration": 7}),
    ),
    (
        "document",
        message(5, "", file="files/log.txt", file_name="log.txt", mime_type="text/plain", file_size=12),
        live(5, ..., document={"file_id": "a", "file_name": "log.txt", "mime_type": "text/plain", "file_size": 12}),
    ),
    (
        "poll",
        message(5, "", poll={"question": "Ship it?", "answers": [{"text": "Yes"}, {"text": "No"}]}),
        live(5, ..., poll={"id": "1", "question": "Ship it?", "options": [{"text": "Yes"}, {"text": "No"}]}),
    ),
    (
        "to-do list",
        message(5, "", todo_list={"title": "Before 2.0", "answers": [{"text": "Docs", "id": 1}]}),
        live(5, ..., checklist={"title": "Before 2.0", "tasks": [{"text": "Docs", "id": 1}]}),
    ),
    (
        "venue",
        message(5, "", location_information={"latitude": 1}, place_name="Office", address="1 Main St"),
        live(5, ..., venue={"title": "Office", "address": "1 Main St"}, location={"latitude": 1}),
    ),
    ("reply", message(5, reply_to_message_id=3), live(5, reply_to_message=live(3), message_thread_id=3)),
    (
        "reply to another chat",
        message(5, reply_to_message_id=77, reply_to_peer_id="channel9876543210"),
        live(5, external_reply={"chat": CHANNEL, "message_id": 77, "origin": {"type": "channel"}}),
    ),
    (
        "forwarded from a person",
        message(5, forwarded_from="Ann Lee"),
        live(5, forward_origin={"type": "user", "sender_user": {**ANN, "last_name": "Lee"}}),
    ),
    (
        "forwarded from a hidden person",
        message(5, forwarded_from="Ann Lee"),
        live(5, forward_origin={"type": "hidden_user", "sender_user_name": "Ann Lee"}),
    ),
    (
        "forwarded from a channel",
        message(5, forwarded_from="Releases"),
        live(5, forward_origin={"type": "channel", "chat": CHANNEL, "message_id": 7}),
    ),
    (
        "on behalf of a channel",
        message(5, from_id="channel9876543210", **{"from": "Releases"}),
        live(5, sender_chat=CHANNEL, **{"from": {"id": 136817688, "is_bot": True, "first_name": "Channel"}}),
    ),
    (
        "through an inline bot",
        message(5, via_bot="@gif"),
        live(5, via_bot={"id": 9, "is_bot": True, "username": "gif"}),
    ),
    (
        "new topic",
        service(1, "topic_created", title="Release"),
        live_service(1, forum_topic_created={"name": "Release"}),
    ),
    (
        "new title",
        service(5, "edit_group_title", title="Dev 2"),
        live_service(5, new_chat_title="Dev 2"),
    ),
    (
        "people invited",
        service(5, "invite_members", members=["Bob", "Cy"]),
        live_service(5, new_chat_members=[BOB, {"id": 13, "is_bot": False, "first_name": "Cy"}]),
    ),
    ("joined by link", service(5, "join_group_by_link"), live_service(5, new_chat_members=[ANN])),
    ("left", service(5, "remove_members", members=["Ann"]), live_service(5, left_chat_member=ANN)),
    ("pinned", service(5, "pin_message", message_id=3), live_service(5, pinned_message=live(3))),
]
ONLY_ONE_SIDE = {"path", "included", "size"}


@pytest.mark.parametrize(("exported", "lived"), [twin[1:] for twin in TWINS], ids=[twin[0] for twin in TWINS])
def test_twins(exported: dict[str, Any], lived: dict[str, Any], tmp_path: Path) -> None:
    (old,) = drafts(tmp_path, exported)
    new = draft(lived)
    for name in ("external_id", "author", "text", "sent_at", "kind", "edited_at", "reply_to", "thread", "thread_title"):
        assert getattr(new, name) == getattr(old, name), name
    assert (new.channel, new.forwarded_from) == (old.channel, old.forwarded_from)
    known = {name: value for name, value in old.metadata.items() if name not in ONLY_ONE_SIDE}
    assert {name: value for name, value in new.metadata.items() if name not in ONLY_ONE_SIDE} == known


def test_a_topic_and_what_stands_in_it(tmp_path: Path) -> None:
    root = live_service(1, forum_topic_created={"name": "Release"}, message_thread_id=1, is_topic_message=True)
    in_topic = {"message_thread_id": 1, "is_topic_message": True}
    lived = [
        root,
        live(2, "first", reply_to_message=root, **in_topic),
        live(3, "answer", reply_to_message=live(2), **in_topic),
        live_service(4, forum_topic_edited={"name": "Release 2"}, reply_to_message=root, **in_topic),
        live(5, "general"),
    ]
    exported = [
        service(1, "topic_created", title="Release"),
        message(2, "first", reply_to_message_id=1),
        message(3, "answer", reply_to_message_id=2),
        service(4, "topic_edit", new_title="Release 2", reply_to_message_id=1),
        message(5, "general"),
    ]
    olds, news = drafts(tmp_path, *exported), [draft(one) for one in lived]
    assert [(one.thread, one.reply_to) for one in news] == [(one.thread, one.reply_to) for one in olds]
    assert [one.thread for one in news] == ["1", "1", "1", "1", ""]
    assert [one.thread_title for one in news] == ["Release", "Release", "", "Release 2", ""]


def test_an_edit_in_the_second_of_sending_is_an_edit() -> None:
    assert draft(live(5, edit_date=START + 5 * 60), "edited_message").edited_at == datetime.fromtimestamp(
        START + 300, UTC
    )


def test_a_channel_post_is_the_channel_s() -> None:
    post = live(5, chat=CHANNEL, sender_chat=CHANNEL, author_signature="Ann", **{"from": ...})
    found = draft(post, "channel_post")
    assert found.author == PersonDraft("-1009876543210", "Releases")
    assert found.metadata == {"signature": "Ann"}


def test_a_private_chat_is_called_after_the_person() -> None:
    chat = {"id": 12, "type": "private", "first_name": "Bob", "last_name": "Ray"}
    assert draft(live(5, chat=chat)).channel.title == "Bob Ray"


def test_an_album_keeps_what_holds_it_together() -> None:
    photo = {"photo": [{"file_size": 1}], "media_group_id": "1376"}
    assert draft(live(5, ..., **photo)).metadata["media_group_id"] == "1376"


def test_a_rich_message_is_its_words() -> None:
    blocks = [
        {"type": "paragraph", "text": ["The ", {"type": "bold", "text": "export"}, " fails"]},
        {"type": "list", "items": [{"blocks": [{"type": "paragraph", "text": "since Monday"}]}]},
    ]
    assert draft(live(5, ..., rich_message={"blocks": blocks})).text == "The export fails\nsince Monday"


def test_the_bot_s_own_posts_are_marked() -> None:
    own = {"id": int(BOT_ID), "is_bot": True, "first_name": "Tracker"}
    assert reading(live(5, **{"from": own})).is_own
    assert reading(live(5, via_bot=own)).is_own
    assert not reading(live(5)).is_own


def test_a_group_that_moves_says_where() -> None:
    old = reading(live_service(5, chat={"id": -77, "type": "group", "title": "Dev"}, migrate_to_chat_id=int(LIVE_CHAT)))
    new = reading(live_service(1, migrate_from_chat_id=-77))
    assert (old.moved_to, new.moved_from) == (LIVE_CHAT, "-77")
    assert old.draft is not None
    assert old.draft.metadata == {"action": "migrate_to_supergroup", "migrate_to_chat_id": LIVE_CHAT}


def test_a_kind_of_message_that_is_not_known_is_a_service_message() -> None:
    found = draft(live_service(5, teleported={"to": "Mars"}))
    assert (found.kind, found.text, found.metadata) == ("service", "", {"action": "unknown"})


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "not an update"),
        (raw({"update_id": 1}), "an update with nothing"),
        (raw({"update_id": 1, "callback_query": {"id": "1"}}), "an update with callback_query"),
        (raw(update(live(5, date=0))), "a message without id, date or chat"),
        (raw({"update_id": 1, "message": {"message_id": 0, "chat": GROUP, "date": START}}), "a message without id"),
    ],
)
def test_what_holds_no_message_says_why(content: bytes, why: str) -> None:
    found = telegram.read(content, bot_id=BOT_ID)
    assert found.draft is None
    assert found.why_not.startswith(why)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = [
    *("message_id", "chat", "date", "edit_date", "from", "sender_chat", "text", "entities", "caption", "photo"),
    *("sticker", "poll", "checklist", "document", "venue", "rich_message", "reply_to_message", "external_reply"),
    *("forward_origin", "forum_topic_created", "new_chat_members", "pinned_message", "message_thread_id", "via_bot"),
    *("media_group_id", "migrate_to_chat_id", "game", "voice", "video_chat_ended"),
]


@pytest.mark.long
@settings(max_examples=count(50, 5000), deadline=None)
@given(st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=6))
def test_no_update_is_too_strange_to_be_read(strange: dict[str, Any]) -> None:
    found = telegram.read(json.dumps(update({**live(5), **strange}, update_id=1)).encode(), bot_id=BOT_ID)
    assert (found.draft is None) == bool(found.why_not)
