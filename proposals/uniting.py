"""Two that are one: merging, and what a person said about a pair for good."""

import uuid
from collections.abc import Mapping
from typing import Any

from knowledge.kinds import MODELS, Item, kind_of
from knowledge.models import Memory
from proposals import appliers, payloads, transitions
from proposals.decisions import S, Seat, Verb, about, require_open, seat, tell, write_fields
from proposals.diffs import as_payload, both
from proposals.identity import Target, creator_of, identity, pair
from proposals.models import Evidence, Proposal
from proposals.ranking import rank_of
from proposals.resolving import outcome_of, required_item
from tasktracker.core import walls
from tasktracker.core.errors import Conflict, Invalid, NotFound
from tasktracker.core.events import ProposalMerged, emit
from tasktracker.core.journal import Journal
from tasktracker.core.models import User

SIDES = ("left", "right", "both")
UNITED = {"topic": (), "atom": ("links",), "task": ("atoms",)}


def merge(
    *,
    proposal_id: int,
    by: User,
    into: Target | None = None,
    into_id: int | None = None,
    choose: Mapping[str, str] | None = None,
    fields: Mapping[str, Any] | None = None,
    batch: uuid.UUID | None = None,
) -> Proposal:
    """Merge a proposal into another open one, or into an approved object of its kind; the loser is returned.

    `into_id` is short for a proposal. For each key of the payload `choose` says left (the loser's), right (the
    winner's, the default) or both; `fields` gives values of a person's own. Evidence, links and atoms are united.
    Raises `Conflict` (already_decided, wrong_state), `NotFound`, `Invalid`.
    """
    target = into or (Target("proposal", into_id) if into_id is not None else None)
    if target is None:
        raise Invalid("Say into what to merge it.")
    require_seen(target)
    with seat(proposal_id, by=by, batch=batch) as at:
        loser = at.proposal
        if loser.status == S.MERGED and loser.decided_by_id == by.pk:
            return loser  # a double click
        require_open(loser)
        winner, item = _winner(loser, target)
        right = as_payload(item) if item is not None else (winner.payload if winner else {})
        chosen = {**_chosen(loser.payload, right, choose or {}), **(fields or {})}
        if item is not None:
            transitions.go(loser, to=S.MERGED, by=by, journal=at.journal, also={"merged_into": winner})
            loser = _into_item(at, item, chosen)
        elif winner is not None:
            _into_proposal(at, winner, chosen)
            loser = transitions.go(loser, to=S.MERGED, by=by, journal=at.journal, also={"merged_into": winner}).row
        _remember_same(loser, target, by=by, journal=at.journal)
        at.keep(Verb.MERGE, edited=bool(chosen))
        emit(ProposalMerged(**about(loser), into=loser.merged_into_id or loser.created_id or 0), by=by)
        return loser


def mark_not_same(*, proposal_id: int, other: Target, by: User) -> None:
    """Remember for good that the proposal and `other` are two things: they are not shown as similar again."""
    require_seen(other)
    with seat(proposal_id, by=by) as at:
        proposal = at.proposal
        theirs = identity(other, kind=proposal.kind, workspace_id=proposal.workspace_id)
        if theirs == proposal.fingerprint:
            raise Invalid("These two have the same words: reject one, or merge them.")
        first, second = pair(proposal.fingerprint, theirs)
        about_pair = {"workspace_id": proposal.workspace_id, "fingerprint": first, "other": second}
        Memory.objects.filter(**about_pair, kind=Memory.Kind.SAME).delete()
        Memory.objects.get_or_create(**about_pair, kind=Memory.Kind.NOT_SAME, defaults={"by": by})


def require_seen(target: Target) -> None:
    """Raise `NotFound` for what lies behind the wall of whoever asks; here, since a transaction has none."""
    model: Any = {"proposal": Proposal, **MODELS}.get(target.kind)
    if walls.hidden() and model is not None and not model.objects.filter(pk=target.id).exists():
        raise NotFound(f"There is no {target.kind} {target.id}.")


