"""Who looks at what, right now: kept in Valkey for a minute, told over the socket, and nowhere else.

A socket says what its page shows, and again every twenty seconds. Whoever opened a thing first and still has it open
has taken it, in words: nobody is kept from deciding, since a claim that outlives its holder would hold up the others.
"""

import json
import time
from dataclasses import asdict, dataclass
from typing import Any, Literal

from django.conf import settings
from redis.exceptions import RedisError

from tasktracker.core.throttling import counters

KEEP = 60.0  # seconds after which one who says nothing any more is gone
KINDS = ("proposal",)
MOST = 200  # people told of in one frame

type Looked = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Looking:
    """A person with something open; `since` in seconds of the epoch, of the first of their sockets that has it."""

    kind: str
    id: int
    user: int
    name: str
    since: float


def parse(text: str) -> Looked | Literal[False] | None:
    """What a client shows: `{"look": {"kind", "id"}}` as a pair, `{"look": null}` as None; False for anything else."""
    try:
        said = json.loads(text)
    except ValueError:
        return False
    if not isinstance(said, dict) or "look" not in said:
        return False
    look = said["look"]
    if look is None:
        return None
    if not isinstance(look, dict) or look.get("kind") not in KINDS:
        return False
    number = look.get("id")
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number < 2**63:
        return False
    return look["kind"], number


def show(*, workspace_id: int, socket: str, user_id: int, name: str, look: Looked | None) -> bool:
    """Note what a socket shows now; whether others should hear of it. With Valkey away nobody is shown."""
    key = _key(workspace_id)
    try:
        store = counters()
        old = _read(store.hget(key, socket))
        if look is None:
            store.hdel(key, socket)
            return old is not None
        now = time.time()
        same = old is not None and (old["kind"], old["id"]) == look and now - old["at"] < KEEP
        entry = {
            "kind": look[0],
            "id": look[1],
            "user": user_id,
            "name": name,
            "since": old["since"] if same and old else now,
            "at": now,
        }
        store.hset(key, socket, json.dumps(entry))
        store.expire(key, int(KEEP) * 2)
    except RedisError:
        return False
    return not same


def looking(workspace_id: int) -> list[Looking]:
    """Everybody in a workspace with something open, whoever opened it first before the others."""
    key, now = _key(workspace_id), time.time()
    try:
        store = counters()
        found = store.hgetall(key)
        rows = {socket: entry for socket, raw in found.items() if (entry := _read(raw)) is not None}
        gone = [socket for socket in found if socket not in rows or now - rows[socket]["at"] >= KEEP]
        if gone:
            store.hdel(key, *gone)
    except RedisError:
        return []
    first: dict[tuple[str, int, int], Looking] = {}
    for socket, entry in rows.items():
        if socket in gone:
            continue
        one = Looking(entry["kind"], entry["id"], entry["user"], entry["name"], entry["since"])
        place = (one.kind, one.id, one.user)
        if place not in first or one.since < first[place].since:
            first[place] = one
    return sorted(first.values(), key=lambda one: (one.since, one.user))[:MOST]


def frame(people: list[Looking]) -> dict[str, Any]:
    """What a socket that asked for it is told: all that is looked at, not what changed."""
    return {"type": "presence", "looking": [asdict(one) for one in people]}


def _key(workspace_id: int) -> str:
    return f"{settings.CACHES['default']['KEY_PREFIX']}:looking:{workspace_id}"


def _read(raw: bytes | str | None) -> dict[str, Any] | None:
    try:
        entry = json.loads(raw) if raw else None
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None
