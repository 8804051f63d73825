"""A deleted message: its words are nowhere, what stood on them says so, and nothing brings it back."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from analysis.models import AnalysisRun, Finding
from ingestion import deleting
from ingestion import services as ingestion
from ingestion.drafts import ChannelDraft, MessageDraft, PersonDraft
from ingestion.models import Delivery, Message, Quote
from knowledge.models import Atom, Embedding, Task
from proposals import redacting, services, tasks
from proposals.models import Evidence, Proposal, ReviewAction
from proposals.tests.dumps import looking
from proposals.tests.factories import (
    make_finding,
    make_message,
    make_proposal,
    make_quote,
    make_run,
    make_user,
)
from tasktracker.core.models import Event, RememberedAnswer, User, Workspace

pytestmark = pytest.mark.django_db
CANARY = "zebra-canary"
WORDS = f"The {CANARY} key of the  invoice export\nleaks since Tuesday."


def everywhere() -> list[str]:
    """Each table that holds the canary anywhere, as text or as bytes."""
    with connection.cursor() as cursor:
        cursor.execute(looking(), {"like": f"%{CANARY}%"})
        found = [name for (name,) in cursor.fetchall()]
        cursor.execute(
            "SELECT count(*) FROM ingestion_delivery WHERE position(convert_to(%s, 'UTF8') IN raw) > 0", [CANARY]
        )
        if cursor.fetchone()[0]:
            found.append("ingestion_delivery")
    return found


def said(workspace: Workspace) -> Message:
    """A message whose words went everywhere that words go."""
    message = make_message(workspace, WORDS)
    Delivery.objects.create(
        source=message.source,
        external_id="1",
        raw=f'{{"message_id": "{message.external_id}", "text": "{CANARY}"}}'.encode(),
        status="processed",
    )
    RememberedAnswer.objects.create(workspace=workspace, key="k", body=f"quote: {CANARY}", call_id=1)
    Embedding.objects.create(
        workspace=workspace, kind="message", object_id=message.pk, model="offline", dim=1, vector=[1.0], text_hash="x"
    )
    draft = MessageDraft(
        channel=ChannelDraft(message.channel.platform, message.channel.external_id, "general"),
        external_id=message.external_id,
        author=PersonDraft("p", "P"),
        text=WORDS + " And more.",
        sent_at=message.sent_at,
        edited_at=message.sent_at + timedelta(minutes=1),
    )
    make_quote(workspace, message)
    assert ingestion.record_message(source=message.source, draft=draft).outcome == "updated"
    message.refresh_from_db()
    return message


def approved(workspace: Workspace, alice: User, message: Message) -> tuple[Proposal, Proposal]:
    """An atom and a task that hold the message's words, approved."""
    quote = make_quote(workspace, message)
    run = make_run(workspace)
    AnalysisRun.objects.filter(pk=run.pk).update(plan={"names": [WORDS]})
    atom = make_proposal(
        workspace, "atom", "Leak", quotes=[quote], run=run, payload={"content": f"Somebody said: {WORDS.upper()}"}
    )
    atom = services.approve(proposal_id=atom.pk, by=alice)
    task = make_proposal(
        workspace,
        "task",
        f"Stop: {WORDS}"[:200],
        quotes=[quote],
        payload={"atoms": [atom.created_id]},
        run=run,
        fingerprint="t",
    )
    return atom, services.approve(proposal_id=task.pk, by=alice)


def test_the_words_of_a_deleted_message_are_in_no_table(workspace: Workspace, alice: User) -> None:
    message = said(workspace)
    approved(workspace, alice, message)
    assert {"ingestion_message", "proposals_proposal", "knowledge_atom", "proposals_reviewaction"} <= set(everywhere())

    ingestion.delete_message(message_id=message.pk, by=alice)
    tasks.forget_message(workspace.pk, message.pk)

    assert everywhere() == []
    assert Atom.objects.get().content == "Somebody said: [deleted]"
    assert Task.objects.get().title == "Stop: [deleted]"
    assert Atom.objects.get().quotes.get().is_stale
    assert not Embedding.objects.filter(kind="message").exists()
    assert redacting.forget_deleted() == 0


def test_a_decision_about_deleted_words_can_still_be_taken_back(workspace: Workspace, alice: User) -> None:
    message = said(workspace)
    atom, task = approved(workspace, alice, message)
    ingestion.delete_message(message_id=message.pk)
    tasks.forget_message(workspace.pk, message.pk)
    services.undo(proposal_id=task.pk, by=alice)
    services.undo(proposal_id=atom.pk, by=alice)
    assert not Task.objects.exists()
    assert not Atom.objects.exists()
    redacting.forget_deleted()
    services.set_aside_unproven()
    assert set(Proposal.objects.values_list("status", flat=True)) == {"needs_evidence"}
    assert everywhere() == []


@pytest.mark.long
def test_an_open_proposal_stands_on_what_is_left(workspace: Workspace) -> None:
    message, other = make_message(workspace, WORDS), make_message(workspace, "It leaks for me too, since Monday")
    both = make_proposal(workspace, quotes=[make_quote(workspace, message), make_quote(workspace, other)])
    only = make_proposal(workspace, quotes=[Quote.objects.get(message=message)])
    ingestion.delete_message(message_id=message.pk)
    tasks.forget_message(workspace.pk, message.pk)
    both.refresh_from_db()
    only.refresh_from_db()
    assert (both.status, only.status) == ("pending", "needs_evidence")
    assert [row.quote.message_id for row in both.evidence.select_related("quote")] == [other.pk]
    assert not only.evidence.exists()


