"""One search over messages, topics, atoms and tasks: by words (full text) and by meaning (vectors), fused by rank."""

import logging
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchRank, SearchVector
from django.db.models import QuerySet

from ingestion.models import Message
from knowledge import vectors
from knowledge.texts import OWNERS, text_of, title_of
from tasktracker.core.llm.types import LLMError
from tasktracker.core.models import Workspace

log = logging.getLogger(__name__)

KINDS = ("message", "topic", "atom", "task")
FIELDS = {
    "message": ("text",),
    "topic": ("name", "description"),
    "atom": ("title", "content"),
    "task": ("title", "description"),
}
DEPTH = 60  # of each list that is fused
K = 60  # reciprocal rank fusion's constant (Cormack et al. 2009)
LEAST_COSINE = 0.2
SNIPPET = 160
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Hit:
    """`score` is 0 to 1, 1 being first both by words and by meaning. `highlight` is plain text with <mark> around
    the words that were found: escape everything else."""

    kind: str
    id: int
    title: str
    score: float
    highlight: str


def search(
    *, workspace: Workspace, q: str, kinds: Collection[str] = KINDS, limit: int = 30, by_meaning: bool = True
) -> list[Hit]:
    """What the workspace has about `q`, best first; noise is found by its words.

    Without `by_meaning` by words only: the embedding model, which may be far away and cost money, is not asked.
    """
    words = _WORD.findall(q.casefold())
    if not words:
        return []
    chosen = [kind for kind in KINDS if kind in kinds]
    scores: dict[tuple[str, int], float] = {}
    rankings = [_by_words(workspace, chosen, words), *([_by_meaning(workspace, chosen, q)] if by_meaning else [])]
    for ranking in rankings:
        for place, key in enumerate(ranking):
            scores[key] = scores.get(key, 0.0) + 1 / (K + place + 1)
    best = sorted(scores, key=lambda key: (-scores[key], KINDS.index(key[0]), -key[1]))[:limit]
    rows = {kind: _living(kind, workspace).in_bulk([pk for k, pk in best if k == kind]) for kind in chosen}
    top = 2 / (K + 1)
    return [
        Hit(kind, pk, title_of(kind, row), round(scores[kind, pk] / top, 4), highlight(text_of(kind, row), words))
        for kind, pk in best
        if (row := rows[kind].get(pk)) is not None
    ]


def highlight(text: str, words: Sequence[str]) -> str:
    """The stretch of `text` around the first word found, with <mark> around all that begin with one of `words`."""
    hits = [match for match in _WORD.finditer(text) if match.group().casefold().startswith(tuple(words))]
    start = max(0, hits[0].start() - SNIPPET // 3) if hits else 0
    end = start + SNIPPET
    parts, at = ["…" if start else ""], start
    for match in hits:
        if match.end() <= end:
            parts += [text[at : match.start()], "<mark>", match.group(), "</mark>"]
            at = match.end()
    parts += [text[at:end], "…" if end < len(text) else ""]
    return " ".join("".join(parts).split())


def _by_words(workspace: Workspace, kinds: Sequence[str], words: Sequence[str]) -> list[tuple[str, int]]:
    query = SearchQuery(" & ".join(f"{word}:*" for word in words), search_type="raw", config="simple")
    found: list[tuple[float, str, int]] = []
    for kind in kinds:
        rows: Any = _living(kind, workspace)
        document = SearchVector(*FIELDS[kind], config="simple")  # for messages the expression of their GIN index
        rows = rows.annotate(document=document).filter(document=query).annotate(fit=SearchRank(document, query))
        found += [(fit, kind, pk) for pk, fit in rows.order_by("-fit", "-pk").values_list("pk", "fit")[:DEPTH]]
    return [(kind, pk) for _, kind, pk in sorted(found, key=lambda one: (-one[0], KINDS.index(one[1]), -one[2]))][
        :DEPTH
    ]


def _by_meaning(workspace: Workspace, kinds: Sequence[str], q: str) -> list[tuple[str, int]]:
    try:
        _, rows = vectors.embed_texts([q], workspace_id=workspace.pk)
    except LLMError as error:
        log.warning("search by words only: the embedding model did not answer (%s)", error.error_code)
        return []
    near = vectors.nearest(workspace_id=workspace.pk, kinds=kinds, vector=rows[0], limit=DEPTH)
    return [(one.kind, one.object_id) for one in near if one.score >= LEAST_COSINE]


def _living(kind: str, workspace: Workspace) -> QuerySet[Any]:
    rows: Any = OWNERS[kind]._default_manager.filter(workspace=workspace)
    if OWNERS[kind] is Message:
        return rows.filter(deleted_at=None)  # type: ignore[no-any-return]
    return rows if kind == "task" else rows.filter(status="active")  # type: ignore[no-any-return]
