"""From a chat through the offline engine and the desk to a task and back, with the real stages in this process."""

import pytest

from analysis import execution
from analysis import services as analysis
from analysis.models import AnalysisRun, Finding
from analysis.tests.factories import make_chat, make_workspace
from knowledge.models import Atom, Embedding, Task, Topic
from knowledge.tasks import embed_missing
from proposals import selectors, tasks
from proposals.models import Intake, Proposal
from proposals.services import approve, undo
from proposals.tests.dumps import dump
from proposals.tests.factories import make_user
from tasktracker.core.models import Workspace
from tasktracker.tests.support import count

pytestmark = pytest.mark.django_db(transaction=True)


def work(workspace: Workspace, stage: str) -> AnalysisRun:
    run = analysis.create_run(workspace=workspace, stage=stage)
    analysis.start_run(run_id=run.pk)
    execution.begin(run_id=run.pk)
    execution.run_lane(run_id=run.pk)
    tasks.propose_for_run(workspace.pk, run.pk)
    return run


def test_both_stages_and_back() -> None:
    workspace = make_workspace()
    alice = make_user(workspace)
    make_chat(workspace, count(2, 3))
    run = work(workspace, "knowledge")
    assert Intake.objects.count() == Finding.objects.filter(run=run).count() > 0
    proposals = list(Proposal.objects.order_by("id"))
    assert {"topic", "atom"} <= {proposal.kind for proposal in proposals}
    assert Embedding.objects.filter(kind="proposal").count() == len(proposals)
    for proposal in proposals:
        assert proposal.status == ("pending" if proposal.evidence.exists() else "needs_evidence")
    empty = dump()
    order = [proposal.pk for proposal in proposals if proposal.status == "pending"]
    for pk in order:
        approve(proposal_id=pk, by=alice)
    assert Topic.objects.exists()
    assert Atom.objects.exclude(topics=None).exists()

    second = work(workspace, "tasks")
    made = Proposal.objects.filter(kind="task", run=second, status="pending")
    for proposal in made:
        approve(proposal_id=proposal.pk, by=alice)
        task = Task.objects.get(pk=Proposal.objects.get(pk=proposal.pk).created_id)
        assert task.atoms.exists()
        origin = selectors.proposal_of(task)
        assert origin is not None
        assert origin.pk == proposal.pk
        embed_missing()
        undo(proposal_id=proposal.pk, by=alice)
    Finding.objects.filter(run=second).delete()
    second.delete()
    Proposal.objects.filter(kind="task").delete()
    for pk in reversed(order):
        undo(proposal_id=pk, by=alice)
    now = dump()
    for table in ("knowledge_topic", "knowledge_atom", "knowledge_atomlink", "knowledge_task", "proposals_proposal"):
        assert now[table] == empty[table], table
