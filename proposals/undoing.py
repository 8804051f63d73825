"""Taking decisions back, exactly; and what others have built on them since."""

import uuid
from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from ingestion.models import Quote
from knowledge import desk
from proposals import consequences, transitions
from proposals.decisions import about, seat
from proposals.journal import Change, Journal, revert
from proposals.models import Proposal, ReviewAction
from proposals.uniting import unite_evidence
from tasktracker.core.errors import Conflict, NotFound
from tasktracker.core.events import ProposalUndone, emit
from tasktracker.core.models import User

Verb = ReviewAction.Verb


def undo(*, proposal_id: int, by: User, confirm: bool = False) -> Proposal:
    """Take back what was done to it last: every row is as before, with the same primary keys.

    Raises `Conflict`: `has_consequences` with `items` [{kind, id, title}] when others have built on it (not with
    `confirm`, which detaches them), `nothing_to_undo`.
    """
    with seat(proposal_id, by=by) as at:
        action = at.proposal.actions.filter(undone_at=None).first()
        if action is None or (action.verb == Verb.EDIT and not at.proposal.is_open):  # united with its twin since
            last = at.proposal.actions.first()
            if last is not None and last.undone_by_id == by.pk:
                return at.proposal  # a double click
            winner = {"decided_by": last.undone_by.get_username()} if last is not None and last.undone_by else {}
            raise Conflict(
                "There is nothing to take back.", code="nothing_to_undo", status=at.proposal.status, **winner
            )
        take_back([action], by=by, confirm=confirm)
    return Proposal.objects.get(pk=proposal_id)


def undo_batch(*, batch: uuid.UUID, workspace_id: int, by: User, confirm: bool = False) -> list[int]:
    """Take back everything that was done as one, as one; the ids of its proposals. Raises as `undo` does."""
    with transaction.atomic():
        desk.hold(workspace_id)
        actions = list(
            ReviewAction.objects.select_for_update(of=("self",))
            .filter(batch=batch, workspace_id=workspace_id)
            .select_related("proposal")
            .order_by("-id")
        )
        if not actions:
            raise NotFound("There is no such action.")
        standing = [action for action in actions if action.undone_at is None]
        take_back(standing, by=by, confirm=confirm)
        return [action.proposal_id for action in standing]


def take_back(actions: Sequence[ReviewAction], *, by: User, confirm: bool) -> None:
    """Take back `actions`, newest first, inside the caller's transaction that holds the desk."""
    found = consequences.of(actions)
    if found.items and not confirm:
        raise Conflict(
            f"Others have built on this: {len(found.items)} would change. Confirm to do it.",
            code="has_consequences",
            items=[{"kind": item.kind, "id": item.id, "title": item.title} for item in found.items],
        )
    chosen = {action.pk for action in actions}
    later = [action for action in found.dependents if action.pk not in chosen]
    for action in sorted([*actions, *later], key=lambda one: -one.pk):
        consequences.detach(action, by=by)
        _revert(action, by=by)
        consequences.forget(action)


def _revert(action: ReviewAction, *, by: User) -> None:
    moved: list[Change] = []
    revert(
        action.changes,
        restore={Proposal._meta.label_lower: moved.append},
        remove={Quote._meta.label_lower: _remove_quote},
    )
    for change in moved:
        twin = _open_twin(change)
        if twin is None:
            transitions.go_back(change, by=by)
        else:
            _unite(change, twin, by=by)
    action.undone_at, action.undone_by = timezone.now(), by
    action.save(update_fields=["undone_at", "undone_by"])
    proposal = Proposal.objects.filter(pk=action.proposal_id).first()
    if proposal is not None:
        emit(ProposalUndone(**about(proposal), undone=action.verb), by=by)


def _remove_quote(pk: int) -> None:
    """A quote that a person added goes with the undo, unless somebody else rests on it by now."""
    uses = ("evidence", "findings", "topics", "atoms", "tasks")
    Quote.objects.filter(pk=pk, **{f"{use}__isnull": True for use in uses}).delete()


def _open_twin(change: Change) -> Proposal | None:
    """An open proposal with the same fingerprint, that has come up since; only one of the two may be open."""
    proposal = Proposal.objects.filter(pk=change["pk"]).first()
    if proposal is None or change["before"]["status"] not in Proposal.OPEN:
        return None
    return (
        Proposal.objects.select_for_update(of=("self",))
        .filter(
            workspace_id=proposal.workspace_id,
            kind=proposal.kind,
            fingerprint=proposal.fingerprint,
            status__in=Proposal.OPEN,
        )
        .exclude(pk=proposal.pk)
        .first()
    )


def _unite(change: Change, twin: Proposal, *, by: User | None) -> None:
    proposal = transitions.lock_proposal(change["pk"])
    transitions.unite(proposal, twin=twin, by=by)
    unite_evidence(proposal, twin, Journal())
    if twin.status == Proposal.Status.NEEDS_EVIDENCE and twin.evidence.exists():
        transitions.go(twin, to=Proposal.Status.PENDING, by=by, journal=Journal())
