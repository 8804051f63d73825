"""`POST /api/messages` over one connection, against the same INSERT alone with a commit each."""

import http.client
import json
import time
from dataclasses import replace
from pathlib import Path
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
from tasktracker.embedded import Layout

POSTS = 1_000
AIM = 0.25
TEXT = "The export of invoices fails for every shop that has a VAT id, since the release on Tuesday."


def run(workspace: Workspace) -> list[Result]:
    inserts = insert_rate(workspace)
    posts = post_rate(workspace)
    return [
        Result(
            "POST /api/messages / INSERT alone, one connection, a commit each",
            f"{posts:,.0f}/s",
            f"{inserts:,.0f}/s",
            posts / inserts,
            f"≥ {AIM}",
            posts / inserts >= AIM,
        )
    ]


def insert_rate(workspace: Workspace) -> float:
    source = services.ensure_source(workspace=workspace, name="inserts", kind="api")
    draft = tidy(
        MessageDraft(ChannelDraft("api", "inserts", "inserts"), "0", PersonDraft("a", "Ann"), TEXT, timezone.now()),
        limit=settings.MESSAGE_TEXT_LIMIT,
    )
    verdict = judge(draft)
    channel = services.ensure_channel(workspace_id=workspace.pk, draft=draft.channel)
    with stopwatch() as took:
        for number in range(POSTS):
            place = storage.Placed(replace(draft, external_id=str(number)), channel.pk, None, verdict)
            storage.insert_new([place], workspace_id=workspace.pk, source_id=source.pk)
    return POSTS / took()


def post_rate(workspace: Workspace) -> float:
    member = ensure_member(username="bench", workspace_slug=workspace.slug, role="admin")
    headers = {
        "Authorization": f"Bearer {create_token(user=member.user, workspace=workspace)}",
        "Content-Type": "application/json",
    }
    with TemporaryDirectory() as folder:
        layout = Layout.of(Path(folder) / "stack")
        layout.prepare()
        plan = stack.Plan(layout=layout, port=stack.free_port("127.0.0.1"), variables={"TT_API_RATE": "10000000/min"})
        web = stack.web(plan)
        web.start()
        try:
            while stack.health(plan, "localhost").get("database") != "ok":
                time.sleep(0.1)
            client = http.client.HTTPConnection(plan.host, plan.port, timeout=30)

            def post(number: int) -> None:
                body = {
                    "source": "posts",
                    "external_id": str(number),
                    "author": "Ann",
                    "text": TEXT,
                    "sent_at": "2026-11-01T10:00:00Z",
                }
                client.request("POST", "/api/messages", json.dumps(body), headers)
                answer = client.getresponse()
                answer.read()
                if answer.status != 201:
                    raise RuntimeError(f"POST /api/messages answered {answer.status}")

            for number in range(50):
                post(number)
            with stopwatch() as took:
                for number in range(50, 50 + POSTS):
                    post(number)
            return POSTS / took()
        finally:
            web.stop()
