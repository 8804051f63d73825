"""The real poller on a thread of the test's own process: for what needs no process of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ingestion import bots
from ingestion.models import Source
from tasktracker.tests.workers import running

if TYPE_CHECKING:
    from tasktracker.bot import Poller


@contextmanager
def polling(source: Source) -> "Iterator[Poller]":
    """Poll for the source's bot; on leaving, the poller is stopped as by SIGTERM, and whatever broke it is raised."""
    from tasktracker.bot import Poller  # seconds, which whoever only collects tests need not wait

    account = bots.Account(source.pk, source.open_secret())
    with running(lambda: Poller(account), lambda poller: poller.stop.set()) as poller:
        yield poller
