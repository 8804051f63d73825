"""What a bot answers that needs more than ingestion: /task and /status."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Q

from ingestion import bot as ingestion_bot
from ingestion import services as ingestion
from ingestion.bot import Answer, answer
from ingestion.bot_asked import Asked
from ingestion.channels import telegram
from ingestion.models import Message, Quote
from knowledge import services as knowledge
from proposals.models import Proposal
from tasktracker import telegram_review, telegram_sorting
from tasktracker.core.enums import Role
from tasktracker.core.events import enqueue

TITLE = 200


def on_status(asked: Asked) -> None:
    """What came in today, and how many proposals a person has still to decide about."""
    workspace_id, lines = ingestion_bot.status_lines(asked)
    if workspace_id is not None:
        count = Proposal.objects.filter(workspace_id=workspace_id, status=Proposal.Status.PENDING).count()
        lines.append(asked.said.waiting.format(count=count))
    answer(asked, "\n".join(lines))


def on_task(asked: Asked) -> None:
    """A task of the words after the command, or of the message that it answers, with those words as its quotes.

    In a group of the workspace anybody may, as anybody's words are read there; whoever is linked needs their role.
    """
    if asked.home is None:
        answer(asked, asked.said.unclaimed)
        return
    access = asked.access()
    if access is None and asked.is_private:
        answer(asked, asked.said.not_linked)
        return
    if access is not None and not access.allows(Role.REVIEWER):
        answer(asked, asked.said.not_allowed)
        return
    answered = _answered(asked)
    words = asked.words or (answered.text if answered else "")
    title, _, rest = words.strip().partition("\n")
    if not title:
        answer(asked, asked.said.task_usage)
        return
    description = words if len(title) > TITLE else rest.strip()
    if asked.words and answered is not None:
        description = answered.text
    values = {"title": _short(title), "description": description}
    by = access.user if access else None
    task = knowledge.create_task(workspace=asked.home.workspace, by=by, values=values)
    task.quotes.set(_quotes(asked, answered))
    transaction.on_commit(lambda: enqueue("tasktracker.tasks.classify_task", task.pk))
    telegram_sorting.acknowledge(asked, task)


def _answered(asked: Asked) -> Message | None:
    """The message that the command answers; one from before the bot came is recorded now."""
    reply = asked.message.get("reply_to_message")
    if not isinstance(reply, dict) or "forum_topic_created" in reply:
        return None
    return _recorded(asked, reply)


def _recorded(asked: Asked, message: dict[str, Any]) -> Message | None:
    """The stored copy of a message of this chat; None for one without words, or that was deleted."""
    if asked.home is None:
        return None
    reading = telegram.read_message(message, bot_id=str(asked.bot.config.get("bot_id", "")))
    if reading.draft is None or reading.is_own or reading.draft.channel.external_id != asked.chat_id:
        return None  # what the bot itself has said is no evidence
    stored = ingestion.record_message(source=asked.home, draft=reading.draft).message
    return stored if stored.text and stored.deleted_at is None else None


def _quotes(asked: Asked, answered: Message | None) -> list[Quote]:
    """The words as they stand in the messages: of the one that was answered, and those after the command."""
    passages = []
    if answered is not None:
        passages.append(ingestion.quote_passage(message=answered, start=0, end=len(answered.text)))
    here = Q(channel__external_id=asked.chat_id, channel__platform="telegram")
    own = Message.objects.filter(here, workspace=asked.home.workspace if asked.home else None)
    command = own.filter(external_id=str(asked.message.get("message_id"))).first()
    if command is None and asked.words:
        command = _recorded(asked, asked.message)  # the source leaves it out, but the task is to rest on something
    if command is not None and command.text and asked.words:
        start = max(command.text.find(asked.words.split("\n")[0].strip()), 0)
        passages.append(ingestion.quote_passage(message=command, start=start, end=len(command.text)))
    return passages


def _short(title: str) -> str:
    title = " ".join(title.split())
    return title if len(title) <= TITLE else title[: TITLE - 1].rstrip() + "…"


ANSWERS: Mapping[str, Answer] = {
    **ingestion_bot.ANSWERS,
    "status": on_status,
    "task": on_task,
    "review": telegram_review.on_review,
}
# What is done however late it is heard; of the rest nobody expects an answer after minutes.
DEEDS = frozenset({"task", "link", "notify", "quiet"})
