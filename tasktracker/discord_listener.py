"""Listens at Discord for one source: every event goes into the inbox, and only then is it told as heard.

An event is committed together with its number in the session: after kill -9 the session is resumed from there, and
Discord says again what came after. Where it can't be resumed, what was missed is fetched from the channels.
"""

import asyncio
import logging
import random
from contextlib import suppress

import psycopg
from channels.db import database_sync_to_async
from django.db import Error as DatabaseError

from ingestion import inbox
from ingestion.discord import accounts, missed
from ingestion.discord.accounts import Account
from ingestion.discord.position import Dispatch
from ingestion.discord.rest import DiscordAway, Rest
from ingestion.mail.accounts import clear_error, note_error
from ingestion.models import Source
from tasktracker.discord_gateway import Gateway, GatewayClosed
from tasktracker.pollerlock import PollerLock
from tasktracker.runner import until_set

log = logging.getLogger(__name__)

LOCK_SECONDS = 2.0
STORE_AT_ONCE = 100
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 300.0
REFUSED_PAUSE = 300.0  # where only a person can help, at Discord: who keeps on asking is locked out
NEW_SESSION_PAUSE = (1.0, 5.0)  # what Discord asks for after an invalid session
_GREETINGS = frozenset({"READY", "RESUMED"})
_GAPS = _GREETINGS | {"GUILD_CREATE"}


