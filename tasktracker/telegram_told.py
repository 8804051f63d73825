"""Where bots have said something of tasks, and that it is rewritten there when words that it shows are gone.

A call that was sent keeps where its message stands in its `about`, for as long as it stands there.
"""

from collections.abc import Sequence
from html import escape

from django.db import transaction

from ingestion import bot_outbox as outbox
from ingestion.bot_texts import texts
from ingestion.models import BotCall
from knowledge.models import Task
from proposals.shown import MADE, STALE, TOLD
from tasktracker import telegram_notices, telegram_sorting

PLACE = "message"  # in a call's `about`: what Telegram calls the message
REWRITES = "rewrites"  # in that of a change: the call whose message it changes
AT_ONCE = 200


@transaction.atomic
def placed(*, call_id: int, message_id: int) -> None:
    """Telegram has taken what was said of a task; what changed before that is said now."""
    call = BotCall.objects.select_for_update(of=("self",)).select_related("bot").filter(pk=call_id).first()
    if call is None:
        return  # the person whom it told was erased meanwhile
    call.about[PLACE] = message_id
    call.save(update_fields=["about"])
    if call.about.get(STALE):
        _rewrite(call)
    elif MADE in call.about:
        telegram_sorting.say_kind(call)


@transaction.atomic
def rewrite(*, task_id: int | None = None) -> set[int]:
    """Take words that are gone out of what was said of a task, or of any at all; ids of the bots that have to send."""
    due = BotCall.objects.filter(**{f"about__{STALE}": True}, about__has_key=PLACE)
    if task_id is not None:
        due = due.filter(**{f"about__{MADE}": task_id}) | due.filter(**{f"about__{TOLD}": task_id})
    bots = set()
    for call in due.select_for_update(of=("self",)).select_related("bot").order_by("pk")[:AT_ONCE]:
        _rewrite(call)
        bots.add(call.bot_id)
    return bots


def not_rewritten(call_ids: Sequence[int]) -> None:
    """The messages of these calls could not be rewritten in time: they are tried again."""
    for call in BotCall.objects.select_for_update(of=("self",)).filter(pk__in=call_ids).order_by("pk"):
        call.about[STALE] = True
        call.save(update_fields=["about"])


def _rewrite(call: BotCall) -> None:
    call.about[STALE] = False
    call.save(update_fields=["about"])
    text = _text(call)
    about = {REWRITES: call.pk}
    outbox.change(bot=call.bot, chat_id=call.chat_id, message_id=call.about[PLACE], text=text, about=about)


def _text(call: BotCall) -> str:
    """As it would be said now, in HTML; whoever may not see the task any more is left without its words."""
    if MADE in call.about:
        task = Task.objects.select_related("workspace").filter(pk=call.about[MADE]).first()
        return telegram_sorting.words_of(task, call.about) if task else texts(call.about["language"]).words_gone
    contact = call.contact
    said = texts(contact.language if contact else None)
    task = telegram_notices.seen_by(contact, call.about[TOLD]) if contact else None
    if task is None:
        return said.words_gone
    news = telegram_notices.words_of(said, task, call.about["status"])
    return escape(f"{said.words_gone}\n\n{news}", quote=False)
