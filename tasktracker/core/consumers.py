"""The one WebSocket consumer: replay, then live. It holds no rules and reads through selectors only."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from channels.security.websocket import AllowedHostsOriginValidator
from django.conf import settings
from django.db import DatabaseError
from django.utils.module_loading import import_string
from psycopg_pool import PoolTimeout

from tasktracker.core import presence, secondstep, selectors, walls
from tasktracker.core.authentication import token_owner
from tasktracker.core.enums import Role, TokenScope
from tasktracker.core.events import group_name
from tasktracker.core.paths import is_number
from tasktracker.core.permissions import Access, access_of, access_of_token

FRAME_INTERVAL = 0.5  # seconds between two looks of one socket: what came between is told together
LOOK_EVERY = 5.0  # seconds without a poke after which a socket looks by itself
RECHECK_EVERY = 60.0  # seconds between two checks that the member still is one
FLOOD = 20  # messages from the client in a second
LONGEST = 200  # characters of what a client may say
COALESCED = "message.received"
BATCH = "messages.imported"

type Scope = dict[str, Any]
type Asgi = Callable[[Scope, Any, Any], Awaitable[None]]


def bearer(scope: Scope) -> str | None:
    """The token in `Sec-WebSocket-Protocol: bearer, TOKEN`, if any."""
    offered = scope.get("subprotocols") or []
    return offered[1] if len(offered) == 2 and offered[0] == "bearer" else None


def origin_or_token(inner: Asgi) -> Asgi:
    """Browsers send cookies from any page, so a socket without a token must come from an allowed Origin."""
    checked = AllowedHostsOriginValidator(inner)

    async def application(scope: Scope, receive: Any, send: Any) -> None:
        await (inner if bearer(scope) else checked)(scope, receive, send)

    return application


class EventConsumer(AsyncJsonWebsocketConsumer):
    """`/ws/?since=ID&types=a,b&source=…&author=…&workspace=SLUG`: frames `{"id","type","object","at","data"}`.

    Messages go through the filters of `GET /api/messages`, all but `since`: a batch of an import is told where one of
    its messages does. Other events know source and channel only.

    With `presence=1` also frames `{"type": "presence", "looking": […]}`, and a client may say what it shows
    (`tasktracker.core.presence`).
    """

    access: Access
    last: int

    async def connect(self) -> None:
        query = {
            name: values[-1] for name, values in parse_qs(self.scope["query_string"].decode(errors="replace")).items()
        }
        self.tasks: list[asyncio.Task[None]] = []
        self.dirty = asyncio.Event()
        self.checking = asyncio.Lock()
        self.seen: list[float] = []
        self.types = {name for name in query.get("types", "").split(",") if name}
        self.sift(query)
        self.with_people = query.get("presence") == "1"
        self.people: list[presence.Looking] = []
        self.shows = False  # whether others see this socket look at something
        self.token = token = bearer(self.scope)
        user, access = await database_sync_to_async(self._identify)(token, query.get("workspace"))
        if user is None or access is None:
            await self.accept("bearer" if token else None)  # a close code reaches the client only after accept
            await self.close(4401 if user is None else 4403)
            return
        self.access = access
        await self.channel_layer.group_add(group_name(access.workspace.pk), self.channel_name)
        since = query.get("since", "")
        if is_number(since):
            self.last = int(since)
        else:
            self.last = await database_sync_to_async(selectors.last_event_id)(access.workspace.pk)
        # Only now: whatever happens after the client hears that it is connected, it will be told.
        await self.accept("bearer" if token else None)
        self.dirty.set()
        self.tasks = [asyncio.create_task(self._pump()), asyncio.create_task(self._recheck())]

    def sift(self, query: dict[str, str]) -> None:
        """Take the filters of the address: what an event says by itself, and what its message is asked for."""
        self.wanted = {name: int(query[name]) for name in ("source", "channel") if is_number(query.get(name, ""))}
        asked: dict[str, str] = import_string(settings.STREAM_FILTERS)(query)
        self.asked = {name: value for name, value in asked.items() if name not in self.wanted}

    def _identify(self, token: str | None, slug: str | None) -> tuple[Any, Access | None]:
        if token is not None:
            owner = token_owner(token)
            if owner is None:
                return None, None
            # What happens here is read, and a token that only sends messages in reads nothing.
            may = owner.scope != TokenScope.INGEST and slug in (None, owner.workspace.slug)
            return owner.user, access_of_token(owner) if may else None
        user = self.scope["user"]
        if not user.is_authenticated or secondstep.must_set_up(user, self.scope["session"]):
            return None, None
        chosen = self.scope["session"].get("workspace")
        if slug is not None:
            return user, access_of(user, slug=slug)
        return user, (access_of(user, workspace_id=chosen) if chosen else None) or access_of(user)

    async def disconnect(self, code: int) -> None:
        for task in self.tasks:
            task.cancel()
        if hasattr(self, "access"):
            if self.shows:
                await self._look(None)
            await self.channel_layer.group_discard(group_name(self.access.workspace.pk), self.channel_name)

    async def events_poke(self, _: dict[str, Any]) -> None:
        """Something happened: look. What it was is read from the database."""
        self.dirty.set()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **_: Any) -> None:
        """A client may say what it shows, nothing else; a flood ends the connection."""
        now = time.monotonic()
        self.seen = [at for at in self.seen if now - at < 1.0] + [now]
        if len(self.seen) > FLOOD:
            await self.close(1008)
            return
        if not self.with_people or text_data is None or len(text_data) > LONGEST or not hasattr(self, "access"):
            return
        said = presence.parse(text_data)
        if not isinstance(said, bool) and self.access.allows(Role.REVIEWER):
            await self._look(said)

    async def people_changed(self, _: dict[str, Any]) -> None:
        """Somebody opened or left something: look who is where."""
        if self.with_people:
            self.dirty.set()

    async def _look(self, look: presence.Looked | None) -> None:
        user = self.access.user
        changed = await asyncio.to_thread(
            presence.show,
            workspace_id=self.access.workspace.pk,
            socket=self.channel_name,
            user_id=user.pk,
            name=user.get_username(),
            look=look,
        )
        self.shows = look is not None
        if changed:
            await self.channel_layer.group_send(group_name(self.access.workspace.pk), {"type": "people.changed"})

    async def _tell_people(self) -> None:
        people = await asyncio.to_thread(presence.looking, self.access.workspace.pk)
        if people != self.people:
            self.people = people
            await self.send_json(presence.frame(people))

    async def _pump(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.dirty.wait(), LOOK_EVERY)
            self.dirty.clear()
            try:
                replay = await database_sync_to_async(self._news)()
            except (DatabaseError, PoolTimeout):
                await self.close(1011)  # the client comes again and asks for what it missed
                return
            if replay.reset:
                await self.send_json({"type": "reset", "id": replay.last})
            for frame in coalesce(replay.events):
                await self.send_json(frame)
            self.last = replay.last
            if self.with_people:
                await self._tell_people()
            await asyncio.sleep(FRAME_INTERVAL)

    async def member_recheck(self, message: dict[str, Any]) -> None:
        """Somebody's membership changed: whose it is looks at once, not at the next turn."""
        if hasattr(self, "access") and message["user"] == self.access.user.pk:
            await self._check()

    async def _recheck(self) -> None:
        while True:
            await asyncio.sleep(RECHECK_EVERY)
            if not await self._check():
                return

    async def _check(self) -> bool:
        """Close where the person may not stay; whether they may."""
        async with self.checking:  # one after the other: an older answer is never written over a newer one
            try:
                access = await database_sync_to_async(self._access_now)()
            except (DatabaseError, PoolTimeout):
                await self.close(1011)
                return False
            if access is None:
                await self.close(4403)
                return False
            self.access = access
            return True

    def _access_now(self) -> Access | None:
        """What the person may do by now; None without a membership, a token that is alive, or the session."""
        if self.token is not None:
            owner = token_owner(self.token)
            return access_of_token(owner) if owner is not None else None
        session = self.scope["session"]
        if not session.exists(session.session_key):
            return None
        return access_of(self.access.user, workspace_id=self.access.workspace.pk)

    def _news(self) -> selectors.Replay:
        """What happened since the last look, before the wall as it stands now: a source may have been closed since."""
        replay, wall = selectors.events_since(self.access.workspace.pk, self.last), self.access.wall
        events = replay.events
        if wall is not None and any(map(walls.source_of, events)):
            closed = wall.now()
            events = [event for event in events if not walls.tells_of(event, closed)]
        events = [event for event in events if self._is_wanted(event)]
        return replace(replay, events=self._with_any(self._asked_for(events)))

    def _asked_for(self, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Without the messages that the filters leave out, as they are now; one query. A deletion is always told."""
        ids = {event["object"]["id"] for event in events if _says(event)}
        if not ids or not self.asked:
            return events
        found: set[int] = import_string(settings.STREAM_MATCH)(
            workspace_id=self.access.workspace.pk, ids=ids, wanted=self.asked
        )
        return [event for event in events if not _says(event) or event["object"]["id"] in found]

    def _with_any(self, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Without the batches of messages of which the filters leave none; one query."""
        channel = {name: str(number) for name, number in self.wanted.items() if name == "channel"}
        batches, wanted = {event["id"] for event in events if event["type"] == BATCH}, self.asked | channel
        if not batches or not wanted:
            return events
        found: set[int] = import_string(settings.STREAM_MATCH_BATCHES)(
            workspace_id=self.access.workspace.pk, seqs=batches, wanted=wanted
        )
        return [event for event in events if event["type"] != BATCH or event["id"] in found]

    def _is_wanted(self, event: dict[str, Any]) -> bool:
        if self.types and event["type"] not in self.types:
            return False
        data = event["data"]
        source = walls.source_of(event)
        if source is not None and self.wanted.get("source", source) != source:
            return False
        return "channel" not in data or data["channel"] == self.wanted.get("channel", data["channel"])


def _says(event: dict[str, Any]) -> bool:
    """Whether an event is about a message that is there."""
    return bool(event["object"]["kind"] == "message" and event["type"] != "message.deleted")


def coalesce(events: Any) -> list[dict[str, Any]]:
    """Events as frames; a stretch of `message.received` is told in one, its id and object those of the last.

    `data` of such a frame is `{"count", "messages": [{"id", "source", "channel", "author"?}]}`, oldest first.
    """
    frames: list[dict[str, Any]] = []
    for event in events:
        if event["type"] != COALESCED:
            frames.append(event)
            continue
        entry = {"id": event["object"]["id"], **event["data"]}
        if frames and frames[-1]["type"] == COALESCED:
            messages = [*frames[-1]["data"]["messages"], entry]
            frames.pop()
        else:
            messages = [entry]
        frames.append({**event, "data": {"count": len(messages), "messages": messages}})
    return frames
