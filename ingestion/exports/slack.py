"""Slack's export, a zip or its folder: lists of channels and users, and one file for each channel and day.

Source of the form: https://slack.com/help/articles/220556107-How-to-read-Slack-data-exports. Folders are named after
channels; the lists give their ids, without which live and imported copies of a message could not meet.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ingestion.drafts import ChannelDraft, NotThisFormat, Skipped
from ingestion.exports.base import Format, Item, Options
from ingestion.exports.files import Broken, Files
from ingestion.exports.jsonstream import JsonRecords
from ingestion.exports.slack_message import PLATFORM, Names, draft_of, person_name
from ingestion.text import clean_id, clean_name

_CHANNELS, _DIRECT = ("channels.json", "groups.json", "mpims.json"), "dms.json"
_PEOPLE = ("users.json", "org_users.json")
_DAY = re.compile(r"(?P<root>(?:[^/]+/)?)(?P<folder>[^/]+)/\d{4}-\d\d-\d\d\.json", re.ASCII)
_LISTS = frozenset({""})


@dataclass(slots=True)
class _Team:
    """What the lists say: channels by the name of their folder, and names by id."""

    folders: dict[str, ChannelDraft] = field(default_factory=dict)
    users: dict[str, str] = field(default_factory=dict)
    channels: dict[str, str] = field(default_factory=dict)
    bots: set[str] = field(default_factory=set)


def find(files: Files) -> list[str]:
    """The days, where at least one list of channels lies beside their folders; at the top or one folder below."""
    names = files.names()
    roots = {name.rpartition("/")[0] for name in names if name.rpartition("/")[2] in (*_CHANNELS, _DIRECT)}
    days = [(name, found["root"]) for name in names if (found := _DAY.fullmatch(name))]
    return [name for name, root in days if root.rstrip("/") in roots]


def read(files: Files, members: list[str], options: Options) -> Iterator[Item]:
    """Drafts channel by channel, day by day. A day that is damaged is skipped from there on, and the next one read."""
    root = _root(members[0])
    team = _Team()
    yield from _people(files, root, team)
    _channels(files, root, team)
    unknown = ""
    for member in members:
        folder = member.rsplit("/", 2)[-2]
        channel = team.folders.get(folder)
        if channel is None and folder != unknown:
            unknown = folder
            yield Skipped(f"{folder}/", "no list of channels names this folder")
        if channel is not None:
            yield from _day(files, member, channel, Names(team.users, team.channels, team.bots))


def _root(member: str) -> str:
    found = _DAY.fullmatch(member)
    return found["root"] if found else ""


def _day(files: Files, member: str, channel: ChannelDraft, names: Names) -> Iterator[Item]:
    number = 0
    try:
        with files.open(member) as stream:
            records = JsonRecords(stream, lists=_LISTS, wanted=frozenset())
            for number, record in enumerate(records, start=1):
                yield _item(f"{member} #{number}", record.value, channel, names)
            if "" not in records.arrays:
                yield Skipped(member, "it is not a list of messages")
    except Broken as error:
        yield Skipped(member, f"it breaks off after {number} records: {error}")


def _item(place: str, record: object, channel: ChannelDraft, names: Names) -> Item:
    if not isinstance(record, dict):
        return Skipped(place, "too large to be a message" if record is None else "not an object")
    found = draft_of(record, channel, names)
    return Skipped(place, found) if isinstance(found, str) else found


def _people(files: Files, root: str, team: _Team) -> Iterator[Item]:
    """Fill in the users; without them people go by what the messages say of them, so a damaged list is only told."""
    for name in _PEOPLE:
        try:
            for user in _list(files, root + name):
                if identity := clean_id(_string(user.get("id"))):
                    team.users[identity] = person_name(user) or identity
                    if user.get("is_bot") is True:
                        team.bots.add(identity)
        except Broken as error:
            yield Skipped(root + name, f"it breaks off: {error}; some names are missing")


def _channels(files: Files, root: str, team: _Team) -> None:
    for name in (*_CHANNELS, _DIRECT):
        try:
            for channel in _list(files, root + name):
                _add_channel(channel, team, is_direct=name == _DIRECT)
        except Broken as error:
            # Without the ids of the rest, what is imported now would be there twice after the next import.
            raise NotThisFormat(f"{files.label}: {root}{name} breaks off ({error}); export again") from error


def _add_channel(channel: dict[str, Any], team: _Team, *, is_direct: bool) -> None:
    identity, name = clean_id(_string(channel.get("id"))), _string(channel.get("name"))
    if not identity:
        return
    title = clean_name(name)
    if is_direct or name.startswith("mpdm-"):
        members = channel.get("members")
        people = [team.users.get(_string(member), "") for member in members] if isinstance(members, list) else []
        title = clean_name(", ".join(person for person in people if person)) or title
    draft = ChannelDraft(PLATFORM, identity, title or identity)
    team.channels[identity] = draft.title
    for folder in (name, identity):
        if folder:
            team.folders.setdefault(folder, draft)


def _list(files: Files, name: str) -> Iterator[dict[str, Any]]:
    """The objects of a file that is a list; none where the file is missing."""
    if name not in files.names():
        return
    with files.open(name) as stream:
        records = JsonRecords(stream, lists=_LISTS, wanted=frozenset())
        for record in records:
            if isinstance(record.value, dict):
                yield record.value
        if "" not in records.arrays:
            raise Broken("it is not a list")


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


FORMAT = Format("slack", "a Slack export (channels.json and a folder for each channel)", find, read)
