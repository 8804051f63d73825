"""A client that stops in the middle of a long body, or of a long answer, gives its thread back."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tasktracker.core import wsgi
from tasktracker.core.wsgi import Bridge, Message

LONG = 3 * wsgi.SMALL


def echo(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    read = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    start_response("200 OK", [])
    return [b"x" * LONG if environ["PATH_INFO"] == "/long" else b"%d" % len(read)]


def scope_of(path: str, length: int = 0) -> dict[str, Any]:
    return {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "path": path,
        "query_string": b"",
        "headers": [(b"content-length", str(length).encode())],
    }


async def nothing() -> Message:
    await asyncio.Event().wait()
    raise AssertionError


async def at_once() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def answered(bridge: Bridge) -> list[Message]:
    """What the next request gets, which needs the one thread."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    await asyncio.wait_for(bridge(scope_of("/"), at_once, send), 10)
    return sent


async def never(message: Message) -> None:
    await asyncio.Event().wait()


async def quiet(message: Message) -> None:
    return


@pytest.mark.parametrize(
    ("path", "length", "receive", "send"), [("/", LONG, nothing, quiet), ("/long", 0, at_once, never)]
)
async def test_a_client_that_stops_gives_its_thread_back(
    path: str,
    length: int,
    receive: Callable[[], Awaitable[Message]],
    send: Callable[[Message], Awaitable[None]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wsgi, "PATIENCE", 0.2, raising=False)
    bridge = Bridge(echo, threads=1)
    slow = asyncio.ensure_future(bridge(scope_of(path, length), receive, send))
    await asyncio.sleep(0)
    assert [message["type"] for message in await answered(bridge)] == ["http.response.start", "http.response.body"]
    with pytest.raises(ConnectionResetError):
        await slow
