"""Findings are taken in once; what repeats adds up, what was refused stays away, what is known is updated."""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from analysis.models import AnalysisRun, Finding, Window
from ingestion.models import Quote
from knowledge.models import Memory, Task, Topic
from proposals import services, tasks
from proposals.models import Evidence, Intake, Proposal
from proposals.tests.factories import (
    make_finding,
    make_message,
    make_proposal,
    make_quote,
    make_run,
    make_workspace,
    payload_for,
)
from tasktracker.core.models import Event, User, Workspace

pytestmark = pytest.mark.django_db


def test_a_finding_becomes_a_pending_proposal_with_its_quotes(run: AnalysisRun) -> None:
    finding = make_finding(run, "atom", "Retry limit is five", confidence=0.95, topic="Retries")
    assert services.take_in(run_id=run.pk) == {"proposed": 1}
    proposal = Proposal.objects.get()
    assert (proposal.status, proposal.kind, proposal.title) == ("pending", "atom", "Retry limit is five")
    assert proposal.payload["topic"] == "Retries"
    assert "confidence" not in proposal.payload
    assert "evidence" not in proposal.payload
    assert set(proposal.origins.values()) == {"ai"}
    assert [row.quote for row in proposal.evidence.all()] == list(finding.quotes.all())
    assert proposal.rank > 0.95
    assert Event.objects.filter(type="proposal.created", object_id=proposal.pk).count() == 1


def test_taking_in_twice_changes_nothing(run: AnalysisRun) -> None:
    make_finding(run)
    services.take_in(run_id=run.pk)
    assert services.take_in(run_id=run.pk) == {}
    assert (Proposal.objects.count(), Evidence.objects.count(), Intake.objects.count()) == (1, 1, 1)


def test_an_unproven_finding_needs_evidence_and_leaves_the_inbox_alone(run: AnalysisRun) -> None:
    make_finding(run, unproven=True)
    services.take_in(run_id=run.pk)
    assert Proposal.objects.get().status == "needs_evidence"


def test_a_proven_repetition_gives_the_unproven_one_its_evidence(run: AnalysisRun) -> None:
    make_finding(run, unproven=True)
    services.take_in(run_id=run.pk)
    make_finding(run)
    assert services.take_in(run_id=run.pk) == {"repeated": 1}
    assert Proposal.objects.get().status == "pending"


def test_a_repetition_adds_evidence_and_rank_to_what_waits(run: AnalysisRun, workspace: Workspace) -> None:
    make_finding(run)
    make_finding(run)
    assert services.take_in(run_id=run.pk) == {"proposed": 1, "repeated": 1}
    proposal = Proposal.objects.get()
    assert proposal.evidence.count() == 2
    rank = proposal.rank
    make_finding(make_run(workspace))
    tasks.sweep_findings()
    proposal.refresh_from_db()
    assert proposal.evidence.count() == 3
    assert proposal.rank > rank


def test_the_same_quote_again_is_no_second_evidence(run: AnalysisRun, workspace: Workspace) -> None:
    quote = make_quote(workspace)
    make_finding(run, quotes=[quote])
    make_finding(run, quotes=[quote])
    services.take_in(run_id=run.pk)
    assert Evidence.objects.count() == 1


def test_an_edit_of_a_person_survives_a_repetition(run: AnalysisRun, alice: User) -> None:
    make_finding(run, "atom", "Retry limit is five", links=[{"to": "Other", "type": "supports"}])
    services.take_in(run_id=run.pk)
    proposal = Proposal.objects.get()
    services.edit(proposal_id=proposal.pk, by=alice, fields={"content": "Five, says Ann."})
    make_finding(run, "atom", "Retry limit is five", content="six", links=[{"to": "New", "type": "solves"}])
    services.take_in(run_id=run.pk)
    proposal.refresh_from_db()
    assert proposal.payload["content"] == "Five, says Ann."
    assert [link["to"] for link in proposal.payload["links"]] == ["Other", "New"]


