"""Reading the desk. What a person may see starts at `visible_to`."""

from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet

from knowledge.models import Task
from proposals.models import Evidence, Proposal, ReviewAction
from proposals.similar import Similar, similar
from tasktracker.core.enums import Tier
from tasktracker.core.models import User, Workspace

__all__ = ["Similar", "similar"]

TIERS = {
    Tier.HIGH: Q(confidence__gt=0.9),
    Tier.MEDIUM: Q(confidence__gte=0.7, confidence__lte=0.9),
    Tier.LOW: Q(confidence__lt=0.7),
}
# What a policy approved nobody has judged: it tells nothing of how good a model is.
JUDGED = ~Q(status="approved", decided_by=None)


def visible_to(user: User) -> QuerySet[Proposal]:
    """The proposals of the workspaces in which `user` is a member."""
    return Proposal.objects.filter(workspace__memberships__user=user)


def inbox(workspace: Workspace) -> QuerySet[Proposal]:
    """What waits for a person, best first."""
    return Proposal.objects.filter(workspace=workspace, status=Proposal.Status.PENDING).order_by("-rank", "-id")


def with_evidence(proposals: QuerySet[Proposal]) -> QuerySet[Proposal]:
    """Proposals with what a list and a card show, in a fixed number of queries."""
    quotes = Evidence.objects.select_related(
        "quote__message__author", "quote__message__channel", "quote__message__source"
    )
    return proposals.select_related("decided_by", "project", "run").prefetch_related(
        Prefetch("evidence", queryset=quotes.order_by("quote__message__sent_at", "id"))
    )


def history_of(proposal: Proposal) -> QuerySet[ReviewAction]:
    """What people did to it, newest first, what was taken back included."""
    return proposal.actions.select_related("by", "undone_by").defer("changes").order_by("-id")


def proposal_of(task: Task) -> Proposal | None:
    """The proposal whose approval made the task, None for one made by hand."""
    made = Proposal.objects.filter(
        workspace_id=task.workspace_id, kind="task", created_kind="task", created_id=task.pk, status="approved"
    )
    return with_evidence(made).order_by("decided_at", "id").first()


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What became of the decided proposals of a group; `edited` ones are among the approved."""

    decided: int = 0
    approved: int = 0
    edited: int = 0
    rejected: int = 0
    merged: int = 0


def _outcomes(proposals: QuerySet[Proposal], *groups: str) -> list[dict[str, Any]]:
    edits = ReviewAction.objects.filter(
        proposal=OuterRef("pk"), verb=ReviewAction.Verb.APPROVE, undone_at=None, edited=True
    )
    counted = (
        proposals.filter(JUDGED, decided_at__isnull=False)
        .annotate(was_edited=Exists(edits))
        .values(*groups)
        .annotate(
            decided=Count("pk"),
            approved=Count("pk", filter=Q(status="approved")),
            edited=Count("pk", filter=Q(status="approved", was_edited=True)),
            rejected=Count("pk", filter=Q(status="rejected")),
            merged=Count("pk", filter=Q(status="merged")),
        )
        .order_by(*groups)
    )
    return list(counted)


def tier_statistics(workspace: Workspace, *, kind: str | None = None) -> dict[Tier, Outcomes]:
    """What each tier of confidence has meant so far."""
    proposals = Proposal.objects.filter(workspace=workspace)
    if kind is not None:
        proposals = proposals.filter(kind=kind)
    found = {}
    for tier, limits in TIERS.items():
        rows = _outcomes(proposals.filter(limits), "workspace")
        found[tier] = Outcomes(**{k: v for k, v in rows[0].items() if k != "workspace"}) if rows else Outcomes()
    return found


def acceptance_by_engine(workspace: Workspace) -> list[tuple[str, str, Outcomes]]:
    """(agent or provider, prompt version, outcomes) for each engine whose proposals were decided."""
    groups = ("run__agent__name", "run__provider__name", "run__prompt_version")
    rows = _outcomes(Proposal.objects.filter(workspace=workspace, run__isnull=False), *groups)
    found = []
    for row in rows:
        agent, provider, version = (row.pop(name) for name in groups)
        found.append((agent or provider, version or "", Outcomes(**row)))
    return found


def would_have_approved(workspace: Workspace, *, threshold: float) -> tuple[int, int]:
    """How many decided proposals an automatic approval from `threshold` up would have taken, and how many wrongly."""
    above = Proposal.objects.filter(JUDGED, workspace=workspace, decided_at__isnull=False, confidence__gte=threshold)
    counts = above.aggregate(all=Count("pk"), wrong=Count("pk", filter=Q(status="rejected")))
    return int(counts["all"]), int(counts["wrong"])


def accuracy_of(run_id: int) -> dict[str, Any]:
    """What became of a run's proposals: the counts of `Outcomes`, `open`, `by_reason`, and the `accuracy`.

    That is the approved share of what was decided; null where nothing was.
    """
    proposals = Proposal.objects.filter(run_id=run_id)
    rows = _outcomes(proposals, "run")
    found = Outcomes(**{name: value for name, value in rows[0].items() if name != "run"}) if rows else Outcomes()
    reasons = proposals.filter(status="rejected").order_by("reject_reason").values_list("reject_reason")
    return {
        **asdict(found),
        "open": proposals.filter(status__in=Proposal.OPEN).count(),
        "by_reason": dict(reasons.annotate(count=Count("pk"))),
        "accuracy": round(found.approved / found.decided, 4) if found.decided else None,
    }
