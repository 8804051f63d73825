"""Webhooks that come at once, stored together: one look for their sources, one INSERT, and Django is not asked.

Only what is plain goes this way: a small POST to an address of ours that is genuine and has to be stored. What turns
out not to be (a wrong signature, a question of the platform's, an unknown source, an error) goes to Django as if
nothing had been, and that says it. An answer is given after the commit, never before.
"""

import asyncio
import logging
import queue
import re
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.conf import settings
from django.db import connection

from ingestion import inbox
from ingestion.models import Source
from ingestion.webhooks import receiving
from ingestion.webhooks.calls import Call
from ingestion.webhooks.doors import DOORS
from tasktracker.core.crypto import DecryptionError
from tasktracker.core.grouped import Asgi, again, is_here
from tasktracker.core.wsgi import SMALL, Message, Receive, Scope, Send, whole

log = logging.getLogger(__name__)

AT_ONCE = 200  # calls in one transaction
ADDRESS = re.compile(rf"/webhook/({'|'.join(DOORS)})/([0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}})")
# Whoever sends one of these wants something that only Django knows how to do.
_NOT_PLAIN = frozenset({b"content-encoding", b"cookie", b"expect", b"x-http-method-override"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """One call that waits: whether it was stored, or has to be asked of Django."""

    door: str
    uid: uuid.UUID
    call: Call = field(repr=False)
    answered: "asyncio.Future[bool]" = field(repr=False)
    loop: asyncio.AbstractEventLoop = field(repr=False)

    def answer(self, stored: bool) -> None:
        self.loop.call_soon_threadsafe(self._set, stored)

    def _set(self, stored: bool) -> None:
        if not self.answered.done():  # its caller may have left
            self.answered.set_result(stored)


class GroupedWebhooks:
    """`inner`, with the plain calls of webhooks stored here."""

    def __init__(self, inner: Asgi) -> None:
        self._inner = inner
        self._waiting: queue.SimpleQueue[Wanted] = queue.SimpleQueue()
        self._headers: list[tuple[bytes, bytes]] | None = None  # of Django's own 200: all its middleware has its say
        self._thread: threading.Thread | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = ADDRESS.fullmatch(scope["path"]) if scope["method"] == "POST" else None
        headers = plain_headers(scope) if found else None
        if found is None or headers is None or self._headers is None:
            await self._inner(scope, receive, self._learning(send) if headers is not None else send)
            return
        body = await whole(receive)
        if body is None:
            return
        call = Call(headers, body, time.time())
        if not await self._stored(found[1], uuid.UUID(found[2]), call):
            await self._inner(scope, again(body), send)
            return
        await send({"type": "http.response.start", "status": 200, "headers": self._headers})
        await send({"type": "http.response.body", "body": b""})

    def _learning(self, send: Send) -> Send:
        async def inner(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200:
                kept = [each for each in message["headers"] if each[0] not in {b"content-length", b"date"}]
                self._headers = [*kept, (b"content-length", b"0")]
            await send(message)

        return inner

    async def _stored(self, door: str, uid: uuid.UUID, call: Call) -> bool:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="webhooks", daemon=True)
            self._thread.start()
        loop = asyncio.get_running_loop()
        wanted = Wanted(door, uid, call, loop.create_future(), loop)
        self._waiting.put(wanted)
        return await wanted.answered

    def _work(self) -> None:
        while True:
            calls = [self._waiting.get()]
            while len(calls) < AT_ONCE and not self._waiting.empty():
                calls.append(self._waiting.get())
            stored: Sequence[bool] = [False] * len(calls)
            active: set[int] = set()
            try:
                stored, active = store([(one.door, one.uid, one.call) for one in calls])
            except Exception as error:  # noqa: BLE001 (Django answers them one by one, and says what is wrong)
                log.warning("%s webhooks are taken one by one: %s", len(calls), type(error).__name__)
                connection.close()
            finally:
                for one, done in zip(calls, stored, strict=True):
                    one.answer(done)
            _poke(active)  # after the answers: they do not wait for the broker


def _poke(source_ids: Iterable[int]) -> None:
    try:
        for source_id in source_ids:
            receiving.poke(source_id)
    except Exception as error:  # noqa: BLE001 (the sweep finds what is stored; this thread has to live)
        log.warning("no worker was told of new webhooks: %s", type(error).__name__)


def store(calls: Sequence[tuple[str, uuid.UUID, Call]]) -> tuple[list[bool], set[int]]:
    """Which of the calls are stored now, and the active sources that have something new; committed on return."""
    sources = {source.uid: source for source in Source.objects.filter(uid__in={uid for _, uid, _ in calls})}
    secrets = {source.pk: _secrets(source) for source in sources.values()}
    stored = [False] * len(calls)
    new: dict[int, list[tuple[str, bytes]]] = defaultdict(list)
    places: dict[int, list[int]] = defaultdict(list)
    for place, (name, uid, call) in enumerate(calls):
        source = sources.get(uid)
        if source is None or not receiving.belongs(source, DOORS[name]):
            continue
        admitted = DOORS[name].verify(call, secrets[source.pk])
        if admitted is not None and admitted.reply is None:
            new[source.pk].append((admitted.key, admitted.raw))
            places[source.pk].append(place)
    for source_id in sorted(new):
        inbox.store(source_id=source_id, deliveries=new[source_id])
        for place in places[source_id]:
            stored[place] = True
    return stored, {source.pk for source in sources.values() if source.is_active and source.pk in new}


def _secrets(source: Source) -> list[str]:
    """Of one that no key opens none: Django says what is wrong with it."""
    try:
        return source.open_secrets()
    except DecryptionError:
        return []


def plain_headers(scope: Scope) -> Mapping[str, str] | None:
    """The headers by name in lower case; None where there is something about the call that Django should see."""
    found: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        if name in found or name in _NOT_PLAIN:
            return None
        found[name] = value
    length = found.get(b"content-length", b"")
    plain = (
        not scope["query_string"]
        and length.isdigit()
        and int(length) <= SMALL
        and is_here(found.get(b"host", b"").decode("latin-1"))
        and (not settings.SECURE_SSL_REDIRECT or found.get(b"x-forwarded-proto") == b"https")
    )
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in found.items()} if plain else None
