"""The socket: who may listen, what is replayed, and that nothing is told twice. S17."""

import asyncio
import json
import time
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tasktracker.core import events, members, sessions
from tasktracker.core.account_models import LoginSession
from tasktracker.core.consumers import RECHECK_EVERY
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.support import LiveStack

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]


def listen(stack: LiveStack, token: str | None, query: str = "", **options: Any) -> connect:
    """A socket as a program opens it; no Origin, the token as a subprotocol."""
    subprotocols: Any = ["bearer", token] if token else None
    return connect(f"{stack.ws_url}?{query}", subprotocols=subprotocols, **options)


async def frames(socket: ClientConnection, count: int) -> list[dict[str, Any]]:
    """The next `count` frames."""
    async with asyncio.timeout(15):
        return [json.loads(await socket.recv()) for _ in range(count)]


async def closing_code(stack: LiveStack, token: str | None, query: str = "", **options: Any) -> int:
    async with asyncio.timeout(15), listen(stack, token, query, **options) as socket:
        await socket.wait_closed()
        return int(socket.close_code or 0)


def emit(person: Person, number: int) -> None:
    events.emit(events.TopicCreated(workspace_id=person.workspace.pk, object_id=number))


def test_the_socket_from_login_to_flood(start_stack: Any) -> None:
    """One stack for the lot: starting it takes longer than each of these."""
    stack = start_stack(worker=False, beat=False)
    owner = make_person("owner", role="admin")
    stranger = make_person("stranger", workspace="elsewhere", role="admin")
    for number in range(3):
        emit(owner, number)
    emit(stranger, 99)

    async def scenario() -> None:
        # nobody, and nobody's token
        assert await closing_code(stack, "tt_wrong") == 4401
        assert await closing_code(stack, None, additional_headers={"Origin": stack.url}) == 4401
        # a workspace that is not theirs
        assert await closing_code(stack, owner.token, "workspace=elsewhere") == 4403
        # another page's script, or a browser that hides where it is: not even a handshake
        for origin in ("https://evil.example", "null", None):
            headers = {"Origin": origin} if origin else {}
            with pytest.raises(InvalidStatus) as refused:
                await listen(stack, None, additional_headers=headers).__aenter__()
            assert refused.value.response.status_code == 403
        # replay from the start, then live, each once and in order
        async with listen(stack, owner.token, "since=0") as socket:
            replayed = await frames(socket, 3)
            assert [frame["object"]["id"] for frame in replayed] == [0, 1, 2]
            assert replayed[0] == {
                "id": 1,
                "type": "topic.created",
                "object": {"kind": "topic", "id": 0},
                "at": replayed[0]["at"],
                "data": {},
            }
            await asyncio.to_thread(emit, owner, 7)
            (live,) = await frames(socket, 1)
            assert live["object"]["id"] == 7
            assert live["id"] > replayed[-1]["id"]
        # a reconnect gets what it missed and nothing that it had
        await asyncio.to_thread(emit, owner, 8)
        async with listen(stack, owner.token, f"since={live['id']}") as socket:
            assert [frame["object"]["id"] for frame in await frames(socket, 1)] == [8]
        # without `since` only what is new
        async with listen(stack, owner.token, "types=topic.created") as socket:
            await socket.ping()
            await asyncio.to_thread(emit, owner, 9)
            assert (await frames(socket, 1))[0]["object"]["id"] in (8, 9)
        # an id that was never given
        async with listen(stack, owner.token, "since=100000") as socket:
            assert (await frames(socket, 1))[0]["type"] == "reset"
        # a flood, and a frame beyond the limit
        async with listen(stack, owner.token) as socket:
            for _ in range(30):
                await socket.send("x")
            with pytest.raises(ConnectionClosed) as flooded:
                await asyncio.wait_for(socket.recv(), 15)
            assert flooded.value.rcvd is not None
            assert flooded.value.rcvd.code == 1008
        async with listen(stack, owner.token) as socket:
            await socket.send("x" * 1_000_000)
            with pytest.raises(ConnectionClosed) as too_big:
                await asyncio.wait_for(socket.recv(), 15)
            assert too_big.value.rcvd is not None
            assert too_big.value.rcvd.code == 1009

    asyncio.run(scenario())


def test_who_is_shut_out_loses_the_socket_at_once(start_stack: Any) -> None:
    """Not at the next look a minute later; whoever else is there stays."""
    stack = start_stack(worker=False, beat=False)
    owner, guest, other = (make_person(name, role="admin") for name in ("owner", "guest", "other"))
    client = Client(headers={"host": "localhost"})
    client.force_login(other.user)
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
    headers = {"Origin": stack.url, "Cookie": cookie}
    place = guest.user.memberships.get().pk

    async def scenario() -> None:
        async with (
            asyncio.timeout(20),
            listen(stack, owner.token) as stays,
            listen(stack, guest.token) as goes,
            listen(stack, None, additional_headers=headers) as ends,
        ):
            began = time.monotonic()
            await asyncio.to_thread(members.change_role, membership_id=place, role="viewer", by=owner.user)
            (told,) = await frames(goes, 1)
            assert told["type"] == "member.changed", "another role is no reason to go"
            await asyncio.to_thread(members.remove_member, membership_id=place, by=owner.user)
            await goes.wait_closed()
            assert goes.close_code == 4403
            login = await asyncio.to_thread(LoginSession.objects.get, user=other.user)
            await asyncio.to_thread(sessions.end_login, login=login)
            await ends.wait_closed()
            assert ends.close_code == 4403
            assert time.monotonic() - began < RECHECK_EVERY / 4
            await asyncio.to_thread(emit, owner, 1)
            while (await frames(stays, 1))[0]["type"] != "topic.created":
                pass

    asyncio.run(scenario())
