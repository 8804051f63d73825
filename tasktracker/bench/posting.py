"""`POST /api/messages` over one connection, against the same INSERT alone with a commit each."""

import json
import socket
import time
from dataclasses import replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from django.conf import settings
from django.utils import timezone

from ingestion import services, storage
from ingestion.drafts import ChannelDraft, MessageDraft, PersonDraft
from ingestion.tidy import judge, tidy
from tasktracker import stack
from tasktracker.bench import Result, stopwatch
from tasktracker.core.models import Workspace
from tasktracker.core.services import create_token, ensure_member
from tasktracker.embedded import Child, EngineError, Layout

ROUNDS = 5
POSTS = 200  # in a round
WARM_UP = 50
READY_SECONDS = 60
AIM = 0.25
TEXT = "The export of invoices fails for every shop that has a VAT id, since the release on Tuesday."


def run(workspace: Workspace) -> list[Result]:
    """The two take turns, so that what else the machine does meets both; of the rounds the median counts."""
    inserts = Inserts(workspace)
    member = ensure_member(username="bench", workspace_slug=workspace.slug, role="admin")
    token = create_token(user=member.user, workspace=workspace)
    with TemporaryDirectory() as folder:
        layout = Layout.of(Path(folder) / "stack")
        layout.prepare()
        plan = stack.Plan(layout=layout, port=stack.free_port("127.0.0.1"), variables={"TT_API_RATE": "10000000/min"})
        web = stack.web(plan)
        web.start()
        try:
            wait_for(web, plan)
            posts = Posts(plan, token)
            for act in (inserts, posts):
                act.do(WARM_UP)
            rounds = [(inserts.do(POSTS), posts.do(POSTS)) for _ in range(ROUNDS)]
        finally:
            web.stop()
    ratio = median(inserting / posting for inserting, posting in rounds)
    return [
        Result(
            "POST /api/messages / INSERT alone, one connection, a commit each",
            f"{POSTS / median(posting for _, posting in rounds):,.0f}/s",
            f"{POSTS / median(inserting for inserting, _ in rounds):,.0f}/s",
            ratio,
            f"≥ {AIM}",
            ratio >= AIM,
        )
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

    def __init__(self, plan: stack.Plan, token: str) -> None:
        self.socket = socket.create_connection((plan.host, plan.port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.answers = self.socket.makefile("rb")
        self.head = (
            f"POST /api/messages HTTP/1.1\r\nHost: {plan.host}:{plan.port}\r\nAuthorization: Bearer {token}\r\n"
            "Content-Type: application/json\r\nContent-Length: "
        )
        self.done = 0

    def do(self, count: int) -> float:
        """The seconds that `count` of them took."""
        with stopwatch() as took:
            for number in range(self.done, self.done + count):
                self.post(number)
        self.done += count
        return took()

    def post(self, number: int) -> None:
        body = {
            "source": "posts",
            "external_id": str(number),
            "author": "Ann",
            "text": TEXT,
            "sent_at": "2026-11-01T10:00:00Z",
        }
        sent = json.dumps(body)
        self.socket.sendall(f"{self.head}{len(sent)}\r\n\r\n{sent}".encode())
        status, length = self.answers.readline(), 0
        while (line := self.answers.readline()) not in {b"\r\n", b""}:
            if line.lower().startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        answer = self.answers.read(length)
        if b" 201 " not in status or not answer:
            raise RuntimeError(f"POST /api/messages answered {status!r}")


def wait_for(web: Child, plan: stack.Plan) -> None:
    """Return when the web process reaches its database; EngineError with the log's reason when it does not."""
    deadline = time.monotonic() + READY_SECONDS
    while stack.health(plan, "localhost").get("database") != "ok":
        if web.exit_code() is not None or time.monotonic() > deadline:
            raise EngineError(f"the web process did not answer: {web.last_words()}")
        time.sleep(0.1)
