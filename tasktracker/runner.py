"""Keeps one worker for each account of a kind of source, while its command runs: bots, mailboxes, gateways."""

import asyncio
import logging
import signal
import traceback
from collections.abc import Awaitable, Callable, Hashable
from contextlib import suppress
from typing import Protocol

import psycopg
from channels.db import database_sync_to_async
from django.conf import settings
from django.db import Error as DatabaseError

from tasktracker.core import services

log = logging.getLogger(__name__)

LOOK_SECONDS = 5.0  # between two looks at which accounts there are


class Account(Hashable, Protocol):
    """What a worker is made for; another token or password makes it another one."""

    @property
    def source_id(self) -> int: ...


class Worker(Protocol):
    """Runs until it is asked to stop. `state` is one word for the heartbeat; "idle" where another process works."""

    state: str

    async def run(self) -> None: ...


class Runner[A: Account, W: Worker]:
    """Starts and stops workers as accounts come and go, and says in a heartbeat that the process lives."""

    def __init__(
        self,
        *,
        name: str,
        find: Callable[[], list[A]],
        make: Callable[[A], W],
        stop: Callable[[W], None],
        prepare: Callable[[asyncio.Event], Awaitable[None]] | None = None,
    ) -> None:
        """`name` is the heartbeat's. `find` may ask the database. `prepare` runs once, and gets the runner's stop."""
        self._name = name
        self._find = find
        self._make = make
        self._ask_to_stop = stop
        self._prepare = prepare
        self._stop = asyncio.Event()
        self._workers: dict[A, tuple[W, asyncio.Task[None]]] = {}

    async def run(self) -> None:
        """Until SIGTERM or SIGINT; without an account it waits for one. Raises what `prepare` raises."""
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._stop.set)
        if self._prepare is not None:
            await self._prepare(self._stop)
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
        """Start workers for new accounts, stop those whose source went away or was changed."""
        try:
            wanted: list[A] = await database_sync_to_async(self._find)()
        except (DatabaseError, psycopg.Error) as error:
            log.warning("database away (%s)", type(error).__name__)
            return
        for account in [account for account, (_, task) in self._workers.items() if task.done()]:
            self._tell_end(account, self._workers.pop(account)[1])
        for account, (worker, _) in self._workers.items():
            if account not in wanted:
                self._ask_to_stop(worker)
        for account in wanted:
            if account not in self._workers:
                worker = self._make(account)
                self._workers[account] = worker, asyncio.create_task(worker.run())

    async def _end(self) -> None:
        """Let every worker finish what it has in hand."""
        for worker, _ in self._workers.values():
            self._ask_to_stop(worker)
        if self._workers:
            await asyncio.wait({task for _, task in self._workers.values()})
        for account, (_, task) in self._workers.items():
            self._tell_end(account, task)

    async def _beat(self) -> None:
        while True:
            states = {str(account.source_id): worker.state for account, (worker, _) in self._workers.items()}
            try:
                # A process that only waits for another one to end is not the one that doctor asks about.
                if not states or set(states.values()) != {"idle"}:
                    await database_sync_to_async(services.beat)(name=self._name, detail={"sources": states})
            except (DatabaseError, psycopg.Error) as error:
                # The heartbeat is what reports it: its absence says that something is wrong.
                log.debug("no heartbeat (%s)", type(error).__name__)
            await asyncio.sleep(min(settings.SWEEP_SECONDS / 3, 10))

    def _tell_end(self, account: A, task: asyncio.Task[None]) -> None:
        """Where a worker broke, without the error's own text: that may hold words of a message."""
        error = None if task.cancelled() else task.exception()
        if error is not None:
            frames = "".join(traceback.format_tb(error.__traceback__))
            log.error("%s of source %d broke with %s:\n%s", self._name, account.source_id, type(error).__name__, frames)


async def until_set(event: asyncio.Event, seconds: float) -> None:
    """Wait until the event is set, but `seconds` at most."""
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
