"""Presence: who has what open, told to those who ask, forgotten in a minute, and never more than names and ids."""

import asyncio
import json
import time
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

from tasktracker.core import presence
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.support import LiveStack

ROOM = 7


def show(socket: str, user: int, look: tuple[str, int] | None, name: str = "") -> bool:
    return presence.show(workspace_id=ROOM, socket=socket, user_id=user, name=name or f"user {user}", look=look)


def seen() -> list[tuple[int, int]]:
    return [(one.id, one.user) for one in presence.looking(ROOM)]


def test_who_opened_it_first_comes_first() -> None:
    assert show("a", 1, ("proposal", 5))
    assert show("b", 2, ("proposal", 5))
    assert show("c", 3, ("proposal", 6))
    assert seen() == [(5, 1), (5, 2), (6, 3)]
    assert presence.looking(ROOM + 1) == []


def test_saying_it_again_is_no_news_and_keeps_the_place() -> None:
    show("a", 1, ("proposal", 5))
    show("b", 2, ("proposal", 5))
    assert not show("a", 1, ("proposal", 5))
    assert seen() == [(5, 1), (5, 2)]
    assert show("a", 1, ("proposal", 9))  # and coming back later is coming last
    assert show("a", 1, ("proposal", 5))
    assert seen() == [(5, 2), (5, 1)]


def test_a_person_with_two_windows_is_one_person() -> None:
    show("a", 1, ("proposal", 5))
    show("b", 1, ("proposal", 5))
    assert seen() == [(5, 1)]
    assert show("a", 1, None)
    assert not show("a", 1, None)
    assert seen() == [(5, 1)]


def test_who_says_nothing_any_more_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    show("a", 1, ("proposal", 5))
    monkeypatch.setattr(time, "time", lambda: now + presence.KEEP + 1)
    assert seen() == []
    assert show("a", 1, ("proposal", 5))  # and is news when they come back


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"look": 5}',
        '{"look": {"kind": "message", "id": 1}}',
        '{"look": {"kind": "proposal", "id": "1"}}',
        '{"look": {"kind": "proposal", "id": true}}',
        '{"look": {"kind": "proposal", "id": -1}}',
        '{"look": {"kind": "proposal", "id": 9223372036854775808}}',
        '{"look": {"kind": ["proposal"], "id": 1}}',
        '{"hello": 1}',
    ],
)
def test_anything_else_says_nothing(text: str) -> None:
    assert presence.parse(text) is False


def test_what_may_be_said() -> None:
    assert presence.parse('{"look": null}') is None
    assert presence.parse('{"look": {"kind": "proposal", "id": 12}}') == ("proposal", 12)


def socket_of(stack: LiveStack, person: Person, query: str = "presence=1") -> connect:
    return connect(f"{stack.ws_url}?{query}", subprotocols=["bearer", person.token])  # type: ignore[list-item]


async def told(socket: ClientConnection) -> list[tuple[int, str]]:
    async with asyncio.timeout(15):
        while True:
            frame: dict[str, Any] = json.loads(await socket.recv())
            if frame["type"] == "presence":
                return [(one["id"], one["name"]) for one in frame["looking"]]


@pytest.mark.long
@pytest.mark.live
@pytest.mark.django_db(transaction=True)
def test_over_the_socket(start_stack: Any) -> None:
    stack = start_stack(worker=False, beat=False)
    ada, ben = make_person("ada"), make_person("ben")
    viewer, stranger = make_person("vic", role="viewer"), make_person("sid", workspace="elsewhere")

    async def scenario() -> None:
        look = json.dumps({"look": {"kind": "proposal", "id": 4}})
        async with socket_of(stack, ben) as watching, socket_of(stack, stranger) as outside:
            async with socket_of(stack, ada) as one, socket_of(stack, viewer) as reading:
                await reading.send(look)  # who may not decide takes nothing
                await one.send(look)
                assert await told(watching) == [(4, "ada")]
                await watching.send(look)
                assert await told(watching) == [(4, "ada"), (4, "ben")]
            # gone without a word: the server says it for them
            assert await told(watching) == [(4, "ben")]
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await outside.recv()

    asyncio.run(scenario())


@pytest.mark.long
@pytest.mark.live
@pytest.mark.django_db(transaction=True)
def test_who_did_not_ask_is_not_told(start_stack: Any) -> None:
    stack = start_stack(worker=False, beat=False)
    ada, ben = make_person("ada"), make_person("ben")

    async def scenario() -> None:
        look = json.dumps({"look": {"kind": "proposal", "id": 4}})
        async with socket_of(stack, ada) as one, socket_of(stack, ben, "") as plain:
            await plain.send(look)  # and is not shown
            await one.send(look)
            assert await told(one) == [(4, "ada")]
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(1.0):
                    await plain.recv()

    asyncio.run(scenario())
