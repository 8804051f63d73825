"""A small server that speaks the Bot API as far as the bot uses it, and the real `run_bot` as a process."""

import contextlib
import json
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit, urlunsplit

from django.db import connection

from tasktracker import stack
from tasktracker.embedded import Child, Layout
from tasktracker.tests.support import wait_for

TOKEN = "123456789:TEST-token_with-thirty-five-chars00"
BOT = {"id": 123456789, "is_bot": True, "first_name": "Tracker", "username": "tracker_test_bot"}

type Json = dict[str, Any]


@dataclass(frozen=True)
class Fault:
    """One answer that is not what was asked for; status 0 cuts the connection, `body` is sent as it is."""

    status: int
    description: str = ""
    parameters: Json | None = None
    body: bytes | None = None


@dataclass(frozen=True)
class Call:
    """A request that came in: the method and its parameters, all text."""

    method: str
    params: dict[str, str]


class FakeBotApi:
    """Updates wait here until a getUpdates with a higher offset confirms them, as at Telegram."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.sent: list[Json] = []
        self.batch = 100  # most updates in one answer
        self.shape: Callable[[list[Json]], list[Json]] = list  # what is done to a batch before it goes out
        self._changed = threading.Condition()
        self._waiting: list[Json] = []
        self._faults: dict[str, deque[Fault]] = {}
        self._poll = 0
        self._message_id = 900_000
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                form = parse_qs(self.rfile.read(length).decode(), keep_blank_values=True)
                _, bot, method = self.path.split("/", 2)
                status, body = api.answer(bot, method, {name: values[-1] for name, values in form.items()})
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    if status == 0:
                        self.close_connection = True
                        return
                    self.send_response(status)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    @classmethod
    @contextlib.contextmanager
    def started(cls) -> Iterator["FakeBotApi"]:
        api = cls()
        thread = threading.Thread(target=api._server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield api
        finally:
            with api._changed:
                api._poll += 1  # long polls that still wait end now
                api._changed.notify_all()
            api._server.shutdown()
            api._server.server_close()
            thread.join(5)

    def deliver(self, *updates: Json) -> None:
        """What people wrote: it waits for the bot."""
        with self._changed:
            self._waiting += updates
            self._changed.notify_all()

    def fail(self, method: str, *faults: Fault) -> None:
        """The next calls of `method` get these answers, one each."""
        with self._changed:
            self._faults.setdefault(method, deque()).extend(faults)
            self._poll += 1  # the poll under way meets the first fault
            self._changed.notify_all()

    @property
    def unconfirmed(self) -> list[int]:
        with self._changed:
            return [update["update_id"] for update in self._waiting]

    @property
    def faults_left(self) -> int:
        with self._changed:
            return sum(map(len, self._faults.values()))

    def answer(self, bot: str, method: str, params: dict[str, str]) -> tuple[int, bytes]:
        """Status and body for one request."""
        with self._changed:
            self.calls.append(Call(method, params))
            if bot != f"bot{TOKEN}":
                return _error(401, "Unauthorized")
            if fault := self._next_fault(method):
                return (
                    _error(fault.status, fault.description, fault.parameters)
                    if fault.body is None
                    else (
                        fault.status,
                        fault.body,
                    )
                )
            if method == "getUpdates":
                return self._updates(params)
            if method == "sendMessage":
                return _ok(self._message(params))
            return _ok(BOT if method == "getMe" else True)

    def _next_fault(self, method: str) -> Fault | None:
        faults = self._faults.get(method)
        return faults.popleft() if faults else None

    def _updates(self, params: Mapping[str, str]) -> tuple[int, bytes]:
        offset = int(params.get("offset") or 0)
        self._waiting = [update for update in self._waiting if update["update_id"] >= offset]
        self._poll += 1  # Telegram ends an older poll when a newer one comes
        mine = self._poll
        self._changed.notify_all()
        deadline = time.monotonic() + float(params.get("timeout") or 0)
        while not self._waiting and (left := deadline - time.monotonic()) > 0:
            self._changed.wait(left)
            if self._poll != mine:
                fault = self._next_fault("getUpdates") or Fault(409, "Conflict: terminated by other getUpdates request")
                return _error(fault.status, fault.description, fault.parameters)
        return _ok(self.shape(self._waiting[: self.batch]))

    def _message(self, params: Mapping[str, str]) -> Json:
        self._message_id += 1
        chat_id = int(params["chat_id"])
        message = {
            "message_id": self._message_id,
            "date": int(time.time()),
            "from": BOT,
            "chat": {"id": chat_id, "type": "supergroup" if chat_id < 0 else "private", "title": "Dev"},
            "text": params["text"],
        }
        self.sent.append(message)
        return message


@dataclass
class BotProcess:
    """`manage.py run_bot` exactly as `up` starts it, against the test database."""

    child: Child
    log: Path

    @classmethod
    @contextlib.contextmanager
    def started(cls, folder: Path, api_url: str, *, run: bool = True) -> Iterator["BotProcess"]:
        """Start it (unless `run` is false), and end it after, whatever happened."""
        bot = cls.prepared(folder, api_url)
        try:
            if run:
                bot.start()
            yield bot
        finally:
            bot.kill()

    @classmethod
    def prepared(cls, folder: Path, api_url: str, *, token: str = TOKEN) -> "BotProcess":
        """Not started yet."""
        layout = Layout.of(folder)
        layout.prepare()
        variables = {
            "DATABASE_URL": _test_database(),
            "DATA_DIR": str(layout.root),
            "TELEGRAM_BOT_TOKEN": token,
            "TELEGRAM_API_URL": api_url,
        }
        plan = stack.Plan(layout=layout, bot=True, variables=variables)
        child = next(child for child in stack.children(plan) if child.name == "bot")
        return cls(child, layout.logs / "bot.log")

    def start(self) -> None:
        self.child.start()

    def kill(self) -> None:
        """kill -9."""
        self.child.kill()

    def terminate(self) -> float:
        """SIGTERM; the seconds until it was gone."""
        began = time.monotonic()
        self.child.signal(self.child.stop_signal)
        wait_for(lambda: self.child.exit_code() is not None, timeout=30)
        return time.monotonic() - began

    def wait[T](self, condition: Callable[[], T], timeout: float = 120, every: float = 0.05) -> T:
        """`wait_for`, but with the reason when the bot has ended meanwhile."""

        def alive_and_true() -> T:
            assert self.child.exit_code() is None, f"the bot ended: {self.child.last_words()}"
            return condition()

        return wait_for(alive_and_true, timeout, every)

    def wait_polling(self) -> None:
        """Until it has told Telegram who it is and reads updates."""
        self.wait(lambda: self.said("polling for @"))

    def said(self, words: str) -> bool:
        return words in self.log.read_text(encoding="utf-8", errors="replace")


def group_message(number: int, text: str, **also: Any) -> Json:
    """A Bot API `Message` of Bob's in the supergroup Dev, sent at a fixed time."""
    return {
        "message_id": number,
        "from": {"id": 12, "is_bot": False, "first_name": "Bob", "language_code": "en"},
        "chat": {"id": -1001234567890, "type": "supergroup", "title": "Dev"},
        "date": 1767340800 + number,
        "text": text,
        **also,
    }


def _ok(result: object) -> tuple[int, bytes]:
    return 200, json.dumps({"ok": True, "result": result}).encode()


def _error(status: int, description: str, parameters: Json | None = None) -> tuple[int, bytes]:
    body: Json = {"ok": False, "error_code": status, "description": description}
    if parameters:
        body["parameters"] = parameters
    return status, json.dumps(body).encode()


def _test_database() -> str:
    parts = urlsplit(os.environ["DATABASE_URL"])
    return urlunsplit(parts._replace(path=f"/{quote(str(connection.settings_dict['NAME']))}"))
