"""What happens by itself: the snoozed come back, the unproven leave the queue, runs count as reviewed."""

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from analysis import services as analysis
from analysis.models import AnalysisRun, Finding
from proposals import transitions
from proposals.decisions import S, seat
from proposals.models import Evidence, Proposal, ReviewAction
from tasktracker.core.events import ProposalCreated, emit

AT_ONCE = 500


def wake_snoozed() -> int:
    """Bring back every snoozed proposal whose time has come; how many. Safe to run twice at once."""
    due = Proposal.objects.filter(status=S.SNOOZED, snoozed_until__lte=timezone.now()).order_by("snoozed_until")
    woken = 0
    for pk in list(due.values_list("pk", flat=True)[:AT_ONCE]):
        with seat(pk, by=None) as at:
            proposal = at.proposal
            if proposal.status != S.SNOOZED or proposal.snoozed_until is None:
                continue
            if proposal.snoozed_until > timezone.now():
                continue  # put off again in the meantime
            to = S.PENDING if proposal.evidence.exists() else S.NEEDS_EVIDENCE
            row = transitions.go(proposal, to=to, by=None, journal=at.journal, note="woke up").row
            # the snooze is over: an undo must not put it to sleep or wake it a second time
            ReviewAction.objects.filter(proposal=row, verb=ReviewAction.Verb.SNOOZE, undone_at=None).update(
                undone_at=timezone.now()
            )
            emit(
                ProposalCreated(
                    workspace_id=row.workspace_id,
                    object_id=row.pk,
                    proposal_kind=row.kind,
                    status=row.status,
                    run=row.run_id,
                )
            )
            woken += 1
    return woken


def set_aside_unproven() -> int:
    """Proposals whose last quote went with a deleted message need evidence again; how many."""
    left = ~Exists(Evidence.objects.filter(proposal=OuterRef("pk")))
    bare = Proposal.objects.filter(left, status=S.PENDING).order_by("pk")
    moved = 0
    for pk in list(bare.values_list("pk", flat=True)[:AT_ONCE]):
        with seat(pk, by=None) as at:
            if at.proposal.status == S.PENDING and not at.proposal.evidence.exists():
                transitions.go(at.proposal, to=S.NEEDS_EVIDENCE, by=None, journal=at.journal, note="no quote is left")
                moved += 1
    return moved


def settle_runs(*, run_id: int | None = None) -> int:
    """Runs whose proposals are all decided are reviewed, those with one that is open again are not; how many moved."""
    waits = Exists(Proposal.objects.filter(run=OuterRef("pk"), status__in=Proposal.OPEN))
    any_at_all = Exists(Proposal.objects.filter(run=OuterRef("pk")))
    ended = Q(status__in=["completed", "partial"])
    runs = AnalysisRun.objects.filter(
        (ended & any_at_all & ~waits & ~Exists(Finding.objects.filter(run=OuterRef("pk"), intake=None)))
        | (Q(status="reviewed") & waits)
    )
    if run_id is not None:
        runs = runs.filter(pk=run_id)
    moved = 0
    for run in runs.order_by("pk")[:AT_ONCE]:
        settle = analysis.reopen_run if run.status == "reviewed" else analysis.review_run
        settle(run_id=run.pk)
        moved += 1
    return moved
