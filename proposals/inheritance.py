"""Two decisions may have made the same row: whoever is taken back last takes it along.

A decision that finds a row it would have made (a link, a quote of a topic, a memory) claims it in its journal. When
the maker is taken back, the row stays and the claim becomes the making; a column that was written over by a later
decision keeps the later value, and that decision's undo restores what was there before both.
"""

from collections.abc import Iterator
from typing import Any

from django.db.models import Q

from knowledge.models import AtomLink
from proposals.models import Proposal, ReviewAction
from tasktracker.core.journal import Change, is_claim

Key = tuple[str, int]


def pass_on(action: ReviewAction) -> list[Change]:
    """The changes of `action` to take back: without what another standing decision rests on, which inherits that."""
    heirs = list(_candidates(action))
    kept: set[Key] = set()
    for change in action.changes:
        key = (change["model"], change["pk"])
        for heir in heirs:
            for theirs in heir.changes:
                if (theirs["model"], theirs["pk"]) != key:
                    continue
                if change["before"] is None and is_claim(theirs) and key not in kept:
                    theirs["before"] = None
                    kept.add(key)
                    heir.save(update_fields=["changes"])
                elif _writes(change) and _writes(theirs) and heir.pk > action.pk and _inherit(change, theirs):
                    heir.save(update_fields=["changes"])
    return [change for change in action.changes if (change["model"], change["pk"]) not in kept or change["before"]]


def _writes(change: Change) -> bool:
    return bool(change["before"]) and bool(change["after"]) and "status" not in change["before"]


def _inherit(change: Change, theirs: Change) -> bool:
    """Let a later write of the same columns go back to what was there before this one."""
    changed = False
    for name, value in change["after"].items():
        if name in theirs["before"] and theirs["before"][name] == value and theirs["before"] is not None:
            theirs["before"][name] = change["before"][name]
            changed = True
    return changed


def _candidates(action: ReviewAction) -> Iterator[ReviewAction]:
    """Standing decisions that may share rows with this one: of the same target, winner or fingerprint."""
    proposal = action.proposal
    same = Q(proposal__fingerprint=proposal.fingerprint)
    if proposal.created_id is not None:
        same |= Q(proposal__created_kind=proposal.created_kind, proposal__created_id=proposal.created_id)
    if proposal.merged_into_id is not None:
        same |= Q(proposal__merged_into=proposal.merged_into_id)
    ends: set[Any] = set()
    links = [change["pk"] for change in action.changes if change["model"] == AtomLink._meta.label_lower]
    for pair in AtomLink.objects.filter(pk__in=links).values_list("from_atom_id", "to_atom_id"):
        ends.update(pair)
    if ends:
        same |= Q(proposal__created_kind="atom", proposal__created_id__in=ends)
    verbs = [ReviewAction.Verb.APPROVE, ReviewAction.Verb.REJECT, ReviewAction.Verb.MERGE]
    found = ReviewAction.objects.filter(same, workspace_id=action.workspace_id, undone_at=None, verb__in=verbs).exclude(
        pk=action.pk
    )
    yield from found.order_by("pk")


def is_moot(change: Change) -> bool:
    """A memory of a rejection need not come back once every rejection of that fingerprint was taken back."""
    if change["model"] != "knowledge.memory" or (change["before"] or {}).get("kind") != "rejected":
        return False
    before = change["before"]
    mine = {"workspace_id": before["workspace_id"], "fingerprint": before["fingerprint"]}
    rejections = ReviewAction.objects.filter(
        verb=ReviewAction.Verb.REJECT, **{f"proposal__{name}": value for name, value in mine.items()}
    )
    return rejections.exists() and not Proposal.objects.filter(status="rejected", **mine).exists()
