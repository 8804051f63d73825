"""Builders for the exports of several programs in tests: members by name, as a folder or a zip."""

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ingestion.drafts import MessageDraft, Skipped
from ingestion.exports import open_export
from ingestion.exports.base import Item

type Members = Mapping[str, Any]


def encoded(content: Any) -> bytes:
    """Bytes as they are, text in UTF-8, anything else as indented JSON."""
    if isinstance(content, bytes):
        return content
    return (content if isinstance(content, str) else json.dumps(content, indent=1, ensure_ascii=False)).encode()


def lay(folder: Path, members: Members) -> Path:
    """The members as files of a folder."""
    for name, content in members.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded(content))
    return folder


def pack(path: Path, members: Members) -> Path:
    """The members in a zip."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in members.items():
            zipped.writestr(name, encoded(content))
    return path


def parts(path: Path, **options: Any) -> tuple[list[MessageDraft], list[Skipped]]:
    """The drafts and what was skipped."""
    with open_export(path, **options) as export:
        items: list[Item] = list(export)
    drafts = [item for item in items if isinstance(item, MessageDraft)]
    return drafts, [item for item in items if isinstance(item, Skipped)]


def drafts_of(path: Path, **options: Any) -> list[MessageDraft]:
    """The drafts; nothing may be skipped."""
    drafts, skipped = parts(path, **options)
    assert skipped == []
    return drafts


# Slack

CHANNELS = [{"id": "C0000001", "name": "dev"}, {"id": "C0000002", "name": "ops"}]
USERS = [
    {"id": "U1", "name": "ann", "profile": {"display_name": "Ann", "real_name": "Ann Lee"}},
    {"id": "U2", "name": "bob", "deleted": True, "profile": {"display_name": "", "real_name": "Bob Ray"}},
    {"id": "U3", "name": "ci", "is_bot": True, "profile": {"real_name": "Builder"}},
]
TS = "1767340860.000200"
ROOT = "1767340800.000100"


def said(text: str = "hello", **facts: Any) -> dict[str, Any]:
    """A record of Slack; `...` leaves a fact out."""
    plain = {"type": "message", "user": "U1", "text": text, "ts": TS, **facts}
    return {key: value for key, value in plain.items() if value is not ...}


def slack(*records: Any, root: str = "", more: Members | None = None) -> dict[str, Any]:
    """An export with these records on one day of #dev, and `more` members; `...` leaves one out."""
    members = {"channels.json": CHANNELS, "users.json": USERS, "dev/2026-01-02.json": list(records), **(more or {})}
    return {root + name: content for name, content in members.items() if content is not ...}


# Discord

GUILD = {"id": "9", "name": "Team"}
ROOM = {"id": "700", "type": "GuildTextChat", "categoryId": "5", "category": "Work", "name": "dev"}
WRITER = {"id": "12", "name": "bob", "discriminator": "0000", "nickname": "Bob", "isBot": False}


def discord(*messages: Any, channel: Mapping[str, Any] = ROOM) -> dict[str, Any]:
    """A file of one channel."""
    return {
        "guild": GUILD,
        "channel": dict(channel),
        "dateRange": {"after": None, "before": None},
        "exportedAt": "2026-02-01T00:00:00+00:00",
        "messages": list(messages),
        "messageCount": len(messages),
    }


def post(id_: Any = "1", content: str = "hello", **facts: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "id": id_,
        "type": "Default",
        "timestamp": "2026-01-02T10:00:00+02:00",
        "timestampEdited": None,
        "isPinned": False,
        "content": content,
        "author": WRITER,
        "attachments": [],
        "embeds": [],
        "stickers": [],
        "reactions": [],
        "mentions": [],
    }
    return {key: value for key, value in {**plain, **facts}.items() if value is not ...}


# Mattermost

VERSION = {"type": "version", "version": 1, "info": {"generator": "mattermost-server"}}
MILLISECONDS = 1767340860123


def mattermost(*objects: Any) -> str:
    """The lines of an export."""
    return "\n".join(row if isinstance(row, str) else json.dumps(row) for row in (VERSION, *objects)) + "\n"


def mm_post(message: str = "hello", **facts: Any) -> dict[str, Any]:
    plain = {"team": "t", "channel": "dev", "user": "ann", "message": message, "create_at": MILLISECONDS}
    return {"type": "post", "post": plain | facts}


# Mail


def mail(number: int = 1, body: str = "hello", **headers: Any) -> str:
    """A mail, its lines ended; headers are named with `_` for `-`, `...` leaves one out."""
    plain = {
        "From": "Ann Lee <ann@e.example>",
        "To": "team@e.example",
        "Subject": "Release",
        "Date": "Fri, 02 Jan 2026 10:00:00 +0000",
        "Message-ID": f"<m{number}@e.example>",
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\n" for name, value in plain.items() if value is not ...)
    return f"{head}\n{body}\n"


def mbox(*mails: str) -> bytes:
    """An mbox as mboxrd has it: a line before each mail, `From ` in a body quoted, an empty line after."""
    found = []
    for one in mails:
        lines = [">" + line if line.lstrip(">").startswith("From ") else line for line in one.splitlines()]
        head = "From ann@e.example Fri Jan  2 10:00:00 2026"
        found.append(("\n".join([head, *lines]) + "\n\n").encode("utf-8", "surrogateescape"))
    return b"".join(found)
