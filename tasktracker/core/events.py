"""The outbox: `emit` writes an Event in the caller's transaction; after the commit it pokes sockets and jobs.

Poke for speed, pull for truth: a lost poke costs seconds, never an event.
"""

import asyncio
import json
import logging
import os
import threading
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass, fields
from functools import partial
from typing import Any, ClassVar

from celery import current_app
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from tasktracker.core.models import Event, User
from tasktracker.core.rows import planned_cursor

log = logging.getLogger(__name__)

SEQUENCE_LOCK = 7201
POKE_TIMEOUT = 5  # seconds

# By hand: nothing is written without an event, and half of the price of a small write was making this statement.
INSERT = """
INSERT INTO core_event (workspace_id, type, object_kind, object_id, data, by_id, at)
VALUES (%s, %s, %s, %s, %s, %s, %s)
"""
POKE_INTERVAL = 0.05  # seconds between two pokes of one workspace by one process


@dataclass(frozen=True, kw_only=True)
class DomainEvent:
    """What happened to one object. Subclasses add ids and enums only: never text, never HTML."""

    type: ClassVar[str]
    kind: ClassVar[str]
    workspace_id: int
    object_id: int

    def data(self) -> dict[str, Any]:
        common = {field.name for field in fields(DomainEvent)}
        return {name: value for name, value in asdict(self).items() if name not in common and value is not None}


@dataclass(frozen=True, kw_only=True)
class MessageReceived(DomainEvent):
    type = "message.received"
    kind = "message"
    source: int
    channel: int
    author: int | None = None


@dataclass(frozen=True, kw_only=True)
class MessageEdited(DomainEvent):
    type = "message.edited"
    kind = "message"
    source: int
    channel: int
    author: int | None = None


@dataclass(frozen=True, kw_only=True)
class MessageDeleted(DomainEvent):
    type = "message.deleted"
    kind = "message"
    source: int
    channel: int
    author: int | None = None


@dataclass(frozen=True, kw_only=True)
class MessagesImported(DomainEvent):
    """`object_id` is the source; `first` and `last` are message ids."""

    type = "messages.imported"
    kind = "source"
    count: int
    first: int
    last: int


@dataclass(frozen=True, kw_only=True)
class UploadProgress(DomainEvent):
    """A history that is sent in by a page has another status, or came further; `share` is in percent."""

    type = "upload.progress"
    kind = "upload"
    status: str
    share: int
    source: int | None = None


@dataclass(frozen=True, kw_only=True)
class RunEvent(DomainEvent):
    kind = "run"
    stage: str


@dataclass(frozen=True, kw_only=True)
class RunStarted(RunEvent):
    type = "run.started"


@dataclass(frozen=True, kw_only=True)
class RunProgress(RunEvent):
    type = "run.progress"
    done: int
    failed: int
    total: int


@dataclass(frozen=True, kw_only=True)
class RunCompleted(RunEvent):
    """Ended with its work done; `status` is completed or partial."""

    type = "run.completed"
    status: str


@dataclass(frozen=True, kw_only=True)
class RunFailed(RunEvent):
    type = "run.failed"
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class RunCancelled(RunEvent):
    type = "run.cancelled"


@dataclass(frozen=True, kw_only=True)
class RunClosed(RunEvent):
    type = "run.closed"


@dataclass(frozen=True, kw_only=True)
class ProposalEvent(DomainEvent):
    kind = "proposal"
    proposal_kind: str
    status: str
    run: int | None = None


@dataclass(frozen=True, kw_only=True)
class ProposalCreated(ProposalEvent):
    type = "proposal.created"


@dataclass(frozen=True, kw_only=True)
class ProposalApproved(ProposalEvent):
    type = "proposal.approved"
    created_kind: str = ""
    created_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class ProposalRejected(ProposalEvent):
    type = "proposal.rejected"
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class ProposalMerged(ProposalEvent):
    type = "proposal.merged"
    into: int


