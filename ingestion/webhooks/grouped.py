"""Webhooks that come at once, stored together: one look for their sources, one INSERT, and Django is not asked.

Only what is plain goes this way: a small POST to an address of ours that is genuine and has to be stored. What turns
out not to be (a wrong signature, a question of the platform's, an unknown source, an error) goes to Django as if
nothing had been, and that says it. An answer is given after the commit, never before.
"""

import logging
import re
import time
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence

from ingestion import inbox
from ingestion.models import Source
from ingestion.webhooks import receiving
from ingestion.webhooks.calls import Call
from ingestion.webhooks.doors import DOORS
from tasktracker.core import together
from tasktracker.core.crypto import DecryptionError
from tasktracker.core.grouped import Asgi
from tasktracker.core.wsgi import Receive, Scope, Send, whole

log = logging.getLogger(__name__)

ADDRESS = re.compile(rf"/webhook/({'|'.join(DOORS)})/([0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}})")
# Whoever sends one of these wants something that only Django knows how to do.
_NOT_PLAIN = frozenset({b"content-encoding", b"cookie", b"expect", b"x-http-method-override"})

type Wanted = tuple[str, uuid.UUID, Call]


class GroupedWebhooks:
    """`inner`, with the plain calls of webhooks stored here."""

    def __init__(self, inner: Asgi) -> None:
        self._inner = inner
        self._calls: together.Together[Wanted, bool] = together.Together(
            self._store, instead=False, name="webhooks", after=self._poke
        )
        self._learnt = together.Learnt(200)
        self._active: set[int] = set()  # sources that have something new; of the thread alone

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = ADDRESS.fullmatch(scope["path"]) if scope["method"] == "POST" else None
        headers, learnt = plain_headers(scope) if found else None, self._learnt.headers
        if found is None or headers is None or learnt is None:
            await self._inner(scope, receive, self._learnt.listening(send) if headers is not None else send)
            return
        body = await whole(receive)
        if body is None:
            return
        if not await self._calls.ask((found[1], uuid.UUID(found[2]), Call(headers, body, time.time()))):
            await self._inner(scope, together.again(body), send)
            return
        await send({"type": "http.response.start", "status": 200, "headers": [*learnt, (b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    def _store(self, calls: Sequence[Wanted]) -> Sequence[bool]:
        self._active = set()
        stored, self._active = store(calls)
        return stored

    def _poke(self) -> None:
        """After the answers: they do not wait for the broker."""
        try:
            for source_id in self._active:
                receiving.poke(source_id)
        except Exception as error:  # noqa: BLE001 (the sweep finds what is stored; this thread has to live)
            log.warning("no worker was told of new webhooks: %s", type(error).__name__)


def store(calls: Sequence[Wanted]) -> tuple[list[bool], set[int]]:
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
    found = together.plain_headers(scope, without=_NOT_PLAIN)
    if found is None or b"content-length" not in found:
        return None
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in found.items()}
