"""Keeps one poller for each Telegram source that has a token, while the bot's process runs."""

import asyncio
import logging
import signal
import traceback

import psycopg
from channels.db import database_sync_to_async
from django.conf import settings
from django.db import Error as DatabaseError

from ingestion import bots, telegram_hook
from tasktracker.bot import Poller, until_set
from tasktracker.core import services
from tasktracker.core.errors import Invalid

log = logging.getLogger(__name__)

LOOK_SECONDS = 5.0  # between two looks at which sources there are


class Runner:
    """Starts and stops pollers as sources come and go, and says in a heartbeat that the process lives."""

    def __init__(self) -> None:
        self._stop = asyncio.Event()
        self._pollers: dict[bots.Account, tuple[Poller, asyncio.Task[None]]] = {}

    async def run(self) -> None:
        """Until SIGTERM or SIGINT. Raises `Invalid` when there is nothing to poll for at the start."""
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._stop.set)
        await self._seed()
        beating = asyncio.create_task(self._beat())
        try:
            while not self._stop.is_set():
                await self._look()
                await until_set(self._stop, LOOK_SECONDS)
        finally:
            await self._end()
            beating.cancel()
            await asyncio.wait({beating})

    async def _seed(self) -> None:
        while not self._stop.is_set():
            try:
                if settings.TELEGRAM_BOT_TOKEN:
                    await database_sync_to_async(bots.seed_source)(token=settings.TELEGRAM_BOT_TOKEN)
                elif not await database_sync_to_async(_is_any)():
                    raise Invalid("There is no bot to run: set TELEGRAM_BOT_TOKEN to the token from @BotFather.")
            except (DatabaseError, psycopg.Error) as error:
                log.warning("database away (%s)", type(error).__name__)
                await until_set(self._stop, LOOK_SECONDS)
            else:
                return

    async def _look(self) -> None:
        """Start pollers for new accounts, stop those whose source went away or has another token."""
        try:
            wanted: list[bots.Account] = await database_sync_to_async(bots.polled_accounts)()
        except (DatabaseError, psycopg.Error):
            return  # each poller says it for itself, and goes on when the database is back
        for account in [account for account, (_, task) in self._pollers.items() if task.done()]:
            _tell_end(account, self._pollers.pop(account)[1])
        for account, (poller, _) in self._pollers.items():
            if account not in wanted:
                poller.stop.set()
        for account in wanted:
            if account not in self._pollers:
                poller = Poller(account)
                self._pollers[account] = poller, asyncio.create_task(poller.run())

    async def _end(self) -> None:
        """Let every poller finish the batch that it has in hand."""
        for poller, _ in self._pollers.values():
            poller.stop.set()
        if self._pollers:
            await asyncio.wait({task for _, task in self._pollers.values()})
        for account, (_, task) in self._pollers.items():
            _tell_end(account, task)

    async def _beat(self) -> None:
        while True:
            states = self._states()
            try:
                # A process that only waits for another one to end is not the bot that doctor asks about.
                if not states or set(states.values()) != {"idle"}:
                    await database_sync_to_async(services.beat)(name="bot", detail={"sources": states})
            except (DatabaseError, psycopg.Error) as error:
                # The heartbeat is what reports it: its absence says that something is wrong.
                log.debug("no heartbeat (%s)", type(error).__name__)
            await asyncio.sleep(min(settings.SWEEP_SECONDS / 3, 10))

    def _states(self) -> dict[str, str]:
        """What each poller is at, by source id."""
        return {str(account.source_id): poller.state for account, (poller, _) in self._pollers.items()}


def _is_any() -> bool:
    return bool(bots.polled_accounts() or telegram_hook.by_webhook())


def _tell_end(account: bots.Account, task: asyncio.Task[None]) -> None:
    """Where a poller broke, without the error's own text: that may hold words of a chat."""
    error = None if task.cancelled() else task.exception()
    if error is not None:
        frames = "".join(traceback.format_tb(error.__traceback__))
        log.error("poller of bot %s broke with %s:\n%s", account.bot_id, type(error).__name__, frames)
