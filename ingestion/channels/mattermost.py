"""Posts from an outgoing webhook of Mattermost. Pure.

Channel and message ids are those that the importer of its bulk export makes: a live and an imported copy are one.
Edits and deletions are not told by outgoing webhooks.
"""

from datetime import UTC, datetime
from typing import Any

from ingestion.channels.base import Reading
from ingestion.drafts import ChannelDraft, MessageDraft, PersonDraft
from ingestion.exports.mattermost import PLATFORM
from ingestion.exports.twice import hashed
from ingestion.text import clean_id, clean_name, clean_text
from ingestion.webhooks.calls import json_object
from tasktracker.core.paths import is_number


def read(raw: bytes) -> Reading:
    """What a payload says; never raises."""
    body = json_object(raw)
    if body is None:
        return Reading(why_not="not JSON")
    team, name = _string(body, "team_domain").lower(), _string(body, "channel_name").lower()
    user = clean_id(_string(body, "user_name")).lower()
    created = _milliseconds(body.get("timestamp"))
    if not name or not user or created is None:
        return Reading(why_not="a post without channel, user or time")
    channel = ChannelDraft(PLATFORM, clean_id(f"{team}/{name}"), clean_name(name))
    text, cut = clean_text(_string(body, "text"))
    files = [part for part in _string(body, "file_ids").split(",") if part]
    metadata: dict[str, Any] = {"post_id": clean_id(_string(body, "post_id"))}
    metadata |= {"media": "file", "file_ids": files[:20]} if files else {}
    return Reading(
        MessageDraft(
            channel=channel,
            external_id=hashed(channel.external_id, user, str(created)),
            author=PersonDraft(user, user),
            text=text,
            sent_at=datetime.fromtimestamp(created / 1000, UTC),
            kind="media" if files else "message",
            metadata=metadata | ({"cut": True} if cut else {}),
        )
    )


def _milliseconds(value: object) -> int | None:
    """The post's own time: milliseconds, as text in a form; old servers sent seconds."""
    if isinstance(value, str) and is_number(value, digits=14):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 2**47:
        return None
    return value * 1000 if value < 10**11 else value


def _string(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    return value if isinstance(value, str) else ""
