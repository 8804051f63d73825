"""What became of a message: what rests on it, or why nothing does; on the list, on its page, in few queries."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from analysis.models import AnalysisRun, Finding, Window, WindowMessage
from ingestion.models import Message
from knowledge.models import Atom, Task
from proposals import fates
from proposals import services as desk
from proposals.models import Intake
from proposals.tests.factories import make_finding, make_message, make_proposal, make_quote, make_run
from tasktracker.core.models import Workspace
from tasktracker.core.tests.factories import Person
from tasktracker.tests.pages import Page, submit
from tasktracker.tests.support import some

pytestmark = pytest.mark.django_db


def fate(message: Message) -> fates.Fate:
    message.refresh_from_db()
    return fates.of([message])[message.pk]


def windowed(message: Message, run: AnalysisRun, **values: Any) -> Window:
    window = Window.objects.create(run=run, ordinal=1_000_000 + message.pk, channel=message.channel, **values)
    WindowMessage.objects.create(window=window, message=message, position=1)
    return window


def test_a_message_leads_to_all_that_rests_on_it(rita: Person) -> None:
    message = make_message(rita.workspace)
    quote = make_quote(rita.workspace, message)
    atom_id = desk.approve(
        proposal_id=make_proposal(rita.workspace, "atom", "Export fails", quotes=[quote]).pk, by=rita.user
    ).created_id
    task = Task.objects.create(workspace=rita.workspace, title="Mend the export")
    task.atoms.add(Atom.objects.get(pk=atom_id))
    waiting = make_proposal(rita.workspace, "topic", "Exports", quotes=[quote])
    refused = make_proposal(rita.workspace, "task", "Rewrite it all", quotes=[quote])
    desk.reject(proposal_id=refused.pk, by=rita.user, reason="out_of_scope")
    things = [(thing.kind, thing.url, thing.state) for thing in fate(message).things.values()]
    assert things == [
        ("atom", f"/atoms/{atom_id}/", "active"),
        ("task", f"/tasks/{task.pk}/", "open"),
        ("topic", f"/review/{waiting.pk}/", "proposal, pending"),
        ("task", f"/review/{refused.pk}/", "proposal, rejected as out of scope"),
    ]
    assert fate(message).short == "1 atom, 1 task, 2 proposals"


def test_a_finding_that_became_no_proposal_says_why(rita: Person) -> None:
    message = make_message(rita.workspace)
    finding = make_finding(make_run(rita.workspace), quotes=[make_quote(rita.workspace, message)])
    (thing,) = fate(message).things.values()
    assert thing.state == f"finding of run #{finding.run_id}, waits to be taken in"
    Intake.objects.create(finding=finding, outcome="remembered")
    (thing,) = fate(message).things.values()
    assert thing.state.endswith("kept away: rejected before")


def reasons(workspace: Workspace) -> dict[str, tuple[Message, str]]:
    """A message for each reason why nothing rests on one."""
    run, over = make_run(workspace), make_run(workspace)
    AnalysisRun.objects.filter(pk=run.pk).update(status="running", started_at=timezone.now())
    AnalysisRun.objects.filter(pk=over.pk).update(status="cancelled", finished_at=timezone.now())
    made = {
        "new": (make_message(workspace), "not analysed yet"),
        "noise": (make_message(workspace, verdict="noise", verdict_reason="emoji_only"), "noise: emoji only"),
        "empty": (make_message(workspace, ""), "no words in it"),
        "deleted": (make_message(workspace, deleted_at=timezone.now()), "deleted by its author"),
        "own": (make_message(workspace, is_own=True), "posted by this product itself: never read"),
        "waiting": (make_message(workspace), f"waits to be read in run #{run.pk}"),
        "running": (make_message(workspace), f"is being read in run #{run.pk}"),
        "done": (make_message(workspace), f"read in run #{run.pk}: nothing found in it"),
        "failed": (make_message(workspace), f"its window failed in run #{run.pk}: no valid answer"),
        "over": (make_message(workspace), f"run #{over.pk} ended before it was read"),
        "context": (make_message(workspace), "not analysed yet"),
    }
    for name in ("waiting", "done", "over"):
        windowed(made[name][0], over if name == "over" else run, status="done" if name == "done" else "waiting")
    windowed(made["failed"][0], run, status="failed", error="no valid answer")
    windowed(made["running"][0], run, status="running", lease_until=timezone.now())
    WindowMessage.objects.filter(window=windowed(made["context"][0], run, status="done")).update(context=True)
    return made


def test_where_nothing_rests_on_a_message_the_reason_is_told(rita: Person) -> None:
    for name, (message, reason) in reasons(rita.workspace).items():
        assert fate(message).short == reason, name


@pytest.mark.long
def test_the_list_and_the_page_say_it(rita: Person) -> None:
    made = reasons(rita.workspace)
    client = rita.browser
    rows = {tag.attrs["data-key-id"]: tag.text for tag in Page.of(client.get("/messages/")).all("li", data_key_id="")}
    for name, (message, reason) in made.items():
        assert reason[:60] in rows[str(message.pk)], name
    for name, (message, reason) in some([*made.items()], 4):
        page = Page.of(client.get(f"/messages/{message.pk}/"))
        assert reason in page.one("section", id="became").text, name
    failed = Page.of(client.get(f"/messages/{made['failed'][0].pk}/")).one("section", id="became")
    assert any("window=" in tag.attrs.get("href", "") for tag in failed.inside)


def test_a_flipped_row_says_it_anew(rita: Person) -> None:
    message = make_message(rita.workspace, "ok", verdict="noise", verdict_reason="lexicon")
    client = rita.browser
    page = Page.of(client.get("/messages/"))
    assert "noise: lexicon" in page.one("li", id=f"message-{message.pk}").text
    submit(client, page, page.one("form", action="/verdict/"), "/messages/")
    page = Page.of(client.get("/messages/"))
    assert "not analysed yet" in page.one("li", id=f"message-{message.pk}").text


@pytest.mark.long
def test_a_page_of_messages_asks_no_more_than_one(rita: Person) -> None:
    def queries(messages: list[Message]) -> int:
        with CaptureQueriesContext(connection) as asked:
            fates.of(messages)
        return len(asked)

    def quoted() -> Message:
        message = make_message(rita.workspace)
        quote = make_quote(rita.workspace, message)
        finding = make_finding(make_run(rita.workspace), quotes=[quote])
        make_proposal(rita.workspace, "atom", f"Atom {message.pk}", quotes=[quote])
        windowed(message, finding.run)
        return message

    one = [quoted(), make_message(rita.workspace)]
    many = [quoted() for _ in range(10)] + [make_message(rita.workspace) for _ in range(10)]
    assert queries(many) == queries(one) <= 8
    assert Finding.objects.count() == 11
