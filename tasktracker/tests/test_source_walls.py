"""Sources that only some may read: whatever page or endpoint a reviewer asks, nothing of a closed one is in the answer.

Real transactions: a wall is down inside of one, since that is a service at work.
"""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db.models import F, Value
from django.db.models.functions import Concat
from django.test import Client
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from analysis.models import Finding
from ingestion.models import Channel, Message, MessageRevision, Quote, Source
from knowledge.models import Atom, Task, Topic
from proposals import digests
from proposals.models import Evidence, Proposal
from proposals.tests.factories import make_message, make_proposal, make_quote
from tasktracker.core import events, members, walls
from tasktracker.core.tests.factories import Person, make_person
from tasktracker.tests.everything import Everything, fill
from tasktracker.tests.support import LiveStack, some
from tasktracker.tests.test_access_matrix import EXPECTED

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = "quincunx"
AT = "2026-03-02T09:00:00Z"
SEARCHES = ("/search/?q=quinc", "/review/?q=quinc", "/messages/?q=quinc", "/topics/?q=quinc")


class Room:
    """A closed source with a message in it, and those who may or may not read it."""

    def __init__(self) -> None:
        self.owner = make_person("owner", role="admin")
        self.workspace = self.owner.workspace
        self.reviewer, self.viewer = make_person("reviewer"), make_person("viewer", role="viewer")
        self.reader = make_person("reader")
        self.furnish()
        self.closed = Source.objects.get(workspace=self.workspace, name="chat")
        Source.objects.filter(pk=self.closed.pk).update(restricted=True, name=f"{SECRET} source")
        self.closed.readers.add(self.reader.user)

    def furnish(self) -> None:
        make_message(self.workspace, f"{SECRET} in a message")


class World(Room):
    """A workspace whose every word came from one closed source."""

    def furnish(self) -> None:
        self.made: Everything = fill(self.owner, "A sentence of the usual length")
        self.mark()

    def mark(self) -> None:
        """Put the secret wherever words of messages are kept, and what was made of them."""
        resting = ((Atom, ("title", "content")), (Task, ("title", "description")), (Channel, ("title",)))
        found = ((Finding, ("title", "reasoning")), (Proposal, ("title", "reasoning")))
        said = ((Message, ("text", "thread_title")), (MessageRevision, ("text",)), (Quote, ("text",)))
        topics = Topic.objects.filter(pk=self.made.topic.pk)  # the others were made by hand, and rest on nothing
        topics.update(**{name: Concat(Value(f"{SECRET} "), F(name)) for name in ("name", "description")})
        for model, columns in (*resting, *found, *said):
            rows: Any = model._base_manager.all()
            if model is Proposal:
                rows = rows.filter(pk__in=Evidence.objects.values("proposal"))
            rows.update(**{name: Concat(Value(f"{SECRET} "), F(name)) for name in columns})
        for proposal in Proposal.objects.filter(evidence__isnull=False).distinct():
            payload = {
                key: f"{SECRET} {value}" if isinstance(value, str) else value for key, value in proposal.payload.items()
            }
            Proposal.objects.filter(pk=proposal.pk).update(payload=payload)

    def addresses(self) -> Iterator[str]:
        """Every page and every GET of the API, of the things of this world."""
        yield from self.made.pages
        yield from SEARCHES
        ids = {
            "sources": self.closed.pk,
            "messages": self.made.message.pk,
            "topics": self.made.topic.pk,
            "atoms": self.made.atom.pk,
            "tasks": self.made.task.pk,
            "runs": self.made.run.pk,
            "proposals": self.made.waiting[0].pk,
        }
        for address, methods in EXPECTED.items():
            parts = address.split("/")
            kind = parts[parts.index("{pk}") - 1] if "{pk}" in parts else ""
            if address.startswith("api/") and "get" in methods and (not kind or kind in ids):
                yield "/" + "/".join(str(ids[kind]) if part == "{pk}" else part for part in parts)
        for query in ("search?q=quinc", "messages?q=quinc", "proposals?q=quinc", "events?since=0"):
            yield f"/api/{query}"


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def room() -> Room:
    return Room()


def leaks(world: World, person: Person, step: int = 1) -> list[str]:
    """What of the closed source is at which address; in `make test`, at every `step`-th."""
    client = Client()
    client.force_login(person.user)
    found = []
    for address in some(list(dict.fromkeys(world.addresses())), step):
        answer = client.get(address)
        assert answer.status_code < 500, address
        body = answer.content.decode()
        if SECRET in body:
            at = body.index(SECRET)
            found.append(f"{address} ({answer.status_code}): …{body[max(0, at - 150) : at + 60]}…")
    return found


@pytest.mark.parametrize("role", some(["reviewer", "viewer"], 2))
def test_nothing_of_a_closed_source_is_in_any_answer(world: World, role: str) -> None:
    found = leaks(world, getattr(world, role), 3)
    assert not found, "\n".join(found)


