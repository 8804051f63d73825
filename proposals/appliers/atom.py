"""An approved atom: made, changed, or grown by a proposal; links appear once both ends are approved."""

from typing import Any

from django.db.models import Q

from knowledge.kinds import Item
from knowledge.models import Atom
from proposals.appliers import common
from proposals.models import Proposal
from proposals.resolving import atom_meant, names_of, outcome_of, runs_of, topic_named
from tasktracker.core.journal import Journal


class AtomApplier:
    """Atoms."""

    def make(self, proposal: Proposal, journal: Journal) -> Item:
        payload = proposal.payload
        atom = journal.create(
            Atom,
            workspace_id=proposal.workspace_id,
            type=payload["type"],
            title=payload["title"],
            content=payload.get("content", ""),
            **common.said_at(proposal),
        )
        self._connect(proposal, atom, journal)
        return atom

    def update(self, proposal: Proposal, target: Item, journal: Journal) -> None:
        self.absorb(proposal, target, journal, common.changed_fields(proposal))

    def absorb(self, proposal: Proposal, target: Item, journal: Journal, fields: dict[str, Any]) -> None:
        assert isinstance(target, Atom)  # noqa: S101  # the registry is keyed by kind
        journal.update(target, **{key: fields[key] for key in ("type", "title", "content") if key in fields})
        self._connect(proposal, target, journal)

    def _connect(self, proposal: Proposal, atom: Atom, journal: Journal) -> None:
        common.add_evidence(proposal, atom, journal)
        payload = proposal.payload
        topic = topic_named(proposal.workspace_id, payload.get("topic_id") or payload.get("topic"))
        if topic is not None:
            common.join_topic(atom, topic, journal)
        for wanted in proposal.payload.get("links") or []:
            other = atom_meant(proposal, wanted["to"])
            if other is not None:
                common.link(atom, other, wanted["type"], journal)
        link_waiting(proposal, atom, journal)


def link_waiting(proposal: Proposal, atom: Atom, journal: Journal) -> None:
    """Atoms approved earlier whose links name this one by title: those links can stand now."""
    names = names_of(proposal)
    wanting = Q()
    for name in names:
        wanting |= Q(payload__links__contains=[{"to": name}])
    runs = runs_of(proposal)
    folded = {name.casefold() for name in names}
    others = Proposal.objects.filter(
        wanting, workspace_id=proposal.workspace_id, kind="atom", status__in=["approved", "merged"]
    ).exclude(pk=proposal.pk)
    for other in others:
        start = outcome_of(other)
        if not isinstance(start, Atom) or (runs and not runs & runs_of(other)):
            continue
        for wanted in other.payload.get("links") or []:
            if isinstance(wanted["to"], str) and wanted["to"].casefold() in folded:
                common.link(start, atom, wanted["type"], journal)
