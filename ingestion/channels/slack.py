"""Events of Slack's Events API, turned into drafts. Pure.

A message comes out as the importer of Slack's export gives it, so that its live and its imported copy are one.
Source of the form: https://docs.slack.dev/reference/events/message.
"""

import re
from collections.abc import Mapping
from typing import Any

from ingestion.channels.base import Reading
from ingestion.drafts import ChannelDraft, MessageDraft, PersonDraft
from ingestion.exports.slack_message import NOBODY, PLATFORM, Names, author_of, draft_of, moment, person_name
from ingestion.text import clean_id, clean_name, kind_name
from ingestion.webhooks.calls import json_object

RENAMES = ("channel_rename", "group_rename")
PEOPLE = ("user_change", "user_profile_changed", "team_join")
_USER = re.compile(r"<@([UW][A-Z0-9]{1,30})", re.ASCII)
_CHANNEL = re.compile(r"<#([CDG][A-Z0-9]{1,30})", re.ASCII)
_MOST_NAMES = 20


def read(raw: bytes, names: Names = NOBODY) -> Reading:
    """What an event says; `names` are those that are known. Never raises."""
    body = json_object(raw)
    if body is None:
        return Reading(why_not="not JSON")
    event = body.get("event")
    if not isinstance(event, dict):
        return Reading(why_not=f"no event, but {kind_name(body.get('type'))}")
    kind = _string(event.get("type"))
    if kind in RENAMES:
        channel = _renamed(event.get("channel"))
        return Reading(why_not="a channel under a new name", renamed=channel)
    if kind in PEOPLE:
        return Reading(why_not="a person as they are called now", person=_person(event.get("user")))
    if kind != "message":
        return Reading(why_not=f"an event of type {kind_name(kind)}")
    return _message(event, names, app=_string(body.get("api_app_id")))


def names_asked(raw: bytes) -> tuple[set[str], set[str]]:
    """Ids of the users and of the channels that an event names, a few of each."""
    body = json_object(raw) or {}
    event = body.get("event")
    if not isinstance(event, dict) or event.get("type") != "message":
        return set(), set()
    inner = event.get("message")
    record: Mapping[str, Any] = inner if isinstance(inner, dict) else event
    text = _string(record.get("text"))
    users = {_string(record.get("user")), *_USER.findall(text)[:_MOST_NAMES]}
    channels = {_string(event.get("channel")), *_CHANNEL.findall(text)[:_MOST_NAMES]}
    return {clean_id(user) for user in users} - {""}, {clean_id(channel) for channel in channels} - {""}


def _message(event: Mapping[str, Any], names: Names, *, app: str) -> Reading:
    key = clean_id(_string(event.get("channel")))
    if not key:
        return Reading(why_not="a message without a channel")
    channel = ChannelDraft(PLATFORM, key, names.channels.get(key, ""))
    inner = event.get("message")
    changed: Mapping[str, Any] = inner if isinstance(inner, dict) else {}
    if event.get("subtype") == "message_deleted":
        before = event.get("previous_message")
        record: Mapping[str, Any] = before if isinstance(before, dict) else {}
        return _deleted(_string(event.get("deleted_ts")) or _string(record.get("ts")), record, channel)
    if event.get("subtype") == "message_changed" and changed.get("subtype") == "tombstone":
        # The root of a thread goes, its answers stay: Slack leaves a stone in its place.
        return _deleted(_string(changed.get("ts")), {}, channel)
    if event.get("subtype") == "message_changed" and not changed:
        return Reading(why_not="a change that does not say of what")
    found = draft_of(event, channel, names)
    if isinstance(found, str):
        return Reading(why_not=f"no message: {found}")
    whole = changed or event
    is_own = bool(app) and whole.get("app_id") == app and bool(whole.get("bot_id"))
    return Reading(found, is_own=is_own)


def _deleted(ts: str, record: Mapping[str, Any], channel: ChannelDraft) -> Reading:
    sent_at = moment(ts)
    if sent_at is None:
        return Reading(why_not="a deletion that does not say of what")
    thread = _string(record.get("thread_ts"))
    draft = MessageDraft(
        channel=channel,
        external_id=ts,
        author=author_of(record),
        text="",
        sent_at=sent_at,
        thread=thread if moment(thread) else "",
    )
    return Reading(draft, is_deleted=True)


def _renamed(value: object) -> ChannelDraft | None:
    if not isinstance(value, dict):
        return None
    key, name = clean_id(_string(value.get("id"))), clean_name(_string(value.get("name")))
    return ChannelDraft(PLATFORM, key, name) if key and name else None


def _person(value: object) -> PersonDraft | None:
    if not isinstance(value, dict):
        return None
    key, name = clean_id(_string(value.get("id"))), person_name(value)
    return PersonDraft(key, name, value.get("is_bot") is True) if key and name else None


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""