@pytest.mark.long
def test_its_readers_see_it_everywhere(world: World) -> None:
    assert len(leaks(world, world.reader)) > 20


def test_managers_see_it_and_with_nothing_closed_everybody(room: Room) -> None:
    def seen(person: Person) -> bool:
        client = Client()
        client.force_login(person.user)
        return SECRET in client.get("/messages/").content.decode()

    assert [seen(person) for person in (room.owner, room.reviewer)] == [True, False]
    Source.objects.update(restricted=False)
    assert seen(room.reviewer)


def test_what_rests_on_an_open_message_too_is_seen_with_the_words_of_that_one_only(world: World) -> None:
    source = Source.objects.create(workspace=world.workspace, name="open", kind="api")
    spoken = make_message(world.workspace, "spoken in the open", source=source)
    shared = make_quote(world.workspace, spoken)
    proposal = world.made.waiting[0]
    Evidence.objects.create(proposal=proposal, quote=shared)
    world.made.atom.quotes.add(shared)
    client = Client()
    client.force_login(world.reviewer.user)
    told = client.get(f"/api/proposals/{proposal.pk}").json()
    assert [one["quote"] for one in told["evidence"]] == ["spoken in the open"]
    atom = client.get(f"/api/atoms/{world.made.atom.pk}").json()
    assert [one["quote"] for one in atom["quotes"]] == ["spoken in the open"]
    for page in (f"/review/?at={proposal.pk}", f"/atoms/{world.made.atom.pk}/"):
        shown = client.get(page).content.decode()
        assert "spoken in the open" in shown
        assert "words in a message" not in shown


def test_a_decision_carries_the_words_that_its_maker_may_not_read(room: Room) -> None:
    source = Source.objects.create(workspace=room.workspace, name="open", kind="api")
    quotes = [make_quote(room.workspace, make_message(room.workspace, "spoken in the open", source=source))]
    quotes.append(make_quote(room.workspace, make_message(room.workspace, f"{SECRET} whispered", source=room.closed)))
    proposal = make_proposal(room.workspace, "atom", "Mixed", quotes=quotes)
    client = Client()
    client.force_login(room.reviewer.user)
    assert client.post(f"/api/proposals/{proposal.pk}/approve", content_type="application/json").status_code == 200
    proposal.refresh_from_db()
    assert Atom.objects.get(pk=proposal.created_id).quotes.count() == 2


def test_nobody_decides_what_they_may_not_see(world: World) -> None:
    proposal = world.made.waiting[1]
    client = Client()
    client.force_login(world.reviewer.user)
    body: dict[str, Any] = {"reason": "noise", "until": "2030-01-01T00:00:00Z"}
    for verb in ("approve", "reject", "snooze", "undo"):
        at = f"/api/proposals/{proposal.pk}/{verb}"
        assert client.post(at, json.dumps(body), content_type="application/json").status_code == 404, verb
        assert client.post(f"/review/{proposal.pk}/{verb}/", body).status_code == 404, verb
        proposal.refresh_from_db()
        assert proposal.status == "pending", verb
    told = client.post(
        "/api/proposals/bulk",
        json.dumps({"ids": [proposal.pk], "verb": "reject", "reason": "noise"}),
        content_type="application/json",
    ).json()
    assert told["done"] == 0
    proposal.refresh_from_db()
    assert proposal.status == "pending"


def test_nobody_merges_into_what_they_may_not_see(world: World) -> None:
    source = Source.objects.create(workspace=world.workspace, name="open", kind="api")
    quote = make_quote(world.workspace, make_message(world.workspace, "spoken in the open", source=source))
    mine = make_proposal(world.workspace, "task", "Mine", quotes=[quote])
    client = Client()
    client.force_login(world.reviewer.user)
    into = json.dumps({"into": world.made.waiting[0].pk})
    assert client.post(f"/api/proposals/{mine.pk}/merge", into, content_type="application/json").status_code == 404
    topic = Topic.objects.create(workspace=world.workspace, name="By hand")
    into = json.dumps({"into": world.made.topic.pk})
    assert client.post(f"/api/topics/{topic.pk}/merge", into, content_type="application/json").status_code == 404


def test_a_wall_ends_with_its_request(room: Room) -> None:
    client = Client()
    client.force_login(room.reviewer.user)
    client.get("/messages/")
    assert walls.hidden() == frozenset()
    assert Message.objects.filter(source=room.closed).exists()


def test_the_digest_holds_what_its_reader_may_see(world: World) -> None:
    _, text = digests.text_of(world.workspace, world.reviewer.user, world.made.message.sent_at)
    assert SECRET not in text
    assert "nothing waits" in text
    _, text = digests.text_of(world.workspace, world.reader.user, world.made.message.sent_at)
    assert SECRET in text