@dataclass(frozen=True, kw_only=True)
class ProposalUndone(ProposalEvent):
    type = "proposal.undone"
    undone: str = ""


@dataclass(frozen=True, kw_only=True)
class PolicyStopped(DomainEvent):
    """An auto-approval policy turned itself off; `reason` is sample, undone or engine."""

    type = "policy.stopped"
    kind = "policy"
    proposal_kind: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class TopicCreated(DomainEvent):
    type = "topic.created"
    kind = "topic"


@dataclass(frozen=True, kw_only=True)
class TopicUpdated(DomainEvent):
    """Changed, merged, split, confirmed, or brought back."""

    type = "topic.updated"
    kind = "topic"
    status: str


@dataclass(frozen=True, kw_only=True)
class AtomCreated(DomainEvent):
    type = "atom.created"
    kind = "atom"
    atom_type: str


@dataclass(frozen=True, kw_only=True)
class AtomUpdated(DomainEvent):
    """Changed, merged, linked, confirmed, or brought back."""

    type = "atom.updated"
    kind = "atom"
    atom_type: str
    status: str


@dataclass(frozen=True, kw_only=True)
class TaskCreated(DomainEvent):
    type = "task.created"
    kind = "task"


@dataclass(frozen=True, kw_only=True)
class TaskUpdated(DomainEvent):
    type = "task.updated"
    kind = "task"
    status: str


@dataclass(frozen=True, kw_only=True)
class ProjectChanged(DomainEvent):
    """Made, changed or removed; `version` is "" for one that was removed."""

    type = "project.changed"
    kind = "project"
    version: str


@dataclass(frozen=True, kw_only=True)
class MemberChanged(DomainEvent):
    """A member has another role; `object_id` is the membership, `role` is "" for one who was removed."""

    type = "member.changed"
    kind = "member"
    role: str


def emit(event: DomainEvent, *, by: User | None = None) -> None:
    """Write `event` in the caller's transaction; sockets and jobs hear of it after the commit."""
    emit_all([event], by=by)


def emit_all(events: Sequence[DomainEvent], *, by: User | None = None) -> None:
    """`emit` for many at once, in order, with one INSERT."""
    now, by_id = timezone.now(), by.pk if by else None
    rows = [(e.workspace_id, e.type, e.kind, e.object_id, json.dumps(e.data()), by_id, now) for e in events]
    with planned_cursor() as cursor:
        if len(rows) == 1:
            cursor.execute(INSERT, rows[0])
        else:
            cursor.executemany(INSERT, rows)
    for event in events:
        transaction.on_commit(partial(announce, event.type, event.workspace_id, event.object_id))


def telling(event: type[DomainEvent], rows: str, **data: str) -> str:
    """SQL that writes an `event` for each of `rows` (a table with `workspace_id` and `id`) in the same statement.

    `data` names the column of each further field. Whoever runs it calls `announce_later` for what was written.
    """
    pairs = ", ".join(f"'{name}', {column}" for name, column in data.items())
    return f"""
INSERT INTO core_event (workspace_id, type, object_kind, object_id, data, at)
SELECT workspace_id, '{event.type}', '{event.kind}', id, jsonb_strip_nulls(jsonb_build_object({pairs})),
       clock_timestamp()
FROM {rows} ORDER BY id"""  # noqa: S608  # names of our own classes and columns


def announce_later(event: type[DomainEvent], *, workspace_id: int, object_ids: Iterable[int]) -> None:
    """After the commit: sockets and jobs hear of events that `telling` wrote."""
    for object_id in object_ids:
        transaction.on_commit(partial(announce, event.type, workspace_id, object_id))


def announce(event_type: str, workspace_id: int, object_id: int) -> None:
    """Poke the workspace's sockets and start the tasks that settings name for this type."""
    poker.poke(workspace_id)
    for name in settings.EVENT_TASKS.get(event_type, ()):
        enqueue(name, workspace_id, object_id)


