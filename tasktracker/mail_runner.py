"""Keeps one reader for each mailbox that a source names, while `run_mail` runs."""

import asyncio
import logging
import signal
import traceback

import psycopg
from channels.db import database_sync_to_async
from django.conf import settings
from django.db import Error as DatabaseError

from ingestion.mail import accounts
from ingestion.mail.accounts import Account
from tasktracker.core import services
from tasktracker.mail_reader import Reader, until_set

log = logging.getLogger(__name__)

LOOK_SECONDS = 5.0  # between two looks at which mailboxes there are


class Runner:
    """Starts and stops readers as mailboxes come and go, and says in a heartbeat that the process lives."""

    def __init__(self) -> None:
        self._stop = asyncio.Event()
        self._readers: dict[Account, tuple[Reader, asyncio.Task[None]]] = {}

    async def run(self) -> None:
        """Until SIGTERM or SIGINT; without a mailbox it waits for one."""
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._stop.set)
        beating = asyncio.create_task(self._beat())
        try:
            while not self._stop.is_set():
                await self._look()
                await until_set(self._stop, LOOK_SECONDS)
        finally:
            await self._end()
            beating.cancel()
            await asyncio.wait({beating})

    async def _look(self) -> None:
        """Start readers for new mailboxes, stop those whose source went away or was changed."""
        try:
            wanted: list[Account] = await database_sync_to_async(accounts.read_accounts)()
        except (DatabaseError, psycopg.Error) as error:
            log.warning("database away (%s)", type(error).__name__)
            return
        for account in [account for account, (_, task) in self._readers.items() if task.done()]:
            _tell_end(account, self._readers.pop(account)[1])
        for account, (reader, _) in self._readers.items():
            if account not in wanted:
                reader.stop()
        for account in wanted:
            if account not in self._readers:
                reader = Reader(account)
                self._readers[account] = reader, asyncio.create_task(reader.run())

    async def _end(self) -> None:
        """Let every reader finish what it has in hand."""
        for reader, _ in self._readers.values():
            reader.stop()
        if self._readers:
            await asyncio.wait({task for _, task in self._readers.values()})
        for account, (_, task) in self._readers.items():
            _tell_end(account, task)

    async def _beat(self) -> None:
        while True:
            states = {str(account.source_id): reader.state for account, (reader, _) in self._readers.items()}
            try:
                if not states or set(states.values()) != {"idle"}:
                    await database_sync_to_async(services.beat)(name="mail", detail={"sources": states})
            except (DatabaseError, psycopg.Error) as error:
                # The heartbeat is what reports it: its absence says that something is wrong.
                log.debug("no heartbeat (%s)", type(error).__name__)
            await asyncio.sleep(min(settings.SWEEP_SECONDS / 3, 10))


def _tell_end(account: Account, task: asyncio.Task[None]) -> None:
    """Where a reader broke, without the error's own text: that may hold words of a mail."""
    error = None if task.cancelled() else task.exception()
    if error is not None:
        frames = "".join(traceback.format_tb(error.__traceback__))
        log.error("reader of source %d broke with %s:\n%s", account.source_id, type(error).__name__, frames)
