"""A small server that speaks Discord's gateway and REST API as far as we use them, and the real `run_discord`."""

import contextlib
import json
import threading
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from ingestion.discord.accounts import Account
from ingestion.models import Source
from tasktracker import stack
from tasktracker.core.services import ensure_workspace
from tasktracker.discord_listener import Listener
from tasktracker.embedded import Child
from tasktracker.tests.workers import Process, running

TOKEN = "a-bot.to-ken.of-discord"
GUILD, ROOM, THREAD, WORK, CLOSED = "9", "700", "710", "5", "20"
BOB = {"id": "12", "username": "bob", "global_name": "Robert"}
BEGIN = 1_767_340_800_000  # ms: 2026-01-02 08:00 UTC

type Json = dict[str, Any]


def snowflake(number: int) -> str:
    """The id of what was made `number` seconds after the beginning."""
    return str(((BEGIN + number * 1000) - 1_420_070_400_000) << 22)


def a_message(number: int, content: str = "", **facts: Any) -> Json:
    """As REST gives it; the gateway adds `member` and `guild_id`."""
    return {
        "id": snowflake(number),
        "channel_id": ROOM,
        "type": 0,
        "timestamp": f"2026-01-02T08:{number // 60:02}:{number % 60:02}.000000+00:00",
        "edited_timestamp": None,
        "content": content or f"the words of {number}",
        "author": BOB,
        "attachments": [],
        "embeds": [],
        "mentions": [],
        **facts,
    }


