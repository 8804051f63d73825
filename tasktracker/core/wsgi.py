"""A WSGI application under an ASGI server (PEP 3333): a thread for each request, and one step there and back.

A library's bridge asks the event loop for each part of a body and of an answer, and waits for it in the thread: four
steps, which took two fifths of the time of a small POST.
"""

import asyncio
import io
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

SMALL = 64 * 1024  # bytes of a body that is read before a thread is taken, and of an answer that is held until it ends
PATIENCE = 30.0  # seconds in which a client sends, or takes, something: it holds a thread

type Message = MutableMapping[str, Any]
type Scope = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]
type Environ = dict[str, Any]
type WsgiApp = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


class Bridge:
    """`app` as an ASGI application for HTTP, in at most `threads` threads.

    Bodies need a Content-Length. An answer that streams slowly arrives in parts of SMALL bytes.
    """

    def __init__(self, app: WsgiApp, *, threads: int) -> None:
        self._app = app
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="request")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        loop = asyncio.get_running_loop()
        environ = environ_of(scope)
        if int(environ.get("CONTENT_LENGTH") or 0) <= SMALL:
            body = await whole(receive)
            if body is None:
                return  # the client left in the middle of it: a half is not the request
            environ["wsgi.input"] = io.BytesIO(body)
        else:
            environ["wsgi.input"] = io.BufferedReader(_Upload(receive, loop), SMALL)
        answer = _Answer(send, loop)
        await loop.run_in_executor(self._threads, answer.make, self._app, environ)
        await answer.pass_on(more=False)


def environ_of(scope: Scope) -> Environ:
    """The environment of PEP 3333, without `wsgi.input`."""
    server, client = scope.get("server") or ("localhost", 80), scope.get("client")
    environ: Environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": _native(scope.get("root_path", "")),
        "PATH_INFO": _native(scope["path"].removeprefix(scope.get("root_path", ""))),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1] or 0),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    if client is not None:
        environ["REMOTE_ADDR"], environ["REMOTE_PORT"] = client[0], str(client[1])
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").upper().replace("-", "_"), raw_value.decode("latin-1")
        if name not in {"CONTENT_LENGTH", "CONTENT_TYPE"}:
            name = f"HTTP_{name}"
        if name in environ:
            value = f"{environ[name]}{'; ' if name == 'HTTP_COOKIE' else ','}{value}"
        environ[name] = value
    return environ


def _native(text: str) -> str:
    """UTF-8 in the disguise that PEP 3333 wants."""
    return text.encode().decode("latin-1")


async def whole(receive: Receive) -> bytes | None:
    """The body, or None where the client left before its end."""
    parts = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def in_time[T](step: Coroutine[Any, Any, T], loop: asyncio.AbstractEventLoop) -> T:
    """What one step in the loop gives to this thread; ConnectionResetError where the client takes longer."""
    waiting = asyncio.run_coroutine_threadsafe(step, loop)
    try:
        return waiting.result(PATIENCE)
    except TimeoutError:
        waiting.cancel()
        raise ConnectionResetError("the client has stopped in the middle") from None


class _Upload(io.RawIOBase):
    """A long body, read by the thread as it comes. Raises ConnectionResetError where the client leaves or stops."""

    def __init__(self, receive: Receive, loop: asyncio.AbstractEventLoop) -> None:
        self._receive, self._loop = receive, loop
        self._rest = memoryview(b"")
        self._more = True

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest and self._more:
            message = in_time(self._next(), self._loop)
            if message["type"] == "http.disconnect":
                raise ConnectionResetError("the client left before the end of its body")
            self._rest, self._more = memoryview(message.get("body", b"")), message.get("more_body", False)
        taken = min(len(buffer), len(self._rest))
        buffer[:taken], self._rest = self._rest[:taken], self._rest[taken:]
        return taken

    async def _next(self) -> Message:
        return await self._receive()


class _Answer:
    """What the application says, held until it is long enough, or over."""

    def __init__(self, send: Send, loop: asyncio.AbstractEventLoop) -> None:
        self._send, self._loop = send, loop
        self._start: Message | None = None
        self._held: list[bytes] = []
        self._size = 0

    def make(self, app: WsgiApp, environ: Environ) -> None:
        """In the thread: have the application answer."""
        chunks = app(environ, self._start_response)
        try:
            for chunk in chunks:
                self._write(chunk)
        finally:
            close = getattr(chunks, "close", None)
            if close is not None:
                close()

    def _start_response(
        self, status: str, headers: list[tuple[str, str]], exc_info: object = None
    ) -> Callable[[bytes], None]:
        self._start = {
            "type": "http.response.start",
            "status": int(status.split(" ", 1)[0]),
            "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers],
        }
        return self._write

    def _write(self, chunk: bytes) -> None:
        self._held.append(chunk)
        self._size += len(chunk)
        if self._size >= SMALL:
            in_time(self.pass_on(more=True), self._loop)

    async def pass_on(self, *, more: bool) -> None:
        """In the loop: send what is held."""
        if self._start is not None:
            await self._send(self._start)
            self._start = None
        body, self._held, self._size = b"".join(self._held), [], 0
        await self._send({"type": "http.response.body", "body": body, "more_body": more})
