"""DiscordChatExporter's JSON: one file for each channel or thread, several of them in a folder or a zip.

Source of the form: `Exporting/JsonMessageWriter.cs` of Tyrrrz/DiscordChatExporter. A thread is a channel of its own, as
for Discord itself; its file names the parent as its category.
"""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, tzinfo
from typing import Any

from ingestion.drafts import ChannelDraft, MessageDraft, PersonDraft, Skipped
from ingestion.exports.base import Format, Item, Options
from ingestion.exports.files import Broken, Files
from ingestion.exports.jsonstream import Head, JsonRecords, Stream
from ingestion.text import clean_id, clean_json, clean_name, clean_text

PLATFORM = "discord"
_LISTS = frozenset({"messages"})
_WANTED = frozenset({"guild.id", "guild.name", "channel.id", "channel.type", "channel.category", "channel.name"})
_HEAD = 64 * 1024
# Everything else is Discord's own note, in generated English. 20 and 23 are answers to commands: the exporter has
# names for a few kinds only.
_SAID = frozenset({"Default", "Reply", "20", "23", "ChatInputCommand", "ContextMenuCommand"})
_MOST = 20


def find(files: Files) -> list[str]:
    """The `.json` members, or the single file, that begin as the exporter begins one."""
    names = list(files.names())
    named = [name for name in names if name.endswith(".json")]
    return [name for name in named or (names if len(names) == 1 else []) if _looks_right(files, name)]


def read(files: Files, members: list[str], options: Options) -> Iterator[Item]:
    """Drafts file by file. Of several files one that breaks off is skipped from there on; alone it raises Broken."""
    for member in members:
        try:
            with files.open(member) as stream:
                yield from _channel(member, stream, options.timezone)
        except Broken as error:
            if len(members) == 1:
                raise
            yield Skipped(member, f"it breaks off: {error}")


def _channel(member: str, stream: Stream, timezone: tzinfo) -> Iterator[Item]:
    records = JsonRecords(stream, lists=_LISTS, wanted=_WANTED)
    channel: ChannelDraft | None = None
    for number, record in enumerate(records, start=1):
        place = f"{member} #{number}"
        channel = channel or _channel_draft(records.header)
        if channel is None:
            yield Skipped(member, "it names no channel before its messages")
            return
        if isinstance(record.value, dict):
            yield _item(record.value, place, channel, timezone)
        else:
            yield Skipped(place, "too large to be a message" if record.value is None else "not an object")


def _channel_draft(header: dict[str, Any]) -> ChannelDraft | None:
    identity = _identity(header.get("channel.id"))
    if not identity:
        return None
    title, parent = clean_name(_string(header.get("channel.name"))), clean_name(_string(header.get("channel.category")))
    if "Thread" in _string(header.get("channel.type")) and parent:
        title = f"{parent} / {title}"
    return ChannelDraft(PLATFORM, identity, title or identity)


def _item(record: dict[str, Any], place: str, channel: ChannelDraft, timezone: tzinfo) -> Item:
    identity = _identity(record.get("id"))
    if not identity:
        return Skipped(place, "no message id")
    sent_at = _moment(record.get("timestamp"), timezone)
    if sent_at is None:
        return Skipped(f"message {identity}", "no time")
    edited_at = _moment(record.get("timestampEdited"), timezone)
    kind = _kind(record)
    reference = record.get("reference")
    reply_to, elsewhere = _reply(reference if isinstance(reference, dict) else {}, channel)
    forwarded = record.get("forwardedMessage")
    passed_on = forwarded if isinstance(forwarded, dict) else {}
    text, cut = clean_text(_text(record, passed_on))
    facts = elsewhere | _facts(record, kind) | ({"cut": True} if cut else {})
    return MessageDraft(
        channel=channel,
        external_id=identity,
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
    if _string(record.get("type")) not in _SAID:
        return "service"
    if _dicts(record.get("attachments")):
        return "media"
    return "sticker" if _dicts(record.get("stickers")) and not _string(record.get("content")).strip() else "message"


def _reply(reference: dict[str, Any], channel: ChannelDraft) -> tuple[str, dict[str, str]]:
    """The message answered in this channel, which may be deleted by now; or where else it stands."""
    message, where = _identity(reference.get("messageId")), _identity(reference.get("channelId"))
    if not message or not where or where == channel.external_id:
        return message, {}
    return "", {"reply_to_channel": where, "reply_to_message": message}


def _author(value: object) -> PersonDraft | None:
    author = value if isinstance(value, dict) else {}
    identity = _identity(author.get("id"))
    name = clean_name(_string(author.get("nickname"))) or clean_name(_string(author.get("name")))
    if not identity:
        return PersonDraft(f"name:{name}", name) if name else None
    return PersonDraft(identity, name or identity, author.get("isBot") is True)


def _text(record: dict[str, Any], forwarded: dict[str, Any]) -> str:
    """What was said; else what was passed on; else what the embeds show."""
    for source in (record, forwarded):
        if (content := _string(source.get("content"))).strip():
            return content
    lines: list[str] = []
    for embed in (_dicts(record.get("embeds")) or _dicts(forwarded.get("embeds")))[:_MOST]:
        lines += [_string(embed.get("title")), _string(embed.get("description"))]
        lines += [f"{_string(row.get('name'))}: {_string(row.get('value'))}" for row in _dicts(embed.get("fields"))]
    return "\n".join(line for line in lines if line.strip(" :"))


def _facts(record: dict[str, Any], kind: str) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    if kind == "service":
        facts["action"] = clean_name(_string(record.get("type")), 60) or "unknown"
    if attachments := _dicts(record.get("attachments"))[:_MOST]:
        facts |= {"media": "file", "file_name": _string(attachments[0].get("fileName"))}
        if isinstance(size := attachments[0].get("fileSizeBytes"), int):
            facts["size"] = size
        if len(attachments) > 1:
            facts["files"] = [_string(attachment.get("fileName")) for attachment in attachments]
    if links := [url for embed in _dicts(record.get("embeds"))[:_MOST] if (url := _string(embed.get("url")))]:
        facts["embeds"] = links
    if stickers := [_string(sticker.get("name")) for sticker in _dicts(record.get("stickers"))[:_MOST]]:
        facts["stickers"] = stickers
    if isinstance(interaction := record.get("interaction"), dict):
        facts["interaction"] = _string(interaction.get("name"))
    return facts


def _looks_right(files: Files, name: str) -> bool:
    with files.open(name) as stream:
        head = Head(stream.read(_HEAD))
    records = JsonRecords(head, lists=_LISTS, wanted=_WANTED)
    with suppress(Broken):  # the head ends in the middle, as a rule: what it showed is judged
        next(iter(records), None)
    return "guild.id" in records.header and "channel.id" in records.header and "messages" in records.arrays


def _identity(value: object) -> str:
    return clean_id(value) if isinstance(value, str) else ""


def _moment(value: object, timezone: tzinfo) -> datetime | None:
    try:
        when = datetime.fromisoformat(value) if isinstance(value, str) and value else None
        return when and (when if when.tzinfo else when.replace(tzinfo=timezone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _dicts(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


FORMAT = Format("discord", "DiscordChatExporter (JSON)", find, read)
