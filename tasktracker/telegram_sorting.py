"""What kind of task it is that was made in a chat: found out afterwards, and said where it was acknowledged.

The acknowledgement knows by `about` which task it is of, what its message is called once Telegram has taken it, and
what was found. Whichever of those two is last has it rewritten.
"""

from datetime import timedelta
from html import escape
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from analysis.lone_tasks import Judged, judge_task
from ingestion import bot_outbox as outbox
from ingestion.bot_asked import Asked
from ingestion.bot_texts import texts
from ingestion.models import BotCall
from knowledge import services as knowledge
from knowledge.models import Edit, Task
from proposals.digests import address
from proposals.shown import MADE, STALE
from tasktracker.core import llm
from tasktracker.core.llm import limits

LOST, TOO_LATE = timedelta(minutes=5), timedelta(hours=1)  # a job that has not ended by then; nobody waits any more


def acknowledge(asked: Asked, task: Task) -> None:
    """Say at once that the task is there."""
    outbox.say(
        bot=asked.bot,
        chat_id=asked.chat_id,
        text=_made(task, asked.language),
        thread=asked.thread,
        about={MADE: task.pk, "language": asked.language},
        key=_key(task.pk),
    )


def classify_task(task_id: int) -> int | None:
    """Say of a task that was made in a chat what kind it is, where nobody has since; id of the bot that has to tell.

    Twice is harmless. Asks a model, so never in a transaction.
    """
    if BotCall.objects.filter(key=_key(task_id), about__has_key="sorted").exists():
        return None
    task = Task.objects.select_related("workspace").filter(pk=task_id).first()
    if task is None or (touched := _touched(task)) >= {"category", "priority"}:
        return _tell(task_id, Judged())
    try:
        with limits.place(f"task:{task_id}", 1, patience=0):
            judged = judge_task(task)
    except llm.RateLimited:
        return None  # another worker is at it
    found = {"category": judged.category, "priority": judged.priority}
    with transaction.atomic():
        row = Task.objects.select_for_update(of=("self",)).filter(pk=task_id).first()
        touched = _touched(row) if row else {*found}
        values = {name: value for name, value in found.items() if value and name not in touched}
        if values:
            knowledge.change_task(task_id=task_id, by=None, values=values)
        return _tell(task_id, judged)


def unsorted() -> list[int]:
    """Tasks whose job was lost, so that somebody still waits for its word."""
    now = timezone.now()
    asked = BotCall.objects.filter(created_at__lt=now - LOST, created_at__gt=now - TOO_LATE, about__has_key="task")
    return [int(about["task"]) for about in asked.values_list("about", flat=True) if "sorted" not in about]


def _tell(task_id: int, judged: Judged) -> int | None:
    with transaction.atomic():
        call = BotCall.objects.select_for_update(of=("self",)).select_related("bot").filter(key=_key(task_id)).first()
        if call is None:
            return None
        call.about["sorted"] = "failed" if judged.failed else bool(judged.category)
        call.save(update_fields=["about"])
        return call.bot_id if say_kind(call) else None


def say_kind(call: BotCall) -> bool:
    """Have the message say what kind it is, as the task has it now; whether there was anything to say, and where."""
    about: dict[str, Any] = call.about
    if not about.get("sorted") or "message" not in about:
        return False
    task = Task.objects.select_related("workspace").filter(pk=about["task"]).first()
    if task is None:
        return False
    outbox.change(bot=call.bot, chat_id=call.chat_id, message_id=about["message"], text=words_of(task, about))
    return True


def words_of(task: Task, about: dict[str, Any]) -> str:
    """The acknowledgement as Telegram's HTML, with what was found out, and that words are gone where they are."""
    said = texts(about["language"])
    lines = [said.words_gone, ""] if STALE in about else []
    lines.append(_made(task, about["language"]))
    if about.get("sorted"):
        words = {"kind": said.task_kinds[task.category], "priority": said.priorities[task.priority]}
        lines.append((said.task_ruled if about["sorted"] == "failed" else said.task_sorted).format(**words))
    return escape("\n".join(lines), quote=False)


def without_words(about: dict[str, Any]) -> str:
    """What is kept of an acknowledgement among the messages of the chat: nobody's words, which it would outlive."""
    task = Task.objects.select_related("workspace").filter(pk=about[MADE]).first()
    return _made(task, about["language"], title="…") if task else "…"


def _touched(task: Task) -> set[str]:
    """The fields that somebody has set since it was made."""
    edits = Edit.objects.filter(kind="task", object_id=task.pk, verb=Edit.Verb.EDIT, undone_at=None)
    return {field["name"] for fields in edits.values_list("fields", flat=True) for field in fields}


def _made(task: Task, language: str, title: str = "") -> str:
    url = address(reverse("knowledge:task", args=[task.pk]), task.workspace)
    return texts(language).task_made.format(number=task.pk, title=title or task.title, url=url)


def _key(task_id: int) -> str:
    return f"task:{task_id}:acknowledged"
