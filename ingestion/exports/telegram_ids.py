"""Ids and times of Telegram Desktop's export, turned into what the live Bot API gives for the same things."""

from datetime import UTC, datetime, tzinfo
from typing import Any

from ingestion.text import clean_name
from tasktracker.core.paths import is_number

_SUPERGROUPS = -1_000_000_000_000  # the Bot API's -100<id>, as arithmetic: ids may have fewer than ten digits
_BIGGEST_ID = 2**62


def live_chat_id(chat_type: str, bare_id: int) -> str:
    """The Bot API's id of a chat that the export names by type and bare id."""
    if bare_id < 0:  # a tool that wrote live ids
        return str(bare_id)
    if chat_type.endswith(("supergroup", "channel")):
        return str(_SUPERGROUPS - bare_id)
    return str(-bare_id) if chat_type == "private_group" else str(bare_id)


def live_peer_id(value: object) -> str:
    """The Bot API's id of `user12`, `chat34` or `channel56`; numbers are the packed ids of exports before 2021."""
    if isinstance(value, int) and not isinstance(value, bool):
        if not 0 < value < 2**34:
            return clean_name(str(value), 40) if abs(value) < _BIGGEST_ID else ""
        kind = {1: "chat", 2: "channel"}.get(value >> 32, "user")
        return live_peer_id(f"{kind}{value & 0xFFFFFFFF}")
    if not isinstance(value, str):
        return ""
    for prefix, base, sign in (("user", 0, 1), ("channel", _SUPERGROUPS, -1), ("chat", 0, -1)):
        digits = value.removeprefix(prefix)
        if digits != value and is_number(digits):
            return str(base + sign * int(digits))
    return clean_name(value, 80)


def message_id(value: object) -> int | None:
    """An id as a number; negative ones are from before the group became a supergroup (shifted by -1,000,000,000)."""
    if isinstance(value, str) and len(value) < 20 and value.isascii() and value.removeprefix("-").isdigit():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 < abs(value) < _BIGGEST_ID:
        return value
    return None


def moment(record: dict[str, Any], key: str, timezone: tzinfo) -> datetime | None:
    """`<key>_unixtime`, a string of seconds; else `<key>`, the exporter's local time without a zone. In UTC."""
    seconds, local = record.get(f"{key}_unixtime"), record.get(key)
    if isinstance(seconds, str) and is_number(seconds, digits=15):
        seconds = int(seconds)
    try:
        if isinstance(seconds, int) and not isinstance(seconds, bool) and seconds > 0:
            return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        seconds = None  # beyond the year 9999: the local date may still be one
    try:
        when = datetime.fromisoformat(local) if isinstance(local, str) else None
        return when and (when if when.tzinfo else when.replace(tzinfo=timezone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
