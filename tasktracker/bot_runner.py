"""One poller for each Telegram source that has a token, while `run_bot` runs."""

import asyncio
import logging

import psycopg
from channels.db import database_sync_to_async
from django.conf import settings
from django.db import Error as DatabaseError

from ingestion import bots
from tasktracker.bot import Poller
from tasktracker.core.errors import Invalid
from tasktracker.runner import LOOK_SECONDS, Runner, until_set

log = logging.getLogger(__name__)


def bot_runner() -> Runner[bots.Account, Poller]:
    """Runs until SIGTERM or SIGINT. Its `run` raises `Invalid` when there is nothing to poll for at the start."""
    return Runner(
        name="bot", find=bots.polled_accounts, make=Poller, stop=lambda poller: poller.stop.set(), prepare=_seed
    )


async def _seed(stop: asyncio.Event) -> None:
    """Make the source of the token in the settings; without that there has to be one."""
    while not stop.is_set():
        try:
            if settings.TELEGRAM_BOT_TOKEN:
                await database_sync_to_async(bots.seed_source)(token=settings.TELEGRAM_BOT_TOKEN)
            elif not await database_sync_to_async(bots.is_any)():
                raise Invalid(
                    "There is no bot to run: set TELEGRAM_BOT_TOKEN to the token from @BotFather, or add a source."
                )
        except (DatabaseError, psycopg.Error) as error:
            log.warning("database away (%s)", type(error).__name__)
            await until_set(stop, LOOK_SECONDS)
        else:
            return
