"""From a call to a stored delivery: whose it is, whether it is genuine, and what the sender is told.

An unknown source, one of another kind and a wrong signature get the same answer. What comes for a paused source is
verified and stored like any other; nobody reads it until the source goes on.
"""

import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from redis.exceptions import RedisError

from ingestion import inbox
from ingestion.mail.accounts import is_mailbox
from ingestion.models import Source
from ingestion.webhooks.calls import Admitted, Call, Door
from ingestion.webhooks.doors import DOORS
from tasktracker.core.crypto import DecryptionError
from tasktracker.core.events import enqueue
from tasktracker.core.throttling import count_in_window, counters

log = logging.getLogger(__name__)

WORK = "ingestion.tasks.work_inbox"
POKED_FOR = 5  # seconds; within them one job is on its way already
NOBODY = "a secret that no source has"  # what a call to no source is measured by, so that it takes as long
REFUSED_FOR = 24 * 3600  # seconds for which refused calls of a source are counted


@dataclass(frozen=True, slots=True)
class Answer:
    """What the sender is told; `text` only where it asked something."""

    status: int
    text: str = ""


def receive(*, door: str, uid: uuid.UUID, call: Call) -> Answer:
    """200 once the call is stored (again is harmless), 401 for what is not genuine, 503 while nothing can be stored."""
    try:
        source = _source(DOORS[door], uid)
        admitted = _admitted(DOORS[door], source, call)
        if source is None or admitted is None:
            if source is not None:
                _note_refusal(source.pk)
            return Answer(401)
        if admitted.reply is not None:
            return Answer(200, admitted.reply)
        inbox.store(source_id=source.pk, deliveries=[(admitted.key, admitted.raw)])
    except (DatabaseError, InterfaceError, DecryptionError) as error:
        # The sender keeps it, and comes again.
        log.warning("a webhook could not be stored (%s)", type(error).__name__)
        return Answer(503)
    if source.is_active:
        poke(source.pk)
    return Answer(200)


def refusals(*, source_id: int) -> int:
    """How many calls of a source were refused within a day of the first; 0 too while nobody knows."""
    try:
        return int(counters().get(_key("refused", source_id)) or 0)
    except RedisError:
        return 0


def poke(source_id: int) -> None:
    """Have a worker look, unless one is about to; the sweep looks in any case."""
    try:
        if counters().set(_key("work", source_id), 1, nx=True, ex=POKED_FOR):
            enqueue(WORK, source_id)
    except RedisError:
        return


def about_to_look(source_id: int) -> None:
    """A worker looks now: what is stored from here on needs a new job."""
    try:
        counters().delete(_key("work", source_id))
    except RedisError:
        return


def _source(door: Door, uid: uuid.UUID) -> Source | None:
    source = Source.objects.filter(uid=uid, kind=door.kind).first()
    return source if source is not None and belongs(source, door) else None


def belongs(source: Source, door: Door) -> bool:
    """Whether a source's calls come by this door."""
    if source.kind != door.kind or (door.format and source.config.get("format", "generic") != door.format):
        return False
    # The secret of a mailbox that we read is its password: nobody comes in by it.
    return not is_mailbox(source)


def _admitted(door: Door, source: Source | None, call: Call) -> Admitted | None:
    secrets: Sequence[str] = [NOBODY] if source is None else source.open_secrets()
    found = door.verify(call, secrets)
    return found if source is not None else None


def _note_refusal(source_id: int) -> None:
    log.warning("source %d: a call without the right signature was refused", source_id)
    try:
        count_in_window(_key("refused", source_id), REFUSED_FOR)
    except RedisError:
        return


def _key(what: str, source_id: int) -> str:
    return f"{settings.CACHES['default']['KEY_PREFIX']}:webhook-{what}:{source_id}"
