"""The jobs that touch every app, so far those of the bots: ids in, one call; done already means return."""

import math
from collections.abc import Iterable

from celery import shared_task

from ingestion.models import BotCall, Delivery
from ingestion.telegram_webhook import about_to_look
from tasktracker import telegram_notices, telegram_review, telegram_sorting, telegram_told
from tasktracker.core.events import enqueue
from tasktracker.telegram_answering import hear
from tasktracker.telegram_sending import forget_sent, send_waiting

LONGEST_WAIT = 60  # seconds; then the sweep has come by
WORK = "tasktracker.tasks.work_bot"
SORT = "tasktracker.tasks.classify_task"


@shared_task(ignore_result=True)
def work_bot(bot_id: int) -> None:
    """A webhook has stored something for this bot, or something is to be said."""
    about_to_look(bot_id)
    while hear(bot_id=bot_id):
        continue
    wait = send_waiting(bot_id=bot_id)
    if wait is not None:
        enqueue(WORK, bot_id, countdown=min(math.ceil(wait), LONGEST_WAIT))


@shared_task(ignore_result=True)
def sweep_bots() -> None:
    """Periodic: whatever a lost message left unheard or unsaid."""
    forget_sent()
    unheard = Delivery.objects.filter(to_answer=True).order_by().values_list("source_id", flat=True).distinct()
    unsaid = BotCall.objects.filter(taken_at=None, done_at=None).order_by().values_list("bot_id", flat=True).distinct()
    rewritten = {*telegram_review.update_behind(), *telegram_told.rewrite()}
    _work({*unheard, *unsaid, *telegram_notices.tell_lost(), *rewritten})
    for task_id in telegram_sorting.unsorted():
        enqueue(SORT, task_id)


@shared_task(ignore_result=True)
def task_made(workspace_id: int, task_id: int) -> None:
    """Tell whose words it was made of (started by task.created)."""
    _work(telegram_notices.tell_made(task_id=task_id))


@shared_task(ignore_result=True)
def task_changed(workspace_id: int, task_id: int) -> None:
    """Tell them when its status is another (started by task.updated)."""
    _work(telegram_notices.tell_status(task_id=task_id))


@shared_task(ignore_result=True)
def task_redacted(workspace_id: int, task_id: int) -> None:
    """What was said of the task in chats loses the words that are gone (started by words that go)."""
    _work(telegram_told.rewrite(task_id=task_id))


@shared_task(ignore_result=True)
def proposal_decided(workspace_id: int, proposal_id: int) -> None:
    """Messages that show the proposal tell what became of it (started by decisions, undo, and words that go)."""
    _work(telegram_review.update_shown(proposal_id=proposal_id))


@shared_task(ignore_result=True)
def classify_task(task_id: int) -> None:
    """Say what kind of task it is that was made in a chat, in its history and there."""
    if (bot_id := telegram_sorting.classify_task(task_id)) is not None:
        _work([bot_id])


def _work(bot_ids: Iterable[int]) -> None:
    for bot_id in sorted(bot_ids):
        enqueue(WORK, bot_id)