class Listener:
    """Listens until `stop` is called. `state` is one word for the heartbeat."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.state = "starting"
        self._stop = asyncio.Event()
        self._lock = PollerLock(account.lock_name)
        self._pause = FIRST_PAUSE
        self._has_new = asyncio.Event()
        self._has_gap = asyncio.Event()
        self._shuns_resume_url = False

    def stop(self) -> None:
        """Ask it to end after what it has in hand; twice is harmless."""
        self._stop.set()

    async def run(self) -> None:
        """Take turns; whatever the network, Discord or the database do, go on after a pause."""
        try:
            while not self._stop.is_set():
                await self._turn_or_pause()
        finally:
            await self._lock.release()

    async def _turn_or_pause(self) -> None:
        try:
            try:
                await self._turn()
            except (GatewayClosed, DiscordAway) as error:
                await self._after(error)
        except (DatabaseError, psycopg.Error) as error:
            await self._rest("database away", error, self._longer())
        except Source.DoesNotExist:
            self.stop()

    async def _turn(self) -> None:
        if not await self._lock.hold():
            if self.state != "idle":
                log.info("another process listens for source %d: idle", self.account.source_id)
            self.state = "idle"
            await until_set(self._stop, LOCK_SECONDS)
            return
        source_id = self.account.source_id
        rest = Rest(self.account.token)
        gateway: Gateway | None = None
        beside: list[asyncio.Task[None]] = []
        try:
            position = await database_sync_to_async(accounts.position_of)(source_id=source_id)
            session = position.session
            if session is None or not session.url or self._shuns_resume_url:
                url = await asyncio.to_thread(rest.gateway)
            else:
                url = session.url
                self._shuns_resume_url = True  # until it has let us in
            gateway = await Gateway.opened(url, token=self.account.token, session=session)
            # What was left over, by a process that was killed, too.
            self._has_new.set()
            beside = [asyncio.create_task(self._work_off()), asyncio.create_task(self._fetch_missed(rest))]
            await self._listen(gateway, beside)
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            if gateway is not None:
                await gateway.close()
            await asyncio.to_thread(rest.close)

    async def _listen(self, gateway: Gateway, beside: list[asyncio.Task[None]]) -> None:
        while True:
            events = await gateway.events(self._stop, STORE_AT_ONCE)
            if not events or not await self._lock.hold():
                return
            await database_sync_to_async(accounts.store)(source_id=self.account.source_id, dispatches=events)
            gateway.seq = events[-1].seq
            await self._tell(events)
            for task in beside:
                if task.done():
                    task.result()  # neither ends by itself: what broke it is to be seen
            if self._stop.is_set():
                return

    async def _tell(self, events: list[Dispatch]) -> None:
        """Wake who works on what was just stored."""
        self._has_new.set()
        named = {event.event for event in events}
        if named & _GAPS:
            self._has_gap.set()
        if named & _GREETINGS:
            if self.state != "listening":
                log.info("listening at Discord for source %d", self.account.source_id)
            self.state, self._pause, self._shuns_resume_url = "listening", FIRST_PAUSE, False
            await database_sync_to_async(clear_error)(source_id=self.account.source_id)

    async def _work_off(self) -> None:
        """Make messages of what is in the inbox; what fails or is in other hands is left to the sweep."""
        while True:
            await self._has_new.wait()
            self._has_new.clear()
            try:
                while await database_sync_to_async(inbox.work_off)(source_id=self.account.source_id):
                    pass
            except (DatabaseError, psycopg.Error) as error:
                log.warning("database away (%s)", type(error).__name__)  # the sweep has it, too

    async def _fetch_missed(self, rest: Rest) -> None:
        """Fetch what lies in the gap, beside what comes anew."""
        source_id = self.account.source_id
        while True:
            await self._has_gap.wait()
            self._has_gap.clear()
            is_more, pause = True, FIRST_PAUSE
            while is_more:
                try:
                    # In a thread of its own: a slow answer may not hold up the storing of what comes anew.
                    fetch = database_sync_to_async(missed.fetch_next, thread_sensitive=False)
                    is_more = await fetch(source_id=source_id, rest=rest)
                    wait, pause = rest.pause, FIRST_PAUSE
                except (DiscordAway, DatabaseError, psycopg.Error) as error:
                    asked = error.retry_after if isinstance(error, DiscordAway) else 0.0
                    wait, pause = asked or pause, min(pause * 2, LONGEST_PAUSE)
                    log.warning("source %d: what was missed waits %.1f s (%s)", source_id, wait, _why(error))
                self._has_new.set()
                await asyncio.sleep(wait)

    async def _after(self, error: GatewayClosed | DiscordAway) -> None:
        """What follows from the end of a connection."""
        source_id = self.account.source_id
        if isinstance(error, GatewayClosed) and error.is_over:
            with suppress(Source.DoesNotExist):
                await database_sync_to_async(accounts.forget_session)(source_id=source_id)
            await self._rest("session over", error, random.uniform(*NEW_SESSION_PAUSE))
        elif isinstance(error, GatewayClosed) and error.at_once and self._pause == FIRST_PAUSE:
            self._pause = FIRST_PAUSE * 2  # the next time in a row it waits
            log.info("source %d: %s", source_id, error)
        elif error.is_final:
            self.state = "refused"
            await self._note(str(error))
            log.warning("source %d: refused (%s)", source_id, error)
            # A token that is refused stays so: nothing is asked again until another one is entered.
            is_for_good = isinstance(error, DiscordAway) or error.is_bad_token
            await until_set(self._stop, float("inf") if is_for_good else REFUSED_PAUSE)
        else:
            wait = error.retry_after if isinstance(error, DiscordAway) else 0.0
            pause = max(self._longer(), wait)
            if pause > FIRST_PAUSE * 2:
                await self._note(str(error))
            await self._rest("discord away", error, pause)

    async def _note(self, error: str) -> None:
        try:
            await database_sync_to_async(note_error)(source_id=self.account.source_id, error=error)
        except (DatabaseError, psycopg.Error) as away:
            log.debug("not noted (%s)", type(away).__name__)  # the next time says it again

    async def _rest(self, state: str, error: Exception, seconds: float) -> None:
        self.state = state
        log.warning("source %d: %s (%s); again in %.1f s", self.account.source_id, state, _why(error), seconds)
        await until_set(self._stop, seconds)

    def _longer(self) -> float:
        pause, self._pause = self._pause, min(self._pause * 2, LONGEST_PAUSE)
        return pause * random.uniform(0.8, 1.2)


def _why(error: Exception) -> str:
    """What went wrong; the text of other errors may hold words of a message."""
    return str(error) if isinstance(error, GatewayClosed | DiscordAway) else type(error).__name__
