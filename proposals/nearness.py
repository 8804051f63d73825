"""What a proposal may be the same as, with its addresses, as the card and the duplicate picker show it."""

from dataclasses import dataclass

from django.urls import reverse

from proposals import selectors
from proposals.identity import Target
from proposals.models import Proposal
from proposals.similar import DUPLICATE, MAYBE

LIKENESS = ((DUPLICATE, "duplicate?"), (MAYBE, "maybe"), (-1.0, "related"))
SAID = {True: "the same, says the model", False: "different, says the model"}


@dataclass(frozen=True, slots=True)
class Near:
    """Something similar: a proposal that waits, or an approved thing. `target` names it in a form."""

    kind: str
    target: str
    title: str
    score: str
    method: str
    word: str
    url: str
    merge_url: str
    strong: bool


def near(proposal: Proposal, query: str) -> list[Near]:
    """What is most like it, the likest first."""
    return [
        near_of(
            proposal,
            Target(other.kind, other.id),
            other.title,
            query=query,
            score=f"{other.score:.2f}",
            method=other.method,
            word=next(word for least, word in LIKENESS if other.score >= least)
            if other.same is None
            else SAID[other.same],
            strong=other.same or (other.same is None and other.score >= DUPLICATE),
        )
        for other in selectors.similar(proposal)
    ]


def near_of(
    proposal: Proposal,
    target: Target,
    title: str,
    *,
    query: str,
    word: str,
    score: str = "",
    method: str = "",
    strong: bool = False,
) -> Near:
    """Something of the proposal's kind that it may be the same as; `query` is the desk's filters."""
    spelled = f"{target.kind}-{target.id}"
    page = "proposals:proposal" if target.kind == "proposal" else f"knowledge:{target.kind}"
    merging = reverse("proposals:merge", args=[proposal.pk])
    return Near(
        kind=proposal.kind,
        target=spelled,
        title=title,
        score=score,
        method=method,
        word=word,
        url=reverse(page, args=[target.id]),
        merge_url=f"{merging}?{query}{'&' if query else ''}into={spelled}",
        strong=strong,
    )
