"""What review has taught: counted from people's decisions that stand, in as many queries for ten as for a thousand."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from analysis.models import Agent, AnalysisRun, Provider
from proposals import learning, selectors, services
from proposals.cards import card_of
from proposals.engines import engines_of
from proposals.learning import Outcomes
from proposals.models import Proposal
from proposals.tests.factories import make_decided, make_proposal, make_run, make_sure, make_user, make_workspace
from tasktracker.core.models import User, Workspace

pytestmark = pytest.mark.django_db


def make_agent_run(workspace: Workspace, version: int, prompt: str = "3") -> AnalysisRun:
    provider, _ = Provider.objects.get_or_create(workspace=workspace, name="server", defaults={"kind": "ollama"})
    agent, _ = Agent.objects.get_or_create(
        workspace=workspace, name="reader", defaults={"purpose": "extract_knowledge", "provider": provider}
    )
    return AnalysisRun.objects.create(
        workspace=workspace,
        stage="knowledge",
        provider=provider,
        agent=agent,
        agent_version=version,
        prompt_version=prompt,
    )


def made(workspace: Workspace, run: AnalysisRun | None = None, kind: str = "atom", confidence: float = 0.9) -> Proposal:
    return make_proposal(workspace, kind, run=run, confidence=confidence)


def find(workspace: Workspace, **wanted: object) -> Outcomes:
    rows = [row for row in learning.by_version(workspace) if all(getattr(row, k) == v for k, v in wanted.items())]
    assert len(rows) == 1, rows
    return rows[0]


def test_outcomes_are_told_apart_by_agent_version_prompt_and_kind(workspace: Workspace, alice: User) -> None:
    third, fourth, offline = make_agent_run(workspace, 3), make_agent_run(workspace, 4), make_run(workspace)
    for run in (third, third, fourth, offline):
        services.approve(proposal_id=made(workspace, run).pk, by=alice)
    services.approve(proposal_id=made(workspace, third).pk, by=alice, edits={"title": "Another title"})
    services.reject(proposal_id=made(workspace, third).pk, by=alice, reason="noise")
    services.reject(proposal_id=made(workspace, third).pk, by=alice, reason="wrong_facts")
    services.reject(proposal_id=made(workspace, third, "task").pk, by=alice, reason="noise")
    into = made(workspace, fourth)
    services.merge(proposal_id=made(workspace, third).pk, by=alice, into=services.Target("proposal", into.pk))

    row = find(workspace, agent="reader", version=3, prompt_version="3", kind="atom")
    assert (row.decided, row.approved_unedited, row.approved_edited, row.rejected, row.merged) == (6, 2, 1, 2, 1)
    assert row.reasons == {"noise": 1, "wrong_facts": 1}
    assert row.acceptance == pytest.approx(3 / 6)
    assert find(workspace, version=3, kind="task").reasons == {"noise": 1}
    assert find(workspace, version=4).decided == 1
    assert find(workspace, agent="offline", version=None).approved_unedited == 1


def test_an_undone_decision_counts_only_as_undone(workspace: Workspace, alice: User) -> None:
    proposal = made(workspace, make_agent_run(workspace, 1))
    services.approve(proposal_id=proposal.pk, by=alice, edits={"title": "Another title"})
    services.undo(proposal_id=proposal.pk, by=alice)
    row = find(workspace, version=1)
    assert (row.decided, row.undone, row.acceptance) == (0, 1, None)
    assert learning.learning(workspace).decided == 0
    services.reject(proposal_id=proposal.pk, by=alice, reason="noise")
    row = find(workspace, version=1)
    assert (row.decided, row.rejected, row.approved_edited, row.undone) == (1, 1, 0, 1)


@pytest.mark.long
def test_what_a_policy_approved_is_nobodys_judgement(workspace: Workspace, alice: User) -> None:
    run = make_agent_run(workspace, 1)
    services.approve(proposal_id=made(workspace, run).pk, by=None)
    services.reject(proposal_id=made(workspace, run).pk, by=alice, reason="noise")
    row = find(workspace, version=1)
    assert (row.decided, row.approved_unedited, row.rejected, row.auto, row.acceptance) == (1, 0, 1, 1, 0.0)
    assert learning.learning(workspace).decided == 1
    # and nowhere else a proof of how good the model is
    assert selectors.would_have_approved(workspace, threshold=0.5) == (1, 1)
    assert sum(one.decided for one in selectors.tier_statistics(workspace).values()) == 1
    assert card_of(made(workspace)).meaning == "Of 1 like this, 0 were approved."


def test_each_hundredth_of_confidence_is_its_own(workspace: Workspace) -> None:
    """0.57 × 100 is 56.99… in floating point, and must not become 56."""
    Proposal.objects.bulk_create(
        Proposal(
            workspace=workspace, kind="atom", status="rejected", decided_at=timezone.now(), fingerprint=str(number),
            title="t", payload={}, confidence=number / 100,
        )
        for number in range(101)
    )  # fmt: skip
    cells = learning.decisions(workspace)
    assert sorted((cell.hundredths, cell.rejected) for cell in cells) == [(number, 1) for number in range(101)]


@pytest.mark.long
def test_what_if_is_by_kind_and_counts_only_what_is_new(workspace: Workspace, alice: User) -> None:
    for confidence in (0.91, 0.92, 0.95):
        services.approve(proposal_id=made(workspace, confidence=confidence).pk, by=alice)
    services.reject(proposal_id=made(workspace, confidence=0.97).pk, by=alice, reason="noise")
    services.reject(proposal_id=made(workspace, kind="task", confidence=0.97).pk, by=alice, reason="noise")
    update = make_proposal(workspace, "atom", recommendation="reject", confidence=0.99)
    services.reject(proposal_id=update.pk, by=alice, reason="noise")

    rows = {(row.kind, row.threshold): row for row in learning.learning(workspace).what_if}
    at = rows["atom", 0.92]
    assert (at.approved, at.unedited, at.rejected, at.wrong) == (3, 2, 1, 1)
    assert rows["atom", 0.91].approved == 4
    assert rows["atom", 0.98].approved == 0
    assert rows["task", 0.7].rejected == 1


@pytest.mark.long
def test_what_a_policy_would_have_taken_is_sure_enough_said_by_two_and_of_its_engine(
    workspace: Workspace, alice: User
) -> None:
    first, second = make_agent_run(workspace, 1), make_agent_run(workspace, 2)
    engine = engines_of([first.pk])[first.pk]
    for run in (first, second):
        services.approve(proposal_id=make_sure(workspace, run=run).pk, by=alice)
    services.reject(proposal_id=make_sure(workspace, run=first, confidence=0.92).pk, by=alice, reason="noise")
    services.reject(proposal_id=make_sure(workspace, run=first, confidence=0.91).pk, by=alice, reason="noise")
    services.reject(proposal_id=made(workspace, first, confidence=0.95).pk, by=alice, reason="noise")
    services.reject(proposal_id=make_sure(workspace, run=None).pk, by=alice, reason="noise")
    seen = learning.would_have(workspace, kind="atom", threshold=0.92, engine=engine)
    assert (seen.approved, seen.unedited, seen.wrong, seen.agreement) == (2, 1, 1, 0.5)
    assert learning.would_have(workspace, kind="atom", threshold=0.92, engine="").approved == 0


def test_another_workspace_is_not_counted(workspace: Workspace) -> None:
    other = make_workspace("elsewhere")
    services.reject(proposal_id=made(other).pk, by=make_user(other), reason="noise")
    found = learning.learning(workspace)
    assert (found.by_version, found.decided, found.samples) == ([], 0, [])
    assert not any(row.approved for row in found.what_if)


@pytest.mark.long
def test_it_takes_four_queries_whatever_was_decided(workspace: Workspace, alice: User) -> None:
    for number in range(12):
        run = make_agent_run(workspace, number % 3 + 1)
        make_decided(workspace, alice, 2, wrong=1, run=run, confidence=number / 12)
    with CaptureQueriesContext(connection) as queries:
        learning.learning(workspace)
    assert len(queries) == 4
