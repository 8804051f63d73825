"""The merge view: what two say of the same thing, side by side, and the side that is marked at first."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from proposals.diffs import as_payload
from proposals.identity import Target
from proposals.models import Proposal
from proposals.naming import named
from proposals.resolving import required_item
from proposals.uniting import SIDES, UNITED
from tasktracker.core.errors import Invalid, NotFound
from tasktracker.core.paths import is_number

JOINED = (str, list)
JOINS = ("description", "content", "keywords", "labels")
LEFT, RIGHT, BOTH = SIDES


@dataclass(frozen=True, slots=True)
class Choice:
    """One field of the two; `both` where they can be joined. `chosen` is marked at first."""

    key: str
    left: str
    right: str
    both: bool
    chosen: str


def target_of(value: str) -> Target:
    """`proposal-12` or `task-4` as it stands in a form; raises `NotFound` for anything else."""
    kind, _, number = value.partition("-")
    if not is_number(number, digits=15):
        raise NotFound("There is nothing at this address.")
    return Target(kind, int(number))


def right_side(loser: Proposal, target: Target) -> tuple[str, dict[str, Any]]:
    """Title and payload of what a proposal would be merged into; of its own kind and workspace."""
    if target.kind == "proposal":
        other = Proposal.objects.filter(pk=target.id, workspace_id=loser.workspace_id, kind=loser.kind).first()
        if other is None:
            raise NotFound(f"There is no {loser.kind} proposal {target.id}.")
        return other.title, named(other)
    if target.kind != loser.kind:
        raise Invalid(f"A {loser.kind} and a {target.kind} are never the same.")
    item = required_item(loser.kind, target.id, loser.workspace_id)
    return str(item), as_payload(item)


def comparison(loser: Proposal, right: Mapping[str, Any]) -> list[Choice]:
    """The fields of `right` in which the two differ; what is united anyway is left out."""
    left = named(loser)
    found = []
    for key, value in right.items():
        mine = left.get(key)
        if key in UNITED[loser.kind] or (mine or None) == (value or None):
            continue
        joins = isinstance(mine, JOINED) and isinstance(value, JOINED) and key in JOINS
        chosen = LEFT if value in (None, "", [], {}) else BOTH if isinstance(value, list) else RIGHT
        found.append(Choice(key, words(mine), words(value), joins, chosen))
    return found


def choices_of(lines: list[Choice], sent: Mapping[str, str]) -> dict[str, str]:
    """For each line the side that the form says; one that it doesn't say stays right."""
    return {line.key: sent[line.key] for line in lines if sent.get(line.key) in SIDES}


def words(value: Any) -> str:
    """A value for a reader."""
    if isinstance(value, list):
        return ", ".join(words(one) for one in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {words(one)}" for name, one in value.items())
    return "" if value is None else str(value)