class FakeDiscord:
    """One guild; a session keeps its events for those who resume, as at Discord."""

    def __init__(self) -> None:
        self.messages: dict[str, list[Json]] = {ROOM: [], THREAD: []}
        self.channels: list[Json] = [{"id": ROOM, "type": 0, "name": "dev"}, {"id": WORK, "type": 4, "name": "Work"}]
        self.channels.append({"id": CLOSED, "type": 0, "name": "closed"})
        self.threads: list[Json] = [{"id": THREAD, "type": 11, "name": "release", "parent_id": ROOM}]
        self.received: list[Json] = []  # payloads of the client, heartbeats left out
        self.calls: list[str] = []
        self.interval = 60_000  # ms
        self.refuses: int | None = None  # with this close code
        self.is_silent = False  # heartbeats are not acknowledged
        self.limited = 0  # so many calls for messages are told to wait
        self._lock = threading.RLock()
        self._sessions: dict[str, list[Json]] = {}
        self._live: dict[str, ServerConnection] = {}
        self._ws = serve(self._serve, "127.0.0.1", 0, compression=None)
        self._ws_url = f"ws://127.0.0.1:{self._ws.socket.getsockname()[1]}"
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                status, headers, body = server._answer(self.path, self.headers.get("Authorization", ""))
                raw = json.dumps(body).encode()
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(raw))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, format: str, *args: Any) -> None:
                return

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}"

    @classmethod
    @contextlib.contextmanager
    def started(cls) -> Iterator["FakeDiscord"]:
        fake = cls()
        threads = [
            threading.Thread(target=fake._ws.serve_forever, daemon=True),
            threading.Thread(target=fake._http.serve_forever, args=(0.05,), daemon=True),
        ]
        for thread in threads:
            thread.start()
        try:
            yield fake
        finally:
            fake.cut()
            fake._ws.shutdown()
            fake._http.shutdown()
            fake._http.server_close()

    def say(self, message: Json) -> None:
        """A message is posted: it is in its channel, and every session is told."""
        with self._lock:
            self.messages.setdefault(message["channel_id"], []).append(message)
            self.tell("MESSAGE_CREATE", {**message, "guild_id": GUILD, "member": {"nick": "Bob"}})

    def edit(self, number: int, content: str) -> Json:
        """A message is changed, and every session is told."""
        with self._lock:
            message = next(one for one in self.messages[ROOM] if one["id"] == snowflake(number))
            message |= {"content": content, "edited_timestamp": "2026-01-02T10:00:00.000000+00:00"}
            self.tell("MESSAGE_UPDATE", {**message, "guild_id": GUILD, "member": {"nick": "Bob"}})
            return message

    def remove(self, *numbers: int) -> None:
        """Messages are deleted, in one go where there are several."""
        with self._lock:
            ids = [snowflake(number) for number in numbers]
            self.messages[ROOM] = [one for one in self.messages[ROOM] if one["id"] not in ids]
            about: Json = {"channel_id": ROOM, "guild_id": GUILD}
            if len(ids) == 1:
                self.tell("MESSAGE_DELETE", {**about, "id": ids[0]})
            else:
                self.tell("MESSAGE_DELETE_BULK", {**about, "ids": ids})

    def tell(self, event: str, data: Json) -> None:
        """An event, for every session."""
        with self._lock:
            for session, events in self._sessions.items():
                events.append({"op": 0, "t": event, "s": len(events) + 1, "d": data})
                self._push(session, events[-1])

    def send(self, op: int, data: Any = None) -> None:
        """Another payload, for every connection."""
        with self._lock:
            for session in list(self._live):
                self._push(session, {"op": op, "d": data})

    def cut(self, code: int = 1001) -> None:
        """Every connection ends."""
        with self._lock:
            live, self._live = list(self._live.values()), {}
        for socket in live:
            socket.close(code)

    def forget_sessions(self) -> None:
        """No session can be resumed any more; nobody is told what happens."""
        with self._lock:
            self._sessions.clear()
        self.cut()

    def asked(self, op: int) -> list[Json]:
        """What the clients sent with this opcode."""
        return [payload["d"] for payload in list(self.received) if payload["op"] == op]

    def _push(self, session: str, payload: Json) -> None:
        if (socket := self._live.get(session)) is not None:
            with contextlib.suppress(ConnectionClosed):
                socket.send(json.dumps(payload))

    def _serve(self, socket: ServerConnection) -> None:
        socket.send(json.dumps({"op": 10, "d": {"heartbeat_interval": self.interval}}))
        with contextlib.suppress(ConnectionClosed):
            for frame in socket:
                payload = json.loads(frame)
                if payload["op"] == 1:
                    if not self.is_silent:
                        socket.send('{"op": 11}')
                    continue
                self.received.append(payload)
                if self.refuses or payload["d"]["token"] != TOKEN:
                    socket.close(self.refuses or 4004)
                elif payload["op"] == 2:
                    self._begin(socket)
                else:
                    self._resume(socket, payload["d"])

    def _begin(self, socket: ServerConnection) -> None:
        session = uuid.uuid4().hex
        with self._lock:
            self._sessions[session], self._live[session] = [], socket
            ready = {"session_id": session, "resume_gateway_url": self._ws_url, "user": {"id": "99"}, "guilds": []}
            channels = [{**one, "last_message_id": self._last(one["id"])} for one in self.channels]
            threads = [{**one, "last_message_id": self._last(one["id"])} for one in self.threads]
            guild = {"id": GUILD, "channels": channels, "threads": threads, "roles": [{"id": "77", "name": "ops"}]}
            for event, data in (("READY", ready), ("GUILD_CREATE", guild)):
                events = self._sessions[session]
                events.append({"op": 0, "t": event, "s": len(events) + 1, "d": data})
                self._push(session, events[-1])

    def _resume(self, socket: ServerConnection, asked: Json) -> None:
        with self._lock:
            events = self._sessions.get(asked["session_id"])
            if events is None:
                socket.send(json.dumps({"op": 9, "d": False}))
                return
            self._live[asked["session_id"]] = socket
            for event in events[asked["seq"] :]:
                socket.send(json.dumps(event))
            events.append({"op": 0, "t": "RESUMED", "s": len(events) + 1, "d": {}})
            socket.send(json.dumps(events[-1]))

    def _last(self, channel: str) -> str | None:
        told = self.messages.get(channel)
        return told[-1]["id"] if told else None

    def _answer(self, path: str, authorization: str) -> tuple[int, dict[str, str], Any]:
        parts, params = urlsplit(path), {name: values[-1] for name, values in parse_qs(urlsplit(path).query).items()}
        self.calls.append(parts.path)
        if authorization != f"Bot {TOKEN}":
            return 401, {}, {"message": "401: Unauthorized"}
        if parts.path == "/gateway/bot":
            return 200, {}, {"url": self._ws_url, "shards": 1, "session_start_limit": {"remaining": 9}}
        if parts.path == "/users/@me":
            return 200, {}, {"id": "99", "username": "tracker"}
        if self.limited:
            self.limited -= 1
            return 429, {"Retry-After": "0.2"}, {"retry_after": 0.2, "global": False}
        channel = parts.path.split("/")[2]
        with self._lock:
            if channel not in self.messages:
                return 403, {}, {"code": 50001}
            rows, limit = list(self.messages[channel]), int(params["limit"])
        if "before" in params:
            found = [row for row in rows if int(row["id"]) < int(params["before"])][-limit:]
        else:
            found = [row for row in rows if int(row["id"]) > int(params["after"])][:limit]
        return 200, {}, found[::-1]


def discord_source(*, token: str = TOKEN, **facts: Any) -> Source:
    """A source with a bot, in the workspace `default`."""
    workspace = ensure_workspace(slug="default")
    source = Source(workspace=workspace, name="Discord", kind=Source.Kind.DISCORD, **facts)
    source.set_secret(token)
    source.save()
    return source


def listening(source: Source) -> contextlib.AbstractContextManager[Listener]:
    """Listen for the source; on leaving, the listener is stopped as by SIGTERM, and whatever broke it is raised."""
    return running(lambda: Listener(Account(source.pk, source.open_secret())), Listener.stop)


class DiscordProcess(Process):
    """`manage.py run_discord`."""

    @staticmethod
    def make(plan: stack.Plan) -> Child:
        return stack.discord(plan)
