"""What every kind does with a proposal."""

from typing import Any

from django.db.models import Min

from ingestion.models import Message, Quote
from knowledge.kinds import Item
from knowledge.models import Atom, AtomLink, Topic
from proposals.models import Evidence, Proposal
from tasktracker.core.enums import LinkType
from tasktracker.core.journal import Journal


def quote_ids(proposal: Proposal) -> list[int]:
    """The quotes that support it."""
    return list(Evidence.objects.filter(proposal=proposal).values_list("quote_id", flat=True))


def add_evidence(proposal: Proposal, target: Item, journal: Journal) -> None:
    """Let `target` rest on the proposal's quotes as well."""
    journal.add(target, "quotes", quote_ids(proposal))


def said_at(proposal: Proposal) -> dict[str, Any]:
    """`valid_from` of an atom: when its first words were said; nothing without evidence."""
    quotes = Quote.objects.filter(evidence__proposal=proposal)
    first = Message.objects.filter(quotes__in=quotes).aggregate(at=Min("sent_at"))["at"]
    return {"valid_from": first} if first else {}


def changed_fields(proposal: Proposal) -> dict[str, Any]:
    """What an `update_existing` proposal would write: the keys of its diff, with the payload's values."""
    diff = proposal.payload.get("diff") or {}
    return {key: proposal.payload[key] for key in diff if key in proposal.payload}


def join_topic(atom: Atom, topic: Topic, journal: Journal) -> None:
    """Put an atom into a topic."""
    journal.add(atom, "topics", [topic.pk])


def link(start: Atom, end: Atom, kind: str, journal: Journal) -> None:
    """Link two approved atoms, once; what is superseded stops being valid."""
    if start.pk == end.pk:
        return
    same = AtomLink.objects.filter(from_atom=start, to_atom=end, type=kind).first()
    if same is not None:
        journal.claim(same)
        return
    journal.create(AtomLink, workspace_id=start.workspace_id, from_atom=start, to_atom=end, type=kind)
    if kind == LinkType.SUPERSEDES and end.valid_to is None:
        journal.update(end, valid_to=start.valid_from)
