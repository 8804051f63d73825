"""One message of Discord turned into a draft: exports and live events write it alike. Pure.

The form is that of DiscordChatExporter (`Exporting/JsonMessageWriter.cs`); `ingestion.channels.discord` brings what the
API itself gives into it. A message is named by its own id in its channel, and a thread is a channel, as for Discord.
"""

from datetime import UTC, datetime, tzinfo
from typing import Any

from ingestion.drafts import ChannelDraft, MessageDraft, PersonDraft, Skipped
from ingestion.text import clean_id, clean_json, clean_name, clean_text

PLATFORM = "discord"
# Everything else is Discord's own note, in generated English. 20 and 23 are answers to commands: the exporter has
# names for a few kinds only.
_SAID = frozenset({"Default", "Reply", "20", "23", "ChatInputCommand", "ContextMenuCommand"})
_MOST = 20


def channel_of(key: str, name: str, *, parent: str = "", is_thread: bool = False) -> ChannelDraft:
    """A channel; a thread bears its parent's name before its own."""
    title, above = clean_name(name), clean_name(parent)
    if is_thread and above:
        title = f"{above} / {title}"
    return ChannelDraft(PLATFORM, key, title or key)


def draft_of(record: dict[str, Any], place: str, channel: ChannelDraft, timezone: tzinfo) -> MessageDraft | Skipped:
    """The draft of one message of `channel`, or why there is none; `timezone` is that of times without an offset."""
    key = identity(record.get("id"))
    if not key:
        return Skipped(place, "no message id")
    sent_at = moment(record.get("timestamp"), timezone)
    if sent_at is None:
        return Skipped(f"message {key}", "no time")
    edited_at = moment(record.get("timestampEdited"), timezone)
    kind = _kind(record)
    reference = record.get("reference")
    reply_to, elsewhere = _reply(reference if isinstance(reference, dict) else {}, channel)
    forwarded = record.get("forwardedMessage")
    passed_on = forwarded if isinstance(forwarded, dict) else {}
    text, cut = clean_text(_text(record, passed_on))
    facts = elsewhere | _facts(record, kind) | ({"cut": True} if cut else {})
    return MessageDraft(
        channel=channel,
        external_id=key,
        author=_author(record.get("author")),
        text=text,
        sent_at=sent_at,
        kind=kind,
        edited_at=edited_at if edited_at and edited_at > sent_at else None,
        reply_to="" if passed_on else reply_to,
        forwarded_from=("another channel" if elsewhere else channel.title) if passed_on else "",
        metadata=clean_json(facts).value if facts else facts,
    )


def _kind(record: dict[str, Any]) -> str:
    if string(record.get("type")) not in _SAID:
        return "service"
    if dicts(record.get("attachments")):
        return "media"
    return "sticker" if dicts(record.get("stickers")) and not string(record.get("content")).strip() else "message"


def _reply(reference: dict[str, Any], channel: ChannelDraft) -> tuple[str, dict[str, str]]:
    """The message answered in this channel, which may be deleted by now; or where else it stands."""
    message, where = identity(reference.get("messageId")), identity(reference.get("channelId"))
    if not message or not where or where == channel.external_id:
        return message, {}
    return "", {"reply_to_channel": where, "reply_to_message": message}


def _author(value: object) -> PersonDraft | None:
    author = value if isinstance(value, dict) else {}
    key = identity(author.get("id"))
    name = clean_name(string(author.get("nickname"))) or clean_name(string(author.get("name")))
    if not key:
        return PersonDraft(f"name:{name}", name) if name else None
    return PersonDraft(key, name or key, author.get("isBot") is True)


def _text(record: dict[str, Any], forwarded: dict[str, Any]) -> str:
    """What was said; else what was passed on; else what the embeds show."""
    for source in (record, forwarded):
        if (content := string(source.get("content"))).strip():
            return content
    lines: list[str] = []
    for embed in (dicts(record.get("embeds")) or dicts(forwarded.get("embeds")))[:_MOST]:
        lines += [string(embed.get("title")), string(embed.get("description"))]
        lines += [f"{string(row.get('name'))}: {string(row.get('value'))}" for row in dicts(embed.get("fields"))]
    return "\n".join(line for line in lines if line.strip(" :"))


def _facts(record: dict[str, Any], kind: str) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    if kind == "service":
        facts["action"] = clean_name(string(record.get("type")), 60) or "unknown"
    if attachments := dicts(record.get("attachments"))[:_MOST]:
        facts |= {"media": "file", "file_name": string(attachments[0].get("fileName"))}
        if isinstance(size := attachments[0].get("fileSizeBytes"), int):
            facts["size"] = size
        if len(attachments) > 1:
            facts["files"] = [string(attachment.get("fileName")) for attachment in attachments]
    if links := [url for embed in dicts(record.get("embeds"))[:_MOST] if (url := string(embed.get("url")))]:
        facts["embeds"] = links
    if stickers := [string(sticker.get("name")) for sticker in dicts(record.get("stickers"))[:_MOST]]:
        facts["stickers"] = stickers
    if isinstance(interaction := record.get("interaction"), dict):
        facts["interaction"] = string(interaction.get("name"))
    return facts


def identity(value: object) -> str:
    """An id as it may be stored; "" for what is none."""
    return clean_id(value) if isinstance(value, str) else ""


def moment(value: object, timezone: tzinfo) -> datetime | None:
    """An ISO time in UTC."""
    try:
        when = datetime.fromisoformat(value) if isinstance(value, str) and value else None
        return when and (when if when.tzinfo else when.replace(tzinfo=timezone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def dicts(value: object) -> list[dict[str, Any]]:
    """The objects of a list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def string(value: object) -> str:
    """A text, or ""."""
    return value if isinstance(value, str) else ""
