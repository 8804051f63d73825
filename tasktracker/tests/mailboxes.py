"""The real reader of mailboxes in tests: as a process, or on a thread of the test's own."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingestion.mail import accounts
from ingestion.models import Source
from tasktracker import stack
from tasktracker.core.services import ensure_workspace
from tasktracker.embedded import Child, Layout
from tasktracker.mail_reader import Reader
from tasktracker.tests.dovecot import PASSWORD, USER, Dovecot
from tasktracker.tests.fake_bot_api import _test_database
from tasktracker.tests.support import wait_for


def mailbox_source(server: Dovecot, *, password: str = PASSWORD, **config: Any) -> Source:
    """A source for the server's mailbox, in the workspace `default`."""
    told = {"host": "127.0.0.1", "port": server.port, "user": USER, "tls": "none", "folders": ["INBOX"], **config}
    source = Source(workspace=ensure_workspace(slug="default"), name="Mail", kind=Source.Kind.EMAIL, config=told)
    source.set_secret(password)
    source.save()
    return source


@contextlib.contextmanager
def reading(source: Source) -> Iterator[Reader]:
    """Read the source's mailbox; on leaving, the reader is stopped as by SIGTERM, and whatever broke it is raised."""
    ready = threading.Event()
    made: list[tuple[Reader, asyncio.AbstractEventLoop]] = []
    broken: list[BaseException] = []

    async def main() -> None:
        reader = Reader(accounts.account_of(source))
        made.append((reader, asyncio.get_running_loop()))
        ready.set()
        await reader.run()

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
        for reader, loop in made:
            if not loop.is_closed():
                loop.call_soon_threadsafe(reader.stop)
        thread.join(30)
    assert not thread.is_alive(), "the reader did not stop"
    assert broken == []


@dataclass
class MailProcess:
    """`manage.py run_mail` exactly as `up` starts it, against the test database."""

    child: Child
    log: Path

    @classmethod
    @contextlib.contextmanager
    def started(cls, folder: Path) -> Iterator["MailProcess"]:
        """Start it, and end it after, whatever happened."""
        layout = Layout.of(folder)
        layout.prepare()
        variables = {"DATABASE_URL": _test_database(), "DATA_DIR": str(layout.root)}
        process = cls(stack.mail(stack.Plan(layout=layout, variables=variables)), layout.logs / "mail.log")
        try:
            process.child.start()
            yield process
        finally:
            process.child.kill()

    def wait(self, condition: Any, timeout: float = 120) -> Any:
        """`wait_for`, but with the reason when the process has ended meanwhile."""

        def alive_and_true() -> Any:
            assert self.child.exit_code() is None, f"it ended: {self.child.last_words()}"
            return condition()

        return wait_for(alive_and_true, timeout)

    def said(self, words: str) -> bool:
        return words in self.log.read_text(encoding="utf-8", errors="replace")
