"""Reads one mailbox: what is new goes into the inbox, and only then is it told as read.

Reading is blocking work in threads (IMAP in one of its own, the database in Django's); taking turns is asynchronous,
as for the bot. A mail is committed to the inbox together with the folder's new position: kill -9 loses none.
"""

import asyncio
import logging
import random
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import psycopg
from channels.db import database_sync_to_async
from django.db import Error as DatabaseError

from ingestion import inbox
from ingestion.channels.email import mail_key
from ingestion.mail import accounts
from ingestion.mail.accounts import Account, Mail, Position
from ingestion.mail.imap import PEEK_AT_ONCE, RAW_LIMIT, Envelope, Mailbox, MailboxAway, NoSuchFolder
from ingestion.models import Source
from tasktracker.pollerlock import PollerLock
from tasktracker.runner import until_set

log = logging.getLogger(__name__)

LOCK_SECONDS = 2.0
# A folder that is not the one in IDLE, and every one of a server without it, is looked at this often.
POLL_SECONDS = 60.0
IDLE_SECONDS = 9 * 60.0  # some routers forget a silent connection after ten minutes, servers after thirty
STORE_AT_ONCE = 50
BYTES_AT_ONCE = 8_000_000
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 300.0
REFUSED_PAUSE = 60.0  # at least, where only a person can help: a server may lock out whoever keeps on asking


class Reader:
    """Reads one mailbox until `stop` is called. `state` is one word for the heartbeat."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.state = "starting"
        self._stop = asyncio.Event()
        self._lock = PollerLock(account.lock_name)
        self._mailbox: Mailbox | None = None
        self._pause = FIRST_PAUSE
        self._wake, self._waker = socket.socketpair()
        # A thread of its own: a server that keeps silent for a minute holds up no other mailbox.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"mail-{account.source_id}")

    def stop(self) -> None:
        """Ask it to end after what it has in hand; twice is harmless."""
        if not self._stop.is_set():
            self._stop.set()
            self._waker.send(b"x")

    async def run(self) -> None:
        """Take turns; whatever the server or the database do, go on after a pause."""
        try:
            while not self._stop.is_set():
                await self._turn_or_pause()
        finally:
            await self._hang_up()
            await self._lock.release()
            self._thread.shutdown(wait=False)
            self._wake.close()
            self._waker.close()

    async def _turn_or_pause(self) -> None:
        try:
            await self._turn()
        except MailboxAway as error:
            await self._hang_up()
            await self._note(str(error))
            pause = max(self._longer(), REFUSED_PAUSE) if error.is_final else self._longer()
            await self._rest("refused" if error.is_final else "server away", error, pause)
        except (DatabaseError, psycopg.Error) as error:
            await self._hang_up()
            await self._rest("database away", error, self._longer())
        except Source.DoesNotExist:
            self.stop()

    async def _turn(self) -> None:
        if not await self._lock.hold():
            if self.state != "idle":
                log.info("another process reads the mailbox of source %d: idle", self.account.source_id)
            self.state = "idle"
            await until_set(self._stop, LOCK_SECONDS)
            return
        if self._mailbox is None:
            self._mailbox = await self._blocking(partial(Mailbox, self.account))
            log.info("reading the mailbox of source %d", self.account.source_id)
        mailbox, missing = self._mailbox, ""
        # The first folder comes last, and so is the one that is selected while waiting.
        for folder in reversed(self.account.folders):
            try:
                await self._read(mailbox, folder)
            except NoSuchFolder as error:
                missing = str(error)
        await self._work_off()
        await self._note(missing)
        self.state, self._pause = ("folder missing" if missing else "reading"), FIRST_PAUSE
        alone = len(self.account.folders) == 1 and mailbox.has_idle and not missing
        seconds = IDLE_SECONDS if alone else POLL_SECONDS
        if not self._stop.is_set():
            await self._blocking(partial(mailbox.wait, seconds=seconds, wake=self._wake))

    async def _read(self, mailbox: Mailbox, folder: str) -> None:
        """Take over what is new in a folder, in steps that are each committed."""
        source_id = self.account.source_id
        position = await database_sync_to_async(accounts.position_of)(source_id=source_id, folder=folder)
        found = await self._blocking(partial(mailbox.look, folder, position))
        if found.is_rescan:
            log.info("source %d: folder numbered anew, read again", source_id)
        for start in range(0, len(found.uids), PEEK_AT_ONCE):
            uids = found.uids[start : start + PEEK_AT_ONCE]
            envelopes = await self._blocking(partial(mailbox.peek, uids))
            keys = {one.uid: mail_key(one.head) for one in envelopes}
            known = await database_sync_to_async(accounts.known_keys)(source_id=source_id, keys=list(keys.values()))
            # The key of a mail without an id rests on its words: those are fetched to be compared.
            wanted = [one for one in envelopes if keys[one.uid] not in known]
            for part in in_parts(wanted):
                raws = await self._blocking(partial(mailbox.fetch, [one.uid for one in part]))
                mails = [
                    Mail(one.uid, mail_key(raws[one.uid]), raws[one.uid], one.received)
                    for one in part
                    if one.uid in raws
                ]
                await self._store(folder, Position(found.validity, part[-1].uid), mails)
                await self._work_off()
                if self._stop.is_set():
                    return
            await self._store(folder, Position(found.validity, uids[-1]), [])
        if not found.uids and position != Position(found.validity, found.last_uid):
            await self._store(folder, Position(found.validity, found.last_uid), [])

    async def _store(self, folder: str, position: Position, mails: list[Mail]) -> None:
        await database_sync_to_async(accounts.store)(
            source_id=self.account.source_id, folder=folder, position=position, mails=mails
        )

    async def _work_off(self) -> None:
        """Make messages of what is in the inbox; what fails or is in other hands is left to the sweep."""
        while await database_sync_to_async(inbox.work_off)(source_id=self.account.source_id):
            if self._stop.is_set():
                return

    async def _blocking[T](self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def _hang_up(self) -> None:
        mailbox, self._mailbox = self._mailbox, None
        if mailbox is not None:
            await self._blocking(mailbox.close)

    async def _note(self, error: str) -> None:
        try:
            if error:
                await database_sync_to_async(accounts.note_error)(source_id=self.account.source_id, error=error)
            else:
                await database_sync_to_async(accounts.clear_error)(source_id=self.account.source_id)
        except (DatabaseError, psycopg.Error) as away:
            log.debug("not noted (%s)", type(away).__name__)  # the next turn says it again

    async def _rest(self, state: str, error: Exception, seconds: float) -> None:
        self.state = state
        why = error if isinstance(error, MailboxAway) else type(error).__name__
        log.warning("source %d: %s (%s); again in %.0f s", self.account.source_id, state, why, seconds)
        await until_set(self._stop, seconds)

    def _longer(self) -> float:
        pause, self._pause = self._pause, min(self._pause * 2, LONGEST_PAUSE)
        return pause * random.uniform(0.8, 1.2)


def in_parts(envelopes: list[Envelope]) -> list[list[Envelope]]:
    """The mails in parts that are fetched and stored at once: at most 50, and 8 MB where one mail alone has less."""
    parts: list[list[Envelope]] = []
    size = 0
    for one in envelopes:
        weight = min(one.size, RAW_LIMIT)
        if not parts or len(parts[-1]) >= STORE_AT_ONCE or size + weight > BYTES_AT_ONCE:
            parts.append([])
            size = 0
        parts[-1].append(one)
        size += weight
    return parts
