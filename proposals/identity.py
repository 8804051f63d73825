"""By which fingerprint a proposal or an approved object is remembered."""

from dataclasses import dataclass

from django.db.models import Q

from analysis import fingerprints
from knowledge.kinds import MODELS, Item
from knowledge.models import Memory
from proposals.diffs import as_payload
from proposals.models import Proposal
from proposals.payloads import title_of
from proposals.resolving import required_item
from tasktracker.core.errors import Invalid, NotFound


@dataclass(frozen=True, slots=True)
class Target:
    """What something is compared with or merged into: `kind` proposal, topic, atom or task."""

    kind: str
    id: int


def creator_of(kind: str, pk: int) -> Proposal | None:
    """The proposal whose approval made the object, if one did."""
    made = Proposal.objects.filter(created_kind=kind, created_id=pk, kind=kind, status="approved")
    return made.order_by("decided_at", "id").first()


def fingerprint_of(item: Item, kind: str) -> str:
    """The fingerprint under which an approved object was found, or the one that its title makes."""
    creator = creator_of(kind, item.pk)
    return creator.fingerprint if creator is not None else fingerprint_for(kind, item)


def fingerprint_for(kind: str, item: Item) -> str:
    """The fingerprint that a finding with the object's values would have."""
    payload = as_payload(item)
    return fingerprints.fingerprint(kind, title_of(kind, payload), payload.get("type", ""))


def identity(target: Target, *, kind: str, workspace_id: int) -> str:
    """The fingerprint of a target of the same kind in the same workspace; raises `NotFound` and `Invalid`."""
    if target.kind == "proposal":
        found = Proposal.objects.filter(pk=target.id, workspace_id=workspace_id).values_list("kind", "fingerprint")
        if not found:
            raise NotFound(f"There is no proposal {target.id}.")
        other_kind, fingerprint = found[0]
        if other_kind != kind:
            raise Invalid(f"A {kind} and a {other_kind} are never the same.")
        return str(fingerprint)
    if target.kind != kind or kind not in MODELS:
        raise Invalid(f"A {kind} and a {target.kind} are never the same.")
    return fingerprint_of(required_item(kind, target.id, workspace_id), kind)


def pair(one: str, other: str) -> tuple[str, str]:
    """Two fingerprints in the order in which a memory holds them."""
    return (one, other) if one < other else (other, one)


def partners(workspace_id: int, fingerprints_: set[str], kind: str) -> dict[str, set[str]]:
    """For each fingerprint, those that a person called the same (or, by `kind`, not the same)."""
    found: dict[str, set[str]] = {}
    rows = Memory.objects.filter(
        Q(fingerprint__in=fingerprints_) | Q(other__in=fingerprints_), workspace_id=workspace_id, kind=kind
    )
    for first, second in rows.values_list("fingerprint", "other"):
        found.setdefault(first, set()).add(second)
        found.setdefault(second, set()).add(first)
    return found
