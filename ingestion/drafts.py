"""What a live channel or an export hands to `services.record_message`: one message, not yet stored."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class PersonDraft:
    """An author as the platform names them; `external_id` is unique within (workspace, platform)."""

    external_id: str
    name: str
    is_bot: bool = False


@dataclass(frozen=True, slots=True)
class ChannelDraft:
    """A chat, room or mailbox folder; `external_id` is the platform's own id in its live form."""

    platform: str
    external_id: str
    title: str


@dataclass(frozen=True, slots=True)
class MessageDraft:
    """One message.

    `sent_at` and `edited_at` are aware datetimes. `reply_to` and `thread` are external ids within the same
    channel. `kind` is one of `Message.Kind` (message, service, sticker, media, poll). `text` is plain text.
    `metadata` holds small JSON values only (media placeholders, service action, platform flags).
    """

    channel: ChannelDraft
    external_id: str
    author: PersonDraft | None
    text: str
    sent_at: datetime
    kind: str = "message"
    edited_at: datetime | None = None
    reply_to: str = ""
    thread: str = ""
    thread_title: str = ""
    forwarded_from: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)


class NotThisFormat(ValueError):
    """The file is not an export of the expected kind; the message says what was found and what to do."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """One record of an export that cannot become a message, with the reason for the import's report."""

    reference: str
    reason: str
