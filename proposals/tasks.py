"""Jobs of the desk: ids in, one call; done already means return."""

from celery import shared_task

from analysis import services as runs
from analysis.asking import agent_for
from analysis.models import AnalysisRun, Assignment, Finding
from knowledge import vectors
from proposals import digests, erasing, judging, redacting, selectors, services
from proposals.models import AutoApproval, Proposal
from proposals.similar import local_only, text_of, without_vector
from tasktracker.core.enums import Purpose
from tasktracker.core.events import enqueue

RUNS_AT_ONCE = 20
EMBED_AT_ONCE = 500


@shared_task(ignore_result=True)
def propose_for_run(workspace_id: int, run_id: int) -> None:
    """Take in what the run has found so far (started by run.progress and run.completed).

    Vectors follow at the end, or with the next sweep: while it works, the run needs the machine more than they do.
    """
    services.take_in(run_id=run_id)
    if not AnalysisRun.objects.filter(pk=run_id, status__in=AnalysisRun.LIVE).exists():
        embed_proposals(workspace_id)
        services.auto_approve(workspace_id=workspace_id)
        if agent_for(workspace_id, Purpose.JUDGE_SAME):
            enqueue("proposals.tasks.judge_maybes", workspace_id)


@shared_task(ignore_result=True)
def judge_maybes(workspace_id: int) -> None:
    """Ask the assigned agent about pairs that may be the same (started by the end of a run, and by the sweep)."""
    judging.judge_maybes(workspace_id=workspace_id)


@shared_task(ignore_result=True)
def settle_run(workspace_id: int, proposal_id: int) -> None:
    """See whether the proposal's run is reviewed now, or open again; and what a sample says of its policy.

    Started by each decision.
    """
    services.check_samples(workspace_id=workspace_id)
    run_id = Proposal.objects.filter(pk=proposal_id).values_list("run_id", flat=True).first()
    if run_id is not None:
        services.settle_runs(run_id=run_id)


@shared_task(ignore_result=True)
def keep_accuracy(workspace_id: int, run_id: int) -> None:
    """Keep with a closed run what people decided about its proposals (started by run.closed)."""
    runs.keep_accuracy(run_id=run_id, accuracy=selectors.accuracy_of(run_id))


@shared_task(ignore_result=True)
def sweep_findings() -> None:
    """Whatever a lost message left behind: findings that nobody took in, quotes that are gone, runs to settle.

    Then what was proposed meanwhile is embedded, and what a policy covers is approved.
    """
    left = Finding.objects.filter(intake=None).order_by("run_id").values_list("run_id", flat=True).distinct()
    for run_id in list(left[:RUNS_AT_ONCE]):
        services.take_in(run_id=run_id)
    services.set_aside_unproven()
    services.settle_runs()
    waiting = without_vector().order_by().values_list("workspace_id", flat=True).distinct()
    for workspace_id in list(waiting):
        embed_proposals(workspace_id)
    policies = AutoApproval.objects.filter(is_active=True).order_by().values_list("workspace_id", flat=True)
    for workspace_id in list(policies.distinct()):
        services.auto_approve(workspace_id=workspace_id)
    judges = Assignment.objects.filter(purpose=Purpose.JUDGE_SAME).values("workspace_id")
    unjudged = judging.unjudged().filter(workspace_id__in=judges).order_by()
    for workspace_id in list(unjudged.values_list("workspace_id", flat=True).distinct()):
        if agent_for(workspace_id, Purpose.JUDGE_SAME):
            enqueue("proposals.tasks.judge_maybes", workspace_id)


def embed_proposals(workspace_id: int) -> None:
    """Embed what waits in a workspace, so that a card finds what is most like it."""
    rows = without_vector().filter(workspace_id=workspace_id).order_by("-id")[:EMBED_AT_ONCE]
    texts = [(row.pk, text_of(row)) for row in rows]
    vectors.store(workspace_id=workspace_id, kind="proposal", owner=Proposal, texts=texts, local_only=local_only())


@shared_task(ignore_result=True)
def wake_snoozed() -> None:
    """Bring back what was put off until now."""
    services.wake_snoozed()


@shared_task(ignore_result=True)
def forget_message(workspace_id: int, message_id: int) -> None:
    """Take a deleted message's words out of everything (started by message.deleted)."""
    redacting.forget_message(message_id=message_id)
    services.set_aside_unproven()


@shared_task(ignore_result=True)
def forget_deleted() -> None:
    """Whatever a lost message, or an answer that came later, left of the words of deleted messages."""
    redacting.forget_deleted()
    erasing.go_on()


# A long history is thousands of messages. Acknowledged before it begins: the sweep goes on with what was cut off.
@shared_task(ignore_result=True, acks_late=False, soft_time_limit=3600, time_limit=3660)
def erase_person(workspace_id: int, erasure_id: int) -> None:
    """Take a person's words and name out of everything (asked for on the page of people)."""
    erasing.erase(erasure_id=erasure_id)


@shared_task(ignore_result=True)
def send_digests() -> None:
    """Tell whoever is on duty what waits, when their morning has come."""
    digests.send_due()
