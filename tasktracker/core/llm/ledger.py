"""The ledger: one LLMCall row for each call, whatever became of it."""

from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction

from tasktracker.core.llm.types import Endpoint, InTransaction
from tasktracker.core.models import LLMCall

_COST_STEP = Decimal("0.000001")


@dataclass
class Bill:
    """What a call has cost so far, over all its attempts; None is "not known", never 0."""

    attempts: int = 0
    tokens_in: int | None = None
    tokens_out: int | None = None
    cost: Decimal | None = None
    duration_ms: int = 0
    items: int = 0
    dropped: int = 0
    priced: int = 0  # answers that went into `cost`

    def add_tokens(self, tokens_in: int | None, tokens_out: int | None) -> None:
        self.tokens_in = _sum(self.tokens_in, tokens_in)
        self.tokens_out = _sum(self.tokens_out, tokens_out)

    def add_cost(self, cost: Decimal | None) -> None:
        """Unknown once is unknown for good: a sum with a hole in it would look like the whole price."""
        self.cost = None if cost is None or (self.cost is None and self.priced) else (self.cost or Decimal(0)) + cost
        self.priced += 1


def _sum(so_far: int | None, more: int | None) -> int | None:
    return so_far if more is None else (so_far or 0) + more


def refuse_inside_transaction() -> None:
    """Raise `InTransaction` where a database transaction is open."""
    try:
        # Django's own check for "nobody around us": unlike in_atomic_block it knows a test's wrapping transaction.
        with transaction.atomic(durable=True):
            pass
    except RuntimeError:
        is_open = True
    else:
        is_open = False
    if is_open:
        raise InTransaction("A model was asked inside a database transaction.")


def write_call(
    *,
    workspace_id: int,
    subject: str,
    purpose: str,
    endpoint: Endpoint,
    name: str,
    version: str,
    bill: Bill,
    outcome: LLMCall.Outcome,
    error: str = "",
) -> int:
    """Write one row; its id. `error` is a sentence of ours, without prompt or answer."""
    row = LLMCall.objects.create(
        workspace_id=workspace_id,
        subject=subject[:60],
        purpose=purpose,
        provider=(endpoint.name or endpoint.kind)[:120],
        provider_kind=endpoint.kind,
        model=endpoint.model[:200],
        prompt_name=name[:60],
        prompt_version=version[:20],
        tokens_in=bill.tokens_in,
        tokens_out=bill.tokens_out,
        cost=None if bill.cost is None else bill.cost.quantize(_COST_STEP),
        duration_ms=bill.duration_ms,
        attempts=bill.attempts,
        outcome=outcome,
        error=error[:300],
        items=bill.items,
        dropped=bill.dropped,
    )
    return int(row.pk)
