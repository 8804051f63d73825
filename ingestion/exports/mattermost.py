"""Mattermost's bulk export: JSON lines of one object each, in a file of its own or in a zip.

Source of the form: administration-guide/onboard/bulk-loading-data of mattermost/docs. Posts have no id there, so one is
made of team, channel, user and time: not of the words, so that an edited post is still the same. Posts of one user in
one millisecond are told apart by their words as well.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from ingestion.drafts import ChannelDraft, MessageDraft, NotThisFormat, PersonDraft, Skipped
from ingestion.exports.base import Format, Item, Options
from ingestion.exports.files import Broken, Files
from ingestion.exports.lines import BadLine, NotJson, json_object, line_members, lines
from ingestion.exports.twice import Occurrences, hashed
from ingestion.text import clean_id, clean_json, clean_name, clean_text

PLATFORM = "mattermost"
_LONGEST = 8 * 1024 * 1024  # a line holds a whole thread
_MOST = 20
_POSTS = ("post", "direct_post")
_OTHERS = frozenset(
    {"version", "scheme", "role", "emoji", "team", "channel", "user", "bot", "direct_channel", "playbook"}
)


@dataclass(slots=True)
class _Server:
    """What was read before the posts: people and channels by name."""

    people: dict[str, PersonDraft] = field(default_factory=dict)
    channels: dict[tuple[str, str], str] = field(default_factory=dict)
    met: Occurrences = field(default_factory=Occurrences)

    def person(self, name: str) -> PersonDraft:
        return self.people.get(name) or PersonDraft(name, name)


def find(files: Files) -> list[str]:
    """The `.jsonl` members, or the single file, whose first line is the version of such an export."""
    return line_members(files, _looks_right)


def read(files: Files, members: list[str], options: Options) -> Iterator[Item]:
    """Drafts in the order of the file, each post before its replies. Raises Broken for a line that ends too early."""
    for member in members:
        server = _Server()
        with files.open(member) as stream:
            for number, line, is_whole in lines(stream, _LONGEST):
                place = f"line {number}" if len(members) == 1 else f"{member} line {number}"
                if line is None:
                    yield Skipped(place, f"longer than {_LONGEST:,} bytes")
                elif line.strip():
                    yield from _items(line, place, server, is_whole=is_whole)


def _items(line: bytes, place: str, server: _Server, *, is_whole: bool) -> Iterator[Item]:
    try:
        value = json_object(line)
    except BadLine as error:
        if isinstance(error, NotJson) and not is_whole:
            raise Broken(f"{place} ends in its middle") from error
        yield Skipped(place, str(error))
        return
    kind = _string(value.get("type"))
    record = value.get(kind)
    if kind in _POSTS:
        if isinstance(record, dict):
            yield from _thread(record, place, server)
        else:
            yield Skipped(place, "an empty post")
    elif kind == "user" and isinstance(record, dict):
        _meet(record, server, is_bot=False)
    elif kind == "bot" and isinstance(record, dict):
        _meet(record, server, is_bot=True)
    elif kind == "channel" and isinstance(record, dict):
        title = clean_name(_string(record.get("display_name")))
        server.channels[_string(record.get("team")).lower(), _string(record.get("name")).lower()] = title
    elif kind not in _OTHERS:
        yield Skipped(place, f"type {clean_name(kind, 40)!r} is not known")


def _meet(record: dict[str, Any], server: _Server, *, is_bot: bool) -> None:
    login = clean_id(_string(record.get("username"))).lower()
    full = clean_name(f"{_string(record.get('first_name'))} {_string(record.get('last_name'))}")
    name = clean_name(_string(record.get("nickname"))) or full or clean_name(_string(record.get("display_name")))
    if login:
        server.people[login] = PersonDraft(login, name or login, is_bot or record.get("is_bot") is True)


def _thread(record: dict[str, Any], place: str, server: _Server) -> Iterator[Item]:
    """The post, then its replies, which are nested in it."""
    channel = _channel(record, server)
    if channel is None:
        yield Skipped(place, "no channel")
        return
    root = _draft(record, channel, server)
    replies = record.get("replies")
    rows = replies if isinstance(replies, list) else []
    if isinstance(root, str):
        yield Skipped(place, root)
    else:
        yield replace(root, thread=root.external_id) if rows else root
    thread = "" if isinstance(root, str) else root.external_id
    for number, reply in enumerate(rows, start=1):
        found = _draft(reply, channel, server) if isinstance(reply, dict) else "not an object"
        if isinstance(found, str):
            yield Skipped(f"{place} reply {number}", found)
        else:
            yield replace(found, reply_to=thread, thread=thread)


def _channel(record: dict[str, Any], server: _Server) -> ChannelDraft | None:
    """A channel by team and name; a conversation of some by who they are."""
    members = record.get("channel_members")
    if isinstance(members, list):
        names = sorted({_string(name).lower() for name in members} - {""})
        if not names:
            return None
        joined = ",".join(names)
        identity = f"direct/{joined}" if len(joined) <= 200 else f"direct/{hashed(*names)}"
        return ChannelDraft(PLATFORM, identity, clean_name(", ".join(server.person(name).name for name in names)))
    team, name = _string(record.get("team")).lower(), _string(record.get("channel")).lower()
    identity = clean_id(f"{team}/{name}")
    return ChannelDraft(PLATFORM, identity, server.channels.get((team, name)) or name) if name else None


def _draft(record: dict[str, Any], channel: ChannelDraft, server: _Server) -> MessageDraft | str:
    user = clean_id(_string(record.get("user"))).lower()
    sent_at = _moment(record.get("create_at"))
    if sent_at is None:
        return "create_at is not a time in milliseconds"
    if not user:
        return "no user"
    message = _string(record.get("message"))
    key = hashed(channel.external_id, user, str(record["create_at"]))
    if server.met.before(key):
        key = hashed(key, message)
    text, cut = clean_text(message or _attached(record))
    edited_at = _moment(record.get("edit_at"))
    files = [_string(file.get("path")).rpartition("/")[2] for file in _dicts(record.get("attachments"))[:_MOST]]
    kind = "service" if _string(record.get("type")).startswith("system_") else "media" if files else "message"
    facts: dict[str, Any] = {"cut": True} if cut else {}
    if kind == "service":
        facts["action"] = clean_name(_string(record["type"]), 60)
    if files:
        facts |= {"media": "file", "file_name": files[0]} | ({"files": files} if len(files) > 1 else {})
    return MessageDraft(
        channel=channel,
        external_id=key,
        author=_author(record, user, server),
        text=text,
        sent_at=sent_at,
        kind=kind,
        edited_at=edited_at if edited_at and edited_at > sent_at else None,
        metadata=clean_json(facts).value if facts else facts,
    )


def _author(record: dict[str, Any], user: str, server: _Server) -> PersonDraft:
    """The user; a webhook or a bot goes by the name that it gives itself."""
    props = record.get("props")
    props = props if isinstance(props, dict) else {}
    person = server.person(user)
    if any(str(props.get(key)).lower() == "true" for key in ("from_webhook", "from_bot")):
        shown = clean_name(_string(props.get("override_username"))) or clean_name(
            _string(props.get("webhook_display_name"))
        )
        return PersonDraft(f"{user}/{shown}" if shown else user, shown or person.name, is_bot=True)
    return person


def _attached(record: dict[str, Any]) -> str:
    """The words of a post that has them in its attachments only, as those of webhooks do."""
    props = record.get("props")
    found: list[str] = []
    for attachment in _dicts(props.get("attachments") if isinstance(props, dict) else None)[:_MOST]:
        parts = [_string(attachment.get(key)) for key in ("pretext", "title", "text")]
        found += [part for part in parts if part.strip()] or [_string(attachment.get("fallback"))]
    return "\n".join(part for part in found if part.strip())


def _looks_right(files: Files, name: str) -> bool:
    """Whether the first line says so. Raises NotThisFormat for such an export that cannot be read."""
    with files.open(name) as stream:
        line = next((line for _, line, _ in lines(stream)), None)
    try:
        value = json_object(line or b"")
    except BadLine:
        return False
    kind = _string(value.get("type"))
    if kind == "version" and value.get("version") != 1:
        version = clean_name(str(value.get("version")), 20)
        raise NotThisFormat(f"{files.label} is a Mattermost bulk export of version {version}; 1 can be read here")
    if kind != "version" and (kind in _OTHERS or kind in _POSTS) and isinstance(value.get(kind), dict):
        raise NotThisFormat(f"{files.label} is a part of a Mattermost bulk export: its first line is not the version")
    return kind == "version"


def _moment(value: object) -> datetime | None:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 2**48:
        return None
    try:
        return datetime.fromtimestamp(value / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _dicts(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


FORMAT = Format("mattermost", "a Mattermost bulk export (JSON lines, the version first)", find, read)
