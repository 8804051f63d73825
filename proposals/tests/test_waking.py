"""What happens by itself: a run whose proposals are all decided is reviewed, and open again after an undo."""

import pytest
from django.utils import timezone

from analysis.models import AnalysisRun
from proposals import services, tasks
from proposals.tests.factories import make_finding, make_proposal, make_run, make_user, make_workspace

pytestmark = pytest.mark.django_db


def ended(run: AnalysisRun, status: str = "completed") -> AnalysisRun:
    AnalysisRun.objects.filter(pk=run.pk).update(status=status, finished_at=timezone.now())
    run.refresh_from_db()
    return run


def test_a_run_is_reviewed_when_the_last_proposal_is_decided() -> None:
    workspace = make_workspace()
    alice = make_user(workspace)
    run = ended(make_run(workspace))
    one, two = make_proposal(workspace, run=run), make_proposal(workspace, run=run)
    services.approve(proposal_id=one.pk, by=alice)
    tasks.settle_run(workspace.pk, one.pk)
    run.refresh_from_db()
    assert run.status == "completed"
    services.reject(proposal_id=two.pk, by=alice, reason="noise")
    tasks.settle_run(workspace.pk, two.pk)
    run.refresh_from_db()
    assert run.status == "reviewed"
    services.undo(proposal_id=two.pk, by=alice)
    tasks.sweep_findings()
    run.refresh_from_db()
    assert run.status == "completed"


def test_a_run_that_found_nothing_or_was_not_taken_in_is_not_reviewed() -> None:
    workspace = make_workspace()
    alice = make_user(workspace)
    empty, busy = ended(make_run(workspace)), ended(make_run(workspace))
    proposal = make_proposal(workspace, run=busy)
    make_finding(busy)
    services.approve(proposal_id=proposal.pk, by=alice)
    assert services.settle_runs() == 0
    assert {empty.status, busy.status} == {"completed"}
