"""The moves of a proposal: the map, and the only writes of its status."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from proposals.models import BY_POLICY, Proposal
from tasktracker.core.errors import Conflict
from tasktracker.core.journal import Change, Journal, read, snapshot
from tasktracker.core.models import User
from tasktracker.core.transitions import Allowed, Moved, lock, move

S = Proposal.Status

# What people and jobs may do. A decision has no way on but its undo.
ALLOWED: Allowed = {
    S.PENDING: {S.APPROVED, S.REJECTED, S.MERGED, S.SNOOZED, S.SUPERSEDED, S.NEEDS_EVIDENCE},
    S.NEEDS_EVIDENCE: {S.APPROVED, S.REJECTED, S.MERGED, S.SNOOZED, S.SUPERSEDED, S.PENDING},
    S.SNOOZED: {S.APPROVED, S.REJECTED, S.MERGED, S.SNOOZED, S.SUPERSEDED, S.PENDING, S.NEEDS_EVIDENCE},
    S.APPROVED: set(),
    S.REJECTED: set(),
    S.MERGED: set(),
    S.SUPERSEDED: set(),
}
# What an undo may do: back to where it was open, or into an open twin.
BACK: Allowed = {
    S.PENDING: {S.NEEDS_EVIDENCE, S.SNOOZED},
    S.NEEDS_EVIDENCE: {S.PENDING},
    S.SNOOZED: {S.PENDING, S.NEEDS_EVIDENCE, S.SNOOZED},
    S.APPROVED: {S.PENDING, S.NEEDS_EVIDENCE, S.SNOOZED, S.MERGED},
    S.REJECTED: {S.PENDING, S.NEEDS_EVIDENCE, S.SNOOZED, S.MERGED},
    S.MERGED: {S.PENDING, S.NEEDS_EVIDENCE, S.SNOOZED, S.MERGED},
    S.SUPERSEDED: {S.PENDING, S.NEEDS_EVIDENCE, S.SNOOZED, S.MERGED},
}
DECISIONS = frozenset({S.APPROVED, S.REJECTED, S.MERGED})
COMPANIONS = ("status", "decided_by_id", "decided_at", "snoozed_until", "reject_reason", "note", "merged_into_id")


def lock_proposal(proposal_id: int) -> Proposal:
    """The proposal under FOR UPDATE: the first time that anybody reads it; raises `NotFound`."""
    return lock(Proposal, proposal_id)


def companions(proposal: Proposal) -> dict[str, Any]:
    """Status and what is written with it, as the journal keeps it."""
    return snapshot(proposal, COMPANIONS)


def go(
    proposal: Proposal,
    *,
    to: str,
    by: User | None,
    journal: Journal,
    also: Mapping[str, Any] | None = None,
    note: str = "",
) -> Moved[Proposal]:
    """Move a locked proposal and put the move in the journal.

    Raises `Conflict`: `already_decided` with the winner's name, `superseded`, or `wrong_state`.
    """
    if proposal.status == S.SUPERSEDED and to != S.SUPERSEDED:
        raise Conflict("A newer finding has taken the place of this one.", code="superseded", status=S.SUPERSEDED.value)
    if by is not None:
        refuse_decided_by_policy(proposal)
    before = companions(proposal)
    decided = to in DECISIONS
    moved = move(
        Proposal,
        proposal.pk,
        to=to,
        allowed=ALLOWED,
        workspace_id=proposal.workspace_id,
        by=by,
        decider="decided_by",
        also={
            "decided_by": by if decided else None,
            "decided_at": timezone.now() if decided else None,
            "snoozed_until": None,
            **(also or {}),
        },
        note=note,
    )
    if moved.changed:
        journal.record(moved.row, before=before, after=companions(moved.row))
    return moved


def refuse_decided_by_policy(proposal: Proposal) -> None:
    """Raise `Conflict` `already_decided` for what a policy approved: it is undone first, like a person's decision."""
    if proposal.status == S.APPROVED and proposal.decided_by_id is None:
        raise Conflict(
            "It was approved by policy already. Undo that first.",
            code="already_decided",
            decided_by=BY_POLICY,
            status=S.APPROVED.value,
        )


def go_back(change: Change, *, by: User | None) -> None:
    """Give a proposal the status and companions that it had before a journaled move."""
    if not Proposal.objects.filter(pk=change["pk"]).exists():
        return
    before = read(Proposal, change["before"])
    to = before.pop("status")
    _back(change["pk"], to=to, by=by, also=before)


def unite(proposal: Proposal, *, twin: Proposal, by: User | None) -> None:
    """Instead of opening it again beside its open twin: merged into that."""
    also = {"merged_into_id": twin.pk, "decided_by_id": by.pk if by else None, "decided_at": timezone.now()}
    _back(proposal.pk, to=S.MERGED, by=by, also={**also, "snoozed_until": None})


def _back(pk: int, *, to: str, by: User | None, also: Mapping[str, Any]) -> None:
    row = lock(Proposal, pk)
    move(
        Proposal,
        pk,
        to=to,
        allowed={row.status: BACK[row.status]},
        workspace_id=row.workspace_id,
        by=by,
        decider="decided_by",  # never quiet: an undo that has nothing to do is not asked for
        also=also,
        note="undo",
    )
