"""Commands and buttons in the inbox are heard, each once: what they do and what is said of it commit as one."""

import json
import logging
from datetime import timedelta

from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from ingestion import bot_asked, bot_leavers, inbox
from ingestion.bot_outbox import may_answer
from ingestion.models import Delivery
from tasktracker.telegram_commands import ANSWERS, DEEDS
from tasktracker.telegram_review import on_button

log = logging.getLogger(__name__)

ANSWERED_FOR = timedelta(minutes=10)  # an older command was waiting while the bot was away: nobody expects an answer
BATCH = 100


def hear(*, bot_id: int) -> bool:
    """Make messages of what came for a bot, and answer what it was asked; whether there was anything."""
    return bool(inbox.work_off(source_id=bot_id)) or bool(answer_waiting(bot_id=bot_id))


def answer_waiting(*, bot_id: int) -> int:
    """Answer what waits for this bot, in the order in which it came; how many were heard.

    One whose answer fails is not tried again: it may have no end. Raises OperationalError when the database is away.
    """
    waiting = Delivery.objects.filter(source_id=bot_id, to_answer=True).order_by("pk")
    ids = list(waiting.values_list("pk", flat=True)[:BATCH])
    return sum(_hear(pk) for pk in ids)


def _hear(delivery_id: int) -> bool:
    """Whether this call heard it; another worker may have."""
    with transaction.atomic():
        rows = Delivery.objects.select_for_update(of=("self",), skip_locked=True).select_related("source__workspace")
        delivery = rows.filter(pk=delivery_id, to_answer=True).first()
        if delivery is None:
            return False
        Delivery.objects.filter(pk=delivery_id).update(to_answer=False, heard_at=timezone.now())
        try:
            with transaction.atomic():
                _answer(delivery)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:  # noqa: BLE001 (the message is stored; one that fails holds up nobody)
            # Its text may hold words of a chat.
            log.warning("delivery %d was stored, but not answered (%s)", delivery_id, type(error).__name__)
        # Of who has left, a command's words are kept no longer than the answer takes.
        Delivery.objects.filter(pk=delivery_id, status=Delivery.Status.IGNORED, error=bot_leavers.WHY).update(raw=b"")
    return True


def _answer(delivery: Delivery) -> None:
    asked = bot_asked.read(json.loads(bytes(delivery.raw)), bot=delivery.source)
    if asked is None:
        return
    if asked.query_id:
        on_button(asked)
        return
    handler = ANSWERS.get(asked.name)
    if handler is None or not may_answer(bot=asked.bot, chat_id=asked.chat_id):
        return
    if asked.name in DEEDS or asked.at > timezone.now() - ANSWERED_FOR:
        handler(asked)
