"""What a decision makes, one file a kind: `make` a new object, `update` one, let one `absorb` a proposal."""

from typing import Protocol

from knowledge.kinds import Item
from proposals.appliers import atom, task, topic
from proposals.models import Proposal
from proposals.resolving import item_of
from tasktracker.core.enums import Recommendation
from tasktracker.core.journal import Journal


class Applier(Protocol):
    """One kind's hands. Each of these writes through the journal only."""

    def make(self, proposal: Proposal, journal: Journal) -> Item:
        """A new object."""

    def update(self, proposal: Proposal, target: Item, journal: Journal) -> None:
        """Write what the proposal says is different into `target`, and add its evidence."""

    def absorb(self, proposal: Proposal, target: Item, journal: Journal, fields: dict[str, object]) -> None:
        """Add the proposal's evidence and links to `target`, and write the chosen `fields`."""


APPLIERS: dict[str, Applier] = {"topic": topic.TopicApplier(), "atom": atom.AtomApplier(), "task": task.TaskApplier()}


def apply(proposal: Proposal, journal: Journal) -> tuple[Item, bool]:
    """The object that an approval makes or changes, and whether it is new."""
    applier = APPLIERS[proposal.kind]
    target = item_of(proposal.kind, proposal.target_id, proposal.workspace_id)
    if target is None or proposal.recommendation not in (Recommendation.UPDATE_EXISTING, Recommendation.MERGE):
        return applier.make(proposal, journal), True
    if proposal.recommendation == Recommendation.MERGE:
        applier.absorb(proposal, target, journal, {})
    else:
        applier.update(proposal, target, journal)
    return target, False
