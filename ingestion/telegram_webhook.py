"""Where Telegram brings updates: the secret is looked at, the raw body is stored, and only then it is told "yes".

What an update holds is made by a worker. Until a 200 Telegram keeps it, and comes again.
"""

import json
import logging
import uuid
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from redis.exceptions import RedisError

from ingestion import inbox, telegram_hook
from ingestion.models import Source
from tasktracker.core.crypto import DecryptionError
from tasktracker.core.events import enqueue
from tasktracker.core.throttling import counters

log = logging.getLogger(__name__)

LARGEST = 1024 * 1024  # bytes of one update; Telegram's are a few thousand
POKED_FOR = 5  # seconds; within them one job is on its way already
WORK = "tasktracker.tasks.work_bot"


@csrf_exempt  # whoever calls shows the source's secret
@require_POST
def receive(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """200 when the update is stored (again is harmless); 401 without the secret; 503 while it can't be taken."""
    try:
        source = Source.objects.filter(uid=uid, kind=Source.Kind.TELEGRAM).first()
        if source is None:
            return HttpResponse(status=404)
        if not telegram_hook.is_genuine(source, request.headers.get(telegram_hook.HEADER, "")):
            log.warning("source %d: a call of its webhook without the right secret", source.pk)
            return HttpResponse(status=401)
        if len(request.body) > LARGEST:
            return HttpResponse(status=413)
        key = _key(request.body)
        if key is None:
            return HttpResponse(status=400)
        inbox.store(source_id=source.pk, deliveries=[(key, request.body)])
    except (OperationalError, InterfaceError, DecryptionError) as error:
        log.warning("an update could not be stored (%s)", type(error).__name__)
        return HttpResponse(status=503)
    if source.is_active:  # else it waits here, stored, until the source goes on
        poke(source.pk)
    return HttpResponse(status=200)


def poke(bot_id: int) -> None:
    """Have a worker look, unless one is about to; the sweep looks in any case."""
    try:
        if counters().set(_flag(bot_id), 1, nx=True, ex=POKED_FOR):
            enqueue(WORK, bot_id)
    except RedisError:
        return


def about_to_look(bot_id: int) -> None:
    """A worker looks now: what is stored from here on needs a new job."""
    try:
        counters().delete(_flag(bot_id))
    except RedisError:
        return


def _flag(bot_id: int) -> str:
    return f"{settings.CACHES['default']['KEY_PREFIX']}:bot-work:{bot_id}"


def _key(body: bytes) -> str | None:
    """The update's own id; None for what is no update."""
    try:
        update: Any = json.loads(body)
    except (ValueError, RecursionError):
        return None
    number = update.get("update_id") if isinstance(update, dict) else None
    return str(number) if isinstance(number, int) and not isinstance(number, bool) and 0 <= number < 2**63 else None
