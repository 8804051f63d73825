"""An approved topic: made, changed, or grown by a proposal; atoms that waited for it join it."""

from django.db.models import Q

from knowledge.kinds import Item
from knowledge.models import Atom, Topic
from proposals.appliers import common
from proposals.models import Proposal
from proposals.resolving import names_of, outcome_of
from tasktracker.core.journal import Journal


class TopicApplier:
    """Topics."""

    def make(self, proposal: Proposal, journal: Journal) -> Item:
        payload = proposal.payload
        topic = journal.create(
            Topic,
            workspace_id=proposal.workspace_id,
            project_id=proposal.project_id,
            name=payload["name"],
            description=payload.get("description", ""),
            keywords=payload.get("keywords", []),
        )
        common.add_evidence(proposal, topic, journal)
        gather_atoms(proposal, topic, journal)
        return topic

    def update(self, proposal: Proposal, target: Item, journal: Journal) -> None:
        journal.update(target, **common.changed_fields(proposal))
        self.absorb(proposal, target, journal, {})

    def absorb(self, proposal: Proposal, target: Item, journal: Journal, fields: dict[str, object]) -> None:
        assert isinstance(target, Topic)  # noqa: S101  # the registry is keyed by kind
        journal.update(target, **fields)
        common.add_evidence(proposal, target, journal)
        gather_atoms(proposal, target, journal)


def gather_atoms(proposal: Proposal, topic: Topic, journal: Journal) -> None:
    """Atoms approved before their topic stand without one; they join it now."""
    same = Q()
    for name in {*names_of(proposal), topic.name}:
        same |= Q(payload__topic__iexact=name)
    waiting = Proposal.objects.filter(
        same, workspace_id=topic.workspace_id, kind="atom", status__in=["approved", "merged"]
    ).select_related("merged_into")
    for other in waiting:
        atom = outcome_of(other)
        if isinstance(atom, Atom) and not atom.topics.exists():
            common.join_topic(atom, topic, journal)
