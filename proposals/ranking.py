"""In which order proposals wait."""

import math
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from proposals.models import Evidence, Proposal

PRIORITY = {"low": -0.05, "medium": 0.0, "high": 0.15, "critical": 0.4}
PER_DOUBLING = 0.1  # what twice as many independent voices are worth
PER_MONTH = 0.02  # what was said later comes first, by little; additive, so that nothing has to be computed again
EPOCH = datetime(2020, 1, 1, tzinfo=UTC)


def score(*, confidence: float, authors: int, priority: str | None, newest: datetime | None) -> float:
    """Higher comes first: confidence (0 to 1), independent voices, priority, and how new the words are."""
    months = max(0.0, (newest - EPOCH).total_seconds() / (30 * 86_400)) if newest else 0.0
    voices = PER_DOUBLING * math.log2(max(1, authors))
    return round(confidence + voices + PRIORITY.get(priority or "", 0.0) + PER_MONTH * months, 6)


def rank_of(proposal: Proposal, voices: Iterable[tuple[Any, datetime]] | None = None) -> float:
    """The rank of a stored proposal; `voices` are (author, time) of its evidence, read when not given."""
    if voices is None:
        rows = Evidence.objects.filter(proposal=proposal)
        voices = rows.values_list("quote__message__author_id", "quote__message__sent_at")
    known = list(voices)
    return score(
        confidence=proposal.confidence,
        authors=len({author for author, _ in known}),
        priority=proposal.payload.get("priority"),
        newest=max((at for _, at in known), default=None),
    )
