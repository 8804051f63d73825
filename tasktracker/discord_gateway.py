"""One connection to Discord's gateway: the wire, and nothing of what is kept.

Source of the form: https://docs.discord.com/developers/events/gateway (version 10, JSON).
"""

import asyncio
import json
import random
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidURI, WebSocketException

from ingestion.discord.position import Dispatch, Session
from ingestion.discord.rest import BAD_TOKEN

GUILDS, GUILD_MESSAGES, MESSAGE_CONTENT = 1 << 0, 1 << 9, 1 << 15
INTENTS = GUILDS | GUILD_MESSAGES | MESSAGE_CONTENT
# A guild of many threads comes in one frame; the bound only keeps a broken server from filling the memory.
LARGEST_FRAME = 64 * 1024 * 1024
HELLO_SECONDS = 20.0
WAITING = 10_000  # events that are here and not yet stored; more stay on the wire
KEEP_SESSION = 4000  # any code but 1000 and 1001: Discord keeps the session for a while

_AGAIN = "Discord ended the connection"
_FINAL = {
    4004: BAD_TOKEN,
    4010: "Discord refuses the shard of this connection.",
    4011: "This bot is in too many servers for one connection (sharding is not supported).",
    4012: "Discord speaks this version of its gateway no more: update Task Tracker.",
    4013: "Discord does not know what this bot asks for: update Task Tracker.",
    4014: "Discord keeps the words of messages from this bot: switch on Message Content Intent on the Bot page of your "
    "application at discord.com/developers.",
}
BAD_TOKEN_CODE = 4004
# The session is over; a new one may begin at once.
_SESSION_OVER = frozenset({4003, 4007, 4009})


class GatewayClosed(Exception):
    """The connection is over; the text is for people.

    `is_final` where only a person can help, `is_bad_token` where that person has to enter another token, `is_over`
    where the session cannot be resumed. `at_once` where Discord asked us to come back.
    """

    def __init__(
        self,
        reason: str,
        *,
        is_final: bool = False,
        is_bad_token: bool = False,
        is_over: bool = False,
        at_once: bool = False,
    ) -> None:
        super().__init__(reason)
        self.is_final = is_final
        self.is_bad_token = is_bad_token
        self.is_over = is_over
        self.at_once = at_once


class Gateway:
    """A connection that was greeted. `seq` is for the heartbeats: the number of the last event that is in our hands."""

    def __init__(self, socket: ClientConnection, interval: float) -> None:
        self.seq: int | None = None
        self._socket = socket
        self._interval = interval
        self._is_acknowledged = True
        self._events: asyncio.Queue[Dispatch] = asyncio.Queue(WAITING)
        self._tasks: list[asyncio.Task[None]] = []

    @classmethod
    async def opened(cls, url: str, *, token: str, session: Session | None) -> "Gateway":
        """Connect, and resume `session` or begin a new one. Raises `GatewayClosed`."""
        try:
            # Its own pings are off: the gateway has heartbeats.
            socket = await connect(
                _with_version(url), max_size=LARGEST_FRAME, ping_interval=None, open_timeout=HELLO_SECONDS
            )
        except (OSError, TimeoutError, InvalidURI, WebSocketException) as error:
            raise GatewayClosed(f"Discord could not be reached ({type(error).__name__}).") from None
        try:
            async with asyncio.timeout(HELLO_SECONDS):
                hello = _parsed(await socket.recv())
            interval = (hello.get("d") or {}).get("heartbeat_interval")
            if hello.get("op") != 10 or not isinstance(interval, int | float) or interval <= 0:
                raise GatewayClosed("Discord's gateway did not greet us.")
            gateway = cls(socket, interval / 1000)
            gateway.seq = session.seq if session else None
            await gateway._introduce(token, session)
        except BaseException as error:
            await socket.close(KEEP_SESSION)
            if isinstance(error, ConnectionClosed):
                raise _closed(error) from None
            if isinstance(error, TimeoutError):
                raise GatewayClosed("Discord's gateway did not greet us.") from None
            raise
        gateway._tasks = [asyncio.create_task(gateway._receive()), asyncio.create_task(gateway._beat())]
        return gateway

    async def events(self, stop: asyncio.Event, most: int) -> list[Dispatch]:
        """The next events, at least one; [] when `stop` is set first. Raises `GatewayClosed` at the end of them."""
        if self._events.empty():
            waiting = [asyncio.ensure_future(self._events.get()), asyncio.ensure_future(stop.wait())]
            try:
                await asyncio.wait({*waiting, *self._tasks}, return_when=asyncio.FIRST_COMPLETED)
                first = [waiting[0].result()] if waiting[0].done() else []
            finally:
                for one in waiting:
                    one.cancel()
        else:
            first = []
        found = [event for event in first if isinstance(event, Dispatch)]
        while len(found) < most and not self._events.empty():
            found.append(self._events.get_nowait())
        if not found:
            for task in self._tasks:
                if task.done():
                    task.result()
                    raise GatewayClosed(_AGAIN)
        return found

    async def close(self) -> None:
        """Hang up, so that the session can be resumed; twice is harmless."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._socket.close(KEEP_SESSION)

    async def _introduce(self, token: str, session: Session | None) -> None:
        if session is not None:
            await self._send(6, {"token": token, "session_id": session.id, "seq": session.seq})
            return
        about = {"os": "linux", "browser": "tasktracker", "device": "tasktracker"}
        await self._send(2, {"token": token, "intents": INTENTS, "properties": about, "large_threshold": 50})

    async def _receive(self) -> None:
        try:
            async for frame in self._socket:
                await self._take(_parsed(frame))
        except ConnectionClosed as error:
            raise _closed(error) from None
        raise GatewayClosed(_AGAIN)

    async def _take(self, payload: dict[str, Any]) -> None:
        match payload.get("op"):
            case 0:
                data, seq = payload.get("d"), payload.get("s")
                if isinstance(seq, int):
                    # An event without data still counts: its number has to be passed.
                    await self._events.put(Dispatch(str(payload.get("t")), seq, data if isinstance(data, dict) else {}))
            case 1:
                await self._send(1, self.seq)
            case 7:
                raise GatewayClosed("Discord asked to connect again.", at_once=True)
            case 9:
                raise GatewayClosed("Discord does not know the session any more.", is_over=payload.get("d") is not True)
            case 11:
                self._is_acknowledged = True

    async def _beat(self) -> None:
        """Heartbeats, the first after a part of the interval; one that is not acknowledged ends the connection."""
        await asyncio.sleep(self._interval * random.random())
        while True:
            if not self._is_acknowledged:
                raise GatewayClosed("Discord's gateway fell silent.", at_once=True)
            self._is_acknowledged = False
            try:
                await self._send(1, self.seq)
            except ConnectionClosed as error:
                raise _closed(error) from None
            await asyncio.sleep(self._interval)

    async def _send(self, op: int, data: Any) -> None:
        await self._socket.send(json.dumps({"op": op, "d": data}))


def _closed(error: ConnectionClosed) -> GatewayClosed:
    code = error.rcvd.code if error.rcvd is not None else 0
    if code in _FINAL:
        return GatewayClosed(_FINAL[code], is_final=True, is_bad_token=code == BAD_TOKEN_CODE)
    return GatewayClosed(f"{_AGAIN} ({code or 'without a word'}).", is_over=code in _SESSION_OVER)


def _parsed(frame: str | bytes) -> dict[str, Any]:
    try:
        payload = json.loads(frame)
    except (ValueError, RecursionError):
        return {}
    return payload if isinstance(payload, dict) else {}


def _with_version(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=parts.path or "/", query="v=10&encoding=json"))
