"""The duplicate picker: what a proposal may be the same as, found by likeness, by words or by a pasted address."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from django.conf import settings

from analysis.fingerprints import trigram_jaccard
from knowledge import vectors
from knowledge.search import search
from proposals.identity import Target
from proposals.merging import right_side
from proposals.models import Proposal
from proposals.nearness import Near, near, near_of
from proposals.resolving import outcome_of
from proposals.textsearch import saying
from tasktracker.core.errors import DomainError, Invalid

MOST = 9  # each has a digit for its key
LONGEST = 500
PLACES = {"review": "proposal", "topics": "topic", "atoms": "atom", "tasks": "task"}
_NUMBER = re.compile(r"#?(\d{1,15})", re.ASCII)
_PATH = re.compile(r"/(review|topics|atoms|tasks)/(\d{1,15})/?", re.ASCII)
WAITS, APPROVED = "waiting", "approved"


@dataclass(frozen=True, slots=True)
class Found:
    """What may be chosen; `told` says why there is nothing, or what is wrong with the address."""

    near: list[Near]
    told: str = ""


def candidates(proposal: Proposal, *, q: str = "", query: str = "", host: str = "") -> Found:
    """What may be chosen for `q`: words, a number, a path or an address at `host`; the nearest for nothing.

    `query` is the desk's filters, kept in the links.
    """
    q = q.replace("\x00", "").strip()[:LONGEST]
    if not q:
        nearest = near(proposal, query)
        return Found(nearest, "" if nearest else "Nothing similar is known.")
    try:
        targets = targets_of(q, kind=proposal.kind, host=host)
    except Invalid as error:
        return Found([], error.detail)
    if targets is None:
        found = by_words(proposal, q, query)
        return Found(found, "" if found else f"No {proposal.kind} has these words.")
    return _pointed(proposal, targets, query)


def targets_of(q: str, *, kind: str, host: str) -> list[Target] | None:
    """What an address or a number may mean, None for words. Raises `Invalid` for an address of another site.

    A number alone is that of a proposal, or of an approved thing of this kind.
    """
    number = _NUMBER.fullmatch(q)
    if number:
        return [Target("proposal", int(number[1])), Target(kind, int(number[1]))]
    if "/" not in q or any(c.isspace() for c in q):
        return None
    try:
        parts = urlsplit(q)
    except ValueError as error:
        raise Invalid("This is no address.") from error
    if parts.netloc and parts.netloc.casefold() != host.casefold():
        raise Invalid("This address is not of this site.")
    path = _PATH.fullmatch(parts.path)
    if path:
        return [Target(PLACES[path[1]], int(path[2]))]
    at = _NUMBER.fullmatch(parse_qs(parts.query).get("at", [""])[0])
    if parts.path == "/review/" and at:
        return [Target("proposal", int(at[1]))]
    return None if not parts.netloc else []


def by_words(proposal: Proposal, q: str, query: str) -> list[Near]:
    """Waiting proposals and approved things of its kind with the words of `q`, the likest title first."""
    waiting = Proposal.objects.filter(
        workspace=proposal.workspace_id, kind=proposal.kind, status__in=Proposal.OPEN
    ).exclude(pk=proposal.pk)
    rows = saying(waiting, q, proposal.workspace).order_by("-rank", "-id").values_list("pk", "title")[:MOST]
    found = [(title, Target("proposal", pk), WAITS) for pk, title in rows]
    offline = settings.EMBEDDING_MODEL == vectors.OFFLINE  # no model is asked while somebody types
    hits = search(workspace=proposal.workspace, q=q, kinds=[proposal.kind], limit=MOST, by_meaning=offline)
    found += [(hit.title, Target(hit.kind, hit.id), APPROVED) for hit in hits if hit.id != _own(proposal)]
    found.sort(key=lambda one: -trigram_jaccard(q, one[0]))
    return [near_of(proposal, target, title, query=query, word=word) for title, target, word in found[:MOST]]


def _pointed(proposal: Proposal, targets: list[Target], query: str) -> Found:
    """The things at an address, or why none of them can be chosen."""
    found, told = [], "There is nothing of this site at this address."
    for target in targets:
        try:
            title, _ = right_side(proposal, target)
            word = _may_take(proposal, target)
        except DomainError as error:
            told = error.detail
        else:
            found.append(near_of(proposal, target, title, query=query, word=word))
    return Found(found, "" if found else told)


def _may_take(proposal: Proposal, target: Target) -> str:
    """The state of a target in a word; raises `Invalid` where nothing can be merged into it."""
    if target.kind != "proposal":
        return APPROVED
    if target.id == proposal.pk:
        raise Invalid("This is the proposal itself.")
    other = Proposal.objects.get(pk=target.id)
    if other.is_open:
        return WAITS
    if outcome_of(other) is None:
        raise Invalid(f"That proposal is {other.status}: nothing can be merged into it.")
    return str(other.status)


def _own(proposal: Proposal) -> int | None:
    return proposal.created_id if proposal.created_kind == proposal.kind else None
