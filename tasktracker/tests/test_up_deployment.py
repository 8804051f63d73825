"""F18: a new version is deployed, which is SIGTERM to every program in the middle of its work."""

import http.client
import json
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from analysis import services as analysis
from analysis.models import AnalysisRun, Finding, Window
from analysis.tests.factories import make_chat
from ingestion.models import Message
from tasktracker.core import services
from tasktracker.core.enums import Stage
from tasktracker.tests.support import LiveStack, count, nobody_else_works, wait_for

pytestmark = pytest.mark.live
LIMIT_SECONDS = 30.0


def start_run(slug: str) -> AnalysisRun:
    """Stage 1 over a small chat in a workspace of its own."""
    member = services.ensure_member(username="ann", workspace_slug=slug, role="admin")
    make_chat(member.workspace, count(100, 400))
    run = analysis.create_run(workspace=member.workspace, stage=Stage.KNOWLEDGE, by=member.user)
    return analysis.start_run(run_id=run.pk, by=member.user)


def found_by(run: AnalysisRun) -> list[tuple[str, str]]:
    """What a run found, once it has completed with every window done."""

    def status() -> str:
        now = AnalysisRun.objects.get(pk=run.pk).status
        return "" if now in AnalysisRun.LIVE else now

    assert wait_for(status, timeout=90) == AnalysisRun.Status.COMPLETED
    assert set(Window.objects.filter(run=run).values_list("status", flat=True)) == {Window.Status.DONE}
    return sorted(Finding.objects.filter(window__run=run).values_list("kind", "title"))


@pytest.mark.long
def test_f18_sigterm_in_the_middle_of_a_run_changes_nothing_in_what_it_finds(
    start_stack: Callable[..., LiveStack],
) -> None:
    stack = start_stack()
    disturbed = start_run("disturbed")
    for _ in range(count(1, 5)):
        wait_for(lambda: Window.objects.filter(run=disturbed, status__in=["running", "done"]).exists())
        assert stack.terminate("worker") < LIMIT_SECONDS
        assert stack.terminate("beat") < LIMIT_SECONDS
        stack.start("beat")
        stack.start("worker")
        stack.wait_ready()
    found = found_by(disturbed)
    assert found
    assert found == found_by(start_run("calm"))


def test_f18_a_request_that_was_sent_before_the_sigterm_is_answered_and_kept(
    start_stack: Callable[..., LiveStack],
) -> None:
    member = services.ensure_member(username="ann", workspace_slug="room", role="admin")
    token = services.create_token(user=member.user, workspace=member.workspace)
    stack = start_stack(worker=False, beat=False)
    rows = [
        {
            "source": "bulk",
            "external_id": str(number),
            "author": "Ann",
            "text": f"message {number}",
            "sent_at": "2026-11-01T10:00:00Z",
        }
        for number in range(2000)
    ]
    client = http.client.HTTPConnection(str(urlsplit(stack.url).netloc), timeout=60)
    client.request(
        "POST",
        "/api/messages/bulk",
        json.dumps(rows),
        {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    wait_for(lambda: Message.objects.exists() or not nobody_else_works(), every=0.005)  # it has begun
    assert stack.terminate("web") < LIMIT_SECONDS
    answer = client.getresponse()
    body = json.loads(answer.read())
    assert answer.status == 200
    assert body["created"] == len(rows) == Message.objects.count()
