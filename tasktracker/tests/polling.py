"""The real poller on a thread of the test's own process: for what needs no process of its own."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ingestion import bots
from ingestion.models import Source

if TYPE_CHECKING:
    from tasktracker.bot import Poller


@contextmanager
def polling(source: Source) -> "Iterator[Poller]":
    """Poll for the source's bot; on leaving, the poller is stopped as by SIGTERM, and whatever broke it is raised."""
    from tasktracker.bot import Poller  # seconds, which whoever only collects tests need not wait

    account = bots.Account(source.pk, source.open_secret())
    ready = threading.Event()
    made: list[tuple[Poller, asyncio.AbstractEventLoop]] = []
    broken: list[BaseException] = []

    async def main() -> None:
        poller = Poller(account)
        made.append((poller, asyncio.get_running_loop()))
        ready.set()
        await poller.run()

    def run() -> None:
        try:
            asyncio.run(main())
        except BaseException as error:
            broken.append(error)
            raise
        finally:
            ready.set()

    thread = threading.Thread(target=run)
    thread.start()
    ready.wait(30)
    try:
        yield made[0][0]
    finally:
        for poller, loop in made:
            if not loop.is_closed():
                loop.call_soon_threadsafe(poller.stop.set)
        thread.join(30)
    assert not thread.is_alive(), "the poller did not stop"
    assert broken == []
