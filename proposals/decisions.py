"""One verb a function: a person's decision, its effect, its provenance and its history in one transaction."""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from analysis.task_configs import check_fields
from knowledge import desk
from knowledge.handwork import announce
from knowledge.kinds import Item, kind_of
from knowledge.models import Memory
from proposals import appliers, origins, payloads, transitions
from proposals.models import Evidence, Proposal, ReviewAction
from proposals.ranking import rank_of
from tasktracker.core.enums import RejectReason
from tasktracker.core.errors import Conflict, Invalid, NotFound
from tasktracker.core.events import (
    AtomCreated,
    DomainEvent,
    ProposalApproved,
    ProposalRejected,
    TaskCreated,
    TopicCreated,
    emit,
)
from tasktracker.core.journal import Journal
from tasktracker.core.models import User

Verb = ReviewAction.Verb
S = Proposal.Status


@dataclass(frozen=True, slots=True)
class Seat:
    """A reviewer at the desk with one locked proposal before them; what they write goes into the journal."""

    proposal: Proposal
    by: User | None
    batch: uuid.UUID
    journal: Journal = field(default_factory=Journal)

    def keep(self, verb: str, *, edited: bool = False, auto: bool = False) -> ReviewAction:
        """The row of history from which the decision can be taken back."""
        return ReviewAction.objects.create(
            workspace_id=self.proposal.workspace_id,
            proposal=self.proposal,
            verb=verb,
            by=self.by,
            batch=self.batch,
            edited=edited,
            auto=auto,
            changes=self.journal.changes,
        )


@contextmanager
def seat(proposal_id: int, *, by: User | None, batch: uuid.UUID | None = None) -> Iterator[Seat]:
    """Open the transaction, hold the workspace's desk, lock the proposal; raises `NotFound`."""
    with transaction.atomic():
        workspace_id = Proposal.objects.filter(pk=proposal_id).values_list("workspace_id", flat=True).first()
        if workspace_id is None:
            raise NotFound(f"There is no proposal {proposal_id}.")
        desk.hold(workspace_id)
        yield Seat(transitions.lock_proposal(proposal_id), by, batch or uuid.uuid4())


def approve(
    *, proposal_id: int, by: User | None, edits: Mapping[str, Any] | None = None, batch: uuid.UUID | None = None
) -> Proposal:
    """Accept it, with `edits` to its payload: the topic, atom or task is made, or the target changed.

    `by` nobody is by policy (auto.py), which history says.
    Raises `Conflict` (`already_decided` with `decided_by` and `status`, `superseded`, `needs_evidence`) and `Invalid`.
    """
    with seat(proposal_id, by=by, batch=batch) as at:
        journal, proposal = at.journal, at.proposal
        if proposal.is_open and proposal.status != S.PENDING and not proposal.evidence.exists():
            raise Conflict(
                "No quote supports this. Add one before you approve it.", code="needs_evidence", status=proposal.status
            )
        if proposal.is_open and edits:
            write_fields(proposal, edits, journal)
        note = "" if by else "auto-approved by policy"
        moved = transitions.go(proposal, to=S.APPROVED, by=by, journal=journal, note=note)
        if not moved.changed:
            return moved.row
        proposal = moved.row
        item, new = appliers.apply(proposal, journal)
        journal.update(proposal, created_kind=kind_of(item), created_id=item.pk)
        forget_rejected(proposal, journal)
        at.keep(Verb.APPROVE, edited=origins.touched(proposal.origins), auto=by is None)
        tell(item, new=new, by=by)
        emit(
            ProposalApproved(**about(proposal), created_kind=proposal.created_kind, created_id=proposal.created_id),
            by=by,
        )
        return proposal


def reject(*, proposal_id: int, by: User, reason: str, note: str = "", batch: uuid.UUID | None = None) -> Proposal:
    """Refuse it, and remember that: it stays away until two new independent messages support it."""
    if reason not in RejectReason.values:
        raise Invalid(f"{reason!r} is no reason: use one of {', '.join(RejectReason.values)}.")
    with seat(proposal_id, by=by, batch=batch) as at:
        also = {"reject_reason": reason, "note": note.strip()[:500]}
        # History is never changed, so it has the reason alone: the note may quote what is deleted one day.
        moved = transitions.go(at.proposal, to=S.REJECTED, by=by, journal=at.journal, also=also, note=reason)
        if not moved.changed:
            return moved.row
        remember_rejected(moved.row, by=by, reason=reason, journal=at.journal)
        at.keep(Verb.REJECT, edited=origins.touched(moved.row.origins))
        emit(ProposalRejected(**about(moved.row), reason=reason), by=by)
        return moved.row


def snooze(*, proposal_id: int, by: User, until: datetime, batch: uuid.UUID | None = None) -> Proposal:
    """Put it off until a moment in the future; it comes back by itself."""
    if timezone.is_naive(until) or until <= timezone.now():
        raise Invalid("Snooze until a moment in the future, with its time zone.")
    with seat(proposal_id, by=by, batch=batch) as at:
        if at.proposal.status == S.SNOOZED and at.proposal.snoozed_until == until:
            return at.proposal  # a double click
        also = {"snoozed_until": until}
        moved = transitions.go(at.proposal, to=S.SNOOZED, by=by, journal=at.journal, also=also)
        at.keep(Verb.SNOOZE)
        return moved.row


