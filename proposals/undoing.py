"""Taking decisions back, exactly; and what others have built on them since."""

import uuid
from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from ingestion.models import Quote
from knowledge import desk
from knowledge.handwork import announce
from knowledge.kinds import MODELS
from proposals import consequences, transitions
from proposals.decisions import about, seat
from proposals.inheritance import is_moot, pass_on
from proposals.models import Proposal, ReviewAction
from proposals.uniting import unite_evidence
from tasktracker.core.errors import Conflict, NotFound
from tasktracker.core.events import ProposalUndone, emit
from tasktracker.core.journal import Change, Journal, revert
from tasktracker.core.models import User

Verb = ReviewAction.Verb
S = Proposal.Status
BY = {S.APPROVED: Verb.APPROVE, S.REJECTED: Verb.REJECT, S.MERGED: Verb.MERGE, S.SUPERSEDED: Verb.SUPERSEDE}


def undo(*, proposal_id: int, by: User, confirm: bool = False) -> Proposal:
    """Take back what was done to it last: every row is as before, with the same primary keys.

    Raises `Conflict`: `has_consequences` with `items` [{kind, id, title}] when others have built on it (not with
    `confirm`, which detaches them), `nothing_to_undo`.
    """
    with seat(proposal_id, by=by) as at:
        action = _on_top(at.proposal)
        if action is None:
            last = at.proposal.actions.first()
            if last is not None and last.undone_by_id == by.pk:
                return at.proposal  # a double click
            winner = {"decided_by": last.undone_by.get_username()} if last is not None and last.undone_by else {}
            raise Conflict(
                "There is nothing to take back.", code="nothing_to_undo", status=at.proposal.status, **winner
            )
        take_back([action], by=by, confirm=confirm)
    return Proposal.objects.get(pk=proposal_id)


def undo_batch(*, batch: uuid.UUID, workspace_id: int, by: User, confirm: bool = False) -> tuple[list[int], list[int]]:
    """Take back everything that was done as one, as one. Raises as `undo` does.

    The ids of its proposals: those taken back, and those left alone because something else was done to them since.
    """
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
        standing = [action for action in actions if action.undone_at is None and _on_top(action.proposal) == action]
        take_back(standing, by=by, confirm=confirm)
        done = [action.proposal_id for action in standing]
        return done, [action.proposal_id for action in actions if action.proposal_id not in done]


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


def _on_top(proposal: Proposal) -> ReviewAction | None:
    """The action that an undo takes back: the last that stands, if it is what the proposal's status comes from.

    One that was united with its twin by an undo has older actions left; they lie below that for good.
    """
    action = proposal.actions.filter(undone_at=None).first()
    return action if action is not None and is_on_top(action) else None


def is_on_top(newest: ReviewAction) -> bool:
    """Whether a proposal's newest standing action is what its status comes from."""
    return newest.proposal.is_open or newest.verb == BY[S(newest.proposal.status)]


def _revert(action: ReviewAction, *, by: User) -> None:
    moved: list[Change] = []
    made = (action.proposal.created_kind, action.proposal.created_id)
    revert(
        pass_on(action),
        restore={Proposal._meta.label_lower: moved.append},
        remove={Quote._meta.label_lower: _remove_quote},
        is_moot=is_moot,
    )
    for change in moved:
        if change["pk"] != action.proposal_id and not _still_as_left(change):
            continue
        twin = _open_twin(change)
        if twin is None:
            transitions.go_back(change, by=by)
            _take_up(transitions.lock_proposal(change["pk"]), by=by)
        else:
            _unite(change, twin, by=by)
    action.undone_at, action.undone_by = timezone.now(), by
    action.save(update_fields=["undone_at", "undone_by"])
    proposal = Proposal.objects.filter(pk=action.proposal_id).first()
    if proposal is not None:
        emit(ProposalUndone(**about(proposal), undone=action.verb), by=by)
    kind, pk = made
    item = MODELS[kind]._default_manager.filter(pk=pk).first() if kind in MODELS else None
    if item is not None:  # it was changed, not made, by what is taken back
        announce(item, by=by)


def _still_as_left(change: Change) -> bool:
    """Whether another proposal whose status moved along (it got its first quote) may go back to what it was."""
    row = Proposal.objects.filter(pk=change["pk"], status=change["after"]["status"]).first()
    return row is not None and not (change["before"]["status"] == S.NEEDS_EVIDENCE and row.evidence.exists())


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
    _take_up(twin, by=by)


def _take_up(proposal: Proposal, *, by: User | None) -> None:
    """One that was without evidence, and has got some since, waits for its decision."""
    if proposal.status == S.NEEDS_EVIDENCE and proposal.evidence.exists():
        transitions.go(proposal, to=S.PENDING, by=by, journal=Journal())