def unite_evidence(loser: Proposal, winner: Proposal, journal: Journal) -> None:
    """Give `winner` the quotes of `loser` that it lacks, and the rank that they make."""
    known = {row.quote_id: row for row in Evidence.objects.filter(proposal=winner)}
    for row in Evidence.objects.filter(proposal=loser):
        if row.quote_id in known:
            journal.claim(known[row.quote_id])
        else:
            journal.create(Evidence, proposal=winner, quote_id=row.quote_id, finding_id=row.finding_id)
    journal.update(winner, rank=rank_of(winner))


def both_lists(left: list[Any] | None, right: list[Any] | None) -> list[Any]:
    """What stands in either list, the right one's first."""
    return list(both(left or [], right or []))


def _winner(loser: Proposal, target: Target) -> tuple[Proposal | None, Item | None]:
    """The open proposal to merge into, or the approved object (and the proposal that made it, if one did)."""
    if target.kind != "proposal":
        identity(target, kind=loser.kind, workspace_id=loser.workspace_id)  # refuses another kind
        item = required_item(loser.kind, target.id, loser.workspace_id)
        return creator_of(loser.kind, item.pk), item
    known = Proposal.objects.filter(pk=target.id, workspace_id=loser.workspace_id, kind=loser.kind).exists()
    if not known:
        raise NotFound(f"There is no {loser.kind} proposal {target.id}.")
    if target.id == loser.pk:
        raise Invalid("A proposal can't be merged into itself.")
    winner = transitions.lock_proposal(target.id)
    if winner.is_open:
        return winner, None
    made = outcome_of(winner)
    if made is None:
        raise Conflict(
            f"The other one is {winner.status}: nothing can be merged into it.",
            code="wrong_state",
            status=winner.status,
        )
    return winner, made


def _chosen(left: Mapping[str, Any], right: Mapping[str, Any], choose: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, side in choose.items():
        if side not in SIDES or key not in right:
            raise Invalid(f"{key}: choose left, right or both of a field that they have.")
        value = {"left": left.get(key), "right": right[key], "both": both(left.get(key), right[key])}[side]
        if value != right[key]:
            found[key] = value
    return found


def _into_proposal(at: Seat, winner: Proposal, chosen: dict[str, Any]) -> None:
    journal, loser = at.journal, at.proposal
    if chosen:
        write_fields(winner, chosen, journal)
    united = {key: both_lists(loser.payload.get(key), winner.payload.get(key)) for key in UNITED[winner.kind]}
    journal.update(winner, payload={**winner.payload, **united})
    unite_evidence(loser, winner, journal)
    if winner.status == S.NEEDS_EVIDENCE and winner.evidence.exists():
        transitions.go(winner, to=S.PENDING, by=at.by, journal=journal)


def _into_item(at: Seat, item: Item, chosen: dict[str, Any]) -> Proposal:
    kind = kind_of(item)
    fields = payloads.checked(kind, {**as_payload(item), **chosen}, chosen) if chosen else {}
    loser = Proposal.objects.get(pk=at.proposal.pk)
    appliers.APPLIERS[kind].absorb(loser, item, at.journal, fields)
    at.journal.update(loser, created_kind=kind, created_id=item.pk)
    tell(item, new=False, by=at.by)
    return loser


def _remember_same(loser: Proposal, target: Target, *, by: User, journal: Journal) -> None:
    theirs = identity(target, kind=loser.kind, workspace_id=loser.workspace_id)
    if theirs == loser.fingerprint:
        return
    first, second = pair(loser.fingerprint, theirs)
    about_pair = {"workspace_id": loser.workspace_id, "fingerprint": first, "other": second}
    for denied in Memory.objects.filter(**about_pair, kind=Memory.Kind.NOT_SAME):
        journal.delete(denied)
    known = Memory.objects.filter(**about_pair, kind=Memory.Kind.SAME).first()
    if known is not None:
        journal.claim(known)
    else:
        journal.create(Memory, **about_pair, kind=Memory.Kind.SAME, by=by)
