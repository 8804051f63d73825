"""`POST /api/messages` over 32 connections, against an async endpoint of another make that stores the same row."""

import http.client
import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from statistics import median
from tempfile import TemporaryFile

from django.utils import timezone

from ingestion import services
from ingestion.drafts import ChannelDraft, MessageDraft, PersonDraft
from ingestion.models import Message
from tasktracker import stack
from tasktracker.bench import Result
from tasktracker.bench.load import READY_SECONDS, Address, Callers, Make, request, running
from tasktracker.bench.posting import TEXT
from tasktracker.core.models import Workspace
from tasktracker.core.services import create_token, ensure_member
from tasktracker.embedded import EngineError

CONNECTIONS = 32
ROUNDS = 5
POSTS = int(os.environ.get("TT_BENCH_POSTS", "2000"))  # in a round
WARM_UP = 200
AIM = 1.0
NEEDED = ("fastapi", "sqlalchemy", "asyncpg")
NAME = (
    f"POST /api/messages over {CONNECTIONS} connections, token, event and commit included"
    " / FastAPI + SQLAlchemy async + asyncpg, the INSERT and its commit alone"
)


def run(workspace: Workspace) -> list[Result]:
    """The two take turns, so that what else the machine does meets both; of the rounds the median counts."""
    if missing := [name for name in NEEDED if importlib.util.find_spec(name) is None]:
        return [Result(f"{NAME}: not measured, {', '.join(missing)} is not installed", "–", "–", 0.0, f"≥ {AIM}", True)]
    member = ensure_member(username="bench", workspace_slug=workspace.slug, role="admin")
    token = create_token(user=member.user, workspace=workspace)
    with (
        running() as ours,
        rival(workspace) as theirs,
        closing(Callers(ours, CONNECTIONS, b"201")) as we,
        closing(Callers(theirs, CONNECTIONS, b"201")) as they,
    ):
        our_post, their_post = post(ours, Authorization=f"Bearer {token}"), post(theirs)
        we.all_at_once(our_post, 0, 1)  # alone: source, channel and author are made by the first
        for callers, make in ((we, our_post), (they, their_post)):
            callers.all_at_once(make, 1, WARM_UP)
        rounds = [
            (they.all_at_once(their_post, at, POSTS), we.all_at_once(our_post, at, POSTS))
            for at in range(WARM_UP + 1, WARM_UP + 1 + ROUNDS * POSTS, POSTS)
        ]
    sent = 1 + WARM_UP + ROUNDS * POSTS
    if (found := stored(workspace)) != [sent, sent]:
        raise RuntimeError(f"of {sent} messages each, {found} are stored")
    ratio = median(theirs / ours for theirs, ours in rounds)
    return [
        Result(
            NAME,
            f"{POSTS / median(ours for _, ours in rounds):,.0f}/s",
            f"{POSTS / median(theirs for theirs, _ in rounds):,.0f}/s",
            ratio,
            f"≥ {AIM:.0f}",
            ratio >= AIM,
        )
    ]


def stored(workspace: Workspace) -> list[int]:
    """How many messages of each of the two are there."""
    return [Message.objects.filter(workspace=workspace, source__name=name).count() for name in ("ours", "theirs")]


def post(address: Address, **headers: str) -> Make:
    def make(number: int) -> bytes:
        body = {
            "source": "ours",
            "external_id": str(number),
            "author": "Ann",
            "text": TEXT,
            "sent_at": "2026-11-01T10:00:00Z",
        }
        return request(address, "/api/messages", json.dumps(body).encode(), **headers)

    return make


@contextmanager
def rival(workspace: Workspace) -> Iterator[Address]:
    """The other one, under the same server as ours; gives its address."""
    source = services.ensure_source(workspace=workspace, name="theirs", kind="api")
    draft = MessageDraft(
        ChannelDraft("api", "theirs", "theirs"), "first", PersonDraft("a", "Ann"), TEXT, timezone.now()
    )
    first = services.record_message(source=source, draft=draft).message
    host, port = "127.0.0.1", stack.free_port("127.0.0.1")
    place = json.dumps([workspace.pk, source.pk, first.channel_id, first.author_id])
    command = [sys.executable, "-m", "uvicorn", "tasktracker.bench.rival:app", "--host", host, "--port", str(port)]
    with TemporaryFile() as log:
        process = subprocess.Popen(  # noqa: S603
            [*command, "--no-access-log"], env=os.environ | {"RIVAL_PLACE": place}, stdout=log, stderr=log
        )
        try:
            _wait(process, (host, port))
            yield host, port
        except EngineError as error:
            log.seek(0)
            raise EngineError(f"{error}: {log.read().decode()[-2000:]}") from error
        finally:
            process.terminate()
            process.wait(20)


def _wait(process: "subprocess.Popen[bytes]", address: Address) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while True:
        caller = http.client.HTTPConnection(*address, timeout=10)
        try:
            caller.request("GET", "/openapi.json")
            if caller.getresponse().status == 200:
                return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise EngineError("the other server did not start") from None
        finally:
            caller.close()
        time.sleep(0.1)
