"""Updates of the Telegram Bot API, turned into drafts. Pure.

Channel, author and message ids, the thread, the text and the names of media and service actions come out as the
importer of Telegram Desktop's export gives them, so that a live and an imported copy of a message are one.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from ingestion.channels.base import Reactions, Reading
from ingestion.channels.telegram_content import as_record, person_name
from ingestion.drafts import ChannelDraft, MessageDraft, PersonDraft
from ingestion.exports.telegram_ids import message_id, moment
from ingestion.exports.telegram_media import kind_of, media_facts, service_facts
from ingestion.exports.telegram_message import DELETED, PLATFORM
from ingestion.exports.telegram_text import message_text, starts_with_command
from ingestion.text import clean_json, clean_name, kind_name

MESSAGE_UPDATES = ("message", "edited_message", "channel_post", "edited_channel_post")
# Reactions come only where the bot is an administrator, and only to who names them.
ALLOWED_UPDATES = (*MESSAGE_UPDATES, "callback_query", "message_reaction", "message_reaction_count")
_LINK = re.compile(r"/link(@\w+)?(\s|$)", re.IGNORECASE)
_REACTIONS = 20  # kinds of them on one message; the same number as the importer's


def read(raw: bytes, *, bot_id: str) -> Reading:
    """What an update says. `bot_id` is the id of the bot that received it; never raises, whatever `raw` holds."""
    try:
        update = json.loads(raw)
    except (ValueError, RecursionError):
        return Reading(why_not="not JSON")
    if not isinstance(update, dict):
        return Reading(why_not="not an update")
    for name in MESSAGE_UPDATES:
        if isinstance(message := update.get(name), dict):
            found = _without_code(read_message(message, bot_id=bot_id))
            # Whoever edits a command, or posts one as a channel, is not answered.
            return replace(found, asks=name == "message" and found.draft is not None and _is_command(message))
    if isinstance(update.get("callback_query"), dict):
        return Reading(why_not="an update with callback_query", asks=True)
    if (given := _reactions(update)) is not None:
        return Reading(why_not="reactions to a message that is not here", reactions=given)
    other = next((key for key in update if key != "update_id"), "nothing")
    return Reading(why_not=f"an update with {kind_name(other)}")


def read_message(message: Mapping[str, Any], *, bot_id: str) -> Reading:
    """The draft of a Bot API `Message`, as an update brings it or a sending method returns it."""
    key = message_id(message.get("message_id"))
    sent_at = _moment(message.get("date"))
    channel = _channel(message.get("chat"))
    if key is None or sent_at is None or channel is None:
        return Reading(why_not="a message without id, date or chat")
    edited_at = _moment(message.get("edit_date"))
    thread = _thread(message, key)
    record = as_record(message)
    text, cut = message_text(record)
    draft = MessageDraft(
        channel=channel,
        external_id=str(key),
        author=_author(message),
        text=text,
        sent_at=sent_at,
        kind=kind_of(record),
        edited_at=edited_at if edited_at and edited_at >= sent_at else None,
        reply_to=_reply(message, thread),
        thread="" if thread is None else str(thread),
        thread_title="" if thread is None else _topic_title(message),
        forwarded_from=_forwarded_from(message),
        metadata=clean_json(_metadata(message, record, cut)).value,
    )
    return Reading(
        draft,
        is_own=bool(bot_id) and bot_id in (_peer(message.get("from")), _peer(message.get("via_bot"))),
        moved_to=_chat_number(message.get("migrate_to_chat_id")),
        moved_from=_chat_number(message.get("migrate_from_chat_id")),
    )


def _without_code(found: Reading) -> Reading:
    """A code to link by is for the bot: until that has heard it, whoever else says it is taken for who made it."""
    if found.draft is None or _LINK.match(found.draft.text) is None:
        return found
    return replace(found, draft=replace(found.draft, text="/link"))


def _is_command(message: Mapping[str, Any]) -> bool:
    entities = message.get("entities")
    return isinstance(message.get("text"), str) and any(
        isinstance(one, dict) and one.get("type") == "bot_command" and one.get("offset") == 0
        for one in (entities if isinstance(entities, list) else [])
    )


def _reactions(update: Mapping[str, Any]) -> Reactions | None:
    """Of `message_reaction` (what one person changed) or `message_reaction_count` (all, in a channel)."""
    for name in ("message_reaction", "message_reaction_count"):
        told = update.get(name)
        key, channel = message_id(_field(told, "message_id")), _channel(_field(told, "chat"))
        if not isinstance(told, dict) or key is None or channel is None:
            continue
        if name == "message_reaction":
            change = Counter(_emojis(told.get("new_reaction")))
            change.subtract(Counter(_emojis(told.get("old_reaction"))))
            return Reactions(channel, str(key), change={emoji: by for emoji, by in change.items() if by})
        counts: Counter[str] = Counter()
        given = told.get("reactions")
        for one in given[:_REACTIONS] if isinstance(given, list) else []:
            total = _field(one, "total_count")
            for emoji in _emojis([_field(one, "type")]):
                counts[emoji] += total if isinstance(total, int) else 0
        return Reactions(channel, str(key), counts=dict(counts))
    return None


def _emojis(types: object) -> list[str]:
    """A name for each reaction: the emoji, else its kind (custom_emoji, paid)."""
    names = [
        clean_name(_string(_field(one, "emoji")) or _string(_field(one, "type")), 40)
        for one in (types[:_REACTIONS] if isinstance(types, list) else [])
    ]
    return [name for name in names if name]


def chat_name(chat: Mapping[str, Any]) -> str:
    """A group's or channel's title; in a private chat, the name of the other person."""
    return clean_name(_string(chat.get("title"))) or person_name(chat)


def _channel(chat: object) -> ChannelDraft | None:
    number = _peer(chat)
    return ChannelDraft(PLATFORM, number, chat_name(chat)) if number and isinstance(chat, dict) else None


def _author(message: Mapping[str, Any]) -> PersonDraft | None:
    """Who speaks: the chat on whose behalf a post was made (there `from` is a stand-in), else the user."""
    if isinstance(chat := message.get("sender_chat"), dict) and (number := _peer(chat)):
        return PersonDraft(number, chat_name(chat))
    if isinstance(user := message.get("from"), dict) and (number := _peer(user)):
        return PersonDraft(number, person_name(user), user.get("is_bot") is True)
    return None


def _thread(message: Mapping[str, Any], key: int) -> int | None:
    """The forum topic's root. Outside forums Telegram counts chains of replies as threads too: those are replies."""
    if "forum_topic_created" in message:
        return key
    return message_id(message.get("message_thread_id")) if message.get("is_topic_message") is True else None


