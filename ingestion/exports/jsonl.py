"""JSON lines in the shape of `POST /api/messages`: one message to a line.

`{"source"?, "external_id", "author", "text", "sent_at", "channel"?, "thread"?, "reply_to"?, "metadata"?}`; `author`
is a name or `{"id", "name"}`, `channel` and `thread` an id or `{"id", "title"}`, `sent_at` ISO 8601 or epoch seconds.
A line that is not a message is skipped with its number.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from itertools import islice
from typing import Any

from ingestion.drafts import ChannelDraft, MessageDraft, NotThisFormat, PersonDraft, Skipped
from ingestion.exports.base import Format, Item, Options
from ingestion.exports.files import Broken, Files
from ingestion.exports.lines import MAX_LINE, BadLine, NotJson, json_object, line_members, lines
from ingestion.text import clean_id, clean_json, clean_name, clean_text
from ingestion.tidy import API_PLATFORM

PLATFORM = API_PLATFORM
_SNIFFED_LINES = 5
_NEEDED = ("external_id", "author", "text", "sent_at")


def find(files: Files) -> list[str]:
    """The `.jsonl` and `.ndjson` members, or the single file, that have a message among their first lines."""
    return line_members(files, _looks_right)


def read(files: Files, members: list[str], options: Options) -> Iterator[Item]:
    """Drafts in the order of the lines. Raises Broken when the last line of a file ends in its middle."""
    for member in members:
        with files.open(member) as stream:
            for number, line, is_whole in lines(stream):
                yield from _item(number, line, is_whole, options.timezone)


def _item(number: int, line: bytes | None, is_whole: bool, timezone: tzinfo) -> Iterator[Item]:
    reference = f"line {number}"
    if line is None:
        yield Skipped(reference, f"longer than {MAX_LINE:,} bytes")
    elif line.strip():
        try:
            yield _draft(json_object(line), timezone)
        except BadLine as error:
            if isinstance(error, NotJson) and not is_whole:
                raise Broken(f"line {number} ends in its middle") from error
            yield Skipped(reference, str(error))


def _draft(value: dict[str, Any], timezone: tzinfo) -> MessageDraft:
    if missing := [key for key in _NEEDED if value.get(key) in (None, "")]:
        raise BadLine(f"{', '.join(missing)} missing")
    text, cut = clean_text(_string(value, "text"))
    if not text.strip():
        raise BadLine("text is empty")
    author_id, author_name = _named(value["author"], "author", "name")
    thread_id, thread_title = _named(value["thread"], "thread", "title") if value.get("thread") else ("", "")
    metadata = value.get("metadata")
    facts = clean_json(metadata).value if isinstance(metadata, dict) else {}
    return MessageDraft(
        channel=_channel(value),
        external_id=_identity(value["external_id"], "external_id"),
        author=PersonDraft(author_id, author_name),
        text=text,
        sent_at=_moment(value["sent_at"], timezone),
        reply_to=_identity(value["reply_to"], "reply_to") if value.get("reply_to") else "",
        thread=thread_id,
        thread_title=thread_title if thread_title != thread_id else "",
        metadata=facts | ({"cut": True} if cut else {}),
    )


def _channel(value: dict[str, Any]) -> ChannelDraft:
    """The channel named; else one without an id, whose title is the source named: the importer knows which that is."""
    if channel := value.get("channel"):
        return ChannelDraft(PLATFORM, *_named(channel, "channel", "title"))
    source = value.get("source")
    return ChannelDraft(PLATFORM, "", _identity(source, "source") if source else "")


def _named(value: object, field: str, name_key: str) -> tuple[str, str]:
    """Id and name from a name alone, or from `{"id", name}`."""
    if isinstance(value, dict):
        identity = _identity(value.get("id"), f"{field}.id")
        name = value.get(name_key)
        return identity, (clean_name(name) if isinstance(name, str) else "") or identity
    identity = _identity(value, field)
    return identity, clean_name(identity)


def _identity(value: object, field: str) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() < 128:
        return str(value)
    if isinstance(value, str) and (identity := clean_id(value)):
        return identity
    raise BadLine(f"{field} is not an id")


def _string(value: dict[str, Any], key: str) -> str:
    if not isinstance(value[key], str):
        raise BadLine(f"{key} is not text")
    return str(value[key])


def _moment(value: object, timezone: tzinfo) -> datetime:
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / 1000 if value > 1e11 else value, UTC)
        when = datetime.fromisoformat(value if isinstance(value, str) else "")
        return (when if when.tzinfo else when.replace(tzinfo=timezone)).astimezone(UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise BadLine("sent_at is not a time") from error


def _looks_right(files: Files, name: str) -> bool:
    """Whether one of the first lines is an object with what a message needs."""
    with files.open(name) as stream:
        filled = (line for _, line, _ in lines(stream) if line is None or line.strip())
        return any(line is not None and _is_message(line) for line in islice(filled, _SNIFFED_LINES))


def _is_message(line: bytes) -> bool:
    try:
        value = json_object(line)
    except BadLine:
        return False
    if value.get("type") == "version":
        raise NotThisFormat("this is a Mattermost bulk export, whose first line is its version")
    return all(key in value for key in _NEEDED)


FORMAT = Format("jsonl", "JSON lines (external_id, author, text, sent_at)", find, read)
