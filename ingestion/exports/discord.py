"""DiscordChatExporter's JSON: one file for each channel or thread, several of them in a folder or a zip.

Source of the form: `Exporting/JsonMessageWriter.cs` of Tyrrrz/DiscordChatExporter. A thread is a channel of its own, as
for Discord itself; its file names the parent as its category.
"""

from collections.abc import Iterator
from contextlib import suppress
from datetime import tzinfo
from typing import Any

from ingestion.drafts import ChannelDraft, Skipped
from ingestion.exports.base import Format, Item, Options
from ingestion.exports.discord_message import channel_of, draft_of, identity, string
from ingestion.exports.files import Broken, Files
from ingestion.exports.jsonstream import Head, JsonRecords, Stream

_LISTS = frozenset({"messages"})
_WANTED = frozenset({"guild.id", "guild.name", "channel.id", "channel.type", "channel.category", "channel.name"})
_HEAD = 64 * 1024


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
            yield draft_of(record.value, place, channel, timezone)
        else:
            yield Skipped(place, "too large to be a message" if record.value is None else "not an object")


def _channel_draft(header: dict[str, Any]) -> ChannelDraft | None:
    key = identity(header.get("channel.id"))
    if not key:
        return None
    name, parent = string(header.get("channel.name")), string(header.get("channel.category"))
    return channel_of(key, name, parent=parent, is_thread="Thread" in string(header.get("channel.type")))


def _looks_right(files: Files, name: str) -> bool:
    with files.open(name) as stream:
        head = Head(stream.read(_HEAD))
    records = JsonRecords(head, lists=_LISTS, wanted=_WANTED)
    with suppress(Broken):  # the head ends in the middle, as a rule: what it showed is judged
        next(iter(records), None)
    return "guild.id" in records.header and "channel.id" in records.header and "messages" in records.arrays


FORMAT = Format("discord", "DiscordChatExporter (JSON)", find, read)
