"""What several requests want at the same moment, done at once: for ASGI applications that stand in front of Django."""

import asyncio
import io
import logging
import queue
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from django.conf import settings
from django.db import connection
from django.http.request import split_domain_port, validate_host

from tasktracker.core.wsgi import SMALL, Message, Receive, Scope, Send

log = logging.getLogger(__name__)

AT_ONCE = 200  # wishes in one go

type Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class _Waiting[W, R]:
    wish: W = field(repr=False)  # it may hold a secret
    answered: "asyncio.Future[R]" = field(repr=False)
    loop: asyncio.AbstractEventLoop = field(repr=False)

    def answer(self, result: R) -> None:
        self.loop.call_soon_threadsafe(self._set, result)

    def _set(self, result: R) -> None:
        if not self.answered.done():  # its caller may have left
            self.answered.set_result(result)


class Together[W, R]:
    """One thread that does what came while it was at the last: `work` gives a result for each wish, in order.

    Where that fails as a whole, each gets `instead`, by which its caller goes to Django. `after` is called when all
    have their answers; it must not raise, since the thread has to live.
    """

    def __init__(
        self,
        work: Callable[[Sequence[W]], Sequence[R]],
        *,
        instead: R,
        name: str,
        after: Callable[[], None] | None = None,
    ) -> None:
        self._work, self._instead, self._name, self._after = work, instead, name, after
        self._waiting: queue.SimpleQueue[_Waiting[W, R]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    async def ask(self, wish: W) -> R:
        """The result of one wish."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._go_on, name=self._name, daemon=True)
            self._thread.start()
        loop = asyncio.get_running_loop()
        waiting: _Waiting[W, R] = _Waiting(wish, loop.create_future(), loop)
        self._waiting.put(waiting)
        return await waiting.answered

    def _go_on(self) -> None:
        while True:
            batch = [self._waiting.get()]
            while len(batch) < AT_ONCE and not self._waiting.empty():
                batch.append(self._waiting.get())
            results: Sequence[R] = [self._instead] * len(batch)
            try:
                results = self._work([one.wish for one in batch])
            except Exception as error:  # noqa: BLE001 (Django answers them one by one, and says what is wrong)
                log.warning("%s %s are taken one by one: %s", len(batch), self._name, type(error).__name__)
                connection.close()  # else it is kept: to give it back and take it again is a tenth of a small post
            finally:
                for one, result in zip(batch, results, strict=True):
                    one.answer(result)
            if self._after is not None:
                self._after()


class Learnt:
    """The headers of Django's own answer with a status, so that all its middleware has its say in ours."""

    def __init__(self, status: int) -> None:
        self._status = status
        self.headers: Headers | None = None  # until there was one

    def listening(self, send: Send) -> Send:
        """`send`, with an eye on what goes by."""

        async def inner(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == self._status:
                self.headers = [each for each in message["headers"] if each[0] not in {b"content-length", b"date"}]
            await send(message)

        return inner


def plain_headers(scope: Scope, *, without: Collection[bytes]) -> dict[bytes, bytes] | None:
    """The headers of a small request to this server without a query; None where one stands twice or is in `without`."""
    found: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        if name in found or name in without:
            return None
        found[name] = value
    length = found.get(b"content-length", b"0")
    plain = (
        not scope["query_string"]
        and length.isdigit()
        and int(length) <= SMALL
        and _is_here(found.get(b"host", b"").decode("latin-1"))
        and (not settings.SECURE_SSL_REDIRECT or found.get(b"x-forwarded-proto") == b"https")
    )
    return found if plain else None


def _is_here(host: str) -> bool:
    """Whether a Host header names this server."""
    domain, _ = split_domain_port(host)
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)


def again(body: bytes) -> Receive:
    """A body that was read already, once more."""
    stream = io.BytesIO(body)

    async def receive() -> Message:
        return {"type": "http.request", "body": stream.read(), "more_body": False}

    return receive
