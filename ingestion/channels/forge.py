"""What GitHub and GitLab have in common: repositories as channels, issues as threads. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from ingestion.text import clean_name


def part(value: object, name: str) -> dict[str, Any]:
    """The object under `name`, or an empty one."""
    found = value.get(name) if isinstance(value, Mapping) else None
    return found if isinstance(found, dict) else {}


def text(value: object, name: str) -> str:
    found = value.get(name) if isinstance(value, Mapping) else None
    return found if isinstance(found, str) else ""


def number(value: object, name: str) -> str:
    """A positive whole number as text, "" for anything else."""
    found = value.get(name) if isinstance(value, Mapping) else None
    is_number = isinstance(found, int) and not isinstance(found, bool) and 0 < found < 2**63
    return str(found) if is_number else ""


def moment(value: object, name: str) -> datetime | None:
    """`2026-01-02T03:04:05Z`, or GitLab's older `2026-01-02 03:04:05 UTC`."""
    said = text(value, name)
    try:
        when = datetime.fromisoformat(said.replace(" UTC", "+00:00") if said.endswith(" UTC") else said)
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def host_of(address: str) -> str:
    """The server of an address: ids are unique on one server only."""
    try:
        return clean_name(urlsplit(address).hostname or "", 100)
    except ValueError:
        return ""


def titled(title: str, body: str) -> str:
    """An issue as one text."""
    return f"{title}\n\n{body}".strip()
