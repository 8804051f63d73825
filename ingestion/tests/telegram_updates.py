"""Builders for updates of the Bot API in tests: the live twins of what telegram_files.py writes as an export."""

import json
from typing import Any

from ingestion.channels import telegram
from ingestion.channels.base import Reading
from ingestion.drafts import MessageDraft
from ingestion.tests.telegram_files import LIVE_CHAT, START

BOT_ID = "123456789"
GROUP = {"id": int(LIVE_CHAT), "type": "supergroup", "title": "Dev"}
BOB = {"id": 12, "is_bot": False, "first_name": "Bob", "language_code": "en"}
ANN = {"id": 11, "is_bot": False, "first_name": "Ann"}


def live(id_: int, text: Any = "hello", **facts: Any) -> dict[str, Any]:
    """A `Message`, a minute after the one before; facts that are ... are left out."""
    message = {"message_id": id_, "from": BOB, "chat": GROUP, "date": START + id_ * 60, "text": text, **facts}
    return {key: value for key, value in message.items() if value is not ...}


def live_service(id_: int, **facts: Any) -> dict[str, Any]:
    """A service message of Ann's."""
    return live(id_, ..., **{"from": ANN, **facts})


def update(message: dict[str, Any], kind: str = "message", update_id: int | None = None) -> dict[str, Any]:
    """The update that brings a message."""
    return {"update_id": 7000 + message["message_id"] if update_id is None else update_id, kind: message}


def raw(content: object) -> bytes:
    return json.dumps(content).encode()


def reading(message: dict[str, Any], kind: str = "message") -> Reading:
    """What the channel makes of the message."""
    return telegram.read(raw(update(message, kind)), bot_id=BOT_ID)


def draft(message: dict[str, Any], kind: str = "message") -> MessageDraft:
    """The draft of a message; there must be one."""
    found = reading(message, kind).draft
    assert found is not None
    return found
