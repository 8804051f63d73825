"""The bot's part of ingestion: /start, /help, /status, /link, /notify and /quiet.

A message was stored before: these answer, they never receive. What they say goes into the outbox.
"""

from collections.abc import Callable, Mapping

from ingestion import bot_linking
from ingestion.bot_asked import Asked
from ingestion.bot_outbox import say
from ingestion.bot_status import chat_status
from ingestion.models import BotContact
from tasktracker.core.errors import DomainError

type Answer = Callable[[Asked], None]
"""Answers one command, in the caller's transaction"""


def answer(asked: Asked, text: str) -> None:
    """Say it where it was asked."""
    say(bot=asked.bot, chat_id=asked.chat_id, text=text, thread=asked.thread)


def on_start(asked: Asked) -> None:
    answer(asked, "\n\n".join((asked.said.start, asked.said.unclaimed if asked.home is None else asked.said.help)))


def on_help(asked: Asked) -> None:
    answer(asked, asked.said.help)


def status_lines(asked: Asked) -> tuple[int | None, list[str]]:
    """What may be told of the chat's source, with the workspace's id; that and no figures for a stranger."""
    status = None
    if asked.home is not None:
        status = chat_status(source_id=asked.home.pk, chat_id=asked.chat_id, person_id=asked.person_id)
    if status is None:
        return None, [asked.said.unclaimed]
    figures = {"here": status.here_today, "all": status.source_today}
    return status.workspace_id, [asked.said.status.format(workspace=status.workspace, source=status.source, **figures)]


def on_link(asked: Asked) -> None:
    """A code: the chat belongs to its workspace from now on, or the person to their login."""
    if not asked.words:
        answer(asked, asked.said.link_usage)
        return
    try:
        code = bot_linking.use_code(asked)
    except DomainError as error:
        # Caught in here, so that a code which was said is used up, whatever came of it.
        answer(asked, asked.said.link_refused.get(error.error_code, error.detail))
        return
    names = {"workspace": code.workspace.name, "user": code.made_by.get_username()}
    answer(asked, (asked.said.linked_person if asked.is_private else asked.said.linked_chat).format(**names))


def on_notify(asked: Asked) -> None:
    _set_notify(asked, on=True)


def on_quiet(asked: Asked) -> None:
    _set_notify(asked, on=False)


def _set_notify(asked: Asked, *, on: bool) -> None:
    if not asked.is_private:
        answer(asked, asked.said.in_private)
        return
    person = asked.participant()
    if person is None or person.user_id is None:
        answer(asked, asked.said.not_linked)
        return
    wanted = {"bot": asked.bot, "notify": on, "language": asked.language, "stopped": ""}
    BotContact.objects.update_or_create(participant=person, defaults=wanted)
    answer(asked, asked.said.notify_on if on else asked.said.notify_off)


ANSWERS: Mapping[str, Answer] = {
    "start": on_start,
    "help": on_help,
    "link": on_link,
    "notify": on_notify,
    "quiet": on_quiet,
}
