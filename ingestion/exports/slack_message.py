"""One message of Slack turned into a draft: exports and live events write it alike. Pure.

Source of the form: https://docs.slack.dev/reference/events/message. A message is named by its `ts` in its channel, so
that the live and the imported copy of it are one.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ingestion.drafts import ChannelDraft, MessageDraft, PersonDraft
from ingestion.slack_text import plain_text
from ingestion.text import clean_json, clean_name, clean_text, kind_name

PLATFORM = "slack"
SLACKBOT = "USLACKBOT"

# What people and bots say; every other subtype is Slack's own note about the channel.
_SAID = frozenset(
    {"", "file_share", "thread_broadcast", "me_message", "bot_message", "file_comment", "file_mention", "slack_image"}
    | {"assistant_app_thread"}
)
_EMPTY = {
    "tombstone": "it was deleted",
    "message_deleted": "it was deleted",
    "message_replied": "it only says that there is a reply",
    "reply_broadcast": "it only points at a reply, which stands for itself",
}
_TS = re.compile(r"\d{9,12}\.\d{1,9}", re.ASCII)
_MOST_FILES = 20


@dataclass(frozen=True, slots=True)
class Names:
    """Names by id, for what a text refers to; `bots` are the ids of users who are programs."""

    users: Mapping[str, str] = field(default_factory=dict)
    channels: Mapping[str, str] = field(default_factory=dict)
    bots: Collection[str] = frozenset()


NOBODY = Names()


def draft_of(record: Mapping[str, Any], channel: ChannelDraft, names: Names = NOBODY) -> MessageDraft | str:
    """The draft of one message of `channel`, or why there is none.

    A `message_changed` gives the changed message. Without a known name a user goes by the message's own profile of
    them, else by the id.
    """
    inner = record.get("message")
    if record.get("subtype") == "message_changed" and isinstance(inner, dict):
        record = inner
    subtype = _string(record.get("subtype"))
    if subtype in _EMPTY:
        return _EMPTY[subtype]
    if _string(record.get("type")) not in ("", "message"):
        return f"type {kind_name(record['type'])!r} is not a message"
    ts = _string(record.get("ts"))
    sent_at = moment(ts)
    if sent_at is None:
        return "no ts" if not ts else "its ts is not a time"
    edited = record.get("edited")
    edited_at = moment(_string(edited.get("ts"))) if isinstance(edited, dict) else None
    thread = _string(record.get("thread_ts"))
    thread = thread if moment(thread) else ""
    text, cut = clean_text(plain_text(_words(record), users=names.users, channels=names.channels))
    kind = "service" if subtype not in _SAID else "media" if _files(record) else "message"
    facts = _facts(record, subtype, is_service=kind == "service") | ({"cut": True} if cut else {})
    return MessageDraft(
        channel=channel,
        external_id=ts,
        author=author_of(record, names),
        text=text,
        sent_at=sent_at,
        kind=kind,
        edited_at=edited_at if edited_at and edited_at > sent_at else None,
        reply_to=thread if thread != ts else "",
        thread=thread,
        forwarded_from=_forwarded_from(record),
        metadata=clean_json(facts).value if facts else facts,
    )


def moment(ts: str) -> datetime | None:
    """The time of a `ts` ("seconds.microseconds"), which is also the id of a message; None where it is none."""
    if not _TS.fullmatch(ts):
        return None
    try:
        return datetime.fromtimestamp(float(ts), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def author_of(record: Mapping[str, Any], names: Names = NOBODY) -> PersonDraft | None:
    """Who wrote it: a user by id, else a bot by its id or by the name that it goes by."""
    comment = record.get("comment")
    if record.get("subtype") == "file_comment" and isinstance(comment, dict):
        record = comment
    user, bot = _string(record.get("user")), _string(record.get("bot_id"))
    profile = record.get("bot_profile")
    shown = clean_name(_string(record.get("username")))
    if not shown and isinstance(profile, dict):
        shown = clean_name(_string(profile.get("name")))
    if (bot or shown) and (not user or record.get("subtype") == "bot_message"):
        return PersonDraft(bot or f"name:{shown}", shown or names.users.get(bot) or bot, is_bot=True)
    if not user:
        return None
    known = names.users.get(user, "")
    own = person_name({"profile": record.get("user_profile")})
    # A person may post through an app: its bot_id stands beside a user who is known to be none.
    is_bot = user == SLACKBOT or user in names.bots or bool(bot and not known)
    return PersonDraft(user, known or own or shown or ("Slackbot" if user == SLACKBOT else user), is_bot)


def person_name(user: Mapping[str, Any]) -> str:
    """How Slack shows a user of `users.json` or `users.info`: the display name, else the real one, else the login."""
    profile = user.get("profile")
    profile = profile if isinstance(profile, dict) else {}
    found = (profile.get("display_name"), profile.get("real_name"), user.get("real_name"), user.get("name"))
    return next((name for name in (clean_name(_string(value)) for value in found) if name), "")


def _words(record: Mapping[str, Any]) -> str:
    """The text; of a message that has none, that of its attachments or blocks."""
    comment = record.get("comment")
    if record.get("subtype") == "file_comment" and isinstance(comment, dict):
        return _string(comment.get("comment"))
    if (text := _string(record.get("text"))).strip():
        return text
    return "\n".join(_attached(record)) or "\n".join(_block_texts(record.get("blocks"), 0))


def _attached(record: Mapping[str, Any]) -> Iterator[str]:
    for attachment in _dicts(record.get("attachments")):
        lines = [_string(attachment.get(key)) for key in ("pretext", "title", "text")]
        lines += [
            f"{_string(row.get('title'))}: {_string(row.get('value'))}" for row in _dicts(attachment.get("fields"))
        ]
        lines = [line for line in lines if line.strip(" :")] or [_string(attachment.get("fallback"))]
        yield from (line for line in lines if line.strip())


def _block_texts(value: object, depth: int) -> Iterator[str]:
    """Whatever blocks show as text, in their order: sections, headers, lists."""
    for block in _dicts(value) if depth < 6 else ():
        text = block.get("text")
        if isinstance(text, dict):
            text = text.get("text")
        if isinstance(text, str) and text.strip():
            yield text
        for key in ("fields", "elements"):
            yield from _block_texts(block.get(key), depth + 1)


def _files(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = _dicts(record.get("files")) or _dicts([record.get("file")])
    return found[:_MOST_FILES]


def _facts(record: Mapping[str, Any], subtype: str, *, is_service: bool) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    if is_service:
        facts["action"] = clean_name(subtype, 60)
    elif subtype in ("me_message", "thread_broadcast"):
        facts[subtype] = True
    if files := _files(record):
        first = files[0]
        facts["media"] = "file"
        facts["file_name"] = _string(first.get("title")) or _string(first.get("name"))
        facts["mime_type"] = _string(first.get("mimetype"))
        facts["size"] = first.get("size") if isinstance(first.get("size"), int) else 0
        if len(files) > 1:
            facts["files"] = [_string(file.get("title")) or _string(file.get("name")) for file in files]
    return {key: value for key, value in facts.items() if value}


def _forwarded_from(record: Mapping[str, Any]) -> str:
    """Whose message is passed on; a link that somebody comments on is none."""
    for attachment in _dicts(record.get("attachments")):
        if attachment.get("is_share") is True or (
            attachment.get("is_msg_unfurl") is True and not _string(record.get("text")).strip()
        ):
            return clean_name(_string(attachment.get("author_name"))) or "somebody else"
    return ""


def _dicts(value: object) -> list[dict[str, Any]]:
    found: Iterable[object] = value if isinstance(value, list) else ()
    return [item for item in found if isinstance(item, dict)]


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""
