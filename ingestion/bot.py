"""The bot's part of ingestion: /start, /help and /status, and its own posts kept like everybody's.

Handlers are fed from the inbox, after the message itself was stored: they answer, they never receive. They get
`source_id`, `is_claimed` (whether the chat belongs to the source's workspace) and `more_status`. Imported only by the
bot's process: aiogram is slow to load.
"""

import logging
import time
from collections import deque
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from aiogram import Bot, Router
from aiogram.client.session.middlewares.base import BaseRequestMiddleware, NextRequestMiddlewareType
from aiogram.filters import Command, CommandStart
from aiogram.methods import TelegramMethod
from aiogram.types import BotCommand, Message
from channels.db import database_sync_to_async
from django.db import Error as DatabaseError
from django.utils import timezone

from ingestion import inbox
from ingestion.bot_status import chat_status
from ingestion.bot_texts import COMMANDS, Texts, language, texts

log = logging.getLogger(__name__)

ANSWERED_FOR = timedelta(minutes=10)  # an older command was waiting while the bot was away: nobody expects an answer
CHATS = 10_000  # remembered at most: anybody can write to a bot
ANSWERS, ANSWERS_SECONDS = 5, 30.0  # for each chat; Telegram itself allows 20 a minute in a group

type MoreStatus = Callable[[int, str], list[str]]
"""(workspace id, language) → further lines for /status; may read the database"""


class Talk:
    """Which commands are answered: recent ones, and not too many of one chat."""

    def __init__(self) -> None:
        self._answered: dict[int, deque[float]] = {}

    def may_answer(self, message: Message) -> bool:
        if message.date < timezone.now() - ANSWERED_FOR:
            return False
        if len(self._answered) > CHATS:
            self._answered.clear()
        now = time.monotonic()
        times = self._answered.setdefault(message.chat.id, deque(maxlen=ANSWERS))
        if len(times) == ANSWERS and now - times[0] < ANSWERS_SECONDS:
            return False
        times.append(now)
        return True


def build_router() -> Router:
    """A new router each time: one attaches to one dispatcher only."""
    router = Router(name="ingestion")
    talk = Talk()
    router.message.register(on_start, CommandStart(), talk.may_answer)
    router.message.register(on_help, Command("help"), talk.may_answer)
    router.message.register(on_status, Command("status"), talk.may_answer)
    return router


async def on_start(message: Message, is_claimed: bool) -> None:
    said = _texts(message)
    await message.answer("\n\n".join((said.start, said.help if is_claimed else said.unclaimed)))


async def on_help(message: Message) -> None:
    await message.answer(_texts(message).help)


async def on_status(message: Message, source_id: int, more_status: MoreStatus) -> None:
    code = _language_code(message)
    person = str(message.from_user.id) if message.from_user else ""

    def lines() -> list[str]:
        status = chat_status(source_id=source_id, chat_id=str(message.chat.id), person_id=person)
        if status is None:
            return [texts(code).unclaimed]
        figures = {"here": status.here_today, "all": status.source_today}
        own = texts(code).status.format(workspace=status.workspace, source=status.source, **figures)
        return [own, *more_status(status.workspace_id, language(code))]

    await message.answer("\n".join(await database_sync_to_async(lines)()))


def menu(language_code: str) -> list[BotCommand]:
    """Telegram's menu of commands."""
    described = zip(COMMANDS, texts(language_code).commands, strict=True)
    return [BotCommand(command=command, description=description) for command, description in described]


class KeepOwnPosts(BaseRequestMiddleware):
    """Stores each message that the bot sends: Telegram does not deliver those to their own author."""

    def __init__(self, source_id: int) -> None:
        self._source_id = source_id

    async def __call__(
        self, make_request: NextRequestMiddlewareType[Any], bot: Bot, method: TelegramMethod[Any]
    ) -> Any:
        result: object = await make_request(bot, method)
        if isinstance(result, Message):
            raw = result.model_dump_json(by_alias=True, exclude_unset=True).encode()
            try:
                await database_sync_to_async(inbox.record_own_post)(source_id=self._source_id, raw=raw)
            except DatabaseError as error:
                log.warning("the bot's own post was not stored (%s)", type(error).__name__)
        return result


def _texts(message: Message) -> Texts:
    return texts(_language_code(message))


def _language_code(message: Message) -> str | None:
    return message.from_user.language_code if message.from_user else None
