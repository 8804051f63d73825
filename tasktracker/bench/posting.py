"""`POST /api/messages` over one connection, against the same INSERT alone with a commit each; the bulk against it."""

import json
import socket
from dataclasses import replace
from statistics import median

from django.conf import settings
from django.utils import timezone

from ingestion import services, storage
from ingestion.drafts import ChannelDraft, MessageDraft, PersonDraft
from ingestion.tidy import judge, tidy
from tasktracker.bench import Result, stopwatch
from tasktracker.bench.load import Address, request, running
from tasktracker.core.models import Workspace
from tasktracker.core.services import create_token, ensure_member

ROUNDS = 5
POSTS = 200  # in a round
WARM_UP = 50
BULK = 5_000  # rows in one call, as many as it takes
BULKS = 3
AIM = 0.25
BULK_AIM = 20
TEXT = "The export of invoices fails for every shop that has a VAT id, since the release on Tuesday."


def run(workspace: Workspace) -> list[Result]:
    """The two take turns, so that what else the machine does meets both; of the rounds the median counts."""
    inserts = Inserts(workspace)
    member = ensure_member(username="bench", workspace_slug=workspace.slug, role="admin")
    token = create_token(user=member.user, workspace=workspace)
    with running() as address:
        posts = Posts(address, token)
        for act in (inserts, posts):
            act.do(WARM_UP)
        rounds = [(inserts.do(POSTS), posts.do(POSTS)) for _ in range(ROUNDS)]
        posts.bulk()
        parts = [(posts.do(POSTS) / POSTS, posts.bulk() / BULK) for _ in range(BULKS)]
    ratio = median(inserting / posting for inserting, posting in rounds)
    many = median(single / bulk for single, bulk in parts)
    return [
        Result(
            "POST /api/messages / INSERT alone, one connection, a commit each",
            f"{POSTS / median(posting for _, posting in rounds):,.0f}/s",
            f"{POSTS / median(inserting for inserting, _ in rounds):,.0f}/s",
            ratio,
            f"≥ {AIM}",
            ratio >= AIM,
        ),
        Result(
            f"POST /api/messages/bulk of {BULK:,} / POST /api/messages, one connection, messages a second",
            f"{1 / median(bulk for _, bulk in parts):,.0f}/s",
            f"{1 / median(single for single, _ in parts):,.0f}/s",
            many,
            f"≥ {BULK_AIM}",
            many >= BULK_AIM,
        ),
    ]


class Inserts:
    """Rows as a post makes them, each in a transaction of its own."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.source = services.ensure_source(workspace=workspace, name="inserts", kind="api")
        channel = ChannelDraft("api", "inserts", "inserts")
        draft = MessageDraft(channel, "0", PersonDraft("a", "Ann"), TEXT, timezone.now())
        self.draft = tidy(draft, limit=settings.MESSAGE_TEXT_LIMIT)
        self.verdict = judge(self.draft)
        self.channel = services.ensure_channel(workspace_id=workspace.pk, draft=channel)
        self.done = 0

    def do(self, count: int) -> float:
        """The seconds that `count` of them took."""
        with stopwatch() as took:
            for number in range(self.done, self.done + count):
                place = storage.Placed(
                    replace(self.draft, external_id=str(number)), self.channel.pk, None, self.verdict
                )
                storage.insert_new([place], workspace_id=self.workspace.pk, source_id=self.source.pk)
        self.done += count
        return took()


class Posts:
    """The same through the whole of the web process: token, throttle, validation, event, answer.

    The client is a socket: what `http.client` takes for itself says nothing about the server.
    """

    def __init__(self, address: Address, token: str) -> None:
        self.address = address
        self.token = token
        self.socket = socket.create_connection(address, timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.answers = self.socket.makefile("rb")
        self.done = 0

    def do(self, count: int) -> float:
        """The seconds that `count` of them took."""
        with stopwatch() as took:
            for number in range(self.done, self.done + count):
                self.call("/api/messages", self.message(number), b" 201 ")
        self.done += count
        return took()

    def bulk(self) -> float:
        """The seconds that one call with as many as it takes took, all of them new."""
        rows = [self.message(number) for number in range(self.done, self.done + BULK)]
        self.done += BULK
        with stopwatch() as took:
            answer = json.loads(self.call("/api/messages/bulk", rows, b" 200 "))
        if answer["created"] != BULK:
            raise RuntimeError(f"of {BULK} messages {answer['created']} were created")
        return took()

    def message(self, number: int) -> dict[str, str]:
        return {
            "source": "posts",
            "external_id": str(number),
            "author": "Ann",
            "text": TEXT,
            "sent_at": "2026-11-01T10:00:00Z",
        }

    def call(self, path: str, content: object, wanted: bytes) -> bytes:
        sent = json.dumps(content).encode()
        self.socket.sendall(request(self.address, path, sent, Authorization=f"Bearer {self.token}"))
        status, length = self.answers.readline(), 0
        while (line := self.answers.readline()) not in {b"\r\n", b""}:
            if line.lower().startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        answer = self.answers.read(length)
        if wanted not in status or not answer:
            raise RuntimeError(f"{path} answered {status!r}")
        return answer
