"""What is most like a proposal: waiting ones and approved things of its kind. Suggested only, never acted on."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.conf import settings
from django.db.models import Case, QuerySet, When
from django.db.models.fields.json import KT

from analysis.fingerprints import evidence_jaccard, trigram_jaccard
from knowledge import vectors
from knowledge.kinds import MODELS
from knowledge.models import Memory
from knowledge.texts import joined, joined_in_sql, resting_on
from proposals.identity import fingerprint_for, partners
from proposals.models import Evidence, Proposal
from proposals.payloads import BODY, HEADING

MOST, FEWEST = 5, 3
CANDIDATES = 1_500  # newest of each: older ones are found by their vectors only
CLOSE, LEAST = 0.4, 0.1  # up to MOST that are close, up to FEWEST that have anything in common
LOOKED_AT = 30
DUPLICATE, MAYBE = 0.92, 0.8  # from here on; between them a model may be asked, see judging.py

Key = tuple[str, int]  # "proposal" or the kind, primary key


@dataclass(frozen=True, slots=True)
class Similar:
    """`kind` is proposal, topic, atom or task; `method` evidence, trigram or cosine says where the score is from.

    `same` is what a model said of the two, None where none was asked.
    """

    kind: str
    id: int
    title: str
    score: float
    method: str
    same: bool | None = None


def text_of(proposal: Proposal) -> str:
    """What of a proposal is embedded."""
    return joined(proposal.title, str(proposal.payload.get(BODY[proposal.kind]) or ""))


def without_vector() -> QuerySet[Proposal]:
    """What waits and has no vector of the model in use, or one of another text."""
    body = Case(*(When(kind=kind, then=KT(f"payload__{name}")) for kind, name in BODY.items()))
    rows = Proposal.objects.filter(status__in=Proposal.OPEN)
    return vectors.waiting("proposal", rows, text=joined_in_sql("title", body), local_only=local_only())


def local_only() -> QuerySet[Proposal]:
    """Those that rest, wholly or in part, on words of a source that is for local models only."""
    shown = "intakes__finding__window"
    return resting_on(
        Proposal,
        "evidence__quote__message__source",
        f"{shown}__places__message__source",
        f"{shown}__atoms__quotes__message__source",
    )


def similar(proposal: Proposal) -> list[Similar]:
    """The three to five nearest, best first; pairs that a person called not the same are left out."""
    titles = _titles(proposal)
    best: dict[Key, tuple[float, str]] = {}

    def offer(key: Key, score: float, method: str) -> None:
        if key in titles and score > best.get(key, (0.0, ""))[0]:
            best[key] = (score, method)

    for key, title in titles.items():
        offer(key, trigram_jaccard(proposal.title, title), "trigram")
    for key, score in _by_vector(proposal, titles):
        offer(key, score, "cosine")
    for key, score in _by_evidence(proposal):
        offer(key, score, "evidence")
    ranked = sorted(best, key=lambda key: -best[key][0])[:LOOKED_AT]
    denied = _denied(proposal, ranked)
    kept = [key for key in ranked if key not in denied]
    close = [key for key in kept if best[key][0] >= CLOSE][:MOST]
    shown = close if len(close) >= FEWEST else [key for key in kept if best[key][0] >= LEAST][:FEWEST]
    judged = proposal.judged or {}
    # What was said of another title is not said of this one.
    said = judged["same"] if judged.get("title") == proposal.title else {}
    return [
        Similar(
            kind=key[0],
            id=key[1],
            title=titles[key],
            score=round(best[key][0], 3),
            method=best[key][1],
            same=said.get(spelled(key), {}).get("same"),
        )
        for key in shown
    ]


def spelled(key: Key) -> str:
    """How a key is written in `Proposal.judged`."""
    return f"{key[0]}:{key[1]}"


def _titles(proposal: Proposal) -> dict[Key, str]:
    waiting = Proposal.objects.filter(
        workspace_id=proposal.workspace_id, kind=proposal.kind, status__in=Proposal.OPEN
    ).exclude(pk=proposal.pk)
    found: dict[Key, str] = {
        ("proposal", pk): title for pk, title in waiting.order_by("-id").values_list("pk", "title")[:CANDIDATES]
    }
    rows: Any = MODELS[proposal.kind]._default_manager.filter(workspace_id=proposal.workspace_id)
    if proposal.kind != "task":
        rows = rows.filter(status="active")
    if proposal.created_id is not None:
        rows = rows.exclude(pk=proposal.created_id)
    for pk, title in rows.order_by("-id").values_list("pk", HEADING[proposal.kind])[:CANDIDATES]:
        found[proposal.kind, pk] = title
    return found


def _by_vector(proposal: Proposal, titles: Iterable[Key]) -> list[tuple[Key, float]]:
    vector = vectors.vector_of("proposal", proposal.pk)
    if vector is None and settings.EMBEDDING_MODEL == vectors.OFFLINE:
        vector = vectors.embed_texts([text_of(proposal)], workspace_id=proposal.workspace_id)[1][0]
    if vector is None:
        return []  # the background job has not been there yet; a page never waits for a model
    near = vectors.nearest(
        workspace_id=proposal.workspace_id,
        kinds=[proposal.kind, "proposal"],
        vector=np.asarray(vector),
        limit=LOOKED_AT * 2,
    )
    return [((one.kind, one.object_id), one.score) for one in near]


def _by_evidence(proposal: Proposal) -> list[tuple[Key, float]]:
    """The share of messages in common."""
    mine = set(Evidence.objects.filter(proposal=proposal).values_list("quote__message_id", flat=True))
    if not mine:
        return []
    sharing = Evidence.objects.filter(
        quote__message__in=mine, proposal__kind=proposal.kind, proposal__status__in=Proposal.OPEN
    ).exclude(proposal=proposal)
    theirs: dict[Key, set[int]] = {}
    rows = Evidence.objects.filter(proposal__in=sharing.values("proposal"))
    for pk, message in rows.values_list("proposal_id", "quote__message_id"):
        theirs.setdefault(("proposal", pk), set()).add(message)
    objects: Any = MODELS[proposal.kind]._default_manager.filter(workspace_id=proposal.workspace_id)
    touching = objects.filter(quotes__message__in=mine).values("pk")
    for pk, message in objects.filter(pk__in=touching).values_list("pk", "quotes__message_id"):
        theirs.setdefault((proposal.kind, pk), set()).add(message)
    return [(key, evidence_jaccard(mine, messages)) for key, messages in theirs.items()]


def _denied(proposal: Proposal, keys: list[Key]) -> set[Key]:
    """Those of which a person said that they are not the same."""
    told = partners(proposal.workspace_id, {proposal.fingerprint}, Memory.Kind.NOT_SAME)
    others = told.get(proposal.fingerprint, set())
    if not others:
        return set()
    waiting = [pk for kind, pk in keys if kind == "proposal"]
    objects = [pk for kind, pk in keys if kind != "proposal"]
    prints: dict[Key, str] = {
        ("proposal", pk): own for pk, own in Proposal.objects.filter(pk__in=waiting).values_list("pk", "fingerprint")
    }
    made = Proposal.objects.filter(created_kind=proposal.kind, created_id__in=objects, status="approved")
    for pk, own in made.order_by("-decided_at").values_list("created_id", "fingerprint"):
        prints[proposal.kind, pk or 0] = own
    for pk, item in MODELS[proposal.kind]._default_manager.in_bulk(objects).items():
        prints.setdefault((proposal.kind, pk), fingerprint_for(proposal.kind, item))
    return {key for key, own in prints.items() if own in others}