def _reply(message: Mapping[str, Any], thread: int | None) -> str:
    """The message answered in this chat; what only stands in a topic "answers" its root in Telegram's eyes."""
    answered = message_id(_field(message.get("reply_to_message"), "message_id"))
    return "" if answered is None or answered == thread else str(answered)


def _topic_title(message: Mapping[str, Any]) -> str:
    """The title that this very update tells: a new topic's, a changed one, or the root's own that it answers."""
    root = _field(message.get("reply_to_message"), "forum_topic_created")
    for told in (message.get("forum_topic_created"), message.get("forum_topic_edited"), root):
        if title := clean_name(_string(_field(told, "name"))):
            return title
    return ""


def _forwarded_from(message: Mapping[str, Any]) -> str:
    origin = message.get("forward_origin")
    if not isinstance(origin, dict):
        return ""
    if name := clean_name(_string(origin.get("sender_user_name"))):
        return name
    if isinstance(user := origin.get("sender_user"), dict):
        return person_name(user)
    chat = origin.get("sender_chat") or origin.get("chat")
    return (chat_name(chat) if isinstance(chat, dict) else "") or DELETED


def _metadata(message: Mapping[str, Any], record: dict[str, Any], cut: bool) -> dict[str, Any]:
    facts = service_facts(record) if record["type"] == "service" else media_facts(record)
    via_bot = _string(_field(message.get("via_bot"), "username"))
    elsewhere = message.get("external_reply")
    facts |= {
        "cut": cut,
        "command": starts_with_command(record),
        "via_bot": f"@{via_bot}" if via_bot else "",
        "signature": _string(message.get("author_signature")),
        "media_group_id": _string(message.get("media_group_id")),
        "migrate_to_chat_id": _chat_number(message.get("migrate_to_chat_id")),
        "migrate_from_chat_id": _chat_number(message.get("migrate_from_chat_id")),
    }
    if (peer := _peer(_field(elsewhere, "chat"))) and (answered := message_id(_field(elsewhere, "message_id"))):
        facts |= {"reply_to_channel": peer, "reply_to_message": str(answered)}
    return {name: value for name, value in facts.items() if value}


def _moment(seconds: object) -> datetime | None:
    return moment({"at_unixtime": seconds}, "at", UTC)


def _peer(value: object) -> str:
    """The id of a user or chat object, as text."""
    return _chat_number(_field(value, "id"))


def _chat_number(value: object) -> str:
    number = message_id(value)
    return "" if number is None else str(number)


def _field(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, dict) else None


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""
