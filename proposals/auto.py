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

from ingestion.models import Message
from knowledge import desk
from knowledge.models import Embedding
from proposals import decisions, learning, watching
from proposals.engines import engines_of
from proposals.models import AutoApproval, Evidence, Proposal, ReviewAction
from proposals.nearness import LIKENESS
from proposals.similar import similar
from proposals.support import independent
from tasktracker.core.enums import Recommendation
from tasktracker.core.errors import Conflict, DomainError, Invalid
from tasktracker.core.events import PolicyStopped, emit
from tasktracker.core.models import StatusChange, User, Workspace

AT_ONCE = 500
NOTE_LENGTH = 300
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
        row = row or AutoApproval(workspace=workspace, kind=kind)
        turned_off = row.is_active and row.threshold != threshold
        if turned_off:
            row.is_active = False
        row.threshold, row.sample_rate, row.set_by = threshold, sample_rate, by
        if not row.is_active:
            row.set_at, row.stopped, row.stopped_at = timezone.now(), "", None
        row.save()
        if turned_off:
            _remember(row, by=by, note=f"another threshold: {threshold:g}")
    return row


def _check(name: str, value: float, least: float) -> None:
    if not (math.isfinite(value) and least <= value <= 1):
        raise Invalid(f"{name}: a number from {least:g} to 1.", field=name)


def turn_on(*, policy: AutoApproval, by: User) -> AutoApproval:
    """Approve by it from now on what comes in from now on, of the engine that proposes now; nothing that waits already.

    Raises `Conflict` where people have decided fewer than 20 that it would have taken (`too_few_decisions`), or have
    approved fewer of them than its threshold says (`too_little_agreement`).
    """
    with _held(policy.workspace):
        row = AutoApproval.objects.get(pk=policy.pk)
        if row.is_active:
            return row
        so_far = watching.standing(row)
        if so_far.missing:
            raise Conflict(
                so_far.missing,
                code=so_far.code,
                decided=so_far.would_have.approved,
                needed=watching.FEWEST,
                agreement=round(so_far.would_have.agreement, 4),
                agreement_needed=row.threshold,
            )
        row.is_active, row.set_by, row.set_at, row.stopped, row.stopped_at = True, by, timezone.now(), "", None
        row.engine = so_far.engine
        row.save()
        _remember(row, by=by, note=f"from {row.threshold:g}, for {row.engine}")
    return row


def turn_off(*, policy: AutoApproval, by: User) -> AutoApproval:
    """Approve nothing by it any more. What it did stands."""
    with _held(policy.workspace):
        row = AutoApproval.objects.get(pk=policy.pk)
        if row.is_active:
            row.is_active, row.set_by = False, by
            row.save()
            _remember(row, by=by)
    return row


def _stop(policy: AutoApproval) -> bool:
    """Turn it off for what speaks against it, if anything does; managers are told by an event."""
    with _held(policy.workspace):
        row = AutoApproval.objects.filter(pk=policy.pk, is_active=True).first()
        why = watching.why_stop(row) if row else None
        if row is None or why is None:
            return False
        row.is_active, row.stopped, row.stopped_at = False, why.text, timezone.now()
        row.save()
        _remember(row, by=None, note=why.text)
        emit(PolicyStopped(workspace_id=row.workspace_id, object_id=row.pk, proposal_kind=row.kind, reason=why.reason))
    return True


def _remember(policy: AutoApproval, *, by: User | None, note: str = "") -> None:
    """A line of its trail, for a policy that was turned on or off just now."""
    before, after = ("off", "on") if policy.is_active else ("on", "off")
    StatusChange.objects.create(
        workspace=policy.workspace,
        kind=policy._meta.label_lower,
        object_id=policy.pk,
        from_status=before,
        to_status=after,
        by=by,
        note=note if len(note) <= NOTE_LENGTH else f"{note[: NOTE_LENGTH - 1]}…",
    )


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
    for policy in AutoApproval.objects.filter(workspace=workspace_id, is_active=True).select_related("workspace"):
        chats = learning.known_chats(policy.workspace)
        found = list(eligible(policy, chats).order_by("pk").values_list("pk", "run_id")[:AT_ONCE])
        engines = engines_of(run_id for _, run_id in found if run_id is not None)
        for pk, run_id in found:
            done = _one(policy.pk, pk, workspace_id, chats=chats, engine=engines.get(run_id or 0, ""))
            if done is None:
                break
            approved, sampled = approved + done.approved, sampled + done.sampled
    return Done(approved, sampled)


def eligible(policy: AutoApproval, chats: list[int]) -> QuerySet[Proposal]:
    """What it may take, but for likeness and engine: new, sure enough, untouched, compared with the rest, and proven.

    Proven: by words that are not stale, of two people at least, all from `chats` (channels that people have decided on
    before). How sure the model says it is may be what one author told it to say; these two are not.
    """
    ours = Embedding.objects.filter(kind="proposal", object_id=OuterRef("pk"), model=settings.EMBEDDING_MODEL)
    proofs = Evidence.objects.filter(proposal=OuterRef("pk"))
    rows = Proposal.objects.filter(
        Exists(ours),
        ~Exists(proofs.filter(quote__is_stale=True)),
        ~Exists(proofs.exclude(quote__message__channel__in=chats)),
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
    return learning.with_voices(rows)


def _one(policy_id: int, proposal_id: int, workspace_id: int, *, chats: list[int], engine: str) -> Done | None:
    """Look again under the desk's lock: a reviewer may have been there, or a manager. None: it is off, or rests."""
    with transaction.atomic():
        desk.hold(workspace_id)
        policy = AutoApproval.objects.filter(pk=policy_id, is_active=True).first()
        if policy is None or watching.is_resting(policy):
            return None
        proposal = eligible(policy, chats).filter(pk=proposal_id).first()
        if proposal is None:
            return Done()
        if engine != policy.engine or not _in_own_words(proposal):
            return _leave(proposal_id)
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


def _in_own_words(proposal: Proposal) -> bool:
    """Whether two people say it, each in words of their own: what is passed on is one voice."""
    said = Message.objects.filter(quotes__evidence__proposal=proposal, author__isnull=False, author__is_bot=False)
    return independent(said.distinct(), seen=()) >= learning.VOICES


def _leave(proposal_id: int) -> Done:
    """To people, for good: what was looked at once is not compared with everything again at each sweep."""
    Proposal.objects.filter(pk=proposal_id).update(left_at=timezone.now())
    return Done()


def is_sampled(proposal_id: int, rate: float) -> bool:
    """Whether this one is left to people: the same answer every time, for `rate` of all."""
    number = int.from_bytes(hashlib.sha256(f"sample:{proposal_id}".encode()).digest()[:8])
    return number < rate * 2**64


def check_samples(*, workspace_id: int) -> list[str]:
    """Turn off each policy that something speaks against; the kinds.

    That is more than 10 % of the last 50 of its sample rejected, or of its last 50 approvals taken back, or another
    engine that proposes: what people decided was not about that one.
    """
    policies = AutoApproval.objects.filter(workspace=workspace_id, is_active=True).select_related("workspace")
    return [policy.kind for policy in policies if watching.why_stop(policy) and _stop(policy)]
