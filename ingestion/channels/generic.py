"""The body of a generic webhook, made a message by the source's mapping. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ingestion.channels.base import Reading
from ingestion.mapping import preview_mapping


def read(
    raw: bytes, *, mapping: Mapping[str, Any], source_id: int, delivery_key: str, received_at: datetime
) -> Reading:
    """What a body says; where the mapping finds no message in it, the reason names each field. Never raises."""
    mapped = preview_mapping(mapping, raw, source_id=source_id, fallback_id=delivery_key, received_at=received_at)
    if mapped.draft is None:
        return Reading(why_not="; ".join(f"{name}: {error}" for name, error in mapped.errors.items()))
    return Reading(mapped.draft)