def enqueue(name: str, *args: Any, countdown: float | None = None) -> bool:
    """Send a task by name; False when the broker is away (the sweeper of that stage will do the work).

    `countdown` is in seconds and short: a broker hands out what waits longer than its visibility timeout twice.
    """
    try:
        current_app.signature(name, args=args).apply_async(countdown=countdown)
    except (OperationalError, RedisError, OSError) as error:
        log.warning("broker away, %s is left to the sweeper (%s)", name, type(error).__name__)
        return False
    return True


def recheck_member(workspace_id: int, user_id: int) -> None:
    """After the commit: a person's sockets in a workspace look at once whether they may stay, and in what role."""
    transaction.on_commit(partial(poker.tell, workspace_id, {"type": "member.recheck", "user": user_id}))


def group_name(workspace_id: int) -> str:
    """The channel-layer group of a workspace's sockets."""
    return f"workspace.{workspace_id}"


class Poker:
    """Tells a workspace's sockets to look: at once, then at most once in POKE_INTERVAL, the last one never lost.

    All is sent from one thread with an event loop of its own, which keeps its connection to the channel layer:
    `async_to_sync` makes a loop for each call, and with that a new connection.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: dict[int, float] = {}
        self._waiting: set[int] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pid = 0

    def poke(self, workspace_id: int) -> None:
        """Returns when the poke was sent, or when it will be."""
        with self._lock:
            loop = self._own_loop()
            if workspace_id in self._waiting:
                return
            wait = self._last.get(workspace_id, 0.0) + POKE_INTERVAL - time.monotonic()
            if wait > 0:
                self._waiting.add(workspace_id)
            else:
                self._last[workspace_id] = time.monotonic()
        if wait > 0:
            later = asyncio.run_coroutine_threadsafe(self._send_later(workspace_id, wait), loop)
            later.add_done_callback(Future.result)  # an error that nobody expected is logged, not lost
        else:
            asyncio.run_coroutine_threadsafe(self._send(workspace_id), loop).result()

    def tell(self, workspace_id: int, message: dict[str, Any]) -> None:
        """Send the workspace's sockets one message, at once; returns when it was sent."""
        with self._lock:
            loop = self._own_loop()
        asyncio.run_coroutine_threadsafe(self._send(workspace_id, message), loop).result()

    def _own_loop(self) -> asyncio.AbstractEventLoop:
        """The loop of this process; a child that was forked has no thread to run that of its parent."""
        if self._loop is None or self._pid != os.getpid():
            self._loop, self._pid, self._waiting = asyncio.new_event_loop(), os.getpid(), set()
            threading.Thread(target=self._loop.run_forever, name="poker", daemon=True).start()
        return self._loop

    async def _send_later(self, workspace_id: int, wait: float) -> None:
        await asyncio.sleep(wait)
        with self._lock:
            self._waiting.discard(workspace_id)
            self._last[workspace_id] = time.monotonic()
        await self._send(workspace_id)

    async def _send(self, workspace_id: int, message: dict[str, Any] | None = None) -> None:
        try:
            async with asyncio.timeout(POKE_TIMEOUT):
                await get_channel_layer().group_send(group_name(workspace_id), message or {"type": "events.poke"})
        except (RedisError, OSError) as error:  # a TimeoutError is one
            log.warning("channel layer away, sockets will look by themselves (%s)", type(error).__name__)


poker = Poker()


def number_events() -> None:
    """Give every committed event without one its public id, in one order that never changes afterwards.

    Under one lock: an event that commits late is numbered late, so no reader can pass over it.
    """
    if not Event.objects.filter(seq__isnull=True).exists():
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SEQUENCE_LOCK])
        cursor.execute(
            """
            WITH base AS (SELECT coalesce(max(seq), 0) AS top FROM core_event),
                 fresh AS (SELECT id, row_number() OVER (ORDER BY id) AS place FROM core_event WHERE seq IS NULL)
            UPDATE core_event e SET seq = base.top + fresh.place FROM fresh, base WHERE e.id = fresh.id
            """
        )
