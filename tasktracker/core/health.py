"""Whether each part works, as `/api/health`, `doctor` and the start of `up` see it."""

from dataclasses import dataclass
from typing import Literal

import redis
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import DatabaseError, connection

from tasktracker.core.models import Heartbeat

State = Literal["ok", "degraded", "down"]


@dataclass(frozen=True, slots=True)
class Check:
    """One part: `ok`, `degraded` or `down`, and a sentence for whoever has to mend it."""

    state: State
    detail: str = ""


def check_database() -> Check:
    """The database answers and has pgvector."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT extversion FROM pg_extension WHERE extname = 'vector'")
            row = cursor.fetchone()
    except DatabaseError as error:
        return Check("down", f"PostgreSQL does not answer ({type(error).__name__}).")
    if row is None:
        return Check("down", "The extension pgvector is missing: run the migrations.")
    return Check("ok", f"pgvector {row[0]}")


def check_broker() -> Check:
    """Valkey or Redis answers, and does not evict what is queued."""
    client = redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1)
    try:
        client.ping()
        policy = client.info("memory").get("maxmemory_policy", "noeviction")
    except redis.RedisError as error:
        return Check("down", f"The broker does not answer ({type(error).__name__}).")
    finally:
        client.close()
    if policy != "noeviction":
        return Check("degraded", f"maxmemory-policy is {policy}, which deletes queued jobs: set noeviction.")
    return Check("ok")


def check_channel_layer() -> Check:
    """A message sent through the layer can be sent at all."""
    try:
        async_to_sync(get_channel_layer().group_send)("health", {"type": "health"})
    except (redis.RedisError, OSError) as error:
        return Check("down", f"The channel layer does not answer ({type(error).__name__}).")
    return Check("ok")


def check_heartbeat(name: str, what: str) -> Check:
    """The part wrote its heartbeat within the last two sweeps."""
    row = Heartbeat.objects.filter(name=name).first()
    if row is None:
        return Check("down", f"No {what} has been seen yet.")
    age = row.age_seconds()
    return Check("ok") if age <= heartbeat_limit() else Check("down", f"The {what} was last seen {age:.0f} s ago.")


def heartbeat_limit() -> float:
    """The age in seconds up to which a heartbeat says that its part lives."""
    return float(max(settings.SWEEP_SECONDS * 2, 10))


def checks() -> dict[str, Check]:
    """Every part by name, the database first; without it nothing else is asked."""
    database = check_database()
    found = {"database": database}
    if database.state == "down":
        return found
    found["broker"] = check_broker()
    found["worker"] = check_heartbeat("worker", "worker")
    found["beat"] = check_heartbeat("beat", "beat")
    return found


def overall(found: dict[str, Check]) -> State:
    """`down` only without the database; `degraded` when any other part is not ok."""
    if found["database"].state == "down":
        return "down"
    return "ok" if all(check.state == "ok" for check in found.values()) else "degraded"