@pytest.mark.live
def test_the_socket_tells_nothing_of_a_closed_source(room: Room, start_stack: Any) -> None:
    stack: LiveStack = start_stack(worker=False, beat=False)
    source = Source.objects.create(workspace=room.workspace, name="open", kind="api")

    def received(of: Source) -> None:
        events.emit(
            events.MessageReceived(workspace_id=room.workspace.pk, object_id=1, source=of.pk, channel=1, author=None)
        )

    async def scenario() -> None:
        subprotocols: Any = ["bearer", room.reviewer.token]
        async with connect(stack.ws_url, subprotocols=subprotocols) as socket, asyncio.timeout(15):
            await asyncio.to_thread(received, room.closed)
            await asyncio.to_thread(received, source)
            frame = json.loads(await socket.recv())
            assert [one["source"] for one in frame["data"]["messages"]] == [source.pk]

    asyncio.run(scenario())


@pytest.mark.long
@pytest.mark.live
def test_an_open_socket_follows_the_wall_at_once(room: Room, start_stack: Any) -> None:
    """A source is closed, and a manager becomes a reviewer, while they listen: by token and by session."""
    stack: LiveStack = start_stack(worker=False, beat=False)
    shut, other = (Source.objects.create(workspace=room.workspace, name=name, kind="api") for name in "ab")
    manager = make_person("manager", role="manager")
    client = Client(headers={"host": "localhost"})
    client.force_login(room.reviewer.user)
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"

    def received(*sources: Source) -> None:
        place: Any = {"workspace_id": room.workspace.pk, "object_id": 1, "channel": 1, "author": None}
        for source in sources:
            events.emit(events.MessageReceived(source=source.pk, **place))

    async def told(socket: ClientConnection) -> list[int]:
        """The sources of what is told, up to the first of the other one."""
        found: list[int] = []
        while other.pk not in found:
            found += [one["source"] for one in json.loads(await socket.recv())["data"]["messages"]]
        return found

    async def scenario() -> None:
        at = f"{stack.ws_url}?types=message.received"
        bearer, managing = ([Subprotocol("bearer"), Subprotocol(one.token)] for one in (room.reviewer, manager))
        async with (
            asyncio.timeout(20),
            connect(at, subprotocols=bearer) as by_token,
            connect(at, additional_headers={"Origin": stack.url, "Cookie": cookie}) as by_session,
            connect(at, subprotocols=managing) as by_manager,
        ):
            sockets = (by_token, by_session, by_manager)
            await asyncio.to_thread(received, shut, other)
            assert [await told(one) for one in sockets] == [[shut.pk, other.pk]] * 3
            await asyncio.to_thread(Source.objects.filter(pk=shut.pk).update, restricted=True)
            await asyncio.to_thread(received, shut, other)
            assert [await told(one) for one in sockets] == [[other.pk], [other.pk], [shut.pk, other.pk]]
            place = await asyncio.to_thread(manager.user.memberships.get)
            await asyncio.to_thread(members.change_role, membership_id=place.pk, role="viewer", by=room.owner.user)
            await asyncio.to_thread(received, shut, other)
            assert [await told(one) for one in sockets] == [[other.pk]] * 3
            await asyncio.to_thread(shut.readers.add, manager.user)
            await asyncio.to_thread(received, shut, other)
            assert [await told(one) for one in sockets] == [[other.pk], [other.pk], [shut.pk, other.pk]]

    asyncio.run(scenario())


def test_a_key_for_idempotence_opens_no_wall(world: World) -> None:
    client = Client(headers={"idempotency-key": "once"})
    client.force_login(world.reviewer.user)
    proposal = world.made.waiting[1]
    assert client.post(f"/api/proposals/{proposal.pk}/approve", content_type="application/json").status_code == 404
    body = json.dumps({"class": "noise"})
    at = f"/api/messages/{world.made.message.pk}/verdict"
    assert client.post(at, body, content_type="application/json").status_code == 404


def test_who_may_not_read_a_source_may_send_into_it_twice(room: Room) -> None:
    client = Client()
    client.force_login(room.reviewer.user)
    message = {"source": f"{SECRET} source", "external_id": "n1", "author": "Ada", "text": "sent in", "sent_at": AT}
    for status in (201, 200):
        answer = client.post("/api/messages", json.dumps(message), content_type="application/json")
        assert answer.status_code == status, answer.content
    assert Message.objects.filter(source=room.closed, text="sent in").count() == 1


def test_an_admin_names_the_readers_and_only_members_can_be_named(room: Room) -> None:
    make_person("stranger", workspace="elsewhere")
    client = Client()
    client.force_login(room.owner.user)
    at = f"/api/sources/{room.closed.pk}"
    told = client.patch(at, json.dumps({"readers": ["reviewer"]}), content_type="application/json").json()
    assert (told["restricted"], told["readers"]) == (True, ["reviewer"])
    refused = client.patch(at, json.dumps({"readers": ["stranger"]}), content_type="application/json")
    assert refused.status_code == 400
    for person, sees in ((room.reviewer, True), (room.reader, False)):
        client.force_login(person.user)
        assert (SECRET in client.get("/messages/").content.decode()) is sees