def test_what_others_said_stays(workspace: Workspace, alice: User) -> None:
    other = make_message(workspace, "ok")
    kept = make_proposal(
        workspace, "atom", "Kept", quotes=[make_quote(workspace, other)], payload={"content": "ok, ok"}
    )
    message = make_message(workspace, "ok")
    ingestion.delete_message(message_id=message.pk, by=alice)
    tasks.forget_message(workspace.pk, message.pk)
    kept.refresh_from_db()
    other.refresh_from_db()
    assert kept.payload["content"] == "ok, ok"  # too short to be somebody's own words
    assert (other.text, other.deleted_at) == ("ok", None)


def test_a_message_that_is_not_deleted_is_not_forgotten(workspace: Workspace) -> None:
    message = make_message(workspace, WORDS)
    redacting.forget_message(message_id=message.pk)
    redacting.forget_deleted()
    message.refresh_from_db()
    assert message.text == WORDS


def test_no_import_and_no_edit_brings_it_back(workspace: Workspace) -> None:
    message = make_message(workspace, WORDS)
    draft = MessageDraft(
        channel=ChannelDraft(message.channel.platform, message.channel.external_id, "general"),
        external_id=message.external_id,
        author=PersonDraft("p", "P"),
        text=WORDS,
        sent_at=message.sent_at,
        edited_at=message.sent_at + timedelta(days=1),
    )
    ingestion.delete_message(message_id=message.pk)
    tasks.forget_deleted()
    assert ingestion.record_message(source=message.source, draft=draft).outcome == "unchanged"
    report = ingestion.record_messages(source=message.source, drafts=[draft])
    assert (report.created, report.updated) == (0, 0)
    message.refresh_from_db()
    assert message.text == ""


def test_what_an_answer_brought_after_the_deletion_is_swept(workspace: Workspace) -> None:
    message = make_message(workspace, WORDS)
    ingestion.delete_message(message_id=message.pk)
    tasks.forget_message(workspace.pk, message.pk)
    late = Quote.objects.create(workspace=workspace, message=message, start=0, end=len(WORDS), text=WORDS)
    proposal = make_proposal(workspace, "atom", quotes=[late], payload={"content": WORDS})
    assert redacting.forget_deleted() == 1
    proposal.refresh_from_db()
    assert proposal.payload["content"] == "[deleted]"
    assert not Evidence.objects.filter(proposal=proposal).exists()
    assert everywhere() == []


def test_two_passages_of_two_versions_at_one_place_are_both_emptied(workspace: Workspace) -> None:
    message = make_message(workspace, WORDS)
    for text in ("the first words here", "the other words now!"):
        Quote.objects.create(workspace=workspace, message=message, start=0, end=20, text=text)
    ingestion.delete_message(message_id=message.pk)
    redacting.forget_message(message_id=message.pk)
    assert [text.strip() for text in Quote.objects.values_list("text", flat=True)] == ["", ""]


def test_the_second_deletion_does_nothing_and_the_first_is_told_once(workspace: Workspace, alice: User) -> None:
    message = make_message(workspace, WORDS)
    first = ingestion.delete_message(message_id=message.pk, by=alice)
    again = ingestion.delete_message(message_id=message.pk, by=alice)
    assert first.deleted_at == again.deleted_at
    assert list(Event.objects.values_list("type", flat=True)) == ["message.deleted"]


@pytest.mark.long
def test_over_the_api_a_manager_deletes_and_a_reviewer_does_not(workspace: Workspace, alice: User) -> None:
    message = make_message(workspace, WORDS)
    boss = make_user(workspace, role="manager")
    client = Client()
    client.force_login(alice)
    assert client.delete(f"/api/messages/{message.pk}").status_code == 403
    client.force_login(boss)
    assert client.delete(f"/api/messages/{message.pk}").status_code == 204
    shown: dict[str, Any] = client.get(f"/api/messages/{message.pk}").json()
    assert shown["text"] == ""
    assert shown["deleted_at"]


def test_a_failed_job_leaves_its_words_to_the_next(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    message = make_message(workspace, WORDS)
    ingestion.delete_message(message_id=message.pk)

    def fails(**_: Any) -> None:
        raise RuntimeError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(deleting, "wipe", fails)
        with pytest.raises(RuntimeError):
            redacting.forget_message(message_id=message.pk)
    assert redacting.forget_deleted() == 1
    assert everywhere() == []


@pytest.mark.long
def test_findings_made_of_it_lose_the_words(workspace: Workspace) -> None:
    message = make_message(workspace, WORDS)
    run = make_run(workspace)
    finding = make_finding(run, "atom", "Leak", quotes=[make_quote(workspace, message)], content=WORDS)
    services.take_in(run_id=run.pk)
    ingestion.delete_message(message_id=message.pk)
    redacting.forget_message(message_id=message.pk)
    finding.refresh_from_db()
    assert finding.payload["content"] == "[deleted]"
    assert not ReviewAction.objects.exists()
    assert Finding.objects.count() == 1
    assert everywhere() == []


@pytest.mark.long
def test_on_its_page_a_manager_deletes_it(workspace: Workspace, alice: User) -> None:
    message = make_message(workspace, WORDS)
    client = Client()
    client.force_login(alice)
    assert "Delete the message" not in client.get(f"/messages/{message.pk}/").content.decode()
    client.force_login(make_user(workspace, role="manager"))
    assert "Delete the message" in client.get(f"/messages/{message.pk}/").content.decode()
    answer = client.post(f"/messages/{message.pk}/delete/", follow=True)
    shown = answer.content.decode()
    assert "The message is deleted" in shown
    assert CANARY not in shown
    assert "Delete the message" not in shown
