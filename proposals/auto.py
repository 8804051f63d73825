"""Approval by policy: off until a manager turns it on, watched by a sample for people, undone like any other."""

import hashlib
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from knowledge import desk
from knowledge.models import Embedding
from proposals import decisions, learning
from proposals.cards import LIKENESS
from proposals.models import AutoApproval, Evidence, Proposal, ReviewAction
from proposals.similar import similar
from tasktracker.core.enums import Recommendation
from tasktracker.core.errors import Conflict, DomainError, Invalid
from tasktracker.core.models import User, Workspace

FEWEST = 20  # decisions of a kind, before anything can be said about it
AT_ONCE = 500
LAST = 50  # samples, and approvals, that the policy is judged by
ENOUGH = 10  # of them, before it is
MOST_REJECTED = 0.1
MAYBE = next(least for least, word in LIKENESS if word == "maybe")


@dataclass(frozen=True, slots=True)
class Done:
    """How many were approved, and how many were kept for people as a sample."""

    approved: int = 0
    sampled: int = 0


def save_policy(*, workspace: Workspace, kind: str, threshold: float, sample_rate: float, by: User) -> AutoApproval:
    """Set what a policy would do. A new one is off; another threshold turns it off, so that it is looked at first.

    Raises `Invalid`.
    """
    if kind not in learning.KINDS:
        raise Invalid(f"{kind!r} is no kind: use one of {', '.join(learning.KINDS)}.", field="kind")
    _check("threshold", threshold, AutoApproval.LEAST)
    _check("sample_rate", sample_rate, AutoApproval.LEAST_SAMPLE)
    with _held(workspace):
        row = AutoApproval.objects.filter(workspace=workspace, kind=kind).first()
        if row is None:
            row = AutoApproval(workspace=workspace, kind=kind)
        elif row.threshold != threshold:
            row.is_active = False
        row.threshold, row.sample_rate, row.set_by = threshold, sample_rate, by
        if not row.is_active:
            row.set_at, row.stopped, row.stopped_at = timezone.now(), "", None
        row.save()
    return row


def _check(name: str, value: float, least: float) -> None:
    if not (math.isfinite(value) and least <= value <= 1):
        raise Invalid(f"{name}: a number from {least:g} to 1.", field=name)


def turn_on(*, policy: AutoApproval, by: User) -> AutoApproval:
    """Approve by it from now on what comes in from now on; nothing that waits already.

    Raises `Conflict` `too_few_decisions` where people have decided fewer than 20 proposals of its kind.
    """
    with _held(policy.workspace):
        row = AutoApproval.objects.get(pk=policy.pk)
        if row.is_active:
            return row
        decided = learning.decided_by_people(row.workspace).filter(kind=row.kind).count()
        if decided < FEWEST:
            raise Conflict(
                f"People have decided {decided} proposals of kind {row.kind}. Decide {FEWEST} first: before that nobody"
                " can say what a policy would do.",
                code="too_few_decisions",
                decided=decided,
                needed=FEWEST,
            )
        row.is_active, row.set_by, row.set_at, row.stopped, row.stopped_at = True, by, timezone.now(), "", None
        row.save()
    return row


def turn_off(*, policy: AutoApproval, by: User | None, because: str = "") -> AutoApproval:
    """Approve nothing by it any more; `because` is shown where it stopped by itself. What it did stands."""
    with _held(policy.workspace):
        row = AutoApproval.objects.get(pk=policy.pk)
        if row.is_active:
            row.is_active = False
            if because:
                row.stopped, row.stopped_at = because, timezone.now()
            else:
                row.set_by = by
            row.save()
    return row


def delete_policy(*, policy: AutoApproval) -> None:
    """Forget it. What it did stands."""
    with _held(policy.workspace):
        AutoApproval.objects.filter(pk=policy.pk).delete()


@contextmanager
def _held(workspace: Workspace) -> Iterator[None]:
    """A transaction under the workspace's desk, so that a policy does not change while something is approved by it."""
    with transaction.atomic():
        desk.hold(workspace.pk)
        yield


