"""The outbox of bots is sent: in order for each chat, at Telegram's pace, each call once or not at all.

Whoever sends marks a call as taken and commits before it speaks: if it dies then, nobody knows what arrived, and it
is not said twice. Only what Telegram refused to take (429), or what never left, goes back.
"""

import logging
import time
from datetime import datetime, timedelta
from typing import Any

from django.db import Error as DatabaseError
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from ingestion import inbox
from ingestion.models import BotCall, BotContact, Source
from ingestion.telegram_api import BotCallFailed, call_bot
from proposals.shown import MADE, TOLD
from tasktracker import telegram_told as told
from tasktracker.core.crypto import DecryptionError
from tasktracker.telegram_review import keep_shown, not_rewritten
from tasktracker.telegram_sorting import without_words

log = logging.getLogger(__name__)

EACH = timedelta(seconds=1)  # between two messages to one chat
GROUP, MINUTE = 20, timedelta(minutes=1)  # messages to one group
AWAY = timedelta(seconds=5)  # until the next try, when Telegram is not reached
TOO_LATE = timedelta(hours=1)  # what could not be said by then is of no use any more
KEEP = timedelta(days=1)
AHEAD = 500  # of what waits, looked at for what may go now
BUDGET = 20.0  # seconds for one call of `send_waiting`
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"


def send_waiting(*, bot_id: int, seconds: float = BUDGET) -> float | None:
    """Send what may go now; in how many seconds the next one may, None where nothing is left."""
    deadline = time.monotonic() + seconds
    bot = Source.objects.filter(pk=bot_id).first()
    if bot is None or not bot.is_active:
        return None
    try:
        token = bot.open_secret()
    except DecryptionError:
        return None  # doctor and the source's page say it
    while token:
        call, wait = _claim(bot_id)
        if call is None:
            return wait
        _send(call, bot=bot, token=token)
        if time.monotonic() > deadline:
            return 0.0
    return None


def forget_sent() -> None:
    """Let go of what was said, and of the words of what may never have arrived; where it stands of a task is kept."""
    now = timezone.now()
    said = BotCall.objects.filter(Q(taken_at__isnull=False) | Q(done_at__isnull=False), created_at__lt=now - KEEP)
    said.exclude(about__has_key=told.PLACE).delete()
    # Of a bot that is paused or has no token, too, which nobody asks what it has to say.
    _give_up(BotCall.objects.filter(taken_at=None, created_at__lt=now - TOO_LATE), "too late")
    taken = BotCall.objects.filter(taken_at__lt=now - timedelta(minutes=10))
    _give_up(taken, "nobody knows whether it arrived")


@transaction.atomic
def _give_up(calls: QuerySet[BotCall], why: str) -> None:
    """What is not said any more loses its words; a card from which words are to go is rewritten another time."""
    left = dict(calls.filter(done_at=None).select_for_update(of=("self",)).values_list("pk", "about"))
    if not left:
        return
    not_rewritten([about["card"] for about in left.values() if "card" in about])
    told.not_rewritten([about[told.REWRITES] for about in left.values() if told.REWRITES in about])
    BotCall.objects.filter(pk__in=left).update(params={}, done_at=timezone.now(), error=why)


@transaction.atomic
def _claim(bot_id: int) -> tuple[BotCall | None, float | None]:
    """The next call that may go, for this caller alone; else the seconds until one may."""
    with connection.cursor() as cursor:
        cursor.execute(_ONE_AT_A_TIME, [f"tasktracker.bot_calls:{bot_id}"])
    now = timezone.now()
    waiting = BotCall.objects.filter(bot_id=bot_id, taken_at=None, done_at=None)
    _give_up(waiting.filter(created_at__lt=now - TOO_LATE), "too late")
    soonest: datetime | None = None
    chats: set[str] = set()
    for call in waiting.order_by("pk")[:AHEAD]:
        if call.chat_id and call.chat_id in chats:
            continue  # after the one before it
        chats.add(call.chat_id)
        due = max(call.not_before, _pace(call, now)) if call.chat_id else call.not_before
        if due <= now:
            call.taken_at = now
            call.save(update_fields=["taken_at"])
            return call, None
        soonest = due if soonest is None else min(soonest, due)
    return None, None if soonest is None else (soonest - now).total_seconds()


def _pace(call: BotCall, now: datetime) -> datetime:
    """When the chat may be told something again."""
    said = BotCall.objects.filter(
        bot_id=call.bot_id, chat_id=call.chat_id, created_at__gt=now - TOO_LATE - MINUTE, taken_at__gt=now - MINUTE
    )
    rows = said.order_by("-taken_at").values_list("taken_at", flat=True)[:GROUP]
    times = [at for at in rows if at is not None]
    if not times:
        return now
    due = times[0] + EACH
    if call.chat_id.startswith("-") and len(times) == GROUP:
        due = max(due, times[-1] + MINUTE)
    return due


def _send(call: BotCall, *, bot: Source, token: str) -> None:
    params = dict(call.params)
    if call.chat_id:
        params["chat_id"] = call.chat_id
    try:
        result = call_bot(token=token, method=call.method, **params)
    except BotCallFailed as error:
        _failed(call, error)
        return
    BotCall.objects.filter(pk=call.pk).update(done_at=timezone.now(), params={}, error="")
    if call.method == "sendMessage" and isinstance(result, dict):
        _sent(call, bot, result)


def _failed(call: BotCall, error: BotCallFailed) -> None:
    now = timezone.now()
    if error.http_status == 429 or error.never_sent:
        wait = timedelta(seconds=max(error.retry_after, 1)) if error.http_status == 429 else AWAY
        BotCall.objects.filter(pk=call.pk).update(taken_at=None, not_before=now + wait, error=str(error)[:300])
        return
    log.warning("bot call %d (%s) failed with %s", call.pk, call.method, error.http_status or "no answer")
    BotCall.objects.filter(pk=call.pk).update(done_at=now, params={}, error=str(error)[:300])
    if error.http_status == 403 and call.chat_id:
        # They have blocked the bot, or never wrote to it: nothing more is written there.
        blocked = BotContact.objects.filter(bot_id=call.bot_id, participant__external_id=call.chat_id)
        blocked.update(notify=False, stopped="They have blocked the bot.")


def _sent(call: BotCall, bot: Source, message: dict[str, Any]) -> None:
    """Keep the post as the bot's own: Telegram does not deliver it to its author.

    Not so what one person was told who may read more than others here: a message is read by everybody.
    """
    number = message.get("message_id")
    if isinstance(number, int) and {MADE, TOLD} & call.about.keys():
        told.placed(call_id=call.pk, message_id=number)
    if "proposal" in call.about:
        if isinstance(number, int):
            keep_shown(call=call, message_id=number)
        return
    if call.contact_id is not None:
        return
    if MADE in call.about:
        message = {**message, "text": without_words(call.about), "entities": []}
    try:
        inbox.record_own_post(source_id=bot.pk, message=message)
    except DatabaseError as error:
        log.warning("the bot's own post was not stored (%s)", type(error).__name__)