def edit(*, proposal_id: int, by: User, fields: Mapping[str, Any]) -> Proposal:
    """Change what an open proposal says; each key that changes is a person's from now on."""
    with seat(proposal_id, by=by) as at:
        require_open(at.proposal)
        if write_fields(at.proposal, fields, at.journal):
            at.keep(Verb.EDIT, edited=True)
        return at.proposal


def supersede(*, proposal_id: int, by: User | None = None) -> Proposal:
    """A newer analysis has taken its place; a decision that was first stands (`Conflict` already_decided)."""
    with seat(proposal_id, by=by) as at:
        if at.proposal.status == S.SUPERSEDED:
            return at.proposal
        moved = transitions.go(at.proposal, to=S.SUPERSEDED, by=by, journal=at.journal)
        at.keep(Verb.SUPERSEDE)
        return moved.row


def require_open(proposal: Proposal) -> None:
    """Raise `Conflict` with who decided, where somebody has."""
    if proposal.is_open:
        return
    transitions.refuse_decided_by_policy(proposal)
    if proposal.decided_by is not None:
        winner = proposal.decided_by.get_username()
        raise Conflict(
            f"{winner} was first: this is {proposal.status} already.",
            code="already_decided",
            decided_by=winner,
            status=proposal.status,
        )
    code = "superseded" if proposal.status == S.SUPERSEDED else "wrong_state"
    raise Conflict(f"This is {proposal.status}.", code=code, status=proposal.status)


def write_fields(proposal: Proposal, fields: Mapping[str, Any], journal: Journal) -> bool:
    """Check and write payload keys of a locked proposal; whether any changed. Raises `Invalid`."""
    checked = payloads.checked(proposal.kind, proposal.payload, fields)
    if "fields" in checked:
        before = proposal.payload.get("fields") or {}
        check_fields(workspace_id=proposal.workspace_id, before=before, fields=checked["fields"])
    changed = {key: value for key, value in checked.items() if proposal.payload.get(key) != value}
    if not changed:
        return False
    payload = {**proposal.payload, **changed}
    if "topic" in changed:
        payload.pop("topic_id", None)  # what the model had matched; a person's word counts now
    if "diff" in payload:
        known = payload["diff"]
        olds = {key: known.get(key, {}).get("before", proposal.payload.get(key)) for key in changed}
        payload["diff"] = {**known, **{key: {"before": olds[key], "after": changed[key]} for key in changed}}
    journal.update(
        proposal,
        payload=payload,
        origins=origins.after_edit(proposal.origins, proposal.payload, changed),
        title=payloads.title_of(proposal.kind, payload),
    )
    if "priority" in changed:
        journal.update(proposal, rank=rank_of(proposal))
    return True


def remember_rejected(proposal: Proposal, *, by: User, reason: str, journal: Journal) -> None:
    """Write what the rejection teaches: this fingerprint, and the messages that had been seen for it."""
    memory = Memory.objects.filter(
        workspace_id=proposal.workspace_id, kind=Memory.Kind.REJECTED, fingerprint=proposal.fingerprint, other=""
    ).first()
    if memory is None:
        memory = journal.create(
            Memory,
            workspace_id=proposal.workspace_id,
            kind=Memory.Kind.REJECTED,
            fingerprint=proposal.fingerprint,
            reason=reason,
            by=by,
        )
    else:
        journal.claim(memory)
        journal.update(memory, reason=reason, by_id=by.pk, at=timezone.now())
    seen = Evidence.objects.filter(proposal=proposal).values_list("quote__message_id", flat=True)
    journal.add(memory, "messages", seen)


def forget_rejected(proposal: Proposal, journal: Journal) -> None:
    """What is approved now is not kept away any more, whatever was said of it earlier."""
    through: Any = Memory.messages.through
    for memory in Memory.objects.filter(
        workspace_id=proposal.workspace_id, kind=Memory.Kind.REJECTED, fingerprint=proposal.fingerprint
    ):
        for link in through.objects.filter(memory_id=memory.pk):
            journal.delete(link)
        journal.delete(memory)


def about(proposal: Proposal) -> dict[str, Any]:
    """The fields that every event of a proposal has."""
    return {
        "workspace_id": proposal.workspace_id,
        "object_id": proposal.pk,
        "proposal_kind": proposal.kind,
        "status": proposal.status,
        "run": proposal.run_id,
    }


def tell(item: Item, *, new: bool, by: User | None) -> None:
    """The event of an object that a decision made or changed."""
    if not new:
        announce(item, by=by)
        return
    ids = {"workspace_id": item.workspace_id, "object_id": item.pk}
    event: DomainEvent
    match kind_of(item):
        case "topic":
            event = TopicCreated(**ids)
        case "atom":
            event = AtomCreated(**ids, atom_type=getattr(item, "type", ""))
        case _:
            event = TaskCreated(**ids)
    emit(event, by=by)