def test_the_rejected_stays_away_until_two_new_independent_messages(
    run: AnalysisRun, workspace: Workspace, alice: User
) -> None:
    make_finding(run)
    services.take_in(run_id=run.pk)
    services.reject(proposal_id=Proposal.objects.get().pk, by=alice, reason="noise")
    assert Memory.objects.get().messages.count() == 1

    make_finding(run, quotes=[make_quote(workspace, text="it fails again", author="Bob")])
    assert services.take_in(run_id=run.pk) == {"remembered": 1}
    make_finding(run, quotes=[make_quote(workspace, text="it fails once more", author="Bob")])
    assert services.take_in(run_id=run.pk) == {"remembered": 1}, "one person is one voice"
    make_finding(run, quotes=[make_quote(workspace, text="IT FAILS  again", author="Eve")])
    assert services.take_in(run_id=run.pk) == {"remembered": 1}, "a text passed on is no voice"
    make_finding(run, quotes=[make_quote(workspace, text="here too, with VAT ids", author="Dan")])
    assert services.take_in(run_id=run.pk) == {"proposed": 1}
    back = Proposal.objects.get(status="pending")
    assert back.evidence.count() == 4, "what was kept away supports it as well"


def test_messages_that_were_seen_when_it_was_rejected_do_not_count(
    run: AnalysisRun, workspace: Workspace, alice: User
) -> None:
    quotes = [make_quote(workspace, text=f"report {n}", author=f"P{n}") for n in range(3)]
    make_finding(run, quotes=quotes)
    services.take_in(run_id=run.pk)
    services.reject(proposal_id=Proposal.objects.get().pk, by=alice, reason="out_of_scope")
    make_finding(run, quotes=quotes)
    assert services.take_in(run_id=run.pk) == {"remembered": 1}


def test_approving_forgets_an_earlier_rejection(run: AnalysisRun, workspace: Workspace, alice: User) -> None:
    make_finding(run)
    services.take_in(run_id=run.pk)
    services.reject(proposal_id=Proposal.objects.get().pk, by=alice, reason="noise")
    quotes = [make_quote(workspace, text=f"report {n}", author=f"P{n}") for n in range(2)]
    make_finding(run, quotes=quotes)
    services.take_in(run_id=run.pk)
    services.approve(proposal_id=Proposal.objects.get(status="pending").pk, by=alice)
    assert not Memory.objects.exists()


def test_a_repetition_of_something_approved_with_new_words_is_an_update_with_a_diff(
    run: AnalysisRun, alice: User
) -> None:
    make_finding(run, "task", "Fix the EU export", description="It dies.", labels=["export"])
    services.take_in(run_id=run.pk)
    services.approve(proposal_id=Proposal.objects.get().pk, by=alice)
    said: dict[str, Any] = {"description": "Only with a VAT id.", "labels": ["vat"], "priority": "critical"}
    make_finding(run, "task", "Fix the EU export", **said)
    assert services.take_in(run_id=run.pk) == {"proposed": 1}
    update = Proposal.objects.get(status="pending")
    task = Task.objects.get()
    assert (update.recommendation, update.target_id) == ("update_existing", task.pk)
    assert update.payload["diff"] == {
        "description": {"before": "It dies.", "after": "It dies.\n\nOnly with a VAT id."},
        "priority": {"before": "high", "after": "critical"},
        "labels": {"before": ["export"], "after": ["export", "vat"]},
    }
    Task.objects.update(title="Renamed by hand")
    services.approve(proposal_id=update.pk, by=alice)
    task.refresh_from_db()
    assert (task.title, task.priority, task.labels) == ("Renamed by hand", "critical", ["export", "vat"])
    assert task.quotes.count() == 2
    assert Task.objects.count() == 1


def test_nothing_new_about_something_approved_is_known(run: AnalysisRun, workspace: Workspace, alice: User) -> None:
    quote = make_quote(workspace)
    make_finding(run, "task", "Fix the EU export", quotes=[quote])
    services.take_in(run_id=run.pk)
    made = Proposal.objects.get()
    services.approve(proposal_id=made.pk, by=alice)
    make_finding(run, "task", "Fix the EU export", quotes=[quote], description="The same words, told otherwise.")
    assert services.take_in(run_id=run.pk) == {"known": 1}
    assert Intake.objects.get(outcome="known").proposal == made


