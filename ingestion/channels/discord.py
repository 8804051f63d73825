"""Messages of Discord's gateway and REST API, turned into drafts. Pure.

A message comes out as the importer of DiscordChatExporter's files gives it, so that its live and its imported copy are
one. Source of the form: https://docs.discord.com/developers/resources/message and …/events/gateway-events.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from ingestion.channels.base import Reading
from ingestion.drafts import ChannelDraft, MessageDraft, Skipped
from ingestion.exports.discord_message import channel_of, dicts, draft_of, identity, moment, string
from ingestion.text import kind_name
from ingestion.webhooks.calls import json_object
from tasktracker.core.paths import is_number

EPOCH = 1_420_070_400_000  # ms: the first moment of 2015, where Discord's ids begin
# Types of channels: threads, and what holds no messages of its own (categories, directories, forums).
THREADS = frozenset({10, 11, 12})
WITHOUT_MESSAGES = frozenset({4, 14, 15, 16})
MESSAGES = ("MESSAGE_CREATE", "MESSAGE_UPDATE")
RENAMES = ("CHANNEL_UPDATE", "THREAD_UPDATE")
# What the exporter calls the types of messages; it leaves the others as numbers.
_TYPES = {
    0: "Default",
    1: "RecipientAdd",
    2: "RecipientRemove",
    3: "Call",
    4: "ChannelNameChange",
    5: "ChannelIconChange",
    6: "ChannelPinnedMessage",
    7: "GuildMemberJoin",
    18: "ThreadCreated",
    19: "Reply",
}
_NOTES = {
    "ChannelIconChange": "Changed the channel icon.",
    "ChannelPinnedMessage": "Pinned a message.",
    "ThreadCreated": "Started a thread.",
    "GuildMemberJoin": "Joined the server.",
}
_MENTION = re.compile(r"<(?:(@!?|#|@&)(\d{1,20})|a?:(\w{1,64}):\d{1,20}|t:(-?\d{1,12})(?::[a-zA-Z])?)>", re.ASCII)


def stored(event: str, data: Mapping[str, Any], *, channel: Mapping[str, Any], names: Mapping[str, str]) -> bytes:
    """An event for the inbox, with what was known of its channel (`name`, `parent`, `thread`) and the names of the
    channels and roles that it mentions: whoever reads it later finds them as they were."""
    return json.dumps({"t": event, "d": data, "channel": dict(channel), "names": dict(names)}).encode()


def read(raw: bytes, *, bot_id: str = "") -> Reading:
    """What a stored event says; never raises."""
    body = json_object(raw)
    data = (body or {}).get("d")
    if body is None or not isinstance(data, dict):
        return Reading(why_not="not JSON")
    event, told = string(body.get("t")), body.get("channel")
    is_rename = event in RENAMES
    key = identity(data.get("id" if is_rename else "channel_id"))
    if not key:
        return Reading(why_not=f"{kind_name(event)} without a channel")
    known: dict[str, Any] = told if isinstance(told, dict) else {}
    channel = channel_of(
        key, string(known.get("name")), parent=string(known.get("parent")), is_thread=known.get("thread") is True
    )
    if is_rename:
        return Reading(why_not="a channel under a new name", renamed=channel if known.get("name") else None)
    if not known.get("name"):
        channel = replace(channel, title="")  # a better one may be here already
    if event == "MESSAGE_DELETE":
        return _deleted(data, channel)
    if event not in MESSAGES:
        return Reading(why_not=f"an event of type {kind_name(event)}")
    names = body.get("names")
    return _message(data, channel, names if isinstance(names, dict) else {}, bot_id)


def mentioned(data: Mapping[str, Any]) -> set[str]:
    """Ids of the channels and roles that a message names."""
    return {key for sign, key, _, _ in _MENTION.findall(_all_text(data)) if sign in ("#", "@&")}


def sent_at_of(key: str) -> datetime | None:
    """When the thing with this id came to be: an id of Discord holds its time."""
    if not is_number(key, digits=20):
        return None
    try:
        return datetime.fromtimestamp(((int(key) >> 22) + EPOCH) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _message(data: dict[str, Any], channel: ChannelDraft, names: Mapping[str, Any], bot_id: str) -> Reading:
    if not isinstance(data.get("content"), str) or not isinstance(data.get("author"), dict):
        return Reading(why_not="a change that leaves the words as they are")
    found = draft_of(_as_exported(data, names), "event", channel, UTC)
    if isinstance(found, Skipped):
        return Reading(why_not=f"no message: {found.reason}")
    return Reading(found, is_own=bool(bot_id) and identity(data["author"].get("id")) == bot_id)


def _deleted(data: Mapping[str, Any], channel: ChannelDraft) -> Reading:
    key = identity(data.get("id"))
    sent_at = sent_at_of(key)
    if sent_at is None:
        return Reading(why_not="a deletion that does not say of what")
    return Reading(MessageDraft(channel, key, None, "", sent_at), is_deleted=True)


def _as_exported(data: dict[str, Any], names: Mapping[str, Any]) -> dict[str, Any]:
    """A message of the API in the form of the exporter."""
    kind = data.get("type", 0)
    named = _TYPES.get(kind, str(kind)) if isinstance(kind, int) else "Default"
    people = {identity(person.get("id")): _display_name(person, person.get("member")) for person in _mentions(data)}
    snapshot = next(
        (row["message"] for row in dicts(data.get("message_snapshots")) if _is_object(row, "message")), None
    )
    key, timestamp = identity(data.get("id")), string(data.get("timestamp"))
    if moment(timestamp, UTC) is None:
        sent_at = sent_at_of(key)
        timestamp = sent_at.isoformat() if sent_at else ""
    author, reference = data["author"], data.get("message_reference")
    content = plain_text(string(data.get("content")), people, names)
    if named == "ChannelNameChange":
        content = f"Changed the channel name: {content}" if content.strip() else "Changed the channel name."
    told: dict[str, Any] = {
        "id": key,
        "type": named,
        "timestamp": timestamp,
        "timestampEdited": data.get("edited_timestamp"),
        "content": _NOTES.get(named, content),
        "author": {
            "id": author.get("id"),
            "name": author.get("username"),
            "nickname": _display_name(author, data.get("member")),
            "isBot": author.get("bot") is True or bool(data.get("webhook_id")),
        },
        "attachments": _attachments(data),
        "embeds": _embeds(data, people, names),
        "stickers": dicts(data.get("sticker_items")),
        "interaction": data.get("interaction"),
    }
    if isinstance(reference, dict):
        told["reference"] = {"messageId": reference.get("message_id"), "channelId": reference.get("channel_id")}
    if snapshot is not None:
        told["forwardedMessage"] = {
            "content": plain_text(string(snapshot.get("content")), people, names),
            "embeds": _embeds(snapshot, people, names),
        }
    return told


def plain_text(text: str, people: Mapping[str, str], names: Mapping[str, Any]) -> str:
    """The text with mentions as one reads them, as the exporter writes it; a time is written in UTC."""

    def shown(found: re.Match[str]) -> str:
        sign, key, emoji, unix = found.groups()
        if emoji:
            return f":{emoji}:"
        if unix:
            try:
                return f"{datetime.fromtimestamp(int(unix), UTC):%Y-%m-%d %H:%M} UTC"
            except (ValueError, OverflowError, OSError):
                return "Invalid date"
        if sign == "#":
            return f"#{names.get(key) or 'deleted-channel'}"
        if sign == "@&":
            return f"@{names.get(key) or 'deleted-role'}"
        return f"@{people.get(key) or 'Unknown'}"

    return _MENTION.sub(shown, text)


def _display_name(person: Mapping[str, Any], member: object) -> str:
    nick = string(member.get("nick")) if isinstance(member, dict) else ""
    return nick or string(person.get("global_name")) or string(person.get("username"))


def _mentions(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    return dicts(data.get("mentions"))


def _attachments(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"fileName": row.get("filename"), "fileSizeBytes": row.get("size")} for row in dicts(data.get("attachments"))
    ]


def _embeds(data: Mapping[str, Any], people: Mapping[str, str], names: Mapping[str, Any]) -> list[dict[str, Any]]:
    shown = []
    for embed in dicts(data.get("embeds")):
        plain = {key: plain_text(string(embed.get(key)), people, names) for key in ("title", "description")}
        rows = [
            {key: plain_text(string(row.get(key)), people, names) for key in ("name", "value")}
            for row in dicts(embed.get("fields"))
        ]
        shown.append({**plain, "url": embed.get("url"), "fields": rows})
    return shown


def _all_text(data: Mapping[str, Any]) -> str:
    parts = [string(data.get("content"))]
    whole = [data, *(row["message"] for row in dicts(data.get("message_snapshots")) if _is_object(row, "message"))]
    for part in whole:
        parts.append(string(part.get("content")))
        for embed in dicts(part.get("embeds")):
            parts += [string(embed.get("title")), string(embed.get("description"))]
            parts += [string(row.get(key)) for row in dicts(embed.get("fields")) for key in ("name", "value")]
    return "\n".join(parts)


def _is_object(row: Mapping[str, Any], name: str) -> bool:
    return isinstance(row.get(name), dict)
