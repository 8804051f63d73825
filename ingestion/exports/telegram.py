"""Telegram Desktop's `result.json`: the export of one chat, or of a whole account.

Source of the format: `export/output/export_output_json.cpp` of telegramdesktop/tdesktop. Chat, author and message
ids come out as the live Bot API gives them, so that imported and live copies of a message are one.
"""

from collections.abc import Iterator
from contextlib import suppress
from datetime import tzinfo
from typing import Any

from ingestion.drafts import MessageDraft, NotThisFormat, Skipped
from ingestion.exports.base import Format, Item, Options
from ingestion.exports.files import Broken, Files
from ingestion.exports.jsonstream import Head, JsonRecords, Stream
from ingestion.exports.telegram_ids import message_id
from ingestion.exports.telegram_media import can_be_in_album
from ingestion.exports.telegram_message import TITLES, Chat
from ingestion.text import clean_name

_CHATS = ("", "chats.list.item", "left_chats.list.item")
_HEADER_KEYS = ("name", "type", "id")
_LISTS = frozenset(f"{chat}.messages".lstrip(".") for chat in _CHATS)
_ACCOUNT = frozenset({"chats.list", "left_chats.list"})
_WANTED = frozenset(f"{chat}.{key}".lstrip(".") for chat in _CHATS for key in _HEADER_KEYS) | {"about"}
_TYPES = frozenset(TITLES) | {
    "private_group",
    "private_supergroup",
    "public_supergroup",
    "private_channel",
    "public_channel",
}
_RECORD_TYPES = ("message", "service", "unsupported")
_HEAD = 64 * 1024


def find(files: Files) -> list[str]:
    """The file itself, or each `result.json` of a folder or zip, when it begins as Telegram Desktop begins one."""
    names = list(files.names())
    results = [name for name in names if name.rpartition("/")[2] == "result.json"]
    return [name for name in results or (names if len(names) == 1 else []) if _looks_right(files, name)]


def read(files: Files, members: list[str], options: Options) -> Iterator[Item]:
    """Drafts in the order of the file. Raises NotThisFormat for JSON without a chat, Broken for a cut file."""
    for member in members:
        with files.open(member) as stream:
            yield from _albums(_Reader(files.label, options.timezone).read(stream))


class _Reader:
    """One file; knows the chat that is being read."""

    def __init__(self, label: str, timezone: tzinfo) -> None:
        self._label = label
        self._timezone = timezone
        self._header: dict[str, Any] = {}
        self._chat: Chat | None = None
        self._index = 0

    def read(self, stream: Stream) -> Iterator[tuple[Item, Any]]:
        """Each draft or skipped record, with the record that it comes from."""
        records = JsonRecords(stream, lists=_LISTS, wanted=_WANTED, watched=_ACCOUNT, on_object=self._begin)
        self._header = records.header
        try:
            for record in records:
                self._index += 1
                if self._chat is None and self._index == 1:
                    self._chat = self._open(record.list_path)
                    if self._chat is None:
                        yield self._refuse(record.list_path), None
                if self._chat is not None:
                    yield self._chat.item(record.value, self._index), record.value
        except Broken as error:
            if not records.arrays:
                raise self._wrong(f"is not the JSON of an export ({error})") from error
            raise
        if not records.arrays:
            raise self._wrong("holds no chat")

    def _begin(self, path: str) -> None:
        """Forget the chat before, when the object of another one begins."""
        if path in _CHATS:
            self._chat = None
            self._index = 0
            if path:
                for key in _HEADER_KEYS:
                    self._header.pop(f"{path}.{key}", None)

    def _open(self, list_path: str) -> Chat | None:
        prefix = list_path.removesuffix("messages")
        bare_id = message_id(self._header.get(f"{prefix}id"))
        if bare_id is None or f"{prefix}type" not in self._header:
            return None
        return Chat(self._header.get(f"{prefix}name"), self._header[f"{prefix}type"], bare_id, self._timezone)

    def _refuse(self, list_path: str) -> Skipped:
        what = "has no id and type before its messages"
        if list_path == "messages":
            raise self._wrong(f"holds a chat that {what}")
        name = clean_name(str(self._header.get(f"{list_path.removesuffix('messages')}name")), 80)
        return Skipped(f"chat {name!r}", what)

    def _wrong(self, what: str) -> NotThisFormat:
        return NotThisFormat(f"{self._label} {what}; export again from Telegram Desktop with the format JSON")


def _albums(items: Iterator[tuple[Item, Any]]) -> Iterator[Item]:
    """The items, with the id of an album's first message in the metadata of each; the last photo waits for the next."""
    held: MessageDraft | None = None
    try:
        for item, record in items:
            in_album = isinstance(item, MessageDraft) and item.kind != "message" and can_be_in_album(record)
            if held is not None:
                if in_album and isinstance(item, MessageDraft) and _same_album(held, item):
                    first = held.metadata.setdefault("album", held.external_id)
                    item.metadata["album"] = first
                yield held
                held = None
            if in_album and isinstance(item, MessageDraft):
                held = item
            else:
                yield item
    except Broken:
        if held is not None:
            yield held
        raise
    if held is not None:
        yield held


def _same_album(before: MessageDraft, item: MessageDraft) -> bool:
    """Telegram sends an album as messages of one author in the same second, ids in a row and one caption."""
    return (
        item.channel is before.channel
        and item.author == before.author
        and int(item.external_id) == int(before.external_id) + 1
        and abs((item.sent_at - before.sent_at).total_seconds()) <= 1
        and (item.reply_to, item.thread, item.forwarded_from) == (before.reply_to, before.thread, before.forwarded_from)
        and not (before.text and item.text)
    )


def _looks_right(files: Files, name: str) -> bool:
    """Whether the first 64 KB are a Telegram Desktop export's."""
    with files.open(name) as stream:
        head = Head(stream.read(_HEAD))
    records = JsonRecords(head, lists=_LISTS, wanted=_WANTED | {"guild.id"}, watched=_ACCOUNT)
    first = None
    with suppress(Broken):  # the head ends in the middle, as a rule: what it showed is judged
        first = next(iter(records), None)
    header = records.header
    if "guild.id" in header:  # Discord's has a list of messages as well
        return False
    is_account = records.arrays & _ACCOUNT or "Telegram" in str(header.get("about", ""))
    is_message = first is not None and isinstance(first.value, dict) and first.value.get("type") in _RECORD_TYPES
    return bool(is_account) or is_message or ("messages" in records.arrays and header.get("type") in _TYPES)


FORMAT = Format("telegram", "Telegram Desktop (result.json)", find, read)
