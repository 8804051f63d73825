"""May the run make another call? Its caps, and how patient it is with its provider; both read from the ledger."""

import random
from itertools import takewhile

from analysis import selectors
from analysis.models import AnalysisRun, Window
from analysis.results import Stop
from tasktracker.core.llm.budget import estimate_tokens
from tasktracker.core.llm.types import Prompt
from tasktracker.core.models import LLMCall, StatusChange

PATIENCE = 5  # calls in a row that the provider failed, before the run waits for a person
_TROUBLE = (LLMCall.Outcome.DOWN, LLMCall.Outcome.TIMEOUT, LLMCall.Outcome.RATE_LIMITED)


def check(run: AnalysisRun, prompt: Prompt) -> None:
    """Raise `Stop` when this call would go over a cap of the run; call it before each call."""
    if not run.caps:
        return
    bill = selectors.bill(run)
    # Other lanes may be in a call that is not in the ledger yet; near a cap they go first.
    others = _lanes_in_a_call(run) - 1
    mine = estimate_tokens(prompt.system) + estimate_tokens(prompt.user)
    spent = bill.tokens_in + bill.tokens_out
    limits = {
        "calls": (bill.calls, 1),
        "tokens": (spent, mine),
        "cost": (bill.cost or 0.0, (bill.cost or 0.0) / bill.calls if bill.calls else 0.0),
    }
    if "cost" in run.caps and bill.calls and bill.cost is None:
        raise Stop(
            "The price of this model is not known, so a cap on cost can't be kept: cap tokens instead.", reason="budget"
        )
    for name, (used, more) in limits.items():
        cap = run.caps.get(name)
        if cap is None:
            continue
        if used + more > cap or used >= cap:
            raise Stop(f"The run's cap of {cap:g} {name} is reached.", reason="budget")
        if others > 0 and used + more * (1 + others) > cap:
            raise Stop(f"Near the run's cap of {name}.", wait_seconds=1 + random.random())


def _lanes_in_a_call(run: AnalysisRun) -> int:
    running = Window.objects.filter(run=run, status="running")
    return running.order_by().values("claimed_by").distinct().count()


def failures_in_a_row(run: AnalysisRun) -> int:
    """How often in a row, since a person last let the run go on, its provider was not there (PATIENCE at most)."""
    return sum(1 for _ in takewhile(lambda outcome: outcome in _TROUBLE, _outcomes(run)))


def is_refusing(run: AnalysisRun) -> bool:
    """Whether the provider takes nothing of this run: not one call so far, or none of the last PATIENCE."""
    outcomes = _outcomes(run)
    refused = sum(1 for _ in takewhile(lambda outcome: outcome == LLMCall.Outcome.REFUSED, outcomes))
    return refused >= PATIENCE or refused == len(outcomes)


def _outcomes(run: AnalysisRun) -> list[str]:
    """Of the newest calls since the run was last set running, newest first."""
    calls = selectors.calls_of(run)
    started = (
        StatusChange.objects.filter(kind=run._meta.label_lower, object_id=run.pk, to_status="running")
        .order_by("-id")
        .values_list("at", flat=True)
        .first()
    )
    if started is not None:
        calls = calls.filter(at__gte=started)
    return list(calls.order_by("-id").values_list("outcome", flat=True)[:PATIENCE])
