"""Builders for Telegram Desktop exports in tests."""

import json
from pathlib import Path
from typing import Any

from ingestion.drafts import MessageDraft, Skipped
from ingestion.exports import open_export
from ingestion.exports.base import Item

CHAT = 1234567890
LIVE_CHAT = "-1001234567890"
START = 1767340800  # 2026-01-02 08:00:00 UTC


def message(id_: int, text: Any = "hello", **facts: Any) -> dict[str, Any]:
    """A message as the exporter writes it, a minute after the one before; facts that are ... are left out."""
    seconds = START + abs(id_) % 100_000 * 60
    record = {
        "id": id_,
        "type": "message",
        "date": "2026-01-02T10:00:00",
        "date_unixtime": str(seconds),
        "from": "Bob",
        "from_id": "user12",
        "text": text,
        "text_entities": [{"type": "plain", "text": text}] if isinstance(text, str) and text else [],
        **facts,
    }
    return {key: value for key, value in record.items() if value is not ...}


def service(id_: int, action: str, **facts: Any) -> dict[str, Any]:
    """A service message."""
    record = message(id_, "", type="service", actor="Ann", actor_id="user11", action=action, **facts)
    return {key: value for key, value in record.items() if key not in ("from", "from_id")}


def chat(*messages: Any, **facts: Any) -> dict[str, Any]:
    """The export of one chat."""
    return {"name": "Dev", "type": "private_supergroup", "id": CHAT, **facts, "messages": list(messages)}


def write(folder: Path, content: Any) -> Path:
    """`result.json` with this content, indented as the exporter does."""
    path = folder / "result.json"
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")
    return path


def read(path: Path, **options: Any) -> list[Item]:
    """All items of an export."""
    with open_export(path, **options) as export:
        return list(export)


def drafts(folder: Path, *messages: Any, **facts: Any) -> list[MessageDraft]:
    """The drafts of one chat with these messages; nothing may be skipped."""
    items = read(write(folder, chat(*messages, **facts)))
    assert [item for item in items if isinstance(item, Skipped)] == []
    return [item for item in items if isinstance(item, MessageDraft)]


def draft(folder: Path, record: dict[str, Any], **facts: Any) -> MessageDraft:
    """The draft of one message."""
    (found,) = drafts(folder, record, **facts)
    return found