def test_a_topic_that_is_only_mentioned_again_bothers_nobody(run: AnalysisRun, alice: User) -> None:
    make_finding(run, "topic", "Billing")
    services.take_in(run_id=run.pk)
    services.approve(proposal_id=Proposal.objects.get().pk, by=alice)
    make_finding(run, "topic", "Billing")
    assert services.take_in(run_id=run.pk) == {"known": 1}
    make_finding(run, "topic", "Billing", keywords=["vat"])
    assert services.take_in(run_id=run.pk) == {"proposed": 1}


def test_what_the_model_calls_known_becomes_an_update_of_it(run: AnalysisRun, workspace: Workspace) -> None:
    topic = Topic.objects.create(workspace=workspace, name="Invoices")
    make_finding(run, "topic", "Invoicing", keywords=["vat"], known={"kind": "topic", "id": topic.pk})
    make_finding(run, "topic", "The invoices", keywords=["eu"], known={"kind": "topic", "id": topic.pk})
    assert services.take_in(run_id=run.pk) == {"proposed": 1, "repeated": 1}
    update = Proposal.objects.get()
    assert update.target_id == topic.pk
    assert update.payload["diff"]["keywords"]["after"] == ["vat", "eu"]


def test_an_object_of_another_workspace_is_not_known_here(run: AnalysisRun) -> None:
    other = Topic.objects.create(workspace=make_workspace(), name="Invoices")
    make_finding(run, "topic", "Invoices", known={"kind": "topic", "id": other.pk})
    services.take_in(run_id=run.pk)
    assert Proposal.objects.get().target_id is None


def test_something_made_by_hand_is_known_by_its_title(run: AnalysisRun, workspace: Workspace) -> None:
    topic = Topic.objects.create(workspace=workspace, name="BILLING")
    make_finding(run, "topic", "Billing", description="Money.")
    services.take_in(run_id=run.pk)
    assert Proposal.objects.get().target_id == topic.pk


def test_what_a_person_called_the_same_is_united(run: AnalysisRun, workspace: Workspace, alice: User) -> None:
    first = make_proposal(workspace, "topic", "Billing")
    second = make_proposal(workspace, "topic", "Invoices")
    services.merge(proposal_id=second.pk, into_id=first.pk, by=alice)
    make_finding(run, "topic", "Invoices", fingerprint=second.fingerprint)
    assert services.take_in(run_id=run.pk) == {"repeated": 1}
    assert first.evidence.count() == 3


def test_a_snoozed_proposal_gathers_evidence_asleep(run: AnalysisRun, alice: User) -> None:
    make_finding(run)
    services.take_in(run_id=run.pk)
    proposal = Proposal.objects.get()
    services.snooze(proposal_id=proposal.pk, by=alice, until=timezone.now() + timedelta(days=1))
    make_finding(run)
    services.take_in(run_id=run.pk)
    proposal.refresh_from_db()
    assert (proposal.status, proposal.evidence.count()) == ("snoozed", 2)


@pytest.mark.long
def test_two_thousand_findings_within_seconds(run: AnalysisRun, workspace: Workspace) -> None:
    messages = [make_message(workspace, text=f"report {n}") for n in range(50)]
    quotes = [make_quote(workspace, message) for message in messages]
    windows = Window.objects.bulk_create([Window(run=run, ordinal=n) for n in range(200)])
    findings = Finding.objects.bulk_create(
        Finding(
            workspace=workspace,
            run=run,
            window=windows[n % 200],
            ordinal=n // 200,
            kind="atom",
            payload=payload_for("atom", f"Finding {n % 1500}"),
            title=f"Finding {n % 1500}",
            fingerprint=f"f{n % 1500}",
            confidence=0.8,
        )
        for n in range(2000)
    )
    Finding.quotes.through.objects.bulk_create(
        Finding.quotes.through(finding_id=finding.pk, quote_id=quotes[n % 50].pk) for n, finding in enumerate(findings)
    )
    began = time.process_time()
    with CaptureQueriesContext(connection) as seen:
        assert services.take_in(run_id=run.pk) == {"proposed": 1500, "repeated": 500}
    assert len(seen) < 400, "a fixed number for each batch, none for each finding"
    assert time.process_time() - began < 10  # of this process: other load doesn't count
    assert Quote.objects.count() == 50
    assert Intake.objects.count() == 2000