def auto_approve(*, workspace_id: int) -> Done:
    """Approve what the workspace's policies cover, but for a sample. Safe to run twice, and beside reviewers.

    What anybody has touched, undo included, is a person's for good; what came in before the policy is too.
    """
    check_samples(workspace_id=workspace_id)
    approved = sampled = 0
    for policy in AutoApproval.objects.filter(workspace=workspace_id, is_active=True):
        for pk in list(eligible(policy).order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
            done = _one(policy.pk, pk, workspace_id)
            approved, sampled = approved + done.approved, sampled + done.sampled
    return Done(approved, sampled)


def eligible(policy: AutoApproval) -> QuerySet[Proposal]:
    """What the policy may take, but for likeness: new, proven, sure enough, untouched, and compared with the rest."""
    ours = Embedding.objects.filter(kind="proposal", object_id=OuterRef("pk"), model=settings.EMBEDDING_MODEL)
    proofs = Evidence.objects.filter(proposal=OuterRef("pk"))
    return Proposal.objects.filter(
        Exists(ours),
        Exists(proofs),
        ~Exists(proofs.filter(quote__is_stale=True)),
        ~Exists(ReviewAction.objects.filter(proposal=OuterRef("pk"))),
        workspace=policy.workspace_id,
        kind=policy.kind,
        status=Proposal.Status.PENDING,
        recommendation=Recommendation.NEW_TASK,
        confidence__gte=policy.threshold,
        created_at__gte=policy.set_at,
        sampled_at=None,
        left_at=None,
    )


def _one(policy_id: int, proposal_id: int, workspace_id: int) -> Done:
    """Look again under the desk's lock: a reviewer may have been there, or a manager."""
    with transaction.atomic():
        desk.hold(workspace_id)
        policy = AutoApproval.objects.filter(pk=policy_id, is_active=True).first()
        proposal = eligible(policy).filter(pk=proposal_id).first() if policy else None
        if policy is None or proposal is None:
            return Done()
        if any(other.score >= MAYBE for other in similar(proposal)):
            return _leave(proposal_id)
        if is_sampled(proposal_id, policy.sample_rate):
            Proposal.objects.filter(pk=proposal_id).update(sampled_at=timezone.now())
            return Done(sampled=1)
        try:
            with transaction.atomic():
                decisions.approve(proposal_id=proposal_id, by=None)
        except DomainError:
            # It can't be applied as it is (a project that is gone, say): that is for a person to see.
            return _leave(proposal_id)
        return Done(approved=1)


def _leave(proposal_id: int) -> Done:
    """To people, for good: what was looked at once is not compared with everything again at each sweep."""
    Proposal.objects.filter(pk=proposal_id).update(left_at=timezone.now())
    return Done()


def is_sampled(proposal_id: int, rate: float) -> bool:
    """Whether this one is left to people: the same answer every time, for `rate` of all."""
    number = int.from_bytes(hashlib.sha256(f"sample:{proposal_id}".encode()).digest()[:8])
    return number < rate * 2**64


def check_samples(*, workspace_id: int) -> list[str]:
    """Turn off each policy that people disagree with too often; the kinds.

    That is more than 10 % of the last 50 of its sample rejected, or of its last 50 approvals taken back.
    """
    stopped = []
    for policy in AutoApproval.objects.filter(workspace=workspace_id, is_active=True).select_related("workspace"):
        because = _disagreement(policy)
        if because:
            turn_off(policy=policy, by=None, because=because)
            stopped.append(policy.kind)
    return stopped


def _disagreement(policy: AutoApproval) -> str:
    """What people have against it since it was turned on; "" where that is little, or too few can tell."""
    sampled = learning.decided_by_people(policy.workspace).filter(kind=policy.kind, sampled_at__gte=policy.set_at)
    last = list(sampled.order_by("-decided_at").values_list("status", flat=True)[:LAST])
    rejected = last.count(Proposal.Status.REJECTED)
    if len(last) >= ENOUGH and rejected > MOST_REJECTED * len(last):
        return f"People rejected {rejected} of the last {len(last)} that were kept as a sample: more than 10 %."
    approvals = ReviewAction.objects.filter(
        workspace=policy.workspace, proposal__kind=policy.kind, verb=ReviewAction.Verb.APPROVE, auto=True
    )
    standing = list(approvals.filter(at__gte=policy.set_at).order_by("-id").values_list("undone_at", flat=True)[:LAST])
    undone = sum(1 for at in standing if at is not None)
    if len(standing) >= ENOUGH and undone > MOST_REJECTED * len(standing):
        return f"People took back {undone} of the last {len(standing)} that it approved: more than 10 %."
    return ""
