"""What speaks for a policy and what against it: whether it may begin, when it rests, why it stops."""

from dataclasses import dataclass

from proposals import learning
from proposals.calibration import WhatIf
from proposals.engines import newest
from proposals.models import AutoApproval, Proposal, ReviewAction

FEWEST = 20  # decisions on what it would have taken, before anything can be said about it
MOST_WAITING = 20  # of its sample undecided, and it approves nothing more
LAST = 50  # samples, and approvals, that it is judged by
ENOUGH = 10  # of them, before it is
MOST_REJECTED = 0.1


@dataclass(frozen=True, slots=True)
class Standing:
    """Whose proposals a policy is about and what people said of them; `missing` is "" where it may be turned on.

    `code` is that of the error otherwise: too_few_decisions or too_little_agreement.
    """

    engine: str
    would_have: WhatIf
    code: str = ""
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Stop:
    """Why it stops itself: `reason` is sample, undone or engine."""

    reason: str
    text: str


def standing(policy: AutoApproval) -> Standing:
    """What people said of those that the policy would have taken; of the newest engine, unless it is on."""
    engine = policy.engine if policy.is_active else next(iter(newest(policy.workspace, policy.kind)), "")
    seen = learning.would_have(policy.workspace, kind=policy.kind, threshold=policy.threshold, engine=engine)
    those = f"{policy.kind}s that it would have taken: new, {policy.threshold:g} sure or more, said by two people"
    if not engine:
        return Standing(engine, seen, "too_few_decisions", f"Nothing has proposed {policy.kind}s here yet.")
    if seen.approved < FEWEST:
        told = (
            f"People have decided {seen.approved} {those}, found by {engine}."
            f" Decide {FEWEST - seen.approved} more: before {FEWEST} nobody can say what it would do."
        )
        return Standing(engine, seen, "too_few_decisions", told)
    if seen.agreement < policy.threshold:
        told = (
            f"People approved {seen.approved - seen.wrong} of the {seen.approved} {those}, found by {engine}:"
            f" {100 * seen.agreement:.1f} %. It needs {100 * policy.threshold:g} %, or a higher threshold."
        )
        return Standing(engine, seen, "too_little_agreement", told)
    return Standing(engine, seen)


def waiting_sample(policy: AutoApproval) -> int:
    """How many of its sample nobody has decided yet, counted to 20."""
    waiting = Proposal.objects.filter(
        workspace=policy.workspace_id, kind=policy.kind, status__in=Proposal.OPEN, sampled_at__isnull=False
    )
    return waiting.order_by()[:MOST_WAITING].count()


def is_resting(policy: AutoApproval) -> bool:
    """Whether it is on and approves nothing, until people have looked at its sample."""
    return policy.is_active and waiting_sample(policy) >= MOST_WAITING


def why_stop(policy: AutoApproval) -> Stop | None:
    """What is against it since it was turned on; None where that is little, or too few can tell."""
    return _of_another(policy) or _rejected(policy) or _undone(policy)


def _of_another(policy: AutoApproval) -> Stop | None:
    if not policy.engine:
        return Stop("engine", "It doesn't say whose proposals it was turned on for: look again, then turn it on.")
    for engine in newest(policy.workspace, policy.kind, since=policy.set_at):
        if engine != policy.engine:
            return Stop("engine", f"Now {engine} proposes; what people decided was about {policy.engine}.")
    return None


def _rejected(policy: AutoApproval) -> Stop | None:
    sampled = learning.decided_by_people(policy.workspace).filter(kind=policy.kind, sampled_at__gte=policy.set_at)
    last = list(sampled.order_by("-decided_at").values_list("status", flat=True)[:LAST])
    rejected = last.count(Proposal.Status.REJECTED)
    if len(last) < ENOUGH or rejected <= MOST_REJECTED * len(last):
        return None
    text = f"People rejected {rejected} of the last {len(last)} that were kept as a sample: more than 10 %."
    return Stop("sample", text)


def _undone(policy: AutoApproval) -> Stop | None:
    approvals = ReviewAction.objects.filter(
        workspace=policy.workspace, proposal__kind=policy.kind, verb=ReviewAction.Verb.APPROVE, auto=True
    )
    last = list(approvals.filter(at__gte=policy.set_at).order_by("-id").values_list("undone_at", flat=True)[:LAST])
    undone = sum(1 for at in last if at is not None)
    if len(last) < ENOUGH or undone <= MOST_REJECTED * len(last):
        return None
    return Stop("undone", f"People took back {undone} of the last {len(last)} that it approved: more than 10 %.")
