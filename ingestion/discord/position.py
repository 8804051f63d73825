"""What is remembered of a gateway's session in a source's state, and how each dispatch changes it. Pure.

`{"bot": id, "session": {"id", "url", "seq"}, "channels": {id: {"name", "parent", "thread"?}}, "roles": {id: name},
"last": {channel: id of the newest message}, "gap": {channel: id after which messages may be missing}, "newest": id}`.
A gap opens where a session could not be resumed, and is closed channel by channel as what was missed is fetched.
"""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from ingestion.channels import discord
from ingestion.exports.discord_message import dicts, identity, string
from ingestion.text import clean_name
from tasktracker.core.paths import is_number

STATE = "discord"  # the key in Source.state

type Stored = tuple[str, bytes]  # the key of a delivery, and its raw bytes


@dataclass(frozen=True, slots=True)
class Dispatch:
    """An event of the gateway (opcode 0): its type, number in the session, and data."""

    event: str
    seq: int
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Session:
    """What is needed to resume."""

    id: str
    url: str
    seq: int


def bot_of(state: Mapping[str, Any]) -> str:
    """The id of the bot's own user, "" while it is unknown."""
    told = state.get(STATE)
    return string(told.get("bot")) if isinstance(told, dict) else ""


@dataclass(slots=True)
class Position:
    """The state while it is being changed; `told` is what is stored again."""

    told: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> "Position":
        """Taken out of a source's state, which stays as it is."""
        told = state.get(STATE)
        return cls(deepcopy(told) if isinstance(told, dict) else {})

    @property
    def session(self) -> Session | None:
        """The session that may be resumed."""
        told = self.told.get("session")
        return Session(told["id"], told["url"], told["seq"]) if isinstance(told, dict) else None

    @property
    def gap(self) -> dict[str, str]:
        """Channels in which messages may be missing, with the id of the last one before."""
        return self._part("gap")

    def forget_session(self) -> None:
        """The next connection begins a new one."""
        self.told.pop("session", None)

    def follow(self, dispatch: Dispatch) -> list[Stored]:
        """Take one event in; what of it goes into the inbox."""
        event, data = dispatch.event, dispatch.data
        kept: list[Stored] = []
        if event == "READY":
            self._begin(data)
        elif event == "GUILD_CREATE":
            kept = self._meet_guild(data)
        elif event in ("CHANNEL_CREATE", "CHANNEL_UPDATE", "THREAD_CREATE", "THREAD_UPDATE"):
            kept = self._meet_channel(data)
        elif event == "THREAD_LIST_SYNC":
            for thread in dicts(data.get("threads")):
                kept += self._meet_channel(thread)
        elif event in ("CHANNEL_DELETE", "THREAD_DELETE"):
            self._forget_channel(identity(data.get("id")))
        elif event in ("GUILD_ROLE_CREATE", "GUILD_ROLE_UPDATE"):
            role = data.get("role")
            self._meet_roles([role] if isinstance(role, dict) else [])
        elif event in discord.MESSAGES:
            kept = [self.keep_message(data, event=event, key=self._key(dispatch))]
        elif event == "MESSAGE_DELETE":
            kept = [self.keep_deletion(data.get("channel_id"), data.get("id"))]
        elif event == "MESSAGE_DELETE_BULK":
            ids = data.get("ids")
            kept = [self.keep_deletion(data.get("channel_id"), one) for one in ids] if isinstance(ids, list) else []
        if isinstance(session := self.told.get("session"), dict):
            session["seq"] = max(session["seq"], dispatch.seq)
        return kept

    def keep_message(self, data: Mapping[str, Any], *, event: str = "MESSAGE_CREATE", key: str = "") -> Stored:
        """A message for the inbox. One that was fetched has the same key as the event that told it."""
        message, channel = identity(data.get("id")), identity(data.get("channel_id"))
        edited = string(data.get("edited_timestamp"))
        if edited:
            event, key = "MESSAGE_UPDATE", f"edit:{message}:{edited}"
        elif event == "MESSAGE_CREATE" and message:
            key = f"new:{message}"
        if _number(message) > _number(self._part("last").get(channel)):
            self._part("last")[channel] = message
        channels, roles = self._part("channels"), self._part("roles")
        found = discord.mentioned(data)
        names = {one: channels[one]["name"] for one in found if one in channels}
        names |= {one: roles[one] for one in found if one in roles}
        return key[:255], discord.stored(event, data, channel=self._shown(channel), names=names)

    def keep_deletion(self, channel: object, message: object) -> Stored:
        """A deletion for the inbox: of many at once each is one."""
        data = {"id": identity(message), "channel_id": identity(channel)}
        raw = discord.stored("MESSAGE_DELETE", data, channel=self._shown(data["channel_id"]), names={})
        return f"gone:{data['id']}"[:255], raw

    def close_gap(self, channel: str) -> None:
        """All that was missed in a channel is here. A thread that is archived is met again when it is opened."""
        self._part("gap").pop(channel, None)
        if self._part("channels").get(channel, {}).get("archived"):
            self._forget_channel(channel)

    def _begin(self, data: Mapping[str, Any]) -> None:
        """A new session. What was there before may have gone on meanwhile, unseen."""
        user = data.get("user")
        self.told["bot"] = identity(user.get("id")) if isinstance(user, dict) else ""
        self.told["session"] = {
            "id": string(data.get("session_id")),
            "url": string(data.get("resume_gateway_url")),
            "seq": 0,
        }
        self.told["gap"] = {**self._part("last"), **self._part("gap")}
        for channel in self._part("channels").values():
            if channel.get("thread"):
                channel["archived"] = True  # until its guild shows it among those that are open
        known = [*self._part("last").values(), *self._part("channels")]
        self.told["newest"] = str(max(map(_number, known), default=0))

    def _meet_guild(self, data: Mapping[str, Any]) -> list[Stored]:
        self._meet_roles(dicts(data.get("roles")))
        kept: list[Stored] = []
        newest = _number(self.told.get("newest"))
        for channel in (*dicts(data.get("channels")), *dicts(data.get("threads"))):
            key = identity(channel.get("id"))
            is_new = key not in self._part("channels")
            kept += self._meet_channel(channel)
            if is_new and key in self._part("last") and 0 < newest < _number(key):
                # It was made while nobody listened: all of it is missing.
                self._part("gap").setdefault(key, "0")
        return kept

    def _meet_channel(self, data: Mapping[str, Any]) -> list[Stored]:
        """Remember a channel or thread; under a new name it goes into the inbox."""
        key, name = identity(data.get("id")), clean_name(string(data.get("name")))
        if not key or not name:
            return []
        channels = self._part("channels")
        before = channels.get(key)
        now: dict[str, Any] = {"name": name, "parent": identity(data.get("parent_id"))}
        if data.get("type") in discord.THREADS:
            now["thread"] = True
        channels[key] = now
        if data.get("type") not in discord.WITHOUT_MESSAGES:
            self._part("last").setdefault(key, identity(data.get("last_message_id")) or "0")
        if before is None or before["name"] == name:
            return []
        event = "THREAD_UPDATE" if now.get("thread") else "CHANNEL_UPDATE"
        raw = discord.stored(event, {"id": key}, channel=self._shown(key), names={})
        session = self.told.get("session") or {}
        return [(f"name:{session.get('id', '')}:{session.get('seq', 0)}:{key}"[:255], raw)]

    def _forget_channel(self, key: str) -> None:
        for part in ("channels", "last", "gap"):
            self._part(part).pop(key, None)

    def _meet_roles(self, roles: list[dict[str, Any]]) -> None:
        for role in roles:
            if key := identity(role.get("id")):
                self._part("roles")[key] = clean_name(string(role.get("name")))

    def _shown(self, key: str) -> dict[str, Any]:
        channels = self._part("channels")
        known = channels.get(key)
        if known is None:
            return {}
        shown = {"name": known["name"], "parent": channels.get(known["parent"], {}).get("name", "")}
        return {**shown, "thread": True} if known.get("thread") else shown

    def _key(self, dispatch: Dispatch) -> str:
        session = self.told.get("session") or {}
        return f"{session.get('id', '')}:{dispatch.seq}"

    def _part(self, name: str) -> dict[str, Any]:
        part: dict[str, Any] = self.told.setdefault(name, {})
        return part


def _number(value: object) -> int:
    text = string(value)
    return int(text) if is_number(text, digits=20) else 0
