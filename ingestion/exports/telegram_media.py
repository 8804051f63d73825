"""What a Telegram Desktop message carries beside its text: its kind, and small facts about media for `metadata`."""

import re
from typing import Any

from ingestion.exports.telegram_text import plain_text
from ingestion.text import clean_name

# "(File not included. Change data exporting settings to download.)" and its like stand where a path would.
_PLACEHOLDER = re.compile(r"\((?:File|Photo|Video|Media)\b[^()]*\)\s*\Z")
_ALBUM_MEDIA = ("photo", "video_file", "audio_file", "file")
_COPIED = {
    "file_name": "file_name",
    "mime_type": "mime_type",
    "sticker_emoji": "sticker_emoji",
    "duration_seconds": "duration",
    "file_size": "size",
    "photo_file_size": "size",
    "place_name": "place",
    "address": "address",
    "game_title": "title",
}
_SERVICE_FACTS = ("title", "new_title", "inviter", "message_id", "period", "duration_seconds", "information_text")
_OTHER_MEDIA = {
    "location_information": "location",
    "contact_information": "contact",
    "invoice_information": "invoice",
    "game_title": "game",
}


def kind_of(record: dict[str, Any]) -> str:
    """One of the kinds of `MessageDraft`."""
    if record.get("type") == "service":
        return "service"
    if record.get("media_type") == "sticker":
        return "sticker"
    if isinstance(record.get("poll"), dict) or isinstance(record.get("todo_list"), dict):
        return "poll"
    return "media" if media_type(record) else "message"


def media_type(record: dict[str, Any]) -> str:
    """`photo`, `sticker`, `voice_message`, …, `file`, `location`; empty for plain text."""
    declared = record.get("media_type")
    if isinstance(declared, str) and declared:
        return clean_name(declared, 40)
    for key in ("photo", "file"):
        if key in record:
            return key
    return next((name for key, name in _OTHER_MEDIA.items() if key in record), "")


def can_be_in_album(record: dict[str, Any]) -> bool:
    return record.get("type") == "message" and media_type(record) in _ALBUM_MEDIA


def media_facts(record: dict[str, Any]) -> dict[str, Any]:
    """Facts for `metadata`; `path` only where the export holds the file."""
    facts: dict[str, Any] = {}
    if name := media_type(record):
        facts["media"] = name
    for key, kept in _COPIED.items():
        if isinstance(value := record.get(key), str | int) and value:
            facts[kept] = value
    for key in ("photo", "file"):
        if isinstance(path := record.get(key), str) and path:
            if _PLACEHOLDER.search(path):
                facts["included"] = False
            else:
                facts["path"] = path
    return facts


def service_facts(record: dict[str, Any]) -> dict[str, Any]:
    facts: dict[str, Any] = {"action": record.get("action") or "unknown"}
    facts.update({key: record[key] for key in _SERVICE_FACTS if isinstance(record.get(key), str | int)})
    if isinstance(members := record.get("members"), list):
        facts["members"] = [name if isinstance(name, str) else None for name in members[:50]]
    for key in ("completed", "incompleted"):
        if isinstance(done := record.get(key), list):
            facts[key] = len(done)
    return facts


def reactions(record: dict[str, Any]) -> dict[str, int]:
    """How often each emoji was given; at most 20 of them."""
    given = record.get("reactions")
    counts: dict[str, int] = {}
    for reaction in given[:20] if isinstance(given, list) else []:
        if isinstance(reaction, dict) and isinstance(count := reaction.get("count"), int):
            emoji = plain_text(reaction.get("emoji")) or str(reaction.get("type") or "")
            counts[emoji[:40]] = counts.get(emoji[:40], 0) + count
    return counts
