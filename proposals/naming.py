"""Payloads for people: ids of topics, projects and people become their names, links become sentences. Reads only."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from ingestion.models import Participant
from knowledge.models import Atom, Project, Topic
from proposals.models import Proposal

NAMED: dict[str, tuple[Any, str]] = {
    "topic": (Topic, "name"),
    "project": (Project, "name"),
    "assignee": (Participant, "name"),
}
MOST = 12


@dataclass(frozen=True, slots=True)
class Rest:
    """An atom that the proposal rests on or links to: how, and where it is ("" while it is a proposal itself)."""

    how: str
    title: str
    url: str


def named(proposal: Proposal) -> dict[str, Any]:
    """The payload with a name wherever it holds an id. A query for each id."""
    payload = dict(proposal.payload)
    for key, (model, field) in NAMED.items():
        value = payload.get(key)
        if isinstance(value, int):
            row = (
                model.objects.filter(pk=value, workspace_id=proposal.workspace_id).values_list(field, flat=True).first()
            )
            payload[key] = row or f"#{value}"
    return payload


def rests_on(proposal: Proposal) -> list[Rest]:
    """The atoms of a task proposal, or the links of an atom proposal. One query."""
    payload: Mapping[str, Any] = proposal.payload
    wanted = [(pk, "") for pk in payload.get("atoms") or []] if proposal.kind == "task" else []
    if proposal.kind == "atom":
        wanted = [(link.get("to"), str(link.get("type", "")).replace("_", " ")) for link in payload.get("links") or []]
    wanted = wanted[:MOST]
    ids = [to for to, _ in wanted if isinstance(to, int)]
    atoms = {atom.pk: atom for atom in Atom.objects.filter(pk__in=ids, workspace=proposal.workspace_id)} if ids else {}
    found = []
    for to, how in wanted:
        if isinstance(to, int):
            if atom := atoms.get(to):
                found.append(Rest(how or atom.type, atom.title, reverse("knowledge:atom", args=[to])))
        elif to:
            found.append(Rest(how, str(to), ""))
    return found
