"""The Telegram bot: polls, stores every raw update in the inbox, and only then tells Telegram that it has them.

Why not aiogram's own polling and its dispatcher: they move the offset on when an update is handed out, so whatever is
being worked on is lost when the process dies or the database is away. Here the offset moves after a commit, and what
the bot is asked is answered from the inbox, in the same way whether an update was polled or came by the webhook.
Updates are read as plain JSON: one of a kind that aiogram can't parse does not hold up the others.
"""

import asyncio
import json
import logging
import random
from typing import Any

import psycopg
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import (
    AiogramError,
    TelegramAPIError,
    TelegramConflictError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramUnauthorizedError,
)
from aiogram.methods import TelegramMethod
from aiogram.types import BotCommand
from channels.db import database_sync_to_async
from django.conf import settings
from django.db import Error as DatabaseError

from ingestion import bot_intro, bots, inbox
from ingestion.bot_texts import LANGUAGES, menu
from ingestion.channels.telegram import ALLOWED_UPDATES
from tasktracker.pollerlock import PollerLock
from tasktracker.runner import until_set
from tasktracker.telegram_answering import hear
from tasktracker.telegram_sending import send_waiting

log = logging.getLogger(__name__)

POLL_SECONDS = 25
SOON_SECONDS = 1  # the next poll, while deliveries are in somebody else's hands or an answer has to wait for its turn
SEND_SECONDS = 5.0  # for answers, before the next poll
REQUEST_MARGIN = 15
LOCK_SECONDS = 2.0
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0


class RawUpdates(TelegramMethod[list[dict[str, Any]]]):
    """getUpdates, its answer left as plain JSON."""

    __returning__ = list[dict[str, Any]]
    __api_method__ = "getUpdates"

    offset: int | None = None
    timeout: int
    allowed_updates: list[str]


class Poller:
    """Polls for one bot until `stop` is set. `state` is one word for the heartbeat."""

    def __init__(self, account: bots.Account) -> None:
        self.account = account
        self.stop = asyncio.Event()
        self.state = "starting"
        self._lock = PollerLock(f"tasktracker.bot:{account.bot_id}")
        self._offset: int | None = None  # None: from the first update that Telegram has no receipt for
        self._soon = True
        self._introduced = False
        self._pause = FIRST_PAUSE

    async def run(self) -> None:
        """Take turns; whatever the network, Telegram or the database do, go on after a pause."""
        api = TelegramAPIServer.from_base(settings.TELEGRAM_API_URL)
        async with AiohttpSession(api=api) as session:
            bot = Bot(self.account.token, session=session)
            try:
                while not self.stop.is_set():
                    await self._turn_or_pause(bot)
            finally:
                await self._lock.release()

    async def _turn_or_pause(self, bot: Bot) -> None:
        try:
            await self._turn(bot)
            self._pause = FIRST_PAUSE
        except TelegramRetryAfter as error:
            await self._rest("told to wait", error, float(error.retry_after))
        except (TelegramConflictError, TelegramUnauthorizedError, TelegramNotFound) as error:
            # Only a person can change that: another program polls, a webhook is set, the token is wrong.
            await self._rest("refused", error, self._longer())
        except (AiogramError, OSError) as error:
            await self._rest("telegram away", error, self._longer())
        except (DatabaseError, psycopg.Error) as error:
            await self._rest("database away", error, self._longer())

    async def _turn(self, bot: Bot) -> None:
        if not await self._lock.hold():
            if self.state != "idle":
                log.info("another process polls for bot %s: idle until it ends", self.account.bot_id)
            self.state = "idle"
            await until_set(self.stop, LOCK_SECONDS)
            return
        if not self._introduced:
            await self._introduce(bot)
        updates = await self._fetch(bot)
        self.state = "polling"
        if updates:
            deliveries = [(str(update["update_id"]), json.dumps(update).encode()) for update in updates]
            await database_sync_to_async(inbox.store)(source_id=self.account.source_id, deliveries=deliveries)
            # Only now: whatever happened before this line, Telegram still has them and gives them again.
            self._offset = max(int(update["update_id"]) for update in updates) + 1
        if updates or self._soon:
            self._soon = await self._work_off()

    async def _introduce(self, bot: Bot) -> None:
        me = await bot.me()
        await database_sync_to_async(bot_intro.remember_bot)(
            source_id=self.account.source_id, bot_id=str(me.id), username=me.username or ""
        )
        for language in LANGUAGES:
            commands = [BotCommand(command=name, description=told) for name, told in menu(language)]
            await bot.set_my_commands(commands, language_code=None if language == "en" else language)
        await database_sync_to_async(bot_intro.offer_app)(source_id=self.account.source_id)
        self._introduced = True
        log.info("polling for @%s", me.username)

    async def _fetch(self, bot: Bot) -> list[dict[str, Any]]:
        """The next updates; [] when there are none, or when `stop` was set meanwhile."""
        seconds = SOON_SECONDS if self._soon else POLL_SECONDS
        call = RawUpdates(offset=self._offset, timeout=seconds, allowed_updates=list(ALLOWED_UPDATES))
        fetching = asyncio.ensure_future(bot(call, request_timeout=seconds + REQUEST_MARGIN))
        stopping = asyncio.ensure_future(self.stop.wait())
        await asyncio.wait({fetching, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if fetching.done():
            return fetching.result()
        fetching.cancel()
        await asyncio.wait({fetching})
        return []

    async def _work_off(self) -> bool:
        """Make messages of what is in the inbox, answer what was asked; whether something is left for soon."""
        source_id = self.account.source_id
        while await database_sync_to_async(hear)(bot_id=source_id):
            if self.stop.is_set():
                return True
        wait = await database_sync_to_async(send_waiting)(bot_id=source_id, seconds=SEND_SECONDS)
        return wait is not None or bool(await database_sync_to_async(inbox.has_new)(source_id=source_id))

    async def _rest(self, state: str, error: Exception, seconds: float) -> None:
        self.state = state
        log.warning("bot %s: %s (%s); again in %.1f s", self.account.bot_id, state, self._why(error), seconds)
        await until_set(self.stop, seconds)

    def _longer(self) -> float:
        pause, self._pause = self._pause, min(self._pause * 2, LONGEST_PAUSE)
        return pause * random.uniform(0.8, 1.2)

    def _why(self, error: Exception) -> str:
        """What went wrong, without the token; the text of other errors may hold words of a chat."""
        if isinstance(error, TelegramAPIError):
            return f"{type(error).__name__}: {error.message}".replace(self.account.token, "[token]")
        return type(error).__name__
