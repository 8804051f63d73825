"""What finding a proposal has cost, as honestly as the ledger knows it."""

from dataclasses import dataclass

from django.db.models import Count, Q, Sum

from analysis.models import AnalysisRun
from tasktracker.core.enums import ProviderKind
from tasktracker.core.models import LLMCall
from tasktracker.core.words import counted_as


@dataclass(frozen=True, slots=True)
class Price:
    """`short` stands on the card, `told` says what kind of number it is."""

    short: str
    told: str


def price_of(run: AnalysisRun | None) -> Price | None:
    """What a call of the run has cost on average; None where nothing is known of it. Two queries.

    A call reads several conversations and finds several things, and the ledger knows calls: what one finding alone has
    cost is not known to anybody.
    """
    if run is None:
        return None
    asked = LLMCall.objects.filter(subject=f"run:{run.pk}", workspace_id=run.workspace_id)
    found = asked.exclude(provider_kind=ProviderKind.OFFLINE).aggregate(
        calls=Count("pk"), priced=Count("pk", filter=Q(cost__isnull=False)), cost=Sum("cost")
    )
    calls, priced = found["calls"], found["priced"]
    if not calls:
        if run.provider.kind != ProviderKind.OFFLINE:
            return None
        return Price("free", f"The offline engine found this in run #{run.pk}: no model was asked.")
    if not priced:
        return Price("price unknown", f"Nobody has told what the {counted_as(calls, 'call')} of run #{run.pk} cost.")
    average = found["cost"] / priced
    told = (
        f"The average of the {counted_as(priced, 'call')} of run #{run.pk} with a known price. A call reads several "
        "conversations, so what this proposal alone has cost is not known."
    )
    if calls > priced:
        told += f" {calls - priced} more {'has' if calls - priced == 1 else 'have'} no known price."
    if not average:
        return Price("free", told)
    return Price(f"≈ ${average:.4f} a call", told)
