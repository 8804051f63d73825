"""What a run is likely to take, said before it starts. Estimates; the bill is counted from the ledger."""

import math
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, F, Func, IntegerField, Q, Sum
from django.db.models import Window as Over
from django.db.models.functions import Lag, Length

from analysis import clusters, selectors
from analysis.models import AnalysisRun
from tasktracker.core.enums import ProviderKind, Stage
from tasktracker.core.models import LLMCall

MESSAGE_OVERHEAD = 14  # tokens of a message's reference, author and time
CALL_OVERHEAD = 1_200  # tokens of the instructions, and of what is known already
BUDGET = 0.6  # share of the model's context that a call's windows may take
ATOM_TOKENS = 60
PRICED_CALLS = 200


def pack_tokens(run: AnalysisRun) -> int:
    """How many tokens of windows go into one call of this run's model."""
    return max(500, int(run.provider.context_tokens * BUDGET) - CALL_OVERHEAD)


def forecast(run: AnalysisRun) -> dict[str, Any]:
    """`{windows, calls, tokens_in, cost}`; `cost` in USD is None where no call has told the price yet."""
    windows, tokens = _of_messages(run) if run.stage == Stage.KNOWLEDGE else _of_atoms(run)
    if run.provider.kind == ProviderKind.OFFLINE:
        return {"windows": windows, "calls": 0, "tokens_in": 0, "cost": 0}
    calls = min(windows, math.ceil(tokens / pack_tokens(run)))
    tokens_in = tokens + calls * CALL_OVERHEAD
    return {"windows": windows, "calls": calls, "tokens_in": tokens_in, "cost": _cost(run, tokens_in)}


def _of_messages(run: AnalysisRun) -> tuple[int, int]:
    waiting = selectors.waiting_messages(run)
    octets = Func(F("text"), function="octet_length", output_field=IntegerField())
    size = waiting.aggregate(count=Count("pk"), length=Sum(Length("text")), octets=Sum(octets))
    length, octets_in_all = size["length"] or 0, size["octets"] or 0
    # Four plain characters to a token; what takes more than one byte is dearer.
    tokens = max(0, 2 * length - octets_in_all) / 4 + (octets_in_all - length) * 0.4
    before = Over(Lag("sent_at"), partition_by=["channel", "thread"], order_by=["sent_at", "id"])
    gap = timedelta(seconds=settings.WINDOW_GAP_SECONDS)
    windows = waiting.annotate(before=before).filter(Q(before=None) | Q(sent_at__gt=F("before") + gap)).count()
    return windows, int(tokens) + size["count"] * MESSAGE_OVERHEAD


def _of_atoms(run: AnalysisRun) -> tuple[int, int]:
    found = clusters.clusters(run)
    return len(found), sum(len(cluster) for cluster in found) * ATOM_TOKENS


def _cost(run: AnalysisRun, tokens_in: int) -> float | None:
    """By what this provider's last calls have cost for each token that went in, their answers included."""
    if run.provider.local:
        return 0.0
    calls = LLMCall.objects.filter(workspace_id=run.workspace_id, provider=run.provider.name, tokens_in__gt=0)
    ids = calls.exclude(cost=None).order_by("-id").values("pk")[:PRICED_CALLS]
    found = LLMCall.objects.filter(pk__in=ids).aggregate(cost=Sum("cost"), tokens=Sum("tokens_in"))
    return round(float(found["cost"]) / found["tokens"] * tokens_in, 4) if found["tokens"] else None
